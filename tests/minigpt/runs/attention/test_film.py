import numpy as np
import pytest
import torch

from minigpt.introspection.trace import trace
from minigpt.models.configs import GPTConfig
from minigpt.runs.attention.film import film_frame, film_of
from minigpt.runs.records import FrameRow

SHAPE = GPTConfig(context_length=16, width=16, num_layers=2, num_heads=2)


def row(step, *, ids=(1, 2), heads=1, shade=0):
    cells = bytes([255, shade, 255 - shade]) * heads
    return FrameRow(step=step, layers=1, heads=heads, ids=ids, cells=cells)


def test_frames_come_in_order_and_the_later_of_two_counts():
    film = film_of([row(4, shade=1), row(0, shade=2), row(4, shade=3)])
    assert film.steps == (0, 4)
    assert [film.maps(one)[0, 0, 1, 0] for one in (0, 1)] == pytest.approx([2 / 255, 3 / 255])


def test_only_frames_like_the_newest_belong_to_it():
    film = film_of([row(0, ids=(7, 8)), row(1, heads=2), row(2), row(3)])
    assert (film.steps, film.ids, film.heads) == ((2, 3), (1, 2), 1)
    assert film_of([]) is None


def test_maps_are_the_weights_of_the_model_to_a_255th(build_tiny):
    model, ids = build_tiny(SHAPE).eval(), tuple(range(9))
    film = film_of([film_frame(model, ids, step=0)])
    weights = trace(model, torch.tensor([ids])).attention[0].numpy()
    assert np.abs(film.maps(0) - weights).max() <= 0.5 / 255 + 1e-6
    assert not np.triu(film.maps(0), 1).any()


def test_what_comes_after_a_frame_is_a_film_of_the_same_text():
    film = film_of([row(0), row(1, shade=9), row(2)])
    later = film.since(1)
    assert (later.steps, later.ids) == ((1, 2), film.ids)
    assert later.cells[0] == film.cells[1]
