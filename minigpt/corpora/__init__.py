"""Texts to learn from. A new built-in text is a new file and one entry in CORPORA.

Two modules hold a function of their own name; import those from there:
`minigpt.corpora.user_texts.user_texts` and `minigpt.corpora.statistics.statistics`.

builtin       the texts that come with the package
corpus        a text in two parts, to train on and to be judged by
parts         which tenth of a text is kept to judge by
judging       whether that tenth is a fair judge
user_texts    texts that people bring
decoding      from the bytes of a file to text
examples      a line of a text to try a model with, and passages to judge another text beside
documents     the text of PDF and Word files
large_files   texts too large to keep a copy of
statistics    counts and entropies of a text
counted_runs  runs of tokens, counted and looked up
counted_odds  what counting says may come next
"""

from dataclasses import replace
from functools import partial

from minigpt.corpora.builtin import (
    TINY_SHAKESPEARE,
    addition,
    least_loss,
    plural_nats,
    read_python_docs,
    read_sentences,
    read_tiny_shakespeare,
    reduplication,
    repeated_segments,
    reversal,
    segment_nats,
    sorting,
    sum_nats,
    word_nats,
)
from minigpt.corpora.corpus import Corpus as Corpus
from minigpt.corpora.corpus import CorpusSource as CorpusSource
from minigpt.corpora.corpus import require_learnable as require_learnable
from minigpt.corpora.corpus import require_length as require_length
from minigpt.corpora.corpus import require_passage as require_passage
from minigpt.corpora.decoding import decode_upload as decode_upload
from minigpt.corpora.large_files import open_token_file as open_token_file
from minigpt.corpora.large_files import write_token_file as write_token_file
from minigpt.corpora.parts import ValidationPart as ValidationPart
from minigpt.corpora.user_texts import MAX_CHARACTERS as MAX_CHARACTERS
from minigpt.corpora.user_texts import add_file as add_file
from minigpt.corpora.user_texts import add_text as add_text
from minigpt.corpora.user_texts import delete_text as delete_text
from minigpt.corpora.user_texts import fetch_text as fetch_text
from minigpt.corpora.user_texts import user_texts as _user_texts
from minigpt.errors import CorpusError
from minigpt.sentences import N_

CORPORA: dict[str, CorpusSource] = {
    "tiny-shakespeare": CorpusSource(
        name="tiny-shakespeare",
        title=N_("Tiny Shakespeare"),
        description=N_(
            "Scenes from Shakespeare's plays, about a million characters, downloaded once."
        ),
        read=read_tiny_shakespeare,
        is_ready=TINY_SHAKESPEARE.is_cached,
    ),
    "python-docs": CorpusSource(
        name="python-docs",
        title=N_("Python's documentation"),
        description=N_("The language reference that comes with Python; needs no internet."),
        read=read_python_docs,
    ),
    "sentences": CorpusSource(
        name="sentences",
        title=N_("Short sentences"),
        description=N_("150 simple sentences about names, roads and trains; learnt in seconds."),
        read=read_sentences,
    ),
    "repeated-segments": CorpusSource(
        name="repeated-segments",
        title=N_("Repeated segments"),
        description=N_("Random letters, then the same ones again; shows how a model copies."),
        read=repeated_segments,
        least_loss=partial(least_loss, line_nats=segment_nats),
    ),
    "reduplication": CorpusSource(
        name="reduplication",
        title=N_("Indonesian plurals"),
        description=N_(
            "Indonesian says nouns twice for several: anak-anak membawa buku-buku. A copying task."
        ),
        read=reduplication,
        least_loss=partial(least_loss, line_nats=plural_nats),
    ),
    "addition": CorpusSource(
        name="addition",
        title=N_("Addition"),
        description=N_("Sums such as 12+34=46; shows which digits a model looks at."),
        read=addition,
        least_loss=partial(least_loss, line_nats=sum_nats),
    ),
    "reversal": CorpusSource(
        name="reversal",
        title=N_("Reversal"),
        description=N_("Letters and then the same backwards, as in abc>cba."),
        read=reversal,
        least_loss=partial(least_loss, line_nats=word_nats),
    ),
    "sorting": CorpusSource(
        name="sorting",
        title=N_("Sorting"),
        description=N_("Letters and then the same in alphabetical order, as in cab>abc."),
        read=sorting,
        least_loss=partial(least_loss, line_nats=word_nats),
    ),
}


UNKNOWN_CORPUS = "imported"
"""What a model that was made elsewhere has for its text: nobody knows which it was."""


def load_corpus(name: str, *, validation: ValidationPart = "last") -> Corpus:
    """Read the text of that name, built in or brought by somebody.

    Args:
        name: its key.
        validation: which tenth of it is kept from training, to judge by.

    Raises:
        CorpusError: no text has that name, it cannot be read or fetched, or nobody knows it.
    """
    sources = {source.name: source for source in all_sources()}
    if name == UNKNOWN_CORPUS and name not in sources:
        raise CorpusError(
            "This model was made elsewhere, and nobody here knows which text it learnt from. So "
            "nothing can be measured on that text.",
            field="corpus",
        )
    if name not in sources:
        raise CorpusError(
            "There is no text called {name!r}. Choose one of: {sources}.",
            field="corpus",
            name=name,
            sources=", ".join(sources),
        )
    return replace(sources[name].load(), validation=validation)


def all_sources() -> list[CorpusSource]:
    """Every text that can be chosen: the built-in ones, then those people brought."""
    return [*CORPORA.values(), *_user_texts()]


def offline_default() -> str:
    """The name of the text that a machine without internet starts with."""
    return "python-docs"
