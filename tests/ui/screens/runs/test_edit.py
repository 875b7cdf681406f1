import dataclasses
import io

import pytest

from minigpt.checkpoints.manifest import add_checkpoint, list_checkpoints
from minigpt.errors import RunError
from minigpt.runs.labels import set_labels
from minigpt.runs.store import RunStore
from minigpt.runs.transfer.archive import write_archive
from tests.ui.harness import made_run, plain, said, tiny_config
from ui.screens.runs import edit
from ui.screens.runs.edit import change_tags, lost_with, owners_in_words, save_details, why_not
from ui.services.runs import all_runs


def show(ids):
    from ui.screens.runs.edit import edit_runs
    from ui.services.runs import all_runs

    by_id = {run.id: run for run in all_runs()}
    edit_runs([by_id[one] for one in ids])


def meta(run):
    return RunStore.default().open(run.id).read("meta")


def summary(run):
    return RunStore.default().summarise(run)


def press(at, label):
    next(button for button in at.button if plain(button.label) == label).click()
    return at.run()


def test_a_run_gets_another_name_tags_and_a_note(draw):
    run = made_run(name="Old", steps=())
    at = draw(show, ids=[run.id])
    at.text_input(key=f"name-{run.id}").set_value("New")
    at.text_input(key=f"tags-{run.id}").set_value("One, two")
    at.text_area(key=f"note-{run.id}").set_value("It *worked*.")
    at = press(at, "Save")
    found = meta(run)
    assert (found["name"], found["tags"], found["note"]) == ("New", ["one", "two"], "It *worked*.")
    assert not at.error
    assert not at.exception


def test_an_empty_name_is_refused_and_nothing_is_lost(draw):
    run = made_run(name="Old", steps=())
    set_labels(run, tags=["kept"])
    at = draw(show, ids=[run.id])
    at.text_input(key=f"name-{run.id}").set_value("  ")
    at = press(at, "Save")
    assert "needs a name" in plain(at.error[0].value)
    assert meta(run)["name"] == "Old"


def test_too_long_a_tag_is_refused_before_the_name_is_written():
    run = made_run(name="Old", steps=())
    with pytest.raises(RunError, match="are allowed"):
        save_details(summary(run), name="New", tags="x" * 100, note="")
    assert meta(run)["name"] == "Old"


def test_several_runs_get_a_tag_at_once(draw):
    first, second = made_run(steps=()), made_run(steps=())
    set_labels(first, tags=["mine"])
    at = draw(show, ids=[first.id, second.id])
    at.text_input(key="new-tags").set_value("homework")
    press(at, "Add")
    assert meta(first)["tags"] == ["mine", "homework"]
    assert meta(second)["tags"] == ["homework"]


def test_a_tag_is_taken_away_where_it_is():
    run = made_run(steps=())
    set_labels(run, tags=["one", "two"])
    change_tags(summary(run), ["ONE", "three"], add=False)
    assert meta(run)["tags"] == ["two"]


def test_each_chosen_run_can_be_downloaded(draw):
    first, second = made_run(name="A*b", steps=()), made_run(name="Second", steps=())
    one = draw(show, ids=[first.id]).get("download_button")
    assert [button.proto.label for button in one] == ["Download"]
    both = draw(show, ids=[first.id, second.id]).get("download_button")
    assert [plain(button.proto.label) for button in both] == ["A*b", "Second"]


def test_a_run_too_large_for_a_browser_says_what_to_do(draw):
    run = made_run()
    *_, last = list_checkpoints(run.weights)
    add_checkpoint(run.weights, dataclasses.replace(last, bytes=edit.LARGEST_DOWNLOAD))
    at = draw(show, ids=[run.id])
    assert not at.get("download_button")
    assert f"python -m minigpt download {run.id}" in said(at.caption)[0]


def test_a_damaged_run_can_still_be_named_and_deleted(draw):
    run = made_run(name="Broken", steps=())
    run.weights.mkdir()
    (run.weights / "latest.json").write_text("{")
    at = draw(show, ids=[run.id])
    assert "is damaged" in plain(at.error[0].value)
    assert plain(lost_with(summary(run))) == (
        "**Broken** is damaged. Whatever is left of it is lost."
    )
    at = press(at, "Delete …")
    assert "Broken" in at.markdown[-1].value
    assert not at.exception


def test_before_runs_are_deleted_it_is_said_what_is_lost(draw):
    first, second = made_run(name="First", steps=(0, 20)), made_run(name="Second", steps=())
    at = press(draw(show, ids=[first.id, second.id]), "Delete …")
    words = [plain(one) for one in said(at.markdown)]
    assert any("First" in one and "2 checkpoints" in one for one in words)
    assert any("Second" in one for one in words)
    assert "Delete 2 runs for good" in [plain(button.label) for button in at.button]
    assert len(RunStore.default().all()) == 2


def test_a_run_that_trains_has_to_be_stopped_first(draw):
    run = made_run(name="Busy", steps=(), state=None, end=None)  # just created: starting
    at = press(draw(show, ids=[run.id]), "Delete …")
    assert "Stop it first" in plain(at.warning[0].value)
    assert not any("for good" in button.label for button in at.button)


def test_a_run_that_waits_has_to_be_cancelled_first():
    run = made_run(name="Waiting", steps=(), state=None, end=None)
    run.write("queued", {"at": 1.0})
    assert "Cancel it first" in plain(why_not(summary(run)))


def test_one_that_refuses_does_not_keep_the_others(draw):
    def script():
        from minigpt.errors import RunError
        from ui.screens.runs.edit import _perform
        from ui.services.runs import all_runs, store

        def act(run):
            if run.name == "No":
                raise RunError("No.")
            store().delete(run.id)

        _perform(all_runs(), act, "done")

    made_run(name="Yes", steps=())
    made_run(name="No", steps=())
    at = draw(script)
    assert [plain(one.value) for one in at.error] == ["No."]
    assert [run.name for run in all_runs()] == ["No"]


def test_other_people_s_runs_are_counted_in_words():
    assert owners_in_words(1, of=1) == "Somebody else's run"
    assert owners_in_words(2, of=2) == "Other people's runs"
    assert owners_in_words(1, of=3) == "1 is somebody else's"
    assert owners_in_words(2, of=3) == "2 are somebody else's"


def test_of_somebody_else_s_run_the_row_keeps_what_everybody_may_do(draw, monkeypatch):
    monkeypatch.setenv("MINIGPT_TEACHER_TOKEN", "open sesame")
    run = RunStore.default().create(tiny_config(), name="Hers", owner="ann@example.org")
    at = draw(show, ids=[run.id])
    assert [one.label for one in at.text_input] == ["Teacher's token"]
    assert [button.label for button in at.button] == ["Untick all"]
    assert at.get("download_button")
    at.text_input[0].set_value("open sesame").run()
    assert "Delete …" in [button.label for button in at.button]
    assert "everybody's runs" in at.toast[0].value
    assert not at.exception


def show_import():
    from ui.screens.runs.edit import import_run

    import_run()


@pytest.fixture
def archive():
    file = io.BytesIO()
    write_archive(made_run(name="Sent", steps=(0, 20)), file)
    return file.getvalue()


def names():
    store = RunStore.default()
    return sorted(store.summarise(run).name for run in store.all())


def bring(at, content, name=""):
    at.file_uploader[0].upload("run.zip", content, "application/zip")
    at.text_input[0].set_value(name)
    at.run()
    return at.button[0].click().run()


def test_the_largest_file_is_said_beforehand(draw):
    at = draw(show_import)
    assert "at most 50 MB" in said(at.caption)[0]
    assert at.button[0].disabled


def test_a_file_that_is_no_run_is_refused_in_words(draw):
    at = bring(draw(show_import), b"hello")
    assert "cannot be imported" in plain(at.error[0].value)
    assert names() == []
    assert not at.exception


def test_a_damaged_file_is_refused(draw, archive):
    at = bring(draw(show_import), archive[:-100])
    assert "cut off" in plain(at.error[0].value)
    assert names() == ["Sent"]


def test_imported_runs_belong_to_who_brought_them(draw, archive):
    bring(draw(show_import), archive, "Brought")
    (run,) = [run for run in RunStore.default().all() if run.name() == "Brought"]
    assert run.meta().owner == "visitor"
    assert run.meta().imported


def test_a_teacher_can_close_importing(draw, monkeypatch):
    monkeypatch.setenv("MINIGPT_CLOSED", "imports")
    at = draw(show_import)
    assert said(at.caption) == ["Importing runs is closed on this server."]
    assert not at.button
    assert not at.exception
