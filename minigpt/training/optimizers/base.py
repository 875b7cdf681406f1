"""What every optimizer is: it moves weights against their gradients, and keeps a state for each."""

from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import ClassVar

from torch import Tensor, nn


class Optimizer(ABC):
    """Moves some of a model's weights.

    PyTorch's own base class is not used: making one loads PyTorch's compiler, which takes a second
    and is needed for nothing here.
    """

    state_names: ClassVar[frozenset[str]]
    """The names of the tensors that it keeps for each weight."""

    def __init__(self, parameters: Iterable[nn.Parameter]) -> None:
        self.parameters = list(parameters)

    @abstractmethod
    def step(self, rate: float) -> None:
        """Move every weight that has a gradient, at this learning rate."""

    @abstractmethod
    def state(self) -> dict[nn.Parameter, dict[str, Tensor]]:
        """The tensors that it keeps for each weight, by name; none before the first step."""

    @abstractmethod
    def load_state(self, parameter: nn.Parameter, name: str, tensor: Tensor) -> None:
        """Take back one of the tensors that `state` gave, on the weight's own device."""
