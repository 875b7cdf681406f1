"""Settings and their choices in plain words.

The sentence under each field of a configuration class, for forms to show as help.

Python keeps no trace of these strings at run time, so they are read from the class's source:
the form, the documentation and the code say the same because they are the same.
"""

import ast
import dataclasses
import inspect
import re
import textwrap
from collections.abc import Hashable
from functools import cache
from itertools import pairwise
from typing import cast

LABELS = {
    "num_layers": "Layers",
    "num_heads": "Heads",
    "norm": "Normalisation",
    "norm_position": "Where it normalises",
    "attention_score": "Attention score",
    "position": "Positions",
    "query_key_norm": "Normalise queries and keys",
    "bias": "Offsets",
    "ngram_order": "Longest run with a vector (n-gram)",
    "ngram_rows": "Vectors for runs of each length",
    "warmup_steps": "Warm-up steps",
    "evaluation_interval": "Steps between evaluations",
    "final_learning_rate": "Learning rate at the end (share)",
    "decay_share": "Steps in which it falls (share)",
    "schedule": "How it falls",
    "gradient_clip": "Longest gradient",
    "beta2": "Memory for gradient size (beta2)",
    "gradient_accumulation": "Pieces of a batch",
    "patience": "Patience",
    "epochs": "Most passes over the text",
    "minutes": "Most minutes",
    "compile": "Compile first",
    "threads": "Processor threads",
    "processes": "Copies of the model",
    "checkpoints": "Moments to keep",
    "sample_tokens": "Length of a sample",
    "tensorboard": "Files for TensorBoard",
}
CHOICES = {
    "optimizer": {"adamw": "AdamW", "muon": "Muon"},
    "schedule": {
        "cosine": "Along a curve (cosine)",
        "linear": "Along a line (linear)",
        "warmup_stable_decay": "Late (warm-up, stable, decay)",
        "constant": "Never (constant)",
    },
    "device": {
        "auto": "The best there is",
        "cpu": "Processor (cpu)",
        "cuda": "Graphics card (cuda)",
        "mps": "Apple graphics (mps)",
    },
    "precision": {
        "float32": "Full (float32)",
        "bfloat16": "Half, wide range (bfloat16)",
        "float16": "Half, fine steps (float16)",
    },
    "position": {
        "learned": "Learned",
        "sinusoidal": "Waves (sinusoidal)",
        "rotary": "Turning (rotary)",
        "none": "None",
    },
    "norm": {"layer": "LayerNorm", "rms": "RMSNorm"},
    "norm_position": {"pre": "Before each part (pre)", "post": "After each part (post)"},
    "activation": {
        "gelu": "GELU",
        "relu": "ReLU",
        "relu_squared": "ReLU squared",
        "swiglu": "SwiGLU",
    },
    "attention_score": {
        "scaled_dot": "Scaled dot product",
        "dot": "Dot product",
        "cosine": "Cosine",
    },
}


def label(name: str) -> str:
    """A setting's name as a label."""
    return LABELS.get(name) or name.replace("_", " ").capitalize()


def choice(name: str, option: object) -> str:
    """One of a setting's choices as people read it."""
    return CHOICES.get(name, {}).get(str(option)) or str(option).replace("_", " ")


def field_help(kind: type) -> dict[str, str]:
    """Field name to the docstring written beneath it, in the class or in one it extends."""
    classes = [base for base in reversed(kind.__mro__) if dataclasses.is_dataclass(base)]
    return {name: text for base in classes for name, text in _parsed(base).items()}


def meaning_of_zero(text: str) -> str:
    """The part of a help text that says what 0 stands for; empty where 0 is a number like others.

    >>> meaning_of_zero("Time after which training ends; 0 means no limit.")
    '0 means no limit.'
    """
    found = re.search(r"\b0 means [^.;]+", text)
    return f"{found.group()}." if found else ""


def field_names(kind: type) -> list[str]:
    """The fields of a configuration class, in order."""
    if not dataclasses.is_dataclass(kind):
        raise TypeError(f"{kind} is not a dataclass")
    return [field.name for field in dataclasses.fields(kind)]


@cache
def _parsed(kind: Hashable) -> dict[str, str]:
    class_body = ast.parse(textwrap.dedent(inspect.getsource(cast("type", kind)))).body[0]
    if not isinstance(class_body, ast.ClassDef):
        raise TypeError(f"{kind} is not a class")
    texts: dict[str, str] = {}
    for statement, following in pairwise(class_body.body):
        if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
            text = _string(following)
            if text:
                texts[statement.target.id] = text
    return texts


def _string(statement: ast.stmt) -> str:
    if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
        return inspect.cleandoc(str(statement.value.value))
    return ""
