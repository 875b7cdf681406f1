import dataclasses

import pytest

from minigpt.corpora import CORPORA
from minigpt.errors import MiniGPTError
from tests.ui.harness import made_run
from ui.services.inside import over_training


def test_whoever_looks_fetches_no_text(monkeypatch):
    source = CORPORA["tiny-shakespeare"]
    elsewhere = dataclasses.replace(source, is_ready=lambda: False)
    monkeypatch.setitem(CORPORA, source.name, elsewhere)
    with pytest.raises(MiniGPTError, match="not on this computer"):
        over_training.yardstick_of(made_run().id)
