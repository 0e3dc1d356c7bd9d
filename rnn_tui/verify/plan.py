"""A model as a description that another process can build in Keras: class names, plain
values, arrays by number.

It is made of the engine's own graph, after everything about the file is settled, so it
serves files that no Keras opens as well as weights on assumptions. It holds no object
of the file's: no code, no initialisers, no paths.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from rnn_tui.engine.cells.kinds import RESET_AFTER
from rnn_tui.engine.core.activations import has_slopes
from rnn_tui.engine.core.arrays import Tensor, Weight
from rnn_tui.engine.graph.graph import Graph
from rnn_tui.engine.graph.nodes import Node, Ref
from rnn_tui.engine.layers.base import quiet_run
from rnn_tui.engine.layers.layer import Layer
from rnn_tui.engine.layers.operators import Operator, TensorFlowOperator
from rnn_tui.engine.layers.text import TextVectorization
from rnn_tui.engine.layers.wrappers import (
    NestedModel,
    SpectralNormalization,
    TimeDistributed,
)
from rnn_tui.engine.operations.tensorflow_table import tensorflow_row
from rnn_tui.engine.recurrent.bidirectional import Bidirectional
from rnn_tui.engine.recurrent.layer import Recurrent
from rnn_tui.engine.trace.paths import without_calls
from rnn_tui.errors import VerifyError
from rnn_tui.text import clean
from rnn_tui.verify.safety import is_own
from rnn_tui.verify.settings import described_activation, plain_settings

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from rnn_tui.engine.cells.stored_cell import CellSource

Described = dict[str, Any]
"""Part of a plan, fit for JSON."""

SINCE = {
    "TimeDistributedDense": "Dense",
    "GroupedQueryAttention": "GroupQueryAttention",
}
"""What today's Keras calls a class of another name: one of Keras 1, one that is
exported under a shorter one.
"""
CHAINED = ("input", "layer", "cells", "bidirectional", "wrapper", "model")
"""Kinds of layers that a Sequential takes."""
MERGE = "Merge"
"""Keras 1's merging layer, by whatever mode: the builder has made the layer of it that
computes the same since.
"""


@dataclass(eq=False)
class Plan:
    """A described model: `arrays` by the numbers that the description has, `names` what
    we call its parts.
    """

    graph: Described = field(default_factory=dict)
    arrays: dict[str, NDArray[Any]] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    """What we call a call, by its path in the plan, whichever call of the models around
    it it belongs to: `n3/n1@1` → `lstm@1`.
    """
    orders: dict[str, list[int]] = field(default_factory=dict)
    """Which of Keras's outputs each of ours is, by the layer's path in the plan, for
    the layers where they differ.
    """
    left_out: list[str] = field(default_factory=list)
    """Layers that Keras isn't asked about: those that read text, whose ids are fed in
    their place.
    """

    def ours(self, path: str) -> str:
        """Return our path of a call: `n3@1/n1` → `encoder@1/lstm`."""
        outer = ""
        found = []
        for part in path.split("/"):
            found.append(self.names.get(f"{outer}{part}", part))
            outer += f"{without_calls(part)}/"

        return "/".join(found)

    def order(self, path: str, count: int) -> Sequence[int]:
        """Return which of Keras's `count` outputs each of ours is, for a call by its
        path in the plan.
        """
        return self.orders.get(without_calls(path), range(count))

    def keep(self, array: NDArray[Any]) -> str:
        """Keep an array; return its number."""
        number = str(len(self.arrays))
        self.arrays[number] = array

        return number


def plan_of(graph: Graph, computed: Collection[str]) -> Plan:
    """Return the plan of a model as far as it was `computed` (the keys of its calls).

    Raises VerifyError where a layer can't be described.
    """
    plan = Plan()
    nodes = [
        node
        for node in graph.nodes
        if node.key in computed or _is_constant(graph.layers[node.layer])
    ]
    plan.graph = _graph(graph, nodes, plan, "", "")

    return plan


def _graph(
    graph: Graph, nodes: Sequence[Node], plan: Plan, theirs: str, ours: str
) -> Described:
    """Return a graph's description; `theirs` and `ours` are the paths of the model it
    is in, with a slash.
    """
    numbers = {name: number for number, name in enumerate(graph.layers)}
    used = {node.layer for node in nodes}
    layers: list[Described] = []
    for name, layer in graph.layers.items():
        paths = f"{theirs}n{numbers[name]}", f"{ours}{name}"
        layers.append(_layer(layer, plan, paths) if name in used else {"kind": "input"})

    calls = []
    made: dict[str, int] = {}
    for node in nodes:
        if _is_constant(graph.layers[node.layer]):
            calls.append(
                {
                    "constant": _constant(node, graph, plan),
                    "layer": numbers[node.layer],
                    "call": node.call,
                }
            )
            continue

        place = made[node.layer] = made.get(node.layer, -1) + 1
        their_key = f"n{numbers[node.layer]}" + (f"@{place}" if place else "")
        plan.names[f"{theirs}{their_key}"] = node.key
        if "order" in layers[numbers[node.layer]]:
            plan.orders[f"{theirs}n{numbers[node.layer]}"] = layers[
                numbers[node.layer]
            ]["order"]

        calls.append(_call(node, graph.layers[node.layer], numbers, plan))

    known = {*graph.inputs, *(Ref(node.layer, node.call) for node in nodes)}
    outputs = [
        (place, ref)
        for place, ref in enumerate(graph.outputs)
        if ref._replace(tensor=0) in known
    ]
    chain = len(graph.inputs) == 1 and all(_follows(*pair) for pair in pairwise(nodes))

    return {
        "layers": layers,
        "calls": calls,
        "inputs": [_ref(ref, numbers) for ref in graph.inputs],
        "shapes": [
            graph.layers[ref.layer].config.get("batch_shape") for ref in graph.inputs
        ],
        "outputs": [[place, _ref(ref, numbers)] for place, ref in outputs],
        "chain": chain and bool(nodes) and nodes[0].args == (graph.inputs[0],),
    }


def _is_constant(layer: Layer) -> bool:
    """Whether a layer is a tensor of the model's own, which no run records."""
    return bool(getattr(layer, "constant", False))


def _follows(before: Node, after: Node) -> bool:
    """Whether a call reads what the call before it returns, and nothing else."""
    return after.args == (Ref(before.layer, before.call),) and not after.refs()[1:]


def _ref(ref: Ref, numbers: Mapping[str, int]) -> list[int]:
    return [numbers[ref.layer], ref.call, ref.tensor]


def _constant(node: Node, graph: Graph, plan: Plan) -> str:
    """Return the number of a constant's array."""
    (tensor,) = graph.layers[node.layer].call([], quiet_run())
    return plan.keep(tensor.value)


def _call(
    node: Node, layer: Layer, numbers: Mapping[str, int], plan: Plan
) -> Described:
    """Return one call: the layer's number, the call's, and its arguments."""
    kwargs = {
        key: value
        for key, value in node.kwargs.items()
        if key != "training" and value is not None
    }
    if layer.config.get("causal") and layer.class_name in (
        "Attention",
        "AdditiveAttention",
    ):
        kwargs["use_causal_mask"] = True

    return {
        "layer": numbers[node.layer],
        "call": node.call,
        "args": [_argument(value, numbers, plan) for value in node.args],
        "kwargs": {
            key: _argument(value, numbers, plan) for key, value in kwargs.items()
        },
    }


def _argument(value: Any, numbers: Mapping[str, int], plan: Plan) -> Any:
    """Return an argument with its tensors by number and its arrays kept."""
    if isinstance(value, Ref):
        return {"ref": _ref(value, numbers)}
    if isinstance(value, Tensor):
        return {"array": plan.keep(value.value)}
    if hasattr(value, "dtype") and hasattr(value, "shape"):
        return {"array": plan.keep(value)}
    if isinstance(value, list | tuple):
        return [_argument(item, numbers, plan) for item in value]
    if isinstance(value, Mapping):
        return {
            "object": {
                str(key): _argument(item, numbers, plan) for key, item in value.items()
            }
        }
    if value is None or isinstance(value, bool | int | float | str):
        return value

    raise VerifyError(
        f"an argument of its calls can't be told to Keras: {clean(value, 40)}"
    )


def _layer(layer: Layer, plan: Plan, paths: tuple[str, str]) -> Described:
    """Return a layer's description; `paths` are the plan's and ours.

    Raises VerifyError when it has none.
    """
    if _is_constant(layer):
        return {"kind": "constant"}

    _check(layer, paths[1])
    if isinstance(layer, NestedModel) and layer.graph is not None:
        inner = _graph(
            layer.graph, layer.graph.nodes, plan, f"{paths[0]}/", f"{paths[1]}/"
        )
        plain = all(one["kind"] in CHAINED for one in inner["layers"])
        sequential = layer.class_name == "Sequential" and inner["chain"] and plain
        return {"kind": "model", "graph": inner, "sequential": sequential}

    if (
        isinstance(layer, TimeDistributed | SpectralNormalization)
        and layer.inner is not None
    ):
        inner = _layer(
            layer.inner, plan, (f"{paths[0]}/inner", f"{paths[1]}/{layer.inner.name}")
        )
        return {"kind": "wrapper", "class": layer.class_name, "inner": inner}

    if isinstance(layer, Bidirectional):
        return _bidirectional(layer, plan, paths)
    if isinstance(layer, Recurrent):
        return _recurrent(layer, plan)

    if isinstance(layer, TextVectorization):
        plan.left_out.append(paths[1])
        return {"kind": "same"}

    if isinstance(layer, Operator):
        return {
            "kind": "operation",
            "class": layer.class_name,
            "config": plain_settings(layer.config),
        }
    if isinstance(layer, TensorFlowOperator):
        return {"kind": "function", "function": _function(layer, paths[1])}

    settings = plain_settings(layer.config) | _sizes(layer)
    activations = _activations(layer.config, ("activation",), layer.generation)
    described: Described = {
        "kind": "layer",
        "class": SINCE.get(layer.class_name, layer.class_name),
    }
    if layer.config.get("mask_ends"):
        described["mask_ends"] = True

    return {
        **described,
        "config": settings | activations,
        "arrays": _arrays(layer.weights, plan),
    }


def _check(layer: Layer, path: str) -> None:
    """Raise VerifyError for a layer that Keras can't be asked about by its class and
    plain values.
    """
    written = str(layer.config.get("written", layer.class_name))
    if isinstance(layer, Operator) or (
        isinstance(layer, NestedModel) and layer.graph is not None
    ):
        return
    if written != MERGE and not is_own(written):
        raise VerifyError(
            f"layer {path!r} is a {clean(written, 40)}, its author's own class: Keras "
            "can't be asked"
        )
    if layer.config.get("quantized") is not None:
        raise VerifyError(
            f"layer {path!r} is quantized, which can't be told to Keras by its arrays"
        )
    if has_slopes(layer.config.get("activation")):
        raise VerifyError(
            f"layer {path!r} has a PReLU as its activation, which can't be told to "
            "Keras by its arrays"
        )


def _function(layer: Layer, path: str) -> str:
    function = str(layer.config.get("function"))
    if tensorflow_row(function) is None:
        raise VerifyError(
            f"layer {path!r} is TensorFlow's {clean(function, 40)}, which isn't "
            "reproduced"
        )

    return function


def _bidirectional(
    layer: Bidirectional, plan: Plan, paths: tuple[str, str]
) -> Described:
    (_, forward), (_, backward) = layer.sides
    described: Described = {"kind": "bidirectional", "merge_mode": layer.merge_mode}
    for name, side in (("forward", forward), ("backward", backward)):
        _check(side, f"{paths[1]}/{name}")
        described[name] = _recurrent(side, plan)

    if not layer.config.get("force_zero_output", True):
        described["zero_outputs"] = [
            side.flag("zero_output_for_mask") for side in (forward, backward)
        ]

    return described


def _recurrent(layer: Recurrent, plan: Plan) -> Described:
    """Return a recurrent layer's description: what its arrays say goes before what its
    configuration says.
    """
    described: Described = {"kind": "layer", "class": layer.class_name}
    settings = plain_settings(layer.config)
    if layer.class_name == "RNN":
        cells = [
            {"class": f"{one.class_name}Cell", "config": _cell(one)}
            for one in layer.sources
        ]
        described |= {"kind": "cells", "cells": cells, "stacked": layer.stacked}
        if layer.stacked and layer.config.get("reverse_state_order"):
            described["order"] = _order(layer.sources)
    else:
        settings |= _cell(layer.sources[0])

    described["zero_output"] = layer.flag("zero_output_for_mask")

    return {**described, "config": settings, "arrays": _arrays(layer.weights, plan)}


def _order(sources: Sequence[CellSource]) -> list[int]:
    """Return which of today's outputs is each of a layer's that lists its cells' states
    from the last cell on.
    """
    places: list[list[int]] = []
    count = 1
    for source in sources:
        places.append(list(range(count, count + len(source.states))))
        count += len(source.states)

    return [0, *(place for states in reversed(places) for place in states)]


def _cell(source: CellSource) -> Described:
    """Return the settings of one cell."""
    settings = plain_settings(source.config)
    kind = source.kind
    if not kind.keras:
        raise VerifyError(f"Keras has no class {kind.class_name}")

    settings[kind.size_key] = source.units
    settings["use_bias"] = len(source.weights) > 2
    if kind.has_key(RESET_AFTER):
        settings[RESET_AFTER] = source.reset_after

    keys: tuple[str, ...]
    if kind.gated:
        keys = ("activation", "recurrent_activation")
    else:
        keys = ("activation",)

    usual = {"activation": "tanh", "recurrent_activation": "sigmoid"}

    return settings | _activations({**usual, **source.config}, keys, source.generation)


def _activations(
    config: Mapping[str, Any], keys: Sequence[str], generation: int
) -> Described:
    return {
        key: described_activation(config[key], generation)
        for key in keys
        if config.get(key) is not None
    }


def _sizes(layer: Layer) -> Described:
    """Return what a Dense's arrays say of it, where its configuration is silent."""
    if layer.class_name == "TimeDistributedDense" and layer.weights:
        return {"units": layer.weights[0].shape[-1], "use_bias": len(layer.weights) > 1}

    return {}


def _arrays(weights: Sequence[Weight], plan: Plan) -> list[str]:
    return [plan.keep(weight.value) for weight in weights]
