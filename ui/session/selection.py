"""Which runs are chosen for comparison: a list in the address, in the order of choosing."""

from collections.abc import Iterable, Sequence

import streamlit as st

from ui.session import url

SEPARATOR = ","
MEMORY = f"last-{url.CHOSEN}"


def chosen_runs(known: Iterable[str]) -> list[str]:
    """The chosen ids that are among the known ones; others may have been deleted meanwhile.

    Without a word in the address: what this visitor chose last, so that coming back from a run
    finds the comparison as it was left.
    """
    said = url.in_url(url.CHOSEN)
    listed = st.session_state.get(MEMORY, []) if said is None else said.split(SEPARATOR)
    here = set(known)
    found = list(dict.fromkeys(run_id for run_id in listed if run_id in here))
    st.session_state[MEMORY] = found
    return found


def choose_runs(ids: Sequence[str]) -> None:
    """Make these the chosen ones, and the address say so."""
    st.session_state[MEMORY] = list(ids)
    if ids:
        url.put_in_url(url.CHOSEN, SEPARATOR.join(ids))
    else:
        url.drop_from_url(url.CHOSEN)


def after_ticking(before: Sequence[str], listed: Sequence[str], ticked: Sequence[str]) -> list[str]:
    """The chosen ids after somebody ticked rows of a table.

    What the table does not list stays chosen: so one can search, choose, and search again.

    Args:
        before: the chosen ids until then.
        listed: all ids in the table.
        ticked: those of them that are ticked now.
    """
    kept = [run_id for run_id in before if run_id in ticked or run_id not in listed]
    return [*kept, *(run_id for run_id in ticked if run_id not in kept)]
