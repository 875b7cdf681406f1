import dataclasses

import pytest

from minigpt.checkpoints.manifest import Checkpoint
from minigpt.checkpoints.weights import save_checkpoint
from minigpt.corpora import CORPORA
from minigpt.errors import ConfigurationError, CorpusError
from minigpt.models.build import build_model
from minigpt.runs.trained_model import open_model
from minigpt.tokenizers.character import CharacterTokenizer
from tests.ui.harness import made_run, tiny_config
from ui.services.inside import vectors
from ui.services.inside.vectors import (
    drawn_tokens,
    film_steps,
    has_output_vectors,
    neighbours_of,
    places_over_steps,
    small_letters,
    vowel_gatherings,
)


def kept(steps, size=1000):
    return [
        Checkpoint(step=one, file=f"{one}", bytes=size, sha256="", validation_loss=None)
        for one in steps
    ]


def text_is_gone(run_id, step):
    raise CorpusError("It is gone.")


def test_a_film_shows_the_chosen_step_the_ends_and_what_can_be_read_soon():
    few, many = range(vectors.MOST_FRAMES), range(2 * vectors.MOST_FRAMES - 1)
    assert film_steps(kept(few), 5) == list(few)
    assert film_steps(kept(many), 5) == sorted([*many[::2], 5])
    assert film_steps(kept([0, 1, 2, 3], size=vectors.MOST_BYTES), 2) == [0, 2, 3]


def test_of_a_large_vocabulary_the_first_are_drawn_where_the_text_is_gone(monkeypatch):
    run = made_run()
    everything = open_model(run, step=20).tokenizer.vocabulary_size
    assert drawn_tokens(run.id, 20).ids == tuple(range(everything))
    with monkeypatch.context() as gone:
        gone.setattr(vectors, "library", text_is_gone)
        found = drawn_tokens(run.id, 20, most=5)
    assert (found.ids, found.how) == ((0, 1, 2, 3, 4), "first")
    assert drawn_tokens(run.id, 20, most=5).how == "frequent"  # as soon as it is there


def test_whoever_looks_at_the_map_fetches_no_text(monkeypatch):
    run = made_run()
    source = CORPORA[run.config().corpus.name]
    monkeypatch.setitem(CORPORA, source.name, dataclasses.replace(source, is_ready=lambda: False))
    assert drawn_tokens(run.id, 20, most=5).how == "first"


def test_the_axes_of_the_last_step_are_those_of_all_and_others_stand_beside():
    run = made_run(steps=(0, 20))
    letters = small_letters(run.id, 20)
    places = places_over_steps(run.id, [0, 20], "read", letters, [0, 1])
    assert places[20].at.shape == (len(letters.ids) + 2, 2)
    assert sum(places[20].shares) > sum(places[0].shares)
    assert abs(places[20].at[: len(letters.ids)].mean(0)).max() < 1e-5  # around its own middle


def test_neighbours_and_vowels_are_those_of_the_table_that_is_asked_for():
    tied, apart = made_run(), made_run(config=tiny_config(model__tied_embeddings=False))
    assert not has_output_vectors(tied.id, 20)
    assert has_output_vectors(apart.id, 20)
    read, written = (neighbours_of(apart.id, 20, one, 3, "cosine") for one in ("read", "written"))
    assert read.neighbours != written.neighbours
    assert vowel_gatherings(apart.id, [20], "read") != vowel_gatherings(apart.id, [20], "written")
    with pytest.raises(ConfigurationError, match="same vectors"):
        neighbours_of(tied.id, 20, "written", 3, "cosine")


def test_a_model_of_a_single_token_has_no_neighbours():
    run = made_run(steps=())
    run.write("tokenizer", CharacterTokenizer.train("aaaa").to_dict())
    model = build_model(run.config().model, vocabulary_size=1)
    save_checkpoint(run.weights, model, step=20, validation_loss=None)
    with pytest.raises(ConfigurationError, match="a single token, which has no neighbours"):
        neighbours_of(run.id, 20, "read", 0, "cosine")
