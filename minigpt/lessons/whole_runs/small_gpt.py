"""A GPT of which parts can be left out that no model of the ladder does without."""

from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional

CONTEXT, WIDTH = 16, 32


class Layer(nn.Module):
    """Attention of one head, then a feed-forward part; each with a norm and a way around."""

    def __init__(self, *, mask: bool, around: bool) -> None:
        super().__init__()
        self.mask, self.around = mask, around
        self.before_attention, self.before_feeding = nn.LayerNorm(WIDTH), nn.LayerNorm(WIDTH)
        self.query_key_value = nn.Linear(WIDTH, 3 * WIDTH, bias=False)
        self.mixed = nn.Linear(WIDTH, WIDTH)
        self.feed = nn.Sequential(
            nn.Linear(WIDTH, 4 * WIDTH), nn.ReLU(), nn.Linear(4 * WIDTH, WIDTH)
        )

    def forward(self, stream: Float[Tensor, "B T C"]) -> Float[Tensor, "B T C"]:
        """The stream, with what both parts made of it."""
        query, key, value = self.query_key_value(self.before_attention(stream)).chunk(3, -1)
        # Without the mask every token sees all of the window, the one to be guessed included.
        attended = functional.scaled_dot_product_attention(query, key, value, is_causal=self.mask)
        stream = self._add(stream, self.mixed(attended))
        return self._add(stream, self.feed(self.before_feeding(stream)))

    def _add(self, stream: Float[Tensor, "B T C"], new: Tensor) -> Float[Tensor, "B T C"]:
        return stream + new if self.around else new


class SmallGPT(nn.Module):
    """Characters in, a score for every next character out; built whole unless told otherwise."""

    def __init__(
        self,
        vocabulary: int,
        *,
        layers: int = 1,
        mask: bool = True,
        around: bool = True,
        positions: bool = True,
    ) -> None:
        """Draw the weights from the random numbers of the process.

        Args:
            vocabulary: How many characters there are.
            layers: Of attention and feed-forward.
            mask: Whether a token is kept from seeing what comes after it.
            around: Whether each part adds to the stream, and does not take its place.
            positions: Whether each place has a vector.
        """
        super().__init__()
        self.token = nn.Embedding(vocabulary, WIDTH)
        self.position = nn.Embedding(CONTEXT, WIDTH)
        self.positions = positions
        self.layers = nn.Sequential(*(Layer(mask=mask, around=around) for _ in range(layers)))
        self.norm, self.output = nn.LayerNorm(WIDTH), nn.Linear(WIDTH, vocabulary)

    def forward(self, ids: Int[Tensor, "B T"]) -> Float[Tensor, "B T V"]:
        """Score every character at every place."""
        stream = self.token(ids)
        if self.positions:
            stream = stream + self.position.weight[: ids.shape[1]]
        scores: Tensor = self.output(self.norm(self.layers(stream)))
        return scores
