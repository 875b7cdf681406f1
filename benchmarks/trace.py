"""What looking inside costs: tracing every head against a plain forward pass.

python -m benchmarks.trace
"""

import statistics
import time
from collections.abc import Callable

import torch

from minigpt.introspection.trace import trace
from minigpt.models.build import build_model
from minigpt.models.configs import GPTConfig

SHAPE = GPTConfig(context_length=128, width=384, num_layers=6, num_heads=6)
VOCABULARY_SIZE = 65
PAIRS = 30


def main() -> None:
    """Alternate the two, so that a drifting machine slows both alike."""
    torch.manual_seed(0)
    model = build_model(SHAPE, vocabulary_size=VOCABULARY_SIZE).eval()
    tokens = torch.randint(VOCABULARY_SIZE, (1, SHAPE.context_length))

    def plain() -> None:
        with torch.inference_mode():
            model(tokens)

    def traced() -> None:
        trace(model, tokens)

    for warm_up in (plain, traced):
        warm_up()
    ratios = [_seconds(traced) / _seconds(plain) for _ in range(PAIRS)]
    print(
        f"tracing 6 x 6 heads over 128 tokens: {statistics.median(ratios):.2f} x a plain forward "
        f"pass (median of {PAIRS} pairs, {min(ratios):.2f} to {max(ratios):.2f})"
    )


def _seconds(work: Callable[[], None]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
