"""Sound models in every notation and with every layer class: what the fuzzers
of configurations begin with.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from rarer_models import rarer
from sound_notation import (
    Config,
    Sound,
    functional,
    leaf,
    started,
    tensor,
    weights,
)

DATA = Path(__file__).parents[1] / "data"
LSTM = [(2, 12), (3, 12), (12,)]
X = leaf("InputLayer", [], batch_shape=[None, 4, 2], name="x")


def _feed_forward() -> Iterator[Sound]:
    one = {
        "Dropout": {"rate": 0.5}, "Activation": {"activation": "relu"}, "Permute": {"dims": [2, 1]},
        "Reshape": {"target_shape": [-1, 2], "trainable": True}, "Flatten": {}, "LeakyReLU": {"alpha": 0.1},
        "ZeroPadding1D": {"padding": 1}, "Cropping1D": {"cropping": [1, 1]}, "UpSampling1D": {"size": 2},
        "MaxPooling1D": {"pool_size": 2, "strides": 2, "padding": "valid"}, "GlobalAveragePooling1D": {},
        "AveragePooling1D": {"pool_size": 2, "padding": "same"}, "Masking": {"mask_value": 0.0}, "ReLU": {},
        "Softmax": {"axis": -1}, "ELU": {"alpha": 1.0}, "ThresholdedReLU": {"theta": 1.0}, "GaussianNoise": {},
        "SpatialDropout1D": {"rate": 0.1}, "UnitNormalization": {"axis": -1}, "Rescaling": {"scale": 2, "offset": 1},
        "Lambda": {"function": ["abc", None, None]}, "Mine": {"units": 3}, "RandomThing": {},
    }  # fmt: skip
    for name, config in one.items():
        yield Sound(name, started([None, 4, 2], leaf(name, **config)), {})
    kept: tuple[tuple[str, Config, list[tuple[int, ...]]], ...] = (
        ("Dense", {"units": 3, "activation": "tanh"}, [(2, 3), (3,)]),
        (
            "Conv1D",
            {
                "filters": 3,
                "kernel_size": [2],
                "strides": [1],
                "padding": "same",
            },
            [(2, 2, 3), (3,)],
        ),
        (
            "SeparableConv1D",
            {"filters": 3, "kernel_size": [2]},
            [(2, 2, 1), (1, 2, 3), (3,)],
        ),
        (
            "Conv1DTranspose",
            {"filters": 3, "kernel_size": [2], "strides": [2]},
            [(2, 3, 2), (3,)],
        ),
        (
            "DepthwiseConv1D",
            {"kernel_size": [2], "depth_multiplier": 1},
            [(2, 2, 1), (2,)],
        ),
        ("BatchNormalization", {"axis": -1, "epsilon": 1e-3}, [(2,)] * 4),
        ("LayerNormalization", {"axis": [-1], "epsilon": 1e-3}, [(2,)] * 2),
        (
            "GroupNormalization",
            {"groups": 1, "axis": -1, "epsilon": 1e-3},
            [(2,)] * 2,
        ),
        ("PReLU", {"shared_axes": None}, [(4, 2)]),
        ("LSTM", {"units": 3, "return_sequences": True}, LSTM),
        ("GRU", {"units": 3, "reset_after": True}, [(2, 9), (3, 9), (2, 9)]),
        (
            "SimpleRNN",
            {"units": 3, "return_state": True},
            [(2, 3), (3, 3), (3,)],
        ),
        ("TimeDistributed", {"layer": leaf("Dense", units=3)}, [(2, 3), (3,)]),
        (
            "Bidirectional",
            {"layer": leaf("LSTM", units=3), "merge_mode": "concat"},
            LSTM * 2,
        ),
        (
            "RNN",
            {"cell": {"class_name": "LSTMCell", "config": {"units": 3}}},
            LSTM,
        ),
    )
    for name, config, shapes in kept:
        yield Sound(
            name,
            started([None, 4, 2], leaf(name, **config)),
            weights(**{name.lower(): shapes}),
        )
    yield from _of_somebodys()
    embedding = leaf("Embedding", input_dim=9, output_dim=2, mask_zero=True)
    yield Sound(
        "RepeatVector", started([None, 2], leaf("RepeatVector", n=3)), {}
    )
    tokens = started([None, 4], embedding, leaf("LSTM", units=3))
    yield Sound("Embedding", tokens, weights(embedding=[(9, 2)], lstm=LSTM))


def _of_somebodys() -> Iterator[Sound]:
    """Yield models of somebody's own classes, which run where the user says as
    what.
    """
    keys = {
        "units": 3,
        "recurrent_activation": "sigmoid",
        "unit_forget_bias": True,
        "quantizer": "bits",
    }
    cells = [
        {"class_name": "MyCell", "config": keys},
        {"class_name": "GRUCell", "config": {"units": 3}},
    ]
    kept: tuple[tuple[str, Config, list[tuple[int, ...]]], ...] = (
        ("QLSTM", {**keys, "return_sequences": True}, LSTM),
        ("Bidirectional", {"layer": leaf("QLSTM", **keys)}, LSTM * 2),
        (
            "RNN",
            {"cell": cells, "return_sequences": True},
            [*LSTM, (3, 9), (3, 9), (9,)],
        ),
    )
    for name, config, shapes in kept:
        model = started([None, 4, 2], leaf(name, **config))
        yield Sound(
            f"somebody's {name}", model, weights(**{name.lower(): shapes})
        )


def _of_pictures() -> Iterator[Sound]:
    kept: tuple[tuple[str, Config, list[tuple[int, ...]]], ...] = (
        (
            "Conv2D",
            {"filters": 3, "kernel_size": [2, 2], "groups": 1},
            [(2, 2, 2, 3), (3,)],
        ),
        (
            "Conv2DTranspose",
            {"filters": 3, "kernel_size": 2, "output_padding": None},
            [(2, 2, 3, 2), (3,)],
        ),
        (
            "DepthwiseConv2D",
            {"kernel_size": [2, 2], "dilation_rate": [1, 1]},
            [(2, 2, 2, 1), (2,)],
        ),
        ("MaxPooling2D", {"pool_size": [2, 2]}, []),
        ("UpSampling2D", {"size": [2, 2], "interpolation": "bilinear"}, []),
        (
            "ZeroPadding2D",
            {"padding": [[1, 1], [0, 1]], "data_format": "channels_last"},
            [],
        ),
        ("GlobalMaxPooling2D", {"keepdims": True}, []),
        ("SpatialDropout2D", {"rate": 0.2}, []),
    )
    for name, config, shapes in kept:
        yield Sound(
            name,
            started([None, 4, 4, 2], leaf(name, **config)),
            weights(**{name.lower(): shapes}),
        )
    moving = leaf(
        "ConvLSTM2D",
        filters=2,
        kernel_size=[3, 3],
        padding="same",
        strides=[1, 1],
        return_sequences=True,
    )
    arrays = weights(convlstm2d=[(3, 3, 1, 8), (3, 3, 2, 8), (8,)])
    yield Sound("ConvLSTM2D", started([None, 2, 4, 4, 1], moving), arrays)


def _of_cells() -> Iterator[Sound]:
    gru, lstm = [(2, 9), (3, 9), (2, 9)], [(3, 12), (3, 12), (12,)]
    cells = [
        leaf("GRUCell", units=3, reset_after=True),
        leaf("LSTMCell", units=3),
    ]
    stacked = leaf(
        "RNN",
        cell={"class_name": "StackedRNNCells", "config": {"cells": cells}},
        return_state=True,
    )
    yield Sound(
        "stacked", started([None, 4, 2], stacked), weights(rnn=gru + lstm)
    )
    yield Sound(
        "cells",
        started([None, 4, 2], leaf("RNN", cell=cells, return_sequences=True)),
        weights(rnn=gru + lstm),
    )
    both = leaf(
        "Bidirectional",
        layer=leaf("RNN", cell=cells[1], return_sequences=True),
        merge_mode=None,
    )
    yield Sound(
        "both ways",
        started([None, 4, 2], both),
        weights(bidirectional=LSTM * 2),
    )
    sides = [
        leaf("GRU", units=3, return_sequences=True, go_backwards=back)
        for back in (False, True)
    ]
    given = leaf("Bidirectional", layer=sides[0], backward_layer=sides[1])
    yield Sound(
        "both given",
        started([None, 4, 2], given),
        weights(bidirectional=gru * 2),
    )
    block = started(
        [None, 4, 2],
        leaf("LSTM", units=3, return_sequences=True),
        leaf("LSTM", name="b", units=3),
    )
    block["config"]["name"] = "block"
    yield Sound(
        "nested",
        started([None, 4, 2], block, leaf("Dense", units=2)),
        weights(block=LSTM + lstm, dense=[(3, 2), (2,)]),
    )
    pictures = leaf("TimeDistributed", layer=block)
    yield Sound(
        "a model over time",
        started([None, 2, 4, 2], pictures),
        weights(timedistributed=LSTM + lstm),
    )
    inner = leaf("TimeDistributed", layer=leaf("Dense", units=3))
    frames = started(
        [None, 2, 4, 2], leaf("TimeDistributed", name="outer", layer=inner)
    )
    yield Sound("TimeDistributed twice", frames, weights(outer=[(2, 3), (3,)]))


SLICE = {
    "class_name": "slice",
    "config": {"start": None, "stop": None, "step": None},
}
OPERATIONS: tuple[tuple[str, Config, list[Any]], ...] = (
    ("Add", {}, [2.0]), ("Mean", {"axis": 1, "keepdims": True}, []), ("Max", {"axis": [1, 2]}, []),
    ("Reshape", {"newshape": [-1, 8]}, []), ("Transpose", {"axes": [0, 2, 1]}, []), ("Stack", {"axis": -1}, []),
    ("Concatenate", {"axis": 1}, []), ("Split", {"indices_or_sections": 2, "axis": 1}, []),
    ("Matmul", {}, [[1.0, 2.0]]),
    ("Tile", {"repeats": [1, 2, 1]}, []), ("Repeat", {"repeats": 2, "axis": 1}, []), ("Where", {}, ["x", 0.5]),
    ("Pad", {"pad_width": [[0, 0], [1, 0], [0, 0]], "mode": "constant"}, []),
    ("Clip", {"x_min": -0.5, "x_max": 0.5}, []),
    ("OneHot", {"num_classes": 3, "axis": -1}, []), ("Norm", {"ord": 2, "axis": -1}, []),
    ("GetItem", {}, [[SLICE, -1]]),
    ("Einsum", {"subscripts": "bti,bsi->bts"}, ["x"]), ("Roll", {"shift": 1, "axis": 1}, []),
    ("Cumsum", {"axis": 1}, []),
    ("Take", {"axis": 1}, [[1, 0]]), ("ExpandDims", {"axis": 1}, []), ("Moveaxis", {"source": 1, "destination": 2}, []),
    ("Softmax", {"axis": -1}, []), ("Cast", {"dtype": "float32"}, []), ("BroadcastTo", {"shape": [2, 1, 4, 2]}, []),
    ("Normalize", {"axis": -1, "order": 2, "epsilon": None}, []), ("Argmax", {"axis": -1}, []),
    ("Flip", {"axis": 1}, []),
    ("Logsumexp", {"axis": -1}, []), ("Unstack", {"axis": 1}, []), ("Swapaxes", {"axis1": 1, "axis2": 2}, []),
)  # fmt: skip
"""Keras 3's operations: class, configuration, further arguments (`x` is the
input once more).
"""


def _of_calls() -> Iterator[Sound]:
    """Yield operations and attention, which live by the arguments of their
    call.
    """
    for name, config, more in OPERATIONS:
        args = [
            tensor("x"),
            *(tensor("x") if arg == "x" else arg for arg in more),
        ]
        args = [args] if name in ("Stack", "Concatenate") else args
        layer = leaf(name, [{"args": args, "kwargs": {}}], **config) | {
            "module": "keras.src.ops.numpy"
        }
        yield Sound(
            f"ops.{name}",
            functional([X, layer], [["x", 0, 0]], [[name.lower(), 0, 0]]),
            {},
            "3.5.0",
        )
    call = [
        {
            "args": [tensor("x"), tensor("x")],
            "kwargs": {"use_causal_mask": True},
        }
    ]
    attention = leaf(
        "MultiHeadAttention", call, name="heads", num_heads=2, key_dim=2
    )
    arrays = weights(heads=[(2, 2, 2), (2, 2)] * 3 + [(2, 2, 2), (2,)])
    yield Sound(
        "heads",
        functional([X, attention], [["x", 0, 0]], [["heads", 0, 0]]),
        arrays,
    )
    ref, merged = [[["x", 0, 0, {}]]], [[["a", 0, 0, {}], ["b", 0, 0, {}]]]
    for kind in (
        "Concatenate",
        "Add",
        "Dot",
        "Subtract",
        "Maximum",
        "Attention",
        "AdditiveAttention",
        "Average",
    ):
        sides = [
            leaf("LSTM", ref, name=name, units=3, return_sequences=True)
            for name in "ab"
        ]
        layers = [
            X,
            *sides,
            leaf(kind, merged, name="m", axis=-1, axes=-1, trainable=True),
        ]
        scale = {"m": [(3,)]} if kind == "AdditiveAttention" else {}
        yield Sound(
            kind,
            functional(layers, [["x", 0, 0]], [["m", 0, 0]]),
            weights(a=LSTM, b=LSTM, **scale),
        )


def _of_files() -> Iterator[Sound]:
    """Yield what every generation of Keras wrote: the models of the corpus, and
    those of make_models.py.
    """
    for path in sorted(DATA.glob("*.h5")):
        with h5py.File(path) as root:
            if "model_config" not in root.attrs:
                continue
            home, version = root["model_weights"], path.stem.split("__")[0]
            arrays = {
                _text(layer): {
                    _text(name): home[layer][name][()]
                    for name in home[layer].attrs["weight_names"]
                }
                for layer in home.attrs["layer_names"]
            }
            config = json.loads(_text(root.attrs["model_config"]))
            yield Sound(
                path.stem,
                config,
                arrays,
                version if version[0].isdigit() else None,
            )
    for model in json.loads(
        Path(__file__).with_name("models.json").read_text(encoding="utf-8")
    ):
        rng = np.random.default_rng(0)
        arrays = {
            layer: {
                name: rng.standard_normal(shape).astype("f4")
                for name, shape in parts.items()
            }
            for layer, parts in model["shapes"].items()
        }
        yield Sound(model["name"], model["config"], arrays, model["version"])


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)


@cache
def sound() -> tuple[Sound, ...]:
    """Sound models in every notation, with most classes of layers; nobody may
    change them.
    """
    return (
        *_feed_forward(),
        *_of_pictures(),
        *_of_cells(),
        *_of_calls(),
        *rarer(),
        *_of_files(),
    )
