"""The ruler of time above the maps: numbers at even distances, and a mark at
each cursor.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich.segment import Segment

from rnn_tui.tui.renderables.grid import Grid
from rnn_tui.tui.renderables.palette import Look, ink

Line = list[Segment]

STEPS = (1, 2, 5, 10, 20, 50, 100)
ROOM = 8
"""Cells a label and the free cells around it have at least."""


def tick_step(cells: int) -> int:
    """Return how many timesteps are between two labels of the ruler when a
    timestep takes `cells` cells.
    """
    for step in STEPS:
        if step * cells >= ROOM:
            return step

    return STEPS[-1]


def ruler(
    grid: Grid,
    t: int,
    look: Look,
    cursors: Sequence[tuple[int, str]],
    signs: Sequence[tuple[int, str]] = (),
) -> Line:
    """Return the line of time: numbers at even distances, and at each cursor
    `(timestep, mark)` mark and number; `signs` are other marks, which give way
    to a cursor.
    """
    start = grid.first_timestep(t)
    marks = _marks(grid, start, cursors)
    taken = {x for at, mark in marks.items() for x in range(at, at + len(mark))}
    others = {
        x: mark
        for x, mark in _marks(grid, start, signs).items()
        if taken.isdisjoint(range(x, x + len(mark)))
    }
    text = _labels(grid, start, {**marks, **others})

    return _marked(text, marks, others, look)


def _marks(
    grid: Grid,
    start: int,
    cursors: Sequence[tuple[int, str]],
) -> dict[int, str]:
    """Return the labels at the cursors, by their first cell: none beyond the
    edge.
    """
    stop = min(start + grid.columns, grid.timesteps)
    width = grid.used_width
    marks = {}
    for when, mark in cursors:
        if start <= when < stop:
            label = f"{mark}{grid.label(when)}"
            x = grid.edges[when - start] + _middle(grid)
            marks[min(x, max(0, width - len(label)))] = label

    return marks


def _labels(grid: Grid, start: int, marks: Mapping[int, str]) -> str:
    """Return the numbers of a page, none so near to a mark that they run
    together.
    """
    stop = min(start + grid.columns, grid.timesteps)
    width = grid.used_width
    step = tick_step(grid.cells)
    first = -(-start // step) * step
    middle = _middle(grid)
    # the cells in which no number may begin or end
    taken: set[int] = set()
    for at, mark in marks.items():
        behind = at + len(mark) + 1
        taken.update(range(at, behind))

    text = [" "] * width
    whole = grid.whole
    for tick in range(first, stop, step):
        number = tick
        if whole:
            number = grid.label(tick)

        label = str(number)
        left = grid.edges[tick - start]
        x = left + middle
        end = x + len(label)
        if end <= width and taken.isdisjoint(range(x, end + 1)):
            text[x:end] = label

    return "".join(text)


def _middle(grid: Grid) -> int:
    """Return the cell of a timestep its number begins at."""
    return (grid.cells - 1) // 2


def _marked(
    text: str,
    marks: Mapping[int, str],
    others: Mapping[int, str],
    look: Look,
) -> Line:
    """Return the labels with the cursors between them in the accent, other
    marks in the colour of a warning.
    """
    faint = ink(look.faint)
    accent = ink(look.accent, bold=True)
    warning = ink(look.warning, bold=True)
    line = []
    last = 0
    for x, mark in sorted([*marks.items(), *others.items()]):
        style = accent if x in marks else warning
        x = max(x, last)
        line += [Segment(text[last:x], faint), Segment(mark, style)]
        last = x + len(mark)

    line.append(Segment(text[last:], faint))

    return [segment for segment in line if segment.text]
