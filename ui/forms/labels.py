"""Settings and their choices in plain words, and the help of each field.

The help is the sentence written under a field of a configuration class.
Python keeps no trace of that sentence at run time, so it is read from the class's source: the form,
the documentation and the code say the same because they are the same.
"""

import dataclasses
import re

from minigpt.runs.synonyms import SYNONYMS

LABELS = {
    "num_layers": "Layers",
    "num_heads": "Heads",
    "norm": "Normalisation",
    "norm_position": "Where it normalises",
    "attention_score": "Attention score",
    "position": "Positions",
    "query_key_norm": "Normalise queries and keys",
    "bias": "Offsets",
    "ngram_order": "Longest n-gram with a vector",
    "ngram_rows": "Vectors for n-grams of each length",
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
    "checkpoints": "Checkpoints to keep",
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


def also_called(path: str) -> str:
    """What other code calls a setting; empty where nobody calls it otherwise.

    >>> also_called("training.learning_rate")
    'Also called lr.'
    """
    names = SYNONYMS.get(path)
    return f"Also called {', '.join(names)}." if names else ""


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
