"""Weights in an archive whose list is whole, but says something else than the files."""

import hashlib
import json

import pytest
import torch
from safetensors.torch import load, save

from minigpt.checkpoints.manifest import list_checkpoints, list_states
from minigpt.errors import MiniGPTError
from minigpt.runs.store import RunStore
from minigpt.runs.transfer.archive import read_archive
from minigpt.runs.transfer.validate import weights_list
from tests.minigpt.runs.transfer.archives import archived, files_in, left_behind, packed

LATEST, FIRST = "weights/latest.json", "weights/step-00000000.safetensors"


@pytest.fixture(scope="module")
def good(trained):
    return files_in(archived(trained))


@pytest.fixture
def store(folders):
    made = RunStore.default()
    made.root.mkdir()
    return made


def with_list(good, change):
    listed = json.loads(good[LATEST])
    change(listed)
    return {**good, LATEST: json.dumps(listed).encode()}


def refused(store, files, match):
    with pytest.raises(MiniGPTError, match=match):
        read_archive(store, packed(files))
    assert left_behind(store) == []


def test_the_list_names_what_it_was_given(trained):
    saved = list_checkpoints(trained.weights)
    listed = weights_list(saved[:1])
    assert [one["step"] for one in listed["checkpoints"]] == [0]
    assert listed["training_states"] == []
    states = list_states(trained.weights)
    assert [one["step"] for one in weights_list(states)["training_states"]] == [
        one.step for one in states
    ]


@pytest.mark.parametrize(
    "changes",
    [
        {"sha256": "0" * 64},
        {"sha256": None},
        {"bytes": 3},
    ],
)
def test_weights_that_do_not_match_their_checksum_are_refused(good, store, changes):
    files = with_list(good, lambda listed: listed["checkpoints"][0].update(changes))
    refused(store, files, "is damaged")


@pytest.mark.parametrize(
    "changes",
    [
        {"step": 5},
        {"step": -1},
        {"bytes": "804800"},
        {"bytes": True},
        {"validation_loss": "low"},
        {"validation_loss": [1]},
    ],
)
def test_a_list_of_nonsense_is_refused(good, store, changes):
    files = with_list(good, lambda listed: listed["checkpoints"][0].update(changes))
    refused(store, files, "list of weights is damaged")


@pytest.mark.parametrize(
    "changes",
    [
        {"file": "../../state.json"},
        {"file": "/etc/passwd"},
        {"file": "..\\x"},
        {"file": 3},
        {"extra": 1},
        {"step": "0"},
        {"step": None},
    ],
)
def test_a_list_that_leads_elsewhere_is_refused(good, store, changes):
    files = with_list(good, lambda listed: listed["checkpoints"][0].update(changes))
    refused(store, files, "is damaged")


@pytest.mark.parametrize("content", [b"", b"{}", b"[" * 100_000, b'{"version": 1}'])
def test_a_damaged_list_is_refused(good, store, content):
    refused(store, {**good, LATEST: content}, "list of weights is damaged")


def test_a_list_of_another_version_says_so(good, store):
    refused(store, with_list(good, lambda listed: listed.update(version=9)), "another version")


def test_weights_that_are_listed_but_missing_are_refused(good, store):
    files = {name: content for name, content in good.items() if name != FIRST}
    refused(store, files, "not those that its list of weights names")


def test_weights_that_are_not_listed_are_refused(good, store):
    files = with_list(good, lambda listed: listed["checkpoints"].pop(0))
    refused(store, files, "not those that its list of weights names")
    refused(
        store,
        {name: content for name, content in good.items() if name != LATEST},
        "not those that its list of weights names",
    )


def test_weights_that_are_listed_twice_are_refused(good, store):
    files = with_list(
        good, lambda listed: listed["checkpoints"].append(dict(listed["checkpoints"][0]))
    )
    refused(store, files, "not those that its list of weights names")


def test_a_huge_model_beside_small_weights_is_refused(good, store):
    """Opening it would fill the memory before anybody noticed that the weights do not fit."""
    config = json.loads(good["config.json"])
    config["model"] |= {"width": 8192, "num_layers": 96, "num_heads": 128}
    refused(store, {**good, "config.json": json.dumps(config).encode()}, "too small for the model")


@pytest.mark.parametrize("size", [10**9, 10**18, 10**40])
def test_a_huge_vocabulary_beside_small_weights_is_refused(good, store, size):
    config = json.loads(good["config.json"])
    config["tokenizer"] = {"kind": "imported", "vocabulary_size": None}
    tokenizer = {"kind": "imported", "library_form": "{}", "vocabulary_size": size}
    files = {
        **good,
        "config.json": json.dumps(config).encode(),
        "tokenizer.json": json.dumps(tokenizer).encode(),
    }
    refused(store, files, "too small|damaged|tokenizer")


def test_another_tokenizer_than_the_settings_name_is_refused(good, store):
    files = {**good, "tokenizer.json": b'{"kind": "byte"}'}
    refused(store, files, "not the one that its settings name")


@pytest.mark.parametrize("tokenizer", [{"kind": "pickle"}, {"kind": None}, {"kind": "character"}])
def test_a_damaged_tokenizer_is_refused(good, store, tokenizer):
    refused(store, {**good, "tokenizer.json": json.dumps(tokenizer).encode()}, "tokenizer")


def replaced(good, content):
    """The run with other weights at its first step, and a list that fits."""
    digest = hashlib.sha256(content).hexdigest()

    def change(listed):
        listed["checkpoints"][0].update(sha256=digest, bytes=len(content))

    return {**with_list(good, change), FIRST: content}


def test_what_is_no_tensor_file_is_refused(good, store):
    """Checksums only say that it is what was written; reading never runs anything in it."""
    pickled = b"cos\nsystem\n(S'false'\ntR." * 1000
    refused(store, replaced(good, pickled), "no file of weights")


@pytest.mark.parametrize(
    ("change", "match"),
    [
        (lambda tensor: tensor.fill_(float("nan")), "not finite"),
        (lambda tensor: tensor.long(), "of the kind I64"),
        (lambda tensor: torch.rand(100_000), "has the shape"),
    ],
)
def test_weights_that_no_model_computes_with_are_refused(good, store, change, match):
    tensors = load(good[FIRST])
    name = next(iter(tensors))
    refused(store, replaced(good, save({**tensors, name: change(tensors[name])})), match)
