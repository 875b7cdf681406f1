"""What `import minigpt` offers, and that it costs nothing until it is used."""

import ast
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

import minigpt
from minigpt.runs.store import PROJECT_FOLDER

IMPORTS = "import minigpt, sys; dir(minigpt); {}; sys.exit('torch' in sys.modules)"


@pytest.mark.parametrize("used", ["", "minigpt.PRESETS, minigpt.texts(), minigpt.train"])
def test_importing_it_and_choosing_what_to_train_does_not_import_torch(used):
    command = [sys.executable, "-c", IMPORTS.format(used or "pass")]
    assert subprocess.run(command, cwd=PROJECT_FOLDER, check=False).returncode == 0


@pytest.mark.parametrize("name", minigpt.__all__)
def test_each_name_is_what_its_module_holds(name):
    module, _, original = minigpt.HOMES[name].rpartition(".")
    assert getattr(minigpt, name) is getattr(import_module(module), original)


def test_the_names_are_the_same_to_people_and_to_type_checkers():
    tree = ast.parse(Path(minigpt.__file__).read_text(encoding="utf-8"))
    [checked] = [statement for statement in tree.body if isinstance(statement, ast.If)]
    typed = {
        one.asname: f"{statement.module}.{one.name}"
        for statement in checked.body
        for one in statement.names
    }
    assert typed == minigpt.HOMES
    assert list(minigpt.HOMES) == minigpt.__all__
    assert set(minigpt.__all__) <= set(dir(minigpt))
    for name in minigpt.__all__:
        assert f"\n    {name} " in minigpt.__doc__


def test_another_name_is_refused_as_python_does():
    with pytest.raises(AttributeError, match="has no attribute 'trian'"):
        _ = minigpt.trian
