"""A trained model's letters: where they lie at a step of its training, and who is near whom."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from minigpt.errors import ConfigurationError
from minigpt.introspection.vectors.gathering import Gathering, gathering, letters_and_vowels
from minigpt.introspection.vectors.likeness import mean_likeness, neighbours
from minigpt.introspection.vectors.principal_axes import principal_axes
from minigpt.introspection.vectors.tables import token_vectors
from minigpt.lessons.snippet import Snippet
from minigpt.models.language_model import LanguageModel
from minigpt.models.layers.scoring import SCORINGS
from minigpt.tokenizers import Tokenizer

NEAREST = 5


@dataclass(frozen=True, kw_only=True)
class LettersOverTraining:
    """The small letters at one step, along the axes of the last, and how close vowels lie."""

    step: int
    letters: str
    places: Float[Tensor, "letters 2"]
    """At this step."""
    all_places: Float[Tensor, "steps letters 2"]
    shares: Float[Tensor, " 2"]
    """Of all differences between the letters at this step, along each of the two axes."""
    first_shares: Float[Tensor, " 2"]
    """The same at the first step."""
    within: float
    """The mean cosine of two vowels at this step."""
    all_pairs: float
    """That of two letters."""
    as_close: int
    groups: int
    over_training: tuple[tuple[int, Gathering], ...]

    @property
    def percent(self) -> float:
        """How many groups of five letters are as close, in percent."""
        return 100 * self.as_close / self.groups


LETTERS = Snippet(
    """
from itertools import combinations
import torch
import minigpt

run, letters = minigpt.open_run($run), "abcdefghijklmnopqrstuvwxyz"

def vectors(step):
    opened = minigpt.open_model(run, step=step)
    ids = [opened.tokenizer.vocabulary.index(one) for one in letters]
    return opened.model.token_embedding.weight.detach()[ids]

last, now = vectors($last), vectors($step)
middle = last.mean(0)
axes = torch.linalg.svd(last - middle).Vh[:2]  # the two directions of the largest variance
axes = torch.stack([one * one[one.abs().argmax()].sign() for one in axes])
places = (now - middle) @ axes.T
apart = now - now.mean(0)
shares = (apart @ axes.T).square().sum(0) / apart.square().sum()

unit = now / now.norm(dim=1, keepdim=True)
cosines = (unit @ unit.T).double()

def mean(group):
    return sum(cosines[i, j] for i, j in combinations(group, 2)).item() / (
        len(group) * (len(group) - 1) / 2)

within, all_pairs = mean([letters.index(one) for one in "aeiou"]), mean(range(26))
fives = torch.combinations(torch.arange(26), 5)  # every group of five letters
means = sum(cosines[fives[:, i], fives[:, j]] for i, j in combinations(range(5), 2)) / 10
as_close, groups = int((means >= within - 1e-6).sum()), len(fives)
""",
    ("letters", "places", "shares", "within", "all_pairs", "as_close", "groups"),
)


def letters_over_training(
    models: Sequence[tuple[int, LanguageModel]], tokenizer: Tokenizer, step: int
) -> LettersOverTraining:
    """Look at the small letters of a model at each kept step.

    Args:
        models: Step and model, in order; the last one gives the axes.
        tokenizer: Of all of them; knows the small letters.
        step: The one that is looked at.
    """
    ids, vowels = letters_and_vowels(tokenizer.vocabulary)
    tables = {at: token_vectors(model)[ids] for at, model in models}
    axes = principal_axes(tables[models[-1][0]])
    found = tuple((at, gathering(table, vowels)) for at, table in tables.items())
    now = dict(found)[step]
    return LettersOverTraining(
        step=step,
        letters="".join(tokenizer.vocabulary[one] for one in ids),
        places=axes.places(tables[step]),
        all_places=torch.stack([axes.places(one) for one in tables.values()]),
        shares=axes.shares(tables[step]),
        first_shares=axes.shares(tables[models[0][0]]),
        within=now.within,
        all_pairs=now.all_pairs,
        as_close=now.as_close,
        groups=now.groups,
        over_training=found,
    )


@dataclass(frozen=True, kw_only=True)
class ThreeMeasures:
    """The neighbours of a token by the dot product, the cosine and the scaled dot product."""

    token: str
    dot: tuple[str, ...]
    cosine: tuple[str, ...]
    scaled_dot: tuple[str, ...]
    """Tokens, the nearest first."""
    likeness: dict[str, tuple[float, ...]]
    """Of these, by the measure's name."""
    both: tuple[float, float, float, float]
    """Dot product and cosine of the nearest by the one, then of the nearest by the other."""
    chance: tuple[float, float, float]
    """How alike two tokens are on average: dot, cosine, scaled."""
    length: float
    """Of the token's vector."""
    lengths: tuple[float, float, float]
    """Of the vector of the nearest by each measure."""


THREE_MEASURES = Snippet(
    """
import torch
import minigpt

opened = minigpt.open_model(minigpt.open_run($run), step=$step)
vocabulary = opened.tokenizer.vocabulary
table = opened.model.token_embedding.weight.detach()
at = vocabulary.index($token)

def nearest(likeness):
    likeness[at, at] = -torch.inf  # not the token itself
    found = likeness[at].topk(5).indices.tolist()
    return tuple(vocabulary[one] for one in found), table[found[0]].norm().item()

products = table @ table.T
unit = table / table.norm(dim=1, keepdim=True)
chance = tuple(
    (one.sum() - one.trace()).item() / (len(table) * (len(table) - 1))
    for one in (products, unit @ unit.T, products / table.shape[1] ** 0.5))
dot, longest = nearest(products.clone())
cosine, usual = nearest(unit @ unit.T)
scaled_dot, longest = nearest(products / table.shape[1] ** 0.5)
two = [vocabulary.index(one[0]) for one in (dot, cosine)]
both = tuple(by[at, one].item() for one in two for by in (products, unit @ unit.T))
length, lengths = table[at].norm().item(), (longest, usual, longest)
""",
    ("dot", "cosine", "scaled_dot", "both", "chance", "length", "lengths"),
)


def known_token(typed: str, tokenizer: Tokenizer) -> str:
    """The first character of what was typed that the model knows.

    Raises:
        ConfigurationError: there is none.
    """
    found = next((one for one in typed if one in tokenizer.vocabulary), None)
    if found is None:
        raise ConfigurationError("The model knows no letter of “{typed}”. Type one.", typed=typed)
    return found


def three_measures(model: LanguageModel, tokenizer: Tokenizer, typed: str) -> ThreeMeasures:
    """Who is near a token, by each measure.

    Raises:
        ConfigurationError: the model knows nothing of what was typed.
    """
    token, vocabulary = known_token(typed, tokenizer), tokenizer.vocabulary
    table, at = token_vectors(model), tokenizer.vocabulary.index(token)
    found = {by: neighbours(table, at, by=by, most=NEAREST) for by in SCORINGS}
    names = {by: tuple(vocabulary[one] for one in near.ids) for by, near in found.items()}
    dot, cosine, scaled = (found[by].ids[0] for by in ("dot", "cosine", "scaled_dot"))
    return ThreeMeasures(
        token=token,
        dot=names["dot"],
        cosine=names["cosine"],
        scaled_dot=names["scaled_dot"],
        likeness={by: near.likeness for by, near in found.items()},
        both=(*_both(table, at, dot), *_both(table, at, cosine)),
        chance=(
            mean_likeness(table, by="dot"),
            mean_likeness(table, by="cosine"),
            mean_likeness(table, by="scaled_dot"),
        ),
        length=float(table[at].norm()),
        lengths=(
            float(table[dot].norm()),
            float(table[cosine].norm()),
            float(table[scaled].norm()),
        ),
    )


def _both(table: Float[Tensor, "V C"], at: int, other: int) -> tuple[float, float]:
    first, second = table[at], table[other]
    return float(first @ second), float(torch.cosine_similarity(first, second, dim=0))
