"""Whether somebody wants to know which heads several runs grew. Apart from the answer: no torch."""

from ui.i18n import _
from ui.session import url


def wants_heads() -> bool:
    """Whether somebody asks for it: it takes some seconds a run."""
    return url.switch(
        _("Which heads did they grow?"), name=url.GROWN, on="yes",
        help=_(
            "Equal heads sit at other places after another seed, so they are matched by what they "
            "do: by the kind of place that they look at far more than by chance and than before "
            "training. Each kept step of each run is looked at, and heads are silenced where that "
            "tells when they began to matter. It takes some seconds a run."
        ),
    )  # fmt: skip
