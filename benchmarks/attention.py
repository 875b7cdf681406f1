"""What looking inside costs: traces, ablations, swaps, what is sent to the browser, memory.

    python -m benchmarks.attention               # all of it
    python -m benchmarks.attention memory        # or some: tracing ablations swaps payload memory

A model of 6 x 6 heads, 384 wide, on 128 tokens.
"""

import json
import statistics
import sys
import time
from collections.abc import Callable, Sequence

import numpy as np
import psutil
import torch

from minigpt.introspection.ablation import (
    changed_losses,
    heads_shape,
    plain_pass,
    silence_head,
    token_losses,
)
from minigpt.introspection.pairs.swaps import swap_map, text_pair
from minigpt.introspection.trace import Stage, trace
from minigpt.models.build import build_model
from minigpt.models.configs import GPTConfig
from minigpt.models.language_model import LanguageModel
from minigpt.shapes import Tokens
from ui.charts.shades import shade_numbers
from ui.components.drawing import packed_array
from ui.components.head_tiles import thin_maps, tokens_per_cell

SHAPE = GPTConfig(context_length=128, width=384, num_layers=6, num_heads=6)
VOCABULARY_SIZE = 65
PAIRS, WARM_LOOKS, LOOKS = 30, 20, 200
SWAPS, SWAPPED_TOKENS = 7, 32
SHOWN: tuple[Stage, ...] = ("queries", "keys", "values", "products", "scores", "weights", "mixed")


def main(wanted: Sequence[str]) -> None:
    """Print a line for each of the parts that are wanted; of all where none is named."""
    if unknown := set(wanted) - PARTS.keys():
        sys.exit(f"There is no part {sorted(unknown)[0]!r}. Name some of: {', '.join(PARTS)}.")
    torch.manual_seed(0)
    model = build_model(SHAPE, vocabulary_size=VOCABULARY_SIZE).eval()
    tokens = torch.randint(VOCABULARY_SIZE, (1, SHAPE.context_length))
    for name in wanted or PARTS:
        PARTS[name](model, tokens)
        sys.stdout.flush()  # whoever waits for the last line sees those before it


def _tracing(model: LanguageModel, tokens: Tokens) -> None:
    def plain() -> None:
        with torch.inference_mode():
            model(tokens)

    for name, work in (
        ("every stage", lambda: trace(model, tokens)),
        ("the weights alone", lambda: trace(model, tokens, keep={"weights"})),
    ):
        ratios = _ratios(work, plain)
        print(
            f"tracing {name}: {statistics.median(ratios):.2f} x a plain forward pass (median of "
            f"{PAIRS} pairs, {min(ratios):.2f} to {max(ratios):.2f})"
        )


def _ablations(model: LanguageModel, tokens: Tokens) -> None:
    layers, heads = heads_shape(model)

    def together() -> None:
        plain = plain_pass(model, tokens, tokens)
        changed_losses(plain, [silence_head(plain, head) for head in plain.heads])

    def one_by_one() -> None:
        for _head in range(layers * heads + 1):
            with torch.inference_mode():
                token_losses(model(tokens), tokens)

    together()
    first, second = _seconds(together), _seconds(one_by_one)
    print(
        f"silencing each of {layers * heads} heads: {first:.2f} s in one batch, {second:.2f} s in "
        f"passes of their own ({first / second:.2f} of it)"
    )


def _swaps(model: LanguageModel, tokens: Tokens) -> None:
    tokens = tokens[:, :SWAPPED_TOKENS]
    other = tokens.clone()
    other[0, 0] = (other[0, 0] + 1) % VOCABULARY_SIZE  # the worst: every later state differs
    texts = torch.cat([tokens, other])

    def work() -> None:
        swap_map(text_pair(model, texts))

    work()
    seconds = sorted(_seconds(work) for _time in range(SWAPS))
    print(
        f"swapping each state of {tokens.shape[1]} tokens: {statistics.median(seconds):.2f} s "
        f"(median of {SWAPS}, {seconds[0]:.2f} to {seconds[-1]:.2f})"
    )


def _payload(model: LanguageModel, tokens: Tokens) -> None:
    maps = trace(model, tokens, keep={"weights"}).attention[0].numpy()
    began = time.perf_counter()
    cells = thin_maps(shade_numbers(maps, high=1.0), tokens_per_cell(36, tokens.shape[1]))
    size = len(json.dumps(packed_array(cells[..., *np.tril_indices(cells.shape[-1])])))
    print(f"all maps as they are sent: {size / 1e6:.2f} MB, {_since(began):.0f} ms to pack")


def _memory(model: LanguageModel, tokens: Tokens) -> None:
    def look() -> None:
        seen = trace(model, torch.randint(VOCABULARY_SIZE, tokens.shape), keep=SHOWN)
        shade_numbers(seen.attention[0].numpy(), high=1.0)

    process = psutil.Process()
    for _look in range(WARM_LOOKS):  # until the allocator has what it will go on using
        look()
    before, grown = process.memory_info().rss, list[str]()
    for count in range(1, LOOKS + 1):
        look()
        if count % (LOOKS // 4) == 0:
            grown.append(f"{(process.memory_info().rss - before) / 1e6:+.0f} MB after {count}")
    print(f"memory, beside {before / 1e6:.0f} MB after the first looks: {', '.join(grown)} more")


def _ratios(work: Callable[[], object], plain: Callable[[], object]) -> list[float]:
    """Alternating, so that a drifting machine slows both alike."""
    work(), plain()
    return [_seconds(work) / _seconds(plain) for _pair in range(PAIRS)]


def _seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _since(began: float) -> float:
    return 1000 * (time.perf_counter() - began)


PARTS: dict[str, Callable[[LanguageModel, Tokens], None]] = {
    "tracing": _tracing,
    "ablations": _ablations,
    "swaps": _swaps,
    "payload": _payload,
    "memory": _memory,
}

if __name__ == "__main__":
    main(sys.argv[1:])
