"""The gradient by input: an input of numbers has its own, one of ids that of
the vectors of these ids.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rnn_tui.engine.core import lazy_numpy as np
from rnn_tui.engine.core.arrays import Array
from rnn_tui.engine.gradients.calls import (
    Call,
    Scope,
    calls_by_path,
    in_outer_graph,
    inner_scope,
    sequence_refs,
)
from rnn_tui.engine.gradients.graph_back import Gradients
from rnn_tui.engine.graph.nodes import Ref
from rnn_tui.engine.layers.text import TextVectorization
from rnn_tui.engine.model import Model
from rnn_tui.engine.trace.paths import called

if TYPE_CHECKING:
    from rnn_tui.engine.trace.trace import ModelTrace


def by_input(
    model: Model,
    trace: ModelTrace,
    found: Gradients,
) -> dict[str, Array]:
    """Return the gradient of each input on which the target depends, `(rows,
    timesteps, features)`, of a run of one sequence.

    The vectors of all layers that look up an id are side by side.
    """
    lookups = lookups_by_input(model)
    every: dict[str, Array] = {}
    for name, value in trace.inputs.items():
        parts = [
            found.vectors[path]
            for path in lookups.get(name, ())
            if path in found.vectors
        ]
        if name in found.inputs:
            parts.append(found.inputs[name])
        if not parts:
            continue

        timesteps = value.shape[1] if value.ndim > 1 else 1
        if value.ndim == 2 and not lookups.get(name):
            timesteps = 1  # a plain vector

        flat = [
            part[:, 0].reshape(len(part), timesteps, -1)  # one sequence
            for part in parts
        ]
        every[name] = np.concatenate(flat, axis=-1)

    return every


def lookups_by_input(model: Model) -> dict[str, tuple[str, ...]]:
    """Return the calls that look up the ids of each input, by their paths."""
    found: dict[str, tuple[str, ...]] = {}
    for path, call in calls_by_path(model.graph).items():
        if not call.layer.schema.reads_ids:
            continue

        refs = sequence_refs(call.node)
        name = input_read(call.scope, *refs[:1])
        if name is not None:
            before = found.get(name, ())
            found[name] = (*before, path)

    return found


def input_read(scope: Scope, *refs: Ref) -> str | None:
    """Return the model's input that one of the tensors is, None where all are
    computed. The ids that a layer makes of a text are its input.
    """
    for ref in refs:
        outer, own = in_outer_graph(scope, ref)
        if own in outer.graph.inputs:
            return own.layer

        found = _made_of_text(outer, own)
        if found is not None:
            return found

    return None


def _made_of_text(scope: Scope, ref: Ref) -> str | None:
    """Return the input whose text a tensor has the ids of."""
    layer = scope.graph.layers[ref.layer]
    key = called(ref.layer, ref.call)
    nodes = [node for node in scope.graph.nodes if node.key == key]
    if not nodes:
        return None

    node = nodes[0]
    if isinstance(layer, TextVectorization):
        return input_read(scope, *sequence_refs(node))
    if layer.nested is not None:
        call = Call(scope.path(ref), node, layer, scope)
        inner = inner_scope(call)
        output = inner.graph.outputs[ref.tensor]
        return input_read(inner, output)

    return None
