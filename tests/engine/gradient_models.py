"""Small models for the tests of gradients, and the derivative that central
differences give.
"""

from __future__ import annotations

import numpy as np

from rnn_tui.engine.cells.kinds import kind_for
from rnn_tui.engine.core.arrays import Weight
from rnn_tui.engine.graph.graph import Graph
from rnn_tui.engine.graph.nodes import Node, Ref
from rnn_tui.engine.layers.registry import class_for
from rnn_tui.engine.model import Model
from rnn_tui.engine.recurrent.bidirectional import bidirectional_layer
from rnn_tui.engine.recurrent.factory import recurrent_layer

STEP = 1e-5
CHANNELS, FILTERS = 2, 2
SIDES = {1: (4,), 2: (3, 2), 3: (2, 2, 1)}
"""The pictures that a ConvLSTM of so many axes reads."""
SIZE = {1: (3,), 2: (2, 3), 3: (2, 1, 1)}


def weights(seed, named):
    rng = np.random.default_rng(seed)
    return tuple(
        Weight.of(name, rng.normal(0, 0.6, shape))
        for name, shape in named.items()
    )


def cell_weights(class_name, features, units, seed, bias=True, rows=1):
    wide = len(kind_for(class_name).gates) * units
    named = {"kernel": (features, wide), "recurrent_kernel": (units, wide)}
    if bias:
        named["bias"] = (wide,) if rows == 1 else (rows, wide)
    return weights(seed, named)


def recurrent(
    class_name, features, units, *, name="rnn", seed=0, generation=3, **config
):
    """A recurrent layer of random weights; `go_backwards`, `reset_after` … are
    its configuration.
    """
    bias = config.setdefault("use_bias", True)
    rows = 2 if class_name == "GRU" and config.get("reset_after") else 1
    arrays = cell_weights(class_name, features, units, seed, bias, rows)
    return recurrent_layer(
        name, class_name, {"units": units, **config}, arrays, generation
    )


def conv_lstm(rank, name="rnn", seed=0, channels=CHANNELS, **config):
    """A ConvLSTM of random weights; `size` is that of its kernel."""
    size = config.pop("size", SIZE[rank])
    arrays = {
        "kernel": (*size, channels, 4 * FILTERS),
        "recurrent_kernel": (*size, FILTERS, 4 * FILTERS),
        "bias": (4 * FILTERS,),
    }
    if not config.get("use_bias", True):
        del arrays["bias"]
    settings = {"filters": FILTERS, "kernel_size": list(size), **config}

    return recurrent_layer(
        name, f"ConvLSTM{rank}D", settings, weights(seed, arrays)
    )


def both_ways(class_name, features, units, merge, *, seed=0, **config):
    sides = [
        recurrent(
            class_name,
            features,
            units,
            name=name,
            seed=seed + k,
            go_backwards=bool(k),
            **config,
        )
        for k, name in enumerate(("forward", "backward"))
    ]
    return bidirectional_layer("both", {"merge_mode": merge}, *sides)


def layer(class_name, config=None, arrays=None, name=None, generation=3):
    """A feed-forward layer; `arrays` are the shapes of its weights."""
    return class_for(class_name)(
        name or class_name.lower(),
        class_name,
        config or {},
        weights(3, arrays or {}),
        generation=generation,
    )


def chain(*layers, shape=(None, None, 3), dtype=None):
    """A model whose layers read each other one after the other."""
    config = {"batch_shape": shape}
    if dtype is not None:
        config["dtype"] = dtype
    entry = layer("InputLayer", config, name="input")
    nodes = []
    before = Ref("input")
    calls: dict[str, int] = {}
    for one in layers:
        call = calls.get(one.name, 0)
        calls[one.name] = call + 1
        nodes.append(Node(one.name, call, (before,)))
        before = Ref(one.name, call)
    found = {"input": entry, **{one.name: one for one in layers}}
    return Model(
        "model",
        "Functional",
        Graph(found, nodes, [Ref("input")], [before]),
    )


def differences(function, x, step=STEP):
    """Return d function(x) / dx by central differences."""
    found = np.empty_like(x)
    for place in np.ndindex(x.shape):
        moved = x.copy()
        moved[place] += step
        above = function(moved)
        moved[place] -= 2 * step
        found[place] = (above - function(moved)) / (2 * step)
    return found
