"""Which settings mean something here: on this computer, and beside the other settings."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ui.i18n import _, ngettext
from ui.services.compute import ComputeOptions


@dataclass(frozen=True, kw_only=True)
class Rule:
    """What a form does about a field."""

    options: tuple[str, ...] | None = None
    """The choices that make sense here; None means all."""
    note: str = ""
    """A sentence to add to its help."""
    off: str = ""
    """Why it has no effect at present; empty where it has."""


def rule(path: str, values: Mapping[str, Any], compute: ComputeOptions) -> Rule:
    """What holds for a field.

    Args:
        path: the field, such as "training.decay_share".
        values: the fields before it on the form.
        compute: what the computer offers on which the run will train.
    """
    match path:
        case "model.qkv_bias":
            none = values.get("model.bias") is False
            return Rule(off=_("No map has offsets.") if none else "")
        case "model.ngram_rows":
            alone = values.get("model.ngram_order") == 1
            return Rule(off=_("Only single tokens have vectors.") if alone else "")
        case "logging.attention_text":
            kept = values.get("logging.attention_frames") != 0
            return Rule(off="" if kept else _("No frames are kept."))
        case "training.decay_share":
            late = values.get("training.schedule") == "warmup_stable_decay"
            return Rule(off="" if late else _("Only the late schedule uses it."))
        case "training.final_learning_rate":
            constant = values.get("training.schedule") == "constant"
            return Rule(off=_("The learning rate never falls.") if constant else "")
        case "training.beta2":
            others = _("Muon leaves embeddings, norms and offsets to AdamW.")
            return Rule(note=others if values.get("training.optimizer") == "muon" else "")
        case "compute.device":
            return Rule(options=compute.devices, note=_devices(compute))
        case "compute.precision":
            return _precision(str(values.get("compute.device", "auto")), compute)
        case "compute.processes":
            return _processes(str(values.get("compute.device", "auto")), compute)
        case "logging.tensorboard":
            return Rule(note="" if compute.tensorboard else _("It is not, at present."))
        case _:
            return Rule()


def _devices(compute: ComputeOptions) -> str:
    if "cuda" in compute.devices:
        return _cards(compute.cards)
    if "mps" in compute.devices:
        return _("This is a Mac whose graphics can compute.")
    return _("This computer has no graphics card that PyTorch can use.")


def _precision(device: str, compute: ComputeOptions) -> Rule:
    options = compute.precisions.get(device, ("float32",))
    if options == ("float32",):
        return Rule(options=options, note=_("This device computes in float32 only."))
    missing = "" if "float16" in options else _("float16 needs a graphics card.")
    return Rule(options=options, note=missing)


def _processes(device: str, compute: ComputeOptions) -> Rule:
    on_cards = compute.cards > 0 and device != "cpu"
    most = compute.cards if on_cards else compute.cores
    if most <= 1:
        return Rule(
            off=_("This computer has one graphics card, so there is nothing to share.")
            if on_cards
            else _("This computer has one processor core, so there is nothing to share.")
        )
    if on_cards:
        return Rule(note=_cards(most))
    return Rule(note=_("This computer has {most} processor cores.", most=most))


def _cards(cards: int) -> str:
    return ngettext(
        "This computer has {count} graphics card.",
        "This computer has {count} graphics cards.",
        cards,
    )
