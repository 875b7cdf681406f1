from tests.ui.harness import part

HOSTILE = "</script><b>\n  a  "


def show(text):
    from ui.screens.generate.write.take_home import copy_button

    copy_button(text, key="copy")


def test_the_text_arrives_just_as_it_is(draw):
    at = draw(show, text=HOSTILE)
    assert part(at, "copy")["text"] == HOSTILE
    assert "script>" not in at.get_by_key("copy").proto.html_content
