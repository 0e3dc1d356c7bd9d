"""The direct share of each unit in an output: h_u · w_u of the Dense layer that
reads the layer, at one timestep.

The shares and the bias add up to the output before its activation, exactly. A
share is the part that the unit's h adds now; its effect by way of the other
units is not in it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from rnn_tui.analysis.plain import number, plain
from rnn_tui.analysis.table import Table
from rnn_tui.analysis.target import LOGIT, MARGIN
from rnn_tui.engine.gradients.calls import tensors_read
from rnn_tui.engine.gradients.heads import applied
from rnn_tui.engine.layers.identity import Identity
from rnn_tui.engine.recurrent.bidirectional import Bidirectional

if TYPE_CHECKING:
    from rnn_tui.analysis.target import Target
    from rnn_tui.engine.gradients.calls import Call
    from rnn_tui.engine.graph.nodes import Ref
    from rnn_tui.engine.layers.layer import Layer
    from rnn_tui.engine.trace.trace import CellTrace, ModelTrace

Float = NDArray[np.float64]

DENSE = ("Dense", "TimeDistributedDense")

TITLES = ("layer", "target", "unit", "share")


@dataclass(frozen=True, eq=False)
class DirectShare:
    """The shares of a cell's units in one unit of a Dense layer, `(units,)`.

    `rest` is the share of the inputs that the Dense layer reads besides this
    cell (the other direction), `value` the sum of all and the bias.
    """

    key: str
    target: str
    values: Float
    rest: float
    bias: float

    @property
    def value(self) -> float:
        """The output before its activation."""
        return float(self.values.sum()) + self.rest + self.bias

    def tree(self) -> dict[str, Any]:
        """Return the shares as JSON."""
        return {
            "target": self.target,
            "values": plain(self.values),
            "rest": number(self.rest),
            "bias": number(self.bias),
            "value": number(self.value),
        }

    def table(self) -> Table:
        """Return a row for each unit."""
        rows = [
            [self.key, self.target, unit, value]
            for unit, value in enumerate(self.values.tolist())
        ]
        return Table("direct", TITLES, rows, numbers=frozenset(TITLES[2:]))


def direct_share(
    trace: ModelTrace,
    cell: CellTrace,
    target: Target,
    sequence: int = 0,
) -> DirectShare | None:
    """Return the shares of a cell's units in a target; None where no Dense
    layer reads the cell's h on its way to the target and nothing else.
    """
    call = target.call
    if call is None or target.quantity == MARGIN:
        return None

    dense = applied(call.layer)
    if dense.class_name not in DENSE or not _is_plain(dense):
        return None

    found = _source(call)
    columns = None
    if found is not None and found[0] == cell.layer:
        columns = _columns(cell, trace, found[1])

    if columns is None:
        return None

    first = tensors_read(call, trace)[0]
    read = first.value[sequence]
    at = target.at(trace, sequence)
    if at is not None:
        read = read[at]

    kernel = _array(dense, "kernel")
    bias = _array(dense, "bias")
    of_unit = kernel[:, target.unit]
    products = read.astype(np.float64) * of_unit
    own = products[columns]
    rest = products.sum() - own.sum()
    added = 0.0
    if bias.size:
        added = float(bias[target.unit])

    name = _name(target, dense, at)

    return DirectShare(cell.key, name, own, float(rest), added)


def _name(target: Target, dense: Layer, at: int | None) -> str:
    """Return the name of the sum of the shares: an output with an
    activation is its logit before.
    """
    quantity = target.quantity
    if dense.config.get("activation") not in (None, "linear"):
        quantity = LOGIT

    return str(replace(target, quantity=quantity, timestep=at))


def _is_plain(dense: Layer) -> bool:
    """Return whether the layer is a kernel and a bias and nothing more."""
    names = {weight.name for weight in dense.weights}
    return "kernel" in names and names <= {"kernel", "bias"}


def _array(dense: Layer, name: str) -> Float:
    """Return an array of a layer in float64; an empty one where it has none."""
    for weight in dense.weights:
        if weight.name == name:
            return np.asarray(weight.value, dtype=np.float64)

    return np.zeros(0)


def _source(call: Call) -> tuple[str, Layer] | None:
    """Return the path of the recurrent layer whose output a call reads, and
    the layer; layers that pass everything on are passed.
    """
    graph = call.scope.graph
    refs = call.node.input_refs
    while len(refs) == 1 and refs[0] not in graph.inputs:
        ref: Ref = refs[0]
        layer = graph.layers[ref.layer]
        if layer.recurrent and ref.tensor == 0:
            return call.scope.path(ref), layer
        if not isinstance(applied(layer), Identity):
            return None

        node = next(
            node
            for node in graph.nodes
            if (node.layer, node.call) == (ref.layer, ref.call)
        )
        refs = node.input_refs

    return None


def _columns(
    cell: CellTrace,
    trace: ModelTrace,
    layer: Layer,
) -> slice | None:
    """Return the columns of the layer's output that are the cell's h; None
    where none are.
    """
    of_layer = [one for one in trace.cells if one.layer == cell.layer]
    last = max(one.index or 0 for one in of_layer)
    if (cell.index or 0) != last:
        return None

    if not isinstance(layer, Bidirectional):
        return slice(0, cell.units)
    if layer.merge_mode != "concat":
        return None

    start = 0
    if cell.direction == "backward":
        start = sum(
            one.units
            for one in of_layer
            if one.direction == "forward" and (one.index or 0) == last
        )

    return slice(start, start + cell.units)
