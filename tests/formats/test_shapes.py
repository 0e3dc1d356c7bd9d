"""Layers told by shapes alone: the forms of a bias, and what a Bidirectional
without one looks like.
"""

from __future__ import annotations

import pytest

from rnn_tui.formats.data.description import StoredArray
from rnn_tui.formats.weights.classify import pieces

Shapes = list[tuple[int, ...]]


@pytest.mark.parametrize(
    ("shapes", "told"),
    [
        ([(3, 16), (4, 16), (16,)], ["LSTM"]),
        ([(3, 16), (4, 16), (32,)], ["LSTM"]),
        ([(3, 12), (4, 12), (2, 12)], ["GRU"]),
        ([(3, 12), (4, 12), (12,)], ["GRU"]),
        ([(3, 4), (4, 4), (4,)], ["SimpleRNN"]),
        ([(2, 8)] * 4, ["LSTM", "LSTM"]),
        ([(2, 6)] * 4, ["GRU", "GRU"]),
        ([(2, 6)] * 6, ["GRU", "GRU"]),
        ([(3, 16), (4, 16), (16,), (4, 2), (2,)], ["LSTM", "Dense"]),
    ],
)
def test_a_group_of_arrays_is_told_by_its_shapes(
    shapes: Shapes, told: list[str]
) -> None:
    arrays = [
        StoredArray(str(k), str(k), shape, "float32")
        for k, shape in enumerate(shapes)
    ]
    assert [
        piece.class_name for piece in pieces(arrays, per_gate=False)
    ] == told
