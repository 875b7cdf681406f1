"""Texts to learn from, and a tokenizer that reads a small stand-in for GPT-2's vocabulary."""

import pytest

from minigpt.tokenizers import gpt2
from tests.minigpt.rank_server import serve

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
