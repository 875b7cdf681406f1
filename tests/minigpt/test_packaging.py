"""What `pip install .` brings, as the build backend makes it: no network, no new environment."""

import contextlib
import io
import os
import re
import shutil
from email import message_from_string
from zipfile import ZipFile

import pytest
from setuptools import build_meta

import minigpt
from minigpt.cli.main import DONE, main
from minigpt.runs.store import PROJECT_FOLDER

BUILT_FROM = ("pyproject.toml", "README.md", "LICENSE", "requirements.txt")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The wheel, built from a copy, because building leaves folders behind."""
    source, built = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("built")
    for name in BUILT_FROM:
        shutil.copy(PROJECT_FOLDER / name, source)
    compiled = shutil.ignore_patterns("__pycache__")
    shutil.copytree(PROJECT_FOLDER / "minigpt", source / "minigpt", ignore=compiled)
    before = os.getcwd()  # noqa: PTH109 - a build backend builds where it stands
    os.chdir(source)
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            name = build_meta.build_wheel(str(built))
    finally:
        os.chdir(before)
    with ZipFile(built / name) as opened:
        yield opened


def read(wheel, ending):
    [name] = [name for name in wheel.namelist() if name.endswith(ending)]
    return wheel.read(name).decode("utf-8")


def test_it_holds_every_module_and_what_they_read(wheel):
    expected = {
        path.relative_to(PROJECT_FOLDER).as_posix()
        for path in (PROJECT_FOLDER / "minigpt").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    packed = {name for name in wheel.namelist() if ".dist-info/" not in name}
    assert packed == expected
    assert {"minigpt/py.typed", "minigpt/corpora/texts/sentences.txt"} <= packed


def test_it_brings_a_command(wheel):
    assert "minigpt = minigpt.cli.main:command" in read(wheel, "entry_points.txt")


def test_it_needs_what_the_requirements_say(wheel):
    about = message_from_string(read(wheel, "METADATA"))
    written = (PROJECT_FOLDER / "requirements.txt").read_text(encoding="utf-8").splitlines()
    required = [line for line in written if line and not line.startswith("#")]
    assert about.get_all("Requires-Dist") == required
    assert about["Version"] == minigpt.__version__


def test_the_version_is_told(capsys):
    with pytest.raises(SystemExit) as end:
        main(["--version"])
    assert end.value.code == DONE
    assert capsys.readouterr().out == f"minigpt {minigpt.__version__}\n"


def locked():
    """The requirement and the checksums of every package that requirements-lock.txt names."""
    text = (PROJECT_FOLDER / "requirements-lock.txt").read_text(encoding="utf-8")
    parts = re.split(r"\n(?=\S)", re.sub(r"(?m)^#.*\n", "", text).strip())
    return {part.split()[0]: re.findall(r"--hash=sha256:([0-9a-f]+)", part) for part in parts}


def test_the_lock_holds_every_requirement_with_the_checksums_of_its_files():
    written = (PROJECT_FOLDER / "requirements.txt").read_text(encoding="utf-8").splitlines()
    needed = {line for line in written if line and not line.startswith("#")}
    found = locked()
    assert needed <= found.keys()
    assert len(found) > 3 * len(needed)  # and what those need
    assert all("==" in name for name in found)
    assert all(sums and all(len(one) == 64 for one in sums) for sums in found.values())


def test_the_lock_names_no_place_to_install_from():
    text = (PROJECT_FOLDER / "requirements-lock.txt").read_text(encoding="utf-8")
    assert "://" not in text
    assert "index" not in text
