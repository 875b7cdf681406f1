"""How the weights move: which by Muon and which by AdamW, and which of them decay."""

from collections.abc import Callable, Iterator

import torch
from torch import Tensor, nn
from torch.optim import AdamW, Optimizer

from minigpt.models.language_model import LanguageModel
from minigpt.training.config import TrainingConfig
from minigpt.training.muon import Muon

NamedState = tuple[str, dict[str, Tensor]]


def build_optimizers(model: nn.Module, config: TrainingConfig) -> list[Optimizer]:
    """One optimizer or two, which between them move every weight that learns."""
    parameters = [parameter for parameter in model.parameters() if parameter.requires_grad]
    inner = _matrices_inside(model) if config.optimizer == "muon" else []
    chosen = {id(parameter) for parameter in inner}
    rest = [parameter for parameter in parameters if id(parameter) not in chosen]
    optimizers: list[Optimizer] = [_adamw(rest, config)] if rest else []
    if inner:
        optimizers.append(
            Muon(
                inner,
                lr=config.learning_rate,
                weight_decay=config.weight_decay,
                momentum=config.momentum,
            )
        )
    return optimizers


def set_learning_rate(optimizers: list[Optimizer], rate: float) -> None:
    """From the next update on."""
    for optimizer in optimizers:
        for group in optimizer.param_groups:
            group["lr"] = rate


def optimizer_tensors(model: nn.Module, optimizers: list[Optimizer]) -> dict[str, Tensor]:
    """What the optimizers remember of each weight, as "weight/what", for saving."""
    return {
        f"{name}/{what}": tensor
        for name, state in _states(model, optimizers)
        for what, tensor in state.items()
    }


def restore_optimizers(
    model: nn.Module, optimizers: list[Optimizer], tensors: dict[str, Tensor]
) -> None:
    """Give the optimizers back what `optimizer_tensors` took, on the weights' own device.

    Raises:
        KeyError: the tensors belong to another model.
    """
    parameters = dict(model.named_parameters())
    owners = {
        id(parameter): optimizer
        for optimizer in optimizers
        for group in optimizer.param_groups
        for parameter in group["params"]
    }
    for key, tensor in tensors.items():
        name, _, what = key.rpartition("/")
        parameter = parameters[name]
        # AdamW counts its steps on the processor unless its fused form runs on a graphics card.
        owners[id(parameter)].state[parameter][what] = tensor.to(parameter.device)


def _states(model: nn.Module, optimizers: list[Optimizer]) -> Iterator[NamedState]:
    for name, parameter in model.named_parameters():
        for optimizer in optimizers:
            if parameter in optimizer.state:
                yield name, optimizer.state[parameter]


def _matrices_inside(model: nn.Module) -> list[nn.Parameter]:
    """The matrices between the layers. Tables of tokens and positions are not among them."""
    if not isinstance(model, LanguageModel):
        return []
    return [matrix for matrix in model.blocks.parameters() if matrix.dim() == 2]


def _adamw(parameters: list[nn.Parameter], config: TrainingConfig) -> Optimizer:
    """AdamW (Loshchilov and Hutter 2019); only matrices decay, offsets and gains stay free."""
    groups = [
        {
            "params": _those(parameters, lambda one: one.dim() >= 2),
            "weight_decay": config.weight_decay,
        },
        {"params": _those(parameters, lambda one: one.dim() < 2), "weight_decay": 0.0},
    ]
    return AdamW(
        [group for group in groups if group["params"]],
        lr=config.learning_rate,
        betas=(config.momentum, config.beta2),
        fused=True,
    )


def _those(
    parameters: list[nn.Parameter], wanted: Callable[[nn.Parameter], bool]
) -> list[nn.Parameter]:
    return [parameter for parameter in parameters if wanted(parameter)]


def move(optimizers: list[Optimizer], scaler: torch.amp.GradScaler) -> None:
    """One update by each; skipped by the scaler where half precision overflowed."""
    for optimizer in optimizers:
        scaler.step(optimizer)
    scaler.update()
