"""Python's own language reference, which comes with every Python: a text without internet.

It differs a little between Python versions; a run records the checksum of what it saw.
"""

import importlib

from minigpt.errors import CorpusError

MODULE = "pydoc_data.topics"


def read_python_docs(module: str = MODULE) -> str:
    """The text of all help topics, in alphabetical order, about half a million characters.

    Args:
        module: where the topics are, as a dict called `topics`.

    Raises:
        CorpusError: this Python was installed without them.
    """
    try:
        topics: dict[str, str] = importlib.import_module(module).topics
    except (ImportError, AttributeError) as error:
        raise CorpusError(
            "This Python was installed without the text of its documentation. Choose the "
            "short sentences, which need nothing, or upload or paste a text.",
            field="corpus",
        ) from error
    return "\n".join(topics[name].strip() + "\n" for name in sorted(topics))
