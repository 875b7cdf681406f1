"""What the heads of a run look at, and what it loses without them.

    python -m benchmarks.heads RUN [STEP]

RUN is a run in the folder of runs; STEP its best one unless given. Shares of attention are means
over validation windows, each beside its chance level, the share of uniform attention, and beside
the same head before training. Losses are those of the same windows with heads silenced.
"""

import sys

import torch

from minigpt.corpora import load_corpus
from minigpt.introspection.heads import HeadEffects, HeadShares, head_effects, head_shares
from minigpt.introspection.trace import trace
from minigpt.runs.store import RunStore
from minigpt.runs.trained_model import open_model
from minigpt.shapes import Tokens
from minigpt.training.batches import evaluation_batches

WINDOWS = 100
KINDS = ("previous", "itself", "first", "copied")


def main(run_id: str, step: int | None) -> None:
    """Print a row for each head."""
    run = RunStore.default().open(run_id)
    trained = open_model(run, step=step)
    context_length = trained.model.context_length
    text = load_corpus(run.config().corpus.name).validation_text
    batch = evaluation_batches(
        torch.tensor(trained.tokenizer.encode(text)),
        context_length=context_length,
        tokens_per_batch=WINDOWS * context_length,
        largest=WINDOWS * context_length,
    )[0]
    shares = head_shares(trace(trained.model, batch.inputs).attention, batch.inputs)
    before = _shares_before(run_id, batch.inputs)
    effects = head_effects(trained.model, batch.inputs, batch.targets)
    chances = ", ".join(f"{kind} {getattr(shares, kind).chance:.3f}" for kind in KINDS)
    print(
        f"{run_id}, step {trained.checkpoint.step}: loss {effects.loss:.4f} on {len(batch.inputs)} "
        f"windows, without any head {effects.without_all - effects.loss:+.3f}\n"
        f"uniform attention: {chances}\n"
    )
    _print_table(effects, shares, before)


def _print_table(effects: HeadEffects, shares: HeadShares, before: HeadShares) -> None:
    print(f"| head | silenced | {' | '.join(f'{kind} (step 0)' for kind in KINDS)} |")
    print("|---|---|" + "---|" * len(KINDS))
    layers, heads = effects.without.shape
    for layer in range(layers):
        for head in range(heads):
            cells = (
                f"{getattr(shares, kind).heads[layer, head]:.2f} "
                f"({getattr(before, kind).heads[layer, head]:.2f})"
                for kind in KINDS
            )
            lost = float(effects.without[layer, head]) - effects.loss
            print(f"| {layer + 1}.{head + 1} | {lost:+.3f} | {' | '.join(cells)} |")


def _shares_before(run_id: str, tokens: Tokens) -> HeadShares:
    """Of the same run before its first step."""
    untrained = open_model(RunStore.default().open(run_id), step=0)
    return head_shares(trace(untrained.model, tokens).attention, tokens)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else None)
