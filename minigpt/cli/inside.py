"""The commands that look inside a model: heads silenced, states swapped, a guess taken apart."""

import json
from argparse import Namespace

from minigpt.cli.output import print_result, print_status, say_which_step
from minigpt.cli.reading import text_of
from minigpt.configuration import require_between
from minigpt.errors import ConfigurationError
from minigpt.runs.store import RunStore
from minigpt.sentences import Sentence

DONE = 0


def heads(chosen: Namespace) -> int:
    """Say what each head of a model is for, by where it looks and by what is lost without it.

    Of several runs, say which heads they grew, and when.
    """
    require_between("windows", chosen.windows, 1, 1000)
    if len(chosen.run) > 1 and (chosen.file or chosen.text is not None):
        raise ConfigurationError(
            "Of several runs each is judged on its own text, so --text and --file have no meaning. "
            "Leave them out."
        )
    return _heads_of_one(chosen) if len(chosen.run) == 1 else _heads_of_several(chosen)


def _heads_of_one(chosen: Namespace) -> int:
    # Here and not above: torch takes a second to import, and few commands need it.
    from minigpt.runs.analysis.head_report import (
        card_as_json,
        card_as_table,
        given_words,
        report_card,
    )
    from minigpt.runs.trained_model import open_model

    run = RunStore.default().open(chosen.run[0])
    trained = open_model(run, step=chosen.step)
    text = text_of(chosen) if chosen.file or chosen.text is not None else None
    card = report_card(run, trained, windows=chosen.windows, by_mean=chosen.mean, text=text)
    if card.source == "given":
        print_status(given_words(card, trained.tokenizer))
    while not card.is_done:
        card.measure()
    step = trained.checkpoint.step
    print_result(
        json.dumps(card_as_json(card, run=run.id, step=step))
        if chosen.json
        else card_as_table(card)
    )
    return DONE


def _heads_of_several(chosen: Namespace) -> int:
    # Here and not above, for the same reason.
    from minigpt.runs.analysis.inside.growth import growth
    from minigpt.runs.analysis.inside.recurrence import (
        growths_as_json,
        growths_as_table,
        recipe_differences,
        require_several,
    )

    require_several(chosen.run, step=chosen.step)
    store = RunStore.default()
    runs = [store.open(run) for run in chosen.run]
    if differ_in := recipe_differences(runs):
        print_status(
            Sentence(
                "These runs differ in more than their seeds: {in_what}.",
                in_what=", ".join(differ_in),
            )
        )
    grown = []
    for number, run in enumerate(runs, start=1):
        print_status(f"{number}/{len(runs)}: {run.id}")
        grown.append(growth(run, windows=chosen.windows, by_mean=chosen.mean))
    told = growths_as_json(grown, differ_in=differ_in) if chosen.json else None
    print_result(json.dumps(told) if told else growths_as_table(grown))
    return DONE


def swap(chosen: Namespace) -> int:
    """Paste states of one text into another, and say how far each moves what comes next."""
    # Here and not above, for the same reason.
    from minigpt.runs.analysis.inside.swap import as_json, as_table, other_text, swaps
    from minigpt.runs.trained_model import open_model

    run = RunStore.default().open(chosen.run)
    trained = open_model(run, step=chosen.step)
    other = other_text(trained, chosen.text) if chosen.other is None else chosen.other
    answers = chosen.answers and (chosen.answers[0], chosen.answers[1])
    made = swaps(trained, chosen.text, other, answers=answers)
    print_result(
        json.dumps(as_json(made, run=run.id, by_head=chosen.heads))
        if chosen.json
        else as_table(made, by_head=chosen.heads)
    )
    return DONE


def receipt(chosen: Namespace) -> int:
    """Print a logit as a sum over the parts of the model, and what each part is worth."""
    # Here and not above, for the same reason.
    from minigpt.runs.analysis.receipt_report import (
        account_as_json,
        account_as_table,
        account_for_token,
    )
    from minigpt.runs.trained_model import open_model

    run = RunStore.default().open(chosen.run)
    trained = open_model(run, step=chosen.step)
    if note := trained.unknown_note(chosen.text):
        print_status(f"minigpt: {note}")
    found = account_for_token(trained, chosen.text, chosen.token, chosen.against)
    say_which_step(run, chosen.step)
    step = trained.checkpoint.step
    print_result(
        json.dumps(account_as_json(found, trained.tokenizer, run=run.id, step=step))
        if chosen.json
        else account_as_table(found)
    )
    return DONE
