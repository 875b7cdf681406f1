import subprocess
import sys

from minigpt.training import ranks


def test_without_a_launcher_a_process_is_alone(monkeypatch):
    for name in ("WORLD_SIZE", "RANK", "LOCAL_RANK"):
        monkeypatch.delenv(name, raising=False)
    assert not ranks.is_shared()
    assert (ranks.world_size(), ranks.rank(), ranks.local_rank()) == (1, 0, 0)


def test_a_launcher_says_so_in_the_environment(monkeypatch):
    for name, value in {"WORLD_SIZE": "4", "RANK": "3", "LOCAL_RANK": "1"}.items():
        monkeypatch.setenv(name, value)
    assert ranks.is_shared()
    assert (ranks.world_size(), ranks.rank(), ranks.local_rank()) == (4, 3, 1)


def test_nonsense_counts_as_nothing(monkeypatch):
    monkeypatch.setenv("WORLD_SIZE", "many")
    assert not ranks.is_shared()


def test_importing_it_does_not_import_torch():
    code = "import sys, minigpt.training.ranks; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
