"""The commands that carry whole runs: into a file, and back from one."""

import os
import zipfile
from argparse import Namespace
from pathlib import Path

from minigpt.cli.output import print_result, print_status, say_which_step
from minigpt.errors import ConfigurationError
from minigpt.files import explained, write_atomically
from minigpt.runs.directory import RunDirectory
from minigpt.runs.store import RunStore
from minigpt.runs.transfer.archive import read_archive, write_archive


def download(chosen: Namespace) -> int:
    """Write a run, with all that belongs to it, into one file."""
    run, path = RunStore.default().open(chosen.run), Path(chosen.file)
    if path.exists():
        raise ConfigurationError(
            "{path} exists already. Choose another name, or remove it.", path=path
        )
    with explained(
        "{path} cannot be written: {reason}. Choose a folder that is there and has room.",
        kind=ConfigurationError,
        path=path,
    ):
        write_atomically(path, lambda file: write_archive(run, file))
    print_result(str(path))
    return 0


def single_file(chosen: Namespace) -> int:
    """Write a run's model, its training and its writing as one readable file."""
    # Here and not above: torch takes a second to import, and a run's file does not need it.
    from minigpt.runs.transfer.single_file import write_single_file

    run = RunStore.default().open(chosen.run)
    path = Path(chosen.file or f"{run.id}.py")
    write_single_file(run, path, chosen.step)
    say_which_step(run, chosen.step)
    print_result(str(path))
    return 0


def import_path(chosen: Namespace) -> int:
    """Make a run of a file that `download` wrote, or of a model that was trained elsewhere."""
    path, store = Path(chosen.path), RunStore.default()
    is_model = not path.is_file() or _is_checkpoint(path)
    if chosen.text and not (path.is_file() and is_model):
        raise ConfigurationError(
            "--text says what a checkpoint of nanoGPT was trained on; {path} is none. Leave it "
            "out.",
            path=path,
        )
    if is_model:
        from minigpt.runs.transfer.huggingface import import_notes  # needs torch, see below

        run = _import_model(store, path, chosen)
        for note in import_notes(run):
            print_status(note)
        print_result(run.id)
        return 0
    with (
        explained(
            "{path} cannot be read: {reason}. Check that you may read it.",
            kind=ConfigurationError,
            path=path,
        ),
        path.open("rb") as file,
    ):
        print_result(read_archive(store, file, name=chosen.name).id)
    return 0


def _is_checkpoint(path: Path) -> bool:
    """Whether a file is PyTorch's and not a run's; told without torch."""
    try:
        with zipfile.ZipFile(path) as archive:
            return any(name.endswith("/data.pkl") for name in archive.namelist())
    except (OSError, zipfile.BadZipFile):
        return path.suffix in (".pt", ".pth", ".ckpt", ".bin")


def _import_model(store: RunStore, path: Path, chosen: Namespace) -> RunDirectory:
    # Here and not above: torch takes a second to import, and a run's file does not need it.
    from minigpt.runs.transfer.huggingface import import_checkpoint, import_run

    # Not `Path.resolve`, which raises where links lead in a circle.
    name = chosen.name or Path(os.path.realpath(path)).name
    if not path.is_file():
        return import_run(store, path, name)
    return import_checkpoint(store, path, name, text=_text_of(chosen.text))


def _text_of(file: str | None) -> str | None:
    if file is None:
        return None
    try:
        return Path(file).read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        raise ConfigurationError(
            "{path} cannot be read as text: {reason}. Name the text that the model was trained on.",
            path=file,
            reason=error,
        ) from error
