"""The differences between two runs of one model or of two: by quantity, with
the first timestep whose bits differ, and by output.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from rnn_tui.analysis.table import Table
from rnn_tui.analysis.timeline import Timeline
from rnn_tui.engine.core import lazy_numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from rnn_tui.analysis.changes import Hold
    from rnn_tui.engine.core.arrays import Array
    from rnn_tui.engine.trace.trace import CellTrace, ModelTrace

Item = TypeVar("Item")

OUTPUT = "output"
"""The quantity of a layer that is its output."""
WINDOW = 1024
"""Timesteps that are compared at a time."""
COLUMNS = ("layer", "quantity", "first", "largest", "timestep", "unit")


class Difference(NamedTuple):
    """How far one quantity of two runs is apart.

    `layer` is the key of a cell or the path of a layer. `first` is the first
    timestep of the input whose bits differ, in any sequence, None where none
    does; `largest` is the largest |Δ|, at `timestep` and `unit`. A NaN differs
    from every number by infinity. `timed` says whether it has timesteps.
    """

    layer: str
    quantity: str
    first: int | None
    largest: float
    timestep: int | None
    unit: int | None
    timed: bool = True


class OutputChange(NamedTuple):
    """One output of the model in both runs, `(batch, …)` each; `name` is that
    of the layer that returns it where it is known.
    """

    name: str
    before: Array
    after: Array

    def last(self, sequence: int = 0) -> tuple[list[float], list[float]]:
        """Return the values of a sequence in both runs: of its last timestep,
        where the output has timesteps.
        """
        return _last(self.before, sequence), _last(self.after, sequence)


@dataclass(frozen=True, eq=False)
class Comparison:
    """Two runs side by side.

    Where the runs have different lengths, `timesteps` has both, and the
    timesteps that both have are compared. Where the second one holds timesteps,
    `timeline` says which timestep of it each of the first is; timesteps are
    those of the first run.
    """

    quantities: tuple[Difference, ...]
    outputs: tuple[OutputChange, ...]
    timesteps: tuple[int, int]
    timeline: Timeline | None = None

    @property
    def how(self) -> str:
        """Which timesteps are compared where the runs have different lengths,
        in words.
        """
        if self.timeline is not None:
            return self.timeline.words

        return "those that both have are compared"

    @property
    def first(self) -> int | None:
        """The first timestep at which a value of a cell differs, in its bits;
        of an output where no cell is compared. None where none does.
        """
        timed = [one for one in self.quantities if one.timed]
        of_cells = [one for one in timed if one.quantity != OUTPUT]
        found = [
            one.first for one in of_cells or timed if one.first is not None
        ]

        return min(found, default=None)

    @property
    def first_after(self) -> int | None:
        """The same timestep in the second run."""
        first = self.first
        if first is None or self.timeline is None:
            return first

        return int(self.timeline.places()[first])

    @property
    def largest(self) -> float:
        """The largest |Δ| of all quantities."""
        return max((one.largest for one in self.quantities), default=0.0)

    @property
    def layers(self) -> tuple[Difference, ...]:
        """The difference of each layer in one row: of a cell that of its h, of
        any other layer that of its output.
        """
        cells = {one.layer for one in self.quantities if one.quantity == "h"}
        return tuple(
            one
            for one in self.quantities
            if one.quantity == "h"
            or (one.quantity == OUTPUT and not _holds(one.layer, cells))
        )

    def table(self) -> Table:
        """Return a row for each quantity."""
        count = len(COLUMNS)
        rows = [list(one[:count]) for one in self.quantities]
        numbers = frozenset(COLUMNS[2:])

        return Table("difference", COLUMNS, rows, numbers=numbers)

    def outputs_table(self) -> Table:
        """Return the last timestep of each output, a row for each unit."""
        columns = ("output", "unit", "before", "after", "change")
        rows = [
            [change.name, unit, before, after, after - before]
            for change in self.outputs
            for unit, (before, after) in enumerate(
                zip(*change.last(), strict=False)
            )
        ]
        numbers = frozenset(columns[1:])

        return Table("outputs", columns, rows, numbers=numbers)


def compare_traces(
    before: ModelTrace,
    after: ModelTrace,
    names: Sequence[str] = (),
    holds: Sequence[Hold] = (),
) -> Comparison:
    """Return the differences between two runs; `names` are those of the model's
    outputs. Rows have the names of the first run.

    Cells and layers are compared by their names, and one by one in their order
    where two models name them otherwise. `holds` are the timesteps that the
    second run holds: a layer with other timesteps than the input isn't compared
    then.
    """
    lengths = (_timesteps(before), _timesteps(after))
    timeline = Timeline(lengths[0], tuple(holds))
    if not timeline.moves:
        return Comparison(
            (*_of_cells(before, after), *_of_layers(before, after)),
            tuple(_outputs(before, after, names)),
            lengths,
        )

    located = after.with_cells(lambda cell: _without_held(cell, timeline))
    rows = (
        *_of_cells(before, located),
        *_of_held_layers(before, after, timeline),
    )

    return Comparison(
        rows, tuple(_outputs(before, after, names)), lengths, timeline
    )


def _without_held(cell: CellTrace, timeline: Timeline) -> CellTrace | None:
    """Return a cell on the timeline of the run without holds; None for one that
    has other timesteps than the input.
    """
    if cell.timesteps != timeline.timesteps_after:
        return None

    return timeline.without_held(cell)


def _of_held_layers(
    before: ModelTrace,
    after: ModelTrace,
    timeline: Timeline,
) -> Iterator[Difference]:
    """Yield the difference of each layer's first output, where its rows are the
    timesteps of the input, in their order.
    """
    in_order = True
    for path, one, other in _paired(before.layers, after.layers):
        # one that reads from the end returns the last timestep first
        backwards = [cell for cell in one.cells if cell.reverse]
        if any(not cell.direction for cell in backwards):
            in_order = False

        if not one.outputs or not other.outputs:
            continue

        first = one.outputs[0]
        second = other.outputs[0]
        if first.ndim > 2:
            fits = timeline.fits(first.shape[1], second.shape[1])
            if not fits or not in_order:
                continue

            second = second[:, timeline.places()]

        yield from _of_output(path, first, second)


def _outputs(
    before: ModelTrace,
    after: ModelTrace,
    names: Sequence[str],
) -> Iterator[OutputChange]:
    """Yield the model's outputs in both runs."""
    pairs = zip(before.outputs, after.outputs, strict=False)
    for number, (one, other) in enumerate(pairs):
        name = str(number)
        if number < len(names):
            name = names[number]

        yield OutputChange(name, one, other)


def _paired(
    before: Mapping[str, Item],
    after: Mapping[str, Item],
) -> Iterator[tuple[str, Item, Item]]:
    """Yield each name of the first run with the values of both runs for it."""
    same_names = set(before) == set(after)
    if not same_names and len(before) == len(after):
        others = dict(zip(before, after.values(), strict=True))
    else:
        others = dict(after)

    for name, one in before.items():
        if name in others:
            yield name, one, others[name]


def _of_cells(before: ModelTrace, after: ModelTrace) -> Iterator[Difference]:
    """Yield the difference of each quantity of each cell."""
    cells = {cell.key: cell for cell in before.cells}
    others = {cell.key: cell for cell in after.cells}
    for _, cell, other in _paired(cells, others):
        yield from _of_cell(cell, other)


def _of_cell(before: CellTrace, after: CellTrace) -> Iterator[Difference]:
    """Yield the difference of each quantity of a cell."""
    names = [name for name in before.names if name in after.names]
    folds = {name: Fold() for name in names}
    common = min(before.timesteps, after.timesteps)
    for start, values in before.windows(WINDOW):
        left = common - start
        if left <= 0:
            break

        for name, fold in folds.items():
            one = values[name][:, :left]
            stop = start + one.shape[1]
            other = after.read(name, start, stop)
            fold.add(start, one, other)

    for name, fold in folds.items():
        yield fold.difference(before.key, name)


def _of_layers(before: ModelTrace, after: ModelTrace) -> Iterator[Difference]:
    """Yield the difference of each layer's first output."""
    for path, one, other in _paired(before.layers, after.layers):
        if one.outputs and other.outputs:
            yield from _of_output(path, one.outputs[0], other.outputs[0])


def _of_output(
    path: str,
    before: Array,
    after: Array,
) -> Iterator[Difference]:
    """Yield the difference of a layer's output, where it can be
    compared.
    """
    if before.ndim != after.ndim:
        return

    timed = before.ndim > 2
    if not timed:
        before = before[:, None]
        after = after[:, None]

    # as far as both go: the other sides must be the same
    common = min(before.shape[1], after.shape[1])
    before = before[:, :common]
    after = after[:, :common]
    if before.shape != after.shape:
        return

    fold = Fold()
    fold.add(0, before, after)
    found = fold.difference(path, OUTPUT)
    if not timed:
        found = found._replace(first=None, timestep=None, timed=False)

    yield found


class Fold:
    """The difference of two arrays `(batch, timesteps, …)`, a window of time
    after another.
    """

    def __init__(self) -> None:
        self.first: int | None = None
        self.largest = 0.0
        self.timestep: int | None = None
        self.unit: int | None = None

    def add(self, start: int, before: Array, after: Array) -> None:
        """Add the windows of both that begin at timestep `start`."""
        apart = distance(before, after)
        by_time = np.moveaxis(apart, 1, 0)
        flat = by_time.reshape(
            len(by_time), -1
        )  # (timesteps, batch · … · units)
        largest_at = flat.max(axis=1, initial=0.0)
        differs = np.flatnonzero(largest_at)
        if not len(differs):
            return

        if self.first is None:
            self.first = start + int(differs[0])

        t = int(largest_at.argmax())
        largest = float(largest_at[t])
        if largest > self.largest:
            place = int(flat[t].argmax())
            self.largest = largest
            self.timestep = start + t
            self.unit = place % apart.shape[-1]

    def difference(self, layer: str, quantity: str) -> Difference:
        """Return the difference found."""
        return Difference(
            layer,
            quantity,
            self.first,
            self.largest,
            self.timestep,
            self.unit,
        )


def distance(before: NDArray[Any], after: NDArray[Any]) -> NDArray[np.float64]:
    """Return |Δ| of each value in float64: zero for the same value, above zero
    for any other; infinity where one alone is NaN.
    """
    a = before.astype(np.float64)
    b = after.astype(np.float64)
    with np.errstate(all="ignore"):
        apart: NDArray[np.float64] = np.abs(a - b)

    equal = a == b  # infinities too
    both_missing = np.isnan(a) & np.isnan(b)
    apart[equal] = 0.0
    apart[both_missing] = 0.0
    apart[np.isnan(apart)] = np.inf

    return apart


def _holds(path: str, cells: Iterable[str]) -> bool:
    """Whether a layer is, or has, one of these cells."""
    inside = f"{path}/"

    return any(key == path or key.startswith(inside) for key in cells)


def _timesteps(trace: ModelTrace) -> int:
    """Return the length of the longest sequence of a run."""
    lengths = [cell.timesteps for cell in trace.cells]
    lengths += [
        value.shape[1] for value in trace.inputs.values() if value.ndim > 1
    ]

    return max(lengths, default=0)


def _last(output: Array, sequence: int) -> list[float]:
    """Return a sequence's values of an output, at the last timestep; one result
    may be for all sequences.
    """
    row = output[min(sequence, len(output) - 1)]
    if row.ndim > 1:
        row = row[-1]

    flat = row.astype(np.float64).reshape(-1)
    values: list[float] = flat.tolist()

    return values
