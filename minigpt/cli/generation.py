"""The command that continues a prompt: one text or several, drawn or searched for."""

import json
from argparse import Namespace
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from minigpt.cli.output import print_result, print_status, say_which_step
from minigpt.configuration import require_between
from minigpt.errors import ConfigurationError
from minigpt.runs.store import RunStore

if TYPE_CHECKING:
    from minigpt.runs.trained_model import TrainedModel

MOST_SAMPLES = 64
OF_A_DRAW = {
    "samples": 1, "temperature": 0.8, "top_k": 0, "top_p": 1.0, "min_p": 0.0,
    "repetition_penalty": 1.0, "greedy": False, "seed": 1337,
}  # fmt: skip
"""What has no meaning where nothing is drawn, and what each is unless somebody says otherwise."""
BETWEEN = "\n---\n"
"""Between several texts, where people read them."""


def generate(chosen: Namespace) -> int:
    """Print the prompt and what the model makes of it."""
    # Here and not above: torch takes a second to import, and few commands need it.
    from minigpt.runs.trained_model import open_model

    require_between("samples", chosen.samples, 1, MOST_SAMPLES)
    _require_meaning(chosen)
    run = RunStore.default().open(chosen.run)
    trained = open_model(run, step=chosen.step)
    if note := trained.unknown_note(chosen.prompt) or trained.beginning_note(chosen.prompt):
        print_status(f"minigpt: {note}")
    make = _searched if chosen.beams else _drawn
    answer = make(trained, chosen)
    say_which_step(run, chosen.step)
    if chosen.json:
        shared = {"run": run.id, "step": trained.checkpoint.step, "prompt": chosen.prompt}
        print_result(json.dumps(shared | answer))
    else:
        prompt = trained.tokenizer.known_form(chosen.prompt)
        print_result(BETWEEN.join(prompt + text["text"] for text in answer["texts"]))
    return 0


def _require_meaning(chosen: Namespace) -> None:
    """Refuse what a search for the likeliest texts would ignore."""
    given = [
        f"--{name.replace('_', '-')}"
        for name, usual in OF_A_DRAW.items()
        if getattr(chosen, name) != usual
    ]
    if chosen.beams and given:
        raise ConfigurationError(
            "--beams searches for the likeliest texts and draws none; leave {options} out.",
            options=", ".join(given),
        )


def _drawn(trained: "TrainedModel", chosen: Namespace) -> dict[str, Any]:
    from minigpt.runs.trained_model import write_texts
    from minigpt.sampling.distribution import SamplingConfig

    sampling = SamplingConfig(
        temperature=0.0 if chosen.greedy else chosen.temperature,
        top_k=chosen.top_k,
        top_p=chosen.top_p,
        min_p=chosen.min_p,
        repetition_penalty=chosen.repetition_penalty,
    )
    seeds = [chosen.seed + number for number in range(chosen.samples)]
    written = write_texts(
        trained, chosen.prompt, sampling, tokens=chosen.tokens, seeds=seeds, stop=chosen.stop
    )
    texts = [
        {
            "text": one.text,
            "seed": seed,
            "ended": one.ended,
            "tokens": [
                asdict(token) | {"token": trained.tokenizer.vocabulary[token.id]}
                for token in one.tokens
            ],
        }
        for seed, one in zip(seeds, written, strict=True)
    ]
    return {"sampling": asdict(sampling), "texts": texts}


def _searched(trained: "TrainedModel", chosen: Namespace) -> dict[str, Any]:
    from minigpt.runs.trained_model import search_texts

    found = search_texts(
        trained, chosen.prompt, beams=chosen.beams, tokens=chosen.tokens, stop=chosen.stop
    )
    texts = [
        {"text": text, "log_probability": beam.log_probability, "tokens": list(beam.tokens)}
        for text, beam in found
    ]
    return {"beams": chosen.beams, "texts": texts}
