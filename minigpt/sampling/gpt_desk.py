"""Where one position of each text is worked on: its place among what is kept, and room for results.

Room is made once, for a token must not wait for it. PyTorch and NumPy see the same memory.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from minigpt.models.configs.parts import feed_forward_widths
from minigpt.models.ladder.gpt import GPT
from minigpt.sampling.key_value_cache import LayerCache, NewestPositions, newest_of

WORKED_AT_ONCE = 64
"""A multiple of how many numbers PyTorch's activation functions take together."""
PROCESSOR = torch.device("cpu")


@dataclass(frozen=True, eq=False)
class Buffer:
    """Numbers in memory made once, as PyTorch and as NumPy see it."""

    tensor: Float[Tensor, "rows channels"]
    array: Float[np.ndarray, "rows channels"]


class Desk:
    """For so many texts, worked on in so many rows."""

    newest: NewestPositions
    places: Int[np.ndarray, " texts"]
    written: Int[np.ndarray, "texts 2 H"]
    """As in `newest`, on the same memory."""
    _hidden: Float[np.ndarray, "texts H slots"]

    def __init__(self, model: GPT, *, texts: int, rows: int) -> None:
        """Make room."""
        config = model.config
        self.texts, self.rows = texts, rows
        expanded, activated = feed_forward_widths(config.width, config.activation)
        self.stream, self.mixed, self.added = (_buffer(rows, config.width) for _ in range(3))
        self.vectors = _buffer(rows, 3 * config.width)
        self.widened, self.activated = _buffer(rows, expanded), _buffer(rows, activated)
        # What is left over is worked on one by one, in another way. Where that would be the end of
        # some texts' rows, all rows are taken together, whose number is even.
        worked = rows if expanded % WORKED_AT_ONCE else texts
        self.before_activation = self.widened.tensor[:worked]
        self.after_activation = self.activated.tensor[:worked]
        heads, size = config.num_heads, config.head_size
        # Rows beyond the texts look at nothing: what is mixed for them stays zero.
        self.mixed_by_head = self.mixed.tensor[:texts].view(texts * heads, 1, size)
        self.by_part = self.vectors.tensor[:texts].view(texts, 3, heads, size)
        self.queries = self.by_part[:, 0]
        self.offered = self.by_part[:, 1:].numpy()
        self._numbers = np.arange(texts)
        self._next: tuple[list[int], torch.Size] | None = None

    def place(self, lengths: list[int], layers: Sequence[LayerCache]) -> None:
        """Say how long the texts are now and where they are kept."""
        shape = layers[0].keys.shape
        if self._next == (lengths, shape):
            # Mostly each text is one token longer; to say only that takes a fifth of the time.
            self.places += 1
            self.written += 1
            self._hidden[self._numbers, :, self.places] = 0.0
        else:
            newest = newest_of(lengths, layers, rows=self.texts, device=PROCESSOR)
            self.newest, self.places = newest, newest.places.numpy()
            self.written = newest.written.numpy()
            self._hidden = newest.hidden.view(self.texts, -1, newest.hidden.shape[-1]).numpy()
        self._next = ([length + 1 for length in lengths], shape)


def _buffer(rows: int, channels: int) -> Buffer:
    tensor = torch.zeros(rows, channels)
    return Buffer(tensor, tensor.numpy())
