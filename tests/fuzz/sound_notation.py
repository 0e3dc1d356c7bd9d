"""How a sound model is written down: its JSON, and arrays of the right
shapes.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

Config = dict[str, Any]
Weights = dict[str, dict[str, np.ndarray]]


class Sound(NamedTuple):
    """A sound model: its name, configuration, arrays by layer, and the Keras
    that wrote it where one did.
    """

    name: str
    config: Config
    arrays: Weights
    version: str | None = None


def leaf(class_name: str, inbound: Any = None, **config: Any) -> Config:
    """A layer's JSON."""
    name = config.setdefault("name", class_name.lower())
    found: Config = {"class_name": class_name, "config": config}
    return (
        found
        if inbound is None
        else {**found, "name": name, "inbound_nodes": inbound}
    )


def sequential(*layers: Config, **more: Any) -> Config:
    """A Sequential's JSON."""
    return {
        "class_name": "Sequential",
        "config": {"name": "sequential", "layers": list(layers), **more},
    }


def started(shape: Any, *layers: Config) -> Config:
    """A Sequential that starts with an input of `shape`."""
    return sequential(
        leaf("InputLayer", batch_shape=shape, name="input"), *layers
    )


def functional(layers: list[Config], inputs: Any, outputs: Any) -> Config:
    """A functional model's JSON."""
    config = {
        "name": "model",
        "layers": layers,
        "input_layers": inputs,
        "output_layers": outputs,
    }
    return {"class_name": "Functional", "config": config}


def weights(**layers: list[tuple[int, ...]]) -> Weights:
    """Arrays of these shapes, layer by layer."""
    rng = np.random.default_rng(0)
    return {
        name: {
            f"{k}": rng.standard_normal(shape).astype("f4")
            for k, shape in enumerate(shapes)
        }
        for name, shapes in layers.items()
    }


def tensor(layer: str, call: int = 0, output: int = 0) -> Config:
    """A reference to a layer's output, as Keras 3 writes it."""
    config = {
        "shape": [None, 4, 2],
        "dtype": "float32",
        "keras_history": [layer, call, output],
    }
    return {"class_name": "__keras_tensor__", "config": config}
