"""One training, from a run's settings to its end.

`setup` brings text, tokenizer, model and training together, `recorder` writes down what happens;
here is the loop between them. Where several processes share a training, the first one writes its
files and decides for all.
"""

import time
from collections.abc import Callable
from contextlib import suppress
from typing import Literal

from minigpt.host import is_full
from minigpt.jobs.worker.control import Requests
from minigpt.jobs.worker.recorder import Recorder
from minigpt.jobs.worker.setup import PreparedTraining, prepare_training
from minigpt.runs.config import RunConfig
from minigpt.runs.directory import RunDirectory, forget_after, forget_all
from minigpt.runs.records import Exit
from minigpt.sentences import N_
from minigpt.training.distributed import World
from minigpt.training.progress import Ending, StepReport

Outcome = Literal["finished", "stopped", "paused"]

ALONE = World()
REQUESTED = {"stopped": N_("Stopped on request"), "paused": N_("Paused on request")}
ENDINGS: dict[Ending, str] = {
    "steps": N_("Finished"),
    "patience": N_("Finished early: the validation loss had stopped falling"),
    "time": N_("Finished early: its time was up"),
}


def train_run(
    run: RunDirectory,
    requests: Requests,
    world: World = ALONE,
    *,
    clock: Callable[[], float] = time.monotonic,
) -> Exit:
    """Train until the last step, or until somebody asks for an end; returns how it ended.

    A run that was trained before goes on from the newest good state that it saved, exactly. What it
    says of how long it took goes by a clock of seconds that only ever go on.

    Raises:
        MiniGPTError: the text, the settings or the training itself cannot work. What was saved
            before stays good.
    """
    config = run.config()
    prepared = prepare_training(run, config, world)
    if not world.is_first:
        return _train_along(prepared, world)
    recorder = _recorder(run, config, prepared, clock)
    try:
        return _train(prepared, recorder, requests, world)
    except Exception as error:
        phase, said = ("paused", N_("Paused")) if is_full(error) else ("failed", N_("Failed"))
        with suppress(OSError):  # the disk may be what failed; the first error is the one to tell
            recorder.event(said, step=prepared.trainer.progress.step)
            recorder.write_state(phase)
        raise


def _recorder(
    run: RunDirectory,
    config: RunConfig,
    prepared: PreparedTraining,
    clock: Callable[[], float],
) -> Recorder:
    step = prepared.trainer.progress.step
    if step:
        forget_after(run, step)
    else:
        forget_all(run)
    recorder = Recorder(run=run, config=config, prepared=prepared, clock=clock)
    for note in (*prepared.notes, *(() if step else prepared.probe.notes)):
        recorder.event(note)
    recorder.event(N_("Training goes on") if step else N_("Training began"), step=step)
    return recorder


def _train(
    prepared: PreparedTraining, recorder: Recorder, requests: Requests, world: World
) -> Exit:
    told = 0
    for report in prepared.trainer.reports():
        recorder.record(report)
        for note in prepared.trainer.notes[told:]:
            recorder.event(note)
        told = len(prepared.trainer.notes)
        _handle_requests(recorder, requests, report)
        if report.ending:
            recorder.event(ENDINGS[report.ending], step=report.step)
            return recorder.finish("finished")
        if outcome := world.agree(_requested_end(requests)):
            recorder.event(
                REQUESTED[str(outcome)],
                step=report.step,
            )
            return recorder.finish(str(outcome))
    return recorder.finish("finished")  # resumed at its last step: nothing was left to do


def _train_along(prepared: PreparedTraining, world: World) -> Exit:
    for report in prepared.trainer.reports():
        if report.ending or world.agree(None):
            break
    return Exit()  # the first process tells how it ended


def _handle_requests(recorder: Recorder, requests: Requests, report: StepReport) -> None:
    if requests.take_sample():
        recorder.write_sample(report.step)
    if requests.take_save():
        recorder.save_all(report)
        recorder.event(N_("Saved on request"), step=report.step)


def _requested_end(requests: Requests) -> Outcome | None:
    if requests.stop_pending():
        return "stopped"
    return "paused" if requests.pause_pending() else None
