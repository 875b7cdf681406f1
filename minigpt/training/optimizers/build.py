"""How the weights move: which by Muon and which by AdamW."""

from collections import defaultdict
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from minigpt.models.language_model import LanguageModel
from minigpt.training.config import TrainingConfig
from minigpt.training.optimizers.adamw import STEPS, AdamW
from minigpt.training.optimizers.base import Optimizer
from minigpt.training.optimizers.muon import Muon

States = dict[nn.Parameter, dict[str, Tensor]]
"""What optimizers keep for each weight, by name."""


def build_optimizers(model: nn.Module, config: TrainingConfig) -> list[Optimizer]:
    """One optimizer or two, which between them move every weight that learns."""
    parameters = [parameter for parameter in model.parameters() if parameter.requires_grad]
    inner = _matrices_inside(model) if config.optimizer == "muon" else []
    chosen = {id(parameter) for parameter in inner}
    rest = [parameter for parameter in parameters if id(parameter) not in chosen]
    optimizers: list[Optimizer] = []
    if rest:
        betas = (config.momentum, config.beta2)
        optimizers.append(AdamW(rest, weight_decay=config.weight_decay, betas=betas))
    if inner:
        optimizers.append(Muon(inner, weight_decay=config.weight_decay, momentum=config.momentum))
    return optimizers


def optimizer_tensors(model: nn.Module, optimizers: Sequence[Optimizer]) -> dict[str, Tensor]:
    """What the optimizers keep for each weight, as "weight/name", for saving."""
    names = {parameter: name for name, parameter in model.named_parameters()}
    return {
        f"{names[parameter]}/{name}": tensor
        for optimizer in optimizers
        for parameter, kept in optimizer.state().items()
        for name, tensor in kept.items()
    }


def matching_states(
    model: nn.Module, optimizers: Sequence[Optimizer], tensors: dict[str, Tensor]
) -> States:
    """What these optimizers can use of what `optimizer_tensors` once gave.

    All of it, or nothing where it is the state of other kinds of optimizer.

    Raises:
        KeyError: the tensors belong to another model.
    """
    parameters = dict(model.named_parameters())
    states: States = defaultdict(dict)
    for key, tensor in tensors.items():
        weight, _, name = key.rpartition("/")
        parameter = parameters[weight]
        # Kernels trust them: with arrays of another size they would write beyond their end.
        shape = torch.Size() if name == STEPS else parameter.shape
        if tensor.shape != shape or tensor.dtype != parameter.dtype:
            raise KeyError(key)
        states[parameter][name] = tensor
    wanted = {parameter: one.state_names for one in optimizers for parameter in one.parameters}
    fits = wanted == {parameter: frozenset(kept) for parameter, kept in states.items()}
    return dict(states) if fits else {}


def restore_optimizers(optimizers: Sequence[Optimizer], states: States) -> None:
    """Give the optimizers what `matching_states` found, on the weights' own device."""
    for optimizer in optimizers:
        for parameter in optimizer.parameters:
            for name, tensor in states.get(parameter, {}).items():
                optimizer.load_state(parameter, name, tensor.to(parameter.device))


def _matrices_inside(model: nn.Module) -> list[nn.Parameter]:
    """The matrices between the layers. Tables of tokens and positions are not among them."""
    if not isinstance(model, LanguageModel):
        return []
    return [matrix for matrix in model.blocks.parameters() if matrix.dim() == 2]
