"""The rows of the Units view: a unit's numbers and its state over time, written
when they are seen.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, overload

import numpy as np
from numpy.typing import NDArray
from rich.cells import cell_len

from rnn_tui.analysis.edited_cells import is_off
from rnn_tui.engine.trace.overview import Summary, summary
from rnn_tui.tui.renderables.braille_plot import plot
from rnn_tui.tui.renderables.rows import Cell, Column
from rnn_tui.tui.terminal.text_width import shortened
from rnn_tui.tui.units_page.rankings import Ranking

if TYPE_CHECKING:
    from rnn_tui.analysis.units import UnitStatistics
    from rnn_tui.engine.trace.trace import CellTrace

UNIT = 6
"""Cells of the column of units."""
OFFSET = 1000
"""The number that makes the power of ten of every number positive."""
FEWEST, MOST = 12, 40
"""Cells that the state over time takes."""
WIDEST = 12
"""Cells of a column's title, where that tells it from the others."""


@dataclass(frozen=True, eq=False)
class UnitRows(Sequence[Sequence[Cell]]):
    """A row for each unit in `order`, then one for each principal component.

    `courses` is `(columns, units)`: the state over time, two values for each of
    `room` cells; `components` the same of PC1, PC2, PC3. `sorted_by` is the
    column that the order is of.
    """

    rankings: Sequence[Ranking]
    order: NDArray[np.int64]
    courses: NDArray[Any]
    components: NDArray[Any]
    room: int
    sorted_by: int = 0
    off: Mapping[int, str] = field(default_factory=dict)
    ascii_only: bool = False

    def __len__(self) -> int:
        return len(self.order) + int(self.components.shape[1])

    @overload
    def __getitem__(self, index: int) -> Sequence[Cell]: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Sequence[Cell]]: ...
    def __getitem__(self, index: int | slice) -> Sequence[Any]:
        if isinstance(index, slice):
            places = range(*index.indices(len(self)))
            return [self[at] for at in places]

        count = len(self.order)
        if index >= count:
            return self._component(index - count)

        unit = int(self.order[index])
        cells: list[Cell] = [self._unit(unit)]
        for column, ranking in enumerate(self.rankings):
            value = float(ranking.values[unit])
            text = ranking.text(value)
            if column == self.sorted_by:
                cells.append((text, ""))
            else:
                cells.append((text, "muted"))

        course = self._course(self.courses[:, unit])
        cells.append((course, "accent"))

        return cells

    def _component(self, index: int) -> list[Cell]:
        """Return the row of a principal component."""
        cells: list[Cell] = [(f"PC{index + 1}", "muted")]
        for ranking in self.rankings:
            text = ""
            if index < len(ranking.components):
                text = ranking.text(ranking.components[index])

            cells.append((text, "muted"))

        cells.append((self._course(self.components[:, index]), "muted"))

        return cells

    def _unit(self, unit: int) -> Cell:
        if unit in self.off:
            how = "off" if is_off(self.off[unit]) else "set"
            return f"{unit} {how}", "warning"

        return str(unit), "accent"

    def _course(self, line: NDArray[Any]) -> str:
        finite = line[np.isfinite(line)]
        if not len(finite):
            return ""

        drawn = plot(
            [line],
            self.room,
            1,
            float(finite.min()),
            float(finite.max()),
            ascii_only=self.ascii_only,
        )

        return drawn.rows[0]


def columns_that_fit(
    rankings: Sequence[Ranking],
    width: int,
    gap: int,
) -> tuple[list[Ranking], int]:
    """Return the rankings there is room for beside the unit and its course, and
    the cells of the course.
    """
    room = width - UNIT - gap
    shown = []
    for ranking, title in zip(rankings, titles_of(rankings), strict=True):
        needed = _width(ranking, title) + gap
        if room - needed < FEWEST:
            break

        room -= needed
        shown.append(ranking)

    return shown, max(min(room, MOST), 1)


def unit_columns(
    rankings: Sequence[Ranking],
    sorted_by: int,
    room: int,
    ascii_only: bool,
) -> list[Column]:
    """Return the table's columns; a mark is at the one the order is of."""
    mark = "v" if ascii_only else "▾"
    columns = [Column("unit", UNIT, right=True)]
    for index, title in enumerate(titles_of(rankings)):
        marked = title
        if index == sorted_by:
            marked = f"{mark}{title}"

        width = _width(rankings[index], title)
        columns.append(Column(marked, width, right=True))

    return [*columns, Column("over time", room)]


def titles_of(rankings: Sequence[Ranking]) -> list[str]:
    """Return the columns' titles, long ones shortened in the middle as far as
    no two of them become the same.
    """
    whole = [ranking.title for ranking in rankings]
    room = WIDEST
    titles = [shortened(title, room) for title in whole]
    while len(set(titles)) < len(set(whole)):
        room += 1
        titles = [shortened(title, room) for title in whole]

    return titles


def _width(ranking: Ranking, title: str) -> int:
    """Return the cells of a column: of its title with the mark, and of each of
    its numbers.
    """
    longest = max(
        (len(ranking.text(value)) for value in _of_each_size(ranking)),
        default=0,
    )

    return max(cell_len(title) + 1, longest)


def _of_each_size(ranking: Ranking) -> list[float]:
    """Return the numbers of a column that take most cells: the smallest and
    the largest of each power of ten and sign, for how many digits are written
    depends on these.
    """
    numbers = np.append(ranking.values, ranking.components)
    finite = numbers[np.isfinite(numbers) & (numbers != 0)]
    powers = np.floor(np.log10(np.abs(finite)))
    sizes = np.copysign(powers + OFFSET, finite)
    found: list[float] = []
    for size in np.unique(sizes):
        same = finite[sizes == size]
        found += [float(same.min()), float(same.max())]

    return found


def component_courses(
    cell: CellTrace,
    units: UnitStatistics | None,
    sequence: int,
    columns: int,
) -> NDArray[Any]:
    """Return the principal components over time in at most `columns` stretches,
    `(columns, components)`: the means of the stretches.
    """
    if units is None or cell.units == 1:
        return np.zeros((0, 0))

    found = units.states[units.main].components
    if cell.timesteps <= columns:
        states = cell.means(units.main)[sequence]
    else:
        states = _overview(cell, units.main, sequence, columns).mean[0]

    return found.project(states)


def courses(
    cell: CellTrace,
    state: str,
    sequence: int,
    columns: int,
) -> NDArray[Any]:
    """Return a state of all units over time in at most `columns` stretches,
    `(columns, units)`: of a stretch the value farthest from zero.
    """
    if cell.timesteps <= columns:
        values: NDArray[Any] = cell.means(state)[sequence]
        return values

    low, _, high = _overview(cell, state, sequence, columns)
    farthest: NDArray[Any] = np.where(np.abs(low) > np.abs(high), low, high)[0]

    return farthest


def _overview(
    cell: CellTrace,
    state: str,
    sequence: int,
    columns: int,
) -> Summary:
    """Return a state of one sequence in stretches, each `(1, columns, units)`;
    of pictures that of their means.
    """
    holds_pictures = cell.initial[state].ndim > 2
    if holds_pictures:
        return summary(cell.means(state)[sequence : sequence + 1], columns)

    one = slice(sequence, sequence + 1)
    low, mean, high = cell.overview(state, columns)

    return Summary(low[one], mean[one], high[one])
