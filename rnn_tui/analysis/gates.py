"""Weights gate by gate: the place of each block in the stored array, its
statistics and its histogram.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from rnn_tui.engine.core.arrays import Array
    from rnn_tui.engine.model import CellEntry, Model
    from rnn_tui.engine.trace.trace import Direction

PARTS = ("kernel", "recurrent_kernel", "bias", "input_bias", "recurrent_bias")
"""The names of a cell's weights, in the order they are shown."""

CHUNK = 1 << 20
"""Values that are looked at together, so that a huge kernel never needs a
second array of its size.
"""

SQUARED = 400
"""Powers of two up to which sums of squares stay among float64's numbers."""


@dataclass(frozen=True, eq=False)
class GateBlock:
    """The columns of one weight that belong to one gate.

    `layer` is the path of the layer, `key` the path of its cell
    (`bidirectional/forward`, `rnn/cells/0`), `cell` the index among stacked
    cells. `columns` is the block's place along the last axis of the array
    stored in the file (of the joined array, where Keras 1 keeps each gate
    apart); `shape` is the block's own. The values are read when first asked
    for.
    """

    layer: str
    key: str
    direction: Direction | None
    cell: int
    part: str
    gate: str
    columns: tuple[int, int]
    shape: tuple[int, ...]
    load: Callable[[], Array]

    @property
    def values(self) -> Array:
        """The block's values, a view of the cell's weight."""
        return self.load()


class Measurable(Protocol):
    """A gate's block or a layer's array: anything with values."""

    @property
    def values(self) -> Array:
        """The values, of at least one axis."""


@dataclass(frozen=True)
class Statistics:
    """A block in numbers; mean to l2 are over the finite values, None where
    there are none.

    l2 is None as well where it is beyond float64.
    """

    count: int
    mean: float | None
    std: float | None
    min: float | None
    max: float | None
    l2: float | None
    zeros: int
    nan: int
    inf: int


def gate_blocks(
    model: Model,
    layer: str | None = None,
) -> tuple[GateBlock, ...]:
    """Return every block of the model's recurrent cells, or of those in `layer`
    (its path, or a cell's key).
    """
    entries = [
        entry
        for entry in model.cells
        if layer is None
        or layer in (entry.layer, entry.key)
        or entry.layer.startswith(f"{layer}/")
    ]
    return tuple(block for entry in entries for block in _blocks_of(entry))


def _blocks_of(entry: CellEntry) -> Iterator[GateBlock]:
    cell = entry.cell
    without_recurrent_bias = getattr(cell, "recurrent_bias", None) is None
    for part in PARTS:
        weight: Array | None = getattr(cell, part, None)
        if weight is None:
            continue

        if part == "input_bias" and without_recurrent_bias:
            shown = "bias"
        else:
            shown = part

        width = weight.shape[-1] // len(cell.gates)
        for index, gate in enumerate(cell.gates):
            columns = (index * width, (index + 1) * width)
            yield GateBlock(
                layer=entry.layer,
                key=entry.key,
                direction=entry.direction,
                cell=entry.index or 0,
                part=shown,
                gate=gate,
                columns=columns,
                shape=(*weight.shape[:-1], width),
                load=_Columns(weight, columns),
            )


@dataclass(frozen=True, eq=False)
class _Columns:
    """The columns of a weight, on demand."""

    weight: Array
    columns: tuple[int, int]

    def __call__(self) -> Array:
        start, stop = self.columns
        return self.weight[..., start:stop]


def statistics(block: Measurable) -> Statistics:
    """Return the block's statistics; the standard deviation is the
    population's, as NumPy's default.
    """
    counted = _Counted()
    for values in _chunks(block.values):
        counted.add(values)

    count = counted.count
    zeros = counted.zeros
    nan = counted.nan
    inf = counted.inf
    finite = counted.finite
    if not finite:
        return Statistics(count, None, None, None, None, None, zeros, nan, inf)

    low = counted.low
    high = counted.high
    total = counted.total
    unit = _unit(low, high)
    if unit != 1.0:
        total = 0.0
        for sound in _in_units(block.values, unit):
            total += float(sound.sum())

    mean = total / finite
    spread, squares = _second_moments(block.values, mean, unit)
    std = unit * math.sqrt(spread / finite)
    norm = unit * math.sqrt(squares)
    l2 = None
    if math.isfinite(norm):
        l2 = norm

    return Statistics(count, unit * mean, std, low, high, l2, zeros, nan, inf)


class _Counted:
    """The values of a block that were counted so far; `total`, `low` and `high`
    are of the finite ones.
    """

    def __init__(self) -> None:
        self.count = 0
        self.zeros = 0
        self.nan = 0
        self.inf = 0
        self.finite = 0
        self.total = 0.0
        self.low = math.inf
        self.high = -math.inf

    def add(self, values: Array) -> None:
        """Count some more values."""
        is_zero = values == 0
        is_nan = np.isnan(values)
        is_infinite = np.isinf(values)
        self.count += values.size
        self.zeros += int(np.count_nonzero(is_zero))
        self.nan += int(np.count_nonzero(is_nan))
        self.inf += int(np.count_nonzero(is_infinite))

        is_finite = np.isfinite(values)
        sound = values[is_finite]
        self.finite += sound.size
        if not sound.size:
            return

        # a total that overflows is summed again, in other units
        with np.errstate(over="ignore"):
            total = sound.sum(dtype=np.float64)
            self.total += float(total)

        smallest = float(sound.min())
        largest = float(sound.max())
        self.low = min(self.low, smallest)
        self.high = max(self.high, largest)


def _unit(low: float, high: float) -> float:
    """Return the power of two to count in where squares would leave the numbers
    there are; dividing by it is exact.
    """
    largest = max(abs(low), abs(high))
    _, exponent = math.frexp(largest)
    if abs(exponent) > SQUARED:
        return math.ldexp(1.0, exponent - 1)

    return 1.0


def _in_units(values: Array, unit: float) -> Iterator[NDArray[np.float64]]:
    """Yield the finite values, a few rows at a time, as multiples of `unit`."""
    for chunk in _chunks(values):
        sound = chunk[np.isfinite(chunk)].astype(np.float64)
        if unit != 1.0:
            sound /= unit

        yield sound


def _second_moments(
    values: Array,
    mean: float,
    unit: float,
) -> tuple[float, float]:
    """Return the sums of (x - mean)² and of x² over the finite values, `mean`
    and both in units.
    """
    spread = squares = 0.0
    for sound in _in_units(values, unit):
        squares += float(sound @ sound)
        sound -= mean
        spread += float(sound @ sound)

    return spread, squares


def histogram(
    block: Measurable,
    edges: Sequence[float] | Array,
) -> NDArray[np.int64]:
    """Return how many finite values fall between each two of `edges`."""
    bins = np.asarray(edges, dtype=np.float64)
    counts = np.zeros(len(bins) - 1, dtype=np.int64)
    for values in _chunks(block.values):
        finite = values[np.isfinite(values)]
        counted, _ = np.histogram(finite, bins)
        counts += counted

    return counts


def _chunks(values: Array) -> Iterator[Array]:
    """Yield the values a few rows at a time."""
    if not values.size:
        return

    if values.ndim > 1:
        rows = values.reshape(-1, values.shape[-1])
    else:
        rows = values.reshape(1, -1)

    step = max(1, CHUNK // max(1, rows.shape[1]))
    for start in range(0, rows.shape[0], step):
        yield rows[start : start + step]
