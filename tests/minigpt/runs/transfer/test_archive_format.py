import pytest

from minigpt.runs.transfer.archive_format import (
    LARGEST_TOKENIZER,
    LARGEST_WEIGHTS,
    limit_of,
    manifest,
)


@pytest.mark.parametrize(
    "name",
    [
        "config.json",
        "meta.json",
        "log.txt",
        "weights/latest.json",
        "weights/step-00000000.safetensors",
        "weights/training-00000120.safetensors",
        "weights/step-123456789.safetensors",
    ],
)
def test_the_files_of_a_run_are_known(name):
    assert limit_of(name) > 0


@pytest.mark.parametrize(
    "name",
    [
        "",
        "lock",
        "process.json",
        "launch.json",
        "queued.json",
        "control.json",
        "tokens.npy",
        "/config.json",
        "./config.json",
        "../config.json",
        "CONFIG.json",
        "config.json/",
        "config.json\n",
        "weights/",
        "weights\\step-00000000.safetensors",
        "weights/step-00000000.safetensors\n",
        "weights/../config.json",
        "weights/step-00000000.pt",
        "weights/step-0000000٣.safetensors",
        "C:config.json",
        "step-00000000.safetensors",
    ],
)
def test_nothing_else_is(name):
    assert limit_of(name) is None


def test_each_kind_of_file_has_its_limit():
    assert limit_of("tokenizer.json") == LARGEST_TOKENIZER
    assert limit_of("weights/step-00000000.safetensors") == LARGEST_WEIGHTS
    assert limit_of("config.json") < limit_of("metrics.jsonl") < LARGEST_WEIGHTS


def test_the_list_says_what_it_is_a_list_of():
    assert manifest({"log.txt": (3, "abc")}, "a-run") == {
        "format": "minigpt-run",
        "version": 1,
        "run": "a-run",
        "files": [{"name": "log.txt", "bytes": 3, "sha256": "abc"}],
    }
