"""The textbook page, against steps worked by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from rnn_tui.engine.cells.cells import GRUCell, LSTMCell, SimpleRNNCell
from rnn_tui.engine.core.activations import activation
from rnn_tui.engine.core.arrays import Array

TANH, SIGMOID = activation("tanh"), activation("sigmoid")


def row(*values: float) -> Array:
    return np.array([values], "float32")


def σ(x: float) -> float:
    return 1 / (1 + math.exp(-x))


def test_an_lstm_step_with_the_notebook_weights() -> None:
    kernel = np.array(
        [
            [-0.7879, -0.7968972, 0.9924617, -0.6057646],
            [-0.14056396, -0.34560132, 0.9574034, 0.7960496],
        ],
        "float32",
    )
    recurrent = row(-0.0660542, -0.32508007, -0.8477706, 0.41381747)
    cell = LSTMCell(kernel, recurrent, row(0, 1, 0, 0)[0], TANH, SIGMOID)
    step = cell.step(row(1, 10), row(0), row(0))
    expected = {
        "pre_i": -2.193540,
        "pre_f": -3.252910,
        "pre_c_tilde": 10.566496,
        "pre_o": 7.354731,
    }
    expected |= {
        "i": 0.100332,
        "f": 0.037222,
        "c": 0.100332,
        "o": 0.999361,
        "h": 0.0999329,
    }
    for name, value in expected.items():
        assert getattr(step, name)[0, 0] == pytest.approx(value, abs=1e-6)


def test_an_lstm_keeps_what_its_forget_gate_lets_through() -> None:
    cell = LSTMCell(
        row(1, 2, 3, 4), row(0.5, 0.5, 0.5, 0.5), None, TANH, SIGMOID
    )
    step = cell.step(row(0.1), row(0.2), row(-0.4))
    i, f, c_tilde, o = σ(0.2), σ(0.3), math.tanh(0.4), σ(0.5)
    c = f * -0.4 + i * c_tilde
    assert step.c[0, 0] == pytest.approx(c, rel=1e-6)
    assert step.h[0, 0] == pytest.approx(o * math.tanh(c), rel=1e-6)


@pytest.mark.parametrize("reset_after", [True, False])
def test_a_gru_step_with_the_reset_gate_on_either_side_of_the_product(
    reset_after: bool,
) -> None:
    recurrent_bias = row(0.1, 0.2, 0.3)[0] if reset_after else None
    cell = GRUCell(
        row(1, 2, 3),
        row(0.4, 0.5, 0.6),
        row(0, 0, 1)[0],
        recurrent_bias,
        TANH,
        SIGMOID,
        reset_after,
    )
    step = cell.step(row(0.1), row(0.7))
    b_z, b_r, b_h = (0.1, 0.2, 0.3) if reset_after else (0, 0, 0)
    z, r = σ(0.1 + 0.28 + b_z), σ(0.2 + 0.35 + b_r)
    h_tilde = math.tanh(
        1.3 + (r * (0.42 + b_h) if reset_after else r * 0.7 * 0.6)
    )
    assert step.z[0, 0] == pytest.approx(z, rel=1e-6)
    assert step.r[0, 0] == pytest.approx(r, rel=1e-6)
    assert step.h[0, 0] == pytest.approx(z * 0.7 + (1 - z) * h_tilde, rel=1e-6)


def test_a_simple_rnn_step() -> None:
    cell = SimpleRNNCell(row(2), row(-1), row(0.5)[0], TANH)
    step = cell.step(row(0.3), row(0.2))
    assert step.pre_h[0, 0] == pytest.approx(0.9, rel=1e-6)
    assert step.h[0, 0] == pytest.approx(math.tanh(0.9), rel=1e-6)
