import shutil
from urllib.parse import parse_qs

import numpy as np
import torch
from streamlit.testing.v1 import AppTest

from minigpt.introspection.trace import trace
from minigpt.runs.presets import PRESETS
from minigpt.runs.store import RunStore
from minigpt.runs.trained_model import open_model
from tests.ui.harness import ROOT, TIMEOUT_SECONDS, links, part, plain, said
from ui.charts.shades import shade_numbers
from ui.components.drawing import packed_array
from ui.services.runs import DEMO_RUN
from ui.services.texts import SHAKESPEARE


def train_one_now(at):
    return next(button for button in at.button if button.label == "Train one now").click().run()


def test_home_says_what_this_is_and_offers_three_doors(visit):
    at = visit("home")
    assert said(at.title) == ["Train a small GPT, and look inside it"]
    assert said(at.subheader) == [
        "Train one now", "Play with what you train", "Learn step by step", "Latest runs",
    ]  # fmt: skip
    assert links(at) == {
        "Generate text": ("generate", ""), "See attention": ("attention", ""),
        "Ask why it writes what it writes": ("inside", ""), "Open the lessons": ("learn", ""),
    }  # fmt: skip
    assert not at.exception


def test_before_the_first_run_there_is_an_invitation(visit):
    at = visit("home")
    assert any("Your runs will be here." in words for words in said(at.caption))
    assert not at.metric
    assert not at.exception


def test_runs_are_shown_as_cards_that_lead_to_them(visit, gpt, bigram):
    at = visit("home")
    found = links(at)
    assert found["Tiny gpt"] == ("run", f"run={gpt.id}")
    assert found["Tiny bigram"] == ("run", f"run={bigram.id}")
    best = gpt.read("exit")["best_validation_loss"]
    assert f"{best:.4f}" in [metric.value for metric in at.metric]
    assert not at.exception


def test_one_button_trains_the_quick_preset_on_shakespeare(visit, launched):
    at = train_one_now(visit("home"))
    (run,) = launched
    config = run.config()
    quick = PRESETS["quick"].config.changed({"corpus.sha256": config.corpus.sha256})
    assert config == quick
    assert [plain(words) for words in said(at.title)] == ["First run on Tiny Shakespeare"]
    assert at.query_params == {"run": run.id}
    assert not at.exception


def test_another_button_grows_a_head_that_copies(visit, launched):
    button = next(one for one in visit("home").button if one.label.startswith("Grow a head"))
    at = button.click().run()
    (run,) = launched
    config = run.config()
    copying = PRESETS["copying"].config.changed({"corpus.sha256": config.corpus.sha256})
    assert config == copying
    assert [plain(words) for words in said(at.title)] == ["A head that copies"]
    assert at.query_params == {"run": run.id}
    assert not at.exception


def test_two_presses_start_one_run(visit, launched):
    at = visit("home")
    pressed = next(one for one in at.button if one.label.startswith("Grow a head")).click()
    what_the_browser_says = at._tree.get_widget_states()
    pressed.run()
    # The second press was made before the browser had heard of the first, on the page as it was.
    at.query_params.clear()
    at.switch_page("pages/home.py")._run(what_the_browser_says)
    (run,) = RunStore.default().all()
    assert at.query_params == {"run": run.id}
    at.query_params.clear()
    again = at.switch_page("pages/home.py").run()
    next(one for one in again.button if one.label.startswith("Grow a head")).click().run()
    assert len(RunStore.default().all()) == 2
    assert not at.exception


def test_a_press_that_a_session_of_its_own_hears_of_is_a_run_of_its_own(visit, launched):
    at = visit("home")
    next(one for one in at.button if one.label.startswith("Grow a head")).click()
    what_the_browser_says = at._tree.get_widget_states()
    for _visitor in range(2):  # as after the server was started anew: no button was drawn there
        another = AppTest.from_file(ROOT / "app.py", default_timeout=TIMEOUT_SECONDS)
        another._run(what_the_browser_says)
    assert len(RunStore.default().all()) == 2


def test_where_nothing_can_be_started_all_else_stays(visit, monkeypatch):
    at = visit("home")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(10, 10, 0))
    at = train_one_now(at)
    assert "The disk is nearly full" in plain(at.error[0].value)
    assert "Latest runs" in said(at.subheader)
    assert "Open the lessons" in links(at)
    assert not at.exception


def test_without_internet_pythons_documentation_is_read_instead(visit, launched, offline):
    at = train_one_now(visit("home"))
    (run,) = launched
    assert run.config().corpus.name == "python-docs"
    assert [plain(words) for words in said(at.title)] == ["First run on Python's documentation"]
    assert not at.exception


def test_a_folder_that_cannot_be_written_is_told(visit, launched, unwritable_checkpoints):
    at = train_one_now(visit("home"))
    assert "could not be created" in plain(at.error[0].value)
    assert launched == []
    assert said(at.title) == ["Train a small GPT, and look inside it"]
    assert not at.exception


def visit_with_demo(visit):
    shutil.copytree(ROOT / "checkpoints" / DEMO_RUN, RunStore.default().root / DEMO_RUN)
    return visit("home")


def test_the_demo_models_heads_are_the_models_own(visit):
    at = visit_with_demo(visit)
    demo = RunStore.default().open(DEMO_RUN)
    opened = open_model(demo, step=None)
    ids = torch.tensor([opened.tokenizer.encode(SHAKESPEARE.line)])
    maps = trace(opened.model, ids).attention[0].numpy()
    shown = part(at, "home-tiles")
    triangle = np.tril_indices(len(SHAKESPEARE.line))
    assert shown["cells"] == packed_array(shade_numbers(maps, high=1.0)[..., *triangle])
    assert part(at, "home-strip")["tokens"] == list(SHAKESPEARE.line)
    assert not at.exception


def test_a_link_opens_the_same_view_of_the_heads(visit):
    page, query = links(visit_with_demo(visit))["Go on from this view"]
    assert page == "attention"
    assert parse_qs(query) == {
        "run": [DEMO_RUN], "step": ["2000"], "text": [SHAKESPEARE.line],
        "layer": ["1"], "head": ["1"], "token": [str(len(SHAKESPEARE.line))],
    }  # fmt: skip


def test_without_the_demo_model_home_shows_no_heads(visit, gpt):
    at = visit("home")
    assert not at.main.get("bidi_component")
    assert not at.exception
