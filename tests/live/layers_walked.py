"""Every layer that a Keras exports, called once: how each is made, and on which
of the inputs it can be called.
"""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np

rng = np.random.default_rng(1)
INPUTS = {
    "sequence": rng.normal(size=(2, 6, 4)).astype("float32"),
    "vector": rng.normal(size=(2, 4)).astype("float32"),
    "ids": rng.integers(0, 5, size=(2, 6)).astype("int32"),
    "picture": rng.random(size=(2, 8, 8, 3)).astype("float32"),
    "frames": rng.random(size=(2, 4, 8, 8, 3)).astype("float32"),
}

MADE: dict[str, dict[str, Any]] = {
    "Activation": {"activation": "tanh"},
    "CategoryEncoding": {"num_tokens": 5},
    "Cropping2D": {"cropping": 1},
    "Dense": {"units": 3},
    "Discretization": {"bin_boundaries": [-1.0, 0.0, 1.0]},
    "Dot": {"axes": 1},
    "EinsumDense": {"equation": "abc,cd->abd", "output_shape": (None, 3)},
    "Embedding": {"input_dim": 5, "output_dim": 3},
    "ReversibleEmbedding": {"input_dim": 5, "output_dim": 3},
    "GroupNormalization": {"groups": 2},
    "GroupQueryAttention": {
        "head_dim": 2,
        "num_query_heads": 2,
        "num_key_value_heads": 1,
    },
    "GroupedQueryAttention": {
        "head_dim": 2,
        "num_query_heads": 2,
        "num_key_value_heads": 1,
    },
    "MultiHeadAttention": {"num_heads": 2, "key_dim": 3},
    "Normalization": {"mean": 0.5, "variance": 2.0},
    "Permute": {"dims": (2, 1)},
    "RepeatVector": {"n": 3},
    "Rescaling": {"scale": 2.0},
    "Reshape": {"target_shape": (-1, 2)},
    "SeparableConv1D": {"filters": 3, "kernel_size": 3},
    "Resizing": {"height": 4, "width": 4},
    "CenterCrop": {"height": 4, "width": 4},
}
"""What a layer needs beside what `_guessed` knows."""
SIZES = {
    "units": 3,
    "filters": 3,
    "kernel_size": 2,
    "pool_size": 2,
    "size": 2,
    "rate": 0.3,
    "stddev": 0.3,
    "factor": 0.2,
    "output_size": 2,
    "value_range": (0.0, 1.0),
}
WRAPPED = {
    "Bidirectional": lambda L: L.Bidirectional(
        L.LSTM(3, return_sequences=True)
    ),
    "TimeDistributed": lambda L: L.TimeDistributed(L.Dense(3)),
    "RNN": lambda L: L.RNN([L.GRUCell(3), L.LSTMCell(2)]),
    "SpectralNormalization": lambda L: L.SpectralNormalization(L.Dense(3)),
}
READ = {
    "Embedding": "ids",
    "ReversibleEmbedding": "ids",
    "CategoryEncoding": "ids",
}
"""What a layer reads first of all; Keras calls some on anything."""
NONE_OF_THEIR_OWN = {
    "InputLayer",
    "Layer",
    "Wrapper",
    "Lambda",
    "TFSMLayer",
    "JaxLayer",
    "FlaxLayer",
    "TorchModuleWrapper",
    "Equalization",
    "RandAugment",
    "AugMix",
}
"""Classes that compute nothing of their own in a graph, or somebody's code."""


def classes(K: Any) -> dict[str, type]:
    """Return the layer classes this Keras exports, cells and bases left out."""
    found = {}
    for name in dir(K.layers):
        cls = getattr(K.layers, name)
        usable = (
            inspect.isclass(cls)
            and issubclass(cls, K.layers.Layer)
            and not name.startswith(("_", "Abstract"))
        )
        if (
            usable
            and not name.endswith(("Cell", "Cells"))
            and cls.__name__ not in NONE_OF_THEIR_OWN
        ):
            found[cls.__name__] = cls
    return found


def made(K: Any, cls: type) -> Any:
    """Return a layer of a class; None where nobody says what it needs."""
    name = cls.__name__
    if name in WRAPPED:
        return WRAPPED[name](K.layers)
    options = dict(MADE.get(name, {}))
    for key, value in SIZES.items():
        parameter = inspect.signature(cls.__init__).parameters.get(key)
        if (
            parameter is not None
            and parameter.default is inspect.Parameter.empty
        ):
            options.setdefault(key, value)
    try:
        return cls(**options)
    except Exception:
        return None


def called(layer: Any, inputs: dict[str, Any]) -> Any:
    """Return what a layer returns for the first inputs it can be called on,
    values among them; None for none.
    """
    name = type(layer).__name__
    pictures = name not in READ and (
        "preprocessing" in type(layer).__module__ or "2D" in name
    )
    first = READ.get(name, "sequence")
    if pictures:
        first = "picture"
    elif "3D" in name:
        first = "frames"
    names = sorted(inputs, key=lambda name: name != first)
    for name in names:
        tensor, values = inputs[name], INPUTS[name]
        for given, real in (
            ((tensor,), (values,)),
            (([tensor] * 2,), ([values] * 2,)),
            ((tensor,) * 2, (values,) * 2),
        ):
            found = _attempt(layer, given, real)
            if found is not None:
                return found
    return None


def _attempt(
    layer: Any, given: tuple[Any, ...], values: tuple[Any, ...]
) -> Any:
    """Return what a layer makes of tensors of the graph; None where it can't of
    them or of their values.
    """
    try:
        layer(*values)
        return layer(*given)
    except Exception:
        return None
