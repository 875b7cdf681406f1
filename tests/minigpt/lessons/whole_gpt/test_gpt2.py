import pytest

from minigpt.lessons.whole_gpt.further_reading import LECTURES, PAPERS
from minigpt.lessons.whole_gpt.gpt2 import SIZES, count_parts, count_sizes, of_size, reading_cost
from minigpt.models.configs import GPTConfig
from minigpt.runs.presets import PRESETS

SMALL = PRESETS["gpt2-small"].config.model


def test_all_four_models_have_the_parameters_of_the_published_ones():
    seen = count_sizes(SMALL)
    # What `GPT2LMHeadModel` of each published configuration counts.
    assert seen.totals == (124_439_808, 354_823_168, 774_030_080, 1_557_611_200)
    assert seen.ratio == pytest.approx(12.5, abs=0.05)


@pytest.mark.parametrize("size", SIZES)
def test_the_parts_are_the_whole(size):
    seen = count_parts(of_size(SMALL, size))
    found = seen.token + seen.position + seen.attention + seen.feed_forward + seen.norms
    assert found == seen.total


def test_the_table_of_tokens_weighs_less_in_a_larger_model():
    shares = [
        seen.token / seen.total for seen in (count_parts(of_size(SMALL, one)) for one in SIZES)
    ]
    assert shares == sorted(shares, reverse=True)


def test_a_token_costs_about_six_operations_a_parameter():
    seen = reading_cost(SMALL, 1e11)
    assert seen.per_token / count_parts(SMALL).total == pytest.approx(6, rel=0.2)
    assert seen.seconds == pytest.approx(10 * reading_cost(SMALL, 1e12).seconds)
    assert reading_cost(GPTConfig(), 1e11).operations < seen.operations / 10


def test_every_source_has_a_link_of_its_own():
    sources = [*PAPERS, *LECTURES]
    links = {one.link for one in sources}
    assert len(links) == len(sources)
    assert all(link.startswith("https://") for link in links)
    assert len({one.title for one in sources}) == len(sources)
