"""The command line: python -m minigpt."""
