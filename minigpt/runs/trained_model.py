"""A trained model with its tokenizer, out of a run directory."""

from collections.abc import Sequence
from dataclasses import dataclass

from minigpt.checkpoints.manifest import Checkpoint
from minigpt.checkpoints.weights import load_weights
from minigpt.configuration import require_between
from minigpt.errors import ConfigurationError
from minigpt.models.build import build_unfilled
from minigpt.models.language_model import LanguageModel
from minigpt.runs.config import LARGEST_SEED
from minigpt.runs.directory import RunDirectory, choose_checkpoint
from minigpt.sampling.beams import Beam, beam_search
from minigpt.sampling.decoder import require_prompt
from minigpt.sampling.distribution import SamplingConfig
from minigpt.sampling.generate import Continuation, Continuations, SampledToken
from minigpt.sentences import Sentence
from minigpt.tokenizers import Tokenizer
from minigpt.tokenizers.gpt2 import END_OF_TEXT

MOST_TOKENS = 1_000_000
UNKNOWN_SHOWN = 5
READ_BEFORE = 64
"""More tokens of a prompt than can change how what follows reads: the space before a word follows
from the word before it, and a character has four bytes at most."""


@dataclass(frozen=True)
class TrainedModel:
    """A model in eval mode at one step of its training; shared by readers, changed by none."""

    model: LanguageModel
    tokenizer: Tokenizer
    checkpoint: Checkpoint

    def unknown_note(self, text: str) -> str | None:
        """What the model does not know of a text that it reads all the same; None if it knows all.

        A text with what it cannot read at all is refused elsewhere.
        """
        if self.tokenizer.is_by_character or not self.tokenizer.unknown_characters(text):
            return None  # told without the pieces of what may be a text of megabytes
        unknown = [piece for piece in self.tokenizer.pieces(text) if piece.is_unknown]
        if not unknown or any(piece.id is None for piece in unknown):
            return None
        words = dict.fromkeys(piece.text.strip() or piece.text for piece in unknown)
        shown = ", ".join(f"“{word}”" for word in list(words)[:UNKNOWN_SHOWN])
        mark = self.tokenizer.vocabulary[unknown[0].id or 0]
        if (left := len(words) - UNKNOWN_SHOWN) > 0:
            return Sentence(
                "The text that this model learnt from does not have {shown} and {left} more: it "
                "reads each of them as {mark}, unknown.",
                shown=shown,
                left=left,
                mark=mark,
            )
        return Sentence(
            "The text that this model learnt from does not have {shown}: it reads that as {mark}, "
            "unknown.",
            shown=shown,
            mark=mark,
        )

    def prompt_ids(self, prompt: str) -> list[int]:
        """The ids of what the model is to continue; of an empty prompt, those of a beginning.

        That is a line break: in tiny Shakespeare the first of the sorted characters, so its id is
        the 0 with which lectures begin a text. A model that knows none begins after the mark that
        ends a text; for one that has neither there are no ids.

        Raises:
            TokenizerError: the prompt has something that the model never saw.
        """
        if prompt:
            return self.tokenizer.encode(prompt)
        return self.tokenizer.line_break() or self._end_of_text()

    def beginning_note(self, prompt: str) -> str | None:
        """What the model begins with where the prompt is empty; None where it is not."""
        if prompt or not (ids := self.prompt_ids(prompt)):
            return None
        if ids == self.tokenizer.line_break():
            return Sentence(
                "The prompt is empty, so the model begins after a line break: what it writes is "
                "what may begin a line."
            )
        return Sentence(
            "The prompt is empty, so the model begins after {mark}, which ends one text before "
            "the next begins.",
            mark=END_OF_TEXT,
        )

    def _end_of_text(self) -> list[int]:
        vocabulary = self.tokenizer.vocabulary
        return [vocabulary.index(END_OF_TEXT)] if END_OF_TEXT in vocabulary else []

    def continuation(self, prompt: Sequence[int], drawn: Sequence[int]) -> str:
        """The text that drawn ids add to a prompt.

        Decoded together: where tokens stand for words or for parts of a character, the text of
        the drawn ids depends on what stands before them.
        """
        before = prompt[-READ_BEFORE:]
        whole = self.tokenizer.decode([*before, *drawn])
        return whole[len(self.tokenizer.decode(before)) :]


def open_model(run: RunDirectory, *, step: int | None = None) -> TrainedModel:
    """The model of a run at `step`, or at its best step.

    Raises:
        RunError: nothing is saved yet, or not at that step.
        CheckpointError: the weights are damaged.
    """
    checkpoint = choose_checkpoint(run, step)
    tokenizer = run.tokenizer()
    model = build_unfilled(run.config().model, vocabulary_size=tokenizer.vocabulary_size)
    load_weights(run.weights, checkpoint, model)
    return TrainedModel(model.eval(), tokenizer, checkpoint)


@dataclass(frozen=True)
class WrittenText:
    """A continuation: its text, and all tokens that were drawn, those of a stop string too."""

    text: str
    tokens: tuple[SampledToken, ...]
    ended: bool
    """Whether a stop string came, which is cut off together with what follows."""


def generate_text(
    trained: TrainedModel,
    prompt: str,
    *,
    tokens: int = 200,
    temperature: float = 0.8,
    top_k: int = 0,
    top_p: float = 1.0,
    min_p: float = 0.0,
    repetition_penalty: float = 1.0,
    stop: Sequence[str] = (),
    seed: int = 1337,
) -> str:
    """The prompt and what the model makes of it; equal seeds give equal text.

    Args:
        trained: What `open_model` opened.
        prompt: The text to continue; an empty one begins after a line break.
        tokens: How many to add.
        temperature: 0 always takes the likeliest token; higher is bolder.
        top_k: Draw only from this many of the likeliest tokens; 0 is all.
        top_p: Draw only from the likeliest tokens that make up this much probability.
        min_p: Draw only tokens at least this many times as likely as the likeliest.
        repetition_penalty: Above 1, tokens that the text already has become less likely.
        stop: The text ends before the first of these.
        seed: Where the random numbers begin.

    Raises:
        ConfigurationError: the prompt is empty and the model knows no line break, or a number is
            out of its range.
        TokenizerError: the prompt has something that the model never saw.
    """
    sampling = SamplingConfig(
        temperature=temperature, top_k=top_k, top_p=top_p, min_p=min_p,
        repetition_penalty=repetition_penalty,
    )  # fmt: skip
    (written,) = write_texts(trained, prompt, sampling, tokens=tokens, stop=stop, seeds=[seed])
    return trained.tokenizer.known_form(prompt) + written.text


def write_texts(
    trained: TrainedModel,
    prompt: str,
    sampling: SamplingConfig,
    *,
    tokens: int,
    seeds: Sequence[int],
    stop: Sequence[str] = (),
) -> list[WrittenText]:
    """A continuation for each seed, drawn together; each is what it would be alone.

    Raises:
        ConfigurationError: the prompt is empty and the model knows no line break, a stop string is
            empty, or a number is out of its range.
        TokenizerError: the prompt has something that the model never saw.
    """
    require_sensible(tokens, seeds, stop)
    ids = trained.prompt_ids(trained.tokenizer.known_form(prompt))
    require_prompt(ids)
    together = Continuations(trained.model)
    texts = [Continuation(tuple(ids), sampling, seed) for seed in seeds]
    for text in texts if tokens else ():
        together.join(text)
    growing = list(texts)
    for _ in range(tokens):
        together.step()
        for text in [text for text in growing if has_ended(trained, text.prompt, text.drawn, stop)]:
            together.leave(text)
            growing.remove(text)
        if not growing:
            break
    return [as_written(trained, text, stop) for text in texts]


def require_sensible(tokens: int, seeds: Sequence[int], stop: Sequence[str]) -> None:
    """Refuse what nobody can mean.

    Raises:
        ConfigurationError: a number is out of its range, or a stop string is empty.
    """
    require_between("tokens", tokens, 0, MOST_TOKENS)
    for seed in seeds:
        require_between("seed", seed, 0, LARGEST_SEED)
    if "" in stop:
        raise ConfigurationError(
            "A stop string is empty, and would end every text at once. Leave it out.",
            field="sampling.stop",
        )


def has_ended(
    trained: TrainedModel,
    prompt: Sequence[int],
    drawn: Sequence[SampledToken],
    stop: Sequence[str],
) -> bool:
    """Whether a stop string came with the newest of the drawn tokens."""
    if not stop:
        return False
    # The end of a text is enough: a token has at least a byte, and a character at most four.
    reach = 4 * max(map(len, stop)) + 4
    newest = [token.id for token in drawn[-reach:]]
    return any(end in trained.continuation(prompt, newest) for end in stop)


def as_written(trained: TrainedModel, written: Continuation, stop: Sequence[str]) -> WrittenText:
    """What a text says up to its stop string."""
    drawn = tuple(written.drawn)  # at once: another thread may let it grow
    whole = trained.continuation(written.prompt, [token.id for token in drawn])
    text = _up_to(stop, whole)
    return WrittenText(text, drawn, len(text) < len(whole))


def _up_to(stop: Sequence[str], text: str) -> str:
    ends = [place for end in stop if (place := text.find(end)) >= 0]
    return text[: min(ends, default=len(text))]


def search_texts(
    trained: TrainedModel,
    prompt: str,
    *,
    beams: int,
    tokens: int,
    stop: Sequence[str] = (),
    length_normalisation: float = 1.0,
) -> list[tuple[str, Beam]]:
    """The likeliest continuations found by beam search, the best first, with their tokens.

    Raises:
        ConfigurationError: the prompt is empty and the model knows no line break, a stop string is
            empty, or a number is out of its range.
        TokenizerError: the prompt has something that the model never saw.
    """
    require_sensible(tokens, (), stop)
    ids = trained.prompt_ids(trained.tokenizer.known_form(prompt))

    def is_whole(drawn: Sequence[int]) -> bool:
        return any(end in trained.continuation(ids, drawn) for end in stop)

    found = beam_search(
        trained.model,
        ids,
        beams=beams,
        tokens=tokens,
        length_normalisation=length_normalisation,
        has_ended=is_whole,
    )
    return [(_up_to(stop, trained.continuation(ids, beam.tokens)), beam) for beam in found]
