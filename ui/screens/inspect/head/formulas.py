"""What the stages of a head are together, as the field writes it, with the sizes of this model."""

import math

import streamlit as st

from minigpt.models.layers.attention import Attention, CausalSelfAttention
from ui.i18n import _, numeral


def show_formulas(attention: Attention) -> None:
    """Attention in one line, and how the heads of a layer are joined."""
    with st.expander(_("All stages in one formula")):
        st.latex(attention_formula(attention))
        st.caption(
            _(
                "Q, K and V are the queries, keys and values of all tokens, a row each; M takes "
                "away what lies in the future. In this model a head has {size} channels, and the "
                "products are multiplied by {scale}.",
                size=attention.head_size, scale=numeral(attention.scale, ".4f"),
            )
        )  # fmt: skip
        if not isinstance(attention, CausalSelfAttention):
            st.caption(_("This layer has one head; what it brings is what the layer brings."))
            return
        st.latex(joining_formula(attention))
        st.caption(
            _(
                "The {heads} heads of this layer work beside each other, each with projections of "
                "its own. What they bring is put side by side, and multiplied by one matrix more. "
                "Offsets (biases), where the model has any, are left out here.",
                heads=attention.num_heads,
            )
        )


def attention_formula(attention: Attention) -> str:
    """Of Vaswani et al. 2017; with the scale as it is where that is not the root of the size."""
    if math.isclose(attention.scale, 1 / math.sqrt(attention.head_size)):
        scores = r"\frac{Q K^\top}{\sqrt{d_k}}"
    elif attention.scale == 1:
        scores = r"Q K^\top"
    else:
        scores = r"\text{scale} \cdot Q K^\top"
    return (
        r"\text{Attention}(Q, K, V) = \text{softmax}\left("
        + scores
        + r" + M\right) V, \quad d_k = "
        + str(attention.head_size)
    )


def joining_formula(attention: Attention) -> str:
    """How what the heads bring becomes one vector again."""
    heads = r"\text{head}_1, \dots, \text{head}_{" + str(attention.num_heads) + "}"
    return r"\text{MultiHead}(Q, K, V) = \text{Concat}(" + heads + r")\, W^O"
