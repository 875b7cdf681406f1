"""What every optimizer is: it moves weights against their gradients, and remembers past ones."""

from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import ClassVar

from torch import Tensor, nn


class Optimizer(ABC):
    """Moves some of a model's weights.

    PyTorch's own base class is not used: making one loads PyTorch's compiler, which takes a second
    and is needed for nothing here.
    """

    remembered: ClassVar[frozenset[str]]
    """The names of what it remembers of each weight."""

    def __init__(self, parameters: Iterable[nn.Parameter]) -> None:
        self.parameters = list(parameters)

    @abstractmethod
    def step(self, rate: float) -> None:
        """Move every weight that has a gradient, at this learning rate."""

    @abstractmethod
    def memory(self) -> dict[nn.Parameter, dict[str, Tensor]]:
        """What it remembers of each weight; nothing before the first step."""

    @abstractmethod
    def recall(self, parameter: nn.Parameter, what: str, tensor: Tensor) -> None:
        """Give back one of the things that `memory` told, on the weight's own device."""
