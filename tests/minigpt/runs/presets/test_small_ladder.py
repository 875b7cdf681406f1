from minigpt.models import LADDER
from minigpt.runs.presets.small_ladder import small_ladder


def test_every_rung_of_the_ladder_is_there_and_learns_from_as_many_tokens():
    ladder = small_ladder("sentences")
    assert list(ladder) == list(LADDER)
    assert [config.rung for config in ladder.values()] == list(LADDER)
    assert {config.corpus.name for config in ladder.values()} == {"sentences"}
    # As the lesson says in words.
    lengths = [config.model.context_length for config in ladder.values()]
    assert lengths == [8] * 5 + [32]
    assert {config.training.steps for config in ladder.values()} == {1000}
    tokens = {
        config.training.batch_size * config.model.context_length for config in ladder.values()
    }
    assert len(tokens) == 1
