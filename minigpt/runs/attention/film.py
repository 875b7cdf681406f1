"""The film of a run: what every head looked at in one text, step by step, as it was kept."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
import torch
from jaxtyping import Float, UInt8

from minigpt.errors import ConfigurationError
from minigpt.introspection.trace import trace
from minigpt.models.language_model import LanguageModel
from minigpt.runs.records import FrameRow
from minigpt.runs.records.frames import FULL


@dataclass(frozen=True, kw_only=True)
class Film:
    """Frames of one text and one shape, in order. Never changed, so many may share one."""

    ids: tuple[int, ...]
    """The text, as token ids."""
    layers: int
    heads: int
    """In each layer."""
    steps: tuple[int, ...]
    cells: tuple[bytes, ...]
    """Of each step: a byte for each weight, head by head, of each the lower triangle row by row."""

    def shades(self, frame: int) -> UInt8[np.ndarray, "layers heads cells"]:
        """The bytes of one frame."""
        found = np.frombuffer(self.cells[frame], np.uint8)
        return found.reshape(self.layers, self.heads, -1)

    def maps(self, frame: int) -> Float[np.ndarray, "layers heads queries keys"]:
        """The weights of one frame, to 1/255."""
        length = len(self.ids)
        maps = np.zeros((self.layers, self.heads, length, length), np.float32)
        maps[..., *np.tril_indices(length)] = self.shades(frame) / np.float32(FULL)
        return maps

    def since(self, frame: int) -> "Film":
        """The frames from this one on."""
        return replace(self, steps=self.steps[frame:], cells=self.cells[frame:])


def film_of(rows: Iterable[FrameRow]) -> Film | None:
    """The film that frames make; None where there is none.

    Only those of the newest frame's text and shape belong to it: a fork may have been asked for
    another text than its parent. Of two frames of a step the later one counts.
    """
    found = list(rows)
    if not found:
        return None
    last = found[-1]
    like = (last.ids, last.layers, last.heads)
    by_step = {row.step: row.cells for row in found if (row.ids, row.layers, row.heads) == like}
    steps = tuple(sorted(by_step))
    return Film(
        ids=last.ids,
        layers=last.layers,
        heads=last.heads,
        steps=steps,
        cells=tuple(by_step[step] for step in steps),
    )


def film_frame(model: LanguageModel, ids: tuple[int, ...], *, step: int) -> FrameRow:
    """What every head looks at now.

    Args:
        model: In eval mode, with attention.
        ids: The text of the film.
        step: Of its training.

    Raises:
        ConfigurationError: the model has no attention.
    """
    device = next(model.parameters()).device
    seen = trace(model, torch.tensor([ids], device=device), keep={"weights"})
    if not seen.layers:
        raise ConfigurationError(
            "This model has no attention to look at. Choose a run of a model that has, such as gpt."
        )
    weights = seen.attention[0]
    rows, columns = torch.tril_indices(len(ids), len(ids))
    cells = (weights[..., rows, columns].float().nan_to_num() * FULL).round().to(torch.uint8)
    layers, heads = cells.shape[:2]
    raw = cells.cpu().numpy().tobytes()
    return FrameRow(step=step, layers=layers, heads=heads, ids=ids, cells=raw)
