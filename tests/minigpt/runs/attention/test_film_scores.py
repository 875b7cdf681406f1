import csv
import io

import numpy as np
import pytest
import torch

from minigpt.introspection.report_card import looks
from minigpt.models.configs import GPTConfig
from minigpt.runs.attention.film import film_frame, film_of
from minigpt.runs.attention.film_scores import film_scores, join_scores, scores_as_csv
from minigpt.runs.records import FrameRow

SHAPE = GPTConfig(context_length=24, width=16, num_layers=2, num_heads=2)
IDS = (*range(10), *range(10))


def made(step, pattern):
    """A frame of one head that looks as `pattern` says."""
    length = len(IDS)
    weights = np.array(
        [[pattern(row, column) for column in range(length)] for row in range(length)]
    )
    cells = (weights[np.tril_indices(length)] * 255).round().astype(np.uint8)
    return FrameRow(step=step, layers=1, heads=1, ids=IDS, cells=cells.tobytes())


def previous(row, column):
    return float(column == max(0, row - 1))


def induction(row, column):
    return float(column == (row - 9 if row >= 10 else 0))


def everywhere(row, column):
    return float(column <= row) / (row + 1)


def test_heads_made_to_measure_score_as_they_must():
    scores = film_scores(film_of([made(0, everywhere), made(1, previous), made(2, induction)]))
    shares = {kind: score.shares[:, 0, 0] for kind, score in scores.items()}
    assert shares["previous"][0] == pytest.approx(scores["previous"].chance, abs=1e-3)
    assert shares["copied"][0] == pytest.approx(scores["copied"].chance, abs=1e-3)
    assert shares["previous"][1:] == pytest.approx([1, 0])
    assert shares["copied"][1:] == pytest.approx([0, 1])
    assert "marks" not in scores  # of which the text has none


def test_they_are_those_of_the_report_card(build_tiny):
    model = build_tiny(SHAPE).eval()
    scores = film_scores(film_of([film_frame(model, IDS, step=0)]))
    seen = looks(model, torch.tensor([IDS]))
    for kind, score in scores.items():
        assert score.chance == pytest.approx(seen.shares[kind].chance)
        assert score.shares[0] == pytest.approx(seen.shares[kind].heads.numpy(), abs=0.01)


def test_a_film_that_grows_is_scored_frame_by_frame(build_tiny):
    film = film_of([made(0, everywhere), made(1, previous), made(2, induction)])
    whole = film_scores(film)
    parts = join_scores(film_scores(film.since(0)), film_scores(film.since(2)))
    assert parts["copied"].shares.shape[0] == 4
    assert np.array_equal(parts["copied"].shares[:3], whole["copied"].shares)
    assert whole["copied"].best == (0, 0)


def test_of_a_short_text_there_are_none():
    assert (
        film_scores(film_of([FrameRow(step=0, layers=1, heads=1, ids=(1,), cells=b"\xff")])) == {}
    )


def test_a_table_has_a_line_for_each_number():
    film = film_of([made(0, everywhere), made(7, previous)])
    rows = list(csv.DictReader(io.StringIO(scores_as_csv(film, film_scores(film)))))
    found = next(row for row in rows if row["step"] == "7" and row["kind"] == "previous")
    assert (found["layer"], found["head"], float(found["share"])) == ("1", "1", 1.0)
    assert 0 < float(found["chance"]) < 0.2
    assert len(rows) == 2 * len(film_scores(film))
