"""Learning and using subwords with the `tokenizers` library; import it only where it is needed.

Vocabularies leave here in the library's JSON, with the ids 0 to 255 given to the bytes.
"""

import json
from collections.abc import Callable, Iterator
from typing import Any

from tokenizers import Tokenizer as LibraryTokenizer
from tokenizers import models, pre_tokenizers, trainers

from minigpt.errors import TokenizerError
from minigpt.tokenizers.byte_alphabet import byte_of_stand_in, token_bytes
from minigpt.tokenizers.known_parts import call_library, known_model

SCORE_DECIMALS = 6
BOTTOM_BAND = 256 * 0.0001


def learn_bpe(words: Iterator[str], vocabulary_size: int) -> dict[str, Any]:
    """Learn byte-pair merges; a pair must occur twice."""
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary_size,
        min_frequency=2,
        initial_alphabet=list(byte_of_stand_in()),
        show_progress=False,
    )
    form = _learn(models.BPE(), trainer, words)
    ids = dict(byte_of_stand_in())
    for left, right in form["model"]["merges"]:
        ids.setdefault(left + right, len(ids))
    form["model"]["vocab"] = ids
    return form


def learn_unigram(words: Iterator[str], vocabulary_size: int) -> dict[str, Any]:
    """Learn the tokens that make the text most likely, most frequent first."""
    trainer = trainers.UnigramTrainer(
        vocab_size=vocabulary_size,
        # Half of the candidates go in each round: 1.6 % more tokens, in half the time.
        shrinking_factor=0.5,
        initial_alphabet=list(byte_of_stand_in()),
        show_progress=False,
    )
    form = _learn(models.Unigram(), trainer, words)
    scores = _repeatable_scores(form["model"]["vocab"])
    alphabet = byte_of_stand_in()
    learnt = sorted(scores.keys() - alphabet.keys(), key=lambda token: (-scores[token], token))
    ordered = [*sorted(alphabet, key=alphabet.__getitem__), *learnt]
    form["model"]["vocab"] = [[token, scores[token]] for token in ordered]
    return form


def open_model(form: str) -> tuple[list[bytes], Callable[[str], list[int]]]:
    """Return the tokens in id order and the function that cuts one word into ids.

    Args:
        form: the library's JSON.

    Raises:
        TokenizerError: it is not what the `learn_` functions return.
    """
    model, tokens = _read_model(form)
    # Tokens cover any text only if nothing else touches it first.
    model.normalizer = None
    model.pre_tokenizer = _bytes_as_stand_ins()

    def encode_word(word: str) -> list[int]:
        ids: list[int] = model.encode(word, add_special_tokens=False).ids
        return ids

    return tokens, encode_word


def _read_model(form: str) -> tuple[Any, list[bytes]]:
    try:
        # Of a form from elsewhere nothing but the model is run.
        model = call_library(LibraryTokenizer.from_str, known_model(json.loads(form)))
        tokens = _tokens_in_order(model.get_vocab())
    except TokenizerError:
        raise
    # The library raises plain Exception for everything.
    except Exception as error:
        raise TokenizerError(
            "This saved tokenizer cannot be read: {error}. Use the file as the training run "
            "wrote it, or train the tokenizer again.",
            error=error,
        ) from error
    return model, tokens


def _tokens_in_order(id_of: dict[str, int]) -> list[bytes]:
    ordered = sorted(id_of, key=id_of.__getitem__)
    if sorted(id_of.values()) != list(range(len(id_of))):
        raise ValueError("its ids have gaps")
    tokens = [token_bytes(written) for written in ordered]
    if tokens[:256] != [bytes([value]) for value in range(256)]:
        raise ValueError("its first 256 ids are not the bytes")
    return tokens


def _repeatable_scores(vocabulary: list[list[Any]]) -> dict[str, float]:
    """Make equal texts give equal scores.

    The library adds numbers up in any order, so the last digits differ each time; and it ranks
    the bytes that it would have dropped, in any order, within a narrow band at the bottom.
    """
    scores = {token: round(score, SCORE_DECIMALS) for token, score in vocabulary}
    lowest = min(scores.values())
    return {
        token: score if score > lowest + BOTTOM_BAND else lowest for token, score in scores.items()
    }


def _learn(model: Any, trainer: Any, words: Iterator[str]) -> dict[str, Any]:
    library_tokenizer = LibraryTokenizer(model)
    library_tokenizer.pre_tokenizer = _bytes_as_stand_ins()
    library_tokenizer.train_from_iterator(words, trainer)
    form: dict[str, Any] = json.loads(library_tokenizer.to_str())
    return form


def _bytes_as_stand_ins() -> Any:
    return pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
