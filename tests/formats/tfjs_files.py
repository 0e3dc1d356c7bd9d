"""TensorFlow.js layers models as its converter writes them: model.json, and the
weights in shards, quantized or not.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnn_tui.formats.opened import OpenedModel

Weights = Sequence[tuple[str, NDArray[Any]]]


def quantized(values: NDArray[Any], dtype: str) -> tuple[bytes, dict[str, Any]]:
    """Values as the converter quantizes them, and what it says of that."""
    if dtype == "float16":
        return values.astype("<f2").tobytes(), {"dtype": dtype}
    most = float(np.iinfo(dtype).max)
    least = float(values.min())
    scale = float(values.max() - values.min()) / most or 1.0
    whole = np.round((values.astype("f8") - least) / scale)
    stored = whole.astype(dtype).tobytes()
    return stored, {"dtype": dtype, "scale": scale, "min": least}


def write(
    folder: Path,
    config: Mapping[str, Any] | None,
    weights: Weights,
    *,
    keras_version: str = "2.15.0",
    quantization: str | None = None,
    shard_bytes: int = 1 << 22,
    change: Mapping[str, Any] | None = None,
) -> Path:
    """Write a layers model; `change` replaces parts of its JSON."""
    folder.mkdir(parents=True, exist_ok=True)
    data = b""
    listed = []
    for name, values in weights:
        said = {
            "name": name,
            "shape": list(values.shape),
            "dtype": values.dtype.name,
        }
        stored = values.tobytes()
        if quantization is not None:
            stored, how = quantized(values, quantization)
            said["quantization"] = {**how, "original_dtype": "float32"}
        data += stored
        listed.append(said)

    count = max(1, -(-len(data) // shard_bytes))
    paths = [f"group1-shard{k + 1}of{count}.bin" for k in range(count)]
    for k, path in enumerate(paths):
        part = data[k * shard_bytes : (k + 1) * shard_bytes]
        (folder / path).write_bytes(part)

    topology = None
    if config is not None:
        topology = {
            "keras_version": keras_version,
            "backend": "tensorflow",
            "model_config": config,
        }
    model = {
        "format": "layers-model",
        "generatedBy": f"keras v{keras_version}",
        "convertedBy": "TensorFlow.js Converter v4.22.0",
        "modelTopology": topology,
        "weightsManifest": [{"paths": paths, "weights": listed}],
    }
    (folder / "model.json").write_text(json.dumps({**model, **(change or {})}))
    return folder


def weights_of(opened: OpenedModel) -> Weights:
    """The arrays of a file by their names without `:0`, group by group in the
    alphabet's order, as the converter puts them.
    """
    found = []
    for group in sorted(opened.file.groups, key=lambda group: group.name):
        keys = [array.key for array in group.arrays]
        values = opened.file.read(keys)
        found += [
            (array.name.removesuffix(":0"), np.array(values[array.key]))
            for array in group.arrays
        ]
    return found
