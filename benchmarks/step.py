"""One training step of the lecture's GPT: ours against a plain one and against transformers' GPT-2.

    python -m benchmarks.step

The same sizes (batch 16, context 32, width 64, 4 layers of 4 heads, 65 characters), each step with
its batch, both directions and the update. They take turns in one process, so that a drifting
machine slows them alike, and their threads wait for each other as those of runs do. Ours draws,
computes and updates exactly as in a run; with `compute.compile` it first becomes machine code,
which takes some seconds that are not counted.
"""

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable

import torch

from benchmarks import plain_gpt
from minigpt.jobs.processes import WAITING
from minigpt.models.build import build_model
from minigpt.runs.presets import preset_named
from minigpt.training.batches import random_batch
from minigpt.training.config import ComputeConfig
from minigpt.training.distributed import World
from minigpt.training.step import Stepper

VOCABULARY_SIZE = 65
WARM_UP, ROUNDS = 10, 150
TOKENS = torch.randint(VOCABULARY_SIZE, (100_000,), generator=torch.Generator().manual_seed(0))


def main() -> None:
    """Print the medians and how often ours fits into the others."""
    steps = {
        "ours": ours(),
        "ours, compiled": ours(compiled=True),
        "plain": plain(),
        "transformers": transformers_gpt2(),
    }
    seconds: dict[str, list[float]] = {name: [] for name in steps}
    for round_number in range(WARM_UP + ROUNDS):
        for name, step in steps.items():
            began = time.perf_counter()
            step()
            if round_number >= WARM_UP:
                seconds[name].append(time.perf_counter() - began)
    medians = {name: statistics.median(times) for name, times in seconds.items()}
    print(f"threads: {torch.get_num_threads()}, rounds: {ROUNDS}")
    for name, median in medians.items():
        low, *_, high = statistics.quantiles(seconds[name], n=10)
        print(
            f"{name:<16}{1000 * median:6.1f} ms (deciles {1000 * low:.1f} to {1000 * high:.1f}), "
            f"{median / medians['ours']:.2f} x ours, "
            f"{median / medians['ours, compiled']:.2f} x ours compiled"
        )


def ours(*, compiled: bool = False) -> Callable[[], object]:
    """A step as the trainer makes it, with the preset's own settings."""
    config = preset_named("lecture-gpt").config
    torch.manual_seed(0)
    model = build_model(config.model, vocabulary_size=VOCABULARY_SIZE)
    stepper = Stepper(model, config.training, ComputeConfig(), seed=1, world=World())
    if compiled and (problem := stepper.compile()):
        raise SystemExit(problem)
    return lambda: stepper.update(TOKENS, step=1, rate=1e-3)


def plain() -> Callable[[], object]:
    """A step of the plain one."""
    torch.manual_seed(0)
    model = plain_gpt.PlainGPT(VOCABULARY_SIZE)
    optimizer = torch.optim.AdamW(model.parameters(), lr=plain_gpt.LEARNING_RATE)
    return lambda: plain_gpt.train_step(model, optimizer, TOKENS)


def transformers_gpt2() -> Callable[[], object]:
    """A step of Hugging Face's GPT-2 of the same size, fed with our batches."""
    from transformers import GPT2Config, GPT2LMHeadModel

    torch.manual_seed(0)
    config = GPT2Config(
        vocab_size=VOCABULARY_SIZE, n_positions=plain_gpt.CONTEXT, n_embd=plain_gpt.WIDTH,
        n_layer=plain_gpt.LAYERS, n_head=plain_gpt.HEADS, resid_pdrop=0.0, embd_pdrop=0.0,
        attn_pdrop=0.0, bos_token_id=0, eos_token_id=0,
    )  # fmt: skip
    model = GPT2LMHeadModel(config).train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=plain_gpt.LEARNING_RATE)
    generator = torch.Generator().manual_seed(1)

    def step() -> None:
        batch = random_batch(
            TOKENS,
            batch_size=plain_gpt.BATCH,
            context_length=plain_gpt.CONTEXT,
            generator=generator,
        )
        loss = model(batch.inputs, labels=batch.inputs).loss
        optimizer.zero_grad(set_to_none=True)
        torch.autograd.backward(loss)
        optimizer.step()

    return step


if __name__ == "__main__":
    if os.environ.items() >= WAITING.items():
        main()
    else:  # torch has read how its threads shall wait by now
        alike = {**os.environ, **WAITING}
        sys.exit(subprocess.run([sys.executable, "-m", "benchmarks.step"], env=alike).returncode)
