"""All runs: found again, compared, ranked, kept in order."""

from functools import partial

import streamlit as st

from ui import messages
from ui.i18n import _
from ui.navigation import ensure_frame, page_file
from ui.screens.runs.compare import draw_overlay
from ui.screens.runs.edit import edit_runs, import_run
from ui.screens.runs.leaderboard import draw_leaderboard
from ui.screens.runs.table import matching_runs, run_table
from ui.services import runs
from ui.session import url
from ui.session.selection import chosen_runs
from ui.session.unheard import draw_anew

ensure_frame()

LONGEST_SEARCH = 100
COMPARE, RANK = "compare", "rank"
VIEWS = {COMPARE: _("Compare"), RANK: _("Leaderboard")}


def draw_table(query: str, shown: list[str], was_live: bool) -> None:
    now = runs.all_runs()
    known = [run.id for run in now]
    found = matching_runs(now, query, {run.corpus: runs.corpus_title(run.corpus) for run in now})
    if found:
        run_table(found, known)
    else:
        st.info(_("No run has all of these words."), icon=":material/info:")
    is_live = any(run.status.is_live for run in now)
    if chosen_runs(known) != shown or is_live != was_live:
        draw_anew()  # the whole page: the rest of it shows what is ticked, and the timer ends


with st.container(horizontal=True, vertical_alignment="bottom"):
    st.title(_("Runs"), anchor=False)
    import_run()
by_id = {run.id: run for run in runs.all_runs()}
if not by_id:
    messages.show_empty_state(
        _("Nothing has been trained here yet."), page=page_file("home"), action=_("Train one now")
    )
    st.stop()
st.caption(_("Every training run on this machine. Click a name to open it; tick some to compare."))
query = url.search(_("Search"), name=url.SEARCH, longest=LONGEST_SEARCH)
ids = chosen_runs(by_id)
live = any(run.status.is_live for run in by_id.values())
st.fragment(partial(draw_table, query, ids, live), run_every=runs.TICK_SECONDS if live else None)()
if ids:
    edit_runs([by_id[run_id] for run_id in ids])
view = url.pick(_("Show"), list(VIEWS), name=url.VIEW, default=COMPARE, show=VIEWS.__getitem__)
if view == RANK:
    draw_leaderboard(list(by_id.values()), ids)
elif ids:
    draw_overlay(ids)
else:
    st.caption(_("Tick runs in the table, and their curves and what tells them apart appear here."))
