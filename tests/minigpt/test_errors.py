import inspect
import pickle

import pytest

from minigpt import errors
from minigpt.errors import ConfigurationError, MiniGPTError

KINDS = [
    kind
    for _, kind in inspect.getmembers(errors, inspect.isclass)
    if issubclass(kind, MiniGPTError) and kind is not MiniGPTError
]


@pytest.mark.parametrize("kind", KINDS)
def test_one_except_clause_catches_them_all(kind):
    with pytest.raises(MiniGPTError, match="what happened") as caught:
        raise kind("what happened, and what to do")
    assert caught.value.message == str(caught.value) == "what happened, and what to do"
    assert caught.value.field is None


@pytest.mark.parametrize("kind", KINDS)
def test_each_says_in_one_line_when_it_is_raised(kind):
    assert kind.__doc__
    assert "\n" not in kind.__doc__.strip()


def test_an_error_can_name_its_setting():
    assert ConfigurationError("too large", field="model.width").field == "model.width"


def test_an_error_survives_being_sent_to_another_process():
    sent = pickle.loads(pickle.dumps(ConfigurationError("too large", field="model.width")))
    assert (sent.message, sent.field) == ("too large", "model.width")
