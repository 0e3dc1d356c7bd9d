"""Models that Keras itself has quantized, opened and run here, equal to
Keras.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rnn_tui import open_model

pytestmark = pytest.mark.tensorflow
pytest.importorskip("tensorflow", reason="TensorFlow is not installed")


@cache
def int8(keras: Any, use_bias: bool) -> Any:
    """A model of every layer that int8 knows, made once for all containers."""
    model = keras.Sequential(
        [
            keras.Input((7,), dtype="int32"),
            keras.layers.Embedding(20, 8, mask_zero=True),
            keras.layers.Bidirectional(
                keras.layers.LSTM(5, return_sequences=True)
            ),
            keras.layers.Dense(6, activation="tanh", use_bias=use_bias),
            keras.layers.GRU(4),
            keras.layers.Dense(3, activation="softmax", use_bias=use_bias),
        ]
    )
    rng = np.random.default_rng(1)
    model.set_weights(
        [
            rng.normal(size=w.shape).astype("float32")
            for w in model.get_weights()
        ]
    )
    model.quantize("int8")
    return model


@pytest.mark.parametrize("container", ["keras", "h5"])
@pytest.mark.parametrize("use_bias", [True, False])
def test_equals_keras(container: str, use_bias: bool, tmp_path: Path) -> None:
    keras = pytest.importorskip("keras")
    model = int8(keras, use_bias)
    path = tmp_path / f"model.{container}"
    model.save(path)
    x = np.random.default_rng(3).integers(0, 20, (3, 7))
    opened = open_model(path)
    np.testing.assert_allclose(
        opened.run(x).output, np.asarray(model(x)), rtol=1e-5, atol=1e-6
    )
    assert opened.model.parameters == model.count_params()
    assert opened.model.trainable == sum(
        int(np.prod(w.shape)) for w in model.trainable_weights
    )


@cache
def quantized(keras: Any, mode: str, block: int | None) -> Any:
    """A model with odd widths whose Dense layers, and in int4 its Embedding,
    are quantized; made once for all containers.
    """
    layers = keras.layers
    model = keras.Sequential(
        [
            keras.Input((7,), dtype="int32"),
            layers.Embedding(20, 7),
            layers.LSTM(5, return_sequences=True),
            layers.Dense(9, activation="tanh"),
            layers.GRU(4),
            layers.Dense(1, use_bias=False),
        ]
    )
    rng = np.random.default_rng(1)
    model.set_weights(
        [
            rng.normal(size=w.shape).astype("float32")
            for w in model.get_weights()
        ]
    )

    config = (
        None
        if block is None
        else keras.quantizers.Int4QuantizationConfig(block_size=block)
    )
    for layer in model.layers:
        if isinstance(layer, (layers.Dense, layers.Embedding)) and (
            mode == "int4" or layer.name.startswith("dense")
        ):
            layer.quantize(mode, config=config)
    if mode == "float8":
        scales = [
            weight
            for weight in model.weights
            if weight.name in ("inputs_scale", "kernel_scale")
        ]
        for weight, value in zip(scales, (0.01, 0.3, 0.7, 1.1), strict=True):
            weight.assign(value)
    return model


@pytest.mark.parametrize("container", ["keras", "h5"])
@pytest.mark.parametrize(
    ("mode", "block"),
    [("int4", None), ("int4", -1), ("int4", 2), ("float8", None)],
)
def test_int4_and_float8_equal_keras(
    container: str, mode: str, block: int | None, tmp_path: Path
) -> None:
    keras = pytest.importorskip("keras")
    if block is not None and not hasattr(
        keras.quantizers, "Int4QuantizationConfig"
    ):
        pytest.skip("this Keras knows no blocks")
    model = quantized(keras, mode, block)
    path = tmp_path / f"model.{container}"
    model.save(path)

    x = np.random.default_rng(2).integers(0, 20, (3, 7))
    opened = open_model(path)
    np.testing.assert_allclose(
        opened.run(x).output, np.asarray(model(x)), rtol=1e-5, atol=1e-6
    )
    assert opened.model.parameters == model.count_params()
    assert opened.model.trainable == sum(
        int(np.prod(w.shape)) for w in model.trainable_weights
    )
