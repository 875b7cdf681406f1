"""Any model's weights as a dictionary that `torch.load` reads, with no class of ours in it."""

import io

import torch

from minigpt.models.language_model import LanguageModel


def state_dict_bytes(model: LanguageModel) -> bytes:
    """What `torch.save(model.state_dict(), file)` writes, from any device as plain arrays.

    `torch.load(file, weights_only=True)` reads it, and `model.load_state_dict` takes it, where the
    model has the same settings: `build_model` makes one of them.
    """
    file = io.BytesIO()
    weights = {name: array.detach().to("cpu").clone() for name, array in model.state_dict().items()}
    torch.save(weights, file)
    return file.getvalue()
