"""What tests of the screen share: a text, a run made by hand, and ways to see what is drawn."""

import base64
import dataclasses
import json
import shutil
import time
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

import numpy as np
import torch

from minigpt.checkpoints.weights import save_checkpoint
from minigpt.corpora import CORPORA, load_corpus
from minigpt.models.build import build_model
from minigpt.runs.config import RunConfig
from minigpt.runs.presets.small_ladder import small_ladder
from minigpt.runs.records import FrameRow
from minigpt.runs.store import RunStore
from minigpt.tokenizers.character import CharacterTokenizer

ROOT = Path(__file__).resolve().parents[2]
TIMEOUT_SECONDS = 60
SMALL_TEXT = "".join(
    "ROMEO: To be, or not to be, that is the question. "
    f"{number}\nJULIET: the train is on the road to the sea.\n"
    for number in range(40)
)
TINY = {
    "corpus.name": "tiny-shakespeare",
    "model.context_length": 16,
    "model.width": 16,
    "model.num_layers": 2,
    "model.num_heads": 2,
    "training.steps": 20,
    "training.batch_size": 4,
    "training.warmup_steps": 2,
    "training.evaluation_interval": 10,
    "logging.checkpoints": 3,
    "logging.sample_tokens": 20,
}
DONE = {
    "phase": "done",
    "step": 20,
    "steps": 20,
    "best_validation_loss": 2.5,
    "parameters": 7000,
    "seconds": 2.0,
    "tokens_per_second": 1000.0,
}
FINISHED = {"outcome": "finished"}
ROWS = [
    {"step": step, "train_loss": 4.0 - step / 10, "validation_loss": loss, "learning_rate": 1e-4}
    for step, loss in ((0, 4.0), (5, None), (10, 3.0), (15, None), (20, 2.5))
]
SAMPLES = [{"step": 0, "text": "zqx\n"}, {"step": 20, "text": "the <b>sea</b> *of* $x$\n"}]


def tiny_config(**changes):
    return RunConfig().changed(TINY | {name.replace("__", "."): to for name, to in changes.items()})


def made_run(
    *, name="Made by hand", run_id=None, config=None, steps=(0, 20), state=DONE, end=FINISHED
):
    """A run directory as a worker would have left it, in the folder of this test."""
    config = config or tiny_config()
    run = RunStore.default().create(config, name=name, run_id=run_id)
    if steps:
        save_weights(run, config, steps)
    if state:
        run.write("state", {"heartbeat": time.time(), **state})
        for row in ROWS:
            run.append("metrics", row)
        for sample in SAMPLES:
            run.append("samples", sample)
        run.append("events", {"at": 0.0, "text": "Training began"})
    if end:
        run.write("exit", end)
    return run


def save_weights(run, config, steps, *, seed=0):
    tokenizer = CharacterTokenizer.train(SMALL_TEXT)
    run.write("tokenizer", tokenizer.to_dict())
    torch.manual_seed(seed)
    for step in steps:
        model = build_model(config.model, vocabulary_size=tokenizer.vocabulary_size)
        save_checkpoint(run.weights, model, step=step, validation_loss=None)


def said(elements):
    """The words of all elements of one kind."""
    values = [element.value for element in elements]
    return [one.replace("\u00a0%", " %") if isinstance(one, str) else one for one in values]


def texts(at):
    """What the parts for plain text show, and copy: character by character."""
    found = [
        _PlainText(html.proto) for html in at.get("html") if _PlainText.MARK in html.proto.body
    ]
    return [one.shown if one.copied is None else one.copied for one in found]


class _PlainText(HTMLParser):
    """What a browser reads in the HTML of such a part: words, nothing else, between two tags."""

    MARK = 'class="plain-text'

    def __init__(self, proto):
        super().__init__()
        assert not proto.unsafe_allow_javascript
        self.shown, self.copied, self._is_inside = "", None, False
        self.feed(proto.body)
        self.close()

    def handle_starttag(self, tag, attributes):
        said = dict(attributes)
        assert not self._is_inside, f"a text holds a <{tag}>"
        self._is_inside = said.get("class") == "words"
        if tag == "button" and "data-text" in said:
            self.copied = unquote(said["data-text"])

    def handle_endtag(self, tag):
        self._is_inside = False

    def handle_data(self, data):
        self.shown += data * self._is_inside


def plain(text):
    """Markdown back to what people read: without the backslashes that keep it literal."""
    unescaped = text.replace("\\\\", "\0").replace("\\", "").replace("\0", "\\")
    return unescaped.replace("\u00a0%", " %")


def links(at):
    """Label of each link to the page and the query it leads to."""
    found = [element.proto for element in at.get("page_link")]
    return {plain(proto.label): (proto.page, proto.query_string) for proto in found}


def chart(at, key):
    """The specification that a chart was sent with."""
    return json.loads(at.get_by_key(key).proto.spec)


def part(at, key):
    """What a component of our own was sent."""
    return json.loads(at.get_by_key(key).proto.json)


def written(at, key="written-strip"):
    """A text that is shown as tokens, read off them."""
    return "".join(part(at, key)["tokens"]).replace("↵", "\n").replace("␣", " ")


def map_values(data):
    """The numbers of a large map, a row for each of its rows."""
    values = np.frombuffer(base64.b64decode(data["values"]), dtype=np.float32)
    return values.reshape(len(data["rows"]), len(data["columns"]))


def tile_shades(data):
    """The shades of all small maps: layers, heads, and the cells of a triangle row by row."""
    shades = np.frombuffer(base64.b64decode(data["cells"]), dtype=np.uint8)
    return shades.reshape(data["layers"], data["heads"], -1)


def add_frames(run, steps, *, text="To be, or not to be", layers=2, heads=2, seed=0):
    """Frames of a film as a worker would have appended them, of made-up weights."""
    ids = tuple(run.tokenizer().encode(text))
    numbers = np.random.default_rng(seed)
    rows = []
    for step in steps:
        cells = numbers.integers(0, 256, (layers, heads, len(ids) * (len(ids) + 1) // 2), np.uint8)
        rows.append(FrameRow(step=step, layers=layers, heads=heads, ids=ids, cells=cells.tobytes()))
        run.append("frames", rows[-1].to_json())
    return rows


def read_small_text(monkeypatch):
    """Let the text that is usually downloaded be a small one that is here."""
    source = dataclasses.replace(
        CORPORA["tiny-shakespeare"], read=lambda: SMALL_TEXT, is_ready=lambda: True
    )
    monkeypatch.setitem(CORPORA, source.name, source)


def bring_demos():
    """The demo runs that come with the app, in this test's folder of runs."""
    root = RunStore.default().root
    root.mkdir(parents=True, exist_ok=True)
    for demo in (ROOT / "checkpoints").glob("demo-*"):
        shutil.copytree(demo, root / demo.name)


def bring_ladder(*corpora):
    """Runs of every rung as the lesson on the ladder starts them, as if they had ended long ago."""
    for shift, corpus in enumerate(corpora):
        sha256 = load_corpus(corpus).sha256
        for place, (rung, config) in enumerate(small_ladder(corpus).items()):
            steps, end = config.training.steps, 3.0 - place / 10 + shift
            run = RunStore.default().create(config.changed({"corpus.sha256": sha256}), name=rung)
            for step, loss in ((0, 4.2), (steps // 2, end + 0.5), (steps, end)):
                run.append("metrics", {"step": step, "validation_loss": loss, "train_loss": loss})
            run.write("state", {"step": steps, "steps": steps, "best_validation_loss": end})
            run.write("exit", FINISHED)
