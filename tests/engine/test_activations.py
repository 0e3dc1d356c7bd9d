"""Activations are Keras's, whatever a configuration calls them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from rnn_tui.engine.core.activations import activation
from rnn_tui.errors import ConfigError

X = np.concatenate(
    [
        np.linspace(-12, 12, 997),
        np.random.default_rng(0).normal(0, 3, 600),
        [-100, -88, 0, 88, 100, 1e-7, -1e-7, 3, -3, 2.5, -2.5],
    ]
)
X = X.astype("float32").reshape(-1, 8)

EVERYWHERE = "linear tanh sigmoid hard_sigmoid relu elu selu softplus softsign exponential swish gelu mish softmax"
ONLY_3 = (
    "relu6 leaky_relu celu log_sigmoid silu hard_silu hard_swish squareplus hard_tanh tanh_shrink soft_shrink "
    "hard_shrink sparse_plus sparse_sigmoid log_softmax sparsemax glu"
)


@pytest.mark.tensorflow
@pytest.mark.parametrize(
    ("module", "name"),
    [("tf_keras", name) for name in EVERYWHERE.split()]
    + [("keras", name) for name in f"{EVERYWHERE} {ONLY_3}".split()],
)
def test_an_activation_equals_the_live_one(module: str, name: str) -> None:
    tensorflow = pytest.importorskip("tensorflow")
    keras = pytest.importorskip(module)
    expected = np.asarray(keras.activations.get(name)(tensorflow.constant(X)))
    ours = activation(name, 3 if module == "keras" else 2)(X)
    assert ours.dtype == np.float32
    np.testing.assert_allclose(ours, expected, rtol=1e-6, atol=2.5e-7)


@pytest.mark.tensorflow
@pytest.mark.parametrize(
    ("module", "layer", "options"),
    [
        ("keras", "LeakyReLU", {}),
        ("keras", "LeakyReLU", {"negative_slope": 0.1}),
        (
            "keras",
            "ReLU",
            {"max_value": 2.0, "negative_slope": 0.1, "threshold": 0.5},
        ),
        ("keras", "ReLU", {"max_value": 6.0}),
        ("keras", "ELU", {"alpha": 0.3}),
        ("keras", "Softmax", {}),
        ("tf_keras", "LeakyReLU", {"alpha": 0.1}),
        ("tf_keras", "ThresholdedReLU", {"theta": 0.7}),
        ("tf_keras", "ReLU", {"negative_slope": 0.2}),
    ],
)
def test_an_activation_layer_serves_as_an_activation(
    module: str, layer: str, options: dict[str, Any]
) -> None:
    pytest.importorskip("tensorflow")
    keras = pytest.importorskip(module)
    made = getattr(keras.layers, layer)(**options)
    ours = activation(
        keras.saving.serialize_keras_object(made), 3 if module == "keras" else 2
    )
    np.testing.assert_allclose(
        ours(X), np.asarray(made(X)), rtol=1e-6, atol=2.5e-7
    )


def test_hard_sigmoid_is_two_functions_by_generation() -> None:
    x = np.array([-3, -2.5, 0, 1, 2.5, 3], "float32")
    np.testing.assert_allclose(
        activation("hard_sigmoid", 2)(x), [0, 0, 0.5, 0.7, 1, 1], rtol=1e-6
    )
    np.testing.assert_allclose(
        activation("hard_sigmoid", 3)(x),
        [0, 0.5 / 6, 0.5, 4 / 6, 5.5 / 6, 1],
        rtol=1e-6,
    )
    assert (
        activation("hard_sigmoid", 1).note
        == "hard_sigmoid as Keras 2 defines it: clip(0.2 x + 0.5, 0, 1)"
    )


@pytest.mark.parametrize(
    "name", ["tanh", "sigmoid", "relu", "linear", "hard_sigmoid", "softsign"]
)
def test_the_in_place_form_equals_the_function(name: str) -> None:
    φ, out = activation(name, 2), X.copy()
    φ.into(out, out)
    np.testing.assert_array_equal(out, φ(X))


@pytest.mark.parametrize(
    "name",
    [
        "sigmoid",
        "tanh",
        "softplus",
        "exponential",
        "silu",
        "log_sigmoid",
        "softmax",
    ],
)
def test_far_from_zero_nothing_warns_and_nothing_is_nan(name: str) -> None:
    with np.errstate(all="raise", under="ignore"):
        values = activation(name)(np.array([[-1e4, -100, 0, 80]], "float32"))
    assert not np.isnan(values).any()


def test_no_activation_is_linear() -> None:
    assert activation(None).name == "linear"


@pytest.mark.parametrize(
    ("spec", "reason"),
    [
        ("my_swish", "'my_swish' is not one of Keras's own"),
        ({"class_name": "__lambda__", "config": {"value": "4wEAAA"}}, "Lambda"),
        ({"value": ["4wEAAA", None, None]}, "Lambda"),
        (
            {"class_name": "PReLU", "config": {}},
            "a PReLU with slopes of its own",
        ),
        (
            {"class_name": "LeakyReLU", "config": {"alpha": "steep"}},
            "alpha is not a number",
        ),
        (["relu"], "a name or a configuration"),
    ],
)
def test_what_is_not_keras_own_is_refused_with_the_reason(
    spec: Any, reason: str
) -> None:
    with pytest.raises(ConfigError, match=reason):
        activation(spec)


def test_a_registered_function_is_read_from_its_dictionary() -> None:
    spec = {
        "module": "keras.activations",
        "class_name": "function",
        "config": "relu",
        "registered_name": "relu",
    }
    assert activation(spec).name == "relu"
    assert (
        activation(
            {"class_name": "Activation", "config": {"activation": "tanh"}}
        ).name
        == "tanh"
    )
