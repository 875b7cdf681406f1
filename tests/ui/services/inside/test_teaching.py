import pytest
import torch

from minigpt.errors import ConfigurationError
from minigpt.introspection.one_step import StepRule, teach_copy
from tests.ui.harness import made_run
from ui.services.inside import teaching
from ui.services.inside.prediction import ModelOnText
from ui.services.models import trained_model
from ui.services.work.ahead import Ahead


@pytest.fixture
def model():
    return trained_model(made_run().id, None).model


def test_a_sentence_that_is_scored_against_many_tokens_is_refused(model):
    most = teaching.longest_lesson(model)
    assert most * model.vocabulary_size <= teaching.MOST_SCORES < (most + 1) * model.vocabulary_size
    teaching.require_small_enough(model, most)
    too_long = f"has {most + 1:,} tokens.*at most {most:,} can be taught"
    with pytest.raises(ConfigurationError, match=too_long):
        teaching.require_small_enough(model, most + 1)


def test_of_a_large_vocabulary_few_windows_are_read_at_once(model):
    windows = torch.arange(5 * 9).view(5, 9) % model.vocabulary_size
    sizes = []
    model.register_forward_hook(lambda _model, given, _scores: sizes.append(len(given[0])))
    whole = teaching._window_losses(model, windows)
    most = 2 * 9 * model.vocabulary_size
    torch.testing.assert_close(teaching._window_losses(model, windows, most=most), whole)
    assert sizes == [5, 2, 2, 1]


def test_what_it_says_afterwards_is_kept_of_a_few_tokens():
    run, rule = made_run(), StepRule(learning_rate=0.03)
    opened = trained_model(run.id, None)
    ids = torch.tensor([opened.tokenizer.encode("the sea")])
    [step] = teach_copy(opened.model, ids, rule, steps=1)
    with torch.inference_mode():
        odds = step.pupil(ids[:, :5])[0, -1].softmax(-1)
    assert len(odds) > teaching.LIKELY
    found = teaching.teach_sentence(
        ModelOnText(run.id, 20, "the sea"), 4, "the sea", rule, 1
    ).likeliest
    shares, tokens = odds.topk(teaching.LIKELY)
    assert [token for token, _share in found] == tokens.tolist()
    assert [share for _token, share in found] == pytest.approx(shares.tolist())


def test_what_every_lesson_needs_is_not_computed_while_the_page_is_drawn(monkeypatch):
    tasks, read, run = {}, [], made_run()
    monkeypatch.setattr(teaching.AHEAD, "prepare", tasks.update)
    losses = teaching._window_losses

    def noted(model, windows):
        read.append(len(windows))
        return losses(model, windows)

    monkeypatch.setattr(teaching, "_window_losses", noted)
    model_on_text, rule = ModelOnText(run.id, 20, "the sea"), StepRule(learning_rate=0.03)
    teaching.get_ready(model_on_text)
    assert read == []
    work = Ahead(is_busy=lambda: False)
    work.prepare(tasks)
    work.finish()
    [windows] = read
    assert (
        teaching.teach_sentence(model_on_text, 4, "the sea", rule, 1).forgotten.windows == windows
    )
    assert read == [windows] * 2, "what was lost before is known, what is lost afterwards is not"
