"""Which tensors of a model have the timesteps of its input, each depending on
earlier timesteps alone: a run of its end may then start from stored states.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from rnn_tui.engine.core.arrays import Array
from rnn_tui.engine.gradients.calls import (
    Call,
    Scope,
    in_outer_graph,
    inner_scope,
    sequence_refs,
    tensors_read,
)
from rnn_tui.engine.graph.chunked_call import each_timestep_alone
from rnn_tui.engine.graph.graph import Graph
from rnn_tui.engine.graph.nodes import Ref
from rnn_tui.engine.layers.call_arguments import WithArguments
from rnn_tui.engine.recurrent.layer import Recurrent

if TYPE_CHECKING:
    from rnn_tui.engine.trace.trace import ModelTrace


@dataclass(eq=False)
class Aligned:
    """The calls whose first output is aligned with the input, and the recurrent
    calls that read an aligned sequence, by their paths.
    """

    trace: ModelTrace
    outputs: set[str] = field(default_factory=set)
    recurrent: set[str] = field(default_factory=set)

    def states_before(self, t: int) -> dict[str, Array]:
        """Return the states of the cells before timestep t, by `KEY/h`, each
        `(units,)`, of a run of one sequence.
        """
        found = {}
        for cell in self.trace.cells:
            if cell.layer in self.recurrent:
                for name in cell.cell.states:
                    found[f"{cell.key}/{name}"] = cell.previous(name, t)[0]

        return found

    def masked(self) -> bool:
        """Return whether a mask says which timesteps a recurrent call reads."""
        return any(
            cell.mask is not None
            for cell in self.trace.cells
            if cell.layer in self.recurrent
        )

    def last_read_before(self, t: int) -> int:
        """Return the last timestep before t that every recurrent call read; t
        where no mask skips any, 0 where there is none.
        """
        masks = [
            cell.mask[0]
            for cell in self.trace.cells
            if cell.layer in self.recurrent and cell.mask is not None
        ]
        if not masks:
            return t

        for earlier in range(t - 1, -1, -1):
            if all(mask[earlier] for mask in masks):
                return earlier

        return 0


def aligned(graph: Graph, trace: ModelTrace) -> Aligned | None:
    """Return the aligned part of a model; None where a layer looks ahead, or
    one that isn't known to look back alone.
    """
    lengths = {value.shape[1:2] for value in trace.inputs.values()}
    if len(lengths) != 1 or () in lengths:
        return None

    found = Aligned(trace)
    if _walk(Scope(graph), found):
        return found

    return None


def _walk(scope: Scope, found: Aligned) -> bool:
    """Go through the calls of a graph; return whether all of them are
    known.
    """
    given = set(scope.graph.inputs)
    for node in scope.graph.nodes:
        layer = scope.graph.layers[node.layer]
        if Ref(node.layer, node.call) in given or layer.constant:
            continue

        call = Call(scope.prefix + node.key, node, layer, scope)
        if call.path in found.trace.layers and not _known(call, found):
            return False

    return True


def _known(call: Call, found: Aligned) -> bool:
    """Note the tensors of a call; return False where they are unknown."""
    layer = call.layer
    refs = call.node.refs()
    reads = [_reads_aligned(call.scope, ref, found) for ref in refs]
    if layer.nested is not None:
        scope = inner_scope(call)
        if not _walk(scope, found):
            return False

        if _reads_aligned(scope, scope.graph.outputs[0], found):
            found.outputs.add(call.path)

        return len(scope.graph.outputs) == 1
    if not any(reads):
        return True
    if not all(reads) or list(refs) != sequence_refs(call.node):
        return False

    if isinstance(layer, Recurrent):
        ahead = layer.flag("go_backwards") or layer.flag("time_major")
        if ahead or len(refs) > 1:
            return False

        found.recurrent.add(call.path)
        if layer.flag("return_sequences"):
            found.outputs.add(call.path)

        return True

    if isinstance(layer, WithArguments):
        return False

    found.outputs.add(call.path)

    return each_timestep_alone(layer, tensors_read(call, found.trace))


def _reads_aligned(scope: Scope, ref: Ref, found: Aligned) -> bool:
    scope, ref = in_outer_graph(scope, ref)
    if ref in scope.graph.inputs:
        return True

    return ref.tensor == 0 and scope.path(ref) in found.outputs
