"""Copies of a model that go on learning from a visitor's text: done for one visitor at a time."""

from collections.abc import Callable
from typing import Any

from minigpt.checkpoints.manifest import Checkpoint
from minigpt.lessons.playing.fine_tuning import Texts, Tuned, fine_tuning, texts, tuned
from minigpt.lessons.playing.tuned import own_writing
from minigpt.models.language_model import LanguageModel
from minigpt.runs.directory import choose_checkpoint
from minigpt.runs.trained_model import TrainedModel
from minigpt.shapes import TokenStream
from ui.services.inside.teaching import require_small_enough
from ui.services.models import SizedCache, trained_model
from ui.services.runs import store

TUNINGS_BYTES = 64_000_000
"""Of all copies that are kept for whoever asks for the same."""
BYTES_PER_PARAMETER = 4

_tunings: SizedCache[Tuned] = SizedCache(TUNINGS_BYTES)
_writings: SizedCache[TokenStream] = SizedCache(1_000_000)


def fine_tuned(
    run_id: str,
    text: str,
    *,
    rate: float,
    steps: int,
    seed: int,
    rehearsing: bool = False,
    tell: Callable[[float], None],
) -> Tuned:
    """A copy of a model after some steps on a text, and how it came there.

    Args:
        run_id: Whose model.
        text: The new text.
        rate: The learning rate.
        steps: How many.
        seed: Of the windows that are drawn.
        rehearsing: Whether half of each batch is what the model wrote itself before.
        tell: Called with how far it is, from 0 to 1, while it is computed.

    Raises:
        MiniGPTError: the model is too large to be copied, or the text too short or long.
    """
    chosen = choose_checkpoint(store().open(run_id), None)
    trained = trained_model(run_id, None)
    require_small_enough(trained.model)
    read = texts(trained.tokenizer, text)

    def learn() -> Tuned:
        rehearsed = _own_writing(trained, chosen) if rehearsing else None
        options: dict[str, Any] = {"rate": rate, "steps": steps, "seed": seed}
        return _learnt(trained.model, read, tell, **options, rehearsed=rehearsed)

    key = (chosen.sha256, text, rate, steps, seed, rehearsing)
    if key not in _tunings:
        tell(0.0)  # it may have to wait for another visitor's
    size = BYTES_PER_PARAMETER * trained.model.num_parameters
    return _tunings.get(key, size, learn)


def _learnt(
    model: LanguageModel, read: Texts, tell: Callable[[float], None], *, steps: int, **options: Any
) -> Tuned:
    found = []
    learnt = model
    for measured, pupil in fine_tuning(model, read, steps=steps, **options):
        found.append(measured)
        learnt = pupil
        tell(measured.step / steps)
    return tuned(found, learnt, read.unread)


def _own_writing(trained: TrainedModel, chosen: Checkpoint) -> TokenStream:
    def write() -> TokenStream:
        return own_writing(trained.model, trained.tokenizer)

    return _writings.get((chosen.sha256,), 16_000, write)
