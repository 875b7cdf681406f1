from minigpt.training.world import World, is_shared, joined_world

# Several processes are tested with real ones, in tests/processes/test_distributed.py.


def test_alone_everything_is_one_s_own():
    world = World()
    assert world.is_first
    assert world.mean(1.5, 2.5) == [1.5, 2.5]
    assert world.agree("so be it") == "so be it"


def test_without_a_launcher_a_process_is_alone(monkeypatch):
    monkeypatch.delenv("WORLD_SIZE", raising=False)
    assert not is_shared()
    with joined_world() as world:
        assert world == World()


def test_a_launcher_says_so_in_the_environment(monkeypatch):
    monkeypatch.setenv("WORLD_SIZE", "2")
    assert is_shared()
