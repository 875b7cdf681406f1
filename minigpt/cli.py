"""The command line: `python -m minigpt COMMAND`.

Answers go to the standard output, everything else to the standard error. Exit codes: 0 done,
1 a run failed, 2 the arguments or the text cannot work, 130 interrupted.
"""

import json
from argparse import Namespace
from collections.abc import Callable
from itertools import islice
from pathlib import Path
from typing import Any

from minigpt import cli_lists
from minigpt.cli_arguments import build_parser
from minigpt.cli_output import say, tell
from minigpt.corpora import add_file
from minigpt.errors import ConfigurationError, MiniGPTError
from minigpt.runs.config import LARGEST_SEED, RunConfig
from minigpt.runs.directory import RunDirectory
from minigpt.runs.ending import reason_of
from minigpt.runs.follow import follow, outcome
from minigpt.runs.large_files import is_large
from minigpt.runs.launcher import start_run
from minigpt.runs.presets import preset_named
from minigpt.runs.status import Status
from minigpt.runs.store import RunStore, slug, status_of

DONE, FAILED, BAD_ARGUMENTS, INTERRUPTED = 0, 1, 2, 130
MOST_TOKENS = 1_000_000
GOOD_ENDS = {Status.FINISHED, Status.STOPPED}


def main(arguments: list[str]) -> int:
    """Carry out one command; returns its exit code."""
    chosen = build_parser().parse_args(arguments)
    try:
        return COMMANDS[chosen.command](chosen)
    except MiniGPTError as error:
        tell(f"minigpt: {error.message}")
        return BAD_ARGUMENTS
    except KeyboardInterrupt:
        return INTERRUPTED


def train(chosen: Namespace) -> int:
    """Start a run and follow it to its end; Ctrl-C asks it to stop and waits."""
    config = requested_config(chosen)
    run = start_run(RunStore.default(), config, name=chosen.name or chosen.preset)
    tell(f"Run {run.id} is training in the background; Ctrl-C stops it.")
    _watch(run)
    result, status = outcome(run), status_of(run)
    if reason := reason_of(run, status):
        tell(f"minigpt: {reason}")
    say(json.dumps(result) if chosen.json else f"{run.id} {status}")
    return DONE if status in GOOD_ENDS else FAILED


def _watch(run: RunDirectory) -> None:
    reached = -1
    try:
        for row in follow(run):
            reached = _report(row)
    except KeyboardInterrupt:
        run.request(stop=True)
        tell("Stopping after this step; Ctrl-C again leaves without waiting ...")
        for row in follow(run, after=reached):
            _report(row)


def _report(row: dict[str, Any]) -> int:
    step: int = row["step"]
    losses = f"train {row['train_loss']:.4f}  validation {row['validation_loss']:.4f}"
    tell(f"step {step:>6}  {losses}")
    return step


def requested_config(chosen: Namespace) -> RunConfig:
    """The configuration that the arguments of `train` describe."""
    settings: dict[str, Any] = {}
    if chosen.file:
        settings |= _text_file(Path(chosen.file))
    if chosen.corpus:
        settings["corpus.name"] = chosen.corpus
    for assignment in chosen.set:
        path, equals, value = assignment.partition("=")
        if not equals:
            raise ConfigurationError(
                f"--set {assignment!r} has no value. Write it as section.field=value."
            )
        settings[path.strip()] = value.strip()
    if chosen.seed is not None:
        settings["seed"] = chosen.seed
    return preset_named(chosen.preset).config.changed(settings)


def _text_file(path: Path) -> dict[str, Any]:
    if is_large(path):
        return {"corpus.name": slug(path.stem), "corpus.path": str(path.resolve())}
    return {"corpus.name": add_file(path).name}


def generate(chosen: Namespace) -> int:
    """Print the prompt and what the model makes of it."""
    # Here and not above: torch takes a second to import, and no other command needs it.
    from minigpt.runs.opening import open_model
    from minigpt.sampling.distribution import SamplingConfig
    from minigpt.sampling.generator import generate as draw

    _require_between("tokens", chosen.tokens, MOST_TOKENS)
    _require_between("seed", chosen.seed, LARGEST_SEED)
    sampling = SamplingConfig(
        temperature=0.0 if chosen.greedy else chosen.temperature,
        top_k=chosen.top_k,
        top_p=chosen.top_p,
    )
    trained = open_model(RunStore.default().open(chosen.run), step=chosen.step)
    prompt = trained.tokenizer.encode(chosen.prompt)
    drawn = islice(draw(trained.model, prompt, sampling, seed=chosen.seed), chosen.tokens)
    say(chosen.prompt + trained.continuation(prompt, [token.id for token in drawn]))
    return DONE


def stop(chosen: Namespace) -> int:
    """Ask a run to end after its current step."""
    run = RunStore.default().open(chosen.run)
    status = status_of(run)
    if not status.is_live:
        say(f"{run.id} has already ended: {status}.")
        return DONE
    run.request(stop=True)
    say(f"{run.id} stops after its current step.")
    return DONE


def attention(chosen: Namespace) -> int:
    """Write what every head looks at in one text to a file."""
    # Here and not above, for the same reason as in `generate`.
    from minigpt.runs.attention_file import format_named, write_attention
    from minigpt.runs.opening import open_model

    path = Path(chosen.out)
    format_named(path)
    run = RunStore.default().open(chosen.run)
    write_attention(path, open_model(run, step=chosen.step), chosen.text, run=run.id)
    say(str(path))
    return DONE


def export(chosen: Namespace) -> int:
    """Write a run's model in the form that `transformers` loads."""
    from minigpt.runs.exchange import export_run  # needs torch, see `generate`

    problem = export_run(RunStore.default().open(chosen.run), Path(chosen.folder), chosen.step)
    if problem:
        tell(f"minigpt: the tokenizer was left out: {problem}")
    say(chosen.folder)
    return DONE


def import_folder(chosen: Namespace) -> int:
    """Make a run of a model that was trained elsewhere."""
    from minigpt.runs.exchange import import_run  # needs torch, see `generate`

    folder = Path(chosen.folder)
    say(import_run(RunStore.default(), folder, chosen.name or folder.resolve().name).id)
    return DONE


COMMANDS: dict[str, Callable[[Namespace], int]] = {
    "train": train,
    "generate": generate,
    "attention": attention,
    "export": export,
    "import": import_folder,
    "runs": cli_lists.runs,
    "stop": stop,
    "corpora": cli_lists.corpora,
    "presets": cli_lists.presets,
}


def _require_between(name: str, value: int, largest: int) -> None:
    if not 0 <= value <= largest:
        raise ConfigurationError(f"{name} is {value}; it must lie between 0 and {largest}.")
