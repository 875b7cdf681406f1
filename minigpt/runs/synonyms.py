"""What other code and papers call the settings, so that people find them under names they know.

One table for `--set`, for hints in errors, for help on the screen, and for docs/command-line.md.
"""

from typing import Final

from minigpt.sentences import N_, Sentence

SYNONYMS: Final[dict[str, tuple[str, ...]]] = {
    "corpus.validation": ("split", "val_split", "validation_split"),
    "model.context_length": ("block_size", "n_ctx", "seq_len", "max_seq_len"),
    "model.width": ("n_embd", "n_embed", "embedding_dim", "emb_dim", "d_model", "hidden_size"),
    "model.num_heads": ("n_head", "n_heads"),
    "model.num_layers": ("n_layer", "n_layers"),
    "model.dropout": ("drop_rate", "dropout_rate"),
    "training.steps": ("max_iters", "max_steps", "num_steps"),
    "training.epochs": ("epoch", "num_epochs"),
    "training.batch_size": ("batch",),
    "training.learning_rate": ("lr",),
    "training.evaluation_interval": ("eval_interval",),
    "training.warmup_steps": ("warmup_iters",),
    "training.gradient_clip": ("grad_clip", "max_grad_norm"),
    "training.gradient_accumulation": ("gradient_accumulation_steps", "grad_accum"),
    "training.momentum": ("beta1",),
    "compute.precision": ("dtype",),
}
"""Other names of settings; the last word of a setting's path is a name of it, too."""

NOT_SETTINGS: Final[dict[str, str]] = {
    "eval_iters": N_(
        "There is no such number: the whole validation part is judged, or an even spread over a "
        "long one."
    ),
    "vocab_size": N_(
        "The vocabulary follows from the tokenizer and the text. For bpe and unigram, "
        "tokenizer.vocabulary_size is the most tokens it may have."
    ),
    "head_size": N_("The size of a head is model.width divided by model.num_heads."),
    "head_dim": N_("The size of a head is model.width divided by model.num_heads."),
    "max_new_tokens": N_("How much text a model adds is --tokens of `generate`."),
    "temperature": N_("It does not belong to a training: it is --temperature of `generate`."),
    "top_k": N_("It does not belong to a training: it is --top-k of `generate`."),
}
"""Names that are usual elsewhere and no settings here, with what takes their place."""


def setting_called(path: str) -> str:
    """The setting that a name means, with its section in front or not; the name if none is meant.

    >>> setting_called("lr"), setting_called("training.lr"), setting_called("model.lr")
    ('training.learning_rate', 'training.learning_rate', 'model.lr')
    """
    section, _, name = path.rpartition(".")
    meant = _by_name().get(name)
    return meant if meant and section in ("", meant.partition(".")[0]) else path


def hint_for(path: str) -> str | None:
    """What to tell people about a name that is no setting's, such as "model.lr"; None if unknown.

    >>> hint_for("model.lr")
    'Did you mean training.learning_rate?'
    """
    name = path.rpartition(".")[2]
    meant = _by_name().get(name)
    return (
        Sentence("Did you mean {meant}?", meant=meant)
        if meant and meant != path
        else NOT_SETTINGS.get(name)
    )


def _by_name() -> dict[str, str]:
    return {
        name: path
        for path, others in SYNONYMS.items()
        for name in (path.rpartition(".")[2], *others)
    }
