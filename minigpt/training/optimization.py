"""How the weights move: which by Muon and which by AdamW."""

from collections.abc import Sequence

from torch import Tensor, nn

from minigpt.models.language_model import LanguageModel
from minigpt.training.adamw import AdamW
from minigpt.training.config import TrainingConfig
from minigpt.training.muon import Muon
from minigpt.training.optimizer import Optimizer


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


def restore_optimizers(
    model: nn.Module, optimizers: Sequence[Optimizer], tensors: dict[str, Tensor]
) -> None:
    """Give the optimizers back what `optimizer_tensors` took, on the weights' own device.

    Raises:
        KeyError: the tensors belong to another model.
    """
    parameters = dict(model.named_parameters())
    owners = {parameter: one for one in optimizers for parameter in one.parameters}
    for key, tensor in tensors.items():
        name, _, what = key.rpartition("/")
        parameter = parameters[name]
        owners[parameter].recall(parameter, what, tensor.to(parameter.device))


def _matrices_inside(model: nn.Module) -> list[nn.Parameter]:
    """The matrices between the layers. Tables of tokens and positions are not among them."""
    if not isinstance(model, LanguageModel):
        return []
    return [matrix for matrix in model.blocks.parameters() if matrix.dim() == 2]
