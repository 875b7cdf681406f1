"""Whether a model keeps its word: of what it gave 30 percent, did three in ten come?"""

import streamlit as st

from minigpt.reading.surprise import Surprise
from ui.charts.heads import as_page
from ui.charts.reliability import (
    HEIGHT_PIXELS,
    in_words,
    reliability_chart,
    still_reliability_chart,
)
from ui.components.model_picker import ChosenModel
from ui.i18n import _
from ui.theme import LIGHT, palette


def show_reliability(read: Surprise, chosen: ChosenModel) -> None:
    """A point for each range of probabilities, beside the line where it would be."""
    st.subheader(_("Does it keep its word?"), anchor=False)
    bins = read.reliability.bins()
    chance = 1 / chosen.trained.tokenizer.vocabulary_size
    st.echarts_chart(
        reliability_chart(bins, chance, palette()), height=palette().pixels(HEIGHT_PIXELS),
        key="reliability", alt="; ".join(map(in_words, bins)),
    )  # fmt: skip
    st.caption(
        _(
            "At every place the model gives every token a probability. Of all that it gave about "
            "30 percent, three in ten should come: then its point lies on the dashed line. Below "
            "it the model is too sure, above it not sure enough. The thin lines hold the true "
            "share 19 times in 20; a hollow point rests on fewer than 30 predictions. "
            "A text that a model wrote itself tells little here: where it mostly took the "
            "likeliest, that came more often than it gave it."
        )
    )
    name = _("{run}, step {step}: reliability", run=chosen.run_id, step=chosen.step)
    st.download_button(
        _("This figure, a page to look at (HTML)"),
        lambda: as_page(still_reliability_chart(bins, chance, LIGHT), name, LIGHT),
        file_name=f"reliability-step-{chosen.step}.html", mime="text/html", on_click="ignore",
        type="tertiary", icon=":material/download:",
    )  # fmt: skip
