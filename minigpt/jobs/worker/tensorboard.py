"""Metrics as event files for TensorBoard, for those who have it installed."""

from importlib.util import find_spec
from pathlib import Path

from minigpt.errors import ConfigurationError
from minigpt.runs.records import MetricRow

FOLDER = "tensorboard"
CURVES = (
    "train_loss",
    "training_part_loss",
    "validation_loss",
    "learning_rate",
    "gradient_norm",
    "tokens_per_second",
    "memory",
)


class EventFiles:
    """Writes rows of metrics as TensorBoard reads them."""

    def __init__(self, folder: Path) -> None:
        from torch.utils.tensorboard import SummaryWriter  # takes seconds, and few need it

        self._writer = SummaryWriter(str(folder))

    def write(self, row: MetricRow) -> None:
        """Add a row's numbers at its step; visible at once."""
        for name in CURVES:
            value: float | None = getattr(row, name)
            if value is not None:
                self._writer.add_scalar(name, value, row.step)
        self._writer.flush()


def open_event_files(run_folder: Path) -> EventFiles:
    """Event files in a run's directory.

    Raises:
        ConfigurationError: TensorBoard is not installed.
    """
    require_tensorboard()
    return EventFiles(run_folder / FOLDER)


def require_tensorboard() -> None:
    """Refuse where TensorBoard is missing. Cheap: imports nothing.

    Raises:
        ConfigurationError: it is not installed.
    """
    if find_spec("tensorboard") is None:
        raise ConfigurationError(
            "TensorBoard is not installed. Install it with `pip install tensorboard`, "
            "or set logging.tensorboard=false.",
            field="logging.tensorboard",
        )
