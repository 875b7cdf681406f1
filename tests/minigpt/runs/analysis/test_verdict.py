import dataclasses
import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minigpt.runs.analysis.evidence import Evidence, gather_evidence
from minigpt.runs.analysis.rules import Kind
from minigpt.runs.analysis.verdict import TITLES, judge_evidence, verdict_lines, verdict_of
from minigpt.runs.presets import PRESETS
from tests.ui.harness import made_run

QUICK = PRESETS["quick"].config
LECTURE = PRESETS["lecture-gpt"].config


def curve(*losses, every=100):
    return [(every * place, loss) for place, loss in enumerate(losses)]


def evidence(*validation, training=None, **more):
    trained = validation if training is None else training
    told = {"config": QUICK, "planned_steps": 100 * (len(validation) - 1), **more}
    return Evidence(validation=curve(*validation), training=curve(*trained), **told)


def with_setting(path, value, base=QUICK):
    return base.changed({path: value})


FALLING = (4.17, 2.6, 2.4, 2.3, 2.2, 2.1, 2.0, 1.9, 1.8)
LEVEL = (4.17, 2.6, 2.1, 1.9, 1.81, 1.805, 1.80, 1.80, 1.80)
CASES = {
    "before its first evaluation": (evidence(), Kind.NOT_JUDGED),
    "only the untrained model was judged": (evidence(4.17), Kind.NOT_JUDGED),
    "still falling at its end": (evidence(*FALLING), Kind.LEARNING),
    "falling, and it goes on": (evidence(*FALLING[:4], is_live=True), Kind.LEARNING),
    "levelled off": (evidence(*LEVEL), Kind.DONE),
    "goes up and down by chance at its end": (evidence(*LEVEL, 1.815, 1.80), Kind.DONE),
    "never moved": (evidence(4.17, 4.17, 4.17, 4.169), Kind.FLAT),
    "only got rid of what an untrained model adds": (evidence(3.30, 3.262, 3.26), Kind.FLAT),
    "knows only how often letters occur": (
        evidence(4.17, 3.40, 3.33, 3.32, frequency_loss=3.31), Kind.FLAT,
    ),
    "a learning rate of 3": (evidence(4.19, 2041.0, 1275.0), Kind.BROKEN),
    "ended a little above its start": (evidence(4.19, 4.0, 4.4, 4.5), Kind.BROKEN),
    "leapt and won back little": (evidence(4.17, 26.0, 5.0, 3.3, 3.25), Kind.BROKEN),
    "leapt and recovered": (evidence(4.17, 9.0, 3.0, 2.2, 1.9, 1.85, 1.84, 1.84, 1.84), Kind.DONE),
    "lost what it had learnt": (evidence(4.17, 2.2, 2.0, 3.6, 3.7), Kind.BROKEN),
    "no longer a number": (evidence(4.17, 3.0, diverged_at=140), Kind.BROKEN),
    "15 sentences": (
        evidence(3.9, 3.0, 3.4, 4.1, 4.6, training=(3.9, 2.0, 0.9, 0.3, 0.1)), Kind.MEMORISING,
    ),
    "an end unlike the rest, from the first step on": (
        evidence(4.2, 4.4, 4.7, 5.2, training=(4.2, 2.4, 2.0, 1.8)), Kind.MEMORISING,
    ),
    "a gap without a rise": (
        evidence(4.2, 2.0, 1.5, 1.4, 1.4, training=(4.2, 1.6, 0.7, 0.3, 0.3)), Kind.MEMORISING,
    ),
    "the usual gap": (
        evidence(4.2, 2.0, 1.8, 1.79, 1.79, training=(4.2, 1.9, 1.7, 1.64, 1.64)), Kind.DONE,
    ),
    "rose within chance": (
        evidence(4.2, 2.0, 1.8, 1.81, 1.815, training=(4.2, 1.9, 1.7, 1.6, 1.5)), Kind.DONE,
    ),
    "rose once": (evidence(4.2, 2.0, 1.8, 1.9, training=(4.2, 1.9, 1.7, 1.6)), Kind.DONE),
    "a book that ends in its licence": (
        evidence(4.19, 5.15, 3.2, 2.14, training=(4.16, 1.16, 0.4, 0.29), tokens_seen=90_000,
                 training_tokens=70_000), Kind.UNLIKE,
    ),
    "a fork that got worse": (
        evidence(2.31, 2.9, 2.8, 2.73, parent_best=2.31), Kind.WORSE,
    ),
    "a fork that broke": (evidence(2.31, 9.0, 8.0, parent_best=2.31), Kind.BROKEN),
    "a fork that went on": (evidence(2.31, 2.1, 2.0, 2.0, 2.0, parent_best=2.31), Kind.DONE),
    "a fork that is as good": (evidence(2.31, 2.32, 2.315, parent_best=2.31), Kind.DONE),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_every_kind_of_curve_gets_its_verdict(name):
    given_evidence, kind = CASES[name]
    assert judge_evidence(given_evidence).kind is kind


def test_every_verdict_is_reached_and_has_a_title():
    assert {kind for _, kind in CASES.values()} == set(Kind) == set(TITLES)


def test_a_run_that_has_ended_is_not_still_learning():
    assert judge_evidence(evidence(*FALLING)).title == "could learn more"
    assert judge_evidence(evidence(*FALLING[:4], is_live=True)).title == "still learning"


def test_a_fall_is_told_from_the_step_that_it_is_measured_from():
    words = judge_evidence(evidence(3.12, 2.99, 2.80, 2.60)).words
    assert "fell from 3.1200 to 2.6000, 0.20 of it since step 200" in words
    assert "since step 600 it hardly fell" in judge_evidence(evidence(*LEVEL)).words


def test_of_a_run_judged_at_its_start_and_its_end_nobody_can_tell_whether_it_levelled_off():
    verdict = judge_evidence(evidence(3.27, 1.97))
    assert verdict.kind is Kind.DONE
    assert verdict.words.endswith("It was judged too seldom to tell whether it was still learning.")


def test_only_good_verdicts_deserve_a_tick():
    assert {kind for kind in Kind if kind.is_good} == {Kind.LEARNING, Kind.DONE}


def test_a_run_that_just_began_is_not_called_flat():
    begun = evidence(4.17, 4.16, 4.16, is_live=True, planned_steps=100_000)
    assert judge_evidence(begun).kind is Kind.LEARNING
    later = dataclasses.replace(begun, planned_steps=400)
    assert judge_evidence(later).kind is Kind.FLAT


def test_the_setting_that_differs_most_in_the_harmful_way_is_blamed():
    for path, value, curves in (
        ("training.learning_rate", 3.0, (4.17, 900.0)),
        ("training.learning_rate", 1e-8, (4.17, 4.17, 4.17)),
        ("training.steps", 5, (4.17, 4.16)),
    ):
        remedy = judge_evidence(evidence(*curves, config=with_setting(path, value))).remedy
        assert remedy.change.field == path
        assert remedy.change.value == {
            "training.learning_rate": 0.02, "training.steps": 540,
        }[path]  # fmt: skip
        assert path.split(".")[1].replace("_", " ") in remedy.cause


ADAMW = QUICK.changed({"training.optimizer": "adamw", "training.learning_rate": 1e-3})


def test_a_learning_rate_is_compared_with_those_of_the_same_optimizer():
    faster = with_setting("training.learning_rate", 2e-3, ADAMW)
    assert judge_evidence(evidence(*LEVEL, config=faster)).remedy.change is None
    for rate, curves in ((1e-6, LEVEL), (1e-8, (4.17, 4.17, 4.17)), (0.02, (4.17, 9.0, 8.0))):
        odd = with_setting("training.learning_rate", rate, ADAMW)
        remedy = judge_evidence(evidence(*curves, config=odd)).remedy
        assert remedy.change.field == "training.learning_rate"
        assert remedy.change.value == 1e-3
        assert "the nearest one with its optimizer" in remedy.cause


def test_where_its_rate_is_sound_another_optimizer_is_blamed():
    remedy = judge_evidence(evidence(4.17, 9.0, 8.0, config=ADAMW)).remedy
    assert (remedy.change.field, remedy.change.value) == ("training.optimizer", "muon")
    assert "optimizer" in remedy.cause


def test_a_setting_that_differs_in_the_harmless_way_is_not_blamed():
    low = judge_evidence(evidence(4.17, 900.0, config=with_setting("training.learning_rate", 1e-3)))
    assert low.remedy.change.value < 1e-3  # the rule of thumb: less of it


def test_a_level_curve_does_not_hide_that_the_steps_were_small_or_few():
    slow = with_setting("training.learning_rate", 0.001)
    remedy = judge_evidence(evidence(*LEVEL, config=slow)).remedy
    assert remedy.change.field == "training.learning_rate"
    assert remedy.change.value == 0.02
    few = judge_evidence(evidence(*LEVEL, config=with_setting("training.steps", 100))).remedy
    assert few.change.value == 540
    assert judge_evidence(evidence(*LEVEL)).remedy.change is None


def test_a_fork_may_take_smaller_steps_than_the_preset():
    slow = with_setting("training.learning_rate", 0.001)
    fork = evidence(2.31, 2.1, 2.0, 2.0, 2.0, parent_best=2.31, config=slow)
    assert judge_evidence(fork).remedy.change is None


def test_a_run_that_came_back_from_a_leap_is_told_how_far():
    words = judge_evidence(evidence(4.168, 9.5176, 3.4274)).words
    assert "from 4.1680 at its start to 9.5176 at step 100, and came back only to 3.4274" in words


def test_the_change_can_be_made():
    for given_evidence, _ in CASES.values():
        remedy = judge_evidence(given_evidence).remedy
        if remedy and remedy.change:
            changed = QUICK.changed({remedy.change.field: str(remedy.change.value)})
            assert changed != QUICK


def test_a_small_text_is_blamed_where_it_was_read_often_and_its_end_where_it_was_not():
    curves = {"validation": curve(4.0, 3.0, 3.5, 4.5), "training": curve(4.0, 2.0, 1.0, 0.2)}
    often = Evidence(**curves, training_tokens=420, tokens_seen=147_000, parameters=9000)
    verdict = judge_evidence(often)
    assert verdict.since == 100
    assert "420 tokens of it 350 times" in verdict.remedy.cause
    assert verdict.remedy.change.field == "training.steps"
    assert verdict.remedy.change.value == 100
    seldom = judge_evidence(dataclasses.replace(often, training_tokens=1_000_000))
    assert "unlike the rest" in seldom.remedy.cause
    assert seldom.remedy.change.field == "corpus.validation"
    assert seldom.remedy.blames_text


def test_a_gap_before_the_text_was_read_once_is_no_memory():
    # A book that ends in its licence, as it was measured.
    book = Evidence(
        validation=[(0, 4.19), (30, 5.15), (60, 4.55), (150, 2.72), (300, 2.14)],
        training=[(0, 4.16), (30, 1.16), (60, 0.43), (150, 0.33), (300, 0.29)],
        training_tokens=69_770, tokens_seen=307_200, parameters=104_256,
    )  # fmt: skip
    verdict = judge_evidence(book)
    assert "by step 30, before it had read its text once" in verdict.remedy.cause
    assert verdict.remedy.change.value == "paragraphs"


def test_random_letters_blame_the_text():
    random = evidence(
        3.30, 3.262, 3.26, frequency_loss=3.258, vocabulary_size=26,
        config=with_setting("training.steps", 180),
    )  # fmt: skip
    remedy = judge_evidence(random).remedy
    assert remedy.blames_text
    assert "random" in remedy.cause


def test_a_fork_that_got_worse_is_told_to_go_gently_or_that_it_knows_its_text():
    wild = judge_evidence(evidence(2.31, 2.9, 2.8, parent_best=2.31, training=(2.3, 2.9, 2.8)))
    assert wild.remedy.change.field == "training.learning_rate"
    learnt = judge_evidence(evidence(2.31, 2.4, 2.5, parent_best=2.31, training=(2.3, 1.9, 1.2)))
    assert "by heart" in learnt.remedy.cause


numbers = st.floats(min_value=0.0, max_value=1e30)
curves = st.lists(numbers, max_size=12)


@given(curves, curves, st.none() | numbers, st.booleans())
def test_whatever_the_numbers_there_is_a_verdict_in_words(validation, training, parent, is_live):
    found = judge_evidence(
        Evidence(
            validation=curve(*validation), training=curve(*training), parent_best=parent,
            is_live=is_live, config=LECTURE,
        )
    )  # fmt: skip
    assert all(line and "{" not in line for line in verdict_lines(found))
    json.dumps(found.to_json(), allow_nan=True)


def test_a_fork_is_judged_by_its_own_evaluations():
    run = made_run()
    config = {**run.config().to_dict(), "start": {"kind": "fork", "run": "x", "step": 10}}
    run.write("config", config)
    found = gather_evidence(run)
    assert found.validation == [(10, 3.0), (20, 2.5)]
    assert found.parent_best == 3.0
    assert verdict_of(run).best == (20, 2.5)


def test_a_run_of_an_earlier_version_is_judged_with_its_last_batches():
    found = gather_evidence(made_run())
    assert [step for step, _ in found.training] == [0, 10, 20]
    assert math.isclose(found.training[1][1], (4.0 + 3.0) / 2)


def test_a_damaged_run_is_not_judged():
    run = made_run(steps=(), state=None, end=None)
    (run.path / "config.json").write_text("{", encoding="utf-8")
    assert verdict_of(run).kind is Kind.NOT_JUDGED
