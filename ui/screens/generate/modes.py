"""What the page of generation can be about, one of them at a time; which one is in the address.

Whoever adds one adds a line to `MODES`: a name for the address, and what is drawn below the model.
"""

from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st

from minigpt.sentences import N_
from ui import messages
from ui.components.model_picker import ChosenModel
from ui.i18n import _, translated
from ui.screens.generate import beams, futures, known_since, same_luck
from ui.screens.generate.reading import invented, surprising, unread
from ui.screens.generate.write import mode as write
from ui.session import url
from ui.session.branches import READ, WRITE

TEXTS = (url.PROMPT, url.PASSAGE, url.UNREAD)
"""What an address may have too much of."""


@dataclass(frozen=True, kw_only=True)
class Mode:
    """One thing to do with a model and a text."""

    title: str
    words: str
    """What one finds out by it, for somebody who has never heard of it."""
    show: Callable[[ChosenModel], None]
    """Draws all that is below the bar that chooses the model; reports what goes wrong itself."""
    leads_on: bool = False
    """Whether something in it leads to another mode, or asks for the whole page otherwise."""

    def draw(self, chosen: ChosenModel) -> None:
        """Draw it; alone where it may be, so that a click does not have all drawn anew."""
        if self.leads_on:
            self._draw_told(chosen)
        else:
            st.fragment(self._draw_alone)(chosen)

    def _draw_alone(self, chosen: ChosenModel) -> None:
        # The bar above, which says that a model is gone, is not drawn anew with it.
        with messages.errors_shown():
            self._draw_told(chosen)

    def _draw_told(self, chosen: ChosenModel) -> None:
        # Here, or it would go on being said of a text that was changed since.
        told, refused = st.empty(), url.note_refused()
        self.show(chosen)
        messages.show_refused({name: refused[name] for name in TEXTS if name in refused}, told)


MODES = {
    WRITE: Mode(
        title=N_("Write"),
        words=N_(
            "The model goes on from your beginning, one token at a time. Click a token that it "
            "wrote to see what else could have come there."
        ),
        show=write.show,
        leads_on=True,
    ),
    "luck": Mode(
        title=N_("Same luck"),
        words=N_(
            "The same beginning, written again and again with the same random numbers. One thing "
            "differs: the temperature, the step of the training, or the model."
        ),
        show=same_luck.show,
        leads_on=True,
    ),
    "known": Mode(
        title=N_("Known since"),
        words=N_("From which step of its training on did the model know each token of a text?"),
        show=known_since.show,
    ),
    "futures": Mode(
        title=N_("Futures"),
        words=N_("All that may come next, and after that, with the exact probability of each way."),
        show=futures.show,
    ),
    "beams": Mode(
        title=N_("Beams"),
        words=N_(
            "A search for the likeliest whole text: the best few beginnings, the beams, are kept "
            "and continued by one token after the other."
        ),
        show=beams.show,
        leads_on=True,
    ),
    READ: Mode(
        title=N_("Read or invented?"),
        words=N_(
            "Which pieces of a text stand word for word in what the model was trained on, and "
            "how much of that is chance?"
        ),
        show=invented.show,
    ),
    "surprise": Mode(
        title=N_("Surprise"),
        words=N_(
            "How much each token of a text surprises the model, beside guessers that only count."
        ),
        show=surprising.show,
    ),
    "unread": Mode(
        title=N_("Never read this"),
        words=N_(
            "Mark a passage or a name. A twin of this model is trained with the same seed and the "
            "same batches, in which every window that touches the passage teaches nothing; and "
            "another one that reads all and differs by its seed alone, to see what is chance."
        ),
        show=unread.show,
        leads_on=True,
    ),
}
"""By what the address calls them, in the order in which they are offered."""


def choose_mode() -> Mode:
    """Offer the modes and say what the chosen one is for; the first where nobody chose."""
    name = url.pick(
        _("What to do"), list(MODES), name=url.MODE, default=WRITE,
        show=lambda one: translated(MODES[one].title),
    )  # fmt: skip
    st.caption(translated(MODES[name].words))
    return MODES[name]
