"""Fork and finetune: the commands whose run begins with the weights of another one."""

from argparse import Namespace
from dataclasses import dataclass

from minigpt.cli.output import print_status, say_which_step
from minigpt.cli.parser import requested_changes
from minigpt.corpora import load_corpus
from minigpt.errors import ConfigurationError
from minigpt.runs.config import RunConfig
from minigpt.runs.store import RunStore
from minigpt.runs.warm_start import unknown_characters_note, warm_start_config
from minigpt.sentences import Sentence


@dataclass(frozen=True, kw_only=True)
class WarmStart:
    """A run that is to be started."""

    config: RunConfig
    name: str


def fork_from(chosen: Namespace) -> WarmStart:
    """A run that goes on from a saved step of another one, on the same text.

    Raises:
        RunError: there is no such run, or nothing is saved at that step.
        ConfigurationError: a setting does not fit, or the text is another one.
    """
    source, changes = RunStore.default().open(chosen.run), requested_changes(chosen)
    if any(path.startswith("corpus.") for path in changes):
        raise ConfigurationError(
            "A fork goes on reading the same text. To teach a model another one, use finetune.",
            field="corpus.name",
        )
    config = warm_start_config(source, "fork", step=chosen.step, changes=changes)
    return WarmStart(
        config=config, name=chosen.name or Sentence("{source}, continued", source=source.name())
    )


def fine_tuned(chosen: Namespace) -> WarmStart:
    """A run that begins at step 0 with another one's weights, on a text that is named.

    What the model does not know of that text is told on the standard error.

    Raises:
        RunError: there is no such run, or nothing is saved at that step.
        ConfigurationError: a setting does not fit.
        CorpusError: the text cannot be had.
    """
    source, changes = RunStore.default().open(chosen.run), requested_changes(chosen)
    config = warm_start_config(source, "fine_tune", step=chosen.step, changes=changes)
    if not config.corpus.path:  # a large file is not read through for a remark
        note = unknown_characters_note(source.tokenizer(), load_corpus(config.corpus.name).text)
        if note:
            print_status(note)
    say_which_step(source, chosen.step)
    return WarmStart(
        config=config, name=chosen.name or Sentence("{source}, fine-tuned", source=source.name())
    )
