"""ConvLSTM layers equal a live Keras 3 and tf_keras."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from live_keras import assert_same, engine_layer, randomise, run_layer

pytestmark = pytest.mark.tensorflow

GENERATIONS = {"keras": 3, "tf_keras": 2}


@pytest.fixture(params=list(GENERATIONS), scope="module")
def keras(request: pytest.FixtureRequest) -> Any:
    pytest.importorskip("tensorflow")
    return pytest.importorskip(request.param)


def options_of(rng: np.random.Generator, rank: int) -> dict[str, Any]:
    options: dict[str, Any] = {
        "filters": int(rng.integers(1, 4)),
        "kernel_size": tuple(int(k) for k in rng.integers(1, 4, rank)),
        "padding": str(rng.choice(["same", "valid"])),
        "recurrent_activation": str(rng.choice(["sigmoid", "hard_sigmoid"])),
        "activation": str(rng.choice(["tanh", "relu", "softmax"])),
    }
    for key in ("use_bias", "return_sequences", "return_state", "go_backwards"):
        options[key] = bool(rng.random() < 0.6)
    spread = str(rng.choice(["strides", "dilation_rate", "none"]))
    if spread != "none":
        options[spread] = 2
    return options


@pytest.mark.parametrize("seed", range(14))
def test_any_convlstm_returns_what_keras_returns(keras: Any, seed: int) -> None:
    rng = np.random.default_rng(seed)
    rank = seed % 3 + 1
    options = options_of(rng, rank)
    layer = getattr(keras.layers, f"ConvLSTM{rank}D")(**options)
    both = seed % 4 == 3
    if both:
        layer.go_backwards = False
        layer = keras.layers.Bidirectional(
            layer, merge_mode=str(rng.choice(["concat", "sum"]))
        )
    x = rng.normal(size=(2, 4, *rng.integers(5, 8, rank), 2)).astype("float32")
    layer(x)
    randomise(layer, rng)
    mask = rng.random((2, 4)) < 0.6 if rng.random() < 0.5 else None
    ours = engine_layer(layer, GENERATIONS[keras.__name__])
    outputs, trace = run_layer(ours, x, mask)
    assert_same(outputs, layer(x, mask=mask), f"seed {seed}: {options}")
    assert [
        shape[1:] for shape in ours.output_shapes([(None, *x.shape[1:])])
    ] == [y.value.shape[1:] for y in outputs]
    parameters = eval(ours.formula().replace("×", "*"))
    assert parameters == layer.count_params()
    assert trace.cells[0].read("c", 1, 3).shape[:2] == (2, 2)


def test_channels_first_turns_at_the_border() -> None:
    pytest.importorskip("tensorflow")
    keras = pytest.importorskip("keras")
    rng = np.random.default_rng(5)
    options = {
        "filters": 3,
        "kernel_size": 2,
        "padding": "same",
        "return_sequences": True,
        "return_state": True,
    }
    last = keras.layers.ConvLSTM2D(**options)
    x = rng.normal(size=(2, 3, 5, 4, 2)).astype("float32")
    last(x)
    randomise(last, rng)
    expected = [np.moveaxis(np.asarray(y), -1, -3) for y in last(x)]
    ours = engine_layer(last, 3)
    ours.config = {**ours.config, "data_format": "channels_first"}
    turned = np.moveaxis(x, -1, 2)
    outputs, _ = run_layer(ours, turned)
    assert_same(outputs, expected, "channels_first")
    assert ours.output_shapes([(None, *turned.shape[1:])]) == [
        (None, 3, 3, 5, 4),
        (None, 3, 5, 4),
        (None, 3, 5, 4),
    ]
