import json
import shutil

import pytest
import torch

from minigpt.errors import CheckpointError, ConfigurationError, TokenizerError
from minigpt.interop.huggingface import export_model, import_model
from minigpt.models.build import build_model
from minigpt.models.configs import BigramConfig
from minigpt.tokenizers import TOKENIZERS
from minigpt.tokenizers.byte_alphabet import byte_of_stand_in
from minigpt.tokenizers.character import CharacterTokenizer
from minigpt.tokenizers.gpt2 import Gpt2Tokenizer, read_merges

TOLERANCE = 1e-4
SHAPES = {
    "usual": {},
    "one head": {"num_heads": 1},
    "one of everything": {"context_length": 1, "width": 1, "num_layers": 1, "num_heads": 1},
    "an odd width": {"width": 35, "num_heads": 5, "num_layers": 3},
    "untied": {"tied_embeddings": False},
    "relu": {"activation": "relu"},
    "exact gelu": {"activation": "gelu_exact"},
    "dropout": {"dropout": 0.3},
}
THEIR_SHAPES = {
    "usual": {},
    "one head": {"n_head": 1},
    "an odd width": {"n_embd": 35, "n_head": 5, "n_layer": 3},
    "untied": {"tie_word_embeddings": False},
    "relu": {"activation_function": "relu"},
    "exact gelu": {"activation_function": "gelu"},
    "unlike dropouts": {"resid_pdrop": 0.1, "embd_pdrop": 0.0, "attn_pdrop": 0.4},
    "the other name of gelu": {"activation_function": "gelu_pytorch_tanh"},
    "a hidden width": {"n_inner": 96},
    "reordered": {"reorder_and_upcast_attn": True},
}
shapes = pytest.mark.parametrize("options", SHAPES.values(), ids=SHAPES)
their_shapes = pytest.mark.parametrize("options", THEIR_SHAPES.values(), ids=THEIR_SHAPES)


def some_tokens(length, vocabulary_size=300):
    return torch.randint(vocabulary_size, (2, length))


@pytest.fixture
def save_theirs(transformers, tmp_path, bpe, exported):
    """A function that lets transformers make a random GPT-2 and save it with a tokenizer."""

    def save(*, kind="GPT2LMHeadModel", **options):
        sizes = {"vocab_size": 300, "n_positions": 12, "n_embd": 24, "n_layer": 2, "n_head": 3}
        ends = {"bos_token_id": 0, "eos_token_id": 0}
        config = transformers.GPT2Config(**{**sizes, **ends, **options})
        model = getattr(transformers, kind)(config).eval()
        for parameter in model.parameters():
            torch.nn.init.normal_(parameter, std=0.3)
        folder = tmp_path / "theirs"
        model.save_pretrained(folder)
        for name in ("tokenizer.json", "tokenizer_config.json"):
            shutil.copy(exported() / name, folder)
        return folder, model

    return save


@shapes
def test_an_exported_model_gives_the_same_logits_there(options, transformers, build_gpt, exported):
    ours = build_gpt(**options)
    theirs = transformers.GPT2LMHeadModel.from_pretrained(exported(**options)).eval()
    tokens = some_tokens(ours.context_length)
    torch.testing.assert_close(theirs(tokens).logits, ours(tokens), atol=TOLERANCE, rtol=0)


@their_shapes
def test_their_model_gives_the_same_logits_here(options, save_theirs):
    folder, theirs = save_theirs(**options)
    ours = import_model(folder).model
    assert not ours.training
    tokens = some_tokens(12)
    torch.testing.assert_close(ours(tokens), theirs(tokens).logits, atol=TOLERANCE, rtol=0)


@shapes
def test_there_and_back_every_weight_is_the_same_bit_for_bit(options, build_gpt, exported):
    before, after = build_gpt(**options), import_model(exported(**options)).model
    assert after.config == before.config
    assert after.state_dict().keys() == before.state_dict().keys()
    for name, weight in before.state_dict().items():
        assert torch.equal(after.state_dict()[name], weight), name


def test_nothing_is_missing_or_left_over_there(transformers, exported):
    for options in ({}, {"tied_embeddings": False}):
        _, report = transformers.GPT2LMHeadModel.from_pretrained(
            exported(**options), output_loading_info=True
        )
        assert not any(report.values()), report


def test_dropout_goes_to_all_three_and_comes_back(transformers, exported):
    folder = exported(dropout=0.25)
    config = transformers.AutoConfig.from_pretrained(folder)
    assert (config.resid_pdrop, config.embd_pdrop, config.attn_pdrop) == (0.25, 0.25, 0.25)
    assert import_model(folder).model.config.dropout == 0.25


def test_tied_tables_stay_one_there(transformers, exported):
    theirs = transformers.GPT2LMHeadModel.from_pretrained(exported())
    assert theirs.lm_head.weight is theirs.transformer.wte.weight


def test_an_exported_model_generates_there_without_an_end(transformers, exported):
    theirs = transformers.GPT2LMHeadModel.from_pretrained(exported())
    written = theirs.generate(some_tokens(3)[:1], max_new_tokens=9, do_sample=False)
    assert written.shape == (1, 12)


def test_an_exported_model_can_be_trained_on_there(transformers, exported):
    theirs = transformers.GPT2LMHeadModel.from_pretrained(exported())
    tokens = some_tokens(12)
    theirs(tokens, labels=tokens).loss.backward()
    assert theirs.transformer.wte.weight.grad.abs().sum() > 0


def test_an_imported_model_can_be_trained_on_here(exported):
    model = import_model(exported()).model.train()
    model(some_tokens(12)).sum().backward()
    assert all(parameter.grad is not None for parameter in model.parameters())


@pytest.mark.parametrize("kind", ["byte", "bpe", "unigram", "character", "word", "gpt2"])
def test_an_exported_tokenizer_does_the_same_there(
    kind, transformers, small_gpt2, build_gpt, corpus, tmp_path
):
    ours = TOKENIZERS[kind].train(corpus)
    model = build_gpt(vocabulary_size=ours.vocabulary_size)
    assert export_model(model, ours, tmp_path / "out") is None
    theirs = transformers.AutoTokenizer.from_pretrained(tmp_path / "out")
    again = import_model(tmp_path / "out").tokenizer
    for text in (corpus, corpus[:5], *corpus.splitlines(), "<unk> <join>" * (kind != "character")):
        ids = ours.encode(text)
        assert theirs(text)["input_ids"] == again.encode(text) == ids
        assert theirs.decode(ids) == again.decode(ids) == ours.decode(ids)
    assert len(theirs) == again.vocabulary_size == ours.vocabulary_size
    assert set(theirs(corpus)) == {"input_ids", "attention_mask"}


def test_a_tokenizer_that_refuses_a_character_refuses_it_there(transformers, build_gpt, tmp_path):
    ours = CharacterTokenizer.train("abc")
    export_model(build_gpt(vocabulary_size=3), ours, tmp_path / "out")
    theirs = transformers.AutoTokenizer.from_pretrained(tmp_path / "out")
    with pytest.raises(Exception, match="Missing"):
        theirs("abd")
    with pytest.raises(TokenizerError, match="no token for 'd'"):
        import_model(tmp_path / "out").tokenizer.encode("abd")


def test_a_tokenizer_that_cannot_be_written_is_left_out_with_the_reason(
    transformers, build_gpt, tmp_path
):
    halves = CharacterTokenizer.train("ab\ud800")
    reason = export_model(build_gpt(vocabulary_size=3), halves, tmp_path / "out")
    assert "half of a character" in reason
    assert {file.name for file in (tmp_path / "out").iterdir()} == {
        "config.json",
        "model.safetensors",
    }
    assert transformers.GPT2LMHeadModel.from_pretrained(tmp_path / "out")
    with pytest.raises(TokenizerError, match="no tokenizer"):
        import_model(tmp_path / "out")


def test_merges_that_cannot_be_had_cost_only_the_tokenizer(small_gpt2, build_gpt, tmp_path):
    ours = Gpt2Tokenizer.load()
    small_gpt2.path.unlink()
    model = build_gpt(vocabulary_size=ours.vocabulary_size)
    assert "could not be downloaded" in export_model(model, ours, tmp_path / "out")


def test_their_older_tokenizer_files_give_their_ids(transformers, save_theirs, small_gpt2, corpus):
    ours = Gpt2Tokenizer.load()
    folder, _ = save_theirs(vocab_size=ours.vocabulary_size)
    write_older_files(folder, small_gpt2)
    theirs = transformers.GPT2Tokenizer.from_pretrained(folder)
    imported = import_model(folder).tokenizer
    for text in (corpus, "a<|endoftext|>b", "  in  the 's"):
        assert imported.encode(text) == theirs(text)["input_ids"]
        assert imported.decode(imported.encode(text)) == text
    assert imported.encode(corpus) == ours.encode(corpus)


def test_a_folder_that_only_they_wrote_is_read(transformers, save_theirs, small_gpt2, corpus):
    ours = Gpt2Tokenizer.load()
    folder, _ = save_theirs(vocab_size=ours.vocabulary_size)
    write_older_files(folder, small_gpt2)
    theirs = transformers.GPT2Tokenizer.from_pretrained(folder)
    for name in ("vocab.json", "merges.txt"):
        (folder / name).unlink()
    theirs.save_pretrained(folder)
    imported = import_model(folder).tokenizer
    for text in (corpus, "a<|endoftext|>b"):
        assert imported.encode(text) == theirs(text)["input_ids"]
        assert imported.unknown_characters(text) == []


def test_a_model_without_its_head_can_be_imported(save_theirs):
    folder, theirs = save_theirs(kind="GPT2Model")
    model = import_model(folder).model
    tokens = some_tokens(12)
    expected = theirs(tokens).last_hidden_state @ theirs.wte.weight.T
    torch.testing.assert_close(model(tokens), expected, atol=TOLERANCE, rtol=0)


def test_weights_in_several_files_can_be_imported(transformers, save_theirs):
    folder, theirs = save_theirs()
    (folder / "model.safetensors").unlink()
    theirs.save_pretrained(folder, max_shard_size="20KB")
    assert len(list(folder.glob("model-*.safetensors"))) > 1
    tokens = some_tokens(12)
    torch.testing.assert_close(
        import_model(folder).model(tokens), theirs(tokens).logits, atol=TOLERANCE, rtol=0
    )


@pytest.mark.parametrize("kind", [torch.float16, torch.bfloat16])
def test_short_numbers_become_long_ones(kind, save_theirs):
    folder, theirs = save_theirs()
    theirs.to(kind).save_pretrained(folder)
    model = import_model(folder).model
    assert {parameter.dtype for parameter in model.parameters()} == {torch.float32}
    tokens = some_tokens(12)
    expected = theirs.float()(tokens).logits
    torch.testing.assert_close(model(tokens), expected, atol=TOLERANCE, rtol=0)


def test_a_padded_vocabulary_is_kept(save_theirs):
    folder, theirs = save_theirs(vocab_size=320)
    imported = import_model(folder)
    assert imported.tokenizer.vocabulary_size == imported.model.vocabulary_size == 320
    tokens = some_tokens(12, 320)
    logits = imported.model(tokens)
    torch.testing.assert_close(logits, theirs(tokens).logits, atol=TOLERANCE, rtol=0)
    assert imported.tokenizer.decode([310]) == ""


def test_a_tokenizer_with_more_ids_than_the_model_is_refused(save_theirs, bpe):
    folder, _ = save_theirs(vocab_size=bpe.vocabulary_size - 1)
    with pytest.raises(TokenizerError, match=f"knows only {bpe.vocabulary_size - 1} tokens"):
        import_model(folder)


def test_importing_draws_no_random_numbers(exported):
    folder = exported()
    torch.manual_seed(5)
    expected = torch.rand(1)
    torch.manual_seed(5)
    import_model(folder)
    assert torch.equal(torch.rand(1), expected)


def test_an_imported_model_outlives_its_folder(exported):
    folder = exported()
    model = import_model(folder).model
    tokens = some_tokens(4)
    before = model(tokens)
    weights = folder / "model.safetensors"
    with weights.open("r+b") as file:
        file.write(bytes(weights.stat().st_size))
    assert torch.equal(model(tokens), before)


def test_only_a_gpt_can_be_exported(bpe, tmp_path):
    bigram = build_model(BigramConfig(), vocabulary_size=300)
    with pytest.raises(ConfigurationError, match="this model is a Bigram"):
        export_model(bigram, bpe, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_gpt_with_other_options_is_refused_before_anything_is_written(build_gpt, bpe, tmp_path):
    with pytest.raises(ConfigurationError, match="position is 'none'"):
        export_model(build_gpt(position="none"), bpe, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_an_empty_folder_is_filled_and_a_full_one_left_alone(build_gpt, bpe, tmp_path):
    folder = tmp_path / "deep" / "out"
    folder.mkdir(parents=True)
    export_model(build_gpt(), bpe, folder)
    before = {file.name: file.read_bytes() for file in folder.iterdir()}
    assert before.keys() == {
        "config.json",
        "model.safetensors",
        "tokenizer.json",
        "tokenizer_config.json",
    }
    with pytest.raises(ConfigurationError, match="already holds something"):
        export_model(build_gpt(seed=1), bpe, folder)
    assert {file.name: file.read_bytes() for file in folder.iterdir()} == before


def test_a_file_in_the_way_is_refused(build_gpt, bpe, tmp_path):
    (tmp_path / "out").write_text("mine", encoding="utf-8")
    with pytest.raises(ConfigurationError, match="already holds something"):
        export_model(build_gpt(), bpe, tmp_path / "out")
    with pytest.raises(ConfigurationError, match="cannot be written"):
        export_model(build_gpt(), bpe, tmp_path / "out" / "below")
    assert (tmp_path / "out").read_text(encoding="utf-8") == "mine"


def test_a_failed_export_leaves_no_files(build_gpt, bpe, tmp_path, refuse_writes):
    refuse_writes()
    with pytest.raises(ConfigurationError, match="No space left"):
        export_model(build_gpt(), bpe, tmp_path / "out")
    assert list((tmp_path / "out").iterdir()) == []


def test_tied_tables_that_differ_are_refused(save_theirs):
    folder, _ = save_theirs(tie_word_embeddings=False)
    change_config(folder, tie_word_embeddings=True)
    with pytest.raises(CheckpointError, match="tie_word_embeddings"):
        import_model(folder)


def test_tied_tables_that_are_both_there_are_read(save_theirs):
    folder, theirs = save_theirs(tie_word_embeddings=False)
    with torch.no_grad():
        theirs.lm_head.weight.copy_(theirs.transformer.wte.weight)
    theirs.save_pretrained(folder)
    change_config(folder, tie_word_embeddings=True)
    assert import_model(folder).model.output is None


def test_a_missing_head_is_named(exported):
    folder = exported()
    change_config(folder, tie_word_embeddings=False)
    with pytest.raises(CheckpointError, match=r"lack lm_head\.weight"):
        import_model(folder)


def test_another_architecture_is_refused(transformers, tmp_path):
    transformers.LlamaConfig().save_pretrained(tmp_path)
    with pytest.raises(ConfigurationError, match="type 'llama'"):
        import_model(tmp_path)


def test_a_model_for_another_task_is_refused(save_theirs):
    folder, _ = save_theirs(kind="GPT2ForSequenceClassification", pad_token_id=0)
    with pytest.raises(CheckpointError, match=r"hold score\.weight"):
        import_model(folder)


def test_a_config_that_promises_more_than_the_file_has_takes_no_memory(exported):
    folder = exported()
    change_config(folder, n_embd=8192, n_layer=96, vocab_size=1_000_000, n_head=1)
    with pytest.raises(CheckpointError, match="lack h"):
        import_model(folder)
    change_config(folder, n_layer=2)
    with pytest.raises(CheckpointError, match="shape"):
        import_model(folder)


@pytest.mark.parametrize("content", [None, "", "[]", "{", "[" * 100_000, "\x00"])
def test_a_missing_or_damaged_config_is_named(content, exported):
    path = exported() / "config.json"
    path.unlink()
    if content is not None:
        path.write_text(content, encoding="utf-8")
    with pytest.raises(CheckpointError, match=r"config\.json"):
        import_model(path.parent)


def test_a_folder_that_is_not_there_is_named(tmp_path):
    with pytest.raises(CheckpointError, match=r"no config\.json"):
        import_model(tmp_path / "nowhere")


def change_config(folder, **changes):
    path = folder / "config.json"
    values = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps({**values, **changes}), encoding="utf-8")


def write_older_files(folder, ranks):
    """The same vocabulary as GPT-2's first release wrote it."""
    merges = ranks.read()
    tokens = [*byte_of_stand_in(), *(left + right for left, right in read_merges(merges))]
    vocabulary = {token: index for index, token in enumerate([*tokens, "<|endoftext|>"])}
    for name in ("tokenizer.json", "tokenizer_config.json"):
        (folder / name).unlink()
    (folder / "vocab.json").write_text(json.dumps(vocabulary), encoding="utf-8")
    (folder / "merges.txt").write_bytes(merges)
