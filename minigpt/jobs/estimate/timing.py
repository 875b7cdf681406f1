"""How long the parts of a training take here: real steps, evaluations, samples, saves. Needs torch.

They are taken of the model that a run would train, on random tokens, with the trainer and the
recorder that its worker would use. Before, it waits until nothing else computes: the page on which
people choose a training is often drawn on the machine that is to be timed. Where others go on
computing, a clock on the wall would tell of them: then the processor's time of one thread is taken,
which hardly depends on who else there is (25 ms a step where the wall said 88 to 830).
"""

import os
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import torch

from minigpt.checkpoints.training_state import save_state
from minigpt.checkpoints.weights import save_checkpoint
from minigpt.jobs import machine
from minigpt.jobs.worker.recorder import Recorder
from minigpt.jobs.worker.setup import PreparedTraining
from minigpt.models.build import build_model
from minigpt.models.configs import BigramConfig
from minigpt.models.language_model import LanguageModel
from minigpt.runs.config import LoggingConfig, RunConfig
from minigpt.runs.store import RunStore
from minigpt.sampling.distribution import SamplingConfig
from minigpt.sampling.generate import generate
from minigpt.tokenizers.byte import ByteTokenizer
from minigpt.training.batches import Batch
from minigpt.training.config import ComputeConfig
from minigpt.training.cost import windows_per_batch
from minigpt.training.loss import mean_loss
from minigpt.training.precision import choose_device
from minigpt.training.trainer import Trainer, TrainingData

MOST_STEPS = 100
LONGEST_SECONDS = 1.0
"""Where a step or a look would take much longer, fewer windows at a time are timed."""
ROWS = 20
SIDE = 512
THREADS_EXPONENT = 0.65
"""Two threads are 1.6 times as fast as one, four 2.5 times, about."""
TOKENS = 200_000
LOGGED_STEPS = 2000
"""So few that a recorder writes down every one."""


@dataclass(frozen=True, kw_only=True)
class Budgets:
    """For how many seconds a part is repeated; each is done once at least."""

    probe: float = 0.3
    """Steps of one window."""
    steps: float = 2.5
    """The steps that count."""
    sample: float = 0.5
    """Tokens of a sample."""
    idle: float = 5.0
    """Looking whether the others have finished, before any of it begins."""


@dataclass(kw_only=True)
class StepTimer:
    """Times one configuration. What it has to write goes into a folder to be thrown away."""

    config: RunConfig
    vocabulary_size: int
    folder: Path
    budgets: Budgets = Budgets()
    compile_seconds: float = 0.0
    clock: Callable[[], float] = time.perf_counter
    speedup: float = 1.0
    """By how much the threads of a run are faster than the one that is timed."""

    def __post_init__(self) -> None:
        torch.manual_seed(self.config.seed)
        length = max(TOKENS, self.config.model.context_length + 2)
        self._tokens = torch.randint(self.vocabulary_size, (length,))
        compute = replace(self.config.compute, compile=False, processes=1)
        self._plain = replace(self.config, compute=compute)
        self._rows = max(1, self.config.training.batch_size // self.config.compute.processes)

    def parts(self) -> dict[str, float]:
        """The seconds of all parts but a row, by their names in `Calibration`."""
        step, (weights, state) = self.step_seconds(), self.save_seconds()
        return {
            "step_seconds": step / self.speedup,
            "evaluation_window_seconds": self.evaluation_window_seconds() / self.speedup,
            "token_seconds": self.token_seconds(),
            "weights_seconds": weights,
            "state_seconds": state,
            "compile_seconds": self.compile_seconds,
        }

    @contextmanager
    def by_own_time(self) -> Iterator[None]:
        """Count the time that the processor gave to one thread, whoever else there was.

        Several threads wait for each other, the more so the busier the machine is, and their
        waiting counts as their time; so one works, and the others' help is allowed for.
        """
        if choose_device(self.config.compute).type != "cpu":
            yield  # the work is done elsewhere, and the processor only waits for it
            return
        threads = torch.get_num_threads()
        self.clock, self.speedup = time.thread_time, threads**THREADS_EXPONENT
        torch.set_num_threads(1)
        try:
            yield
        finally:
            torch.set_num_threads(threads)
            self.clock, self.speedup = time.perf_counter, 1.0

    def log_row_seconds(self) -> float:
        """Writing down one step. To be asked first: it has torch load what training needs."""
        logging = LoggingConfig(
            checkpoints=2, sample_tokens=0, tensorboard=self.config.logging.tensorboard
        )
        config = replace(self._plain, model=BigramConfig(context_length=1), logging=logging)
        trainer, model = self._trainer(1, config)
        prepared = PreparedTraining(
            trainer=trainer,
            model=model,
            tokenizer=ByteTokenizer(),
            sample_prompt=[0],
            windows=self._windows(1),
            characters_per_token=1.0,
        )
        run = RunStore(self.folder).create(config, name="calibration")
        recorder, reports = Recorder(run=run, config=config, prepared=prepared), trainer.reports()
        took = [self._seconds(recorder.record, next(reports)) for _ in range(1 + ROWS)]
        return statistics.median(took[1:])  # the first one also saves

    def step_seconds(self) -> float:
        """One update of the weights; where that takes long, by what fewer windows take."""
        one = self._steps(1, self._plain, self.budgets.probe)
        piece = self._rows // self.config.training.gradient_accumulation
        some = min(piece, max(2, int(LONGEST_SECONDS / one)))
        if one * self._rows <= LONGEST_SECONDS or some < 2:
            return self._whole_step()
        # A step takes a fixed time and one for each window, so two sizes give the line that is
        # followed to the whole batch. One window alone would count the fixed part for each.
        several = self._steps(some, self._plain, self.budgets.steps)
        expected = several + (self._rows - some) * (several - one) / (some - 1)
        return self._whole_step() if expected <= 2 * LONGEST_SECONDS else expected

    def evaluation_window_seconds(self) -> float:
        """A look at one window of the validation text, as one of many."""
        _, model = self._trainer(1, self._plain)
        one = self._seconds(mean_loss, model, [self._windows(1)])
        count = windows_per_batch(self.config.model.context_length)
        batch = [self._windows(min(count, max(1, int(LONGEST_SECONDS / one))))]
        mean_loss(model, batch)
        return self._seconds(mean_loss, model, batch) / len(batch[0].inputs)

    def token_seconds(self) -> float:
        """Writing one token, as one of a sample."""
        drawn = generate(self._trainer(1, self._plain)[1].eval(), [0], SamplingConfig(), seed=0)
        wanted = max(1, self.config.logging.sample_tokens)
        deadline = time.monotonic() + self.budgets.sample
        took = [self._seconds(next, drawn)]
        while len(took) < wanted and time.monotonic() < deadline:
            took.append(self._seconds(next, drawn))
        # Tokens take longer the more stand before them, so of a part the later ones count.
        return statistics.fmean(took if len(took) == wanted else took[len(took) // 2 :])

    def save_seconds(self) -> tuple[float, float]:
        """Saving the weights, and saving all that training needs to go on."""
        trainer, model = self._trainer(1, self._plain)
        reports = trainer.reports()
        next(reports), next(reports)  # from the first step on, the optimizers remember something
        folder = self.folder / "weights"
        weights = self._seconds(save_checkpoint, folder, model, step=1, validation_loss=None)
        return weights, self._seconds(save_state, folder, trainer.state())

    def _whole_step(self) -> float:
        compute = replace(self.config.compute, processes=1)
        pieces = self.config.training.gradient_accumulation
        config = replace(self.config, compute=compute)
        return self._steps(max(pieces, self._rows), config, self.budgets.steps, pieces)

    def _steps(self, rows: int, config: RunConfig, budget: float, pieces: int = 1) -> float:
        trainer, _ = self._trainer(rows, config, pieces)
        reports = trainer.reports()
        next(reports)
        first = self._seconds(next, reports)
        deadline = time.monotonic() + budget  # on the wall, where a busy machine takes longer
        took = [self._seconds(next, reports)]
        while time.monotonic() < deadline and len(took) < MOST_STEPS:
            took.append(self._seconds(next, reports))
        step = statistics.median(took)
        if config.compute.compile:
            self.compile_seconds = max(0.0, first - step)
        return step

    def _trainer(
        self, rows: int, config: RunConfig, pieces: int = 1
    ) -> tuple[Trainer, LanguageModel]:
        model = build_model(config.model, vocabulary_size=self.vocabulary_size)
        training = replace(
            config.training,
            steps=LOGGED_STEPS,
            batch_size=rows,
            gradient_accumulation=pieces,
            learning_rate=1e-6,
            evaluation_interval=LOGGED_STEPS,
            epochs=0.0,
            minutes=0.0,
            patience=0,
        )
        window = self._tokens[: config.model.context_length + 1][None]
        data = TrainingData(tokens=self._tokens, evaluation=[Batch(window[:, :-1], window[:, 1:])])
        trainer = Trainer(model, data, training, seed=config.seed, compute=config.compute)
        return trainer, model

    def _windows(self, count: int) -> Batch:
        length = self.config.model.context_length
        tokens = torch.randint(self.vocabulary_size, (count, length))
        return Batch(tokens, tokens)

    def machine_speed(self) -> dict[str, float]:
        """How fast large products of matrices and the least operation are, as `parts` names them.

        The first in operations a second, the second in seconds.
        """
        device = choose_device(self.config.compute)
        matrix, few = torch.randn(SIDE, SIDE, device=device), torch.ones(1, device=device)
        products = [self._seconds(lambda: (matrix @ matrix)[0, 0].item()) for _ in range(ROWS)]
        sums = [self._seconds(lambda: few + 1) for _ in range(10 * ROWS)]
        product = statistics.median(products) / self.speedup
        return {
            "flops_per_second": 2 * SIDE**3 / product,
            "operation_seconds": statistics.median(sums),
        }

    def _seconds(self, work: Callable[..., object], *arguments: object, **options: object) -> float:
        began = self.clock()
        work(*arguments, **options)
        return self.clock() - began


def use_threads_of(config: RunConfig) -> None:
    """Compute with as many threads as a run asks for, where it asks."""
    if config.compute.threads:
        torch.set_num_threads(config.compute.threads)


WORK_FILE = Path("/proc/stat")
IDLE_COLUMNS = (3, 4)
"""Doing nothing, and waiting for a disk."""
LOOK_SECONDS = 0.5
IDLE_CORES = 0.3
"""At most so much at work counts as quiet."""


def wait_until_idle(
    work: Callable[[], float | None] | None = None,
    *,
    timeout: float = Budgets().idle,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], object] = time.sleep,
) -> bool:
    """Wait until the others have finished; not for long, as some of them never do.

    `work` gives the processor seconds that were taken so far, `seconds_of_work` unless given.
    Returns whether they have; true where nobody can tell.
    """
    work = work or seconds_of_work
    deadline = clock() + timeout
    while clock() < deadline:
        before = work()
        sleep(LOOK_SECONDS)
        after = work()
        if before is None or after is None or after - before < IDLE_CORES * LOOK_SECONDS:
            return True
    return False


class OthersMeter:
    """What other programs take of the processor while something is timed."""

    def __init__(
        self,
        *,
        work: Callable[[], float | None] | None = None,
        own: Callable[[], float] = time.process_time,
        clock: Callable[[], float] = time.perf_counter,
        load: Callable[[], float] = machine.load,
    ) -> None:
        self._work, self._own = work or seconds_of_work, own
        self._clock, self._load = clock, load
        self._began, self._before, self._own_before = clock(), self._work(), own()

    def hinder(self, compute: ComputeConfig) -> bool:
        """Whether they left a run of these settings fewer cores than it has threads."""
        wanted = machine.threads_for(compute) * machine.processes_for(compute)
        return self._others() > max(IDLE_CORES, machine.cores() - wanted)

    def _others(self) -> float:
        """Cores that were at work for others; by the mean of the last minute without a count."""
        after, seconds = self._work(), self._clock() - self._began
        if self._before is None or after is None or seconds <= 0:
            return max(0.0, self._load() - machine.cores())
        return (after - self._before - (self._own() - self._own_before)) / seconds


def seconds_of_work(file: Path = WORK_FILE) -> float | None:
    """Processor seconds that all programs have taken since the machine started; None if unknown."""
    try:
        everything = file.read_text(encoding="ascii").splitlines()[0]
        ticks = [int(number) for number in everything.split()[1:9]]
        return (sum(ticks) - sum(ticks[one] for one in IDLE_COLUMNS)) / os.sysconf("SC_CLK_TCK")
    except (OSError, AttributeError, ValueError, IndexError):  # only Linux has that file
        return None
