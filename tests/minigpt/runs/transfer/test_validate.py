"""Archives that are whole and list themselves rightly, but whose files are made up."""

import dataclasses
import json
import sys
import time
from contextlib import suppress

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from minigpt.errors import MiniGPTError, RunError
from minigpt.jobs.estimate.token_counts import count_tokens
from minigpt.jobs.submission import checked_config
from minigpt.runs.directory import choose_checkpoint
from minigpt.runs.labels import LONGEST_NAME, LONGEST_NOTE
from minigpt.runs.records import MetricRow
from minigpt.runs.records.rows import LIMITS
from minigpt.runs.status import Status
from minigpt.runs.store import RunStore
from minigpt.runs.transfer.archive import read_archive
from minigpt.runs.transfer.archive_format import LINE_FILES
from tests.minigpt.runs.transfer.archives import archived, files_in, left_behind, packed

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=6,
)


@pytest.fixture(scope="module")
def good(trained):
    return files_in(archived(trained))


@pytest.fixture
def store(folders):
    made = RunStore.default()
    made.root.mkdir()
    return made


@pytest.fixture
def bring(good, store):
    """A function that imports the trained run with some of its files replaced."""

    def bring_changed(**changes):
        files = dict(good)
        for name, content in changes.items():
            file = f"{name}.jsonl" if name in LINE_FILES else f"{name}.json"
            if content is None:
                files.pop(file, None)
            else:
                files[file] = (
                    content if isinstance(content, bytes) else json.dumps(content).encode()
                )
        return read_archive(store, packed(files))

    return bring_changed


def refused(bring, store, match, **changes):
    with pytest.raises(MiniGPTError, match=match):
        bring(**changes)
    assert left_behind(store) == []


@pytest.mark.parametrize("name", ["config", "meta", "state", "exit", "tokenizer"])
@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"null", b"\xff", b"[" * 100_000])
def test_a_file_that_is_no_json_object_is_refused(bring, store, name, content):
    refused(bring, store, f"{name}.json is damaged", **{name: content})


@pytest.mark.parametrize(
    ("config", "match"),
    [
        ({"version": 99}, "version 99"),
        ({"nonsense": {}}, "no section called"),
        ({"training": {"steps": -1}}, "steps"),
        ({"model": {"rung": "../../evil"}}, "no model called"),
        ({"corpus": 3}, "corpus"),
    ],
)
def test_settings_that_cannot_work_are_refused(bring, store, config, match):
    refused(bring, store, match, config=config)


def test_settings_are_written_anew_so_that_nothing_else_is_in_them(bring, trained):
    assert bring().read("config") == trained.config().to_dict()


def test_no_path_comes_with_a_run(bring, trained):
    config = trained.config().to_dict()
    config["corpus"] |= {"path": "/etc/passwd", "sha256": "a" * 64}
    corpus = bring(config=config).config().corpus
    assert (corpus.path, corpus.sha256) == ("", "a" * 64)


def strings_replaced(value, by):
    """Every way of putting one string in the place of another somewhere inside a JSON value."""
    match value:
        case str():
            yield by
        case dict():
            for name, inner in value.items():
                yield from ({**value, name: made} for made in strings_replaced(inner, by))
        case list():
            for index, inner in enumerate(value):
                for made in strings_replaced(inner, by):
                    yield [*value[:index], made, *value[index + 1 :]]


@pytest.fixture
def opened(tmp_path):
    """A secret file, and every path of this process that looks at it while the test runs."""
    secret = tmp_path / "secrets.toml"
    secret.write_text('cookie_secret = "kx7Qm2"')
    seen = []
    watching = [True]

    def watch(event, arguments):
        if (
            watching
            and event in ("open", "os.listdir", "os.scandir")
            and "secrets" in str(arguments)
        ):
            seen.append((event, arguments))

    sys.addaudithook(watch)  # cannot be taken away again, only told to look elsewhere
    yield secret, seen
    watching.clear()


@pytest.mark.parametrize("file", ["config", "meta", "state", "exit", "tokenizer", "launch"])
def test_no_value_of_an_imported_run_is_ever_opened(bring, good, opened, file):
    secret, seen = opened
    values = json.loads(good.get(f"{file}.json", b"{}"))
    if file == "config":
        values["corpus"] |= {"path": "a path", "sha256": "a" * 64}
        values["start"] |= {"run": "another run"}
    for changed in strings_replaced(values, str(secret)):
        with suppress(MiniGPTError):  # whether it is refused is what the other tests ask
            run = bring(**{file: changed})
            run.log_tail(5)
            choose_checkpoint(run, None)
            count_tokens(run.config())
            checked_config(run.config())
    assert seen == []
    assert secret.read_text()  # what the watch would have seen
    assert seen != []


@pytest.mark.parametrize("name", LINE_FILES)
@pytest.mark.parametrize(
    "line",
    [b"hello", b"[]", b"3", b"\xff", b"{}", b'{"step": "1", "at": "1"}', b"[" * 100_000],
)
def test_a_line_that_no_worker_writes_is_refused(bring, store, name, line):
    refused(bring, store, f"{name}.jsonl is damaged", **{name: line + b"\n"})


@pytest.mark.parametrize("name", [one.name for one in dataclasses.fields(MetricRow)])
@pytest.mark.parametrize("value", ["3", [1], {"a": 1}, True])
def test_a_number_that_is_none_is_refused(bring, store, name, value):
    row = {"step": 1, name: value}
    refused(bring, store, "metrics.jsonl is damaged", metrics=json.dumps(row).encode() + b"\n")


@pytest.mark.parametrize("value", [b"1e999", b"NaN", b"-Infinity", b"9" * 5000])
def test_a_number_without_end_is_refused(bring, store, value):
    line = b'{"step": 1, "train_loss": ' + value + b"}\n"
    refused(bring, store, "metrics.jsonl is damaged", metrics=line)


def test_a_sample_that_is_no_text_is_refused(bring, store):
    refused(bring, store, "samples.jsonl", samples=b'{"step": 1, "text": ["a"]}\n')


@pytest.mark.parametrize(
    ("end", "state"),
    [
        (None, {"step": 3}),
        ({}, {"step": 3}),
        ({"outcome": "alive"}, None),
        ({"outcome": None}, {"phase": "training", "heartbeat": 4e9, "step": 3}),
        ({"outcome": "queued", "at": 4e9}, {"phase": "preparing", "heartbeat": 4e9}),
    ],
)
def test_whatever_it_says_of_itself_it_is_neither_alive_nor_queued(bring, store, end, state):
    run = bring(exit=end, state=state)
    assert store.summarise(run).status is Status.STOPPED
    assert run.read("exit")["at"] <= time.time()
    assert run.read("state").get("heartbeat", 0) <= time.time()


@pytest.mark.parametrize("outcome", ["finished", "paused", "stopped", "failed"])
def test_the_way_it_ended_is_kept(bring, store, outcome):
    run = bring(exit={"outcome": outcome, "reason": "so it is", "at": 5.0})
    assert store.summarise(run).status == outcome
    assert run.read("exit") == {"outcome": outcome, "reason": "so it is", "at": 5.0}


def test_an_end_in_the_future_is_now(bring):
    """Else a run that is taken up again would seem to have ended already."""
    before = time.time()
    assert before <= bring(exit={"outcome": "stopped", "at": 4e9}).read("exit")["at"] <= time.time()


def test_the_process_of_another_computer_means_nothing_here(bring):
    assert "pid" not in bring(state={"pid": 1, "step": 3}).read("state")


def test_name_tags_and_note_are_tidied_and_nothing_else_is_kept(bring):
    meta = {"name": "a\nb\0" + "x" * 500, "tags": ["A", 3, "a"], "note": " n ", "owner": "eve"}
    run = bring(meta=meta | {"created_at": 4e9, "evil": 1})
    found = run.read("meta")
    assert found["name"].startswith("a b x")
    assert len(found["name"]) == LONGEST_NAME
    assert found.pop("created_at") <= time.time()
    del found["name"]
    assert found == {"tags": ["a"], "note": "n", "owner": ""}


def test_labels_beyond_their_limits_are_refused(bring, store):
    refused(bring, store, "allowed", meta={"note": "x" * (LONGEST_NOTE + 1)})
    refused(bring, store, "can have", meta={"tags": [str(number) for number in range(50)]})


def test_without_a_name_it_is_untitled(bring, store):
    assert store.summarise(bring(meta=None)).name == "untitled"


def test_a_tokenizer_may_use_its_own_names(bring, trained):
    """Such as "text", which stands for something else elsewhere."""
    tokenizer = trained.read("tokenizer") | {"text": [1]}
    assert bring(tokenizer=tokenizer).tokenizer().kind == "character"


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    name=st.sampled_from(["config", "meta", "state", "exit", "tokenizer"]),
    values=st.dictionaries(
        st.sampled_from(["model", "training", "seed", "outcome", "at", "tags", "name", "kind"]),
        JSON,
    ),
)
def test_whatever_a_file_holds_it_is_refused_or_can_be_listed(bring, store, name, values):
    try:
        run = bring(**{name: values})
    except MiniGPTError:
        assert left_behind(store) == []
    else:
        assert not store.summarise(run).status.is_live
        store.delete(run.id)


def test_refusals_are_run_errors_with_advice(bring):
    with pytest.raises(RunError, match="Download it again where it came from"):
        bring(metrics=b"x\n")


@pytest.mark.parametrize("name", LINE_FILES)
def test_more_rows_than_a_training_writes_are_refused(bring, store, name):
    good = '"at":1,"text":"a","previous":[[0]],"copied":[[0]],"copied_chance":0,'
    good += '"layers":1,"heads":1,"ids":[1],"cells":"/w=="'
    rows = [f'{{"step":{step},{good}}}\n' for step in range(LIMITS[name].rows + 1)]
    content = "".join(rows).encode()
    refused(bring, store, f"{name}.jsonl has more than", **{name: content})


@pytest.mark.parametrize("name", ["samples", "heads", "frames", "events"])
def test_more_bytes_than_viewers_keep_are_refused(bring, store, name):
    row = json.dumps({"step": 1, "at": 1, "text": "abc " * 400}).encode() + b"\n"
    refused(bring, store, "are allowed", **{name: row * (LIMITS[name].bytes // len(row) + 1)})


def test_a_line_as_long_as_a_file_is_refused(bring, store):
    line = b'{"step": 1, "x": "' + b"a" * 2_000_000 + b'"}\n'
    refused(bring, store, "metrics.jsonl is damaged", metrics=line)


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("state", {"steps": "7"}),
        ("state", {"own_seconds": [1]}),
        ("state", {"phase": 3}),
        ("state", {"parameters": 1e308}),
        ("state", {"step": 1.5}),
        ("exit", {"outcome": "stopped", "best_step": -4}),
        ("exit", {"outcome": ["stopped"]}),
        ("exit", {"reason": {"a": 1}}),
        ("meta", {"name": 12}),
        ("meta", {"created_at": "yesterday"}),
    ],
)
def test_what_a_record_cannot_say_is_refused(bring, store, name, values):
    refused(bring, store, f"{name}.json is damaged", **{name: values})
