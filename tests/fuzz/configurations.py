"""Configurations that no Keras wrote: sound ones with parts exchanged, left
out, doubled, nested, made absurd.
"""

from __future__ import annotations

import copy
import random
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
from sound_notation import Config, Weights

VALUES: tuple[Any, ...] = (
    None, True, False, 0, 1, 2, 3, -1, -(2**31), 255, 65536, 10**6, 10**9, 2**31, 2**63, 2**64, 10**30, 0.5, -0.5, 3.0,
    2.5, -0.0, 1e308, 1e-320, float("nan"), float("inf"), -float("inf"), "", "x", "relu", "lstm", "hard_sigmoid",
    "same",
    "channels_first", "Infinity", "10", "float16", "ops", "Sequential", "x" * 5000, [], [0], [1], [-1], [None], [True],
    [1.5], [1, 2], [2, -1], [None, None], [3, 3, 3, 3], [10**9, 10**9], [1, 2, 3, 4, 5, 6, 7, 8, 9, 10], [0] * 1000,
    [[1, 2], [3, 4]], [[2, 3]], [[]], [[0] * 10] * 10, [[[[1]]]], ["a"], ["relu"], ["x", 0, 0], [["x", 0, 0]], {},
    {"a": 1}, {"class_name": "LSTM", "config": {}}, {"class_name": "x"}, {"config": {"name": 3}}, "lstm\x1b[2J", "[/]",
    {"class_name": None, "config": None}, {"class_name": "LSTMCell", "config": {"units": 3}},
    {"class_name": "function", "config": "relu"}, {"class_name": "__tuple__", "items": [1, 2]},
    {"class_name": "InputLayer", "config": {"name": "x", "batch_shape": [None, 4, 2]}},
    {"module": "keras.layers", "class_name": "Dense", "config": {"units": 3}, "registered_name": None},
    {"module": "keras", "class_name": "DTypePolicy", "config": {"name": "float16"}, "registered_name": None},
    {"class_name": "__keras_tensor__", "config": {"shape": [None], "dtype": "x", "keras_history": ["x", 0, 0]}},
)  # fmt: skip


def spoiled(
    config: Config, rng: random.Random, others: Sequence[Config] = ()
) -> Config:
    """A copy with one to four of its parts spoiled; a part may be one of
    another model's.
    """
    found: Config = copy.deepcopy(config)
    for _ in range(rng.choice((1, 1, 1, 2, 4))):
        spots = list(places(found))
        if not spots:
            break
        holder, key = rng.choice(spots)
        kind = rng.choice(
            (
                "value",
                "value",
                "value",
                "drop",
                "other",
                "foreign",
                "nest",
                "double",
                "swap",
            )
        )
        if kind == "drop":
            del holder[key]
        elif kind in ("other", "foreign"):
            lender, at = rng.choice(
                spots
                if kind == "other" or not others
                else list(places(rng.choice(others)))
            )
            holder[key] = copy.deepcopy(lender[at])
        elif kind == "nest":
            holder[key] = rng.choice(
                ([holder[key]], {"config": holder[key]}, [holder[key]] * 3)
            )
        elif kind == "double" and isinstance(holder[key], list) and holder[key]:
            holder[key].append(copy.deepcopy(rng.choice(holder[key])))
        elif kind == "swap" and isinstance(holder[key], list):
            rng.shuffle(holder[key])
        else:
            holder[key] = copy.deepcopy(rng.choice(VALUES))
    return found


def spoiled_everywhere(config: Config) -> Iterator[Config]:
    """Yield copies with one part exchanged, every odd value at every place, and
    with one part left out.
    """
    for number in range(len(list(places(config)))):
        for value in (*VALUES, ...):
            found = copy.deepcopy(config)
            holder, key = list(places(found))[number]
            if value is ...:
                del holder[key]
            else:
                holder[key] = copy.deepcopy(value)
            yield found


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Yield every part of a configuration, as what holds it and its key or
    number.
    """
    for key in list(value) if isinstance(value, dict) else range(len(value)):
        yield value, key
        if isinstance(value[key], (dict, list)):
            yield from places(value[key])


def bent(arrays: Weights, rng: random.Random) -> Weights:
    """A copy of the arrays with one of another shape or type, or the same most
    of the time.
    """
    found = {layer: dict(parts) for layer, parts in arrays.items()}
    layers = [layer for layer, parts in found.items() if parts]
    if not layers or rng.random() < 0.6:
        return found
    layer = rng.choice(layers)
    name = rng.choice(list(found[layer]))
    changes: tuple[Callable[[np.ndarray], np.ndarray], ...] = (
        lambda a: a[None], lambda a: a[None, ..., None], lambda a: a.ravel(), lambda a: a.ravel()[:0],
        lambda a: a.sum(),
        lambda a: a[..., :-1] if a.ndim else a, lambda a: a[..., :1] if a.ndim else a, lambda a: a.T,
        lambda a: np.concatenate([a, a], -1) if a.ndim else a, lambda a: a.astype("c8"), lambda a: a.astype("S4"),
        lambda a: a > 0, lambda a: a.astype("i8"), lambda a: a.astype(">f8"), lambda a: a.astype("f2"),
        lambda a: a * np.nan, lambda a: a / np.float32(0), lambda a: a * np.float32(1e38),
    )  # fmt: skip
    if rng.random() < 0.1:
        del found[layer][name]
    else:
        with np.errstate(all="ignore"):
            found[layer][name] = np.asarray(
                rng.choice(changes)(found[layer][name])
            )
    return found
