import pytest

from minigpt.errors import ConfigurationError, RunError
from minigpt.jobs import limits
from minigpt.jobs.limits import (
    Limits,
    TokenGuesses,
    is_teacher,
    may_control,
    owner_of,
    require_long_token,
    tokens_of,
)
from minigpt.runs.presets import PRESETS


@pytest.fixture(autouse=True)
def _no_limits(monkeypatch):
    for name in (limits.RUNNING, limits.QUEUED, limits.LARGEST, limits.TEACHER):
        monkeypatch.delenv(name, raising=False)


def test_nothing_is_limited_unless_somebody_says_so(tiny):
    found = Limits.from_environment()
    assert found == Limits()
    found.require_room("Ada", queued=1_000_000)
    found.require_size(tiny, vocabulary_size=10**9)


def test_the_environment_sets_the_limits(monkeypatch):
    monkeypatch.setenv("MINIGPT_RUNNING_PER_OWNER", "1")
    monkeypatch.setenv("MINIGPT_QUEUED_PER_OWNER", " 3 ")
    monkeypatch.setenv("MINIGPT_LARGEST_TRAINING", "1e12")
    assert Limits.from_environment() == Limits(
        running_per_owner=1, queued_per_owner=3, largest_training=1e12
    )


@pytest.mark.parametrize("name", [limits.RUNNING, limits.QUEUED, limits.LARGEST])
@pytest.mark.parametrize("value", ["0", "-1", "many", "nan", "inf"])
def test_a_limit_that_is_no_number_is_refused(monkeypatch, name, value):
    monkeypatch.setenv(name, value)
    with pytest.raises(ConfigurationError, match=f"{name} is '{value}'"):
        Limits.from_environment()


@pytest.mark.parametrize("name", [limits.RUNNING, limits.QUEUED])
def test_half_a_run_is_refused(monkeypatch, name):
    monkeypatch.setenv(name, "1.5")
    with pytest.raises(ConfigurationError, match="whole number"):
        Limits.from_environment()


def test_one_who_has_enough_waiting_is_refused():
    found = Limits(queued_per_owner=2)
    found.require_room("Ada", queued=1)
    with pytest.raises(RunError, match="You have 2 runs waiting already"):
        found.require_room("Ada", queued=2)
    found.require_room("", queued=2)


def test_a_training_that_is_too_large_is_refused_with_its_numbers(tiny):
    parameters = tiny.model.parameter_count(24)
    assert tokens_of(tiny) == 12 * 2 * 8
    Limits(largest_training=parameters * 192.0).require_size(tiny, vocabulary_size=24)
    with pytest.raises(ConfigurationError, match=r"2\.0 times as large") as told:
        Limits(largest_training=parameters * 96.0).require_size(tiny, vocabulary_size=24)
    assert told.value.field == "training.steps"
    assert f"{parameters:,} parameters and 192 tokens" in told.value.message


def test_of_a_table_that_is_looked_into_only_its_moves_count(tiny):
    tokens = {"training.batch_size": 1000}
    with_table = tiny.changed({**tokens, "model.ngram_order": 2, "model.ngram_rows": 1000})
    parameters = tiny.model.parameter_count(24)
    moves = 1000 * tiny.model.width * limits.UPDATE_AS_TOKENS * tiny.training.steps
    work = float(parameters * tokens_of(with_table) + moves)
    Limits(largest_training=work).require_size(with_table, vocabulary_size=24)
    with pytest.raises(ConfigurationError, match="times as large"):
        Limits(largest_training=0.999 * work).require_size(with_table, vocabulary_size=24)


@pytest.mark.parametrize("preset", ["quick", "strong"])
def test_the_limit_that_the_documents_name_allows_the_presets_for_processors(preset):
    Limits(largest_training=1e12).require_size(PRESETS[preset].config, vocabulary_size=65)


def test_only_the_token_makes_a_teacher(monkeypatch):
    monkeypatch.setenv("MINIGPT_TEACHER_TOKEN", "Geheim-ä")
    assert is_teacher("Geheim-ä")
    assert not any(map(is_teacher, ["", "geheim-ä", "Geheim", "Geheim-ä ", "日本"]))


@pytest.mark.parametrize("given", ["", "anything"])
def test_without_a_token_nobody_is_a_teacher(given):
    assert not is_teacher(given)


@pytest.mark.parametrize(
    ("token", "owner", "asks", "teacher", "may"),
    [
        ("", "Ada", "Bob", False, True),
        ("secret", "Ada", "Bob", False, False),
        ("secret", "Ada", "Bob", True, True),
        ("secret", "Ada", "Ada", False, True),
        ("secret", "", "Bob", False, True),
        ("secret", "Ada", "", False, False),
    ],
)
def test_who_may_control_whose_run(store, tiny, monkeypatch, token, owner, asks, teacher, may):
    monkeypatch.setenv("MINIGPT_TEACHER_TOKEN", token)
    run = store.create(tiny, name="mine", owner=owner)
    assert owner_of(run) == owner
    assert may_control(run, asks, teacher) == may


def test_wrong_guesses_cost_everybody_a_growing_pause(monkeypatch):
    monkeypatch.setenv("MINIGPT_TEACHER_TOKEN", "the long token")
    now = [0.0]
    guesses = TokenGuesses(clock=lambda: now[0])
    for pause in (1, 2, 4, 8, 16, 32, 60, 60):
        assert not guesses.is_right("wrong")
        for given in ("wrong", "the long token"):
            with pytest.raises(RunError, match=f"again in {pause} s"):
                guesses.is_right(given)
        now[0] += pause
    assert guesses.is_right("the long token")
    assert not guesses.is_right("wrong")
    with pytest.raises(RunError, match="again in 1 s"):
        guesses.is_right("the long token")


@pytest.mark.parametrize(
    ("token", "is_refused"), [("", 0), ("1234", 1), ("x" * 11, 1), ("x" * 12, 0)]
)
def test_a_token_that_can_be_guessed_is_refused(monkeypatch, token, is_refused):
    monkeypatch.setenv("MINIGPT_TEACHER_TOKEN", token)
    if not is_refused:
        return require_long_token()
    with pytest.raises(ConfigurationError, match="at least 12") as refused:
        require_long_token()
    assert token not in refused.value.message


def test_a_damaged_owner_is_nobody(run):
    run.write("meta", {"owner": ["Ada"]})
    assert owner_of(run) == ""
