"""The list of runs and the command line open at once, because nothing there imports torch."""

import subprocess
import sys

from minigpt.runs.store import PROJECT_FOLDER

MODULES = [
    "minigpt.cli",
    "minigpt.runs.actions",
    "minigpt.runs.capacity",
    "minigpt.runs.command",
    "minigpt.runs.config",
    "minigpt.runs.control",
    "minigpt.runs.directory",
    "minigpt.runs.ending",
    "minigpt.runs.estimate",
    "minigpt.runs.follow",
    "minigpt.runs.launcher",
    "minigpt.runs.metrics",
    "minigpt.runs.limits",
    "minigpt.runs.presets",
    "minigpt.runs.queue",
    "minigpt.runs.status",
    "minigpt.runs.store",
    "minigpt.runs.archive",
    "minigpt.runs.comparison",
    "minigpt.runs.labels",
    "minigpt.runs.leaderboard",
    "minigpt.runs.worker",
]


def test_importing_them_does_not_import_torch():
    code = f"import sys, {', '.join(MODULES)}; sys.exit('torch' in sys.modules)"
    command = [sys.executable, "-c", code]
    assert subprocess.run(command, cwd=PROJECT_FOLDER, check=False).returncode == 0
