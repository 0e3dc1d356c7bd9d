"""The fast path equals the page: every quantity, any cell, any batch, masked or
not.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnn_tui.engine.cells.cell import Cell
from rnn_tui.engine.cells.cells import GRUCell, LSTMCell, SimpleRNNCell
from rnn_tui.engine.cells.conv_lstm import ConvLSTMCell
from rnn_tui.engine.cells.scan_conv_lstm import ConvLSTMScan
from rnn_tui.engine.cells.scans import fast_scan
from rnn_tui.engine.core.activations import activation
from rnn_tui.engine.core.arrays import Array

KINDS = ["lstm", "gru", "gru before", "simple"]


ROUNDING = {"float32": 1e-6, "float64": 1e-14}
"""What the sums of one timestep may differ by when their terms are added in
another order, for terms of size 1.
"""


def make(
    kind: str,
    units: int,
    features: int,
    bias: bool,
    σ: str,
    φ: str,
    rng: np.random.Generator,
    dtype: str = "float32",
) -> Cell:
    gates = {"l": 4, "g": 3, "s": 1}[kind[0]]

    def weights(*shape: int) -> Array:
        return rng.normal(0, 0.6, shape).astype(dtype)

    W, U = weights(features, gates * units), weights(units, gates * units)
    b = weights(gates * units) if bias else None
    if kind == "lstm":
        return LSTMCell(W, U, b, activation(φ), activation(σ, 2))
    if kind == "simple":
        return SimpleRNNCell(W, U, b, activation(φ))
    after = kind == "gru"
    recurrent_bias = weights(gates * units) if bias and after else None
    return GRUCell(
        W, U, b, recurrent_bias, activation(φ), activation(σ, 2), after
    )


def page(
    cell: Any, x: Array, states: list[Array], mask: Array | None
) -> dict[str, Array]:
    """Step the page through `x` `(timesteps, batch, features)`; each quantity
    `(timesteps, batch, units)`.
    """
    rows = []
    for t, x_t in enumerate(x):
        step = cell.step(x_t, *states)._asdict()
        if mask is not None:
            keep = mask[t].reshape(-1, *[1] * (states[0].ndim - 1))
            step |= {
                name: np.where(keep, step[name], old)
                for name, old in zip(cell.states, states, strict=True)
            }
        states = [step[name] for name in cell.states]
        rows.append(step)
    return {
        name: np.stack([row[name] for row in rows]) for name in cell.quantities
    }


def assert_equal(
    record: Array,
    slots: tuple[str, ...],
    units: int,
    expected: dict[str, Array],
) -> None:
    for name, flat in zip(
        slots, np.split(record, len(slots), axis=1), strict=True
    ):
        fast = np.moveaxis(
            flat.reshape(len(flat), units, *expected[name].shape[1:-1]), 1, -1
        )
        rounding = ROUNDING[str(record.dtype)]
        largest = max(1.0, float(np.abs(expected[name]).max()))
        np.testing.assert_allclose(
            fast,
            expected[name],
            rtol=2 * rounding,
            atol=rounding * largest,
            err_msg=name,
        )


@settings(max_examples=120, deadline=None)
@given(
    kind=st.sampled_from(KINDS),
    units=st.integers(1, 9),
    features=st.sampled_from([3, 20]),
    batch=st.integers(1, 4),
    bias=st.booleans(),
    masked=st.booleans(),
    σ=st.sampled_from(["sigmoid", "sigmoid", "hard_sigmoid", "softmax"]),
    φ=st.sampled_from(["tanh", "tanh", "softsign", "sigmoid"]),
    seed=st.integers(0, 1000),
    dtype=st.sampled_from(["float32", "float64"]),
)
def test_the_fast_path_equals_the_page(
    kind: str,
    units: int,
    features: int,
    batch: int,
    bias: bool,
    masked: bool,
    σ: str,
    φ: str,
    seed: int,
    dtype: str,
) -> None:
    """With few features the input is fed with the state, with many it is
    projected before.
    """
    rng = np.random.default_rng(seed)
    cell = make(kind, units, features, bias, σ, φ, rng, dtype)
    x = rng.normal(size=(9, batch, features)).astype(dtype)
    mask = rng.random((9, batch)) < 0.6 if masked else None
    states = [
        rng.normal(size=(batch, units)).astype(dtype) for _ in cell.states
    ]
    expected = page(cell, x, states, mask)

    scan = fast_scan(cell, np.dtype(dtype))
    record = np.empty((9, len(scan.slots) * units * batch), dtype)
    moved = [np.ascontiguousarray(state.T) for state in states]
    scan.window(x, moved, record, mask, None)

    assert_equal(record, scan.slots, units, expected)
    for state, name in zip(moved, cell.states, strict=True):
        np.testing.assert_array_equal(
            state.T, expected_last(record, scan.slots, name, (units, batch))
        )


def expected_last(
    record: Array, slots: tuple[str, ...], name: str, shape: tuple[int, int]
) -> Array:
    size = shape[0] * shape[1]
    start = slots.index(name) * size
    return record[-1, start : start + size].reshape(shape).T


@pytest.mark.parametrize("padding", ["same", "valid"])
@pytest.mark.parametrize("masked", [True, False])
def test_the_fast_path_of_a_convlstm_equals_its_page(
    padding: str, masked: bool
) -> None:
    rng = np.random.default_rng(4)
    W, U = (rng.normal(0, 0.4, (3, 2, n, 12)).astype("float32") for n in (2, 3))
    cell = ConvLSTMCell(
        W,
        U,
        rng.normal(size=12).astype("float32"),
        activation("tanh"),
        activation("sigmoid"),
        (1, 1),
        padding,
        (1, 1),
    )
    sides = (5, 6) if padding == "same" else (3, 5)
    x = rng.normal(size=(4, 2, 5, 6, 2)).astype("float32")
    mask = rng.random((4, 2)) < 0.6 if masked else None
    states = [rng.normal(size=(2, *sides, 3)).astype("float32") for _ in "hc"]
    expected = page(cell, x, states, mask)

    pixels = sides[0] * sides[1]
    scan = ConvLSTMScan(cell, np.dtype("float32"), (2, *sides))
    record = np.empty((4, len(scan.slots) * 3 * 2 * pixels), "float32")
    moved = [
        np.ascontiguousarray(np.moveaxis(state, -1, 0).reshape(3, -1))
        for state in states
    ]
    scan.window(
        x,
        moved,
        record,
        None if mask is None else np.repeat(mask, pixels, axis=1),
        None,
    )
    assert_equal(record, scan.slots, 3, expected)


def test_float64_runs_in_float64() -> None:
    rng = np.random.default_rng(4)
    cell = make("lstm", 3, 2, True, "sigmoid", "tanh", rng)
    wide = LSTMCell(
        *(
            np.asarray(w, dtype="float64")
            for w in (cell.kernel, cell.recurrent_kernel)
        ),
        np.asarray(cell.bias, dtype="float64"),  # type: ignore[union-attr]
        activation("tanh"),
        activation("sigmoid"),
    )
    x, states = rng.normal(size=(5, 1, 2)), [np.zeros((1, 3)), np.zeros((1, 3))]
    scan = fast_scan(wide, np.dtype("float64"))
    record = np.empty((5, len(scan.slots) * 3))
    scan.window(x, [state.T.copy() for state in states], record, None, None)
    expected = page(wide, x, states, None)
    np.testing.assert_allclose(record[:, -3:], expected["h"][:, 0], rtol=1e-13)
