"""GPT-2's config.json: what a `GPTConfig` is called there, and what neither side can express.

Also the names of a `GPT`'s weights in GPT-2's files, and which of them lie there on their side.
"""

import dataclasses
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import reduce
from typing import Any

from minigpt.errors import ConfigurationError
from minigpt.models.configs import GPTConfig
from minigpt.models.configs.parts import EXPANSION, Activation
from minigpt.sentences import Sentence, abbreviate, join_sentences

LARGEST_VOCABULARY = 1_000_000
LAYER_NORM_EPSILON = 1e-5
"""What PyTorch's LayerNorm has unless told otherwise."""

ACTIVATIONS: dict[Activation, str] = {"gelu": "gelu_new", "gelu_exact": "gelu", "relu": "relu"}
"""Ours, and what GPT-2's files call it."""
ACTIVATIONS_READ: dict[str, Activation] = {
    "gelu_new": "gelu",
    "gelu_pytorch_tanh": "gelu",
    "gelu": "gelu_exact",
    "relu": "relu",
}
SIZES = {
    "context_length": "n_positions",
    "width": "n_embd",
    "num_layers": "n_layer",
    "num_heads": "n_head",
}
DROPOUTS = ("resid_pdrop", "embd_pdrop", "attn_pdrop")
DEFAULT_DROPOUT = 0.1
LARGEST_DROPOUT = 0.9

EXPRESSIBLE: dict[str, tuple[Any, ...]] = {
    "position": ("learned",),
    "norm": ("layer",),
    "norm_position": ("pre",),
    "activation": tuple(ACTIVATIONS),
    "attention_score": ("scaled_dot",),
    "query_key_norm": (False,),
    "bias": (True,),
    "qkv_bias": (True,),
    "output_bias": (False,),
    "ngram_order": (1,),
}
"""The options that make a GPT a GPT-2, each with the choices that its file can say."""

READABLE: dict[str, tuple[Any, ...]] = {
    "activation_function": tuple(ACTIVATIONS_READ),
    "layer_norm_epsilon": (LAYER_NORM_EPSILON,),
    "scale_attn_weights": (True,),
    "scale_attn_by_inverse_layer_idx": (False,),
    "add_cross_attention": (False,),
    "tie_word_embeddings": (True, False),
    "quantization_config": (None,),
}
"""Fields that change what a model computes, each with what a `GPT` can do, the default first."""


def config_to_gpt2(config: GPTConfig, *, vocabulary_size: int) -> dict[str, Any]:
    """The content of config.json.

    Raises:
        ConfigurationError: GPT-2's file cannot say what this model is; every option is named.
    """
    _require_gpt2(config)
    sizes = {theirs: getattr(config, ours) for ours, theirs in SIZES.items()}
    return {
        "architectures": ["GPT2LMHeadModel"],
        "model_type": "gpt2",
        "vocab_size": vocabulary_size,
        **sizes,
        "n_inner": None,
        "activation_function": ACTIVATIONS[config.activation],
        **dict.fromkeys(DROPOUTS, config.dropout),
        "layer_norm_epsilon": LAYER_NORM_EPSILON,
        "scale_attn_weights": True,
        "tie_word_embeddings": config.tied_embeddings,
        # GPT-2's own would be 50256; no token of ours begins or ends a text.
        "bos_token_id": None,
        "eos_token_id": None,
        "dtype": "float32",
    }


def config_from_gpt2(values: Mapping[str, Any]) -> tuple[GPTConfig, int]:
    """The configuration that a config.json describes, and the size of its vocabulary.

    Raises:
        ConfigurationError: it describes another architecture, or a GPT-2 that `GPT` cannot be;
            the field is named.
    """
    if values.get("model_type") != "gpt2":
        raise ConfigurationError(
            "config.json describes a model of the type {model_type!r}. Only GPT-2's can be "
            "imported: choose a folder whose model_type is 'gpt2'.",
            model_type=abbreviate(values.get("model_type")),
        )
    _require_readable(values)
    sizes = {ours: _size(values, theirs) for ours, theirs in SIZES.items()}
    if values.get("n_inner") not in (None, EXPANSION * sizes["width"]):
        raise _unreadable("n_inner", values["n_inner"], (None, EXPANSION * sizes["width"]))
    vocabulary_size = _size(values, "vocab_size")
    if not vocabulary_size <= LARGEST_VOCABULARY:
        raise ConfigurationError(
            "vocab_size in config.json is {vocabulary_size}; at most {largest_vocabulary} can "
            "be imported. Choose a model with fewer tokens.",
            vocabulary_size=vocabulary_size,
            largest_vocabulary=LARGEST_VOCABULARY,
        )
    return _build(values, sizes), vocabulary_size


def _build(values: Mapping[str, Any], sizes: dict[str, Any]) -> GPTConfig:
    activation = ACTIVATIONS_READ[_value(values, "activation_function")]
    dropout, _ = _dropout(values)
    try:
        return GPTConfig(
            **sizes,
            dropout=dropout,
            activation=activation,
            tied_embeddings=bool(_value(values, "tie_word_embeddings")),
        )
    except ConfigurationError as error:
        ours = (error.field or "").removeprefix("model.")
        raise ConfigurationError(
            "{setting} in config.json is out of range here: {reason}",
            setting=SIZES.get(ours, ours),
            reason=error.message,
        ) from error


def dropout_note(values: Mapping[str, Any]) -> str | None:
    """What people should know where a config.json has dropouts that a model here cannot have."""
    dropout, is_as_written = _dropout(values)
    if is_as_written:
        return None
    return Sentence(
        "config.json says {given}. A model here has one dropout for all its parts, at most "
        "{largest}, so it is {dropout}. That matters only if you train on.",
        given=_given_dropouts(values),
        largest=LARGEST_DROPOUT,
        dropout=dropout,
    )


def _dropout(values: Mapping[str, Any]) -> tuple[float, bool]:
    """The one dropout of a model here, and whether it says all that config.json says."""
    shares = [values.get(name, DEFAULT_DROPOUT) for name in DROPOUTS]
    for name, share in zip(DROPOUTS, shares, strict=True):
        if isinstance(share, bool) or not isinstance(share, int | float) or not 0 <= share <= 1:
            raise ConfigurationError(
                "{name} in config.json is {share!r}; a dropout lies between 0 and 1. Use the file "
                "as it was saved with the weights.",
                name=name,
                share=abbreviate(share),
            )
    dropout = min(float(max(shares)), LARGEST_DROPOUT)
    return dropout, all(share == dropout for share in shares)


def _given_dropouts(values: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} {values.get(name, DEFAULT_DROPOUT)!r}" for name in DROPOUTS)


def _require_gpt2(config: GPTConfig) -> None:
    differing = [
        Sentence(
            "{name} is {value!r} and would have to be {wanted}",
            name=name,
            value=value,
            wanted=_either(allowed),
        )
        for name, allowed in EXPRESSIBLE.items()
        if (value := dataclasses.asdict(config)[name]) not in allowed
    ]
    if differing:
        raise ConfigurationError(
            "This model is not a GPT-2, so GPT-2's files cannot hold it: {differing}. Train a "
            "model with these settings to export it.",
            differing=join_sentences(differing),
        )


def _require_readable(values: Mapping[str, Any]) -> None:
    for name, allowed in READABLE.items():
        if (value := values.get(name, allowed[0])) not in allowed:
            raise _unreadable(name, value, allowed)


def _value(values: Mapping[str, Any], name: str) -> Any:
    return values.get(name, READABLE[name][0])


def _size(values: Mapping[str, Any], name: str) -> int:
    size = values.get(name)
    if isinstance(size, bool) or not isinstance(size, int) or size < 1:
        raise ConfigurationError(
            "{name} in config.json is {size!r}; it must be a whole number above zero. Use the "
            "file as it was saved with the weights.",
            name=name,
            size=abbreviate(size),
        )
    return size


def _unreadable(name: str, value: Any, allowed: tuple[Any, ...]) -> ConfigurationError:
    return ConfigurationError(
        "{name} in config.json is {value!r}; a model here can only have {wanted}. Choose a model "
        "that was trained with that.",
        name=name,
        value=abbreviate(value),
        wanted=_either(allowed),
    )


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


def _either(allowed: Iterable[Any]) -> str:
    return reduce(
        lambda one, other: Sentence("{one} or {other}", one=one, other=other), map(repr, allowed)
    )
