"""MiniGPT: train a small GPT on a text, generate with it and look inside it.

These names are all that a notebook or a program needs for a start:

    PRESETS        ready-made settings by name; `PRESETS["quick"].config` is a RunConfig
    RunConfig      every setting of a run; `changed({"training.steps": 200})` gives another one
    texts          what can be learnt from, built in or brought along
    add_text       keep a text of your own, under a title
    train          train a run in a process of its own, and wait for its end
    open_run       the run of that id, in the folder of runs
    outcome        how a run stands or ended: steps, losses, seconds, status
    open_model     a run's model and tokenizer, at its best saved step or another one
    generate       what a model makes of a prompt, as text
    attend         what every head of a model looks at in a text
    trace          every intermediate result of a model on some tokens
    MiniGPTError   what all of them raise when something cannot work; its message says what to do

Each is brought from the module that holds it when it is first used, so importing the package
stays quick: torch is loaded by the first name that needs it. The parts, which draw nothing and
print nothing but for the command line:

    corpora        texts to learn from
    tokenizers     text <-> token ids
    models         the ladder of language models, from bigram to GPT
    training       batches, loss, optimizer, and the loop that yields one report a step
    sampling       from logits to the next token
    introspection  what happens inside a model on one text
    lessons        what the lessons of the app compute
    checkpoints    weights on disk, verified by checksum
    interop        Hugging Face folders, in and out
    downloads      files from the web, within limits and checked
    runs           a run at rest: a directory and what it says
    reading        what a model makes of a text, and what it read in training
    jobs           a run in motion: queue, processes, worker, estimates
    cli            python -m minigpt, or minigpt where the package is installed
    sentences      English text that remembers its template, to be said in another language
    errors         the errors raised on purpose
    files          files that are whole or not there
    data_folder    where texts and vocabularies are kept
    host           the machine: its time, and the room on its disk
    json_lines     a file of JSON objects, read on as it grows
    accents        letters with accents in one form, however many they have
    json_values    reading JSON that anybody may have written
    wording        quantities as people read them, texts as spreadsheets should
    configuration  between dataclasses and plain JSON values, strictly
    shapes         the letters that name tensor axes
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from minigpt.corpora import add_text as add_text
    from minigpt.corpora import all_sources as texts
    from minigpt.errors import MiniGPTError as MiniGPTError
    from minigpt.introspection.trace import trace as trace
    from minigpt.jobs.train import train as train
    from minigpt.runs.attention.look_file import attend as attend
    from minigpt.runs.config import RunConfig as RunConfig
    from minigpt.runs.presets import PRESETS as PRESETS
    from minigpt.runs.store import open_run as open_run
    from minigpt.runs.tail import outcome as outcome
    from minigpt.runs.trained_model import generate_text as generate
    from minigpt.runs.trained_model import open_model as open_model

__version__ = "0.6.0"

HOMES = {
    "PRESETS": "minigpt.runs.presets.PRESETS",
    "RunConfig": "minigpt.runs.config.RunConfig",
    "texts": "minigpt.corpora.all_sources",
    "add_text": "minigpt.corpora.add_text",
    "train": "minigpt.jobs.train.train",
    "open_run": "minigpt.runs.store.open_run",
    "outcome": "minigpt.runs.tail.outcome",
    "open_model": "minigpt.runs.trained_model.open_model",
    "generate": "minigpt.runs.trained_model.generate_text",
    "attend": "minigpt.runs.attention.look_file.attend",
    "trace": "minigpt.introspection.trace.trace",
    "MiniGPTError": "minigpt.errors.MiniGPTError",
}
"""Each public name, and the module and name that it stands for."""

__all__ = [  # noqa: RUF022 - in the order of use
    "PRESETS",
    "RunConfig",
    "texts",
    "add_text",
    "train",
    "open_run",
    "outcome",
    "open_model",
    "generate",
    "attend",
    "trace",
    "MiniGPTError",
]


def __getattr__(name: str) -> object:
    """The public names, at their first use (PEP 562)."""
    if name not in HOMES:
        raise AttributeError(f"module 'minigpt' has no attribute {name!r}", name=name)
    module, _, original = HOMES[name].rpartition(".")
    value: object = getattr(import_module(module), original)
    globals()[name] = value  # found without this function from now on
    return value


def __dir__() -> list[str]:
    """Also the names that nobody has used yet."""
    return sorted({*globals(), *HOMES})
