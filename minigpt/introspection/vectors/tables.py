"""The vectors that a model reads tokens as, and those by which it writes them."""

from jaxtyping import Float
from torch import Tensor

from minigpt.errors import ConfigurationError
from minigpt.models.language_model import LanguageModel

READ = ("token_embedding.weight", "table.weight")
"""Of a model that embeds tokens; of a bigram table, whose rows are scores already."""
WRITTEN = "output.weight"


def token_vectors(model: LanguageModel) -> Float[Tensor, "V C"]:
    """The vector that each token becomes: the model's own table, to be read and not changed.

    Raises:
        ConfigurationError: the model has no such table.
    """
    arrays = dict(model.named_parameters())
    table = next((arrays[name] for name in READ if name in arrays), None)
    if table is None:
        raise ConfigurationError("This kind of model has no table of token vectors.")
    return table.detach()


def output_vectors(model: LanguageModel) -> Float[Tensor, "V C"] | None:
    """The vector that each token's logit is the dot product with, where that is another table.

    None where one table reads and writes tokens (Press and Wolf 2017), and for a bigram model.
    """
    table = dict(model.named_parameters()).get(WRITTEN)
    return None if table is None else table.detach()
