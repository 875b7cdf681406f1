"""The tokenizer in a folder that others wrote: tokenizer.json, or GPT-2's two older files."""

from pathlib import Path

from tokenizers import Tokenizer as LibraryTokenizer
from tokenizers import decoders, models, pre_tokenizers

from minigpt.errors import TokenizerError
from minigpt.interop.json_file import read_object, require_size
from minigpt.tokenizers.gpt2 import END_OF_TEXT
from minigpt.tokenizers.imported import ImportedTokenizer
from minigpt.tokenizers.known_parts import LARGEST_FORM, call_library, require_small

FORM = "tokenizer.json"
SETTINGS = "tokenizer_config.json"
VOCABULARY, MERGES, ADDED = "vocab.json", "merges.txt", "added_tokens.json"
LARGEST_BYTES = 4 * LARGEST_FORM
"""A character may take four bytes."""


def read_tokenizer(folder: Path, *, vocabulary_size: int) -> ImportedTokenizer:
    """The tokenizer of a model that has this many tokens, which may be more than it uses.

    Raises:
        TokenizerError: it is missing or damaged, or has ids that the model lacks.
    """
    if (folder / FORM).is_file():
        form = _text(folder / FORM)
    elif (folder / VOCABULARY).is_file() and (folder / MERGES).is_file():
        form = _form_of_older_files(folder)
    else:
        raise TokenizerError(
            "There is no tokenizer in {folder}: neither {form}, nor {vocabulary} with {merges}. "
            "Copy the files of the model's tokenizer into the folder.",
            folder=folder,
            form=FORM,
            vocabulary=VOCABULARY,
            merges=MERGES,
        )
    return ImportedTokenizer(form, vocabulary_size=vocabulary_size)


def _form_of_older_files(folder: Path) -> str:
    if (folder / ADDED).exists():
        raise TokenizerError(
            "{folder} lists further tokens in {added}, which only {form} can place. Save the "
            "tokenizer again with a version of transformers that writes that file.",
            folder=folder,
            added=ADDED,
            form=FORM,
        )
    for name in (VOCABULARY, MERGES):
        require_small(_text(folder / name), file_name=name)
    try:
        model = call_library(models.BPE.from_file, str(folder / VOCABULARY), str(folder / MERGES))
    # The library raises plain Exception for everything.
    except Exception as error:
        raise TokenizerError(
            "{vocabulary} or {merges} cannot be read: {error}. Copy or download both again.",
            vocabulary=VOCABULARY,
            merges=MERGES,
            error=error,
        ) from error
    library = LibraryTokenizer(model)
    library.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=_adds_space(folder))
    library.decoder = decoders.ByteLevel()
    if model.token_to_id(END_OF_TEXT) is not None:
        library.add_special_tokens([END_OF_TEXT])
    return str(library.to_str())


def _adds_space(folder: Path) -> bool:
    if not (folder / SETTINGS).exists():
        return False
    settings = read_object(folder / SETTINGS, TokenizerError, largest_bytes=LARGEST_BYTES)
    return settings.get("add_prefix_space") is True


def _text(path: Path) -> str:
    require_size(path, TokenizerError, largest_bytes=LARGEST_BYTES)
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise TokenizerError(
            "{name} cannot be read: {error}. Copy or download it again.",
            name=path.name,
            error=error,
        ) from error
