"""Exercises made by rule, whose answers a model can only find by looking at the right place.

Every line is one exercise, and none appears twice, so the validation part asks what training
never showed. The text depends on the seed alone, not on the system or the Python version.
"""

import string
from collections.abc import Callable
from random import Random

TASK_CHARACTERS = 200_000
SEED = 1337
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
