"""The calls of a model by their paths in a trace, those of nested models
included, and the tensors that each of them read.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from rnn_tui.engine.core import lazy_numpy as np
from rnn_tui.engine.core.arrays import Mask, Tensor
from rnn_tui.engine.graph.graph import NO_SEQUENCES, Graph
from rnn_tui.engine.graph.nodes import Node, Ref, refs_in
from rnn_tui.engine.layers.layer import Layer
from rnn_tui.engine.layers.probing import quiet_run
from rnn_tui.engine.recurrent.bidirectional import Bidirectional
from rnn_tui.engine.trace.paths import called
from rnn_tui.errors import RnnTuiError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from rnn_tui.engine.trace.trace import LayerTrace, ModelTrace


@dataclass(frozen=True, eq=False)
class Scope:
    """A graph and the place of its run: a nested model has the path of its call
    as `prefix`, and that call as `outer`.
    """

    graph: Graph
    prefix: str = ""
    outer: Call | None = None
    given: tuple[Tensor, ...] | None = None
    """The inputs of a model that a TimeDistributed runs: no call made them."""

    def path(self, ref: Ref) -> str:
        """Return the path of the call that returns a tensor."""
        return self.prefix + called(ref.layer, ref.call)


class Call(NamedTuple):
    """One call of one layer: its path in a trace, and the graph it belongs
    to.
    """

    path: str
    node: Node
    layer: Layer
    scope: Scope


def calls_of(scope: Scope) -> Iterator[Call]:
    """Yield every call in the order of a run; those of a nested model come
    after its own.
    """
    given = set(scope.graph.inputs)
    for node in scope.graph.nodes:
        if Ref(node.layer, node.call) in given:
            continue

        layer = scope.graph.layers[node.layer]
        call = Call(scope.prefix + node.key, node, layer, scope)
        yield call

        if layer.nested is not None:
            yield from calls_of(inner_scope(call))


def calls_by_path(graph: Graph) -> dict[str, Call]:
    """Return every call of a model by its path."""
    return {call.path: call for call in calls_of(Scope(graph))}


def inner_scope(call: Call) -> Scope:
    """Return the graph of a nested model in one of its calls."""
    assert call.layer.nested is not None

    return Scope(call.layer.nested, f"{call.path}/", call)


def sequence_refs(node: Node) -> list[Ref]:
    """Return the tensors that a call hands to its layer, in order: sequences,
    then initial states; masks are not among them.
    """
    sequences = list(refs_in(node.args))
    if not sequences:
        named = {
            key: value
            for key, value in node.kwargs.items()
            if key not in NO_SEQUENCES
        }
        sequences = list(refs_in(named))

    return [*sequences, *refs_in(node.kwargs.get("initial_state"))]


def tensors_read(call: Call, trace: ModelTrace) -> list[Tensor]:
    """Return the tensors that a call read as inputs, in order."""
    read = [tensor(call.scope, ref, trace) for ref in sequence_refs(call.node)]
    masks = refs_in(call.node.kwargs.get("mask"))
    for k, ref in enumerate(masks):
        mask = tensor(call.scope, ref, trace).value.astype(np.bool_)
        whole = np.broadcast_to(mask, read[k].value.shape[: mask.ndim])
        read[k] = Tensor(read[k].value, whole)

    return read


def tensor(scope: Scope, ref: Ref, trace: ModelTrace) -> Tensor:
    """Return the value of a tensor in a run, with its mask.

    Raises RnnTuiError where the run ended before it.
    """
    scope, ref = in_outer_graph(scope, ref)
    if ref in scope.graph.inputs:
        if scope.given is not None:
            return scope.given[scope.graph.inputs.index(ref)]

        return Tensor(_fed(ref, trace))

    layer = scope.graph.layers[ref.layer]
    if layer.constant:
        return layer.call([], quiet_run(dtype_of(trace)))[ref.tensor]

    found = _left(scope.path(ref), trace)
    mask = _mask(scope, ref, layer, found, trace)

    return Tensor(found.outputs[ref.tensor], mask)


def in_outer_graph(scope: Scope, ref: Ref) -> tuple[Scope, Ref]:
    """Return the tensor that an input of a nested model is, where it was
    made.
    """
    while scope.outer is not None and ref in scope.graph.inputs:
        place = scope.graph.inputs.index(ref)
        ref = scope.outer.node.input_refs[place]
        scope = scope.outer.scope

    return scope, ref


def _fed(ref: Ref, trace: ModelTrace) -> NDArray[Any]:
    if ref.layer not in trace.inputs:
        raise RnnTuiError(f"this run was not fed its input {ref.layer!r}")

    return trace.inputs[ref.layer]


def dtype_of(trace: ModelTrace) -> str:
    """Return the dtype in which a run was computed."""
    for layer in trace.layers.values():
        for value in layer.outputs:
            if value.dtype in ("float32", "float64"):
                return str(value.dtype)

    return "float32"


def _left(path: str, trace: ModelTrace) -> LayerTrace:
    found = trace.layers.get(path)
    if found is not None:
        return found

    why = ""
    if trace.stopped is not None:
        why = f": it stopped at {trace.stopped[0]!r}"

    raise RnnTuiError(f"this run has no values of {path!r}{why}")


def _mask(
    scope: Scope,
    ref: Ref,
    layer: Layer,
    found: LayerTrace,
    trace: ModelTrace,
) -> Mask | None:
    """Return the mask of a tensor; that of a nested model is where the tensor
    was made.
    """
    if layer.nested is not None:
        node = next(
            node
            for node in scope.graph.nodes
            if (node.layer, node.call) == ref[:2]
        )
        call = Call(scope.path(ref), node, layer, scope)
        inner = inner_scope(call)
        return tensor(inner, inner.graph.outputs[ref.tensor], trace).mask

    if layer.recurrent:
        if ref.tensor in _sequences(layer):
            return found.mask

        return None

    if ref.tensor > 0:
        return None

    return found.mask


def _sequences(layer: Layer) -> tuple[int, ...]:
    """Return which outputs of a recurrent layer are sequences."""
    if isinstance(layer, Bidirectional):
        _, side = layer.sides[0]
        if not side.flag("return_sequences"):
            return ()
        if layer.merge_mode is None:
            return (0, 1)

        return (0,)

    if layer.config.get("return_sequences"):
        return (0,)

    return ()
