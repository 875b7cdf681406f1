"""What a run wrote down before it was interrupted, cut back to where it goes on."""

import json

from minigpt.files import write_atomically
from minigpt.runs import records
from minigpt.runs.directory import RunDirectory

RECORDS = ("metrics", "samples")


def forget_after(run: RunDirectory, step: int) -> None:
    """Drop the metrics and samples of later steps: they are about to be made once more.

    Raises:
        OSError: the disk refused; what was written is as it was.
    """
    for name in RECORDS:
        rows = run.lines(name)
        kept = [row for row in rows if (records.whole(row, "step") or 0) <= step]
        if len(kept) < len(rows):
            write_rows(run, name, kept)


def forget_all(run: RunDirectory) -> None:
    """Drop all metrics and samples: the run begins at its beginning.

    Raises:
        OSError: the disk refused.
    """
    for name in RECORDS:
        if run.lines(name):
            write_rows(run, name, [])


def write_rows(run: RunDirectory, name: str, rows: list[dict[str, object]]) -> None:
    """Replace a JSON-lines file of a run at once.

    Raises:
        OSError: the disk refused; the file is as it was.
    """
    text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    write_atomically(run.path / f"{name}.jsonl", lambda file: file.write(text.encode("utf-8")))
