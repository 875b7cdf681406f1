"""`python -m minigpt`."""

import sys

from minigpt.cli.main import command

if __name__ == "__main__":
    sys.exit(command())
