from tests.ui.harness import part


def show():
    from ui.components.futures_tree import Line, futures_tree

    futures_tree(
        [
            Line(text="<b>\n", depth=0, probability=0.75, of_path=0.75, is_open=True),
            Line(text="64 others", depth=1, probability=1.0, of_path=0.75, is_rest=True),
        ],
        key="tree",
        label="What may come next",
        on_choose=print,
    )


def test_lines_arrive_as_data(draw):
    at = draw(show)
    first, rest = part(at, "tree")["lines"]
    assert first == {
        "text": "<b>↵", "depth": 0, "probability": 0.75, "ofPath": 0.75, "open": True,
        "rest": False,
    }  # fmt: skip
    assert (rest["text"], rest["rest"]) == ("64 others", True)
    assert "<b>" not in at.get_by_key("tree").proto.html_content
