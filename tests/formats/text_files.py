"""A small model that begins with text, written by hand: a TextVectorization, an
Embedding and an LSTM.
"""

from __future__ import annotations

import io
import json
from typing import Any

import h5py
import numpy as np


def model(
    asset: bytes | None = None, *, units: int = 2, **config: Any
) -> dict[str, bytes]:
    """The members of a `.keras` archive; `asset` is its vocabulary, `config`
    goes to the TextVectorization.
    """
    rng = np.random.default_rng(0)
    weights = io.BytesIO()
    arrays = {
        "embedding": {"": [(9, 3)]},
        "lstm": {"cell/": [(3, 4 * units), (units, 4 * units), (4 * units,)]},
    }
    with h5py.File(weights, "w") as root:
        for layer, parts in arrays.items():
            for place, shapes in parts.items():
                for number, shape in enumerate(shapes):
                    root[f"layers/{layer}/{place}vars/{number}"] = rng.normal(
                        size=shape
                    ).astype("f4")
    given = {
        "name": "text_vectorization",
        "standardize": "lower_and_strip_punctuation",
        "split": "whitespace",
        "output_mode": "int",
        **config,
    }
    layers = [
        {
            "class_name": "InputLayer",
            "config": {
                "batch_shape": [None, 1],
                "dtype": "string",
                "name": "review",
            },
        },
        {"class_name": "TextVectorization", "config": given},
        {
            "class_name": "Embedding",
            "config": {"name": "embedding", "input_dim": 9, "output_dim": 3},
        },
        {"class_name": "LSTM", "config": {"name": "lstm", "units": units}},
    ]
    members = {
        "metadata.json": json.dumps({"keras_version": "3.15.1"}).encode(),
        "config.json": json.dumps(
            {
                "class_name": "Sequential",
                "config": {"name": "m", "layers": layers},
            }
        ).encode(),
        "model.weights.h5": weights.getvalue(),
    }
    if asset is not None:
        members["assets/layers/text_vectorization/vocabulary.txt"] = asset
        members[
            "assets/layers/text_vectorization/_lookup_layer/vocabulary.txt"
        ] = asset
    return members
