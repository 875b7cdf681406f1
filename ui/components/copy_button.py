"""A button that puts a text into the clipboard."""

from ui.components.drawing import component
from ui.i18n import _

HTML = """
<div class="root copying"><button class="save" type="button"></button>
<span class="heard" role="status"></span></div>
"""


def copy_button(text: str, *, key: str) -> None:
    """Offer to copy a text, any text, just as it is."""
    words = {"copy": _("Copy"), "copied": _("Copied"), "failed": _("This browser copies nothing")}
    component("copy_button", HTML)(key=key, data={"text": text, "words": words}, width="content")
