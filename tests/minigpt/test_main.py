import runpy
import sys

import pytest


def test_the_package_runs_as_a_command(monkeypatch, capsys, tmp_path):
    monkeypatch.setenv("MINIGPT_CHECKPOINTS", str(tmp_path))
    monkeypatch.setattr(sys, "argv", ["minigpt", "presets"])
    with pytest.raises(SystemExit) as end:
        runpy.run_module("minigpt", run_name="__main__")
    assert end.value.code == 0
    assert "quick" in capsys.readouterr().out


def test_importing_it_does_nothing(capsys):
    runpy.run_module("minigpt.__main__", run_name="imported")
    assert capsys.readouterr().out == ""
