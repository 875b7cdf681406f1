"""What all tests share: folders of their own, texts, a tokenizer, and one tiny model a rung."""

import tests.typed_calls  # noqa: F401, I001 # before anything of the core

import dataclasses
import errno
import gc
import itertools
import os
import sys
from pathlib import Path

import jaxtyping
import pytest
from hypothesis import settings

from minigpt.host import Host
from minigpt.jobs.fork_server import NONE, VARIABLE
from minigpt.models import LADDER
from minigpt.tokenizers.character import CharacterTokenizer
from tests import shakespeare as tiny_shakespeare

TINY_TEXT = "the cat sat on the mat. the dog sat on the log. the cat saw the dog.\n" * 8
TINY_VOCABULARY = 24
TINY_SIZES = {"context_length": 8, "width": 16, "num_layers": 2, "num_heads": 2}
GPT_OPTIONS = {
    "sinusoidal": {"position": "sinusoidal"},
    "rotary": {"position": "rotary"},
    "no positions": {"position": "none"},
    "rms": {"norm": "rms"},
    "post-norm": {"norm_position": "post"},
    "relu": {"activation": "relu"},
    "relu squared": {"activation": "relu_squared"},
    "swiglu": {"activation": "swiglu"},
    "dot": {"attention_score": "dot"},
    "cosine": {"attention_score": "cosine"},
    "query-key norm": {"query_key_norm": True},
    "untied": {"tied_embeddings": False},
    "no bias": {"bias": False},
    "lecture's biases": {"qkv_bias": False, "output_bias": True, "tied_embeddings": False},
    "dropout": {"dropout": 0.5},
    "n-grams": {"ngram_order": 3, "ngram_rows": 50},
    "modern": {
        "position": "rotary",
        "norm": "rms",
        "activation": "relu_squared",
        "query_key_norm": True,
        "bias": False,
    },
    "other": {
        "position": "sinusoidal",
        "norm": "rms",
        "norm_position": "post",
        "activation": "swiglu",
        "attention_score": "cosine",
        "tied_embeddings": False,
    },
}

# Tiny models are fastest on one thread; more would wait for each other. Read when torch loads.
os.environ.setdefault("OMP_NUM_THREADS", "1")
# Pages that are drawn here keep no process ready for trainings that nobody starts.
os.environ.setdefault(VARIABLE, NONE)
# A slow machine is no failure, and a test run leaves nothing behind.
settings.register_profile("minigpt", deadline=None, database=None)
settings.load_profile("minigpt")


def pytest_collection_finish():
    """What is there now stays to the end: without it, to look for garbage takes half the time."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session", autouse=True)
def _no_folders_from_outside():
    with pytest.MonkeyPatch.context() as patch:
        for variable in ("MINIGPT_CHECKPOINTS", "MINIGPT_DATA"):
            patch.delenv(variable, raising=False)
        yield


@pytest.fixture(scope="session")
def _numbered_folders(tmp_path_factory):
    """Empty folders, one after the other."""
    root = tmp_path_factory.mktemp("tests")
    return (root / str(number) for number in itertools.count())


@pytest.fixture
def tmp_path(_numbered_folders):
    """A folder of the test's own. pytest's looks through all there are before it makes another."""
    folder = next(_numbered_folders)
    folder.mkdir()
    return folder


@pytest.fixture(autouse=True)
def isolated_folders(_no_folders_from_outside, tmp_path, monkeypatch):
    """Runs and texts go into the test's own folder, unless a wider fixture chose another."""
    for variable in ("MINIGPT_CHECKPOINTS", "MINIGPT_DATA"):
        if variable not in os.environ:
            monkeypatch.setenv(variable, str(tmp_path / variable.removeprefix("MINIGPT_").lower()))


@pytest.fixture(autouse=True)
def _same_random_numbers():
    """Every test draws the same ones; torch is not loaded for those that do without."""
    torch = sys.modules.get("torch")
    if torch is None:
        return
    if torch.accelerator.is_available():
        torch.manual_seed(0)
    else:  # the same, without looking for what is not there
        torch.default_generator.manual_seed(0)


@pytest.fixture
def full_host():
    """A machine on whose every volume nothing is free."""
    return Host(free_bytes=lambda _: 0)


@pytest.fixture
def refuse_writes(monkeypatch):
    """A function from then on the system puts no file of these names in its place, or none at all.

    `error` is what it says, and `when` a function of the path that tells whether it does.
    """
    real = Path.replace

    def refuse(*names, error=None, when=lambda path: True):
        def replace(self, target):
            path = Path(target)
            if (not names or path.name in names) and when(path):
                raise error or OSError(errno.ENOSPC, "No space left on device")
            return real(self, target)

        monkeypatch.setattr(Path, "replace", replace)

    return refuse


@pytest.fixture
def this_machine(tmp_path, monkeypatch):
    """A function that lets the system say what machine this is; its answer is where it says so.

    Bytes of memory that are None cannot be told. What is left out is as the tests' own machine has
    it, except that there is no graphics card unless one is asked for.
    """
    from minigpt.jobs import machine

    folder = tmp_path / "system"
    folder.mkdir()
    files = machine.SystemFiles(
        processor=folder / "cpuinfo",
        memory=folder / "meminfo",
        graphics=folder / "gpus",
        container_limits=(folder / "memory.max",),
        own_group=folder / "own",
        groups=folder / "groups",
    )
    real = {"total": machine.total_memory(), "available": machine.available_memory()}
    monkeypatch.setattr(machine, "FILES", files)
    monkeypatch.setattr("platform.system", lambda: "Linux")

    def be(*, cores=None, graphics="", **memory):
        told = {**real, **memory}
        if cores is not None:
            monkeypatch.setattr(os, "sched_getaffinity", lambda _: range(cores), raising=False)
        if told["total"] is None:
            monkeypatch.delattr(os, "sysconf", raising=False)
        else:
            sizes = {"SC_PHYS_PAGES": told["total"], "SC_PAGE_SIZE": 1}
            monkeypatch.setattr(os, "sysconf", sizes.__getitem__, raising=False)
        available = told["available"]
        line = "" if available is None else f"MemAvailable: {available // 1024} kB\n"
        files.memory.write_text(line, encoding="ascii")
        if graphics:
            (files.graphics / "0000").mkdir(parents=True)
            (files.graphics / "0000" / "information").write_text(f"Model: \t {graphics}\nIRQ: 1\n")
        return folder

    return be


@pytest.fixture
def unchecked_types(monkeypatch):
    """As outside the tests: values of wrong types get as far as the code's own checks."""
    monkeypatch.setattr(jaxtyping.config, "jaxtyping_disable", True)


@pytest.fixture(scope="session")
def shakespeare():
    """Tiny Shakespeare, or, where it is absent, a text with its 65 characters and its start."""
    return tiny_shakespeare.text()


@pytest.fixture(scope="session")
def real_shakespeare(shakespeare):
    """Tiny Shakespeare itself, for figures that hold for no other text."""
    if tiny_shakespeare.FILE is None:
        pytest.skip(tiny_shakespeare.HOW_TO_GET_IT)
    return shakespeare


@pytest.fixture(scope="session")
def tiny_text():
    """A text so regular that a tiny model learns it in a few steps."""
    return TINY_TEXT


@pytest.fixture(scope="session")
def tiny_tokenizer(tiny_text):
    """The characters of the tiny text."""
    return CharacterTokenizer.train(tiny_text)


@pytest.fixture(params=LADDER)
def rung(request):
    """The name of every rung in turn."""
    return request.param


@pytest.fixture(params=[*LADDER, *(f"gpt, {name}" for name in GPT_OPTIONS)])
def variant(request, tiny_config):
    """A tiny configuration of every rung, and of a GPT with each of its options, in turn."""
    rung, _, options = request.param.partition(", ")
    return dataclasses.replace(tiny_config(rung), **GPT_OPTIONS.get(options, {}))


@pytest.fixture(scope="session")
def tiny_config():
    """A function from a rung's name to its smallest useful configuration."""

    def build(rung):
        kind = LADDER[rung].config
        wanted = {field.name for field in dataclasses.fields(kind)}
        return kind(**{name: size for name, size in TINY_SIZES.items() if name in wanted})

    return build


@pytest.fixture(scope="session")
def build_tiny():
    """A function from a configuration to its model in eval mode; equal seeds, equal weights."""
    import torch

    from minigpt.models.build import build_model

    def build(config, *, vocabulary_size=TINY_VOCABULARY, seed=0):
        torch.manual_seed(seed)
        return build_model(config, vocabulary_size=vocabulary_size).eval()

    return build


@pytest.fixture
def tiny_model(rung, tiny_config, build_tiny):
    """A tiny model of every rung in turn."""
    return build_tiny(tiny_config(rung))


@pytest.fixture
def variant_model(variant, build_tiny):
    """A tiny model of every variant in turn."""
    return build_tiny(variant)


@pytest.fixture
def random_tokens():
    """A function that draws a batch of token ids, always the same."""
    import torch

    def draw(batch=2, length=TINY_SIZES["context_length"], *, seed=0):
        generator = torch.Generator().manual_seed(seed)
        return torch.randint(TINY_VOCABULARY, (batch, length), generator=generator)

    return draw
