"""Settings and their choices in plain words, and the help of each field.

The help is the sentence written under a field of a configuration class.
Python keeps no trace of that sentence at run time, so it is read from the class's source: the form,
the documentation and the code say the same because they are the same.
"""

import dataclasses
import re

from minigpt.runs.synonyms import SYNONYMS
from minigpt.sentences import N_
from ui.i18n import _, numeral, translated

LABELS = {
    "sha256": N_("Checksum (SHA-256)"),
    "validation": N_("The tenth to judge by"),
    "num_layers": N_("Layers"),
    "num_heads": N_("Heads"),
    "norm": N_("Normalisation"),
    "norm_position": N_("Where it normalises"),
    "attention_score": N_("Attention score"),
    "position": N_("Positions"),
    "query_key_norm": N_("Normalise queries and keys"),
    "bias": N_("Offsets"),
    "qkv_bias": N_("Offsets of queries, keys, values"),
    "output_bias": N_("Offsets of the output"),
    "ngram_order": N_("Longest n-gram with a vector"),
    "ngram_rows": N_("Vectors for n-grams of each length"),
    "warmup_steps": N_("Warm-up steps"),
    "evaluation_interval": N_("Steps between evaluations"),
    "final_learning_rate": N_("Learning rate at the end (share)"),
    "decay_share": N_("Steps in which it falls (share)"),
    "schedule": N_("How it falls"),
    "gradient_clip": N_("Longest gradient"),
    "beta2": N_("Memory for gradient size (beta2)"),
    "gradient_accumulation": N_("Pieces of a batch"),
    "patience": N_("Patience"),
    "epochs": N_("Most passes over the text"),
    "minutes": N_("Most minutes"),
    "never_read": N_("Never to be read"),
    "compile": N_("Compile first"),
    "threads": N_("Processor threads"),
    "processes": N_("Copies of the model"),
    "checkpoints": N_("Checkpoints to keep"),
    "sample_tokens": N_("Length of a sample"),
    "head_shares": N_("Follow the heads"),
    "attention_frames": N_("Frames of the film"),
    "attention_text": N_("Text of the film"),
    "tensorboard": N_("Files for TensorBoard"),
}
CHOICES = {
    "validation": {
        "last": N_("The last tenth"),
        "first": N_("The first tenth"),
        "middle": N_("The tenth in the middle"),
        "paragraphs": N_("Paragraphs from everywhere"),
    },
    "optimizer": {"adamw": N_("AdamW"), "muon": N_("Muon")},
    "schedule": {
        "cosine": N_("Along a curve (cosine)"),
        "linear": N_("Along a line (linear)"),
        "warmup_stable_decay": N_("Late (warm-up, stable, decay)"),
        "constant": N_("Never (constant)"),
    },
    "device": {
        "auto": N_("The best there is"),
        "cpu": N_("Processor (cpu)"),
        "cuda": N_("Graphics card (cuda)"),
        "mps": N_("Apple graphics (mps)"),
    },
    "precision": {
        "float32": N_("Full (float32)"),
        "bfloat16": N_("Half, wide range (bfloat16)"),
        "float16": N_("Half, fine steps (float16)"),
    },
    "position": {
        "learned": N_("Learned"),
        "sinusoidal": N_("Waves (sinusoidal)"),
        "rotary": N_("Turning (rotary)"),
        "none": N_("None"),
    },
    "norm": {"layer": N_("LayerNorm"), "rms": N_("RMSNorm")},
    "norm_position": {"pre": N_("Before each part (pre)"), "post": N_("After each part (post)")},
    "activation": {
        "gelu": N_("GELU"),
        "gelu_exact": N_("GELU, not approximated"),
        "relu": N_("ReLU"),
        "relu_squared": N_("ReLU squared"),
        "swiglu": N_("SwiGLU"),
    },
    "attention_score": {
        "scaled_dot": N_("Scaled dot product"),
        "dot": N_("Dot product"),
        "cosine": N_("Cosine"),
    },
}


def label(name: str) -> str:
    """A setting's name as a label."""
    return translated(LABELS.get(name) or name.replace("_", " ").capitalize())


def choice(name: str, option: object) -> str:
    """One of a setting's choices as people read it."""
    return translated(CHOICES.get(name, {}).get(str(option)) or str(option).replace("_", " "))


def setting_value(value: object) -> str:
    """What a setting is set to, as people read it."""
    if value is None or value == "":
        return "–"
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, float):
        return numeral(value)
    return numeral(value, ",") if isinstance(value, int) else str(value)


def also_called(path: str) -> str:
    """What other code calls a setting; empty where nobody calls it otherwise.

    >>> also_called("training.learning_rate")
    'Also called lr.'
    """
    names = SYNONYMS.get(path)
    return _("Also called {names}.", names=", ".join(names)) if names else ""


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
