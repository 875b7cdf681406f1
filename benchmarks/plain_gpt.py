"""A GPT written the way lectures first write it: every head a module of its own. The baseline.

It has the sizes and the routine of the lecture that MiniGPT grew from: batch 16, context 32, width
64, 4 layers of 4 heads, AdamW at a constant 1e-3, and every 100 steps an evaluation on 200 random
batches of either split.

    python -m benchmarks.plain_gpt FILE STEPS     times that many steps and one evaluation, as JSON
"""

import json
import sys
import time
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional

BATCH, CONTEXT, WIDTH, HEADS, LAYERS = 16, 32, 64, 4, 4
LEARNING_RATE = 1e-3
STEPS, EVALUATION_INTERVAL, EVALUATION_BATCHES = 5000, 100, 200


class Head(nn.Module):
    """One attention head, masked by a table of ones."""

    past: Tensor

    def __init__(self, size: int) -> None:
        super().__init__()
        self.key = nn.Linear(WIDTH, size, bias=False)
        self.query = nn.Linear(WIDTH, size, bias=False)
        self.value = nn.Linear(WIDTH, size, bias=False)
        self.register_buffer("past", torch.tril(torch.ones(CONTEXT, CONTEXT)))

    def forward(self, stream: Tensor) -> Tensor:
        """Gather from the past."""
        length = stream.shape[1]
        keys, queries = self.key(stream), self.query(stream)
        scores = queries @ keys.transpose(-2, -1) * keys.shape[-1] ** -0.5
        scores = scores.masked_fill(self.past[:length, :length] == 0, float("-inf"))
        gathered: Tensor = functional.softmax(scores, dim=-1) @ self.value(stream)
        return gathered


class PlainBlock(nn.Module):
    """Heads one after the other, then a feed-forward part, each with its norm before it."""

    def __init__(self) -> None:
        super().__init__()
        self.heads = nn.ModuleList(Head(WIDTH // HEADS) for _ in range(HEADS))
        self.projection = nn.Linear(WIDTH, WIDTH)
        self.forward_part = nn.Sequential(
            nn.Linear(WIDTH, 4 * WIDTH), nn.ReLU(), nn.Linear(4 * WIDTH, WIDTH)
        )
        self.norms = nn.ModuleList(nn.LayerNorm(WIDTH) for _ in range(2))

    def forward(self, stream: Tensor) -> Tensor:
        """Add both parts to the stream."""
        normed = self.norms[0](stream)
        stream = stream + self.projection(torch.cat([head(normed) for head in self.heads], dim=-1))
        added: Tensor = stream + self.forward_part(self.norms[1](stream))
        return added


class PlainGPT(nn.Module):
    """Embeddings, blocks, a final norm, and the way back to tokens."""

    def __init__(self, vocabulary_size: int) -> None:
        super().__init__()
        self.tokens = nn.Embedding(vocabulary_size, WIDTH)
        self.positions = nn.Embedding(CONTEXT, WIDTH)
        self.blocks = nn.Sequential(*(PlainBlock() for _ in range(LAYERS)))
        self.norm = nn.LayerNorm(WIDTH)
        self.output = nn.Linear(WIDTH, vocabulary_size)

    def forward(self, tokens: Tensor, targets: Tensor) -> Tensor:
        """The mean loss on a batch."""
        stream = self.tokens(tokens) + self.positions(torch.arange(tokens.shape[1]))
        logits = self.output(self.norm(self.blocks(stream)))
        return functional.cross_entropy(logits.view(-1, logits.shape[-1]), targets.view(-1))


def random_batch(tokens: Tensor) -> tuple[Tensor, Tensor]:
    """Windows picked one by one and stacked."""
    starts = torch.randint(len(tokens) - CONTEXT, (BATCH,))
    inputs = torch.stack([tokens[start : start + CONTEXT] for start in starts])
    targets = torch.stack([tokens[start + 1 : start + CONTEXT + 1] for start in starts])
    return inputs, targets


@torch.no_grad()
def evaluate(model: PlainGPT, splits: tuple[Tensor, Tensor]) -> list[float]:
    """The mean loss on random batches of either split."""
    model.eval()
    means = []
    for tokens in splits:
        losses = [model(*random_batch(tokens)).item() for _ in range(EVALUATION_BATCHES)]
        means.append(sum(losses) / len(losses))
    model.train()
    return means


def train_step(model: PlainGPT, optimizer: torch.optim.Optimizer, tokens: Tensor) -> None:
    """One update."""
    loss = model(*random_batch(tokens))
    optimizer.zero_grad(set_to_none=True)
    torch.autograd.backward(loss)
    optimizer.step()


def main(path: Path, steps: int) -> None:
    """Time a fraction of the training, and print it with what all of it would take."""
    began = time.perf_counter()
    text = path.read_text(encoding="utf-8")
    characters = sorted(set(text))
    ids = {character: index for index, character in enumerate(characters)}
    tokens = torch.tensor([ids[character] for character in text])
    boundary = int(0.9 * len(tokens))
    splits = tokens[:boundary], tokens[boundary:]
    torch.manual_seed(1337)
    model = PlainGPT(len(characters))
    optimizer = torch.optim.AdamW(model.parameters(), lr=LEARNING_RATE)
    prepared = time.perf_counter()
    for _ in range(steps):
        train_step(model, optimizer, splits[0])
    trained = time.perf_counter()
    evaluate(model, splits)
    evaluated = time.perf_counter()
    seconds_per_step, evaluation = (trained - prepared) / steps, evaluated - trained
    evaluations = STEPS // EVALUATION_INTERVAL + 1
    whole = prepared - began + STEPS * seconds_per_step + evaluations * evaluation
    answer = {"step": seconds_per_step, "evaluation": evaluation, "whole": whole}
    print(json.dumps(answer))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
