"""A trained model with its tokenizer, out of a run directory."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

from minigpt.checkpoints.manifest import Checkpoint
from minigpt.checkpoints.weights import load_weights
from minigpt.models.build import build_model
from minigpt.models.language_model import LanguageModel
from minigpt.runs.config import LARGEST_SEED
from minigpt.runs.directory import RunDirectory, choose_checkpoint
from minigpt.sampling.distribution import SamplingConfig
from minigpt.sampling.generate import generate
from minigpt.sentences import Sentence
from minigpt.tokenizers import Tokenizer
from minigpt.validation import require_between

MOST_TOKENS = 1_000_000
UNKNOWN_SHOWN = 5


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

    def continuation(self, prompt: Sequence[int], drawn: Sequence[int]) -> str:
        """The text that drawn ids add to a prompt.

        Decoded together: where tokens stand for words or for parts of a character, the text of
        the drawn ids depends on what stands before them.
        """
        whole = self.tokenizer.decode([*prompt, *drawn])
        return whole[len(self.tokenizer.decode(prompt)) :]


def open_model(run: RunDirectory, *, step: int | None = None) -> TrainedModel:
    """The model of a run at `step`, or at its best step.

    Raises:
        RunError: nothing is saved yet, or not at that step.
        CheckpointError: the weights are damaged.
    """
    checkpoint = choose_checkpoint(run, step)
    tokenizer = run.tokenizer()
    model = build_model(run.config().model, vocabulary_size=tokenizer.vocabulary_size)
    load_weights(run.weights, checkpoint, model)
    return TrainedModel(model.eval(), tokenizer, checkpoint)


def generate_text(
    trained: TrainedModel,
    prompt: str,
    *,
    tokens: int = 200,
    temperature: float = 0.8,
    top_k: int = 0,
    top_p: float = 1.0,
    seed: int = 1337,
) -> str:
    """The prompt and what the model makes of it; equal seeds give equal text.

    Args:
        trained: What `open_model` opened.
        prompt: The text to continue.
        tokens: How many to add.
        temperature: 0 always takes the likeliest token; higher is bolder.
        top_k: Draw only from this many of the likeliest tokens; 0 is all.
        top_p: Draw only from the likeliest tokens that make up this much probability.
        seed: Where the random numbers begin.

    Raises:
        ConfigurationError: the prompt is empty, or a number is out of its range.
        TokenizerError: the prompt has something that the model never saw.
    """
    require_between("tokens", tokens, 0, MOST_TOKENS)
    require_between("seed", seed, 0, LARGEST_SEED)
    sampling = SamplingConfig(temperature=temperature, top_k=top_k, top_p=top_p)
    prompt = trained.tokenizer.known_form(prompt)
    ids = trained.tokenizer.encode(prompt)
    drawn = islice(generate(trained.model, ids, sampling, seed=seed), tokens)
    return prompt + trained.continuation(ids, [token.id for token in drawn])
