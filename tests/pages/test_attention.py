import numpy as np
import pytest
import torch

from minigpt.introspection.trace import trace
from minigpt.runs.trained_model import open_model
from tests.ui.harness import links, made_run, map_values, part, plain, said
from ui.messages import escape
from ui.wording import glyph

TEXT = "ROMEO: the sea"


def weights(run, text, *, step, layer, head):
    opened = open_model(run, step=step)
    traced = trace(opened.model, torch.tensor([opened.tokenizer.encode(text)]))
    return traced.layers[layer - 1].weights[0, head - 1].numpy()


def assert_shows(at, expected):
    data = part(at, "head-map")
    np.testing.assert_array_equal(map_values(data), expected)
    assert data["causal"]  # what lies above the diagonal is not drawn


def test_where_nothing_was_trained_the_way_to_train_is_shown(visit):
    at = visit("attention")
    assert said(at.title) == ["Attention"]
    assert links(at) == {"Train one now": ("", "")}
    assert not at.exception


def test_the_page_opens_on_a_text_the_model_can_read(visit, gpt):
    at = visit("attention")
    text = at.text_area[0].value
    assert text == "JULIET: the"  # of the part that judges, and as much as the model reads
    assert_shows(at, weights(gpt, text, step=20, layer=1, head=1))
    assert not at.exception


@pytest.mark.parametrize(("layer", "head"), [(1, 2), (2, 1)])
@pytest.mark.parametrize("step", [0, 20])
def test_a_link_shows_that_head_of_that_step_on_that_text(visit, gpt, step, layer, head):
    at = visit("attention", run=gpt.id, step=str(step), layer=str(layer), head=str(head), text=TEXT)
    assert_shows(at, weights(gpt, TEXT, step=step, layer=layer, head=head))
    assert f"Layer {layer}, head {head}, step {step}" in said(at.subheader)
    data = part(at, "head-map")
    assert data["rows"] == data["columns"] == [glyph(character) for character in TEXT]
    assert not at.exception


def test_a_link_keeps_the_stage_the_cell_and_the_colours(visit, gpt):
    at = visit("attention", text=TEXT, stage="scores", token="9", looked="4", flow="value")
    assert part(at, "head-map")["chosen"] == [8, 3]
    assert not part(at, "head-map")["causal"]
    chosen = {name: at.button_group(f"url-{name}").value for name in ("flow", "stage")}
    assert chosen == {"flow": "value", "stage": "scores"}
    at.button_group("url-stage").set_value("products").run()
    assert at.query_params["stage"] == "products"
    assert not at.exception


def test_typing_another_text_shows_it(visit, gpt):
    at = visit("attention", text=TEXT)
    at.text_area[0].set_value("the road").run()
    assert_shows(at, weights(gpt, "the road", step=20, layer=1, head=1))
    assert at.query_params["text"] == "the road"
    assert not at.exception


def test_a_line_break_that_is_typed_is_looked_at(visit, gpt):
    at = visit("attention", text=TEXT)
    at.text_area[0].set_value("the\nroad").run()
    assert_shows(at, weights(gpt, "the\nroad", step=20, layer=1, head=1))
    assert part(at, "head-map")["columns"][3] == glyph("\n")


def test_a_bigram_says_that_it_has_no_attention(visit, bigram):
    at = visit("attention")
    assert "This model has no attention" in at.info[0].value
    assert links(at) == {
        "Train a GPT": ("train", ""),
        "Look inside this model": ("inside", f"run={bigram.id}"),
    }
    assert not any(one.label == "Play" for one in at.button)  # there is nothing to play
    assert not at.main.get("bidi_component")
    assert not at.exception


@pytest.mark.parametrize(
    ("text", "words"), [("50%", "never seen '%'"), ("", "0 were given. Give it some text")]
)
def test_a_text_the_model_cannot_read_is_told(visit, gpt, text, words):
    at = visit("attention", text=text)
    assert words in plain(at.error[0].value)
    assert not at.main.get("bidi_component")
    assert not at.exception


def test_an_unknown_run_in_the_link_is_told_literally(visit, gpt):
    at = visit("attention", run="**gone**", text=TEXT)
    assert escape("**gone**") in at.warning[0].value
    assert_shows(at, weights(gpt, TEXT, step=20, layer=1, head=1))
    assert not at.exception


def test_damaged_weights_are_told(visit):
    run = made_run(steps=(20,))
    (run.weights / "step-00000020.safetensors").write_bytes(b"damaged")
    at = visit("attention")
    assert "damaged" in plain(at.error[0].value)
    assert not at.exception


def test_what_a_token_is_is_said_of_the_model_shown(visit, gpt):
    at = visit("attention", run=gpt.id)
    assert any("here single characters." in words for words in said(at.caption))


HOSTILE = [
    ({"layer": "999"}, "layer=999"),
    ({"head": "-1"}, "head=-1"),
    ({"token": "1e3", "looked": "<b>"}, "token=1e3, looked=<b>"),
    ({"step": "abc"}, "step=abc"),
    ({"stage": "unknown", "flow": "**x**"}, "flow=**x**, stage=unknown"),
    ({"sorted": "unknown"}, "sorted=unknown"),
    ({"upto": "7", "picture": "gif", "times": "99", "silent": "loud"}, "times=99"),
    ({"off": "9.9,1.1"}, "off=9.9,1.1"),
    ({"mode": "nope"}, "mode=nope"),
    ({"layer": "9" * 100_000}, "layer=" + "9" * 20 + "…"),
]


@pytest.mark.parametrize(("asked", "words"), HOSTILE)
def test_what_the_address_asks_for_in_vain_is_said(visit, gpt, asked, words):
    at = visit("attention", text=TEXT, **asked)
    told = [plain(one) for one in said(at.caption) if "The address asks for" in one]
    assert len(told) == 1
    assert words in told[0]
    assert_shows(at, weights(gpt, TEXT, step=20, layer=1, head=1))
    assert not at.exception


def test_a_text_that_is_too_long_is_cut_and_that_is_said(visit, gpt):
    at = visit("attention", text="the " * 5_000)
    assert_shows(at, weights(gpt, "the " * 4, step=20, layer=1, head=1))
    assert any("text=the the the the the …" in plain(one) for one in said(at.caption))
    assert not at.exception


def test_one_of_a_million_letters_breaks_nothing(visit, gpt):
    at = visit("attention", text="the " * 250_000)  # Streamlit itself reads no address that long
    assert part(at, "head-map")
    assert not at.exception


@pytest.mark.parametrize(
    ("mode", "words"), [("compare", "with=nobody, with-step=abc"), ("swap", "rows=zzz")]
)
def test_hostile_addresses_of_the_other_modes(visit, gpt, mode, words):
    at = visit(
        "attention", text=TEXT, mode=mode, layer="999", token="x", state="-1", rows="zzz",
        **{"with": "nobody", "with-step": "abc", "paired": "??", "other": "\u202e</script>%"},
    )  # fmt: skip
    assert any(words in plain(one) for one in said(at.caption))
    assert not at.exception


def test_an_address_that_can_be_followed_is_not_spoken_of(visit, gpt):
    at = visit("attention", run=gpt.id, text=TEXT, layer="2", head="2", step="0", token="999")
    assert not any("The address asks for" in one for one in said(at.caption))
