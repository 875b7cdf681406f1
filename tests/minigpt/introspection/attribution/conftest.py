import pytest
import torch


@pytest.fixture
def exact_model(variant_model):
    """Every variant of which a receipt is exact, its weights far from where they began."""
    if getattr(variant_model.config, "norm_position", "pre") == "post":
        pytest.skip("has no receipt, which is a test of its own")
    with torch.no_grad():
        for parameter in variant_model.parameters():
            parameter.add_(0.3 * torch.randn_like(parameter))
    return variant_model
