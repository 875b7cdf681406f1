"""The command line: `python -m minigpt COMMAND`.

Answers go to the standard output, everything else to the standard error. Exit codes: 0 done,
1 a run failed or the system did, as where a disk is full, 2 the arguments or the text cannot work,
130 interrupted.
"""

import errno
import json
import os
import sys
from argparse import Namespace
from collections.abc import Callable
from pathlib import Path

from minigpt.checkpoints.manifest import list_states
from minigpt.cli import (
    generation,
    inside,
    reading,
    runs,
    torchrun,
    transfer,
    warm_start,
)
from minigpt.cli.dry_run import dry_run
from minigpt.cli.output import discard_results, print_result, print_status, say_which_step
from minigpt.cli.parser import build_parser, requested_changes
from minigpt.corpora.judging import look_at_part, text_warnings
from minigpt.errors import MiniGPTError
from minigpt.host import is_full
from minigpt.jobs import actions
from minigpt.jobs.machine import OPTION, adopt_max_running
from minigpt.jobs.submission import submit_run
from minigpt.jobs.train import progress_line, wait_for_turn
from minigpt.runs.analysis.verdict import verdict_lines, verdict_of
from minigpt.runs.config import RunConfig
from minigpt.runs.directory import RunDirectory
from minigpt.runs.presets import preset_named
from minigpt.runs.status import Status, reason_of
from minigpt.runs.store import RunStore, status_of
from minigpt.runs.tail import EvaluatedStep, follow, outcome
from minigpt.sentences import N_, Sentence
from minigpt.training import ranks

DONE, FAILED, BAD_ARGUMENTS, INTERRUPTED = 0, 1, 2, 130
LONGEST_PATH = 200
"""Characters of a path that an error repeats."""
PATH_FAULTS = frozenset({
    errno.EACCES, errno.EEXIST, errno.EINVAL, errno.EISDIR, errno.ELOOP, errno.ENAMETOOLONG,
    errno.ENOENT, errno.ENOTDIR, errno.ENOTEMPTY, errno.ENXIO, errno.EPERM, errno.EROFS,
})  # fmt: skip
"""What the system says of a path with which nothing can be done, whenever it is tried."""
GOOD_ENDS = {Status.FINISHED, Status.STOPPED, Status.PAUSED}


def command() -> int:
    """What the installed `minigpt` runs: the command that it was started with."""
    return main(sys.argv[1:])


def main(arguments: list[str]) -> int:
    """Carry out one command; returns its exit code."""
    chosen = build_parser().parse_args(arguments)
    try:
        exit_code = COMMANDS[chosen.command](chosen)
        sys.stdout.flush()  # here, so that a reader who has left is noticed below
        return exit_code
    except MiniGPTError as error:
        print_status(f"minigpt: {error.message}")
        return FAILED if is_full(error) or _is_broken(error.__cause__) else BAD_ARGUMENTS
    except BrokenPipeError:  # such as `| head -1`: it has read all it wanted
        discard_results()
        return DONE
    except OSError as error:  # one that no command looks out for
        print_status(_refused_by_system(error))
        return BAD_ARGUMENTS if _is_about_arguments(error, chosen) else FAILED
    except KeyboardInterrupt:
        return INTERRUPTED


def _refused_by_system(error: OSError) -> str:
    path, reason = error.filename, error.strerror or error
    if path is None:
        return Sentence("minigpt: the system refused: {reason}.", reason=reason)
    shown = f"{path}"[:LONGEST_PATH]
    return Sentence("minigpt: {path!r} cannot be used: {reason}.", path=shown, reason=reason)


def _is_broken(cause: BaseException | None) -> bool:
    return isinstance(cause, OSError) and cause.errno == errno.EIO


def _is_about_arguments(error: OSError, chosen: Namespace) -> bool:
    """Whether the system refused a path that was given, and not a file of ours or to go on."""
    if error.errno not in PATH_FAULTS or not isinstance(error.filename, str):
        return False
    path = Path(os.path.realpath(error.filename))
    values = (one for value in vars(chosen).values() for one in _listed(value))
    return any(
        path == given
        or given in path.parents
        or path in given.parents  # a folder on the way there
        or path.name.startswith(f".{given.name}.")  # what is written first, see `open_atomically`
        for given in (Path(os.path.realpath(value)) for value in values if value)
    )


def _listed(value: object) -> list[str]:
    return [one for one in (value if isinstance(value, list) else [value]) if isinstance(one, str)]


def train(chosen: Namespace) -> int:
    """Start a run and follow it to its end; Ctrl-C asks it to stop and waits."""
    config = requested_config(chosen)
    if ranks.is_shared() and not chosen.dry_run:
        return torchrun.train_together(chosen, config)
    return _start(chosen, config, chosen.name or chosen.preset)


def fork(chosen: Namespace) -> int:
    """Start a run that goes on from a saved step of another one, and follow it to its end."""
    begun = warm_start.fork_from(chosen)
    return _start(chosen, begun.config, begun.name)


def finetune(chosen: Namespace) -> int:
    """Start a run that teaches another one's model a text, and follow it to its end."""
    begun = warm_start.fine_tuned(chosen)
    return _start(chosen, begun.config, begun.name)


def _warnings(config: RunConfig) -> list[str]:
    if config.corpus.path:  # a large file is not read through for a remark
        return []
    corpus = config.corpus.load()
    return text_warnings(corpus, look_at_part(corpus))


def _start(chosen: Namespace, config: RunConfig, name: str) -> int:
    if chosen.max_running:
        adopt_max_running([OPTION, chosen.max_running])
    for warning in _warnings(config):
        print_status(Sentence("minigpt: warning: {warning}", warning=warning))
    if chosen.dry_run:
        return dry_run(chosen, config)
    store = RunStore.default()
    run = submit_run(store, config, name=name, exceed_memory=chosen.exceed_memory)
    return _follow_to_its_end(store, run, as_json=chosen.json)


def resume(chosen: Namespace) -> int:
    """Let a run that ended early go on; as JSON, follow it to its end and say what was done."""
    if not chosen.json:
        return runs.resume(chosen)
    store = RunStore.default()
    run = store.open(chosen.run)
    states = list_states(run.weights)
    since = states[-1].step if states else 0
    actions.resume(store, run, exceed_memory=chosen.exceed_memory)
    return _follow_to_its_end(store, run, as_json=True, since=since)


def _follow_to_its_end(
    store: RunStore, run: RunDirectory, *, as_json: bool, since: int | None = None
) -> int:
    _watch(store, run, after=since or -1)
    result, status = outcome(run, since=since), status_of(run)
    if reason := reason_of(run, status):
        print_status(f"minigpt: {reason}")
    verdict = verdict_of(run)
    if as_json:
        print_result(json.dumps({**result, "verdict": verdict.to_json()}))
    else:
        for line in verdict_lines(verdict):
            print_status(line)
        print_result(f"{run.id} {status}")
    return DONE if status in GOOD_ENDS else FAILED


def _watch(store: RunStore, run: RunDirectory, *, after: int) -> None:
    reached = after
    try:
        wait_for_turn(store, run, print_status)
        print_status(
            Sentence("Run {id} is training in the background; Ctrl-C stops it.", id=run.id)
        )
        for row in follow(run, after=reached):
            reached = _report(row)
    except KeyboardInterrupt:
        waited = status_of(run) is Status.QUEUED
        actions.stop(run)
        if waited:
            return print_status(Sentence("Run {id} waits no longer.", id=run.id))
        print_status(N_("Stopping after this step; Ctrl-C again leaves without waiting ..."))
        for row in follow(run, after=reached):
            _report(row)


def _report(row: EvaluatedStep) -> int:
    print_status(progress_line(row))
    return row.step


def requested_config(chosen: Namespace) -> RunConfig:
    """The configuration that the arguments of `train` describe."""
    return preset_named(chosen.preset).config.changed(requested_changes(chosen))


def attention(chosen: Namespace) -> int:
    """Write what every head looks at in one text to a file."""
    # Here and not above: torch takes a second to import, and few commands need it.
    from minigpt.runs.attention.look_file import format_named, write_attention
    from minigpt.runs.trained_model import open_model

    path = Path(chosen.out)
    format_named(path)
    run = RunStore.default().open(chosen.run)
    trained = open_model(run, step=chosen.step)
    if note := trained.unknown_note(chosen.text):
        print_status(f"minigpt: {note}")
    write_attention(path, trained, chosen.text, run=run.id)
    say_which_step(run, chosen.step)
    print_result(str(path))
    return DONE


def film(chosen: Namespace) -> int:
    """Write a page that plays what every head looked at, step by step through a training."""
    # Here and not above, for the same reason as in `attention`.
    from minigpt.runs.attention.film_file import write_film

    played = write_film(Path(chosen.out), RunStore.default().open(chosen.run), chosen.text)
    print_status(Sentence("minigpt: {count} frames", count=len(played.steps)))
    print_result(chosen.out)
    return DONE


def export(chosen: Namespace) -> int:
    """Write a run's model in the form that `transformers` loads, or its weights for PyTorch."""
    # Needs torch, see `attention`.
    from minigpt.runs.transfer.huggingface import export_run, export_state_dict

    run, folder = RunStore.default().open(chosen.run), Path(chosen.folder)
    problem = None
    if chosen.format == "pytorch":
        export_state_dict(run, folder, chosen.step)
    else:
        problem = export_run(run, folder, chosen.step)
    say_which_step(run, chosen.step)
    if problem:
        print_status(Sentence("minigpt: the tokenizer was left out: {problem}", problem=problem))
    print_result(chosen.folder)
    return DONE


COMMANDS: dict[str, Callable[[Namespace], int]] = {
    "train": train,
    "fork": fork,
    "finetune": finetune,
    "generate": generation.generate,
    "attention": attention,
    "film": film,
    "heads": inside.heads,
    "receipt": inside.receipt,
    "swap": inside.swap,
    "evaluate": reading.evaluate,
    "surprise": reading.surprise,
    "overlap": reading.overlap,
    "export": export,
    "import": transfer.import_path,
    "single-file": transfer.single_file,
    "download": transfer.download,
    "runs": runs.runs,
    "stop": runs.stop,
    "pause": runs.pause,
    "resume": resume,
    "cancel": runs.cancel,
    "corpora": runs.corpora,
    "presets": runs.presets,
}
