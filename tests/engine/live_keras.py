"""Random recurrent layers built in a live Keras, and the same layers built by
the engine.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from rnn_tui.engine.core.arrays import Tensor, Weight
from rnn_tui.engine.layers.layer import Run
from rnn_tui.engine.recurrent.bidirectional import (
    Bidirectional,
    bidirectional_layer,
)
from rnn_tui.engine.recurrent.factory import Recurrent, recurrent_layer

RTOL, ATOL = 1e-5, 1e-6


def engine_layer(layer: Any, generation: int) -> Recurrent | Bidirectional:
    """Return the engine's layer for a Keras layer that has been built."""
    class_name = type(layer).__name__
    if class_name == "Bidirectional":
        sides = [
            engine_layer(side, generation)
            for side in (layer.forward_layer, layer.backward_layer)
        ]
        return bidirectional_layer(
            layer.name, {"merge_mode": layer.merge_mode}, *sides, generation
        )
    weights = [Weight.of(w.name, np.asarray(w)) for w in layer.weights]
    return recurrent_layer(
        layer.name, class_name, layer.get_config(), weights, generation
    )


def run_layer(
    layer: Any, x: np.ndarray, mask: np.ndarray | None = None, states: Any = ()
) -> tuple[list[Tensor], Any]:
    """Return the engine layer's outputs and its trace."""
    traces: dict[str, Any] = {}
    run = Run(np.dtype("float32"), traces.__setitem__, path=layer.name)
    outputs = layer.call([Tensor(x, mask), *(Tensor(s) for s in states)], run)
    return outputs, traces[layer.name]


def randomise(layer: Any, rng: np.random.Generator) -> None:
    """Give every weight of a built layer values that matter, biases too."""
    layer.set_weights(
        [
            rng.normal(0, 0.5, w.shape).astype("float32")
            for w in layer.get_weights()
        ]
    )


def flat(outputs: Any) -> list[np.ndarray]:
    """Return a layer's outputs as arrays, however they are nested."""
    if isinstance(outputs, (list, tuple)):
        return [array for output in outputs for array in flat(output)]
    return [np.asarray(outputs)]


def assert_same(ours: list[Tensor], theirs: Any, says: str) -> None:
    """Fail unless the outputs are Keras's within the promise."""
    expected = flat(theirs)
    assert [tensor.value.shape for tensor in ours] == [
        array.shape for array in expected
    ], says
    for tensor, array in zip(ours, expected, strict=True):
        np.testing.assert_allclose(
            tensor.value, array, rtol=RTOL, atol=ATOL, err_msg=says
        )
