from tests.ui.harness import part


def show(tried="e"):
    from ui.components.letter_keys import letter_keys

    letter_keys(
        [" ", "!", "a", "e", "q"], key="keys", label="Guess", tried=tried, turn=3,
        said="Not <b>", on_choose=print,
    )  # fmt: skip


def test_keys_lie_as_on_a_keyboard_and_what_was_tried_is_marked(draw):
    data = part(draw(show), "keys")
    rows = [[key["symbol"] for key in row] for row in data["rows"]]
    assert rows == [["q", "e"], ["a"], ["!", " "]]
    keys = {key["symbol"]: key for row in data["rows"] for key in row}
    assert [one for one in keys if keys[one]["tried"]] == ["e"]
    assert (keys["a"]["place"], keys[" "]["shown"]) == (2, "space")
    assert (data["turn"], data["words"]["said"]) == (3, "Not <b>")
