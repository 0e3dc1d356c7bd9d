"""A file of several recurrent layers, one above the other, with any names."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import h5py
import numpy as np


def write_stack(
    path: Path, *names: str, units: int = 4, features: int = 2
) -> str:
    """Write LSTMs that return sequences, as Keras 2 does; return the path."""
    rng = np.random.default_rng(0)
    layers: list[dict[str, Any]] = []
    with h5py.File(path, "w") as file:
        group = file.create_group("model_weights")
        read = features
        for name in names:
            config = {"name": name, "units": units, "return_sequences": True}
            if not layers:
                config["batch_input_shape"] = [None, None, features]

            layers.append({"class_name": "LSTM", "config": config})
            arrays = {
                "kernel:0": rng.normal(size=(read, 4 * units)),
                "recurrent_kernel:0": rng.normal(size=(units, 4 * units)),
                "bias:0": rng.normal(size=4 * units),
            }
            own = group.create_group(name)
            for array, values in arrays.items():
                own.create_dataset(f"{name}/{array}", data=values.astype("<f4"))

            own.attrs["weight_names"] = [f"{name}/{a}".encode() for a in arrays]
            read = units

        group.attrs["layer_names"] = [name.encode() for name in names]
        model = {
            "class_name": "Sequential",
            "config": {"name": "m", "layers": layers},
        }
        file.attrs["model_config"] = json.dumps(model).encode()
        file.attrs["keras_version"] = b"2.2.4"
        file.attrs["backend"] = b"tensorflow"

    return str(path)
