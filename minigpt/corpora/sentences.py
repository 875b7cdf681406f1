"""Short sentences of our own: a text so small that a word model learns it in seconds."""

from importlib.resources import files

PACKAGE = "minigpt.corpora"


def read_sentences() -> str:
    """150 lower-case sentences, one a line: greetings, names, roads and trains.

    Few words in many combinations, so a model that reads words soon continues "hello"
    with "my name is" or "my friend".
    """
    return files(PACKAGE).joinpath("texts", "sentences.txt").read_text(encoding="utf-8")
