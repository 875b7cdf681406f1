"""A text that can be chosen, before it is read."""

from collections.abc import Callable
from dataclasses import dataclass

from minigpt.corpora.corpus import Corpus


def _always() -> bool:
    return True


@dataclass(frozen=True, kw_only=True)
class CorpusSource:
    """One choice in the list of texts. Making it reads nothing."""

    name: str
    """The key it is found under, see `minigpt.corpora.load_corpus`."""
    title: str
    """The name people read."""
    description: str
    """One plain sentence that says what is in it."""
    read: Callable[[], str]
    """Returns the whole text; raises a CorpusError where it cannot."""
    needs_download: bool = False
    """Whether the first reading needs the internet."""
    is_ready: Callable[[], bool] = _always
    """Whether `read` would need no internet now: a download asks its cache."""

    def load(self) -> Corpus:
        """Read the text.

        Raises:
            CorpusError: the text cannot be read, fetched or learnt from.
        """
        return Corpus(name=self.name, title=self.title, text=self.read())
