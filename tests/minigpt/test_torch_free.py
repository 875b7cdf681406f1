"""The list of runs and the command line open at once, because nothing there imports torch."""

import subprocess
import sys

from minigpt.runs.store import PROJECT_FOLDER

MODULES = [
    "minigpt.cli.main",
    "minigpt.jobs.actions",
    "minigpt.jobs.machine",
    "minigpt.cli.equivalent",
    "minigpt.runs.config",
    "minigpt.runs.synonyms",
    "minigpt.jobs.worker.control",
    "minigpt.runs.directory",
    "minigpt.runs.status",
    "minigpt.jobs.estimate.estimate",
    "minigpt.runs.tail",
    "minigpt.jobs.submission",
    "minigpt.runs.tail",
    "minigpt.jobs.limits",
    "minigpt.runs.presets",
    "minigpt.jobs.queue",
    "minigpt.runs.status",
    "minigpt.runs.store",
    "minigpt.runs.transfer.archive",
    "minigpt.runs.analysis.config_diff",
    "minigpt.runs.labels",
    "minigpt.runs.analysis.leaderboard",
    "minigpt.jobs.worker.process",
]


def test_importing_them_does_not_import_torch():
    code = f"import sys, {', '.join(MODULES)}; sys.exit('torch' in sys.modules)"
    command = [sys.executable, "-c", code]
    assert subprocess.run(command, cwd=PROJECT_FOLDER, check=False).returncode == 0
