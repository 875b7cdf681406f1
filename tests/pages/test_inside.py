import base64
import json
import re
from functools import partial

import numpy as np
import pytest
import torch

from minigpt.introspection.ablation import heads_shape, with_heads
from minigpt.introspection.lens import even_rollout
from minigpt.introspection.one_step import StepRule, sentence_losses, teach_copy
from minigpt.introspection.trace import trace
from minigpt.introspection.vectors.gathering import gathering, letters_and_vowels
from minigpt.introspection.vectors.likeness import mean_likeness, neighbours
from minigpt.introspection.vectors.order import read_shuffled
from minigpt.introspection.vectors.principal_axes import principal_axes
from minigpt.introspection.vectors.tables import token_vectors
from minigpt.runs.analysis.inside.over_training import (
    at_step,
    best_heads,
    steps_looked_at,
    yardstick,
)
from minigpt.runs.analysis.receipt_report import account_for_token
from minigpt.runs.trained_model import open_model
from tests.ui.harness import chart, links, made_run, part, plain, said, tiny_config
from ui.components.model_picker import ChosenModel
from ui.messages import escape
from ui.screens.inside import layers, lesson
from ui.screens.inside import receipt as screen
from ui.screens.inside.over_training import in_words
from ui.screens.inside.question import question_from_address
from ui.screens.inside.vectors import layout
from ui.screens.inside.vectors.positions import orders_in_words
from ui.services.inside import prediction, teaching, vectors
from ui.services.inside.layers import lens_of
from ui.session.url import LIKELIEST
from ui.wording import glyph, number, percent

TEXT = "ROMEO: the sea"


def ids(run):
    return open_model(run, step=20).tokenizer.vocabulary


def boxes(at):
    return {box.label: box for box in at.selectbox}


def shares(at):
    """The bars by their names."""
    drawn = chart(at, "receipt-bars-0")
    bars = [one["value"] for one in drawn["series"][0]["data"]]
    return dict(zip(drawn["yAxis"]["data"], bars, strict=True))


def test_where_nothing_was_trained_the_way_to_train_is_shown(visit):
    at = visit("inside")
    assert said(at.title) == ["Inside"]
    assert links(at) == {"Train one now": ("", "")}


def test_what_the_address_asks_for_in_vain_is_said(visit, gpt):
    at = visit("inside", run=gpt.id, step="20", text="the " * 500, part="ff.9", section="all")
    told = [plain(one) for one in said(at.caption) if "The address asks for" in one]
    assert len(told) == 1
    assert "text=the the the the the …, section=all, part=ff.9" in told[0]


def test_what_was_asked_in_vain_is_said_no_more_once_something_else_is_chosen(visit, gpt):
    at = visit("inside", run=gpt.id, text=TEXT, section="all")
    assert any("section=all" in plain(one) for one in said(at.caption))
    at.button_group(key="url-section").set_value("layers").run()
    assert not any("The address asks for" in plain(one) for one in said(at.caption))


def test_the_likeliest_is_asked_about_where_the_address_says_so_whatever_was_chosen(visit, gpt):
    usual = said(visit("inside", run=gpt.id, text=TEXT).subheader)[0]
    at = visit("inside", run=gpt.id, text=TEXT, next="1", against="2")
    at.query_params["next"] = at.query_params["against"] = LIKELIEST
    assert said(at.run().subheader)[0] == usual
    assert not any("The address asks for" in plain(one) for one in said(at.caption))


def test_a_link_shows_the_receipt_of_that_token_at_that_place(visit, gpt):
    vocabulary = ids(gpt)
    token, against = vocabulary.index("e"), vocabulary.index("o")
    at = visit(
        "inside", run=gpt.id, step="20", text=TEXT, token="9", next=str(token), against=str(against)
    )
    found = account_for_token(open_model(gpt, step=20), TEXT[:9], "e", "o")
    drawn = shares(at)
    assert sum(drawn.values()) == pytest.approx(found.receipt.logit, abs=1e-4)
    assert drawn["head 2.1"] == pytest.approx(
        next(
            float(share)
            for one, share in zip(found.receipt.parts, found.receipt.shares, strict=True)
            if (one.layer, one.head) == (1, 0)
        ),
        abs=1e-4,
    )
    assert "Why “e” and not “o”?" in [plain(one) for one in said(at.subheader)]
    assert part(at, "inside-strip")["chosen"] == 8
    assert not at.exception


def test_the_sum_and_its_difference_to_the_forward_pass_are_said(visit, gpt):
    at = visit("inside", run=gpt.id, text=TEXT)
    [words] = [one for one in said(at.caption) if "add up to" in one]
    total, logit = map(float, re.findall(r"\*\*(-?[\d.]+)\*\*", words))
    assert total == pytest.approx(logit, abs=1e-4)
    # What is left is rounding: nothing, or a number that needs a power of ten.
    difference = words.rpartition("Difference: ")[2]
    assert difference == "0." or re.search(r"10⁻[⁴-⁹]\.|10⁻¹", difference)


def test_every_line_is_in_the_table_with_what_is_missed_without_it(visit, gpt, monkeypatch):
    monkeypatch.setattr(screen, "MOST_BARS", 3)
    at = visit("inside", run=gpt.id, text=TEXT)
    assert len(shares(at)) == 4  # the three largest, and one for all others
    table = at.dataframe[0].value
    assert sum(table["adds itself"]) == pytest.approx(sum(shares(at).values()), abs=1e-4)
    assert table["is missed without it"].notna().all()


def test_the_text_shows_what_each_place_brought_through_the_chosen_head(visit, gpt):
    at = visit("inside", run=gpt.id, text=TEXT, part="2.1")
    data = part(at, "inside-strip")
    assert "head 2.1" in data["words"]["unit"]
    assert "a mixture of all before it" in data["words"]["unit"]
    shades = np.frombuffer(base64.b64decode(data["shades"]), dtype=np.uint8).astype(float)
    brought = [float(note.split()[-1]) for note in data["notes"]]
    high = max(map(abs, brought))
    assert shades == pytest.approx(255 * (np.array(brought) / high + 1) / 2, abs=1.5 + 0.2 / high)
    first = visit("inside", run=gpt.id, text=TEXT, part="1.2")
    assert "mixture" not in part(first, "inside-strip")["words"]["unit"]


def test_a_chosen_part_says_what_is_lost_without_it_there_and_everywhere(visit, gpt):
    trained = open_model(gpt, step=20)
    tokens = torch.tensor([trained.tokenizer.encode(TEXT)])
    mask = torch.ones(heads_shape(trained.model))
    mask[1, 0] = 0
    with torch.inference_mode():
        usual = trained.model(tokens)[0].softmax(-1)
        without = with_heads(trained.model, mask)(tokens)[0].softmax(-1)
    likeliest = usual.argmax(-1, keepdim=True)
    at = visit("inside", run=gpt.id, text=TEXT, part="2.1", next=str(int(likeliest[-1])))
    shares = [usual[-1].max(), without[-1].gather(-1, likeliest[-1])]
    shares += [one.gather(-1, likeliest).mean() for one in (usual, without)]
    here, lacking, everywhere, silent = (percent(float(one)) for one in shares)
    [words] = [plain(one) for one in said(at.markdown) if "By experiment" in one]
    assert f"come next with {lacking} %, not with {here} %" in words
    assert f"have {silent} % on average, not {everywhere} %" in words


def test_the_receipt_leads_to_what_makes_that_token_follow_that_one(visit, gpt):
    at = visit("inside", run=gpt.id, text=TEXT, token="9", asking="1")
    button = next(one for one in at.button if one.label.startswith("What makes"))
    at = button.click().run()
    assert at.query_params["section"] == "tables"
    assert "asking" not in at.query_params
    assert any(one == button.label for one in said(at.subheader))


def test_a_head_leads_to_the_page_of_attention_and_the_address_keeps_all(visit, gpt):
    at = visit("inside", run=gpt.id, step="20", text=TEXT, token="9", part="2.1")
    page, query = links(at)["See where this head looks"]
    assert page == "attention"
    for one in ("layer=2", "head=1", "token=9", "step=20", f"run={gpt.id}"):
        assert one in query


def test_choosing_another_place_asks_anew(visit, gpt):
    at = visit("inside", run=gpt.id, text=TEXT, token="9", next="1", against="2")
    assert [boxes(at)[name].value for name in ("Why", "and not")] == ["1", "2"]
    boxes(at)["and not"].set_value("-").run()
    assert at.query_params["against"] == "-"
    assert plain(said(at.subheader)[0]).startswith("What the logit of")


def test_a_model_without_attention_has_a_receipt_too(visit, bigram):
    at = visit("inside", run=bigram.id, text="the")
    assert list(shares(at)) == ["token's vector", "biases of the last norm and the output"]
    assert boxes(at)["Look closer at"].options[0] == "no part"
    assert not at.exception


def test_a_post_norm_model_says_why_it_has_none(visit):
    run = made_run(config=tiny_config(model__norm_position="post"))
    at = visit("inside", run=run.id, text="the sea")
    assert "rescales what earlier ones added" in plain(said(at.info)[0])
    assert not at.error
    assert part(at, "inside-strip")["shades"] is None
    assert not at.exception


def test_what_takes_long_is_measured_when_it_is_wanted(visit, gpt, monkeypatch):
    monkeypatch.setattr(prediction, "FEW_FLOPS", 0)
    at = visit("inside", run=gpt.id, text=TEXT)
    assert at.dataframe[0].value["is missed without it"].notna().all()
    monkeypatch.setattr(prediction, "MANY_FLOPS", 0)
    at = visit("inside", run=gpt.id, text=TEXT)
    assert at.dataframe[0].value["is missed without it"].isna().all()
    next(one for one in at.button if one.label == "Measure it").click().run()
    assert at.dataframe[0].value["is missed without it"].notna().all()
    assert not at.exception


@pytest.mark.parametrize(
    "said_wrong",
    [{"next": "x"}, {"next": "99999"}, {"against": "-1"}, {"part": "9.9"}, {"token": "999"}],
)
def test_an_address_that_names_nothing_shows_the_usual(visit, gpt, said_wrong):
    at = visit("inside", run=gpt.id, text=TEXT, **said_wrong)
    assert shares(at) == shares(visit("inside", run=gpt.id, text=TEXT))
    assert not at.exception


def test_the_likeliest_is_asked_about_where_nobody_chose(visit, gpt):
    at = visit("inside", run=gpt.id, step="20", text=TEXT)
    opened = open_model(gpt, step=20)
    with torch.inference_mode():
        logits = opened.model(torch.tensor([opened.tokenizer.encode(TEXT)]))[0, -1]
    first, second = logits.topk(2).indices.tolist()
    assert [boxes(at)[name].value for name in ("Why", "and not")] == [str(first), str(second)]


def test_the_whole_model_is_drawn_with_the_stages_of_one_real_pass(visit, gpt):
    at = visit("inside", run=gpt.id, step="20", text=TEXT, section="picture", part="ff.2")
    data = part(at, "model-map")
    assert len(data["stages"]) == 1 + 2 * 2 + 1
    opened = open_model(gpt, step=20)
    with torch.inference_mode():
        odds = opened.model(torch.tensor([opened.tokenizer.encode(TEXT)]))[0, -1].softmax(-1)
    share, likeliest = odds.max(0)
    name = glyph(opened.tokenizer.vocabulary[likeliest])
    assert f"{name} {100 * share:.0f} %" in plain(data["stages"][-1]["words"])
    titles = [one["title"] for row in data["rows"] for one in row["parts"]]
    assert titles[data["chosen"]] == "feed-forward"
    assert boxes(at)["Look closer at"].value == "ff.2"
    words = " ".join(plain(one) for one in said(at.markdown))
    assert "Its vector here is" in words
    assert "It raises" in words
    assert not at.exception


@pytest.mark.parametrize("section", ["receipt", "picture", "layers", "lesson"])
def test_every_section_shows_a_model_without_attention_and_a_post_norm_one(visit, bigram, section):
    post = made_run(config=tiny_config(model__norm_position="post"))
    for run in (bigram.id, post.id):
        at = visit("inside", run=run, text="the sea", section=section)
        assert not at.exception


def test_the_page_of_attention_shows_where_the_head_is(visit, gpt):
    at = visit("attention", run=gpt.id, text=TEXT, layer="2", head="1", token="9")
    data = part(at, "here-map")
    titles = [one["title"] for row in data["rows"] for one in row["parts"]]
    assert data["small"]
    assert titles[data["chosen"]] == "2.1"
    page, query = links(at)["What this head adds to the prediction"]
    assert page == "inside"
    assert "part=2.1" in query
    assert "token=9" in query


def test_the_lens_ends_with_what_the_model_says(visit, gpt):
    at = visit("inside", run=gpt.id, step="20", text=TEXT, section="layers", token="5")
    data = part(at, "lens-grid")
    opened = open_model(gpt, step=20)
    with torch.inference_mode():
        logits = opened.model(torch.tensor([opened.tokenizer.encode(TEXT)]))[0]
    said_last = [glyph(opened.tokenizer.vocabulary[one]) for one in logits.argmax(-1).tolist()]
    assert [cell[0][0] for cell in data["cells"][-1]] == said_last
    assert all(data["final"][-1])
    assert data["rows"] == ["vectors", "layer 1", "layer 2"]
    assert data["chosen"] == 4
    assert len(at.dataframe[0].value) == 3
    assert "An approximation" in " ".join(said(at.caption))
    even = even_rollout(2, len(TEXT))[-1, 4]
    assert f"would give {number(100 * float(even[4]))} % to the token" in " ".join(said(at.caption))
    assert not at.exception


def test_heads_that_are_off_are_off_in_the_lens_too(visit, gpt):
    whole = part(visit("inside", run=gpt.id, text=TEXT, section="layers"), "lens-grid")
    at = visit("inside", run=gpt.id, text=TEXT, section="layers", off="1.1,1.2,2.1,2.2")
    silent = part(at, "lens-grid")
    assert silent["cells"][0] == whole["cells"][0]
    assert silent["cells"][-1] != whole["cells"][-1]
    assert "Heads 1.1, 1.2, 2.1, 2.2 are silent here." in said(at.warning)
    next(one for one in at.button if one.label == "Let all heads work").click().run()
    assert part(at, "lens-grid")["cells"] == whole["cells"]
    assert not at.exception


def test_heads_that_bring_their_average_do_so_in_the_lens_too(visit, gpt):
    off = {"text": TEXT, "section": "layers", "off": "1.1,2.2"}
    nothing = part(visit("inside", run=gpt.id, **off), "lens-grid")
    at = visit("inside", run=gpt.id, silent="mean", **off)
    assert part(at, "lens-grid")["cells"] != nothing["cells"]
    assert "on average over the validation text" in " ".join(said(at.caption))
    assert not at.exception


def press(at, label):
    return next(one for one in at.button if one.label == label).click().run()


def figures(at):
    return {one.label: float(one.value) for one in at.metric}


def test_a_copy_is_taught_a_sentence_step_by_step(visit, gpt):
    at = visit("inside", run=gpt.id, step="20", text=TEXT, section="lesson")
    assert not at.metric
    press(at, "One step")
    assert at.query_params["taught"] == "1"
    opened = open_model(gpt, step=20)
    ids = torch.tensor([opened.tokenizer.encode(TEXT)])
    rule = StepRule(learning_rate=0.03)
    [step] = teach_copy(opened.model, ids, rule, steps=1)
    expected = float(sentence_losses(step.pupil, ids).detach().mean())
    first = figures(at)
    assert first["Loss of the sentence after 1 step"] == pytest.approx(expected, abs=1e-4)
    assert "Validation loss" in first
    assert any("on other text of the run" in plain(one) for one in said(at.markdown))
    press(at, "Ten more")
    assert at.query_params["taught"] == "11"
    assert figures(at)["Loss of the sentence after 11 steps"] < expected
    press(at, "Begin anew")
    assert not at.metric
    assert not at.exception


def test_a_lesson_that_cannot_be_given_says_why(visit, gpt, monkeypatch):
    at = visit("inside", run=gpt.id, text=TEXT, section="lesson", sentence="a", taught="1")
    assert "One token alone teaches nothing" in plain(said(at.error)[0])

    monkeypatch.setattr(teaching, "MOST_PARAMETERS", 10)
    at = visit("inside", run=gpt.id, text=TEXT, section="lesson", taught="1")
    assert "can be taught here" in plain(said(at.error)[0])
    assert not at.exception


def test_a_run_without_its_text_is_taught_all_the_same(visit):
    run = made_run()  # its text is another one than the one it names
    at = visit("inside", run=run.id, text="the sea", section="lesson", taught="1", rule="adamw")
    assert "Loss of the sentence after 1 step" in figures(at)
    assert not at.exception


def test_the_numbers_can_be_taken_home(visit, gpt):
    at = visit("inside", run=gpt.id, step="20", text=TEXT, token="9")
    question = question_from_address(
        ChosenModel(run_id=gpt.id, step=20, trained=open_model(gpt, step=20)),
        TEXT,
        trace(
            open_model(gpt, step=20).model,
            torch.tensor([open_model(gpt, step=20).tokenizer.encode(TEXT)]),
        ),
    )
    found = prediction.account(question.model_on_text, question.position, question.token, None)
    lines = screen.lines_of(found, None)
    data = json.loads(screen.to_json(question, found, lines))
    assert sum(one["share"] for one in data["parts"]) == pytest.approx(data["logit"], abs=1e-4)
    assert data["parts"][0]["worth"] is None
    csv = screen.to_csv(found, lines).decode().splitlines()
    assert len(csv) == 1 + len(found.parts)
    assert len(at.get("download_button")) == 3
    assert not at.exception


def test_tokens_under_the_picture_are_shown_as_they_are(visit, gpt):
    vocabulary = ids(gpt)
    token, against = (str(vocabulary.index(one)) for one in (".", ":"))
    query = {"section": "picture", "token": "6", "next": token, "against": against}
    at = visit("inside", run=gpt.id, step="20", text=TEXT, **query)
    [words] = [one for one in said(at.caption) if "lowers it" in one]
    assert "“.” against “:” after token 6 “:”" in plain(words)
    assert words == escape(plain(words))  # two stars or dollars would be no tokens


def test_the_lens_and_the_lesson_can_be_taken_home(visit, gpt):
    opened = open_model(gpt, step=20)
    chosen = ChosenModel(run_id=gpt.id, step=20, trained=opened)
    seen = trace(opened.model, torch.tensor([opened.tokenizer.encode(TEXT)]))
    question = question_from_address(chosen, TEXT, seen)
    table = layers.lens_table(question, lens_of(question.model_on_text))
    assert len(table) == 3 * len(TEXT)
    said_last = [opened.tokenizer.vocabulary[one] for one in seen.logits[0].argmax(-1).tolist()]
    assert list(table["likeliest next"])[-len(TEXT) :] == said_last
    rule = StepRule(learning_rate=0.03)
    found = teaching.teach_sentence(question.model_on_text, question.position, TEXT, rule, 2)
    data = json.loads(lesson.to_json(question, TEXT, rule, found))
    assert len(data["sentence_losses"]) == 3
    assert data["rule"]["name"] == "sgd"
    assert len(data["token_losses"]["after"]) == len(TEXT) - 1
    assert data["forgotten"]["windows"] >= 4


def test_over_training_the_distances_from_counting_and_the_heads_are_drawn(visit, gpt):
    at = visit("inside", run=gpt.id, text=TEXT, section="training")
    assert not at.exception
    kept = steps_looked_at(gpt)
    on = yardstick(gpt, open_model(gpt, step=None))
    found = [at_step(gpt, step, on) for step in kept]
    distances = chart(at, f"distances-{gpt.id}")
    assert distances["xAxis"]["data"] == [str(step) for step in kept]
    for line, length in zip(distances["series"], range(6), strict=False):
        drawn = [point["value"][1] for point in line["data"]]
        assert drawn == pytest.approx([one.distances[length] for one in found], rel=1e-4)
    shown = chart(at, f"looks-{gpt.id}")["series"][0]
    layer, head = best_heads(found)["previous"]
    assert shown["data"][-1]["value"][1] == pytest.approx(
        100 * found[-1].shares["previous"][layer][head], rel=1e-4
    )
    assert in_words(found)[0] in "\n".join(said(at.markdown))


def test_over_training_of_a_run_whose_text_is_gone_says_so_and_waits_no_more(visit):
    run = made_run(config=tiny_config(corpus__name="gone"))
    at = visit("inside", run=run.id, text="To be a sea", section="training")
    assert not at.exception
    assert any("gone" in plain(one) for one in said(at.error))
    assert not at.get("progress")


def test_over_training_of_a_model_without_heads_is_told_without_them(visit, bigram):
    at = visit("inside", run=bigram.id, text=TEXT, section="training")
    assert not at.exception
    assert any("it has none" in one for one in said(at.caption))
    assert chart(at, f"distances-{bigram.id}")["series"]


def embeddings(visit, run, **asked):
    at = visit("inside", run=run.id, text=TEXT, section="embeddings", **asked)
    assert not at.exception
    return at


def map_of(at):
    """Ends of the axes, and where each token lies."""
    spec = chart(at, "embeddings-map-0")
    ends = [[spec[axis][end] for end in ("min", "max")] for axis in ("xAxis", "yAxis")]
    tokens = {point["name"]: point for one in spec["series"][1:] for point in one["data"]}
    return ends, tokens


def test_tokens_lie_where_the_axes_of_the_last_step_put_them_and_the_frame_stays(visit, gpt):
    at = embeddings(visit, gpt, step="20", token="9")
    ends, tokens = map_of(at)
    vocabulary = ids(gpt)
    letters, _vowels = letters_and_vowels(vocabulary)
    table = token_vectors(open_model(gpt, step=20).model)[letters]
    for at_letter, place in zip(letters, principal_axes(table).places(table).tolist(), strict=True):
        assert tokens[vocabulary[at_letter]]["value"] == pytest.approx(place, rel=1e-3, abs=1e-4)
    assert tokens[glyph(TEXT[8])]["itemStyle"]["borderWidth"]
    assert any("The same vectors write" in one for one in said(at.caption))
    slider = next(one for one in at.select_slider if one.key == "url-step-again")
    slider.set_value("0").run()
    assert at.query_params["step"] == "0"
    moved = map_of(at)
    assert moved[0] == ends
    assert moved[1]["e"]["value"] != tokens["e"]["value"]


def test_the_neighbours_are_those_of_the_address(visit, gpt):
    vocabulary = ids(gpt)
    token = vocabulary.index("e")
    at = embeddings(visit, gpt, step="20", of=str(token), measure="dot", drawn="all")
    table = token_vectors(open_model(gpt, step=20).model)
    found = neighbours(table, token, by="dot")
    bars = chart(at, "embeddings-near")
    assert bars["yAxis"]["data"] == [glyph(vocabulary[one]) for one in found.ids]
    assert [one["value"] for one in bars["series"][0]["data"]] == pytest.approx(
        found.likeness, rel=1e-2
    )
    chance = bars["series"][0]["markLine"]["data"][0]["xAxis"]
    assert chance == pytest.approx(mean_likeness(table, by="dot"), rel=1e-2)
    assert len(map_of(at)[1]) == len(vocabulary)
    [words] = [one for one in said(at.markdown) if "two vowels" in one]
    letters, vowels = letters_and_vowels(vocabulary)
    close = gathering(table[letters], vowels)
    assert f"**{close.within:.3f}**" in words


def test_what_a_table_says_suits_the_model(visit, bigram):
    apart = made_run(config=tiny_config(model__tied_embeddings=False))
    words = " ".join(said(embeddings(visit, bigram).caption))
    assert "a row of" in words
    assert "The same vectors write" not in words
    at = embeddings(visit, apart, table="written")
    assert "The same vectors write" not in " ".join(said(at.caption))
    assert at.button_group("url-table").value == "written"


def test_of_many_tokens_those_are_drawn_that_the_text_has_most_of(visit, gpt, monkeypatch):
    monkeypatch.setattr(layout, "drawn_tokens", partial(vectors.drawn_tokens, most=7))
    at = embeddings(visit, gpt, drawn="all")
    words = " ".join(said(at.caption))
    assert "7 tokens that the training text has most of" in words
    assert "tokens that you look at" in words
    assert len(map_of(at)[1]) > 7


def test_positions_are_those_of_the_model_and_the_text_is_read_in_other_orders(visit, gpt, bigram):
    at = visit("inside", run=gpt.id, step="20", text=TEXT, section="positions")
    assert not at.exception
    assert any("learned positions" in one for one in said(at.caption))
    opened = open_model(gpt, step=20)
    seen = read_shuffled(opened.model, torch.tensor(opened.tokenizer.encode(TEXT)))
    words = plain(orders_in_words(seen, opened.tokenizer.vocabulary_size))
    assert words in [plain(one) for one in said(at.markdown)]
    assert "Learn: all four kinds, side by side" in links(at)
    at = visit("inside", run=bigram.id, text=TEXT, section="positions")
    assert any("adds nothing for a place" in one for one in said(at.caption))
    assert not at.exception
