"""Every activation has a derivative, and it is that of its values."""

import numpy as np
import pytest

from rnn_tui.engine.core import activations
from rnn_tui.engine.core.activation_derivatives import pulled_back
from rnn_tui.engine.core.activations import activation

CONFIGURED = [
    {"class_name": "LeakyReLU", "config": {"alpha": 0.4}},
    {"class_name": "ELU", "config": {"alpha": 0.7}},
    {
        "class_name": "ReLU",
        "config": {"negative_slope": 0.1, "max_value": 1.5, "threshold": 0.4},
    },
    {"class_name": "ThresholdedReLU", "config": {"theta": 0.8}},
    {"class_name": "Softmax", "config": {"axis": -2}},
    {"class_name": "Softmax", "config": {"axis": 1}},
]
NAMES = [
    *(name for name in activations._ELEMENTWISE if name != "threshold"),
    *activations._ALONG_AXIS,
]


def made(spec, generation=3):
    return activation(spec, generation)


EVERY = [
    *((made(name), name) for name in NAMES),
    (made("hard_sigmoid", 2), "hard_sigmoid of Keras 2"),
    (made("hard_sigmoid", 3), "hard_sigmoid of Keras 3"),
    *((made(spec), str(spec)) for spec in CONFIGURED),
    (
        activations._named(
            "threshold", {"threshold": 0.3, "default_value": -1.0}, 3
        ),
        "threshold",
    ),
    (activations._named("gelu", {"approximate": True}, 3), "gelu by tanh"),
    (activations._named("celu", {"alpha": 0.6}, 3), "celu 0.6"),
]


@pytest.mark.parametrize("φ", [pytest.param(φ, id=name) for φ, name in EVERY])
def test_a_cotangent_is_that_of_central_differences(φ):
    rng = np.random.default_rng(3)
    x = rng.normal(0, 2.5, (5, 4, 6))
    y = φ(x)
    y_bar = rng.normal(size=y.shape)
    found = pulled_back(φ, x, y, y_bar)

    wanted = np.empty_like(x)
    for place in np.ndindex(x.shape):
        moved = x.copy()
        moved[place] += 1e-6
        above = φ(moved.copy())
        moved[place] -= 2e-6
        wanted[place] = ((above - φ(moved)) * y_bar).sum() / 2e-6

    assert found.shape == x.shape
    assert found == pytest.approx(wanted, rel=1e-6, abs=1e-7)


@pytest.mark.parametrize("φ", [pytest.param(φ, id=name) for φ, name in EVERY])
def test_a_derivative_keeps_float32_and_a_stack_of_cotangents(φ):
    rng = np.random.default_rng(3)
    x = rng.normal(0, 2.5, (5, 4, 6)).astype("f4")
    y = φ(x)
    y_bar = rng.normal(size=(3, *y.shape)).astype("f4")
    stacked = pulled_back(φ, x, y, y_bar)
    assert stacked.dtype == np.float32
    for one, single in zip(stacked, y_bar, strict=True):
        assert one == pytest.approx(pulled_back(φ, x, y, single), abs=1e-6)


def test_the_two_hard_sigmoids_are_flat_outside_their_own_borders():
    x = np.array([-3.1, -2.9, -2.6, -2.4, 2.4, 2.6, 2.9, 3.1])
    for generation, border, slope in ((2, 2.5, 0.2), (3, 3, 1 / 6)):
        φ = activation("hard_sigmoid", generation)
        wanted = np.where(np.abs(x) < border, slope, 0)
        assert pulled_back(φ, x, φ(x), np.ones_like(x)) == pytest.approx(wanted)
