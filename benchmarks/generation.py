"""Tokens a second: ours against transformers with its cache and against a whole window a token.

    python -m benchmarks.generation

Two shapes of a GPT-2 with random weights, 65 characters: 4 layers of width 128 and context 128,
and 6 layers of width 384 and context 256. They write in turns, a piece each, in one process, so
that a drifting machine slows them alike; sampling is part of the time. Thirty texts at once is one
text's speed times what is gained by sharing each step. No text alone can be faster than memory
hands over the weights that each token needs: which share of that is used is told too. Weights that
fit into the processor's caches come faster than memory, so there it says little.
"""

import statistics
import time
from collections.abc import Callable, Iterator
from itertools import islice

import torch

from minigpt.models.build import build_model
from minigpt.models.configs import GPTConfig
from minigpt.models.language_model import LanguageModel
from minigpt.sampling.distribution import SamplingConfig, next_token_distribution
from minigpt.sampling.generate import Continuation, Continuations, generate

VOCABULARY_SIZE = 65
SHAPES = {
    "4 x 128, context 128": GPTConfig(num_layers=4, width=128, num_heads=4, context_length=128),
    "6 x 384, context 256": GPTConfig(num_layers=6, width=384, num_heads=6, context_length=256),
}
PROMPT = list(range(10))
TEXTS = 30
PIECE, ROUNDS = 60, 7
SAMPLING = SamplingConfig(temperature=0.8)


def main() -> None:
    """Print the medians and their ratios, for one thread and for two."""
    for threads in (1, 2):
        torch.set_num_threads(threads)
        for name, config in SHAPES.items():
            torch.manual_seed(0)
            model = build_model(config, vocabulary_size=VOCABULARY_SIZE).eval()
            compare(f"{name}, {threads} threads", model, config)


def compare(title: str, model: LanguageModel, config: GPTConfig) -> None:
    """Let all write in turns."""
    writers = {
        "ours": tokens_of(generate(model, PROMPT, SAMPLING, seed=1)),
        "transformers": transformers_writer(config),
        "a window a token": tokens_of(by_windows(model)),
        "ours, 30 texts": together(model),
    }
    rates: dict[str, list[float]] = {name: [] for name in writers}
    for round_number in range(ROUNDS + 1):
        for name, write in writers.items():
            began = time.perf_counter()
            written = write(PIECE)
            if round_number:
                rates[name].append(written / (time.perf_counter() - began))
    medians = {name: statistics.median(values) for name, values in rates.items()}
    print(title)
    for name, median in medians.items():
        low, high = min(rates[name]), max(rates[name])
        print(
            f"  {name:<18}{median:8.0f} tokens/s ({low:.0f} to {high:.0f}); "
            f"ours is {medians['ours'] / median:5.2f} x"
        )
    available, needed = read_bandwidth(), bytes_per_token(model, config)
    print(
        f"  of {available / 1e9:.1f} GB/s from memory, {needed / 1e6:.1f} MB of weights a token "
        f"take {100 * needed * medians['ours'] / available:.0f} %"
    )


def bytes_per_token(model: LanguageModel, config: GPTConfig) -> int:
    """All weights but the table of positions, of which a token takes one row."""
    return 4 * (model.num_parameters - config.context_length * config.width)


def read_bandwidth() -> float:
    """Bytes a second in which numbers that fit into no cache can be added up, the best of some."""
    numbers, rates = torch.ones(100_000_000), []
    for _ in range(8):
        began = time.perf_counter()
        numbers.sum()
        rates.append(numbers.nbytes / (time.perf_counter() - began))
    return max(rates)


def tokens_of(drawn: Iterator[object]) -> Callable[[int], int]:
    """What writes so many tokens, and says how many they were."""
    return lambda count: len(list(islice(drawn, count)))


def together(model: LanguageModel) -> Callable[[int], int]:
    """Thirty texts with settings of their own seed."""
    texts = Continuations(model)
    for seed in range(TEXTS):
        texts.join(Continuation(tuple(PROMPT), SAMPLING, seed))

    def write(count: int) -> int:
        for _ in range(count):
            texts.step()
        return TEXTS * count

    return write


def by_windows(model: LanguageModel) -> Iterator[int]:
    """As it is written in lectures: the whole window for each token."""
    tokens = list(PROMPT)
    while True:
        window = torch.tensor([tokens[-model.context_length :]])
        with torch.inference_mode():
            odds = next_token_distribution(model(window)[0, -1], SAMPLING)
            tokens.append(int(torch.multinomial(odds, 1)))
        yield tokens[-1]


def transformers_writer(config: GPTConfig) -> Callable[[int], int]:
    """Hugging Face's GPT-2 of the same size, its `generate` with its cache.

    It cannot go on beyond its context: each piece begins with the prompt.
    """
    from transformers import GPT2Config, GPT2LMHeadModel

    torch.manual_seed(0)
    settings = GPT2Config(
        vocab_size=VOCABULARY_SIZE, n_positions=config.context_length, n_embd=config.width,
        n_layer=config.num_layers, n_head=config.num_heads, bos_token_id=0, eos_token_id=None,
        pad_token_id=0,
    )  # fmt: skip
    model = GPT2LMHeadModel(settings).train(False)
    prompt = torch.tensor([PROMPT])

    def write(count: int) -> int:
        with torch.inference_mode():
            ids = model.generate(
                prompt, attention_mask=torch.ones_like(prompt), do_sample=True, temperature=0.8,
                top_k=0, max_new_tokens=count, min_new_tokens=count, use_cache=True,
            )  # fmt: skip
        return int(ids.shape[1]) - len(PROMPT)

    return write


if __name__ == "__main__":
    main()
