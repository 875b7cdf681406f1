import pytest

from minigpt.models import LADDER
from tests.ui.harness import made_run, tiny_config
from ui.components.model_picker import ChosenModel
from ui.screens.inside.picture import picture_of
from ui.services.models import trained_model

OPTIONS = {
    "rms": {"norm": "rms"},
    "post-norm": {"norm_position": "post"},
    "rotary": {"position": "rotary"},
    "waves": {"position": "sinusoidal"},
    "n-grams": {"ngram_order": 3, "ngram_rows": 50},
    "gate": {"activation": "swiglu"},
    "untied": {"tied_embeddings": False},
}


def chosen(**options):
    config = tiny_config(**{f"model__{name}": value for name, value in options.items()})
    run = made_run(config=config)
    return ChosenModel(run_id=run.id, step=20, trained=trained_model(run.id, 20))


def of_rung(rung):
    changes = {"model.rung": rung, "model.context_length": 16}
    run = made_run(config=tiny_config().changed(changes))
    return ChosenModel(run_id=run.id, step=20, trained=trained_model(run.id, 20))


def words(picture):
    return [row.title for row in picture.rows if row.title]


@pytest.mark.parametrize("rung", LADDER)
def test_every_rung_is_drawn_with_all_its_parts(rung):
    model = of_rung(rung)
    picture = picture_of(model, {})
    boxes = [part for row in picture.rows for part in row.parts]
    assert len(boxes) == len(picture.codes) == len(set(picture.codes))
    heads = sum(block.attention.num_heads for block in model.trained.model.attention_blocks())
    assert sum("." in code and not code.startswith("ff") for code in picture.codes) == heads
    assert picture.codes[0] == "token"


@pytest.mark.parametrize("options", OPTIONS.values(), ids=OPTIONS)
def test_what_was_chosen_for_the_model_is_seen(options):
    picture = picture_of(chosen(**options), {})
    on_stream = [row.on_stream for row in picture.rows if row.kind == "norm"]
    assert any(on_stream)
    assert ("positions: by turning queries and keys" in words(picture)) == (
        options == OPTIONS["rotary"]
    )
    assert ("ngrams" in picture.codes) == (options == OPTIONS["n-grams"])
    assert ("position" in picture.codes) == (options != OPTIONS["rotary"])


def test_shapes_and_counts_are_those_of_the_arrays():
    model = chosen()
    arrays = dict(model.trained.model.named_parameters())
    details = {
        code: part.detail
        for code, part in zip(
            picture_of(model, {}).codes,
            [part for row in picture_of(model, {}).rows for part in row.parts],
            strict=True,
        )
    }
    vocabulary, width = arrays["token_embedding.weight"].shape
    assert details["token"] == f"{vocabulary} × {width}: {vocabulary * width:,} numbers"
    fed = sum(value.numel() for name, value in arrays.items() if "blocks.0.feed_forward." in name)
    assert details["ff.1"] == f"{width} → {4 * width} → {width}: {fed:,} numbers"
    assert details["output"] == "the token's vectors again"


def test_what_a_part_adds_is_its_colour_and_is_heard():
    picture = picture_of(chosen(), {"2.1": -1.25})
    parts = [part for row in picture.rows for part in row.parts]
    boxes = dict(zip(picture.codes, parts, strict=True))
    assert boxes["2.1"].amount == -1.25
    assert boxes["2.1"].heard.endswith("adds -1.250")
    assert boxes["1.1"].amount is None
