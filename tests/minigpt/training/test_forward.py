import shutil
import subprocess
import sys

import pytest
import torch

from minigpt.training.forward import compiled_forward, shared_forward, without_exchange
from minigpt.training.world import World


@pytest.fixture
def model(build_tiny, tiny_config):
    return build_tiny(tiny_config("gpt"))


def test_alone_a_model_is_called_directly(model):
    assert shared_forward(model, World()) is model
    with without_exchange(model):
        pass


COMPILE = """
import torch
from minigpt.models.build import build_model
from minigpt.models.configs import GPTConfig
from minigpt.training.forward import compiled_forward
model = build_model(GPTConfig(context_length=8, width=16, num_layers=1), vocabulary_size=24)
tokens = torch.arange(16).view(2, 8)
compiled, problem = compiled_forward(model, tokens)
assert problem is None, problem
assert compiled is not model
torch.testing.assert_close(compiled(tokens), model(tokens), atol=1e-5, rtol=1e-5)
"""


@pytest.mark.skipif(shutil.which("g++") is None, reason="there is no compiler here")
def test_the_compiled_model_computes_the_same():
    # In a process of its own: the checks of types, which only tests make, cannot be compiled.
    code = subprocess.run([sys.executable, "-c", COMPILE], check=False, capture_output=True)
    assert code.returncode == 0, code.stderr.decode()


def test_trying_leaves_no_gradients(model, random_tokens, monkeypatch):
    monkeypatch.setattr(torch, "compile", lambda forward: forward)
    compiled_forward(model, random_tokens())
    assert all(parameter.grad is None for parameter in model.parameters())


def test_a_compiler_that_fails_at_the_first_call_leads_back_to_the_plain_model(
    model, random_tokens, monkeypatch
):
    def broken(_):
        def call(_tokens):
            raise RuntimeError("cannot link\nand a page more")

        return call

    monkeypatch.setattr(torch, "compile", broken)
    forward, problem = compiled_forward(model, random_tokens())
    assert forward is model
    assert problem == "Not compiled, so steps take longer: cannot link"


def test_one_that_fails_on_the_way_back_too(model, random_tokens, monkeypatch):
    def broken(forward):
        def call(tokens):
            logits = forward(tokens)
            logits.register_hook(lambda _: (_ for _ in ()).throw(RuntimeError("no backward")))
            return logits

        return call

    monkeypatch.setattr(torch, "compile", broken)
    forward, problem = compiled_forward(model, random_tokens())
    assert forward is model
    assert "no backward" in problem
    assert all(parameter.grad is None for parameter in model.parameters())
