from minigpt.training.distributed import World, joined_world

# Several processes are tested with real ones, in tests/processes/test_together.py.


def test_alone_everything_is_one_s_own():
    world = World()
    assert world.is_first
    assert world.mean(1.5, 2.5) == [1.5, 2.5]
    assert world.agree("so be it") == "so be it"


def test_without_a_launcher_a_process_is_alone(monkeypatch):
    monkeypatch.delenv("WORLD_SIZE", raising=False)
    with joined_world() as world:
        assert world == World()
