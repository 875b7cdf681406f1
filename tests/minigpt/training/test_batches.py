import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from minigpt.errors import CorpusError
from minigpt.training.batches import Stretches, evaluation_batches, random_batch

SEED = 1337


def draw(tokens, *, batch_size=4, context_length=8, seed=SEED):
    generator = torch.Generator().manual_seed(seed)
    return random_batch(
        tokens, batch_size=batch_size, context_length=context_length, generator=generator
    )


@pytest.fixture(scope="session")
def training_tokens(shakespeare):
    ids = {character: index for index, character in enumerate(sorted(set(shakespeare)))}
    tokens = torch.tensor([ids[character] for character in shakespeare])
    return tokens[: int(0.9 * len(tokens))]


def test_the_first_batch_of_the_lecture_on_attention(training_tokens, real_shakespeare):
    batch = draw(training_tokens)
    assert batch.inputs.shape == (4, 8)
    assert batch.inputs[0].tolist() == [24, 43, 58, 5, 57, 1, 46, 43]
    assert batch.targets[0].tolist() == [43, 58, 5, 57, 1, 46, 43, 39]


def test_the_first_nine_tokens_are_eight_examples(training_tokens):
    (batch,) = evaluation_batches(
        training_tokens[:9], context_length=8, tokens_per_batch=8, largest=8
    )
    first_nine = [18, 47, 56, 57, 58, 1, 15, 47, 58]
    examples = [
        (batch.inputs[0, : position + 1].tolist(), batch.targets[0, position].item())
        for position in range(8)
    ]
    assert examples == [(first_nine[:end], first_nine[end]) for end in range(1, 9)]


@given(length=st.integers(2, 60), context=st.integers(1, 20), seed=st.integers(0, 2**32))
def test_targets_are_what_comes_next(length, context, seed):
    if length <= context:
        return
    batch = draw(torch.arange(length), context_length=context, seed=seed)
    assert batch.inputs.shape == batch.targets.shape == (4, context)
    assert torch.equal(batch.targets, batch.inputs + 1)
    assert batch.inputs.min() >= 0
    assert batch.targets.max() < length


def test_every_window_may_be_drawn():
    batch = draw(torch.arange(12), batch_size=400, context_length=8)
    assert set(batch.inputs[:, 0].tolist()) == {0, 1, 2, 3}


def test_equal_seeds_draw_equal_batches():
    tokens = torch.arange(1000)
    assert torch.equal(draw(tokens).inputs, draw(tokens).inputs)
    assert not torch.equal(draw(tokens).inputs, draw(tokens, seed=1).inputs)


def test_small_integers_become_indices():
    tokens = torch.arange(50, dtype=torch.int8)
    assert draw(tokens).inputs.dtype == torch.int64


@given(
    length=st.integers(2, 200),
    context=st.integers(1, 20),
    tokens_per_batch=st.integers(1, 100),
)
def test_evaluation_windows_cover_everything_once(length, context, tokens_per_batch):
    if length <= context:
        return
    batches = evaluation_batches(
        torch.arange(length),
        context_length=context,
        tokens_per_batch=tokens_per_batch,
        largest=10**6,
    )
    targets = torch.cat([batch.targets.flatten() for batch in batches])
    whole_windows = (length - 1) // context * context
    assert targets.tolist() == list(range(1, whole_windows + 1))
    assert length - 1 - whole_windows < context
    for batch in batches:
        assert torch.equal(batch.targets, batch.inputs + 1)
        assert batch.inputs.numel() <= max(tokens_per_batch, context)


@given(windows=st.integers(1, 300), context=st.integers(1, 5), largest=st.integers(1, 1000))
def test_a_long_stream_is_represented_from_start_to_end(windows, context, largest):
    batches = evaluation_batches(
        torch.arange(windows * context + 1),
        context_length=context,
        tokens_per_batch=50,
        largest=largest,
    )
    starts = torch.cat([batch.inputs[:, 0] for batch in batches])
    assert len(starts) == min(windows, max(1, largest // context))
    assert (starts % context == 0).all()
    assert (starts.diff() > 0).all()
    assert starts[0] == 0
    if len(starts) > 1:
        assert starts[-1] == (windows - 1) * context
        assert starts.diff().max() - starts.diff().min() <= context


def test_a_very_long_stream_gives_no_window_twice():
    # Spaced barely more than one window apart, single precision would round two together.
    batches = evaluation_batches(
        torch.arange(1_000_001), context_length=1, tokens_per_batch=10**6, largest=990_000
    )
    starts = torch.cat([batch.inputs[:, 0] for batch in batches])
    assert len(starts.unique()) == 990_000


@pytest.mark.parametrize("length", [0, 1, 8])
def test_a_text_too_short_for_one_window_is_refused(length):
    tokens = torch.arange(length)
    expected = f"has {length} tokens, too few for one window of 8"
    with pytest.raises(CorpusError, match=expected) as refusal:
        draw(tokens)
    assert refusal.value.field == "model.context_length"
    with pytest.raises(CorpusError, match=expected):
        evaluation_batches(tokens, context_length=8, tokens_per_batch=8, largest=8)


def test_a_text_of_one_window_and_one_token_is_enough():
    assert draw(torch.arange(9)).inputs.tolist() == [list(range(8))] * 4


PARTS = st.lists(st.tuples(st.integers(0, 60), st.integers(1, 9)), max_size=6)


@given(PARTS, st.integers(1, 12))
def test_windows_that_touch_a_stretch_are_those_that_share_a_token_with_it(parts, context_length):
    pairs = [(begin, begin + length) for begin, length in parts]
    unread = Stretches.of(pairs)
    tokens = {token for begin, end in pairs for token in range(begin, end)}
    starts = torch.arange(70)
    expected = [bool(tokens & set(range(at, at + context_length + 1))) for at in range(70)]
    assert unread.touched(starts, context_length).tolist() == expected
    free = sum(not one for one in expected[: 70 - context_length])
    assert unread.free_starts(70, context_length) == free


def test_windows_that_touch_what_is_unread_weigh_nothing_and_all_are_drawn_alike():
    tokens = torch.arange(200)

    def draw(unread=None):
        generator = torch.Generator().manual_seed(3)
        return random_batch(
            tokens, batch_size=40, context_length=8, generator=generator, unread=unread
        )

    plain, without = draw(), draw(Stretches.of([(50, 60), (120, 121)]))
    assert torch.equal(plain.inputs, without.inputs)
    assert torch.equal(plain.targets, without.targets)
    unread = {*range(50, 60), 120}
    windows = torch.cat([plain.inputs, plain.targets[:, -1:]], dim=1).tolist()
    assert without.weights.tolist() == [float(not unread & set(row)) for row in windows]
    assert 0 < without.weights.sum() < 40
    assert draw(Stretches.of([(500, 510)])).weights is None
    assert plain.weights is None
