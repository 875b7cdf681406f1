"""What can be asked of a text beside a model, on the page of generation."""

import base64
import json
import re

import pandas as pd
import pytest

from minigpt.cli.main import main
from minigpt.corpora import UNKNOWN_CORPUS, load_corpus
from minigpt.corpora.examples import contrast
from minigpt.reading.log import ReadingLog, history, in_words
from minigpt.reading.surprise import compare_readings, surprise
from minigpt.reading.training_text import training_text
from minigpt.runs.store import RunStore
from minigpt.runs.trained_model import TrainedModel, open_model
from tests.ui.harness import chart, part, plain, said
from ui.screens.generate.reading import voting

NEW = "qqqq zzzz qqqq zzzz"


def training_of(run):
    return load_corpus(run.config().corpus.name).training_text


def texts_of(at):
    return [plain(one.value) for one in (*at.markdown, *at.caption)]


def heard(at, words):
    return any(words in text for text in texts_of(at))


@pytest.fixture
def copied(gpt):
    return training_of(gpt)[200:260]


def test_a_copied_text_is_found_with_its_chance_level(visit, gpt, copied):
    at = visit("generate", mode="read", passage=copied)
    assert not at.exception
    assert heard(at, "100 % of this text stands word for word in the training text, in pieces of")
    assert heard(at, "kept from training")
    assert heard(at, "The longest piece through the chosen place has 60 characters.")


def test_a_new_text_is_not(visit, gpt):
    at = visit("generate", mode="read", passage=NEW, least="8")
    assert not at.exception
    assert heard(at, "0 % of this text stands word for word in the training text, in pieces of 8")


def test_the_reading_log_is_that_of_the_run(visit, gpt, copied):
    at = visit("generate", mode="read", passage=copied[:12], step="20", spot="1")
    known = training_text(gpt, gpt.tokenizer())
    log = ReadingLog(history(gpt, RunStore.default(), step=20), total_tokens=known.total_tokens)
    first = known.text.index(copied[:12])
    readings = log.readings(*known.tokens_of(first, first + 12))
    assert heard(at, in_words(readings, log.history))


def test_the_vote_is_shown_beside_the_model(visit, gpt):
    at = visit("generate", mode="read", passage="JULIET: the", spot="9")
    assert not at.exception
    assert heard(at, "After “↵JULIET:␣”, found in 36 places:")
    [table] = [one for one in at.get("html") if "<table" in one.proto.body]
    rows = re.findall(r"<tr>(.*?)</tr>", table.proto.body)
    cells = [re.findall(r">([^<>]+)<", row) for row in rows]
    assert cells[0] == ["next", "counted", "share there (%)", "the model (%)"]
    [came] = [row for row in cells if row[0] == "▸ t"]
    assert came[1:3] == ["36", "100.0"]
    assert 0 < float(came[3]) < 100
    assert "This table (CSV)" in [one.proto.label for one in at.get("download_button")]


def test_a_vote_shows_what_anybody_brought_as_text():
    table = pd.DataFrame({"next": ["<b>"], "counted": [1], "there": [50.0], "the model": [0.25]})
    written = voting.as_html(table, "After “<i>”")
    assert "<b>" not in written.replace("<b style", "")
    assert "&lt;b&gt;" in written
    assert "aria-label='After “&lt;i&gt;”'" in written
    assert "width:50.0%" in written


def test_where_nothing_stands_before_a_token_nobody_votes(visit, gpt, copied, monkeypatch):
    # A model that knows no line break begins a text after nothing.
    monkeypatch.setattr(TrainedModel, "prompt_ids", lambda self, text: self.tokenizer.encode(text))
    at = visit("generate", mode="read", passage=copied, spot="1")
    assert not at.exception
    assert heard(at, "Nothing of what stands before is in the training text.")


def test_where_nobody_pasted_a_text_it_is_what_the_model_wrote(visit, gpt):
    sample = gpt.samples()[-1]
    at = visit("generate", mode="read", step=str(sample.step))
    assert at.text_area[0].value == sample.text.strip()
    assert heard(at, f"This is what the model wrote at step {sample.step} of its training.")


def test_without_a_text_the_way_on_is_said(visit, gpt):
    at = visit("generate", mode="read", passage=" ")
    assert said(at.info) == [
        "Paste a text, or let the model write one under Write: then it is looked up."
    ]


def test_where_the_training_text_is_gone_that_is_said(visit, gpt):
    settings = gpt.read("config")
    gpt.write("config", settings | {"corpus": settings["corpus"] | {"sha256": "0" * 64}})
    at = visit("generate", mode="read", passage="JULIET")
    assert "has changed since this run was created" in plain(at.error[0].value)
    assert not at.exception


def test_what_stands_in_the_training_text_is_shown_as_text(visit, gpt, copied):
    at = visit("generate", mode="read", passage=copied)
    shown = "".join(one.proto.body for one in at.get("html"))
    assert f"<mark>{copied}</mark>".replace("'", "&#x27;") in shown


def test_everything_can_be_taken_home(visit, gpt, copied):
    at = visit("generate", mode="read", passage=copied)
    assert "All pieces, places and steps (JSON)" in [one.label for one in at.get("download_button")]
    from ui.components.model_picker import ChosenModel
    from ui.screens.generate.reading.invented import to_file
    from ui.services.models import trained_model
    from ui.services.reading import overlap

    chosen = ChosenModel(run_id=gpt.id, step=20, trained=trained_model(gpt.id, 20))
    values = json.loads(to_file(chosen, overlap(gpt.id, 20, copied), 20))
    assert (values["text"], values["share"], values["log"]["steps"]) == (copied, 1.0, 20)


def examples(at):
    return {
        one.key.removeprefix("example-"): one
        for one in at.button
        if (one.key or "").startswith("example-")
    }


def test_what_read_half_new_and_kept_text_look_like_is_one_click_away(visit, gpt):
    at = visit("generate", run=gpt.id, mode="read", passage=NEW, spot="3", step="20")
    corpus = load_corpus(gpt.config().corpus.name)
    known = contrast(corpus.training_text, corpus.validation_text)
    assert list(examples(at)) == ["read", "half", "kept"]
    at = examples(at)["read"].click().run()
    assert at.query_params["passage"] == at.text_area[0].value == known.read
    assert "spot" not in at.query_params
    assert heard(at, "This stands in the training text, word for word.")
    assert heard(at, "100 % of this text stands word for word in the training text")
    at = examples(at)["half"].click().run()
    assert heard(at, f"The first {known.seam} characters of this stand in the training text")
    at = examples(at)["kept"].click().run()
    assert heard(at, "the model never learnt from it")
    bars = chart(at, "read-shares")
    assert bars["xAxis"]["max"] == 100
    assert not at.exception


def test_what_a_model_wrote_leads_to_whether_it_was_copied(visit, gpt):
    asked = {"run": gpt.id, "step": "20", "prompt": "JULIET:", "tokens": "30", "mode": "write"}
    at = visit("generate", **asked)
    [press] = [one for one in at.button if one.label == "Generate"]
    at = press.click().run()
    written = at.session_state["written-texts"][0]
    [ask] = [one for one in at.button if one.label == "Did it copy this?"]
    at = ask.click().run()
    assert not at.exception
    assert at.query_params["mode"] == "read"
    assert at.query_params["passage"] == written.text.removeprefix("JULIET:")
    assert heard(at, "of this text stands word for word in the training text")


def test_where_nobody_knows_what_a_model_learnt_from_it_is_not_asked(visit, gpt):
    settings = gpt.read("config")
    gpt.write("config", settings | {"corpus": settings["corpus"] | {"name": UNKNOWN_CORPUS}})
    at = visit("generate", run=gpt.id, step="20", prompt="JULIET:", tokens="5")
    [press] = [one for one in at.button if one.label == "Generate"]
    at = press.click().run()
    labels = [one.label for one in at.get("download_button")]
    assert "Download" in labels
    assert "Did it copy this?" not in [one.label for one in at.button]


def of_the_command(capsys, *arguments):
    assert main([*arguments, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_the_surprise_of_a_text_is_what_the_command_says(visit, gpt, capsys):
    values = of_the_command(capsys, "surprise", gpt.id, "--text", "JULIET: the sea")
    at = visit("generate", mode="surprise", passage="JULIET: the sea", spot="3")
    assert not at.exception
    bits = values["bits_per_character"]
    assert heard(at, f"This text costs the model {bits:.2f} bits per character")
    third = values["tokens"][2]
    assert heard(at, f"Token 3, “L”: {third['bits']:.2f} bits.")
    strip = part(at, "surprise")
    assert len(strip["tokens"]) == 15
    shares = [share for _, share in strip["candidates"][1]]
    assert shares == pytest.approx([share for _, share in third["likeliest"]], abs=1e-5)


def test_two_models_are_shown_in_two_colours(visit, gpt, bigram):
    at = visit("generate", run=gpt.id, mode="surprise", passage="JULIET: §", beside=bigram.id)
    assert not at.exception
    assert heard(at, "Blue: Tiny gpt, step")
    assert heard(at, "cannot read 1 of the characters")
    shades = base64.b64decode(part(at, "surprise-difference")["shades"])
    first, second = (surprise(open_model(one), "JULIET: §") for one in (gpt, bigram))
    for shade, piece in zip(shades, compare_readings(first, second), strict=True):
        if piece.difference is None:
            assert shade == 128  # as if there were no difference
        elif abs(piece.difference) > 0.1:
            assert (shade > 127) == (piece.difference > 0)


def test_counting_and_reliability_are_drawn(visit, gpt):
    at = visit("generate", run=gpt.id, mode="surprise", passage="JULIET: the sea")
    drawn = [one["value"][1] for one in chart(at, "reliability")["series"][0]["data"]]
    came = surprise(open_model(gpt), "JULIET: the sea").reliability.bins()
    assert drawn == pytest.approx([100 * one.share for one in came])
    assert not at.get("plotly_chart")
    assert "This figure, a page to look at (HTML)" in [
        one.label for one in at.get("download_button")
    ]
