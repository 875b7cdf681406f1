"""What a run's files say, each file as one frozen record: the only place that knows their keys.

    requests   Meta             meta.json     (what the creator of a run and people write)
               Settings         config.json
               Queued           queued.json
               Control          control.json
    worker     Launch           launch.json   (what a worker, its starter and its ender write)
               Signals          signals.json
               ProcessIdentity  process.json
               WorkerState      state.json
               Exit             exit.json
    rows       MetricRow        a line of metrics.jsonl
               Sample           a line of samples.jsonl
               HeadRow          a line of heads.jsonl
               Event            a line of events.jsonl
    frames     FrameRow         a line of frames.jsonl
    neurons    NeuronsRecord    neurons.json
    unseen     UnseenRecord     unseen.json
    speed      how fast a run was, out of its settings, its state and its rows
    sentences  sentences, with what they were made of
    base       what they have in common

Files may be damaged, edited by hand, of another version, or come from a stranger's archive. So
`from_json` never raises and believes nothing: what is missing, of a wrong type, unknown, or beyond
the bounds of `minigpt.json_values` counts as absent. `to_json` is what a writer writes.

All times (`at`, `created_at`, `heartbeat`, ...) are seconds since the epoch, losses are nats per
token, and spans are seconds.
"""

from minigpt.runs.records.frames import FrameRow
from minigpt.runs.records.neurons import NeuronsRecord
from minigpt.runs.records.requests import Control, Meta, Queued, Settings
from minigpt.runs.records.rows import Event, HeadRow, MetricRow, Sample
from minigpt.runs.records.unseen import UnseenRecord
from minigpt.runs.records.worker import Exit, Launch, ProcessIdentity, Signals, WorkerState

__all__ = [
    "Control", "Event", "Exit", "FrameRow", "HeadRow", "Launch", "Meta", "MetricRow",
    "NeuronsRecord", "ProcessIdentity", "Queued", "Sample", "Settings", "Signals", "UnseenRecord",
    "WorkerState",
]  # fmt: skip
