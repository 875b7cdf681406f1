"""The command that takes apart what a model expects after a text."""

import json
from argparse import Namespace

from minigpt.cli.output import print_result, print_status, say_which_step
from minigpt.runs.store import RunStore


def receipt(chosen: Namespace) -> int:
    """Print a logit as a sum over the parts of the model, and what each part is worth."""
    # Here and not above: torch takes a second to import, and few commands need it.
    from minigpt.runs.analysis.receipt_report import account, account_as_json, account_as_table
    from minigpt.runs.trained_model import open_model

    run = RunStore.default().open(chosen.run)
    trained = open_model(run, step=chosen.step)
    if note := trained.unknown_note(chosen.text):
        print_status(f"minigpt: {note}")
    found = account(trained, chosen.text, chosen.token, chosen.against)
    say_which_step(run, chosen.step)
    step = trained.checkpoint.step
    print_result(
        json.dumps(account_as_json(found, trained.tokenizer, run=run.id, step=step))
        if chosen.json
        else account_as_table(found)
    )
    return 0
