"""What is kept of texts that grow: keys and values of every layer, and where the newest go."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from minigpt.models.language_model import LanguageModel
from minigpt.models.layers.attention import Attention
from minigpt.sampling.linear_maps import ROWS
from minigpt.shapes import Residual

SLOTS = 64
"""Room for keys and values grows by so many positions; zeros beyond a text change no sum."""
NUMBER_BYTES = 4


class LayerCache:
    """The keys and values of one layer, a row a text, in one table."""

    keys: Float[Tensor, "rows H slots D"]
    values: Float[Tensor, "rows H slots D"]

    def __init__(self, attention: Attention, device: torch.device) -> None:
        self._fill(torch.zeros(2, 0, attention.num_heads, 0, attention.head_size, device=device))

    def _fill(self, table: Float[Tensor, "2 rows H slots D"]) -> None:
        self._table, (self.keys, self.values) = table, table.unbind()
        self._by_head: tuple[int, Tensor, Tensor] | None = None
        self._array: Float[np.ndarray, "places D"] | None = None

    def resize(self, rows: int, slots: int) -> None:
        """Give or take room; what lies in both sizes stays."""
        _, old_rows, heads, old_slots, size = self._table.shape
        if (rows, slots) == (old_rows, old_slots):
            return
        new = self._table.new_zeros(2, rows, heads, slots, size)
        rows, slots = min(rows, old_rows), min(slots, old_slots)
        new[:, :rows, :, :slots] = self._table[:, :rows, :, :slots]
        self._fill(new)

    def choose(self, rows: Sequence[int]) -> None:
        """Go on with these rows, in this order."""
        self._fill(self._table[:, list(rows)])

    def move(self, row: int, place: int) -> None:
        """Put a copy of one row in the place of another."""
        self._table[:, place] = self._table[:, row]

    def write(self, newest: "NewestPositions", vectors: Float[Tensor, "texts 2 H D"]) -> None:
        """Put each text's newest key and value where they belong."""
        size = vectors.shape[-1]
        places = self._table.view(-1, size)
        places.index_copy_(0, newest.written.flatten(), vectors.reshape(-1, size))

    @property
    def array(self) -> Float[np.ndarray, "places D"]:
        """The whole table on a processor, in the order of `NewestPositions.written`."""
        if self._array is None:
            self._array = self._table.view(-1, self._table.shape[-1]).numpy()
        return self._array

    def by_head(
        self, texts: int
    ) -> tuple[Float[Tensor, "texts_H D slots"], Float[Tensor, "texts_H slots D"]]:
        """Keys, turned, and values of the first texts, one matrix a head; views of the table."""
        if self._by_head is None or self._by_head[0] != texts:
            keys, values = (half[:texts].flatten(0, 1) for half in (self.keys, self.values))
            self._by_head = (texts, keys.transpose(1, 2), values)
        return self._by_head[1:]


@dataclass(frozen=True, eq=False)
class NewestPositions:
    """The newest position of every text, among what is kept."""

    texts: int
    """In the first rows."""
    places: Int[Tensor, " rows"]
    """How many positions are before it; 0 in rows without a text."""
    written: Int[Tensor, "texts 2 H"]
    """Where its keys and values go, counted through the whole table of a layer."""
    hidden: Float[Tensor, "texts_H 1 slots"]
    """For every head, 0 at the positions of the text, minus infinity beyond them."""


def newest_of(
    lengths: Sequence[int], layers: Sequence[LayerCache], *, rows: int, device: torch.device
) -> NewestPositions:
    """The last positions of texts so long, which are worked on in so many rows."""
    # Written in NumPy, whose calls take a fraction of the time: this is done for each token.
    texts = len(lengths)
    # As many heads in every layer; a model without attention has none.
    room, heads, slots, _ = layers[0].keys.shape if layers else (texts, 0, 0, 0)
    places = np.zeros(rows, dtype=np.int64)
    places[:texts] = lengths
    places[:texts] -= 1
    # (2, room, H), the first slot of each -> (texts, 2, H)
    first = np.arange(0, 2 * room * heads * slots, slots or 1).reshape(2, room, heads)
    written = first[:, :texts].swapaxes(0, 1) + places[:texts, None, None]
    later = np.arange(slots) > places[:texts, None]
    hidden = np.where(later, np.float32(-np.inf), np.float32(0.0)).repeat(heads, axis=0)
    return NewestPositions(
        texts,
        torch.from_numpy(places).to(device),
        torch.from_numpy(written).to(device),
        torch.from_numpy(hidden[:, None]).to(device),
    )


def embed_newest(
    model: LanguageModel, texts: Sequence[Sequence[int]], newest: NewestPositions
) -> Residual:
    """The newest tokens' vectors, the last of each row, with what they are made of before."""
    reach, device = model.embedding_reach, newest.places.device
    tokens = [([0] * reach + list(text[-reach:]))[-reach:] for text in texts]
    tokens += [[0] * reach] * (len(newest.places) - len(texts))
    positions = newest.places[:, None]
    if reach > 1:
        before = torch.arange(1 - reach, 1, device=device)
        positions = (positions + before).clamp(min=0)
    return model.embed(torch.tensor(tokens, device=device), positions)


def rows_for(texts: int) -> int:
    """How many rows of room so many texts take."""
    return ROWS * -(-texts // ROWS)


def slots_for(length: int) -> int:
    """How many slots of room a text so long takes."""
    return SLOTS * -(-length // SLOTS)


def kept_bytes(model: LanguageModel, *, texts: int, length: int) -> int:
    """What a decoder keeps of so many texts of at most `length` tokens."""
    slots = slots_for(min(length, model.context_length))
    widths = (
        block.attention.num_heads * block.attention.head_size for block in model.attention_blocks()
    )
    return 2 * NUMBER_BYTES * rows_for(texts) * slots * sum(widths)
