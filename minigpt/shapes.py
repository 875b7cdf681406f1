"""The letters that name tensor axes, in every signature of the package.

One letter an axis, wherever tensors are described:

    B  sequences in a batch        H  attention heads
    T  tokens in a sequence        D  channels of one head
    C  channels of the residual    V  tokens in the vocabulary
    L  layers                      N  tokens in a whole text
"""

from jaxtyping import Float, Int, Integer
from torch import Tensor

Tokens = Int[Tensor, "B T"]
TokenStream = Integer[Tensor, " N"]
Positions = Int[Tensor, "B T"]
Residual = Float[Tensor, "B T C"]
HeadVectors = Float[Tensor, "B H T D"]
HeadAdditions = Float[Tensor, "B H T C"]
HeadWeights = Float[Tensor, "B H T T"]
Logits = Float[Tensor, "B T V"]
