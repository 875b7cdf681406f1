"""What each weight of a `GPT` is called in GPT-2's files, and which lie there on their side."""

from collections.abc import Iterator
from dataclasses import dataclass

from minigpt.models.configs import GPTConfig

PREFIX = "transformer."
"""Stands before every name but the head's in files of a whole language model."""
HEAD = "lm_head.weight"
TOKEN_TABLE = "wte.weight"

BLOCK_NORMS = {"attention_norm": "ln_1", "feed_forward_norm": "ln_2"}
BLOCK_MAPS = {
    "attention.query_key_value": "attn.c_attn",
    "attention.output": "attn.c_proj",
    "feed_forward.widen": "mlp.c_fc",
    "feed_forward.narrow": "mlp.c_proj",
}


@dataclass(frozen=True)
class Weight:
    """One tensor under both its names."""

    ours: str
    theirs: str
    """Without the prefix."""
    is_transposed: bool = False
    """GPT-2's maps are stored as (in, out), ours as (out, in)."""


def gpt2_weights(config: GPTConfig) -> list[Weight]:
    """Every weight of a model with GPT-2's options."""
    weights = [
        Weight("token_embedding.weight", TOKEN_TABLE),
        Weight("position_embedding.weight", "wpe.weight"),
        *(weight for layer in range(config.num_layers) for weight in _block(layer)),
        *_pair("final_norm", "ln_f"),
    ]
    return weights if config.tied_embeddings else [*weights, Weight("output.weight", HEAD)]


def with_prefix(name: str) -> str:
    """A name as it stands in a file of a whole language model."""
    return name if name == HEAD else PREFIX + name


def _block(layer: int) -> Iterator[Weight]:
    for ours, theirs in BLOCK_NORMS.items():
        yield from _pair(f"blocks.{layer}.{ours}", f"h.{layer}.{theirs}")
    for ours, theirs in BLOCK_MAPS.items():
        yield from _pair(f"blocks.{layer}.{ours}", f"h.{layer}.{theirs}", is_transposed=True)


def _pair(ours: str, theirs: str, *, is_transposed: bool = False) -> Iterator[Weight]:
    yield Weight(f"{ours}.weight", f"{theirs}.weight", is_transposed)
    yield Weight(f"{ours}.bias", f"{theirs}.bias")
