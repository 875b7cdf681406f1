"""The texts of several readers, drawn together: thirty cost little more than a few.

Readers are threads. Whoever needs a token that is not drawn yet takes a step for all; the others
find theirs drawn. What a text becomes does not depend on who else reads.
"""

import threading
from collections.abc import Generator

from minigpt.models.language_model import LanguageModel
from minigpt.sampling.generate import Continuation, Continuations, SampledToken


class SharedContinuations:
    """One model and the texts that grow with it at the moment."""

    def __init__(self, model: LanguageModel) -> None:
        """The model should be in eval mode."""
        self._texts, self._lock = Continuations(model), threading.Lock()
        self._goals: dict[Continuation, int] = {}

    def __len__(self) -> int:
        """How many texts grow at the moment."""
        return len(self._goals)

    def draw(self, text: Continuation, count: int) -> Generator[SampledToken, None, None]:
        """The next `count` tokens of a text. Whoever stops reading lets it grow no longer.

        Raises:
            ConfigurationError: the prompt is empty.
        """
        begun = len(text.drawn)
        with self._lock:
            self._texts.join(text)
            self._goals[text] = begun + count
        try:
            for index in range(begun, begun + count):
                self._draw_up_to(text, index)
                yield text.drawn[index]
        finally:
            with self._lock:
                self._leave(text)

    def _draw_up_to(self, text: Continuation, index: int) -> None:
        if len(text.drawn) > index:
            return
        with self._lock:
            # Somebody else may have taken the step while this reader waited for its turn.
            if len(text.drawn) <= index:
                self._texts.step()
                for other, goal in list(self._goals.items()):
                    if len(other.drawn) == goal:
                        self._leave(other)

    def _leave(self, text: Continuation) -> None:
        if self._goals.pop(text, None) is not None:
            self._texts.leave(text)
