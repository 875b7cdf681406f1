import inspect
import re

import pytest
import torch

from minigpt import shapes
from minigpt.shapes import HeadWeights, Logits, Residual, Tokens, TokenStream

NAMES = {name: value for name, value in vars(shapes).items() if hasattr(value, "dim_str")}


def test_every_axis_is_in_the_legend():
    legend = set(re.findall(r"\b([A-Z]) {2}\w", inspect.getdoc(shapes)))
    used = {axis for value in NAMES.values() for axis in value.dim_str.split()}
    assert used <= legend
    assert legend == set("BTCHDVLN")


@pytest.mark.parametrize(
    ("shape", "good", "bad"),
    [
        (Tokens, torch.zeros(2, 3, dtype=torch.long), torch.zeros(2, 3)),
        (TokenStream, torch.zeros(3, dtype=torch.long), torch.zeros(2, 3, dtype=torch.long)),
        (Residual, torch.zeros(2, 3, 4), torch.zeros(2, 3)),
        (Logits, torch.zeros(2, 3, 4), torch.zeros(2, 3, 4, dtype=torch.long)),
        (HeadWeights, torch.zeros(1, 2, 3, 3), torch.zeros(1, 2, 3, 4)),
    ],
)
def test_a_shape_accepts_what_it_says_and_nothing_else(shape, good, bad):
    assert isinstance(good, shape)
    assert not isinstance(bad, shape)
