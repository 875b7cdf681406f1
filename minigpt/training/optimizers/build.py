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

Remembered = dict[str, Tensor]
Memory = dict[nn.Parameter, Remembered]


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
    """What the optimizers remember of each weight, as "weight/what", for saving."""
    names = {parameter: name for name, parameter in model.named_parameters()}
    return {
        f"{names[parameter]}/{what}": tensor
        for optimizer in optimizers
        for parameter, remembered in optimizer.memory().items()
        for what, tensor in remembered.items()
    }


def fitting_memory(
    model: nn.Module, optimizers: Sequence[Optimizer], tensors: dict[str, Tensor]
) -> Memory:
    """What these optimizers can use of what `optimizer_tensors` once told.

    All of it, or nothing where other kinds of optimizer remembered it.

    Raises:
        KeyError: the tensors belong to another model.
    """
    parameters, memory = dict(model.named_parameters()), defaultdict[nn.Parameter, Remembered](dict)
    for key, tensor in tensors.items():
        name, _, what = key.rpartition("/")
        parameter = parameters[name]
        # Kernels trust them: with arrays of another size they would write beyond their end.
        shape = torch.Size() if what == STEPS else parameter.shape
        if tensor.shape != shape or tensor.dtype != parameter.dtype:
            raise KeyError(key)
        memory[parameter][what] = tensor
    wanted = {parameter: one.remembered for one in optimizers for parameter in one.parameters}
    fits = wanted == {parameter: frozenset(whats) for parameter, whats in memory.items()}
    return dict(memory) if fits else {}


def restore_optimizers(optimizers: Sequence[Optimizer], memory: Memory) -> None:
    """Give the optimizers what `fitting_memory` found, on the weights' own device."""
    for optimizer in optimizers:
        for parameter in optimizer.parameters:
            for what, tensor in memory.get(parameter, {}).items():
                optimizer.recall(parameter, what, tensor.to(parameter.device))


def _matrices_inside(model: nn.Module) -> list[nn.Parameter]:
    """The matrices between the layers. Tables of tokens and positions are not among them."""
    if not isinstance(model, LanguageModel):
        return []
    return [matrix for matrix in model.blocks.parameters() if matrix.dim() == 2]
