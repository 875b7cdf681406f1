from minigpt.lessons.whole_gpt.further_reading import LECTURES, PAPERS
from ui.charts.figures import as_html
from ui.screens.learn.lessons.whole_gpt.gpt2 import LESSON
from ui.screens.learn.moving import start_of
from ui.theme import LIGHT


def step(name):
    return next(one for one in LESSON.steps if one.name == name)


def test_the_last_step_leads_to_all_that_can_be_read_and_watched():
    masks = step("masks")
    drawn = masks.after(masks.compute(start_of(masks)), None)
    shown = "".join(as_html(figure, LIGHT) for figure in drawn)
    for source in (*PAPERS, *LECTURES):
        assert f'href="{source.link}"' in shown


def test_a_faster_machine_takes_less_long():
    cost = step("cost")
    assert cost.truth(cost.compute({"size": "small", "speed": "11"})) == "years"
    assert cost.truth(cost.compute({"size": "small", "speed": "14"})) == "hours"


def test_the_part_with_most_parameters_is_read_from_the_counts():
    parts = step("parts")
    assert parts.truth(parts.compute({"size": "small"})) == "feed_forward"
