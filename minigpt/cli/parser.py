"""What the command line accepts: the arguments of every command, and the settings they name."""

import shutil
import textwrap
from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import Any

from minigpt import __version__
from minigpt.cli import reading
from minigpt.configuration import field_help, read_decimal
from minigpt.corpora import add_file
from minigpt.corpora.large_files import is_large
from minigpt.errors import ConfigurationError
from minigpt.jobs.machine import OPTION
from minigpt.runs.labels import slug
from minigpt.runs.presets import PRESETS
from minigpt.runs.synonyms import SYNONYMS, setting_called
from minigpt.sentences import N_, Sentence


def build_parser() -> ArgumentParser:
    """The parser of all commands."""
    parser = ArgumentParser(
        prog="minigpt", description=N_("Train small GPTs and generate with them.")
    )
    parser.add_argument("--version", action="version", version=f"minigpt {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, parser_class=CommandParser)
    _add_train(commands.add_parser("train", help="train a model on a text"))
    _add_derived(
        commands.add_parser("fork", help="go on from a saved step of a run, as a run of its own"),
        commands.add_parser("finetune", help="teach the model of a run another text"),
    )
    _add_generate(commands.add_parser("generate", help="continue a prompt"))
    for name, (add, help_text) in {**LOOKING, **reading.ARGUMENTS}.items():
        add(commands.add_parser(name, help=help_text))
    for name, help_text in CONTROLS.items():
        one = commands.add_parser(name, help=help_text)
        one.add_argument("run", help="the run's id, as `runs` lists it")
        if name == "resume":
            one.add_argument("--json", action="store_true", help=JSON_HELP)
            one.add_argument(EXCEED_MEMORY, action="store_true", help=EXCEED_MEMORY_HELP)
    _add_export(commands.add_parser("export", help="write a run's model for other programs"))
    _add_single_file(commands.add_parser("single-file", help=SINGLE_FILE_HELP))
    _add_transfer(
        commands.add_parser("download", help="write a whole run into one file"),
        commands.add_parser("import", help=IMPORT_HELP),
    )
    for name, help_text in LISTS.items():
        listing = commands.add_parser(name, help=help_text)
        listing.add_argument("--json", action="store_true", help="for other programs")
    return parser


class CommandParser(ArgumentParser):
    """One command's arguments, whose help may end with all settings of a run."""

    lists_settings = False

    def format_help(self) -> str:
        """As argparse does it; the settings are read only when somebody asks for help."""
        width = max(40, min(100, shutil.get_terminal_size().columns - 2))
        return super().format_help() + (settings_help(width) if self.lists_settings else "")


def settings_help(width: int) -> str:
    """Every setting with what it is and what it has if nobody changes it, in lines of `width`."""
    title = Sentence(
        "settings, as the preset {default_preset} has them; another preset begins elsewhere "
        "(presets --json), and a simpler model than gpt has fewer of them:",
        default_preset=DEFAULT_PRESET,
    )
    lines = ["", *textwrap.wrap(title, width)]
    config = PRESETS[DEFAULT_PRESET].config
    for section in SHOWN_SECTIONS:
        values = getattr(config, section)
        for name, text in field_help(type(values)).items():
            if section == "corpus" and name != "validation":
                continue
            path = f"{section}.{name}"
            others = SYNONYMS.get(path)
            also = f" Also: {', '.join(others)}." if others else ""
            lines.append(f"  {path}={getattr(values, name)}".replace("=None", "=none"))
            lines += textwrap.wrap(
                " ".join(text.split()) + also,
                width, initial_indent=" " * 6, subsequent_indent=" " * 6,
            )  # fmt: skip
    return "\n".join(lines) + "\n"


def decimal(typed: str) -> float:
    """A number with a decimal point or comma; argparse tells people what else it was."""
    # What is no finite number is refused later, with the range that it has to be in.
    return read_decimal(typed) if "," in typed else float(typed)


DEFAULT_PRESET = "quick"
SHOWN_SECTIONS = ("corpus", "tokenizer", "model", "training", "compute", "logging")
"""Which text it is has arguments of its own, and what a run begins with has its own commands."""
JSON_HELP = "say how it ended in one line of JSON"
SINGLE_FILE_HELP = "write a run's model as one readable file"
IMPORT_HELP = "make a run of such a file, of a GPT-2 folder, or of nanoGPT's"
EXCEED_MEMORY = "--exceed-memory"
EXCEED_MEMORY_HELP = "start it even if it seems to need more memory than is free"
CONTROLS = {
    "stop": "end a run after its current step",
    "pause": "end a run after its current step, ready to go on where it was",
    "resume": "let a run that ended early go on",
    "cancel": "take a run out of the queue",
}
LISTS = {
    "runs": "list the runs",
    "corpora": "list the texts",
    "presets": "list the ready-made settings",
}


def _add_train(parser: CommandParser) -> None:
    parser.lists_settings = True
    parser.add_argument(
        "--preset",
        default=DEFAULT_PRESET,
        help=Sentence("one of {presets}", presets=", ".join(PRESETS)),
    )
    text = parser.add_mutually_exclusive_group()
    text.add_argument("--corpus", help="a text that `corpora` lists")
    text.add_argument("--file", help="a text file of your own, UTF-8")
    _add_start(parser)


def _add_start(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="SECTION.FIELD=VALUE",
        help="change one setting, e.g. training.steps=500; may be repeated. `train --help` has "
        "all of them; usual other names such as lr=1e-3 are understood",
    )
    parser.add_argument("--seed", type=int, help="equal seeds give equal runs")
    parser.add_argument("--name", help="what to call the run")
    parser.add_argument("--json", action="store_true", help=JSON_HELP)
    parser.add_argument(
        "--dry-run", action="store_true", help="say what it would take, and start nothing"
    )
    parser.add_argument(EXCEED_MEMORY, action="store_true", help=EXCEED_MEMORY_HELP)
    parser.add_argument(
        OPTION,
        metavar="N",
        help="start it only while fewer than N runs train; half the processor cores if left out",
    )


def _add_derived(fork: ArgumentParser, finetune: ArgumentParser) -> None:
    for parser in (fork, finetune):
        parser.add_argument("run", help="the run to begin with, as `runs` lists it")
    fork.add_argument("--step", type=int, required=True, help="a saved step of it")
    finetune.add_argument("--step", type=int, help="a saved step of it; the best one if left out")
    text = finetune.add_mutually_exclusive_group(required=True)
    text.add_argument("--corpus", help="a text that `corpora` lists")
    text.add_argument("--file", help="a text file of your own, UTF-8")
    for parser in (fork, finetune):
        _add_start(parser)


def _add_generate(parser: ArgumentParser) -> None:
    parser.add_argument("run", help="the run's id, as `runs` lists it")
    parser.add_argument(
        "--prompt",
        required=True,
        help="the text to continue; an empty one begins after a line break",
    )
    parser.add_argument("--tokens", type=int, default=200, help="how many to add")
    parser.add_argument("--step", type=int, help="a saved step; the best one if left out")
    parser.add_argument("--temperature", type=decimal, default=0.8, help="0 to 10; low is cautious")
    parser.add_argument("--top-k", type=int, default=0, help="draw from this many; 0 is all")
    parser.add_argument(
        "--top-p", type=decimal, default=1.0, help="draw from this much probability"
    )
    parser.add_argument(
        "--min-p", type=decimal, default=0.0,
        help="draw only what is this many times as likely as the likeliest",
    )  # fmt: skip
    parser.add_argument(
        "--repetition-penalty", type=decimal, default=1.0,
        help="above 1, what the text has already becomes less likely",
    )  # fmt: skip
    parser.add_argument("--greedy", action="store_true", help="always take the likeliest token")
    parser.add_argument("--seed", type=int, default=1337, help="equal seeds give equal text")
    _add_texts(parser)


def _add_texts(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--stop", action="append", default=[], metavar="TEXT",
        help="end before this text; may be given several times",
    )  # fmt: skip
    parser.add_argument(
        "--samples", type=int, default=1, help="how many texts, of as many seeds in a row"
    )
    parser.add_argument(
        "--beams", type=int, default=0, help="search for this many of the likeliest texts instead"
    )
    parser.add_argument(
        "--json", action="store_true", help="with each token's probability and number drawn"
    )


def _add_export(parser: ArgumentParser) -> None:
    parser.add_argument("run", help="the run's id, as `runs` lists it")
    parser.add_argument("folder", help="a new or empty folder")
    parser.add_argument(
        "--format",
        choices=["huggingface", "pytorch"],
        default="huggingface",
        help="a folder for transformers, of a GPT with GPT-2's options; or any model's weights "
        "for torch.load",
    )
    parser.add_argument("--step", type=int, help="a saved step; the best one if left out")


def _add_single_file(parser: ArgumentParser) -> None:
    parser.add_argument("run", help="the run's id, as `runs` lists it")
    parser.add_argument(
        "file", nargs="?", help="a new file such as model.py; RUN.py in this folder if left out"
    )
    parser.add_argument("--step", type=int, help="a saved step; the best one if left out")


def _add_transfer(download: ArgumentParser, imported: ArgumentParser) -> None:
    download.add_argument("run", help="the run's id, as `runs` lists it")
    download.add_argument("file", help="a new file, such as run.zip")
    imported.add_argument(
        "path",
        help="what `download` wrote; or a folder with config.json, model.safetensors and the "
        "tokenizer; or nanoGPT's ckpt.pt",
    )
    imported.add_argument(
        "--text", help="what ckpt.pt was trained on, if its tokens are characters, without meta.pkl"
    )
    imported.add_argument("--name", help="what to call the run")


def _add_attention(parser: ArgumentParser) -> None:
    parser.add_argument("run", help="the run's id, as `runs` lists it")
    parser.add_argument("--text", required=True, help="the text to look at")
    parser.add_argument("--step", type=int, help="a saved step; the best one if left out")
    parser.add_argument("--out", required=True, help="a file ending in .npz, .json or .html")


def _add_film(parser: ArgumentParser) -> None:
    parser.add_argument("run", help="the run's id, as `runs` lists it")
    parser.add_argument("--out", required=True, help="a file ending in .html")
    parser.add_argument(
        "--text",
        help="the text to look at, with the weights of every kept step; if left out, the frames "
        "that were kept of a text while it trained",
    )


def _add_heads(parser: ArgumentParser) -> None:
    parser.add_argument(
        "run", nargs="+",
        help="the run's id, as `runs` lists it; of several runs, which heads they grew, and when",
    )  # fmt: skip
    parser.add_argument("--step", type=int, help="a saved step; the best one if left out")
    text = parser.add_mutually_exclusive_group()
    text.add_argument("--text", help="what to judge by instead of the run's validation text")
    text.add_argument("--file", help="a text file to judge by")
    parser.add_argument(
        "--windows", type=int, default=32, help="pieces of text to judge by, 1 to 1000, at most"
    )
    parser.add_argument(
        "--mean",
        action="store_true",
        help="let a silent head bring what it brings on average, not nothing",
    )
    parser.add_argument("--json", action="store_true", help="every number, for other programs")


def _add_receipt(parser: ArgumentParser) -> None:
    parser.add_argument("run", help="the run's id, as `runs` lists it")
    parser.add_argument("--text", required=True, help="what the model reads")
    parser.add_argument("--token", required=True, help="the next token whose logit is taken apart")
    parser.add_argument("--against", help="another token: why the one and not this one")
    parser.add_argument("--step", type=int, help="a saved step; the best one if left out")
    parser.add_argument("--json", action="store_true", help="every number, for other programs")


def _add_swap(parser: ArgumentParser) -> None:
    parser.add_argument("run", help="the run's id, as `runs` lists it")
    parser.add_argument("--text", required=True, help="the text that gives its states")
    parser.add_argument(
        "--other",
        help="the text that they are pasted into, of as many tokens; if left out, the same with "
        "one token changed that makes a difference",
    )
    parser.add_argument(
        "--answers", nargs=2, metavar=("FIRST", "SECOND"),
        help="next tokens to tell the texts apart by; those that either makes more probable than "
        "the other by the most, if left out",
    )  # fmt: skip
    parser.add_argument(
        "--heads", action="store_true", help="paste what one head brings, not a whole state"
    )
    parser.add_argument("--step", type=int, help="a saved step; the best one if left out")
    parser.add_argument("--json", action="store_true", help="every number, for other programs")


LOOKING = {
    "attention": (_add_attention, "write what every head looks at"),
    "film": (_add_film, "write a page that plays what every head looked at"),
    "heads": (_add_heads, "say what each head is for, by experiment"),
    "receipt": (_add_receipt, "say what a prediction is made of"),
    "swap": (_add_swap, "paste states of one text into another"),
}
"""Commands that look inside one model: their arguments, and what they do."""


def requested_changes(chosen: Namespace) -> dict[str, Any]:
    """What differs from the preset or run that one begins with, by path such as "training.steps".

    A text file that is named becomes one of the texts, unless it is large.

    Raises:
        ConfigurationError: an assignment has no value.
        CorpusError: the text file cannot be read.
    """
    changes: dict[str, Any] = {}
    if getattr(chosen, "file", None):  # `fork` keeps its text
        changes |= _text_file(Path(chosen.file))
    if getattr(chosen, "corpus", None):
        changes["corpus.name"] = chosen.corpus
    for assignment in chosen.set:
        path, equals, value = assignment.partition("=")
        if not equals:
            raise ConfigurationError(
                "--set {assignment!r} has no value. Write it as section.field=value.",
                assignment=assignment,
            )
        changes[setting_called(path.strip())] = value.strip()
    if chosen.seed is not None:
        changes["seed"] = chosen.seed
    return changes


def _text_file(path: Path) -> dict[str, Any]:
    if is_large(path):
        return {"corpus.name": slug(path.stem), "corpus.path": str(path.resolve())}
    return {"corpus.name": add_file(path).name}
