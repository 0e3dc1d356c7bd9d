"""A model as a plan that another process can rebuild in Keras: class names,
plain values, arrays by number.

The plan is made from the engine's graph, after everything about the file is
decided, so it also serves files that no Keras opens and weights on assumptions.
It holds no object of the file: no code, no initialisers, no paths.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, pairwise
from typing import TYPE_CHECKING, Any

from rnn_tui.engine.cells.kinds import RESET_AFTER
from rnn_tui.engine.core.activations import has_slopes
from rnn_tui.engine.core.arrays import Tensor, Weight
from rnn_tui.engine.graph.graph import Graph
from rnn_tui.engine.graph.nodes import Node, Ref
from rnn_tui.engine.layers.layer import Layer
from rnn_tui.engine.layers.operators import Operator, TensorFlowOperator
from rnn_tui.engine.layers.probing import quiet_run
from rnn_tui.engine.layers.text import TextVectorization
from rnn_tui.engine.layers.wrappers import (
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
"""Today's name of a class: one of Keras 1, and one that is exported under a
shorter name.
"""
CHAINED = ("input", "layer", "cells", "bidirectional", "wrapper", "model")
"""Kinds of layers that a Sequential takes."""
CAUSAL = ("Attention", "AdditiveAttention")
"""Layers whose setting `causal` is an argument of their call in today's
Keras.
"""
MERGE = "Merge"
"""Keras 1's merging layer: the engine holds the layer that computes the same
since.
"""
USUAL_ACTIVATIONS = {"activation": "tanh", "recurrent_activation": "sigmoid"}
"""A cell's activations where its configuration names no other."""


@dataclass(eq=False)
class Plan:
    """A described model: the description, its arrays by number, and our names
    of its parts.
    """

    graph: Described = field(default_factory=dict)
    arrays: dict[str, NDArray[Any]] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    """Our name of a call, by its path in the plan without the calls of the
    models around it: `n3/n1@1` → `lstm@1`.
    """
    orders: dict[str, list[int]] = field(default_factory=dict)
    """The number of Keras's output for each of ours, by the layer's path in the
    plan, where they differ.
    """
    left_out: list[str] = field(default_factory=list)
    """Layers that aren't rebuilt: those that read text.

    Their ids are fed instead.
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
        """Return the number of Keras's output for each of a call's `count`
        outputs.
        """
        return self.orders.get(without_calls(path), range(count))

    def keep(self, array: NDArray[Any]) -> str:
        """Keep an array; return its number."""
        number = str(len(self.arrays))
        self.arrays[number] = array

        return number


def plan_of(graph: Graph, computed: Collection[str]) -> Plan:
    """Return the plan of a model as far as it was `computed` (the keys of its
    calls).

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
    graph: Graph,
    nodes: Sequence[Node],
    plan: Plan,
    plan_path: str,
    our_path: str,
) -> Described:
    """Return a graph's description; the paths are those of the model it is in,
    with a slash at the end.
    """
    numbers = {name: number for number, name in enumerate(graph.layers)}
    layers = _layers(graph, nodes, plan, plan_path, our_path)

    calls = []
    done: dict[str, int] = {}
    for node in nodes:
        number = numbers[node.layer]
        layer = graph.layers[node.layer]
        if _is_constant(layer):
            constant = _constant(node, graph, plan)
            calls.append(
                {"constant": constant, "layer": number, "call": node.call}
            )
            continue

        place = done.get(node.layer, 0)
        done[node.layer] = place + 1
        if place:
            key = f"{plan_path}n{number}@{place}"
        else:
            key = f"{plan_path}n{number}"

        plan.names[key] = node.key
        described = layers[number]
        if "order" in described:
            plan.orders[f"{plan_path}n{number}"] = described["order"]

        calls.append(_call(node, layer, numbers, plan))

    shapes = [
        graph.layers[ref.layer].config.get("batch_shape")
        for ref in graph.inputs
    ]
    outputs = [
        [place, _ref(ref, numbers)]
        for place, ref in _reached_outputs(graph, nodes)
    ]

    return {
        "layers": layers,
        "calls": calls,
        "inputs": [_ref(ref, numbers) for ref in graph.inputs],
        "shapes": shapes,
        "outputs": outputs,
        "chain": _is_chain(graph, nodes),
    }


def _layers(
    graph: Graph,
    nodes: Sequence[Node],
    plan: Plan,
    plan_path: str,
    our_path: str,
) -> list[Described]:
    """Return the descriptions of a graph's layers; layers without a call are
    inputs.
    """
    called = {node.layer for node in nodes}
    layers: list[Described] = []
    for number, (name, layer) in enumerate(graph.layers.items()):
        if name in called:
            paths = f"{plan_path}n{number}", f"{our_path}{name}"
            layers.append(_layer(layer, plan, paths))
        else:
            layers.append({"kind": "input"})

    return layers


def _reached_outputs(
    graph: Graph,
    nodes: Sequence[Node],
) -> list[tuple[int, Ref]]:
    """Return the outputs that the calls compute, with their places."""
    known = {*graph.inputs, *(Ref(node.layer, node.call) for node in nodes)}

    return [
        (place, ref)
        for place, ref in enumerate(graph.outputs)
        if ref._replace(tensor=0) in known
    ]


def _is_chain(graph: Graph, nodes: Sequence[Node]) -> bool:
    """Whether each call reads the one before it, as in a Sequential."""
    if len(graph.inputs) != 1 or not nodes:
        return False
    if nodes[0].args != (graph.inputs[0],):
        return False

    return all(_follows(before, after) for before, after in pairwise(nodes))


def _is_constant(layer: Layer) -> bool:
    """Whether a layer is a tensor of the model's own, which no run records."""
    return bool(getattr(layer, "constant", False))


def _follows(before: Node, after: Node) -> bool:
    """Whether a call reads the output of the call before it, and nothing
    else.
    """
    return (
        after.args == (Ref(before.layer, before.call),) and not after.refs()[1:]
    )


def _ref(ref: Ref, numbers: Mapping[str, int]) -> list[int]:
    return [numbers[ref.layer], ref.call, ref.tensor]


def _constant(node: Node, graph: Graph, plan: Plan) -> str:
    """Return the number of a constant's array."""
    (tensor,) = graph.layers[node.layer].call([], quiet_run())
    return plan.keep(tensor.value)


def _call(
    node: Node,
    layer: Layer,
    numbers: Mapping[str, int],
    plan: Plan,
) -> Described:
    """Return one call: the layer's number, the call's, and its arguments."""
    kwargs: dict[str, Any] = {}
    for key, value in node.kwargs.items():
        if key != "training" and value is not None:
            kwargs[key] = _argument(value, numbers, plan)

    if layer.config.get("causal") and layer.class_name in CAUSAL:
        kwargs["use_causal_mask"] = True

    return {
        "layer": numbers[node.layer],
        "call": node.call,
        "args": [_argument(value, numbers, plan) for value in node.args],
        "kwargs": kwargs,
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
        items = value.items()
        described = {
            str(key): _argument(item, numbers, plan) for key, item in items
        }
        return {"object": described}

    if value is None or isinstance(value, bool | int | float | str):
        return value

    raise VerifyError(
        f"an argument of its calls can't be told to Keras: {clean(value, 40)}"
    )


def _layer(layer: Layer, plan: Plan, paths: tuple[str, str]) -> Described:
    """Return a layer's description; `paths` are its paths in the plan and in
    ours.

    Raises VerifyError when it has none.
    """
    if _is_constant(layer):
        return {"kind": "constant"}

    plan_path, our_path = paths
    _check(layer, our_path)

    if layer.nested is not None:
        return _nested(layer, layer.nested, plan, paths)

    if isinstance(layer, TimeDistributed | SpectralNormalization):
        wrapped = layer.inner
        if wrapped is not None:
            inner_paths = f"{plan_path}/inner", f"{our_path}/{wrapped.name}"
            inner = _layer(wrapped, plan, inner_paths)
            return {
                "kind": "wrapper",
                "class": layer.class_name,
                "inner": inner,
            }

    if isinstance(layer, Bidirectional):
        return _bidirectional(layer, plan, our_path)
    if isinstance(layer, Recurrent):
        return _recurrent(layer, plan)

    if isinstance(layer, TextVectorization):
        plan.left_out.append(our_path)
        return {"kind": "same"}

    if isinstance(layer, Operator):
        config = plain_settings(layer.config)
        return {
            "kind": "operation",
            "class": layer.class_name,
            "config": config,
        }

    if isinstance(layer, TensorFlowOperator):
        return {"kind": "function", "function": _function(layer, our_path)}

    return _plain(layer, plan)


def _nested(
    layer: Layer,
    graph: Graph,
    plan: Plan,
    paths: tuple[str, str],
) -> Described:
    """Return the description of a model that is a layer."""
    plan_path, our_path = paths
    inner = _graph(graph, graph.nodes, plan, f"{plan_path}/", f"{our_path}/")
    only_chained = all(one["kind"] in CHAINED for one in inner["layers"])
    sequential = (
        layer.class_name == "Sequential" and inner["chain"] and only_chained
    )

    return {"kind": "model", "graph": inner, "sequential": sequential}


def _plain(layer: Layer, plan: Plan) -> Described:
    """Return the description of a layer without a part of its own kind."""
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
    """Raise VerifyError for a layer that can't be rebuilt from its class and
    plain values.
    """
    if isinstance(layer, Operator):
        return
    if layer.nested is not None:
        return

    written = str(layer.config.get("written", layer.class_name))
    if written != MERGE and not is_own(written):
        raise VerifyError(
            f"layer {path!r} is a {clean(written, 40)}, its author's own "
            "class: Keras can't be asked"
        )
    if layer.config.get("quantized") is not None:
        raise VerifyError(
            f"layer {path!r} is quantized, which can't be told to Keras by "
            "its arrays"
        )
    if has_slopes(layer.config.get("activation")):
        raise VerifyError(
            f"layer {path!r} has a PReLU as its activation, which can't be "
            "told to Keras by its arrays"
        )


def _function(layer: Layer, path: str) -> str:
    function = str(layer.config.get("function"))
    if tensorflow_row(function) is None:
        raise VerifyError(
            f"layer {path!r} is TensorFlow's {clean(function, 40)}, which "
            "isn't reproduced"
        )

    return function


def _bidirectional(
    layer: Bidirectional,
    plan: Plan,
    our_path: str,
) -> Described:
    (_, forward), (_, backward) = layer.sides
    described: Described = {
        "kind": "bidirectional",
        "merge_mode": layer.merge_mode,
    }
    for name, side in (("forward", forward), ("backward", backward)):
        _check(side, f"{our_path}/{name}")
        described[name] = _recurrent(side, plan)

    if not layer.config.get("force_zero_output", True):
        described["zero_outputs"] = [
            side.flag("zero_output_for_mask") for side in (forward, backward)
        ]

    return described


def _recurrent(layer: Recurrent, plan: Plan) -> Described:
    """Return a recurrent layer's description; settings read from its arrays
    override its configuration.
    """
    described: Described = {"kind": "layer", "class": layer.class_name}
    settings = plain_settings(layer.config)

    if layer.class_name == "RNN":
        described["kind"] = "cells"
        described["stacked"] = layer.stacked
        described["cells"] = [
            {"class": f"{source.class_name}Cell", "config": _cell(source)}
            for source in layer.sources
        ]
        if layer.stacked and layer.config.get("reverse_state_order"):
            described["order"] = _order(layer.sources)
    else:
        settings |= _cell(layer.sources[0])

    described["zero_output"] = layer.flag("zero_output_for_mask")
    described["config"] = settings
    described["arrays"] = _arrays(layer.weights, plan)

    return described


def _order(sources: Sequence[CellSource]) -> list[int]:
    """Return the number of today's output for each output of a layer that lists
    its cells' states from the last cell to the first.
    """
    places_by_cell: list[list[int]] = []
    count = 1  # the output itself comes first in either order
    for source in sources:
        places = list(range(count, count + len(source.states)))
        places_by_cell.append(places)
        count += len(places)

    last_cell_first = chain.from_iterable(reversed(places_by_cell))

    return [0, *last_cell_first]


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

    config = {**USUAL_ACTIVATIONS, **source.config}

    return settings | _activations(config, keys, source.generation)


def _activations(
    config: Mapping[str, Any],
    keys: Sequence[str],
    generation: int,
) -> Described:
    return {
        key: described_activation(config[key], generation)
        for key in keys
        if config.get(key) is not None
    }


def _sizes(layer: Layer) -> Described:
    """Return the settings of a Dense that its arrays tell and its configuration
    doesn't.
    """
    if layer.class_name != "TimeDistributedDense" or not layer.weights:
        return {}

    units = layer.weights[0].shape[-1]
    use_bias = len(layer.weights) > 1

    return {"units": units, "use_bias": use_bias}


def _arrays(weights: Sequence[Weight], plan: Plan) -> list[str]:
    return [plan.keep(weight.value) for weight in weights]
