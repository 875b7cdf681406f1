"""Texts to learn from, and a tokenizer that reads a small stand-in for GPT-2's vocabulary."""

import random
import string
from pathlib import Path

import pytest

from minigpt.tokenizers import gpt2
from tests.minigpt.rank_server import serve

REPOSITORY = Path(__file__).parents[3]
SHAKESPEARE_FILE = REPOSITORY.parent / "shared" / "data" / "tinyshakespeare.txt"

CORPUS = (
    "Hello there, my name is Ada.\n"
    "my name is what you like — don't wait!  The train's late; (very) \"late\".\n"
    "\tIndented,\ttabbed\r\n"
    "ألف ليلة وليلة, 日本語の文, naïve Ünïcode … 😀👩‍👩‍👧\n"
    "\n"
    "x = [1, 22, 333] <b>bold</b> <unk> <join> snake_case\n"
    " leading and trailing \n"
)


@pytest.fixture(scope="module")
def small_gpt2(tmp_path_factory):
    """Let Gpt2Tokenizer read seven merges from a loopback server."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MINIGPT_DATA", str(tmp_path_factory.mktemp("data")))
        patch.setenv("NO_PROXY", "127.0.0.1")
        for server in serve():
            patch.setattr(gpt2, "GPT2_RANKS", server.ranks())
            yield


@pytest.fixture(scope="session")
def corpus():
    return CORPUS


@pytest.fixture(scope="session")
def shakespeare():
    """Tiny Shakespeare, or, where it is absent, a text with its 65 characters and its start."""
    if SHAKESPEARE_FILE.exists():
        return SHAKESPEARE_FILE.read_text(encoding="utf-8")
    characters = "\n !$&',-.3:;?" + string.ascii_letters
    chance = random.Random(0)
    words = ("".join(chance.choices("aeinorst", k=chance.randint(1, 7))) for _ in range(20_000))
    opening = "First Citizen:\nBefore we proceed any further, hear me speak.\n"
    return opening + characters + " ".join(words)
