import json
import re
from pathlib import Path

import numpy as np
import pytest
import torch

from minigpt.errors import ConfigurationError, RunError, TokenizerError
from minigpt.introspection.trace import trace, trace_bytes
from minigpt.models.build import build_model
from minigpt.models.configs import BigramConfig, GPTConfig
from minigpt.runs.attention.look_file import (
    FORMATS,
    PAGE_DATA,
    as_script_data,
    attend,
    format_named,
    write_attention,
)
from minigpt.runs.trained_model import TrainedModel, open_model
from minigpt.tokenizers.byte import ByteTokenizer

TEXT = "my name"
HOSTILE = "</script><script>alert('x')</script><!-- & \u2028 </SCRIPT"


@pytest.fixture(scope="module")
def opened(trained):
    return open_model(trained)


@pytest.fixture(scope="module")
def expected(opened):
    """The weights, by the way that everything else reads them."""
    return trace(opened.model, torch.tensor([opened.tokenizer.encode(TEXT)])).attention[0]


def page_data(page):
    found = re.search(r'<script id="data" type="application/json">(.*?)</script>', page, re.DOTALL)
    return json.loads(found[1])


def test_attention_has_a_square_for_every_head(opened, expected):
    attention = attend(opened, TEXT, run="a-run")
    assert attention.weights.shape == (1, 2, len(TEXT), len(TEXT))
    assert torch.equal(attention.weights, expected)
    assert attention.tokens == list(TEXT)
    assert attention.ids == opened.tokenizer.encode(TEXT)
    assert attention.step == opened.checkpoint.step


def test_numpy_reads_the_weights_exactly(opened, expected, tmp_path):
    file = tmp_path / "a.npz"
    write_attention(file, opened, TEXT, run="a-run")
    with np.load(file, allow_pickle=False) as loaded:
        assert np.array_equal(loaded["weights"], expected.numpy())
        assert loaded["tokens"].tolist() == list(TEXT)
        assert loaded["ids"].tolist() == opened.tokenizer.encode(TEXT)
        assert loaded["step"] == opened.checkpoint.step


def test_json_has_the_weights_exactly(opened, expected, tmp_path):
    file = tmp_path / "a.json"
    write_attention(file, opened, TEXT, run="a-run")
    values = json.loads(file.read_text(encoding="utf-8"))
    assert torch.equal(torch.tensor(values.pop("weights")), expected)
    assert values == {
        "run": "a-run",
        "step": opened.checkpoint.step,
        "text": TEXT,
        "ids": opened.tokenizer.encode(TEXT),
        "tokens": list(TEXT),
    }


def test_the_page_has_the_weights_to_the_digits_it_shows(opened, expected, tmp_path):
    file = tmp_path / "a.html"
    write_attention(file, opened, TEXT, run="a-run")
    page = file.read_text(encoding="utf-8")
    data = page_data(page)
    shown = torch.tensor(data["weights"]) / data["scale"]
    assert torch.allclose(shown, expected, atol=0.5e-4)
    assert data["tokens"] == list(TEXT)
    assert PAGE_DATA not in page


def test_the_page_needs_nothing_from_elsewhere(opened, tmp_path):
    file = tmp_path / "a.html"
    write_attention(file, opened, TEXT, run="a-run")
    page = file.read_text(encoding="utf-8")
    assert not re.search(r"https?:|src=|@import|url\(|innerHTML|document\.write|eval\(", page)
    assert "default-src 'none'" in page


def test_no_text_can_become_part_of_the_page(opened, tmp_path):
    config = GPTConfig(context_length=128, width=16, num_layers=1, num_heads=2)
    model = build_model(config, vocabulary_size=256).eval()
    hostile = TrainedModel(model, ByteTokenizer(), opened.checkpoint)
    file = tmp_path / "a.html"
    write_attention(file, hostile, HOSTILE, run="a-run")
    page = file.read_text(encoding="utf-8")
    assert page_data(page)["text"] == HOSTILE
    assert page.lower().count("<script") == page.lower().count("</script") == 2
    assert "<!--" not in page


@pytest.mark.parametrize("text", [HOSTILE, "<", "a\u2029b", '"\\', "日本"])
def test_script_data_is_json_without_markup(text):
    written = as_script_data({"text": text})
    assert json.loads(written) == {"text": text}
    assert not set(written) & set("<>&\u2028\u2029")


@pytest.mark.parametrize("ending", FORMATS)
def test_endings_count_whatever_their_case(ending):
    assert format_named(Path(f"a{ending.upper()}")) is FORMATS[ending]


@pytest.mark.parametrize("name", ["a", "a.png", "npz", "a.html.gz", ""])
def test_another_ending_is_refused_with_the_known_ones(name):
    with pytest.raises(ConfigurationError, match=r"\.npz, \.json, \.html"):
        format_named(Path(name))


def test_an_empty_text_is_refused(opened):
    with pytest.raises(ConfigurationError, match="The text is empty"):
        attend(opened, "", run="a-run")


def test_a_text_longer_than_the_context_is_refused(opened):
    with pytest.raises(ConfigurationError, match="1 to 8 tokens at a time; 9 were given"):
        attend(opened, "a" * 9, run="a-run")


def test_a_text_that_the_model_never_saw_is_refused(opened):
    with pytest.raises(TokenizerError):
        attend(opened, "日本", run="a-run")


def test_a_model_without_attention_is_refused(opened):
    size = opened.tokenizer.vocabulary_size
    bigram = build_model(BigramConfig(), vocabulary_size=size).eval()
    plain = TrainedModel(bigram, opened.tokenizer, opened.checkpoint)
    with pytest.raises(ConfigurationError, match="no attention to look at"):
        attend(plain, TEXT, run="a-run")


@pytest.mark.parametrize("ending", FORMATS)
def test_a_file_that_cannot_be_written_says_so_and_leaves_nothing(opened, tmp_path, ending):
    with pytest.raises(RunError, match="cannot be written"):
        write_attention(tmp_path / "no" / f"such{ending}", opened, TEXT, run="a-run")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("ending", ["npz", "json", "html"])
def test_more_than_a_file_may_hold_is_refused_with_the_longest(tmp_path, opened, ending):
    most = trace_bytes(opened.model, length=4, keep={"weights"})
    path = tmp_path / f"a.{ending}"
    known = opened.tokenizer.vocabulary[0]
    write_attention(path, opened, known * 4, run="r", most_bytes=most)
    path.unlink()
    with pytest.raises(ConfigurationError, match="At most 4 tokens can be shown"):
        write_attention(path, opened, known * 5, run="r", most_bytes=most)
    assert list(tmp_path.iterdir()) == []
