"""How much depends on which letters it was: two models, and how often the worse one is ahead."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from minigpt.lessons.playing.rivals import Rival
from minigpt.lessons.snippet import Snippet


@dataclass(frozen=True, kw_only=True)
class Stretches:
    """All stretches of some length within a text, as two models foretell them."""

    length: int
    earlier: Float[np.ndarray, " stretches"]
    """Bits a letter of each stretch, for the model at the earlier step."""
    later: Float[np.ndarray, " stretches"]
    earlier_mean: float
    later_mean: float

    @property
    def wrong(self) -> float:
        """In how many of a hundred stretches the earlier step is ahead."""
        return 100 * float((self.earlier < self.later).mean())

    @property
    def range(self) -> tuple[float, float]:
        """Where 95 of 100 stretches lie for the later step."""
        low, high = np.quantile(self.later, (0.025, 0.975))
        return float(low), float(high)


STRETCHES = Snippet(
    """
import numpy as np
import minigpt
from minigpt.lessons.playing.rivals import long_rival

run, length = minigpt.open_run($run), $length

def means(step):
    opened = minigpt.open_model(run, step=step)
    bits = np.array(long_rival(opened.model, opened.tokenizer).bits)
    sums = np.concatenate([[0], bits.cumsum()])
    return (sums[length:] - sums[:-length]) / length, bits.mean()

(earlier, earlier_mean), (later, later_mean) = means($earlier), means($later)
wrong = 100 * (earlier < later).mean()
""",
    ("earlier", "later", "earlier_mean", "later_mean", "wrong"),
)


def compare_stretches(earlier: Rival, later: Rival, length: int) -> Stretches:
    """The bits of each stretch of so many letters, for one model at two steps of its training."""
    bits = [np.array(one.bits) for one in (earlier, later)]
    first, second = (_means(one, length) for one in bits)
    return Stretches(
        length=length,
        earlier=first,
        later=second,
        earlier_mean=float(bits[0].mean()),
        later_mean=float(bits[1].mean()),
    )


def _means(bits: Float[np.ndarray, " letters"], length: int) -> Float[np.ndarray, " stretches"]:
    return np.convolve(bits, np.full(length, 1 / length), mode="valid")
