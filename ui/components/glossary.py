"""The field's words, explained where they stand: one explanation each, shown as a tooltip."""

from minigpt.sentences import N_
from ui.i18n import translated

TERMS = {
    "token": N_(
        "**Token**: a piece of text that the model reads and writes as one. Here it is most often "
        "a single character; it may be a word, or part of one."
    ),
    "parameter": N_(
        "**Parameters** (weights): the numbers that training adjusts. All that a model knows is "
        "in them."
    ),
    "loss": N_(
        "**Loss**: the model's surprise at each next token, on average. Lower is better. It is "
        "0 for a model that is always sure and right."
    ),
    "validation": N_(
        "**Validation**: the part of the text that the model never learns from. Its loss there "
        "says what it has learnt, and not what it has memorised."
    ),
    "nats": N_(
        "**Nats**: the unit of surprise. With a loss of 0.69 a model is as unsure as if 2 tokens "
        "were equally likely to come next; with 1.61, 5 tokens; with 2.30, 10."
    ),
    "step": N_(
        "**Step**: one small change to all weights, after a look at one batch of pieces of the "
        "text. Step 0 is the untrained model, which knows nothing."
    ),
    "checkpoint": N_("**Checkpoint**: the weights as they were at a step, saved to go back to."),
    "layer": N_(
        "**Layer**: one round of reading. Each works on what the layer below has made of the text."
    ),
    "head": N_(
        "**Head**: a part of a layer that looks back at the earlier tokens and takes along what "
        "it needs. The heads of a layer look at the same time, each by a rule of its own, "
        "which it has learnt."
    ),
    "logit": N_(
        "**Logit**: the score that the model gives a possible next token. Softmax makes "
        "probabilities of all scores: what is one nat higher is 2.7 times as likely."
    ),
    "residual stream": N_(
        "**Residual stream**: the vector that each token carries through the model. Every part "
        "reads it and adds something to it; at the end the scores are read off it."
    ),
    "embedding": N_(
        "**Embedding**: the vector, a list of numbers, that a token becomes when it is read. "
        "Training moves it; tokens that are to be treated alike come to have like vectors."
    ),
    "cosine": N_(
        "**Cosine**: how far two vectors point the same way, whatever their lengths: 1 the same "
        "way, 0 at right angles, −1 the opposite way."
    ),
    "gradient": N_(
        "**Gradient**: which way, and how steeply, the loss rises with each weight. A step goes "
        "the other way."
    ),
    "learning rate": N_("**Learning rate**: how far a step goes. Too far, and training breaks."),
    "context": N_("**Context**: how many tokens the model sees at once when it guesses the next."),
}
"""What each word means, by its name; marked for the catalogue."""


def meaning_of(*terms: str) -> str:
    """The meaning of one word or several, for a tooltip."""
    return "\n\n".join(translated(TERMS[term]) for term in terms)
