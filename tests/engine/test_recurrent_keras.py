"""Recurrent layers equal a live Keras 3 and tf_keras, over random
configurations.
"""

from __future__ import annotations

import importlib
from typing import Any

import numpy as np
import pytest
from live_keras import assert_same, engine_layer, randomise, run_layer

pytestmark = pytest.mark.tensorflow

GENERATIONS = {"keras": 3, "tf_keras": 2}
ACTIVATIONS = [
    "tanh",
    "tanh",
    "relu",
    "sigmoid",
    "softsign",
    "elu",
    "linear",
    "selu",
    "softmax",
    None,
]
GATES = ["sigmoid", "sigmoid", "hard_sigmoid", "softmax", "relu", "tanh"]


@pytest.fixture(params=list(GENERATIONS), scope="module")
def keras(request: pytest.FixtureRequest) -> Any:
    pytest.importorskip("tensorflow")
    return pytest.importorskip(request.param)


def cell_options(rng: np.random.Generator, kind: str) -> dict[str, Any]:
    options: dict[str, Any] = {
        "units": int(rng.integers(1, 6)),
        "use_bias": bool(rng.random() < 0.8),
    }
    options["activation"] = ACTIVATIONS[rng.integers(len(ACTIVATIONS))]
    if kind != "SimpleRNN":
        options["recurrent_activation"] = GATES[rng.integers(len(GATES))]
    if kind == "GRU":
        options["reset_after"] = bool(rng.random() < 0.5)
    return options


def layer_options(rng: np.random.Generator) -> dict[str, Any]:
    keys = [
        "return_sequences",
        "return_state",
        "go_backwards",
        "zero_output_for_mask",
        "unroll",
    ]
    return {
        key: bool(rng.random() < p)
        for key, p in zip(keys, [0.6, 0.5, 0.3, 0.3, 0.1], strict=True)
    }


def make(keras: Any, rng: np.random.Generator) -> Any:
    kind = str(rng.choice(["SimpleRNN", "LSTM", "GRU"]))
    options = layer_options(rng)
    if rng.random() < 0.35:
        kinds = [
            str(rng.choice(["SimpleRNN", "LSTM", "GRU"]))
            for _ in range(rng.integers(1, 4))
        ]
        cells = [
            getattr(keras.layers, f"{kind}Cell")(**cell_options(rng, kind))
            for kind in kinds
        ]
        return keras.layers.RNN(
            cells if len(cells) > 1 or rng.random() < 0.5 else cells[0],
            **options,
        )
    if keras.__name__ == "tf_keras":
        options.pop("zero_output_for_mask")
    return getattr(keras.layers, kind)(**cell_options(rng, kind), **options)


def wrap(keras: Any, layer: Any, rng: np.random.Generator) -> Any:
    if keras.__name__ == "keras":
        # Keras 3 turns a copy, and refuses two that read the same way
        layer.go_backwards = False
    merge = [None, "concat", "sum", "mul", "ave"][rng.integers(5)]
    other = None
    if rng.random() < 0.4 and type(layer).__name__ == "LSTM":
        config = {
            **layer.get_config(),
            "go_backwards": not layer.go_backwards,
            "activation": "relu",
            "name": "back",
        }
        other = type(layer).from_config(config)
    return keras.layers.Bidirectional(
        layer, merge_mode=merge, backward_layer=other
    )


def masks(
    rng: np.random.Generator, batch: int, timesteps: int
) -> np.ndarray | None:
    if rng.random() < 0.5:
        return None
    return rng.random((batch, timesteps)) < rng.choice([0.3, 0.7])


@pytest.mark.parametrize("seed", range(40))
def test_any_recurrent_layer_returns_what_keras_returns(
    keras: Any, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    layer = make(keras, rng)
    if rng.random() < 0.4:
        layer = wrap(keras, layer, rng)
    batch, timesteps = int(rng.integers(1, 4)), int(rng.integers(1, 7))
    x = rng.normal(size=(batch, timesteps, int(rng.integers(1, 5)))).astype(
        "float32"
    )
    mask = masks(rng, batch, timesteps)
    if keras.__name__ == "keras" and "StackedRNNCells" in str(
        layer.get_config()
    ):
        # Keras 3 can't run masks over stacked cells of one state each itself
        mask = None
    layer(x)
    randomise(layer, rng)
    theirs = layer(x, mask=mask)
    ours = engine_layer(layer, GENERATIONS[keras.__name__])
    outputs, trace = run_layer(ours, x, mask)
    assert_same(outputs, theirs, f"seed {seed}: {layer.get_config()}")
    shapes = ours.output_shapes([(None, *x.shape[1:])])
    assert [shape[1:] for shape in shapes] == [
        output.value.shape[1:] for output in outputs
    ]
    assert all(cell.timesteps == timesteps for cell in trace.cells)


@pytest.mark.parametrize("kind", ["SimpleRNN", "LSTM", "GRU"])
@pytest.mark.parametrize("both", [False, True])
def test_initial_states_are_read_in_keras_order(
    keras: Any, kind: str, both: bool
) -> None:
    rng = np.random.default_rng(7)
    layer = getattr(keras.layers, kind)(
        3, return_sequences=True, return_state=True
    )
    layer = keras.layers.Bidirectional(layer) if both else layer
    x = rng.normal(size=(2, 5, 4)).astype("float32")
    layer(x)
    randomise(layer, rng)
    count = (2 if kind == "LSTM" else 1) * (2 if both else 1)
    states = [rng.normal(size=(2, 3)).astype("float32") for _ in range(count)]
    mask = np.array(
        [[False, True, True, False, True], [True, True, False, False, False]]
    )
    as_tensors = [
        importlib.import_module("tensorflow").constant(state)
        for state in states
    ]
    theirs = layer(x, initial_state=as_tensors, mask=mask)
    outputs, _ = run_layer(
        engine_layer(layer, GENERATIONS[keras.__name__]), x, mask, states
    )
    assert_same(outputs, theirs, kind)


def test_time_major_layers_have_time_first() -> None:
    pytest.importorskip("tensorflow")
    keras = pytest.importorskip("tf_keras")
    rng = np.random.default_rng(3)
    layer = keras.layers.GRU(
        3,
        time_major=True,
        return_sequences=True,
        return_state=True,
        go_backwards=True,
    )
    x = rng.normal(size=(5, 2, 4)).astype("float32")
    layer(x)
    randomise(layer, rng)
    mask = rng.random((5, 2)) < 0.6
    outputs, trace = run_layer(engine_layer(layer, 2), x, mask)
    assert_same(outputs, layer(x, mask=mask), "time_major")
    assert trace.cells[0].read("h").shape == (2, 5, 3)


@pytest.mark.parametrize("kind", ["SimpleRNN", "LSTM", "GRU"])
def test_every_state_of_the_trace_is_what_a_keras_cell_stepped_by_hand_computes(
    keras: Any, kind: str
) -> None:
    rng = np.random.default_rng(11)
    layer = getattr(keras.layers, kind)(
        4, return_sequences=True, go_backwards=True
    )
    x = rng.normal(size=(2, 6, 3)).astype("float32")
    layer(x)
    randomise(layer, rng)
    _, trace = run_layer(engine_layer(layer, GENERATIONS[keras.__name__]), x)
    constant = importlib.import_module("tensorflow").constant
    states = [
        constant(np.zeros((2, 4), "float32"))
        for _ in range(2 if kind == "LSTM" else 1)
    ]
    for t in reversed(range(6)):
        _, new = layer.cell(x[:, t], states)
        states = list(new) if isinstance(new, (list, tuple)) else [new]
        for name, state in zip(("h", "c"), states, strict=False):
            np.testing.assert_allclose(
                trace[name][:, t], state, rtol=1e-5, atol=1e-6
            )
