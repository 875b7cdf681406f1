"""What the neurons of a run's model answer to in the text that it learnt from."""

from contextlib import suppress
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from minigpt.errors import ConfigurationError, MiniGPTError
from minigpt.introspection.circuits.neurons import Neurons, feed_forward_of, survey_neurons
from minigpt.models.language_model import LanguageModel
from minigpt.runs.analysis.inside.texts import training_sample
from minigpt.runs.directory import RunDirectory
from minigpt.runs.records.neurons import MOST_NEURONS, NeuronsRecord
from minigpt.runs.trained_model import TrainedModel, open_model
from minigpt.shapes import Tokens, TokenStream

FEWEST, MOST, WORK = 1_024, 16_384, 20_000_000_000
"""Tokens that are read: within these, as many as so many operations read, a second or two."""
LONGEST_WINDOW = 128
MOST_SHARE = 1 + 1e-4
"""All of it, but for rounding."""
FLOAT, WHOLE = np.dtype("<f4"), np.dtype("<i4")


@dataclass(frozen=True, kw_only=True)
class Survey:
    """All neurons of a model on a sample of its training text."""

    windows: Int[Tensor, "windows T"]
    layers: tuple[Neurons, ...]


def survey_run(run: RunDirectory, trained: TrainedModel) -> Survey:
    """Read a bounded part of the training text and look at every neuron.

    Raises:
        ConfigurationError: the model has no neurons, or too many to keep.
        MiniGPTError: the text is not here, or has changed.
    """
    require_few(trained.model)
    windows = sampled_windows(trained.model, training_sample(run, trained.tokenizer))
    return Survey(windows=windows, layers=tuple(survey_neurons(trained.model, windows)))


def require_few(model: LanguageModel) -> None:
    """Refuse a model whose neurons would take too much to look at.

    Raises:
        ConfigurationError: it has none, or too many.
    """
    layers = len(list(model.attention_blocks()))
    count = layers * feed_forward_of(model, 0).narrow.in_features
    if count > MOST_NEURONS:
        raise ConfigurationError(
            "This model has {count:,} neurons; at most {most:,} are looked at one by one.",
            count=count,
            most=MOST_NEURONS,
        )


def sampled_windows(
    model: LanguageModel, stream: TokenStream, *, fewest: int = FEWEST, work: int = WORK
) -> Tokens:
    """Windows evenly spread over a text, as many as a bounded amount of work reads.

    Args:
        model: Reads them.
        stream: The text.
        fewest: Tokens that are read whatever the work.
        work: Operations.
    """
    length = min(model.context_length, LONGEST_WINDOW, len(stream))
    wanted = work // model.config.forward_flops(model.vocabulary_size)
    tokens = max(fewest, min(MOST, wanted))
    count = max(1, min(tokens // length, len(stream) // length))
    starts = torch.linspace(0, len(stream) - length, count).long()
    return torch.stack([stream[start : start + length] for start in starts.tolist()]).long()


def as_record(survey: Survey, trained: TrainedModel) -> NeuronsRecord:
    """What is kept of it with the run."""
    layers = survey.layers
    explained = [layer.by_token for layer in layers if layer.by_token is not None]
    return NeuronsRecord(
        step=trained.checkpoint.step,
        sha256=trained.checkpoint.sha256,
        layers=len(layers),
        neurons=len(layers[0].means),
        kept=layers[0].places.shape[1],
        length=survey.windows.shape[1],
        ids=_packed([survey.windows], WHOLE),
        places=_packed([layer.places for layer in layers], WHOLE),
        strengths=_packed([layer.strengths for layer in layers], FLOAT),
        means=_packed([layer.means for layer in layers], FLOAT),
        variances=_packed([layer.variances for layer in layers], FLOAT),
        active=_packed([layer.active for layer in layers], FLOAT),
        by_token=_packed(explained, FLOAT) if explained else None,
    )


def from_record(record: NeuronsRecord, trained: TrainedModel) -> Survey | None:
    """What was kept; None where it is of other weights, or does not fit the model."""
    model = trained.model
    layers = len(list(model.attention_blocks()))
    try:
        width = feed_forward_of(model, 0).narrow.in_features
    except ConfigurationError:
        return None
    kept = (record.sha256, record.layers, record.neurons)
    if kept != (trained.checkpoint.sha256, layers, width) or record.length > model.context_length:
        return None
    shares = [_floats(one, (-1,)) for one in (record.active, record.by_token) if one is not None]
    if any(bool(((one < 0) | (one > MOST_SHARE)).any()) for one in shares):
        return None
    windows = _whole(record.ids, (-1, record.length))
    places = _whole(record.places, (layers, width, record.kept))
    if not (_within(windows, model.vocabulary_size) and _within(places, windows.numel())):
        return None
    return Survey(windows=windows, layers=_neurons(record, places))


def _neurons(record: NeuronsRecord, places: Int[Tensor, "layers F kept"]) -> tuple[Neurons, ...]:
    layers, width = record.layers, record.neurons
    each = {
        name: _floats(getattr(record, name), (layers, width))
        for name in ("means", "variances", "active")
    }
    explained = None if record.by_token is None else _floats(record.by_token, (layers, width))
    strengths = _floats(record.strengths, (layers, width, record.kept))
    return tuple(
        Neurons(
            strengths=strengths[layer],
            places=places[layer],
            by_token=None if explained is None else explained[layer],
            **{name: numbers[layer] for name, numbers in each.items()},
        )
        for layer in range(layers)
    )


def _packed(tables: list[Tensor], kind: np.dtype[np.generic]) -> bytes:
    return b"".join(table.numpy().astype(kind).tobytes() for table in tables)


def _whole(raw: bytes, shape: tuple[int, ...]) -> Int[Tensor, "*shape"]:
    return torch.from_numpy(np.frombuffer(raw, WHOLE).astype(np.int64).reshape(shape))


def _floats(raw: bytes, shape: tuple[int, ...]) -> Float[Tensor, "*shape"]:
    # What is no number, or beyond all numbers, counts as nothing.
    numbers = np.nan_to_num(np.frombuffer(raw, FLOAT).astype(np.float32), posinf=0.0, neginf=0.0)
    return torch.from_numpy(numbers.reshape(shape))


def _within(numbers: Int[Tensor, "..."], size: int) -> bool:
    return bool(((numbers >= 0) & (numbers < size)).all())


def write_neurons(run: RunDirectory) -> None:
    """Leave it with the run, of its best step; a second or two of work, and 3 MB at most.

    Nothing is left of a model without neurons, or with too many to look at one by one, and of a
    text that is read piece by piece from a file.
    """
    try:
        trained = open_model(run)
        record = as_record(survey_run(run, trained), trained)
    except (MiniGPTError, RuntimeError, MemoryError):
        return  # torch raises the second: what is only looked up must not fail a finished run
    with suppress(OSError):  # on a full disk the run itself is whole without it
        run.write("neurons", record.to_json())
