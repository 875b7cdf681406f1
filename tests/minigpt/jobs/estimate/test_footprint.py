import dataclasses

from minigpt.jobs.estimate.estimate import BASE_BYTES, COMPILER_BYTES, memory_bytes
from tests.minigpt.jobs.estimate.measured import TEXT


def test_the_interpreter_counts_as_it_was_measured_or_else_as_it_usually_is(tiny):
    usual = memory_bytes(tiny, TEXT)
    assert usual > BASE_BYTES
    assert memory_bytes(tiny, TEXT, base_bytes=BASE_BYTES + 1e6) == usual + 1_000_000


def test_a_longer_text_takes_more_unless_it_is_read_from_the_disk(tiny):
    long = dataclasses.replace(
        TEXT, characters=50_000_000, training_tokens=45_000_000, validation_tokens=5_000_000
    )
    # 3 bytes a character, and 8 a token, twice while they are found.
    assert memory_bytes(tiny, long) >= BASE_BYTES + 50_000_000 * (3 + 16)
    file = dataclasses.replace(long, characters=0)
    assert memory_bytes(tiny, file) < memory_bytes(tiny, TEXT)


def test_every_process_holds_all_but_its_part_of_the_batch(tiny):
    config = tiny.changed({"training.batch_size": 8})
    one, four = (
        memory_bytes(config.changed({"compute.processes": count}), TEXT) for count in (1, 4)
    )
    # And a fifth one starts them.
    assert 4.9 * one < four < 5.1 * one


def test_the_largest_batch_that_fits_can_be_told(tiny):
    sizes = [memory_bytes(tiny.changed({"training.batch_size": size}), TEXT) for size in (2, 2000)]
    assert sizes[0] < sizes[1]


def test_translating_a_model_takes_a_compiler(tiny):
    compiled = tiny.changed({"compute.compile": True})
    assert memory_bytes(compiled, TEXT) == memory_bytes(tiny, TEXT) + COMPILER_BYTES
