"""Small model files in every layout Keras ever wrote, made by h5py and zipfile
alone.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np

CONFIG: dict[str, Any] = {
    "class_name": "Sequential",
    "config": {
        "name": "sequential",
        "layers": [
            {
                "class_name": "LSTM",
                "config": {
                    "name": "lstm",
                    "units": 4,
                    "batch_input_shape": [None, 3, 3],
                },
            },
            {"class_name": "Dense", "config": {"name": "dense", "units": 2}},
        ],
    },
}

Arrays = dict[str, dict[str, np.ndarray]]


def arrays(dtype: Any = "<f4") -> Arrays:
    """An LSTM(4) on 3 features and a Dense(2), values that every width and byte
    order can hold exactly.
    """
    rng = np.random.default_rng(0)

    def values(*shape: int) -> np.ndarray:
        return rng.integers(-100, 100, shape).astype(dtype)

    return {
        "lstm": {
            "lstm/lstm_cell/kernel:0": values(3, 16),
            "lstm/lstm_cell/recurrent_kernel:0": values(4, 16),
            "lstm/lstm_cell/bias:0": values(16),
        },
        "dense": {"dense/kernel:0": values(4, 2), "dense/bias:0": values(2)},
    }


def write_h5(
    path: Path | io.BytesIO,
    weights: Arrays | None = None,
    *,
    config: Any = CONFIG,
    version: str | None = "2.15.0",
    edit: Callable[[h5py.File], None] | None = None,
    file: dict[str, Any] | None = None,
    **dataset: Any,
) -> None:
    """Write a full model as `.h5` (weights only when `config` is None); `edit`
    may spoil it before it is closed.
    """
    weights = arrays() if weights is None else weights
    with h5py.File(path, "w", **(file or {})) as root:
        home = root
        if config is not None:
            text = (
                config
                if isinstance(config, str | bytes)
                else json.dumps(config)
            )
            root.attrs["model_config"] = text
            home = root.create_group("model_weights")
        if version is not None:
            root.attrs["keras_version"] = version
            root.attrs["backend"] = "tensorflow"
        home.attrs["layer_names"] = [name.encode() for name in weights]
        for layer, parts in weights.items():
            group = home.create_group(layer)
            group.attrs["weight_names"] = [name.encode() for name in parts]
            for name, values in parts.items():
                group.create_dataset(name, data=values, **dataset)
        if edit is not None:
            edit(root)


def write_weights(
    path: Path | io.BytesIO,
    *,
    top: str = "layers/",
    names: bool = True,
    separator: str = "/",
) -> Arrays:
    """Write the layout of `.weights.h5` and return the arrays by their
    groups.
    """
    found: Arrays = {}
    with h5py.File(path, "w") as root:
        for layer, parts in arrays().items():
            home = f"{top}{layer}"
            if names:
                root.create_group(f"{home}/vars").attrs["name"] = f"my_{layer}"
            place = f"{home}/cell" if layer == "lstm" else home
            group = root.require_group(f"{place.replace('/', separator)}/vars")
            for index, values in enumerate(parts.values()):
                group[str(index)] = values
            found[place] = {
                str(index): values
                for index, values in enumerate(parts.values())
            }
        root.create_group("optimizer/vars")["0"] = np.zeros(3, "f4")
    return found


def zip_members(**change: bytes | None) -> dict[str, bytes]:
    """The members of a sound `.keras` archive, some exchanged
    (`config_json=b"{}"`) or left out (None).
    """
    weights = io.BytesIO()
    write_weights(weights)
    members: dict[str, bytes | None] = {
        "metadata.json": json.dumps(
            {"keras_version": "3.5.0", "date_saved": "2024-01-01"}
        ).encode(),
        "config.json": json.dumps(CONFIG).encode(),
        "model.weights.h5": weights.getvalue(),
    }
    members.update(
        {
            name.replace("_json", ".json").replace(
                "_weights_h5", ".weights.h5"
            ): v
            for name, v in change.items()
        }
    )
    return {name: data for name, data in members.items() if data is not None}


def write_keras(
    path: Path,
    members: dict[str, bytes] | None = None,
    method: int = zipfile.ZIP_STORED,
) -> None:
    """Write a `.keras` archive."""
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, data in (
            zip_members() if members is None else members
        ).items():
            archive.writestr(name, data)
