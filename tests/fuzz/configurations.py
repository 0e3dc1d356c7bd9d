"""Configurations that no Keras wrote: sound ones with parts exchanged, left out, doubled, nested, made absurd.

`sound()` gives one model after another in every notation and with most layer classes; `spoiled()` a broken copy.
`ABSURD` are the crafted ones, one function each.
"""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import h5py
import numpy as np

DATA = Path(__file__).parents[1] / "data"
Config = dict[str, Any]
Weights = dict[str, dict[str, np.ndarray]]

VALUES: tuple[Any, ...] = (
    None, True, False, 0, 1, 2, 3, -1, -(2**31), 10**6, 10**9, 2**31, 2**63, 2**64, 10**30, 0.5, -0.5, 1e308,
    float("nan"), float("inf"), -float("inf"), "", "x", "relu", "lstm", "hard_sigmoid", "same", "channels_first",
    "10", [], [0], [1], [-1], [None], [1, 2], [3, 3, 3, 3], [10**9, 10**9], [[1, 2], [3, 4]], [[]], ["a"], {}, {"a": 1},
    {"class_name": "LSTM", "config": {}}, {"class_name": "x"}, {"config": {"name": 3}}, "lstm\x1b[2J", "[/]",
)  # fmt: skip


def leaf(class_name: str, inbound: Any = None, **config: Any) -> Config:
    """A layer's JSON."""
    name = config.setdefault("name", class_name.lower())
    found: Config = {"class_name": class_name, "config": config}
    return found if inbound is None else {**found, "name": name, "inbound_nodes": inbound}


def sequential(*layers: Config, **more: Any) -> Config:
    """A Sequential's JSON."""
    return {"class_name": "Sequential", "config": {"name": "sequential", "layers": list(layers), **more}}


def started(shape: Any, *layers: Config) -> Config:
    """A Sequential that starts with an input of `shape`."""
    return sequential(leaf("InputLayer", batch_shape=shape, name="input"), *layers)


def functional(layers: list[Config], inputs: Any, outputs: Any) -> Config:
    """A functional model's JSON."""
    config = {"name": "model", "layers": layers, "input_layers": inputs, "output_layers": outputs}
    return {"class_name": "Functional", "config": config}


def weights(**layers: list[tuple[int, ...]]) -> Weights:
    """Arrays of these shapes, layer by layer."""
    rng = np.random.default_rng(0)
    return {
        name: {f"{k}": rng.standard_normal(shape).astype("f4") for k, shape in enumerate(shapes)}
        for name, shapes in layers.items()
    }


LSTM = [(2, 12), (3, 12), (12,)]


def _feed_forward() -> Iterator[tuple[str, Config, Weights]]:
    one = {
        "Dropout": {"rate": 0.5}, "Activation": {"activation": "relu"}, "Permute": {"dims": [2, 1]},
        "Reshape": {"target_shape": [-1, 2]}, "Flatten": {}, "RepeatVector": {"n": 3}, "LeakyReLU": {"alpha": 0.1},
        "ZeroPadding1D": {"padding": 1}, "Cropping1D": {"cropping": [1, 1]}, "UpSampling1D": {"size": 2},
        "MaxPooling1D": {"pool_size": 2, "strides": 2, "padding": "valid"}, "GlobalAveragePooling1D": {},
        "AveragePooling1D": {"pool_size": 2, "padding": "same"}, "Masking": {"mask_value": 0.0}, "ReLU": {},
        "Softmax": {"axis": -1}, "ELU": {"alpha": 1.0}, "ThresholdedReLU": {"theta": 1.0}, "GaussianNoise": {},
        "SpatialDropout1D": {"rate": 0.1}, "UnitNormalization": {"axis": -1}, "Rescaling": {"scale": 2, "offset": 1},
        "Lambda": {"function": ["abc", None, None]}, "Mine": {"units": 3}, "RandomThing": {},
    }  # fmt: skip
    for name, config in one.items():
        yield name, started([None, 4, 2], leaf(name, **config)), {}
    kept: tuple[tuple[str, Config, list[tuple[int, ...]]], ...] = (
        ("Dense", {"units": 3, "activation": "tanh"}, [(2, 3), (3,)]),
        ("Conv1D", {"filters": 3, "kernel_size": [2], "strides": [1], "padding": "same"}, [(2, 2, 3), (3,)]),
        ("SeparableConv1D", {"filters": 3, "kernel_size": [2]}, [(2, 2, 1), (1, 2, 3), (3,)]),
        ("Conv1DTranspose", {"filters": 3, "kernel_size": [2], "strides": [2]}, [(2, 3, 2), (3,)]),
        ("DepthwiseConv1D", {"kernel_size": [2], "depth_multiplier": 1}, [(2, 2, 1), (2,)]),
        ("BatchNormalization", {"axis": -1, "epsilon": 1e-3}, [(2,)] * 4),
        ("LayerNormalization", {"axis": [-1], "epsilon": 1e-3}, [(2,)] * 2),
        ("GroupNormalization", {"groups": 1, "axis": -1, "epsilon": 1e-3}, [(2,)] * 2),
        ("PReLU", {"shared_axes": None}, [(4, 2)]),
        ("LSTM", {"units": 3, "return_sequences": True}, LSTM),
        ("GRU", {"units": 3, "reset_after": True}, [(2, 9), (3, 9), (2, 9)]),
        ("SimpleRNN", {"units": 3, "return_state": True}, [(2, 3), (3, 3), (3,)]),
        ("TimeDistributed", {"layer": leaf("Dense", units=3)}, [(2, 3), (3,)]),
        ("Bidirectional", {"layer": leaf("LSTM", units=3), "merge_mode": "concat"}, LSTM * 2),
        ("RNN", {"cell": {"class_name": "LSTMCell", "config": {"units": 3}}}, LSTM),
    )
    for name, config, shapes in kept:
        yield name, started([None, 4, 2], leaf(name, **config)), weights(**{name.lower(): shapes})
    embedding = leaf("Embedding", input_dim=9, output_dim=2, mask_zero=True)
    yield "Embedding", started([None, 4], embedding, leaf("LSTM", units=3)), weights(embedding=[(9, 2)], lstm=LSTM)
    yield (
        "ConvLSTM2D",
        started([None, 2, 4, 4, 1], leaf("ConvLSTM2D", filters=2, kernel_size=[3, 3], padding="same")),
        weights(convlstm2d=[(3, 3, 1, 8), (3, 3, 2, 8), (8,)]),
    )


def _of_files() -> Iterator[tuple[str, Config, Weights]]:
    for path in sorted(DATA.glob("*.h5")):
        with h5py.File(path) as root:
            if "model_config" not in root.attrs:
                continue
            arrays: Weights = {}
            home = root["model_weights"]
            for layer in home.attrs["layer_names"]:
                group = home[layer]
                arrays[_text(layer)] = {_text(name): group[name][()] for name in group.attrs["weight_names"]}
            yield path.stem, json.loads(_text(root.attrs["model_config"])), arrays


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)


def sound() -> list[tuple[str, Config, Weights]]:
    """Sound models: their name, configuration and arrays by layer."""
    x = leaf("InputLayer", [], batch_shape=[None, 4, 2], name="x")
    ref = [[["x", 0, 0, {}]]]
    merged = [[["a", 0, 0, {}], ["b", 0, 0, {}]]]
    merges = [
        functional([x, leaf("LSTM", ref, name="a", units=3), leaf("LSTM", ref, name="b", units=3),
                    leaf(kind, merged, name="m", axis=-1, axes=-1)], [["x", 0, 0]], [["m", 0, 0]])
        for kind in ("Concatenate", "Add", "Dot", "Subtract", "Maximum", "Attention")
    ]  # fmt: skip
    shapes = weights(a=LSTM, b=LSTM)
    return [*_feed_forward(), *_of_files(), *((f"merge{k}", config, shapes) for k, config in enumerate(merges))]


def spoiled(config: Config, rng: random.Random) -> Config:
    """A copy with one to four of its parts spoiled."""
    found: Config = copy.deepcopy(config)
    for _ in range(rng.choice((1, 1, 1, 2, 4))):
        places = list(_places(found))
        if not places:
            break
        holder, key = rng.choice(places)
        kind = rng.choice(("value", "value", "value", "drop", "other", "nest", "double"))
        if kind == "drop":
            del holder[key]
        elif kind == "other":
            other, at = rng.choice(places)
            holder[key] = copy.deepcopy(other[at]) if _has(other, at) else None
        elif kind == "nest":
            holder[key] = rng.choice(([holder[key]], {"config": holder[key]}, [holder[key]] * 3))
        elif kind == "double" and isinstance(holder[key], list) and holder[key]:
            holder[key].append(copy.deepcopy(rng.choice(holder[key])))
        else:
            holder[key] = copy.deepcopy(rng.choice(VALUES))
    return found


def _has(holder: Any, key: Any) -> bool:
    return key in holder if isinstance(holder, dict) else key < len(holder)


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    keys = list(value) if isinstance(value, dict) else list(range(len(value)))
    for key in keys:
        yield value, key
        if isinstance(value[key], (dict, list)):
            yield from _places(value[key])


def bent(arrays: Weights, rng: random.Random) -> Weights:
    """A copy of the arrays with one of another shape or type."""
    found = {layer: dict(parts) for layer, parts in arrays.items()}
    layers = [layer for layer, parts in found.items() if parts]
    if not layers or rng.random() < 0.6:
        return found
    layer = rng.choice(layers)
    name = rng.choice(list(found[layer]))
    changes: tuple[Callable[[np.ndarray], np.ndarray], ...] = (
        lambda a: a[None], lambda a: a.ravel(), lambda a: a[..., :-1], lambda a: a[:0], lambda a: a.sum(),
        lambda a: a.T, lambda a: a.astype("c8"), lambda a: a.astype("S4"), lambda a: a > 0, lambda a: a.astype("i8"),
        lambda a: a * np.nan, lambda a: a.astype(">f8"), lambda a: np.concatenate([a, a], -1) if a.ndim else a,
    )  # fmt: skip
    if rng.random() < 0.1:
        del found[layer][name]
    else:
        found[layer][name] = np.asarray(rng.choice(changes)(found[layer][name]))
    return found
