import pytest

from ui.forms.rules import Rule, rule
from ui.services.compute import ComputeOptions

PLAIN = ComputeOptions(
    precisions={"auto": ("float32", "bfloat16"), "cpu": ("float32", "bfloat16")}, cores=4
)
SMALL = ComputeOptions(precisions={"auto": ("float32",), "cpu": ("float32",)}, cores=1)
CARDS = ComputeOptions(
    devices=("auto", "cpu", "cuda"),
    precisions={
        "auto": ("float32", "bfloat16", "float16"),
        "cpu": ("float32",),
        "cuda": ("float32", "bfloat16", "float16"),
    },
    cards=2,
    cores=16,
)


@pytest.mark.parametrize(
    ("path", "values", "is_off"),
    [
        ("model.qkv_bias", {"model.bias": False}, True),
        ("model.qkv_bias", {"model.bias": True}, False),
        ("training.decay_share", {"training.schedule": "warmup_stable_decay"}, False),
        ("training.decay_share", {"training.schedule": "cosine"}, True),
        ("training.final_learning_rate", {"training.schedule": "constant"}, True),
        ("training.final_learning_rate", {"training.schedule": "linear"}, False),
        ("training.beta2", {"training.optimizer": "muon"}, False),
        ("logging.attention_text", {"logging.attention_frames": 0}, True),
        ("logging.attention_text", {"logging.attention_frames": 60}, False),
    ],
)
def test_a_field_that_has_no_effect_beside_the_others_says_why(path, values, is_off):
    assert bool(rule(path, values, PLAIN).off) == is_off


def test_with_muon_beta2_says_what_is_left_for_it():
    assert "AdamW" in rule("training.beta2", {"training.optimizer": "muon"}, PLAIN).note
    assert rule("training.beta2", {"training.optimizer": "adamw"}, PLAIN) == Rule()


def test_only_devices_that_are_there_are_offered_and_the_help_says_so():
    assert rule("compute.device", {}, PLAIN).options == ("auto", "cpu")
    assert "no graphics card" in rule("compute.device", {}, PLAIN).note
    assert "cuda" in rule("compute.device", {}, CARDS).options
    assert "2 graphics cards" in rule("compute.device", {}, CARDS).note
    mac = ComputeOptions(devices=("auto", "cpu", "mps"), precisions={})
    assert "Mac" in rule("compute.device", {}, mac).note


def test_the_precisions_are_those_of_the_chosen_device():
    assert rule("compute.precision", {"compute.device": "cpu"}, CARDS).options == ("float32",)
    assert "float16" in rule("compute.precision", {"compute.device": "cuda"}, CARDS).options
    assert "graphics card" in rule("compute.precision", {}, PLAIN).note
    assert "float32 only" in rule("compute.precision", {}, SMALL).note


def test_copies_share_what_there_is_more_than_one_of():
    assert rule("compute.processes", {}, SMALL).off
    assert "4 processor cores" in rule("compute.processes", {}, PLAIN).note
    assert "2 graphics cards" in rule("compute.processes", {}, CARDS).note
    assert "16 processor cores" in rule("compute.processes", {"compute.device": "cpu"}, CARDS).note


def test_missing_tensorboard_is_said():
    without = ComputeOptions(precisions={}, tensorboard=False)
    assert rule("logging.tensorboard", {}, without).note
    assert rule("logging.tensorboard", {}, PLAIN) == Rule()


def test_other_fields_are_free():
    assert rule("training.steps", {}, PLAIN) == Rule()
