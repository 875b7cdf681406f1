"""Hugging Face's own code to compare with, kept off the network, and models small enough."""

import dataclasses
import hashlib
import itertools

import pytest
import torch

from minigpt.interop.huggingface import export_model
from minigpt.models.configs import GPTConfig
from minigpt.models.ladder.gpt import GPT
from minigpt.tokenizers import gpt2
from minigpt.tokenizers.subword import BpeTokenizer

CORPUS = (
    "Hello there, my name is Ada.\n"
    "my name is what you like — don't wait!  The train's late; (very) \"late\".\n"
    "\tIndented,\ttabbed\r\n"
    "ألف ليلة وليلة, 日本語の文, naïve Ünïcode … 😀👩‍👩‍👧\n"
    "\n"
    "x = [1, 22, 333] <b>bold</b> <unk> <join> snake_case\n"
    " leading and trailing \n"
)
# GPT-2's first merges and a few more, in its own notation: "Ġ" is a space.
MERGES = b"#version: 0.2\n" + "Ġ t\nĠ a\nh e\ni n\nr e\no n\nĠt he\nl l\nll o\nĠ Ġ\n' s\n".encode()


@pytest.fixture(scope="session")
def transformers():
    """The package, which must not go looking for models on the network."""
    with pytest.MonkeyPatch.context() as patch:
        for variable in ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"):
            patch.setenv(variable, "1")
        import transformers

        transformers.utils.logging.disable_progress_bar()
        transformers.utils.logging.set_verbosity_error()
        yield transformers


@pytest.fixture(scope="session")
def corpus():
    return CORPUS


@pytest.fixture(scope="session")
def bpe():
    """A tokenizer with merges."""
    return BpeTokenizer.train(CORPUS, vocabulary_size=300)


@pytest.fixture
def small_gpt2(tmp_path, monkeypatch):
    """Let the GPT-2 tokenizer find a few merges where it keeps the downloaded ones."""
    monkeypatch.setenv("MINIGPT_DATA", str(tmp_path / "data"))
    ranks = dataclasses.replace(
        gpt2.GPT2_RANKS,
        url="http://127.0.0.1:9",
        sha256=hashlib.sha256(MERGES).hexdigest(),
        file_name="tokenizers/small.ranks",
    )
    ranks.path.parent.mkdir(parents=True)
    ranks.path.write_bytes(MERGES)
    monkeypatch.setattr(gpt2, "GPT2_RANKS", ranks)
    return ranks


@pytest.fixture(scope="session")
def build_gpt():
    """A function from GPT options to a tiny model in eval mode with random weights."""

    def build(*, vocabulary_size=300, seed=0, **options):
        sizes = {"context_length": 12, "width": 24, "num_layers": 2, "num_heads": 3}
        torch.manual_seed(seed)
        model = GPT(GPTConfig(**{**sizes, **options}), vocabulary_size=vocabulary_size)
        for parameter in model.parameters():
            # Fresh models have zeros and ones that would hide a mix-up.
            torch.nn.init.normal_(parameter, std=0.3)
        return model.eval()

    return build


@pytest.fixture
def exported(tmp_path, build_gpt, bpe):
    """A function that exports a tiny model and returns its folder."""

    count = itertools.count()

    def export(**options):
        folder = tmp_path / f"exported-{next(count)}"
        assert export_model(build_gpt(**options), bpe, folder) is None
        return folder

    return export
