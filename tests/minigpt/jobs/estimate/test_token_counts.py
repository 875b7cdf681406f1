import pytest

from minigpt.corpora import add_text, load_corpus
from minigpt.errors import RunError
from minigpt.jobs.estimate.token_counts import count_tokens
from minigpt.jobs.worker.setup import prepare_training
from minigpt.training.distributed import World

LINES = "".join(f"{number} and {number + 1} make {2 * number + 1}.\n" for number in range(2000))


@pytest.mark.parametrize("kind", ["character", "word", "byte"])
def test_the_tokens_are_those_that_a_worker_finds(store, tiny, kind):
    config = tiny.changed({"tokenizer.kind": kind, "model.context_length": 4})
    facts = count_tokens(config)
    prepared = prepare_training(store.create(config, name="one"), config, World())
    assert facts.vocabulary_size == prepared.tokenizer.vocabulary_size
    corpus = load_corpus("sentences")
    assert facts.characters == len(corpus.text)
    assert facts.training_tokens == len(prepared.tokenizer.encode(corpus.training_text))
    assert facts.validation_tokens == len(prepared.tokenizer.encode(corpus.validation_text))
    assert facts.seconds > 0
    assert not facts.is_sampled


def test_of_a_long_text_only_a_part_is_cut_into_tokens(tiny):
    config = tiny.changed({"corpus.name": add_text("sums", LINES).name, "tokenizer.kind": "bpe"})
    exact = count_tokens(config)
    sampled = count_tokens(config, most_characters=10_000)
    assert sampled.is_sampled
    assert not exact.is_sampled
    assert sampled.training_tokens == pytest.approx(exact.training_tokens, rel=0.1)
    assert sampled.vocabulary_size == exact.vocabulary_size


def test_a_large_file_is_not_held_and_its_beginning_speaks_for_it(tiny, tmp_path):
    path = tmp_path / "sums.txt"
    path.write_text(LINES, encoding="utf-8")
    config = tiny.changed({"corpus.path": str(path)})
    whole = count_tokens(config)
    assert whole.training_tokens + whole.validation_tokens == len(LINES)
    assert whole.characters == 0
    part = count_tokens(config, most_characters=1000)
    assert part.is_sampled
    assert part.training_tokens == pytest.approx(whole.training_tokens, rel=0.01)


def test_a_run_that_begins_with_another_one_reads_with_its_tokenizer(tiny, trained, store):
    (store.root).mkdir(parents=True, exist_ok=True)
    (store.root / "trained").symlink_to(trained.path)
    other = add_text("other", "The cat sat on the mat. " * 20 + "§§")
    config = tiny.changed(
        {"corpus.name": other.name, "start.kind": "fine_tune", "start.run": "trained"}
    )
    facts = count_tokens(config)
    assert facts.vocabulary_size == trained.tokenizer().vocabulary_size
    assert facts.training_tokens + facts.validation_tokens < len(other.text)


def test_a_run_that_is_gone_is_told(tiny):
    with pytest.raises(RunError, match="no run called"):
        count_tokens(tiny.changed({"start.kind": "fork", "start.run": "gone"}))
