"""The commands that carry whole runs: into a file, and back from one."""

from argparse import Namespace
from pathlib import Path

from minigpt.cli.output import print_result
from minigpt.errors import ConfigurationError
from minigpt.files import write_atomically
from minigpt.runs.store import RunStore
from minigpt.runs.transfer.archive import read_archive, write_archive


def download(chosen: Namespace) -> int:
    """Write a run, with all that belongs to it, into one file."""
    run, path = RunStore.default().open(chosen.run), Path(chosen.file)
    if path.exists():
        raise ConfigurationError(
            "{path} exists already. Choose another name, or remove it.", path=path
        )
    try:
        write_atomically(path, lambda file: write_archive(run, file))
    except OSError as error:
        raise ConfigurationError(
            "{path} cannot be written: {reason}. Choose a folder that is there and has room.",
            path=path,
            reason=error.strerror or error,
        ) from error
    print_result(str(path))
    return 0


def import_path(chosen: Namespace) -> int:
    """Make a run of a file that `download` wrote, or of a model that was trained elsewhere."""
    path, store = Path(chosen.path), RunStore.default()
    if not path.is_file():
        # Here and not above: torch takes a second to import, and files do not need it.
        from minigpt.runs.transfer.huggingface import import_run

        print_result(import_run(store, path, chosen.name or path.resolve().name).id)
        return 0
    try:
        with path.open("rb") as file:
            print_result(read_archive(store, file, name=chosen.name).id)
    except OSError as error:
        raise ConfigurationError(
            "{path} cannot be read: {reason}. Check that you may read it.",
            path=path,
            reason=error.strerror or error,
        ) from error
    return 0
