"""Fork and finetune: the commands whose run begins with the weights of another one."""

from argparse import Namespace
from dataclasses import dataclass

from minigpt.cli.output import print_status, say_which_step
from minigpt.cli.parser import requested_changes
from minigpt.corpora import load_corpus
from minigpt.errors import ConfigurationError
from minigpt.runs.config import RunConfig
from minigpt.runs.derive import derived_config, unknown_characters_note
from minigpt.runs.store import RunStore
from minigpt.sentences import Sentence


@dataclass(frozen=True, kw_only=True)
class Derived:
    """A run that is to be started."""

    config: RunConfig
    name: str


def forked(chosen: Namespace) -> Derived:
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
    config = derived_config(source, "fork", step=chosen.step, changes=changes)
    return Derived(
        config=config, name=chosen.name or Sentence("{source}, continued", source=source.name())
    )


def fine_tuned(chosen: Namespace) -> Derived:
    """A run that begins at step 0 with another one's weights, on a text that is named.

    What the model does not know of that text is told on the standard error.

    Raises:
        RunError: there is no such run, or nothing is saved at that step.
        ConfigurationError: a setting does not fit.
        CorpusError: the text cannot be had.
    """
    source, changes = RunStore.default().open(chosen.run), requested_changes(chosen)
    config = derived_config(source, "fine_tune", step=chosen.step, changes=changes)
    if not config.corpus.path:  # a large file is not read through for a remark
        note = unknown_characters_note(source.tokenizer(), load_corpus(config.corpus.name).text)
        if note:
            print_status(note)
    say_which_step(source, chosen.step)
    return Derived(
        config=config, name=chosen.name or Sentence("{source}, fine-tuned", source=source.name())
    )
