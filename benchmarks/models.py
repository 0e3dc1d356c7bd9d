"""Model files of any size, written in the layout of a Keras 2 `.h5` by h5py
alone.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import h5py
import numpy as np

GATES = {"LSTM": 4, "GRU": 3, "SimpleRNN": 1}


def write(
    path: Path,
    layers: list[tuple[str, str, dict[str, Any], list[np.ndarray]]],
    shape: list[int | None],
) -> Path:
    """Write a Sequential of `layers` (name, class, configuration, arrays) that
    reads `shape` (batch axis included).
    """
    configs = []
    with h5py.File(path, "w") as file:
        weights = file.create_group("model_weights")
        for holder in (file, weights):
            holder.attrs["keras_version"] = b"2.15.0"
            holder.attrs["backend"] = b"tensorflow"
        weights.attrs["layer_names"] = [name.encode() for name, *_ in layers]
        for k, (name, class_name, config, arrays) in enumerate(layers):
            extra: dict[str, Any] = (
                {"batch_input_shape": shape} if k == 0 else {}
            )
            configs.append(
                {
                    "class_name": class_name,
                    "config": {
                        "name": name,
                        "dtype": "float32",
                        **extra,
                        **config,
                    },
                }
            )
            group = weights.create_group(name)
            names = [f"{name}/w{p}:0" for p in range(len(arrays))]
            group.attrs["weight_names"] = [n.encode() for n in names]
            for weight, array in zip(names, arrays, strict=True):
                group.create_dataset(weight, data=array)
        model = {
            "class_name": "Sequential",
            "config": {"name": "sequential", "layers": configs},
        }
        file.attrs["model_config"] = json.dumps(model).encode()
    return path


def configuration(
    kind: str, units: int, sequences: bool = True
) -> dict[str, Any]:
    """Return what a Keras file says of a recurrent layer."""
    config: dict[str, Any] = {
        "units": units,
        "activation": "tanh",
        "use_bias": True,
        "return_sequences": sequences,
    }
    if kind != "SimpleRNN":
        config["recurrent_activation"] = "sigmoid"
    if kind == "GRU":
        config["reset_after"] = True
    return config


def recurrent(
    kind: str, name: str, features: int, units: int, sequences: bool = True
) -> tuple[Any, ...]:
    """Return one recurrent layer for `write`, with Glorot-sized weights."""
    rng = np.random.default_rng(units)
    columns = GATES[kind] * units
    bias = np.zeros((2, columns) if kind == "GRU" else (columns,), np.float32)
    arrays = [
        rng.standard_normal((features, columns), np.float32)
        / np.float32(np.sqrt(features)),
        rng.standard_normal((units, columns), np.float32)
        / np.float32(np.sqrt(units)),
        bias,
    ]
    return name, kind, configuration(kind, units, sequences), arrays


def dense(name: str, features: int, units: int) -> tuple[Any, ...]:
    """Return one Dense layer for `write`."""
    rng = np.random.default_rng(units)
    arrays = [
        (rng.standard_normal((features, units)) / np.sqrt(features)).astype(
            np.float32
        ),
        np.zeros(units, np.float32),
    ]
    return (
        name,
        "Dense",
        {"units": units, "activation": "linear", "use_bias": True},
        arrays,
    )


def layer_file(folder: Path, kind: str, features: int, units: int) -> Path:
    """Write a model of one recurrent layer that returns its sequence."""
    return write(
        folder / f"{kind}-{units}.h5",
        [recurrent(kind, kind.lower(), features, units)],
        [None, None, features],
    )


def many_layers(folder: Path, count: int) -> Path:
    """Write an LSTM with `count - 1` Dense layers behind it."""
    layers = [recurrent("LSTM", "lstm", 8, 8)] + [
        dense(f"dense_{k}", 8, 8) for k in range(1, count)
    ]
    return write(folder / f"layers-{count}.h5", layers, [None, None, 8])


def stacked_file(
    folder: Path, kind: str, features: int, units: int, count: int
) -> Path:
    """Write a model of `count` recurrent layers on each other."""
    layers = [
        recurrent(kind, f"{kind.lower()}_{k}", units if k else features, units)
        for k in range(count)
    ]
    return write(folder / f"stacked-{units}.h5", layers, [None, None, features])


def bidirectional_file(
    folder: Path, kind: str, features: int, units: int
) -> Path:
    """Write a Bidirectional of one recurrent layer that returns its sequence."""
    name, _, config, forward = recurrent(kind, kind.lower(), features, units)
    rng = np.random.default_rng(units + 1)
    backward = [
        array * rng.choice([-1, 1], array.shape).astype(np.float32)
        for array in forward
    ]
    wrapped = {"class_name": kind, "config": {"name": name, **config}}
    layer = (
        "bidirectional",
        "Bidirectional",
        {"merge_mode": "concat", "layer": wrapped},
        [*forward, *backward],
    )
    return write(
        folder / f"bidirectional-{units}.h5", [layer], [None, None, features]
    )


def wide_file(folder: Path, units: int) -> Path:
    """Write an LSTM with as many features as units: 4,096 units are 134 million
    parameters, half a gigabyte.
    """
    return layer_file(folder, "LSTM", units, units)
