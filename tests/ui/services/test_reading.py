import gc
import threading
import time
import weakref
from contextlib import nullcontext

from streamlit.delta_generator import DeltaGenerator

from minigpt.corpora import add_text
from tests.ui.harness import SMALL_TEXT, made_run, tiny_config
from ui.services import reading
from ui.services.reading import overlap, surprise

TEXT = "the train is on the road"


def run_with_text():
    return made_run(config=tiny_config(corpus__name=add_text("Sea and road", SMALL_TEXT).name))


def test_what_was_found_in_a_training_text_does_not_keep_that_text_in_memory():
    run = run_with_text()
    found = overlap(run.id, 20, TEXT)
    assert found.share(len(TEXT)) == 1.0
    training = weakref.ref(found.training)
    del found
    reading._library.clear()  # as when others were looked up since
    gc.collect()
    assert training() is None
    assert overlap(run.id, 20, TEXT).share(len(TEXT)) == 1.0


def test_texts_of_many_visitors_are_read_one_after_the_other(monkeypatch):
    run, real, inside, most = made_run(), reading.read_text, [], []

    def watched(trained, text):
        inside.append(text)
        most.append(len(inside))
        time.sleep(0.05)
        inside.remove(text)
        return real(trained, text)

    monkeypatch.setattr(reading, "read_text", watched)
    asking = [
        threading.Thread(target=surprise, args=(run.id, 20, f"ROMEO {number}"))
        for number in range(4)
    ]
    for one in asking:
        one.start()
    for one in asking:
        one.join()
    assert most == [1] * 4


def test_who_waits_for_a_text_to_be_counted_is_told(monkeypatch):
    said = []

    def spinner(_place, text, **_options):
        said.append(str(text))
        return nullcontext()

    monkeypatch.setattr(DeltaGenerator, "spinner", spinner)
    run = run_with_text()
    for _ in range(2):
        assert reading.counting_lines_of(run.id, 20, TEXT)
    assert said.count("Counting …") == 1
