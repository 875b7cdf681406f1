"""The texts that come with the app, or are downloaded once.

- exercises made by rule, whose answers a model can only find by looking at the right place: every
  line is one exercise, none appears twice, so the validation part asks what training never
  showed, and the text depends on the seed alone, not on the system or the Python version;
- Python's language reference, which comes with every Python (it differs a little between
  versions; a run records the checksum of what it saw);
- short sentences of our own, so few that a word model learns them in seconds;
- Tiny Shakespeare, parts of his plays in one file, the usual first text for small models.
"""

import importlib
import math
import string
from collections.abc import Callable
from functools import cache
from importlib.resources import files
from random import Random

from minigpt.corpora.user_texts import ALTERNATIVES
from minigpt.downloads.limits import TransferLimits
from minigpt.downloads.verified import Download
from minigpt.errors import CorpusError
from minigpt.sentences import Sentence

TASK_CHARACTERS = 200_000
SEED = 1337
PACKAGE = "minigpt.corpora"
SUMMANDS = 200
SHORTEST_WORD, LONGEST_WORD = 3, 8
SHORTEST_SEGMENT, LONGEST_SEGMENT = 6, 15


def repeated_segments(seed: int = SEED) -> str:
    """Lines such as "kTbQzeRkTbQzeR": letters in random order, then the same again.

    Nothing foretells the first half. In the second, each letter follows the one it followed
    before, which is what an induction head finds. Within a segment no letter repeats, so
    there is exactly one place to look; its length varies, so counting back does not help.
    """

    def line(random: Random) -> str:
        return 2 * _letters(random, string.ascii_letters, SHORTEST_SEGMENT, LONGEST_SEGMENT)

    return _exercises(line, seed)


def addition(seed: int = SEED) -> str:
    """Lines such as "12+34=46", with numbers from 0 to 199."""

    def line(random: Random) -> str:
        first, second = (int(random.random() * SUMMANDS) for _ in range(2))
        return f"{first}+{second}={first + second}"

    return _exercises(line, seed)


def reversal(seed: int = SEED) -> str:
    """Lines such as "abc>cba": three to eight different letters, then backwards."""

    def line(random: Random) -> str:
        word = _letters(random, string.ascii_lowercase, SHORTEST_WORD, LONGEST_WORD)
        return f"{word}>{word[::-1]}"

    return _exercises(line, seed)


def sorting(seed: int = SEED) -> str:
    """Lines such as "cab>abc": three to eight different letters, then in alphabetical order."""

    def line(random: Random) -> str:
        word = _letters(random, string.ascii_lowercase, SHORTEST_WORD, LONGEST_WORD)
        return f"{word}>{''.join(sorted(word))}"

    return _exercises(line, seed)


def reduplication(seed: int = SEED) -> str:
    """Lines such as "anak-anak membawa buku-buku": Indonesian says a noun twice for several.

    Who does what to what is drawn, each noun and verb as likely as any other, so nothing foretells
    them but the letters a word begins with. After a hyphen the noun before it comes again: the
    model only has to look back. Every noun occurs dozens of times, so it may learn to spell them;
    which one comes again, it cannot know by heart.
    """
    subjects, verbs, objects = indonesian_words()

    def line(random: Random) -> str:
        who, does, what = (
            words[int(random.random() * len(words))] for words in (subjects, verbs, objects)
        )
        return f"{who}-{who} {does} {what}-{what}"

    return _exercises(line, seed)


@cache
def indonesian_words() -> tuple[tuple[str, ...], ...]:
    """Nouns for people, verbs, and nouns for things, none of which means another thing twice."""
    text = files(PACKAGE).joinpath("texts", "indonesian-nouns.txt").read_text(encoding="utf-8")
    return tuple(tuple(paragraph.split()) for paragraph in text.split("\n\n"))


def least_loss(text: str, line_nats: Callable[[str], float]) -> float:
    """The loss of a reader who knows how the lines of an exercise are made, in nats a character.

    Nobody foretells what is drawn at random, and such a reader foretells all that follows from it.
    Only whoever remembers which lines there were, of which none comes twice, has a little less.

    Args:
        text: whole lines; what is left of one that was cut in two does not count.
        line_nats: what the random choices of a line come to, as minus the logarithm of how likely
            they are.
    """
    lines = text.split("\n")[1:-1]
    return sum(map(line_nats, lines)) / max(1, sum(len(line) + 1 for line in lines))


def segment_nats(line: str) -> float:
    """Of how long a segment of `repeated_segments` is, and which letters it has."""
    lengths = LONGEST_SEGMENT - SHORTEST_SEGMENT + 1
    return math.log(lengths) + _nats_of_letters(len(string.ascii_letters), len(line) // 2)


def sum_nats(line: str) -> float:
    """Of the two numbers of `addition`."""
    return 2 * math.log(SUMMANDS)


def word_nats(line: str) -> float:
    """Of how long a word of `reversal` or `sorting` is, and which letters it has."""
    lengths = LONGEST_WORD - SHORTEST_WORD + 1
    return math.log(lengths) + _nats_of_letters(len(string.ascii_lowercase), line.index(">"))


def plural_nats(line: str) -> float:
    """Of the two nouns and the verb of `reduplication`."""
    return sum(math.log(len(words)) for words in indonesian_words())


def _nats_of_letters(alphabet: int, count: int) -> float:
    return sum(math.log(alphabet - drawn) for drawn in range(count))


def _exercises(line: Callable[[Random], str], seed: int) -> str:
    random = Random(seed)
    lines: dict[str, None] = {}
    characters = 0
    while characters < TASK_CHARACTERS:
        made = line(random)
        if made not in lines:
            lines[made] = None
            characters += len(made) + 1
    return "\n".join(lines) + "\n"


def _letters(random: Random, alphabet: str, shortest: int, longest: int) -> str:
    # Of the methods of Random, later versions of Python promise equal results for this one only.
    draw = random.random
    remaining = list(alphabet)
    count = shortest + int(draw() * (longest - shortest + 1))
    return "".join(remaining.pop(int(draw() * len(remaining))) for _ in range(count))


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


def read_sentences() -> str:
    """150 lower-case sentences, one a line: greetings, names, roads and trains.

    Few words in many combinations, so a model that reads words soon continues "hello"
    with "my name is" or "my friend".
    """
    return files(PACKAGE).joinpath("texts", "sentences.txt").read_text(encoding="utf-8")


TINY_SHAKESPEARE = Download(
    title=Sentence("Tiny Shakespeare"),
    url="https://raw.githubusercontent.com/karpathy/char-rnn/master/data/tinyshakespeare/input.txt",
    sha256="86c4e6aa9db7c042ec79f339dcb96d42b0075e16b8fc2e86bf0ca57e2dc565ed",
    file_name="tinyshakespeare.txt",
    limits=TransferLimits(max_bytes=2_000_000),
    alternatives=ALTERNATIVES,
    error=CorpusError,
    field="corpus",
)


def read_tiny_shakespeare(download: Download = TINY_SHAKESPEARE) -> str:
    """The text, 1,115,394 characters of 65 kinds; fetched the first time, then cached.

    Raises:
        CorpusError: it is not cached and cannot be fetched.
    """
    return download.read().decode("utf-8")
