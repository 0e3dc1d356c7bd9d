"""A recurrent layer backwards: cotangents of its outputs, in Keras's order,
become those of its sequence and of its initial states.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from rnn_tui.engine.core import lazy_numpy as np
from rnn_tui.engine.core.arrays import Array, Mask, Tensor
from rnn_tui.engine.gradients.merge_back import unstretched
from rnn_tui.engine.gradients.pictures_through_time import (
    pictures_through_time,
)
from rnn_tui.engine.gradients.through_time import through_time
from rnn_tui.engine.memory.large_arrays import roomy
from rnn_tui.engine.recurrent.bidirectional import Bidirectional
from rnn_tui.engine.recurrent.layer import Recurrent
from rnn_tui.engine.recurrent.returned import (
    held,
    last_output,
    masked_outputs,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from rnn_tui.engine.trace.trace import CellTrace

Bars = Sequence["NDArray[Any] | None"]
"""The cotangent of each output, `(rows, batch, …)`, None where one has none."""


@dataclass(eq=False)
class OfCells:
    """The cotangents of the cells of a run: `given` those that enter at their
    quantities, by the cell's key and the quantity's name, and `initial` those
    that come out at their initial states, by `KEY/h`.
    """

    rows: int
    given: Mapping[str, Mapping[str, Array]] = field(default_factory=dict)
    initial: dict[str, Array] = field(default_factory=dict)

    def has(self, cells: Sequence[CellTrace]) -> bool:
        """Return whether a quantity of one of the cells has a cotangent."""
        return any(cell.key in self.given for cell in cells)


def recurrent_back(
    layer: Recurrent,
    cells: Sequence[CellTrace],
    inputs: Sequence[Tensor],
    bars: Bars,
    of_cells: OfCells,
    zero: bool | None = None,
) -> list[NDArray[Any] | None]:
    """Return the cotangents of a recurrent layer's sequence and initial states,
    `(rows, batch, …)`.

    `zero` is whether a skipped timestep returns zeros, where the layer's own
    configuration says otherwise.
    """
    if zero is None:
        zero = layer.flag("zero_output_for_mask")

    y_bar, *state_bars = bars
    given = _of_states(layer, cells, state_bars, of_cells)
    bar = _of_outputs(layer, cells[-1], y_bar, zero)  # of the cell's output

    initial: dict[str, Mapping[str, Array]] = {}
    stacked = list(zip(cells, layer.sources, strict=True))
    for cell, source in reversed(stacked):
        own = given[cell.key]
        if bar is not None:
            _add(own, "h", bar)

        if not own:
            continue

        if cell.x.ndim > 3:
            through = pictures_through_time(cell, own)
        else:
            through = through_time(cell, own)

        initial[cell.key] = through.initial
        for name, value in through.initial.items():
            of_cells.initial[f"{cell.key}/{name}"] = value

        x_bar = through.x
        if source.residual and bar is not None:
            share = x_bar.dtype.type(source.residual)
            x_bar = x_bar + share * bar

        bar = x_bar

    if bar is not None:
        bar = _returned(layer, bar)

    states = _of_initial(layer, cells, initial, inputs[1:])

    return [bar, *states]


def _add(given: dict[str, Array], name: str, bar: Array) -> None:
    """Add a cotangent to those that enter at a quantity."""
    if name in given:
        bar = given[name] + bar

    given[name] = bar


def _of_states(
    layer: Recurrent,
    cells: Sequence[CellTrace],
    state_bars: Bars,
    of_cells: OfCells,
) -> dict[str, dict[str, Array]]:
    """Return the cotangents that enter at the quantities of each cell, in
    input time: the target's, and those of the last states that were returned.
    """
    given = {cell.key: dict(of_cells.given.get(cell.key, {})) for cell in cells}
    left = iter(state_bars)
    for cell in layer.in_state_order(cells):
        shape = _shape(cell, of_cells.rows)
        last = cell.timesteps - 1
        if cell.reverse:
            last = 0

        for name in cell.cell.states:
            bar = next(left, None)
            if bar is None:
                continue

            if layer.axes.channels_first:
                bar = np.moveaxis(bar, 2, -1)

            whole = roomy(shape, cell.x.dtype)
            whole[:, :, last] = bar
            _add(given[cell.key], name, whole)

    return given


def _of_outputs(
    layer: Recurrent,
    cell: CellTrace,
    y_bar: NDArray[Any] | None,
    zero: bool,
) -> Array | None:
    """Return the cotangents of the last cell's output at each timestep, in
    input time.
    """
    if y_bar is None:
        return None

    rows = len(y_bar)
    mask = _turned(cell, cell.mask)
    if layer.flag("return_sequences"):
        bar = _entered(layer, y_bar)
    else:
        bar = roomy(_shape(cell, rows), y_bar.dtype)
        if layer.axes.channels_first:
            y_bar = np.moveaxis(y_bar, 2, -1)

        bar[:, :, -1] = y_bar

    if mask is not None:
        bar = _shown(layer, bar, mask, zero)

    if layer.sources[-1].residual and mask is not None:
        bar = np.stack([_held_back(row, mask) for row in bar])

    if cell.reverse:
        return bar[:, :, ::-1]

    return bar


def _shape(cell: CellTrace, rows: int) -> tuple[int, ...]:
    """Return the shape of cotangents of a cell's states,
    `(rows, batch, timesteps, …, units)`.
    """
    state = cell.initial["h"].shape  # (batch, …, units)

    return (rows, cell.batch, cell.timesteps, *state[1:])


def _entered(layer: Recurrent, bar: Array) -> Array:
    """Return the cotangents of a sequence, `(rows, batch, timesteps, …)`, in
    the order of axes that the cells have.
    """
    if layer.axes.channels_first:
        return np.moveaxis(bar, 3, -1)
    if layer.axes.time_major:
        return np.swapaxes(bar, 1, 2)

    return bar


def _returned(layer: Recurrent, bar: Array) -> Array:
    """Return the cotangents of a sequence in the layer's own order of axes."""
    if layer.axes.channels_first:
        return np.moveaxis(bar, -1, 3)
    if layer.axes.time_major:
        return np.swapaxes(bar, 1, 2)

    return bar


def _turned(cell: CellTrace, mask: Mask | None) -> Mask | None:
    """Return a mask in the order of reading."""
    if mask is None or not cell.reverse:
        return mask

    return mask[:, ::-1]


def _shown(layer: Recurrent, bar: Array, mask: Mask, zero: bool) -> Array:
    """Return the cotangents of the outputs without those of zeros that a mask
    put there.
    """
    rows, batch, timesteps, *state = bar.shape
    folded = bar.reshape(rows * batch, timesteps, *state)
    repeated = np.broadcast_to(mask, (rows, *mask.shape))
    read = repeated.reshape(rows * batch, timesteps)

    if layer.flag("return_sequences"):
        turned = layer.flag("unroll") and layer.flag("go_backwards")
        return masked_outputs(folded, read, zero, turned).reshape(bar.shape)

    last = last_output(folded, read, zero)  # (rows · batch, …, units)
    whole = np.zeros_like(bar)
    whole[:, :, -1] = last.reshape(rows, batch, *state)

    return whole


def _held_back(bar: Array, mask: Mask) -> Array:
    """Return the cotangents of values that skipped timesteps repeat: theirs
    belong to the timestep before.
    """
    places = np.where(mask, np.arange(mask.shape[1]), 0)
    source = np.maximum.accumulate(places, axis=1)
    summed = np.zeros_like(bar)
    batch = np.arange(len(bar))[:, None]
    np.add.at(summed, (batch, source), bar)

    return summed


def _of_initial(
    layer: Recurrent,
    cells: Sequence[CellTrace],
    initial: Mapping[str, Mapping[str, Array]],
    states: Sequence[Tensor],
) -> list[NDArray[Any] | None]:
    """Return the cotangents of the states that the graph handed over; None for
    one in whose place the user's was.
    """
    found: list[NDArray[Any] | None] = []
    left = iter(states)
    for cell in layer.in_state_order(cells):
        for name in cell.cell.states:
            state = next(left, None)
            if state is None:
                return found

            own = initial.get(cell.key, {})
            bar = own.get(name)
            entered = layer.axes.entered_state(state)
            began = cell.initial[name]
            handed_over = np.broadcast_to(entered, began.shape)
            if bar is None or not np.array_equal(handed_over, began):
                found.append(None)
                continue

            rows = [unstretched(row, entered.shape) for row in bar]
            state_bar = np.stack(rows)
            if layer.axes.channels_first:
                state_bar = np.moveaxis(state_bar, -1, 2)

            found.append(state_bar)

    return found


def bidirectional_back(
    layer: Bidirectional,
    cells: Sequence[CellTrace],
    inputs: Sequence[Tensor],
    bars: Bars,
    of_cells: OfCells,
) -> list[NDArray[Any] | None]:
    """Return the cotangents of a Bidirectional's sequence and initial states:
    those of both directions together.
    """
    sequence, *states = inputs
    half = len(states) // 2
    outputs = 1
    if layer.merge_mode is None:
        outputs = 2

    y_bars = _unmerged(layer, cells, bars[:outputs])
    finals = bars[outputs:]
    of_side = len(finals) // 2

    sequence_bar: NDArray[Any] | None = None
    found: list[NDArray[Any] | None] = []
    for k, (direction, side) in enumerate(layer.sides):
        own = [cell for cell in cells if cell.direction == direction]
        y_bar = y_bars[k]
        if k == 1 and y_bar is not None:
            y_bar = _in_order_of_reading(layer, y_bar)

        first = k * of_side
        state_bars = finals[first : first + of_side]
        side_bars = [y_bar, *state_bars]

        first = k * half
        initial = states[first : first + half]
        side_inputs = [sequence, *initial]

        zero = layer.zero_output(side)
        x_bar, *initial_bars = recurrent_back(
            side,
            own,
            side_inputs,
            side_bars,
            of_cells,
            zero,
        )
        found += initial_bars
        if sequence_bar is None:
            sequence_bar = x_bar
        elif x_bar is not None:
            sequence_bar = sequence_bar + x_bar

    return [sequence_bar, *found]


def _in_order_of_reading(layer: Bidirectional, bar: Array) -> Array:
    """Return the cotangents of the backward side in its own order."""
    _, side = layer.sides[0]
    if not side.flag("return_sequences"):
        return bar
    if side.flag("time_major"):
        return bar[:, ::-1]

    return bar[:, :, ::-1]


def _unmerged(
    layer: Bidirectional,
    cells: Sequence[CellTrace],
    bars: Bars,
) -> list[NDArray[Any] | None]:
    """Return the cotangents of both sides' outputs, in the order of the
    input.
    """
    if layer.merge_mode is None:
        return list(bars)

    (bar,) = bars
    if bar is None:
        return [None, None]
    if layer.merge_mode == "concat":
        _, side = layer.sides[0]
        width = side.sources[-1].units
        if side.axes.channels_first:  # Keras joins along the last axis still
            width = bar.shape[-1] // 2

        return [bar[..., :width], bar[..., width:]]
    if layer.merge_mode == "sum":
        return [bar, bar]
    if layer.merge_mode == "ave":
        return [bar / 2, bar / 2]

    y, y_back = (
        _side_output(layer, side, direction, cells)
        for direction, side in layer.sides
    )

    y_back_in_time = layer.in_time(Tensor(y_back)).value

    return [bar * y_back_in_time, bar * y]


def _side_output(
    layer: Bidirectional,
    side: Recurrent,
    direction: str,
    cells: Sequence[CellTrace],
) -> Array:
    """Return the output of a side before the merge."""
    last = [cell for cell in cells if cell.direction == direction][-1]
    mask = _turned(last, last.mask)
    h = last.read("h")
    x = last.x
    if last.reverse:
        h = h[:, ::-1]
        x = x[:, ::-1]

    residual = side.sources[-1].residual
    if residual:
        share = h.dtype.type(residual)
        h = held(h + share * x, mask)

    return side.returned(h, mask, layer.zero_output(side))
