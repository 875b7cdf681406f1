"""What the neurons of a model answer to, looked up once when its training has ended."""

from contextlib import suppress

from minigpt.errors import MiniGPTError
from minigpt.runs.analysis.inside.neurons import as_record, survey_run
from minigpt.runs.directory import RunDirectory
from minigpt.runs.trained_model import open_model


def write_neurons(run: RunDirectory) -> None:
    """Leave it with the run, of its best step; a second or two of work, and 3 MB at most.

    Nothing is left of a model without neurons, or with too many to look at one by one, and of a
    text that is read piece by piece from a file.
    """
    try:
        trained = open_model(run)
        record = as_record(survey_run(run, trained), trained)
    except (MiniGPTError, RuntimeError, MemoryError):
        return  # torch raises the second: what is only looked up must not fail a finished run
    with suppress(OSError):  # on a full disk the run itself is whole without it
        run.write("neurons", record.to_json())
