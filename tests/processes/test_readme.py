"""The Python in README, run as it stands: the demo run in a folder of its own, a real worker."""

import os
import re
import shutil
import subprocess
import sys

from minigpt.runs.store import PROJECT_FOLDER


def test_the_lines_of_python_in_the_readme_work(tmp_path):
    readme = (PROJECT_FOLDER / "README.md").read_text(encoding="utf-8")
    [lines] = re.findall(r"```python\n(.*?)```", readme, flags=re.DOTALL)
    demo = PROJECT_FOLDER / "checkpoints" / "demo-shakespeare"
    shutil.copytree(demo, tmp_path / "runs" / demo.name)
    folders = {"MINIGPT_CHECKPOINTS": str(tmp_path / "runs"), "MINIGPT_DATA": str(tmp_path)}
    ended = subprocess.run(
        [sys.executable, "-c", lines],
        cwd=PROJECT_FOLDER,
        env={**os.environ, **folders, "PYTHONIOENCODING": "utf-8"},
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=240,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    told = ended.stdout
    assert told.startswith("ROMEO:")
    assert re.search(r"torch\.Size\(\[\d+, \d+, 19, 19\]\)", told)
    assert "step     20  train" in told
    assert 0 < float(told.splitlines()[-1]) < 5
