"""One pass of a recurrent layer over a sequence: states in, outputs and states
out.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from rnn_tui.engine.core import lazy_numpy as np
from rnn_tui.engine.core.arrays import Array, Mask, Tensor
from rnn_tui.engine.layers.layer import Run
from rnn_tui.engine.recurrent.initial_states import initial_states
from rnn_tui.engine.recurrent.run_cells import Ran, Sequences, run_cells
from rnn_tui.errors import MisfitError, UnsupportedLayerError

if TYPE_CHECKING:
    from rnn_tui.engine.recurrent.layer import Recurrent
    from rnn_tui.engine.trace.trace import CellTrace, Direction


class Passed(NamedTuple):
    """The results of a sequence: the layer's outputs and the traces of its
    cells.
    """

    outputs: list[Tensor]
    cells: tuple[CellTrace, ...]


def pass_through(
    layer: Recurrent,
    inputs: Sequence[Tensor],
    run: Run,
    direction: Direction | None = None,
    zero_output: bool | None = None,
) -> Passed:
    """Read the sequence without recording a LayerTrace, as a Bidirectional
    needs it of each side.
    """
    if layer.why_not is not None:
        raise UnsupportedLayerError(run.path or layer.name, layer.why_not)

    sequence, *given = inputs
    x, mask = _entered(layer, sequence, run)
    paths = layer.paths(run.path, direction)
    cells = list(zip(paths, layer.sources, strict=True))
    states = initial_states(
        layer.in_state_order(cells),
        x,
        users=run.initial_state,
        from_graph=[layer.axes.entered_state(state) for state in given],
        generation=layer.generation,
    )
    read = Sequences(x, mask, layer.flag("go_backwards"))
    ran = run_cells(cells, states, read, run)

    if zero_output is None:
        zero_output = layer.flag("zero_output_for_mask")

    h = layer.returned(ran.h, read.read_mask, zero_output)
    output_mask = None
    if layer.flag("return_sequences"):
        output_mask = sequence.mask

    outputs = [Tensor(h, output_mask)]
    if layer.flag("return_state"):
        outputs += _final_states(layer, ran)

    return Passed(outputs, ran.traces)


def _entered(
    layer: Recurrent,
    sequence: Tensor,
    run: Run,
) -> tuple[Array, Mask | None]:
    """Return a sequence as the cells read it, `(batch, timesteps, …)`, and its
    mask.
    """
    value, mask = layer.axes.entered(sequence)
    if mask is not None and mask.shape != value.shape[:2]:
        raise MisfitError(
            f"a mask of {mask.shape} says nothing of the timesteps of "
            f"{value.shape}"
        )

    x = np.asarray(value, dtype=run.dtype)
    copied = layer.sources[0].values_copied(x)
    if copied:
        run.claims(run.path, copied, run.dtype.itemsize)

    return x, mask


def _final_states(layer: Recurrent, ran: Ran) -> list[Tensor]:
    """Return the states after the last timestep, in Keras's order."""
    states = []
    for record in layer.in_state_order(ran.records):
        for state in record.final().values():
            returned = layer.axes.returned(state)
            states.append(Tensor(returned))

    return states
