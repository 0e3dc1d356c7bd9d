"""Activations that are layers with an array of their own, and where an
activation comes in a convolution.
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rnn_tui import open_model
from rnn_tui.errors import UnsupportedLayerError, VerifyError
from rnn_tui.verify.plan import plan_of

pytest.importorskip("tensorflow", reason="TensorFlow is not installed")
pytestmark = [pytest.mark.tensorflow, pytest.mark.filterwarnings("ignore")]

X = np.random.default_rng(5).normal(size=(2, 6, 3)).astype("float32")


def shaken(model: Any, x: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Run a model, which may make its last arrays only then, and again with
    every array moved; return the output.
    """
    model(x)
    rng = np.random.default_rng(6)
    for weight in model.weights:
        weight.assign(np.asarray(weight) + rng.normal(0, 0.3, weight.shape))
    return np.asarray(model(x))


def with_slopes(K: Any, entry: Any) -> Any:
    L = K.layers
    x = L.Dense(4, activation=L.PReLU(shared_axes=[1]), name="dense")(entry)
    x = L.Conv1D(5, 3, padding="same", activation=L.PReLU())(x)
    x = L.LSTM(4, return_sequences=True)(x)
    x = L.TimeDistributed(L.Dense(3, use_bias=False, activation=L.PReLU()))(x)
    return L.GRU(2)(x)


@pytest.mark.parametrize(
    ("flavour", "suffix"),
    [("keras", ".keras"), ("keras", ".h5"), ("tf_keras", ".h5")],
)
def test_a_prelu_as_activation_has_its_slopes_among_the_layers_arrays(
    flavour: str, suffix: str, tmp_path: Path
) -> None:
    K = import_module(flavour)
    entry = K.Input((6, 3))
    model = K.Model(entry, with_slopes(K, entry))
    expected = shaken(model, X)
    model.save(tmp_path / f"m{suffix}")

    opened = open_model(tmp_path / f"m{suffix}")
    np.testing.assert_allclose(
        opened.run(X).output, expected, rtol=1e-5, atol=1e-6
    )
    assert opened.model.parameters == model.count_params()
    (dense,) = (layer for layer in opened.layers if layer.path == "dense")
    assert [name for name, _, _ in dense.weights] == ["kernel", "bias", "alpha"]
    assert dense.formula == "3 × 4 + 4 + 1 × 4"


def test_a_model_with_such_an_activation_cannot_be_rebuilt_and_that_is_said(
    tmp_path: Path,
) -> None:
    K = import_module("keras")
    entry = K.Input((6, 3))
    model = K.Model(entry, with_slopes(K, entry))
    shaken(model, X)
    model.save(tmp_path / "m.keras")
    opened = open_model(tmp_path / "m.keras")
    with pytest.raises(
        VerifyError, match="'dense' has a PReLU as its activation"
    ):
        plan_of(opened.model.graph, opened.run(X).layers)


def test_a_prelu_as_activation_of_a_recurrent_layer_is_refused_as_what_it_is(
    tmp_path: Path,
) -> None:
    K = import_module("keras")
    entry = K.Input((6, 3))
    model = K.Model(entry, K.layers.LSTM(4, activation=K.layers.PReLU())(entry))
    model.save(tmp_path / "m.keras")
    with pytest.raises(
        UnsupportedLayerError, match="a PReLU with slopes of its own"
    ):
        open_model(tmp_path / "m.keras").run(X)


@pytest.mark.parametrize(
    "kind", ["Conv1D", "Conv1DTranspose", "SeparableConv1D"]
)
def test_an_activation_is_along_the_last_axis_of_channels_that_come_first(
    kind: str, tmp_path: Path
) -> None:
    K = import_module("keras")
    entry = K.Input((6, 3))
    layer = getattr(K.layers, kind)(
        5, 2, data_format="channels_first", activation="softmax"
    )
    model = K.Model(entry, layer(entry))
    expected = shaken(model, X)
    model.save(tmp_path / "m.keras")
    np.testing.assert_allclose(
        open_model(tmp_path / "m.keras").run(X).output,
        expected,
        rtol=1e-5,
        atol=1e-6,
    )
