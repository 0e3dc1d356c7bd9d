"""TimeDistributed and masks of more than two axes, in Keras 3 and tf_keras: who
reads them, and what passes on.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rnn_tui import open_model
from rnn_tui.errors import UnsupportedLayerError

pytestmark = [pytest.mark.tensorflow, pytest.mark.filterwarnings("ignore")]
pytest.importorskip("tensorflow", reason="TensorFlow is not installed")

Layers = Callable[[Any], list[Any]]

IDS = np.random.default_rng(5).integers(1, 9, (3, 4, 5)).astype("int32")
IDS[:, :, 3:] = 0
IDS[1, 2:] = 0  # sentences without a word
IDS[0, 1, 1] = 0
IDS[2] = 0  # a text without any
VALUES = np.random.default_rng(6).normal(size=(3, 4, 5, 3)).astype("float32")
VALUES[IDS == 0] = 0


def _words(K: Any) -> list[Any]:
    each = K.layers.TimeDistributed
    return [
        each(K.layers.Embedding(9, 4, mask_zero=True)),
        each(K.layers.LSTM(3)),
        K.layers.LSTM(6),
    ]


def _directions(K: Any) -> list[Any]:
    L, each = K.layers, K.layers.TimeDistributed
    embedding = each(L.Embedding(9, 4, mask_zero=True))
    return [
        embedding,
        each(L.Bidirectional(L.GRU(3, return_sequences=True))),
        each(L.LSTM(2)),
        L.GRU(3),
    ]


def _between(K: Any) -> list[Any]:
    L, each = K.layers, K.layers.TimeDistributed
    embedding = each(L.Embedding(9, 4, mask_zero=True))
    return [
        embedding,
        each(L.Dense(3)),
        L.Dropout(0.3),
        each(L.SimpleRNN(2)),
        L.LSTM(2),
    ]


def _model_within(K: Any) -> list[Any]:
    L, each = K.layers, K.layers.TimeDistributed
    within = K.Sequential(
        [L.Embedding(9, 4, mask_zero=True), L.LSTM(3, return_sequences=True)]
    )
    return [each(within), each(L.LSTM(2)), L.LSTM(2)]


def _pooled(K: Any) -> list[Any]:
    L, each = K.layers, K.layers.TimeDistributed
    return [
        each(L.Embedding(9, 4, mask_zero=True)),
        each(L.GlobalAveragePooling1D()),
        L.LSTM(2),
    ]


def _masked_frames(K: Any) -> list[Any]:
    L, each = K.layers, K.layers.TimeDistributed
    return [L.Masking(), each(L.LSTM(2)), L.Flatten()]


def _masked_within(K: Any) -> list[Any]:
    L, each = K.layers, K.layers.TimeDistributed
    return [
        each(L.Masking()),
        each(L.LSTM(2, return_sequences=True)),
        each(L.LSTM(2)),
        L.LSTM(2),
    ]


CASES = {
    make.__name__.strip("_"): make
    for make in (_words, _directions, _between, _model_within, _pooled)
}
FRAMES = {
    make.__name__.strip("_"): make for make in (_masked_frames, _masked_within)
}


def saved(
    K: Any, layers: list[Any], data: np.ndarray, batch: int | None, path: Path
) -> Any:
    """A chain of the layers with random weights, saved."""
    entry = K.Input(data.shape[1:], batch_size=batch)
    y = entry
    for layer in layers:
        y = layer(y)
    model = K.Model(entry, y)
    rng = np.random.default_rng(1)
    model.set_weights(
        [
            rng.normal(size=w.shape).astype("float32")
            for w in model.get_weights()
        ]
    )
    model.save(path)
    return model


@pytest.mark.parametrize("batch", [None, 3])
@pytest.mark.parametrize("name", [*CASES, *FRAMES])
@pytest.mark.parametrize("flavour", ["keras", "tf_keras"])
def test_masks_within_time_are_keras_s(
    flavour: str, name: str, batch: int | None, tmp_path: Path
) -> None:
    K = pytest.importorskip(flavour)
    make: Layers = {**CASES, **FRAMES}[name]
    data = VALUES if name in FRAMES else IDS
    K.backend.clear_session()
    model = saved(K, make(K), data, batch, tmp_path / "m.h5")

    found = open_model(tmp_path / "m.h5").run(data).output
    np.testing.assert_allclose(
        found, np.asarray(model(data)), rtol=1e-5, atol=1e-6
    )


@pytest.mark.parametrize("flavour", ["keras", "tf_keras"])
def test_a_state_that_goes_on_from_one_outer_timestep_to_the_next_is_refused(
    flavour: str, tmp_path: Path
) -> None:
    K = pytest.importorskip(flavour)
    within = K.layers.LSTM(2, stateful=True)
    saved(
        K,
        [K.layers.TimeDistributed(within), K.layers.Flatten()],
        VALUES,
        3,
        tmp_path / "m.h5",
    )

    with pytest.raises(UnsupportedLayerError, match="carries the state"):
        open_model(tmp_path / "m.h5").run(VALUES)
