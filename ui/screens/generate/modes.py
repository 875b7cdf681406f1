"""What the page of generation can be about, one of them at a time; which one is in the address.

Whoever adds one adds a line to `MODES`: a name for the address, and what is drawn below the model.
"""

from collections.abc import Callable
from dataclasses import dataclass

from minigpt.sentences import N_
from ui.components.model_picker import ChosenModel
from ui.i18n import _, translated
from ui.screens.generate import beams, futures, known_since, same_luck
from ui.screens.generate.reading import invented, surprising, unread
from ui.screens.generate.write import mode as write
from ui.session import url


@dataclass(frozen=True, kw_only=True)
class Mode:
    """One thing to do with a model and a text."""

    title: str
    show: Callable[[ChosenModel], None]
    """Draws all that is below the bar that chooses the model; reports what goes wrong itself."""


MODES = {
    "write": Mode(title=N_("Write"), show=write.show),
    "luck": Mode(title=N_("Same luck"), show=same_luck.show),
    "known": Mode(title=N_("Known since"), show=known_since.show),
    "futures": Mode(title=N_("Futures"), show=futures.show),
    "beams": Mode(title=N_("Beams"), show=beams.show),
    "read": Mode(title=N_("Read or invented?"), show=invented.show),
    "surprise": Mode(title=N_("Surprise"), show=surprising.show),
    "unread": Mode(title=N_("Never read this"), show=unread.show),
}
"""By what the address calls them, in the order in which they are offered."""


def choose_mode() -> Mode:
    """Offer the modes; the first is shown where nobody chose."""
    names = list(MODES)
    if len(names) == 1:
        return MODES[names[0]]
    name = url.pick(
        _("What to do"), names, name=url.MODE, default=names[0],
        show=lambda one: translated(MODES[one].title),
    )  # fmt: skip
    return MODES[name]
