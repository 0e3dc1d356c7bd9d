"""Random models, run at another length than they declare: equal to the same
layers declared with an open length.
"""

from __future__ import annotations

import os
import warnings
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest

from rnn_tui import open_model
from rnn_tui.errors import UnsupportedLayerError

COUNT = int(os.environ.get("RNN_TUI_LIVE", "12")) // 2
DECLARED, FED = 5, 17
FEATURES = 3

pytestmark = [pytest.mark.tensorflow, pytest.mark.filterwarnings("ignore")]


def stack(K: Any, seed: int, timesteps: int | None) -> Any:
    """A functional or sequential model of the layers that this seed draws,
    declared with so many timesteps.
    """
    draw, L = Random(seed), K.layers
    layers = [
        _over_time(L, draw, name=f"layer_{number}")
        for number in range(draw.choice([1, 2, 3]))
    ]
    layers.append(
        draw.choice([L.LSTM, L.GRU])(4, return_sequences=True, name="recurrent")
    )
    layers.append(
        draw.choice(
            [
                L.GlobalMaxPooling1D(),
                L.SimpleRNN(3),
                L.Dense(2, "softmax"),
                L.Dropout(0.2),
            ]
        )
    )

    inputs = K.Input((timesteps, FEATURES))
    if draw.random() < 0.5:
        return K.Sequential([L.InputLayer(**_shape(K, timesteps)), *layers])
    x = inputs
    for layer in layers:
        x = layer(x)
    return K.Model(inputs, x)


def _shape(K: Any, timesteps: int | None) -> dict[str, Any]:
    return {
        "shape" if K.__name__ == "keras" else "input_shape": (
            timesteps,
            FEATURES,
        )
    }


def _over_time(L: Any, draw: Random, name: str) -> Any:
    """A layer that returns a sequence, whatever its length."""
    makes = [
        lambda: L.LSTM(
            4,
            return_sequences=True,
            go_backwards=draw.random() < 0.3,
            name=name,
        ),
        lambda: L.GRU(3, return_sequences=True, name=name),
        lambda: L.Bidirectional(
            L.LSTM(2, return_sequences=True),
            merge_mode=draw.choice(["concat", "sum"]),
            name=name,
        ),
        lambda: L.Conv1D(
            4, 3, padding=draw.choice(["same", "causal"]), name=name
        ),
        lambda: L.TimeDistributed(L.Dense(3, "relu"), name=name),
        lambda: L.LayerNormalization(name=name),
        lambda: L.Masking(0.5, name=name),
    ]
    return draw.choice(makes)()


@pytest.mark.parametrize("form", ["h5", "keras"])
@pytest.mark.parametrize("seed", range(COUNT))
@pytest.mark.parametrize("flavour", ["keras", "tf_keras"])
def test_a_random_model_runs_at_another_length(
    flavour: str, seed: int, form: str, tmp_path: Path
) -> None:
    K = pytest.importorskip(flavour)
    K.backend.clear_session()
    fixed, free = stack(K, seed, DECLARED), stack(K, seed, None)
    rng = np.random.default_rng(seed)
    values = [
        rng.normal(0, 0.4, np.asarray(weight).shape).astype("float32")
        for weight in fixed.get_weights()
    ]
    fixed.set_weights(values)
    free.set_weights(values)
    path = tmp_path / f"model.{form}"
    fixed.save(path)
    x = rng.normal(size=(2, FED, FEATURES)).astype("float32")

    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        trace = open_model(path).run(x)

    assert sum("17 timesteps" in str(one.message) for one in said) == 1
    np.testing.assert_allclose(
        trace.outputs[0], np.asarray(free(x)), rtol=1e-5, atol=2e-6
    )


def test_a_layer_that_needs_the_declared_length_is_named(
    tmp_path: Path,
) -> None:
    K = pytest.importorskip("keras")
    L = K.layers
    model = K.Sequential(
        [
            K.Input((DECLARED, FEATURES)),
            L.LSTM(4, return_sequences=True),
            L.Flatten(),
            L.Dense(2),
        ]
    )
    model.save(tmp_path / "model.keras")

    with pytest.raises(
        UnsupportedLayerError,
        match=r"'dense.*' can't be reproduced at 17 timesteps",
    ):
        open_model(tmp_path / "model.keras").run(
            np.zeros((1, FED, FEATURES), "float32")
        )
