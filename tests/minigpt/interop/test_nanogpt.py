"""A checkpoint of nanoGPT gives the same logits here as in a small model written the same way."""

import math
import pickle
import zipfile

import pytest
import torch
from torch import nn
from torch.nn import functional

from minigpt.errors import CheckpointError, ConfigurationError, MiniGPTError, TokenizerError
from minigpt.interop.nanogpt import import_nanogpt
from minigpt.interop.weights import bare_name

TEXT = "a small text, of which every character is a token\n"
CHARACTERS = sorted(set(TEXT))
SETTINGS = {
    "n_layer": 2, "n_head": 3, "n_embd": 24, "block_size": 10, "bias": True,
    "vocab_size": len(CHARACTERS), "dropout": 0.1,
}  # fmt: skip


class Norm(nn.Module):
    def __init__(self, width, bias):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))
        self.bias = nn.Parameter(torch.zeros(width)) if bias else None

    def forward(self, x):
        return functional.layer_norm(x, self.weight.shape, self.weight, self.bias, 1e-5)


class Reference(nn.Module):
    """GPT-2 by its description, with nanoGPT's names: no approximation in GELU, tied head."""

    def __init__(self, n_layer, n_head, n_embd, block_size, bias, vocab_size, dropout):
        super().__init__()
        self.heads, bias_of = n_head, {"bias": bias}
        block = {
            "ln_1": lambda: Norm(n_embd, bias),
            "attn": lambda: nn.ModuleDict(
                {
                    "c_attn": nn.Linear(n_embd, 3 * n_embd, **bias_of),
                    "c_proj": nn.Linear(n_embd, n_embd, **bias_of),
                }
            ),
            "ln_2": lambda: Norm(n_embd, bias),
            "mlp": lambda: nn.ModuleDict(
                {
                    "c_fc": nn.Linear(n_embd, 4 * n_embd, **bias_of),
                    "c_proj": nn.Linear(4 * n_embd, n_embd, **bias_of),
                }
            ),
        }
        self.transformer = nn.ModuleDict(
            {
                "wte": nn.Embedding(vocab_size, n_embd),
                "wpe": nn.Embedding(block_size, n_embd),
                "h": nn.ModuleList(
                    nn.ModuleDict({name: make() for name, make in block.items()})
                    for _ in range(n_layer)
                ),
                "ln_f": Norm(n_embd, bias),
            }
        )
        self.lm_head = nn.Linear(n_embd, vocab_size, bias=False)
        self.transformer["wte"].weight = self.lm_head.weight

    def forward(self, tokens):
        parts = self.transformer
        x = parts["wte"](tokens) + parts["wpe"](torch.arange(tokens.shape[1]))
        for block in parts["h"]:
            x = x + self.attend(block["attn"], block["ln_1"](x))
            hidden = block["mlp"]["c_fc"](block["ln_2"](x))
            erf = torch.erf(hidden / math.sqrt(2))
            x = x + block["mlp"]["c_proj"](hidden * (1 + erf) / 2)
        return self.lm_head(parts["ln_f"](x))

    def attend(self, attention, x):
        batch, length, width = x.shape
        shape = batch, length, self.heads, width // self.heads
        query, key, value = (
            one.view(shape).transpose(1, 2) for one in attention["c_attn"](x).split(width, dim=2)
        )
        scores = query @ key.transpose(2, 3) / math.sqrt(shape[-1])
        future = torch.ones(length, length, dtype=torch.bool).triu(1)
        weights = scores.masked_fill(future, -math.inf).softmax(-1)
        return attention["c_proj"]((weights @ value).transpose(1, 2).reshape(batch, length, width))


@pytest.fixture
def save(tmp_path):
    """A function that writes a random model as nanoGPT's train.py does."""

    def write(*, prefix="", change=None, **settings):
        settings = {**SETTINGS, **settings}
        torch.manual_seed(1)
        model = Reference(**settings).eval()
        for parameter in model.parameters():
            nn.init.normal_(parameter, std=0.3)
        optimizer = torch.optim.AdamW(model.parameters())
        model(torch.zeros((1, 2), dtype=torch.long)).sum().backward()
        optimizer.step()
        values = {
            "model": {prefix + name: array for name, array in model.state_dict().items()},
            "optimizer": optimizer.state_dict(),
            "model_args": settings,
            "iter_num": 5000,
            "best_val_loss": torch.tensor(1.4697),
            "config": {"dataset": "mine", "learning_rate": 1e-3, "compile": True},
        }
        if change:
            change(values)
        path = tmp_path / "ckpt.pt"
        torch.save(values, path)
        return path, model

    return write


KINDS = {
    "with bias": {},
    "without bias": {"bias": False},
    "one head": {"n_head": 1},
    "compiled": {"prefix": "_orig_mod."},
    "distributed": {"prefix": "module."},
    "compiled and distributed": {"prefix": "_orig_mod.module."},
}


@pytest.mark.parametrize("options", KINDS.values(), ids=KINDS)
def test_the_same_tokens_get_the_same_logits(options, save):
    path, theirs = save(**options)
    imported = import_nanogpt(path, text=TEXT)
    assert not imported.model.training
    tokens = torch.randint(len(CHARACTERS), (3, 10))
    torch.testing.assert_close(imported.model(tokens), theirs(tokens), atol=2e-5, rtol=0)
    assert imported.model.config.dropout == 0.1
    assert list(imported.tokenizer.vocabulary) == CHARACTERS
    assert "step 5,000" in imported.notes[0]
    assert "1.4697" in imported.notes[0]


def test_old_causal_masks_are_passed_over(save):
    def add_masks(values):
        for layer in range(2):
            mask = torch.ones(10, 10).tril().view(1, 1, 10, 10)
            values["model"][f"transformer.h.{layer}.attn.bias"] = mask

    path, theirs = save(change=add_masks, bias=False)
    tokens = torch.randint(len(CHARACTERS), (1, 10))
    ours = import_nanogpt(path, text=TEXT).model
    torch.testing.assert_close(ours(tokens), theirs(tokens), atol=2e-5, rtol=0)


def test_the_characters_come_from_the_file_that_nanogpt_writes(save, tmp_path):
    path, _ = save()
    places = {"itos": dict(enumerate(CHARACTERS)), "stoi": {c: i for i, c in enumerate(CHARACTERS)}}
    (tmp_path / "meta.pkl").write_bytes(pickle.dumps({"vocab_size": len(CHARACTERS), **places}))
    assert list(import_nanogpt(path).tokenizer.vocabulary) == CHARACTERS


def test_half_a_character_of_that_file_is_none(save, tmp_path):
    path, _ = save()
    halved = [*CHARACTERS[:-1], "\ud800"]
    (tmp_path / "meta.pkl").write_bytes(pickle.dumps({"itos": dict(enumerate(halved))}))
    with pytest.raises(TokenizerError, match="half a character"):
        import_nanogpt(path)


class Bomb:
    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return open, (str(self.path), "w")


def test_no_pickle_of_a_stranger_is_run(save, tmp_path):
    path, _ = save()
    (tmp_path / "meta.pkl").write_bytes(pickle.dumps({"itos": Bomb(tmp_path / "run")}))
    with pytest.raises(TokenizerError, match=r"meta.pkl is not what nanoGPT writes"):
        import_nanogpt(path)
    torch.save({"model": Bomb(tmp_path / "run"), "model_args": {}}, path)
    with pytest.raises(CheckpointError, match="could run code"):
        import_nanogpt(path, text=TEXT)
    assert not (tmp_path / "run").exists()


def test_without_its_tokens_the_ways_to_them_are_named(save):
    path, _ = save()
    with pytest.raises(TokenizerError, match=r"meta.pkl or a tokenizer.json.*--text"):
        import_nanogpt(path)
    with pytest.raises(TokenizerError, match=f"the model has {len(CHARACTERS)} tokens"):
        import_nanogpt(path, text=TEXT + "?!")


def put(name, value):
    return lambda values: values["model_args"].__setitem__(name, value)


def spoil(name, tensor):
    return lambda values: values["model"].__setitem__(name, tensor)


def nested(depth):
    """Ten lists in each of ten lists and so on: a small file, and no end of text."""
    found = ["ha"]
    for _ in range(depth):
        found = [found] * 10
    return found


def share_numbers(values):
    """Every weight is the beginning of the same few numbers."""
    weights = values["model"]
    largest = torch.cat([weight.flatten() for weight in weights.values()])
    largest = largest[: max(weight.numel() for weight in weights.values())].clone()
    for name, weight in weights.items():
        weights[name] = largest[: weight.numel()].view(weight.shape)


HUGE = torch.zeros(1).expand(10**12, 24)
DAMAGED = {
    "no settings": (lambda values: values.pop("model_args"), "has no 'model_args'"),
    "no weights": (lambda values: values.pop("model"), "has no 'model'"),
    "a weight missing": (lambda values: values["model"].pop("transformer.ln_f.weight"), "lack"),
    "a weight too many": (spoil("transformer.extra", torch.zeros(1)), "hold extra"),
    "no array": (spoil("transformer.wpe.weight", [1.0]), "is no array"),
    "another shape": (spoil("transformer.wpe.weight", torch.zeros(11, 24)), "wpe.weight has the"),
    "a claim without end": (spoil("transformer.wpe.weight", HUGE), "wpe.weight claims more"),
    "a claim that fits": (
        spoil("transformer.wpe.weight", torch.zeros(1).expand(10, 24)),
        "wpe.weight claims more",
    ),
    "only what is not zero": (
        spoil("transformer.wpe.weight", torch.zeros(10, 24).to_sparse()),
        "is no array",
    ),
    "nowhere": (
        spoil("transformer.wpe.weight", torch.zeros(10, 24, device="meta")),
        "is no array",
    ),
    "whole numbers": (
        spoil("transformer.wpe.weight", torch.zeros(10, 24, dtype=torch.long)),
        "of the kind int64",
    ),
    "not finite": (spoil("transformer.wpe.weight", torch.full((10, 24), math.nan)), "not finite"),
    "one array for all": (share_numbers, "arrays claim more numbers"),
    "lists in lists": (put("n_embd", nested(30)), r"n_embd in its model_args is \[\[\["),
    "a dropout of lists": (put("dropout", nested(30)), "dropout in its model_args is"),
    "a long word": (put("n_layer", "x" * 10_000), "n_layer in its model_args is 'x{100}…'"),
    "layers without end": (put("n_layer", 10**9), "n_layer in its model_args"),
    "no whole number": (put("n_embd", 24.5), "n_embd in its model_args is 24.5"),
    "no truth": (put("bias", 1), "bias in its model_args is 1"),
    "no share": (put("dropout", -1.0), "dropout in its model_args is -1.0"),
    "heads that do not fit": (put("n_head", 5), "n_head|n_embd|width"),
}


@pytest.mark.parametrize(("change", "message"), DAMAGED.values(), ids=DAMAGED)
def test_what_is_no_such_checkpoint_is_refused_in_words(change, message, save):
    path, _ = save(change=change)
    with pytest.raises(MiniGPTError, match=message):
        import_nanogpt(path, text=TEXT)


@pytest.mark.parametrize(("step", "loss"), [(-5, 1.0), (3, math.nan), (3, 1e308)])
def test_an_absurd_history_is_not_repeated(save, step, loss):
    path, _ = save(change=lambda values: values.update(iter_num=step, best_val_loss=loss))
    assert import_nanogpt(path, text=TEXT).notes == ()


def test_a_dropout_beyond_ours_is_accepted_and_told(save):
    path, _ = save(dropout=1.0)
    imported = import_nanogpt(path, text=TEXT)
    assert imported.model.config.dropout == 0.9
    assert "Its dropout is 1.0" in imported.notes[0]


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"\x80\x02}q\x00."])
def test_a_file_that_was_cut_or_is_older_is_refused(content, tmp_path):
    path = tmp_path / "ckpt.pt"
    path.write_bytes(content)
    with pytest.raises(CheckpointError, match="no file of today's PyTorch"):
        import_nanogpt(path, text=TEXT)


def test_a_compressed_file_is_refused_unread(tmp_path):
    path = tmp_path / "ckpt.pt"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("archive/data.pkl", b"0" * 10_000_000)
    with pytest.raises(CheckpointError, match="compressed"):
        import_nanogpt(path, text=TEXT)


def test_an_untied_head_stays_one(save):
    def untie(values):
        values["model"]["lm_head.weight"] = values["model"]["lm_head.weight"] * 2

    path, theirs = save(change=untie)
    imported = import_nanogpt(path, text=TEXT)
    assert not imported.model.config.tied_embeddings
    tokens = torch.randint(len(CHARACTERS), (1, 10))
    torch.testing.assert_close(imported.model(tokens), 2 * theirs(tokens), atol=5e-5, rtol=0)


@pytest.mark.parametrize(
    "name", ["h.0.ln_1.weight", "transformer.h.0.ln_1.weight", "module.transformer.h.0.ln_1.weight"]
)
def test_wrappers_are_taken_off_names(name):
    assert bare_name(name) == bare_name(f"_orig_mod.{name}") == "h.0.ln_1.weight"


def test_other_settings_are_named(save):
    path, _ = save(change=put("block_size", 0))
    with pytest.raises(ConfigurationError, match="block_size"):
        import_nanogpt(path, text=TEXT)
