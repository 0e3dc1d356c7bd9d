"""Sound models of the rarer layer classes: volumes, old and preprocessing
layers, what stands around attention.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from sound_notation import (
    Config,
    Sound,
    functional,
    leaf,
    sequential,
    started,
    tensor,
    weights,
)

Kept = tuple[tuple[str, Config, list[tuple[int, ...]]], ...]

OF_SEQUENCES: Kept = (
    (
        "AdaptiveAveragePooling1D",
        {"output_size": 2, "data_format": "channels_last"},
        [],
    ),
    ("AdaptiveMaxPooling1D", {"output_size": [2]}, []),
    ("AlphaDropout", {"rate": 0.1, "seed": 1}, []),
    ("Identity", {}, []),
    ("RMSNormalization", {"axis": -1, "epsilon": 1e-6}, [(2,)]),
    (
        "Normalization",
        {"axis": [-1], "invert": False, "mean": None, "variance": None},
        [(2,), (2,), ()],
    ),
    (
        "Discretization",
        {"bin_boundaries": [-1.0, 0.0, 1.5], "output_mode": "int"},
        [],
    ),
    (
        "SpectralNormalization",
        {"layer": leaf("Dense", units=3), "power_iterations": 1},
        [(2, 3), (3,), (1, 3)],
    ),
)
OF_PICTURES: Kept = (
    ("AdaptiveAveragePooling2D", {"output_size": [2, 2]}, []),
    ("AdaptiveMaxPooling2D", {"output_size": 2}, []),
    ("Cropping2D", {"cropping": [[1, 0], [0, 1]]}, []),
    (
        "SeparableConv2D",
        {"filters": 3, "kernel_size": [2, 2]},
        [(2, 2, 2, 1), (1, 1, 2, 3), (3,)],
    ),
    ("CenterCrop", {"height": 2, "width": 2}, []),
    ("RandomFlip", {"mode": "horizontal", "seed": None}, []),
    ("RandomRotation", {"factor": 0.1, "fill_mode": "reflect"}, []),
)
OF_VOLUMES: Kept = (
    (
        "Conv3D",
        {"filters": 3, "kernel_size": [2, 2, 2], "strides": [1, 1, 1]},
        [(2, 2, 2, 2, 3), (3,)],
    ),
    (
        "Conv3DTranspose",
        {"filters": 3, "kernel_size": [2, 2, 2]},
        [(2, 2, 2, 3, 2), (3,)],
    ),
    ("AveragePooling3D", {"pool_size": [2, 2, 2], "padding": "same"}, []),
    ("AdaptiveAveragePooling3D", {"output_size": [2, 1, 2]}, []),
    ("AdaptiveMaxPooling3D", {"output_size": 2}, []),
    ("GlobalAveragePooling3D", {"keepdims": False}, []),
    ("GlobalMaxPooling3D", {}, []),
    ("Cropping3D", {"cropping": [[1, 0], [0, 1], [0, 0]]}, []),
    ("ZeroPadding3D", {"padding": [1, 0, 1]}, []),
    ("UpSampling3D", {"size": [1, 2, 1]}, []),
    ("SpatialDropout3D", {"rate": 0.1}, []),
)
OF_THE_PAST: tuple[tuple[str, Any, Config, list[tuple[int, ...]], str], ...] = (
    (
        "LocallyConnected1D",
        [None, 4, 2],
        {"filters": 3, "kernel_size": [2]},
        [(3, 4, 3), (3, 3)],
        "2.15.0",
    ),
    (
        "LocallyConnected2D",
        [None, 3, 3, 1],
        {"filters": 2, "kernel_size": [2, 2]},
        [(4, 4, 2), (2, 2, 2)],
        "2.15.0",
    ),
    (
        "Highway",
        [None, 2],
        {"activation": "tanh"},
        [(2, 2), (2, 2), (2,), (2,)],
        "1.2.2",
    ),
    (
        "MaxoutDense",
        [None, 2],
        {"output_dim": 3, "nb_feature": 2},
        [(2, 2, 3), (2, 3)],
        "1.2.2",
    ),
)


def rarer() -> Iterator[Sound]:
    """Yield a sound model of each."""
    for shape, kept in (
        ([None, 4, 2], OF_SEQUENCES),
        ([None, 4, 4, 2], OF_PICTURES),
        ([None, 4, 4, 4, 2], OF_VOLUMES),
    ):
        for name, config, shapes in kept:
            yield Sound(
                name,
                started(shape, leaf(name, **config)),
                weights(**{name.lower(): shapes}),
            )
    for name, shape, config, shapes, version in OF_THE_PAST:
        yield Sound(
            name,
            started(shape, leaf(name, **config)),
            weights(**{name.lower(): shapes}),
            version,
        )
    ids = leaf("CategoryEncoding", num_tokens=5, output_mode="multi_hot")
    read = leaf(
        "InputLayer", batch_shape=[None, 4], dtype="int32", name="input"
    )
    yield Sound("CategoryEncoding", sequential(read, ids), {})
    text = leaf(
        "InputLayer", batch_shape=[None, 1], dtype="string", name="input"
    )
    rules: Config = {
        "max_tokens": 20,
        "output_mode": "int",
        "output_sequence_length": 4,
        "ngrams": None,
    }
    rules |= {
        "standardize": "lower_and_strip_punctuation",
        "split": "whitespace",
        "vocabulary": ["the", "movie"],
    }
    vectors = leaf("Embedding", input_dim=4, output_dim=2, mask_zero=True)
    words = sequential(
        text, leaf("TextVectorization", **rules), vectors, leaf("LSTM", units=3)
    )
    yield Sound(
        "TextVectorization",
        words,
        weights(embedding=[(4, 2)], lstm=[(2, 12), (3, 12), (12,)]),
        "3.5.0",
    )
    policy = {
        "class_name": "QuantizedDTypePolicy",
        "config": {"mode": "int8", "source_name": "float32"},
    }
    whole = leaf("Dense", units=3, dtype=policy, quantization_config=None)
    arrays = {
        "dense": {
            "b": np.ones(3, "f4"),
            "w": np.ones((2, 3), "i1"),
            "s": np.full(3, 9, "f4"),
        }
    }
    yield Sound("int8", started([None, 4, 2], whole), arrays, "3.5.0")
    x = leaf("InputLayer", [], batch_shape=[None, 4, 2], name="x")
    call = [{"args": [tensor("x"), tensor("x")], "kwargs": {}}]
    sizes = {"head_dim": 2, "num_query_heads": 4, "num_key_value_heads": 2}
    arrays = weights(
        heads=[
            (2, 4, 2),
            (4, 2),
            (2, 2, 2),
            (2, 2),
            (2, 2, 2),
            (2, 2),
            (4, 2, 2),
            (2,),
        ]
    )
    # Keras's own and the one it exports
    for name in ("GroupQueryAttention", "GroupedQueryAttention"):
        layers = [x, leaf(name, call, name="heads", **sizes)]
        yield Sound(
            name,
            functional(layers, [["x", 0, 0]], [["heads", 0, 0]]),
            arrays,
            "3.5.0",
        )
