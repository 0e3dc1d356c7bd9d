"""Every feed-forward layer beside both Keras: saved by Keras, opened and run
here, equal to Keras's outputs.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rnn_tui import open_model

pytestmark = pytest.mark.tensorflow
pytest.importorskip("tensorflow", reason="TensorFlow is not installed")

CASES: dict[str, tuple[tuple[int | None, ...], Callable[[Any], list[Any]]]] = {
    "dense of three axes": (
        (5, 3),
        lambda L: [L.Dense(4, activation="gelu"), L.Dense(2, use_bias=False)],
    ),
    "causal and grouped convolution": (
        (11, 4),
        lambda L: [
            L.Conv1D(6, 3, padding="causal", dilation_rate=2),
            L.Conv1D(4, 3, strides=2, groups=2),
        ],
    ),
    "convolution of two axes": (
        (9, 8, 4),
        lambda L: [
            L.Conv2D(6, (3, 2), padding="same", strides=(2, 1)),
            L.SeparableConv2D(5, 2, depth_multiplier=2),
        ],
    ),
    "depthwise convolution": (
        (9, 8, 3),
        lambda L: [L.DepthwiseConv2D(2, depth_multiplier=2, padding="same")],
    ),
    "transposed convolution": (
        (5, 6, 3),
        lambda L: [
            L.Conv2DTranspose(4, 3, strides=2, padding="same"),
            L.Conv2DTranspose(2, 2, strides=3),
        ],
    ),
    "pooling": (
        (9, 3),
        lambda L: [
            L.MaxPooling1D(3, 2, padding="same"),
            L.AveragePooling1D(2, padding="same"),
        ],
    ),
    "pooling of three axes": (
        (6, 6, 6, 2),
        lambda L: [L.MaxPooling3D(2), L.GlobalAveragePooling3D(keepdims=True)],
    ),
    "padding and cropping": (
        (4, 5, 3),
        lambda L: [
            L.ZeroPadding2D(((1, 2), (0, 1))),
            L.Cropping2D(1),
            L.UpSampling2D((2, 3)),
        ],
    ),
    "moved axes": (
        (4, 6),
        lambda L: [
            L.Reshape((2, -1, 3)),
            L.Permute((3, 1, 2)),
            L.Flatten(),
            L.RepeatVector(3),
        ],
    ),
    "normalisation": (
        (4, 6),
        lambda L: [
            L.BatchNormalization(axis=1),
            L.LayerNormalization(),
            L.GroupNormalization(3),
            L.UnitNormalization(),
        ],
    ),
    "activation layers": (
        (4, 6),
        lambda L: [
            L.ReLU(max_value=1.5, negative_slope=0.1, threshold=0.2),
            L.LeakyReLU(),
            L.PReLU(),
            L.Softmax(axis=1),
        ],
    ),
    "hard sigmoid": (
        (4, 6),
        lambda L: [L.Activation("hard_sigmoid"), L.ELU(0.5)],
    ),
    "layers of training only": (
        (4, 6),
        lambda L: [
            L.Dropout(0.3),
            L.SpatialDropout1D(0.2),
            L.GaussianNoise(0.2),
        ],
    ),
    "every timestep": (
        (5, 4, 6, 2),
        lambda L: [
            L.TimeDistributed(L.Conv2D(3, 2)),
            L.TimeDistributed(L.Flatten()),
            L.LSTM(4),
        ],
    ),
    "a mask through layers that pass it": (
        (6, 3),
        lambda L: [
            L.Masking(),
            L.SimpleRNN(4, return_sequences=True),
            L.LayerNormalization(),
            L.Dense(3),
            L.GRU(3),
        ],
    ),
    "a mask that ends at a convolution": (
        (6, 3),
        lambda L: [
            L.Masking(),
            L.LSTM(4, return_sequences=True),
            L.Conv1D(2, 2),
            L.GRU(3),
        ],
    ),
}

OF_KERAS_2: dict[
    str, tuple[tuple[int | None, ...], Callable[[Any], list[Any]]]
] = {
    "a convolution of pictures in time": (
        (4, 9, 8, 3),
        lambda L: [
            L.Conv2D(4, 3, padding="same", dilation_rate=2),
            L.Conv2D(2, 3),
            L.Reshape((4, -1)),
            L.LSTM(3),
        ],
    ),
    "a causal convolution of several sequences": (
        (5, 9, 3),
        lambda L: [
            L.Conv1D(6, 3, padding="causal", groups=3),
            L.TimeDistributed(L.GRU(3)),
            L.LSTM(2),
        ],
    ),
}
"""What Keras 3 no longer builds."""


@pytest.mark.parametrize(
    ("which", "case"),
    [
        *product(["keras", "tf_keras"], CASES),
        *product(["tf_keras"], OF_KERAS_2),
    ],
)
def test_equals_keras(which: str, case: str, tmp_path: Path) -> None:
    keras = pytest.importorskip(which)
    shape, layers = {**CASES, **OF_KERAS_2}[case]
    model = keras.Sequential(
        [keras.layers.Input(shape=shape), *layers(keras.layers)]
    )
    random = np.random.default_rng(0)
    model.set_weights(
        [
            np.abs(random.normal(size=w.shape)).astype("float32") * 0.4
            for w in model.get_weights()
        ]
    )
    x = random.normal(size=(2, *shape)).astype("float32")
    x[0, -2:] = 0
    model.save(tmp_path / "model.h5")
    opened = open_model(tmp_path / "model.h5")
    np.testing.assert_allclose(
        opened.run(x).output, np.asarray(model(x)), rtol=1e-5, atol=2e-6
    )
    assert opened.model.parameters == model.count_params()
    assert opened.layers[-1].output_shape == tuple(model.output_shape)
