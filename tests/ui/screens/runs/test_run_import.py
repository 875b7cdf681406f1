import io

import pytest

from minigpt.runs.store import RunStore
from minigpt.runs.transfer.archive import write_archive
from tests.ui.harness import made_run, plain, said


def show():
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
    at = draw(show)
    assert "at most 300 MB" in said(at.caption)[0]
    assert at.button[0].disabled


def test_a_file_that_is_no_run_is_refused_in_words(draw):
    at = bring(draw(show), b"hello")
    assert "cannot be imported" in plain(at.error[0].value)
    assert names() == []
    assert not at.exception


def test_a_damaged_file_is_refused(draw, archive):
    at = bring(draw(show), archive[:-100])
    assert "cut off" in plain(at.error[0].value)
    assert names() == ["Sent"]
