"""Inputs that are declared true or false: masks that are fed, and operations
that read them.
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rnn_tui import open_model
from rnn_tui.sequences import parse_sequence
from rnn_tui.verify import verify

pytest.importorskip("tensorflow", reason="TensorFlow is not installed")
pytestmark = [pytest.mark.tensorflow, pytest.mark.filterwarnings("ignore")]

X = np.random.default_rng(5).normal(size=(2, 6, 3)).astype("float32")
NUMBERS = np.array([[1, 0.4, -2, 0, 0, 0], [0.1, 0, 1, 1, 7, 0]])
"""Any number but 0 is true."""


def masked(K: Any) -> Any:
    """A model whose mask is an input, which an operation reads as well."""
    sequence, mask = (
        K.Input((6, 3), name="sequence"),
        K.Input((6,), dtype="bool", name="mask"),
    )
    x = K.layers.GRU(4, return_sequences=True)(sequence, mask=mask)
    wide = K.ops.expand_dims(mask, 1)
    x = K.layers.MultiHeadAttention(2, 3)(x, x, attention_mask=wide)
    x = K.layers.GlobalAveragePooling1D()(x, mask=K.ops.logical_not(mask))
    return K.Model([sequence, mask], [x, wide])


def test_whatever_is_fed_is_true_or_false_for_all_that_read_it(
    tmp_path: Path,
) -> None:
    model = masked(import_module("keras"))
    model.save(tmp_path / "m.keras")
    opened = open_model(tmp_path / "m.keras")
    expected = model([X, NUMBERS != 0])

    for mask in (NUMBERS, NUMBERS != 0):
        found = opened.run({"sequence": X, "mask": mask})
        for one, other in zip(found.outputs, expected, strict=True):
            np.testing.assert_allclose(
                one, np.asarray(other), rtol=1e-5, atol=1e-6
            )


@pytest.mark.usefixtures("asked_here")
def test_a_random_mask_is_both_and_is_compared(tmp_path: Path) -> None:
    masked(import_module("keras")).save(tmp_path / "m.keras")
    opened = open_model(tmp_path / "m.keras")
    parsed = parse_sequence(
        "sequence=random|mask=random::3", opened.model.inputs
    )
    assert set(parsed.arrays["mask"].reshape(-1).tolist()) == {False, True}
    assert verify(tmp_path / "m.keras", parsed.arrays, opened=opened).agrees()


def test_a_recurrent_layer_reads_true_as_one(tmp_path: Path) -> None:
    K = import_module("keras")
    entry = K.Input((6, 3), dtype="bool")
    x = K.layers.Bidirectional(K.layers.LSTM(4, return_sequences=True))(entry)
    model = K.Model(entry, [K.layers.SimpleRNN(2)(x), K.layers.Dense(2)(entry)])
    model.save(tmp_path / "m.keras")
    for one, other in zip(
        open_model(tmp_path / "m.keras").run(X > 0).outputs,
        model(X > 0),
        strict=True,
    ):
        np.testing.assert_allclose(one, np.asarray(other), rtol=1e-5, atol=1e-6)
