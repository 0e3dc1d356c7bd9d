"""Outputs over time as a heat map: a row for each output, a column for each
timestep.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rich.cells import cell_len, set_cell_size
from rich.segment import Segment

from rnn_tui.tui.renderables.caption import caption
from rnn_tui.tui.renderables.grid import GUTTER, Grid
from rnn_tui.tui.renderables.heatmap import painter_of
from rnn_tui.tui.renderables.lanes import token_line
from rnn_tui.tui.renderables.palette import Look, ink
from rnn_tui.tui.renderables.ruler import ruler
from rnn_tui.tui.renderables.scales import (
    BLANK,
    GATE_SCALE,
    Levels,
    Scale,
    signed_scale,
)

Line = list[Segment]

FEW = 16
"""Outputs that have a line each, where there is room."""
AROUND, WITH_TOKENS = 2, 3
"""Lines of the map beside its rows: the caption, the ruler, the tokens."""
LOWEST = 4
"""Lines of rows at least."""
LONGEST_LABEL = 14
"""Cells of a row's label."""
TOGETHER = 1 << 14
"""Timesteps that are looked at together."""
ROUNDING = 1e-6
"""How far a share may be above 1."""


@dataclass(frozen=True, eq=False)
class OverTime:
    """Outputs over time `(timesteps, outputs)`, what they are in words, and the
    names of those that have one; `tokens` returns the tokens that the model
    read from one timestep to another, nothing where it read none.
    """

    values: NDArray[Any]
    title: str
    names: Mapping[int, str]
    tokens: Callable[[int, int], Sequence[str]]

    @property
    def shape(self) -> tuple[int, int]:
        """How many timesteps and how many outputs there are."""
        timesteps, outputs = self.values.shape

        return timesteps, outputs

    @cached_property
    def extremes(self) -> NDArray[np.float64]:
        """The lowest and the highest finite value of each output over all
        timesteps, `(2, outputs)`; 0 where it has none.
        """
        low: NDArray[Any] = np.full(self.shape[1], np.inf)
        high: NDArray[Any] = np.full(self.shape[1], -np.inf)
        for start in range(0, self.shape[0], TOGETHER):
            part = np.asarray(self.values[start : start + TOGETHER], np.float64)
            is_finite = np.isfinite(part)
            below = np.where(is_finite, part, np.inf).min(axis=0)
            above = np.where(is_finite, part, -np.inf).max(axis=0)
            low = np.minimum(low, below)
            high = np.maximum(high, above)

        found = np.stack([low, high])
        found[~np.isfinite(found)] = 0

        return found

    @cached_property
    def scale(self) -> Scale:
        """The scale of the map: from 0 to 1 where all values are shares."""
        low, high = self.extremes
        if low.min() >= 0 and high.max() <= 1 + ROUNDING:
            return GATE_SCALE

        return signed_scale(self.extremes)

    @property
    def lines_wanted(self) -> int:
        """The lines in which every output has half a line, few of them a line
        each.
        """
        _, outputs = self.shape
        rows = min(outputs, max(FEW, -(-outputs // 2)))

        return WITH_TOKENS + rows

    def shown(self, lines: int) -> Sequence[int]:
        """Return the outputs that have a row, in their order: all where half a
        line is enough for each, else those whose values go farthest from 0.
        Those that have names have a line each, so that every name is read.
        """
        _, outputs = self.shape
        if outputs <= 2 * lines:
            return range(outputs)

        most = lines if self.names else 2 * lines
        farthest = np.max(np.abs(self.extremes), axis=0)
        order = np.argsort(-farthest, kind="stable")[:most]
        found: list[int] = np.sort(order).tolist()

        return found


def output_map(
    over: OverTime,
    t: int,
    size: tuple[int, int],
    look: Look,
) -> list[Line]:
    """Return the caption, the tokens, the ruler with a mark at timestep `t`,
    and the page of the map that holds it, in a size of columns and lines;
    nothing where there is no room.
    """
    width, height = size
    timesteps, outputs = over.shape
    has_tokens = bool(over.tokens(0, 1))
    lines = height - (WITH_TOKENS if has_tokens else AROUND)
    if lines < LOWEST:
        return []

    shown = over.shown(lines)
    labels = [over.names.get(k, str(k)) for k in shown]
    gutter = max(GUTTER, *(cell_len(label) + 2 for label in labels))
    gutter = min(gutter, LONGEST_LABEL + 2)
    grid = Grid(width - gutter, lines, timesteps, len(shown), look.half)
    about = ["a row for each, a column for each timestep"]
    if len(shown) < outputs:
        about.insert(0, f"the {len(shown)} of {outputs} farthest from 0")

    title = caption(over.title, about, over.scale, look, grid.used_width)
    found = [_labelled("", title, gutter, look)]
    if has_tokens:
        line = _tokens(over, grid, t, look)
        found.append(_labelled("input", line, gutter, look))

    mark = "v" if look.ascii else "▾"
    time = ruler(grid, t, look, [(t, mark)])
    found.append(_labelled("t", time, gutter, look))
    named = {grid.line_of(row): label for row, label in enumerate(labels)}
    for y, cells in enumerate(_rows(over, shown, grid, t, look)):
        found.append(_labelled(named.get(y, ""), cells, gutter, look))

    return found


def _labelled(label: str, line: Line, gutter: int, look: Look) -> Line:
    """Return a line behind its label, which is cut to the gutter."""
    room = gutter - 1
    text = set_cell_size(label, min(cell_len(label), room))
    blanks = " " * (room - cell_len(text))

    return [Segment(f"{blanks}{text} ", ink(look.muted)), *line]


def _tokens(over: OverTime, grid: Grid, t: int, look: Look) -> Line:
    start = grid.first_timestep(t)
    stop = min(start + grid.columns, grid.timesteps)
    tokens = over.tokens(start, stop)
    widths = grid.widths[: len(tokens)]

    return token_line(tokens, look, widths, t - start, [True] * len(tokens))


def _rows(
    over: OverTime,
    shown: Sequence[int],
    grid: Grid,
    t: int,
    look: Look,
) -> list[Line]:
    """Return the cells of the page that holds a timestep."""
    painter = painter_of(look, over.scale.signed)
    start = grid.first_timestep(t)
    page = over.values[start : start + grid.columns, list(shown)]
    levels = over.scale.levels(page.T, painter.ramp.count)
    halves = _in_cells(levels, grid)
    if look.half:
        pairs = zip(halves[::2], halves[1::2], strict=True)
        return [painter.half_row(upper, lower) for upper, lower in pairs]

    return [painter.row(upper) for upper in halves[::2]]


def _in_cells(levels: Levels, grid: Grid) -> Levels:
    """Return the levels of each half line and cell of the page."""
    columns = levels.shape[1]
    wide = np.repeat(levels, grid.widths[:columns], axis=1)
    high = np.repeat(wide, grid.halves, axis=0)
    found = np.full((2 * grid.used_lines, high.shape[1]), BLANK, np.uint8)
    found[: len(high)] = high

    return found
