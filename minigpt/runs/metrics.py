"""Reading a run's metrics: only what is new each time."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from minigpt.runs.directory import parse_line


@dataclass
class MetricsTail:
    """Follows one metrics file; a half-written last line waits for its end.

    Not for two threads at once: whoever shares one guards it.
    """

    path: Path
    rows: list[dict[str, Any]] = field(default_factory=list)
    _offset: int = 0

    def refresh(self) -> Sequence[dict[str, Any]]:
        """All rows so far, having read only what was appended since the last call."""
        try:
            with self.path.open("rb") as file:
                if self.path.stat().st_size < self._offset:  # rewritten from the start
                    self.rows, self._offset = [], 0
                file.seek(self._offset)
                new = file.read()
        except OSError:  # not there yet, or no longer
            return self.rows
        whole = new[: new.rfind(b"\n") + 1]
        self._offset += len(whole)
        lines = whole.decode("utf-8", errors="replace").split("\n")
        self.rows.extend(row for line in lines if (row := parse_line(line)))
        return self.rows
