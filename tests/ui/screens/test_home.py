from urllib.parse import parse_qsl

from tests.ui.harness import links, made_run, plain, said, texts
from ui.messages import escape
from ui.services.runs import DEMO_RUN
from ui.session.url import LIKELIEST


def show():
    from ui.navigation import ensure_frame
    from ui.screens.home import run_cards
    from ui.services.runs import all_runs

    ensure_frame()
    run_cards(all_runs())


def curves(at):
    """The pictures of runs' curves, one in a card."""
    return [part.proto.body for part in at.main.get("html") if "<img" in part.proto.body]


def test_where_there_is_no_run_there_is_an_invitation(draw):
    at = draw(show)
    assert "Your runs will be here." in at.main.caption[0].value
    assert not at.metric
    assert not at.exception


def test_a_card_shows_loss_curve_words_and_the_way_to_the_run(draw):
    run = made_run(name="*Sea* <b>")
    at = draw(show)
    assert (at.metric[0].label, at.metric[0].value) == ("Best validation loss", "2.5000")
    (curve,) = curves(at)
    assert 'alt="validation loss by step. 4.00 → 2.50"' in curve
    assert not at.metric[0].proto.chart_data  # for which a browser loads a library
    assert texts(at) == ["the <b>sea</b> *of* $x$ …"]
    assert links(at) == {"*Sea* <b>": ("run", f"run={run.id}")}
    assert at.get("page_link")[0].value == escape("*Sea* <b>")
    assert any("finished" in words for words in said(at.markdown))
    assert not at.exception


def test_a_run_that_has_done_nothing_yet_has_a_card_without_numbers(draw):
    made_run(steps=(), state=None, end=None)
    at = draw(show)
    assert at.metric[0].value == "–"
    assert not curves(at)
    assert not texts(at)
    assert not at.exception


def test_cards_stand_three_in_a_row(draw):
    for number in range(4):
        made_run(name=f"Run {number}", steps=())
    at = draw(show)
    assert [len(column.metric) for column in at.columns] == [1, 1, 1, 1, 0, 0]
    assert list(links(at)) == ["Run 3", "Run 2", "Run 1", "Run 0"]
    assert not at.exception


def test_a_damaged_run_costs_its_own_card_only(draw):
    made_run(name="Good")
    damaged = made_run(name="Damaged")
    (damaged.weights / "latest.json").write_text('{"checkpoints": [{"odd": 1}]}', "utf-8")
    at = draw(show)
    assert "latest.json" in plain(at.error[0].value)
    assert list(links(at)) == ["Good"]
    assert not at.exception


def why():
    from ui.navigation import ensure_frame
    from ui.screens.home import ask_why

    ensure_frame()
    ask_why(has_demo=True)


def test_why_u_follows_q_is_asked_in_full_whatever_was_looked_at_before(draw):
    made_run(run_id=DEMO_RUN)
    [(page, query)] = links(draw(why)).values()
    asked = dict(parse_qsl(query))
    assert page == "inside"
    assert asked["step"] == "20"
    assert asked["text"].endswith("q")
    assert (asked["next"], asked["against"]) == (LIKELIEST, LIKELIEST)
    assert (asked["section"], asked["part"]) == ("receipt", "all")
