"""A model, its training and its writing as one readable file, which needs nothing but PyTorch.

Only what the run uses stands in it: a model without rotary positions has no line about them.
"""

from dataclasses import dataclass, fields
from string import Template

from minigpt.errors import ConfigurationError
from minigpt.interop import single_file_parts as parts
from minigpt.interop import single_file_training as training_parts
from minigpt.models.configs import ModelConfig
from minigpt.models.configs.parts import Activation, feed_forward_widths
from minigpt.tokenizers import Tokenizer
from minigpt.training.config import TrainingConfig

TOKENS = {"character": parts.CHARACTERS, "byte": parts.BYTES}
HEIGHTS = {
    "constant": "1.0",
    "linear": "1 - done",
    "cosine": "(1 + math.cos(math.pi * done)) / 2",
    "warmup_stable_decay": "min(1.0, (1 - done) / {share})",
}
ACTIVATIONS = {
    "relu": "x = F.relu(x)",
    "relu_squared": "x = F.relu(x).square()",
    "swiglu": "gate, value = x.chunk(2, dim=-1)\nx = F.silu(gate) * value",
    "gelu": 'x = F.gelu(x, approximate="tanh")',
    "gelu_exact": "x = F.gelu(x)",
}
DEFAULTS = {
    "bias": True, "qkv_bias": True, "dropout": 0.0, "norm": "layer", "norm_position": "pre",
    "activation": "relu", "attention_score": "scaled_dot", "query_key_norm": False,
    "tied_embeddings": False, "output_bias": False, "ngram_order": 1, "ngram_rows": 1,
    "num_heads": 1, "num_layers": 1, "width": 0, "position": "learned",
}  # fmt: skip
"""What rungs below the GPT, which have fewer settings, do always."""
BLOCKS = "self.blocks = nn.ModuleList(Block() for _ in range({layers}))"
FIRST_WEIGHTS = "        nn.init.normal_(weight, std={deviation} if small else 0.02)"
POSITION_KINDS = {"learned": parts.POSITIONS, "sinusoidal": parts.WAVES}


@dataclass(frozen=True, kw_only=True)
class Origin:
    """The run that a file is made from."""

    run: str
    """Its id."""
    file: str
    """The name that the file will have."""
    step: int
    seed: int
    steps: int
    """Of its training."""


def single_file(
    model: ModelConfig, rung: str, tokenizer: Tokenizer, training: TrainingConfig, origin: Origin
) -> str:
    """The text of the file.

    Raises:
        ConfigurationError: the run's tokens are neither characters nor bytes.
    """
    if tokenizer.kind not in TOKENS:
        raise ConfigurationError(
            "One file can hold a model of characters or bytes; this one reads {kind} tokens. "
            "Write its weights with: export RUN FOLDER --format pytorch.",
            field="tokenizer.kind",
            kind=tokenizer.kind,
        )
    shape = DEFAULTS | {one.name: getattr(model, one.name) for one in fields(model)}
    if rung == "multi_head":
        shape["num_layers"] = 1
    sections = [
        parts.HEAD,
        TOKENS[tokenizer.kind],
        *_model_parts(shape, rung),
        training_parts.MUON_CLASS if _uses_muon(training, rung) else "",
        training_parts.TRAINING,
        parts.WRITING,
    ]
    values = _values(shape, tokenizer, training, origin) | _pieces(shape, rung, training)
    return Template("".join(sections)).substitute(values)


def _model_parts(shape: dict[str, object], rung: str) -> list[str]:
    if rung == "bigram":
        return [parts.MODEL]
    blocks = [_attention(shape, rung)]
    if rung in ("gpt", "transformer"):
        is_pre = shape["norm_position"] == "pre"
        blocks += [
            parts.FEED_FORWARD,
            parts.RMS_NORM if shape["norm"] == "rms" else parts.LAYER_NORM,
            parts.PRE_NORM_BLOCK if is_pre else parts.POST_NORM_BLOCK,
        ]
    else:
        blocks.append(parts.ATTENTION_ALONE)
    places = "" if rung == "averaging" else POSITION_KINDS.get(str(shape["position"]), "")
    ngrams = parts.NGRAMS if shape["ngram_order"] != 1 else ""
    turning = parts.ROTATE if shape["position"] == "rotary" else ""
    return [places, ngrams, turning, *blocks, parts.MODEL]


def _attention(shape: dict[str, object], rung: str) -> str:
    alone = {"single_head": parts.ONE_HEAD, "averaging": parts.AVERAGE}
    return alone.get(rung, parts.ATTENTION)


def _uses_muon(training: TrainingConfig, rung: str) -> bool:
    return training.optimizer == "muon" and rung not in ("bigram", "averaging")


def _values(
    shape: dict[str, object], tokenizer: Tokenizer, training: TrainingConfig, origin: Origin
) -> dict[str, object]:
    prompt = _first_prompt(tokenizer)
    return {
        **shape,
        "run": origin.run,
        "file": origin.file if _is_plain(origin.file) else "FILE.py",
        "step": origin.step,
        "seed": origin.seed,
        "steps": origin.steps,
        "vocabulary": repr("".join(tokenizer.vocabulary)),
        "prompt": repr(prompt),
        "argument": f' "{prompt}"' if _is_plain(prompt) else "",
        "batch_size": training.batch_size,
        "learning_rate": training.learning_rate,
        "warmup_steps": training.warmup_steps,
        "final": training.final_learning_rate,
        "schedule": training.schedule,
        "height": HEIGHTS[training.schedule].format(share=training.decay_share or 1.0),
        "weight_decay": training.weight_decay,
        "momentum": training.momentum,
        "beta2": training.beta2,
        "evaluation_interval": training.evaluation_interval,
        "qkv_bias": shape["bias"] and shape["qkv_bias"],
    }


def _first_prompt(tokenizer: Tokenizer) -> str:
    """Something that the model knows: a letter, else a sign, else whatever there is."""
    known = [one for one in tokenizer.vocabulary if len(one) == 1]
    letters = [one for one in known if one.isalpha()]
    signs = [one for one in known if _is_plain(one)]
    return next(iter([*letters, *signs, *known]))


def _is_plain(text: str) -> bool:
    """Whether it says the same in a command, between quotation marks and in a docstring.

    Anything else could end the docstring, and what follows would be run.
    """
    return text.isprintable() and not text.isspace() and not set(text) & set("\"'\\$`!")


def _pieces(shape: dict[str, object], rung: str, training: TrainingConfig) -> dict[str, object]:
    """The lines that are put together of the settings."""
    optimizers = training_parts.MUON if _uses_muon(training, rung) else ""
    adamw = Template(training_parts.ADAMW).safe_substitute(
        rest="rest" if optimizers else "model.parameters()",
        weight_decay=training.weight_decay,
        momentum=training.momentum,
        beta2=training.beta2,
    )
    if optimizers:
        adamw += "    optimizers.append(Muon(inner))\n"
    clip = training.gradient_clip
    clipped = f"nn.utils.clip_grad_norm_(model.parameters(), {clip})" if clip else ""
    expanded, activated = feed_forward_widths(_number(shape["width"]), _activation(shape))
    return {
        "optimizers": optimizers + adamw,
        "clip": _indented([clipped] if clipped else []),
        "expanded": expanded,
        "activated": activated,
        "activate": _indented(ACTIVATIONS[str(shape["activation"])].splitlines()),
        "compared": _indented(_compared(shape)),
        "scale": _scale(shape),
        "parts": _indented(_parts(shape, rung)),
        "forward": _indented(_forward(shape, rung)).rstrip("\n"),
    }


def _number(value: object) -> int:
    return value if isinstance(value, int) else 0


def _activation(shape: dict[str, object]) -> Activation:
    return shape["activation"]  # type: ignore[return-value]  # a configuration has checked it


def _indented(lines: list[str]) -> str:
    return "".join(f"        {line}\n" for line in lines)


def _compared(shape: dict[str, object]) -> list[str]:
    lines = []
    if shape["query_key_norm"]:
        lines.append("q, k = F.rms_norm(q, q.shape[-1:]), F.rms_norm(k, k.shape[-1:])")
    if shape["attention_score"] == "cosine":
        lines.append("q, k = F.normalize(q, dim=-1), F.normalize(k, dim=-1)")
    if shape["position"] == "rotary":
        lines.append("q, k = rotate(q), rotate(k)")
    return lines


def _scale(shape: dict[str, object]) -> str:
    size = _number(shape["width"]) // max(1, _number(shape["num_heads"]))
    return {"dot": "1.0", "cosine": f"math.sqrt({size})"}.get(
        str(shape["attention_score"]), f"{size}**-0.5"
    )


def _parts(shape: dict[str, object], rung: str) -> list[str]:
    """The lines that make the parts of the model."""
    if rung == "bigram":
        return ["self.table = nn.Embedding(len(VOCABULARY), len(VOCABULARY))"]
    lines = ["self.token_embedding = nn.Embedding(len(VOCABULARY), WIDTH)"]
    if shape["position"] in POSITION_KINDS and rung != "averaging":
        lines.append("self.position_embedding = Positions()")
    if shape["ngram_order"] != 1:
        lines.append("self.ngram_embedding = NGrams()")
    lines.append(BLOCKS.format(layers=shape["num_layers"]))
    if rung != "gpt":
        return [*lines, "self.output = nn.Linear(WIDTH, len(VOCABULARY))"]
    if shape["norm_position"] == "pre":
        lines.append("self.final_norm = Norm()")
    if not shape["tied_embeddings"]:
        lines.append("self.output = nn.Linear(WIDTH, len(VOCABULARY), bias=False)")
    if shape["output_bias"]:
        lines.append("self.output_bias = nn.Parameter(torch.zeros(len(VOCABULARY)))")
    return [*lines, *_start(shape)]


def _start(shape: dict[str, object]) -> list[str]:
    """The lines that draw a GPT's first weights."""
    deviation = (
        "0.0" if shape["zero_projections"]
        else f"0.02 / math.sqrt(2 * {shape['num_layers']})"
    )  # fmt: skip
    return [
        "for name, weight in self.named_parameters():",
        '    if weight.dim() == 2 and "ngram" not in name:',
        '        small = name.endswith(("attention.output.weight", "narrow.weight"))',
        FIRST_WEIGHTS.format(deviation=deviation),
        '    if name.endswith((".output.bias", "value.bias", "widen.bias", "narrow.bias")):',
        "        nn.init.zeros_(weight)",
    ]


def _forward(shape: dict[str, object], rung: str) -> list[str]:
    """The lines of the way from ids to scores."""
    if rung == "bigram":
        return ["return self.table(tokens)"]
    lines = ["x = self.token_embedding(tokens)"]
    if shape["ngram_order"] != 1:
        lines.append("x = x + self.ngram_embedding(tokens)")
    if shape["position"] in POSITION_KINDS and rung != "averaging":
        lines.append("x = x + self.position_embedding(tokens.shape[1])")
    if shape["dropout"]:
        lines.append(f"x = F.dropout(x, {shape['dropout']}, self.training)")
    lines += ["for block in self.blocks:", "    x = block(x)"]
    if rung != "gpt":
        return [*lines, "return self.output(x)"]
    if shape["norm_position"] == "pre":
        lines.append("x = self.final_norm(x)")
    table = "self.token_embedding" if shape["tied_embeddings"] else "self.output"
    bias = "self.output_bias" if shape["output_bias"] else "None"
    return [*lines, f"return F.linear(x, {table}.weight, {bias})"]
