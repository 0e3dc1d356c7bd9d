"""Models that Keras itself has quantized to int8, opened and run here, equal to Keras."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from rnn_tui import open_model

pytestmark = pytest.mark.tensorflow
pytest.importorskip("tensorflow", reason="TensorFlow is not installed")


@pytest.mark.parametrize("container", ["keras", "h5"])
@pytest.mark.parametrize("use_bias", [True, False])
def test_equals_keras(container: str, use_bias: bool, tmp_path: Path) -> None:
    keras = pytest.importorskip("keras")
    model = keras.Sequential(
        [
            keras.Input((7,), dtype="int32"),
            keras.layers.Embedding(20, 8, mask_zero=True),
            keras.layers.Bidirectional(keras.layers.LSTM(5, return_sequences=True)),
            keras.layers.Dense(6, activation="tanh", use_bias=use_bias),
            keras.layers.GRU(4),
            keras.layers.Dense(3, activation="softmax", use_bias=use_bias),
        ]
    )
    rng = np.random.default_rng(1)
    model.set_weights([rng.normal(size=w.shape).astype("float32") for w in model.get_weights()])
    model.quantize("int8")
    path = tmp_path / f"model.{container}"
    model.save(path)
    x = rng.integers(0, 20, (3, 7))
    opened = open_model(path)
    np.testing.assert_allclose(opened.run(x).output, np.asarray(model(x)), rtol=1e-5, atol=1e-6)
    assert opened.model.parameters == model.count_params()
    assert opened.model.trainable == sum(int(np.prod(w.shape)) for w in model.trainable_weights)
