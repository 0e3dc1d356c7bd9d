"""The one-line lanes above the maps: the ruler of time, what was read, what was
skipped; and a map's caption.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from textwrap import wrap
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style

from rnn_tui.tui.renderables.grid import Grid
from rnn_tui.tui.renderables.heatmap import legend, painter_of
from rnn_tui.tui.renderables.histogram import ASCII_BLOCKS, BLOCKS
from rnn_tui.tui.renderables.numbers import bare, short
from rnn_tui.tui.renderables.palette import Look, ink
from rnn_tui.tui.renderables.scales import Scale

Line = list[Segment]


def tick_step(cells: int) -> int:
    """Return how many timesteps lie between two labels of the ruler when a timestep
    takes `cells` cells.
    """
    for step in (1, 2, 5, 10, 20, 50, 100):
        if step * cells >= 8:
            return step

    return 100


def ruler(grid: Grid, t: int, look: Look, cursors: Sequence[tuple[int, str]]) -> Line:
    """Return the line of time: numbers at even distances, and at each cursor
    `(timestep, mark)` mark and number.
    """
    start = grid.first_timestep(t)
    stop = min(start + grid.columns, grid.timesteps)
    width = grid.columns * grid.cells
    step = tick_step(grid.cells)
    middle = (grid.cells - 1) // 2
    marks = {}
    for when, mark in cursors:
        if start <= when < stop:
            label = f"{mark}{grid.label(when)}"
            marks[
                min((when - start) * grid.cells + middle, max(0, width - len(label)))
            ] = label

    text = [" "] * width
    for tick in range(-(-start // step) * step, stop, step):
        label = str(grid.label(tick))
        x = (tick - start) * grid.cells + middle
        covered = any(
            x - len(mark) <= at <= x + len(label) for at, mark in marks.items()
        )
        if x + len(label) <= width and not covered:
            text[x : x + len(label)] = label

    return _marked("".join(text), marks, look)


def _marked(text: str, marks: dict[int, str], look: Look) -> Line:
    line = []
    last = 0
    for x, mark in sorted(marks.items()):
        x = max(x, last)
        line += [
            Segment(text[last:x], ink(look.faint)),
            Segment(mark, ink(look.accent, bold=True)),
        ]
        last = x + len(mark)

    line.append(Segment(text[last:], ink(look.faint)))

    return [segment for segment in line if segment.text]


def token_line(
    tokens: Sequence[str], look: Look, cells: int, now: int, seen: Sequence[bool]
) -> Line:
    """Return tokens as text, one in `cells` cells; the one at column `now` in the
    accent, those ahead faint.

    Of two that would run together the second is a point until it is `now`: 170 and 12
    are not 17 and 012.
    """
    line = []
    full = False
    for column, (token, was_read) in enumerate(zip(tokens, seen, strict=True)):
        touches = full and cell_len(token) == cells
        full = cell_len(token) == cells > 1
        if touches:
            full = False
            if column == now:
                token = token
            elif look.ascii:
                token = "."
            else:
                token = "·"

        if cell_len(token) <= cells:
            shown = " " * ((cells - cell_len(token)) // 2) + token
        else:
            shown = _cut(token, cells)

        if column == now:
            style = ink(look.accent, bold=True)
        else:
            style = ink(look.foreground if was_read else look.faint)

        line.append(Segment(set_cell_size(shown, cells), style))

    return line


def _cut(token: str, cells: int) -> str:
    if cells < 2:
        return token

    return set_cell_size(token, cells - 1) + "…"


def level_line(
    values: NDArray[Any],
    low: float,
    high: float,
    look: Look,
    cells: int,
    seen: NDArray[np.bool_],
) -> Line:
    """Return one feature over time as eighths of a line's height."""
    glyphs = ASCII_BLOCKS if look.ascii else BLOCKS
    share = np.nan_to_num(
        (np.asarray(values, dtype=np.float64) - low) / ((high - low) or 1.0)
    )
    heights = 1 + np.rint(np.clip(share, 0, 1) * (len(glyphs) - 2)).astype(int)
    text = [glyphs[height] * cells for height in heights.tolist()]

    return _runs(text, seen.tolist(), ink(look.foreground), ink(look.faint))


def strip_line(
    values: NDArray[Any],
    scale: Scale,
    page: tuple[int, int],
    ahead: NDArray[np.bool_],
    look: Look,
) -> Line:
    """Return a whole sequence as one line of blocks: the cells of the page that is
    shown in the accent.
    """
    glyphs = ASCII_BLOCKS if look.ascii else BLOCKS
    share = np.nan_to_num(
        (np.asarray(values, dtype=np.float64) - scale.low)
        / ((scale.high - scale.low) or 1.0)
    )
    heights = (
        1 + np.rint(np.clip(share, 0, 1) * (len(glyphs) - 2)).astype(int)
    ).tolist()
    columns = range(len(heights))
    kinds = [
        2 if page[0] <= column <= page[1] else int(later)
        for column, later in zip(columns, ahead, strict=True)
    ]
    inks = (ink(look.muted), ink(look.faint), ink(look.accent, bold=True))
    found = groupby(zip(heights, kinds, strict=True), key=lambda pair: pair[1])

    return [
        Segment("".join(glyphs[height] for height, _ in run), inks[kind])
        for kind, run in found
    ]


def _runs(
    texts: Sequence[str], seen: Sequence[bool], style: Style, ahead: Style
) -> Line:
    """Return texts beside each other, neighbours of one style joined."""
    found = groupby(zip(texts, seen, strict=True), key=lambda pair: pair[1])
    return [
        Segment("".join(text for text, _ in run), style if read else ahead)
        for read, run in found
    ]


def feature_lines(
    values: NDArray[Any],
    scale: Scale,
    look: Look,
    cells: int,
    seen: NDArray[np.bool_],
    height: int,
) -> list[Line]:
    """Return features `(features, timesteps)` as a small heat map of at most `height`
    lines.
    """
    painter = painter_of(look, scale.signed)
    if look.half:
        most = 2 * height
    else:
        most = height

    levels = scale.levels(values[:most], painter.ramp.count).repeat(cells, axis=1)
    dim = ~seen.repeat(cells)
    if not look.half:
        return [painter.row(row, dim) for row in levels[:height]]

    blank = np.full_like(levels[0], 30)
    pairs = (
        [*levels[: 2 * height], blank]
        if len(levels[: 2 * height]) % 2
        else levels[: 2 * height]
    )

    return [
        painter.half_row(pairs[k], pairs[k + 1], dim)
        for k in range(0, len(pairs) - 1, 2)
    ]


def mask_line(mask: Sequence[bool], look: Look, cells: int) -> Line:
    """Return which timesteps were read: a stroke where they were, a point where they
    were skipped.
    """
    if look.ascii:
        read, skipped = ("=", ".")
    else:
        read, skipped = ("━", "·")

    return _runs(
        [(read if found else skipped) * cells for found in mask],
        mask,
        ink(look.muted),
        ink(look.faint),
    )


def caption(
    title: str,
    about: Sequence[str],
    scale: Scale,
    look: Look,
    width: int,
    *,
    current: bool = False,
) -> Line:
    """Return a map's title, as much of what there is to say as fits, and its scale at
    the right edge.
    """
    painter = painter_of(look, scale.signed)
    low = bare(short(scale.low))
    high = ("+" if scale.signed else "") + bare(short(scale.high))
    if scale.beyond:
        if look.ascii:
            low, high = ("<", ">")
        else:
            low, high = ("≤", "≥")

        low = f"{low}{bare(short(scale.low))}"
        high = f"{high}{bare(short(scale.high))}"

    said = list(about)
    needed = cell_len(title) + 2 + cell_len(" · ".join(said)) + 4 + len(low) + len(high)
    if width >= max(60, needed + 17):
        cells = 17
    else:
        cells = 9

    key = [
        Segment(f"{low} ", ink(look.muted)),
        *legend(painter, cells),
        Segment(f" {high}", ink(look.muted)),
    ]
    room = width - len(low) - len(high) - 2 - cells
    name = ink(look.accent if current else look.foreground, bold=True)
    free = max(0, room - cell_len(title) - 2)
    while said and len(" · ".join(said)) + 2 > free:
        said.pop()

    words = set_cell_size("  " + " · ".join(said), free) + "  "
    left = [Segment(title, name), Segment(words, ink(look.muted))]
    if room > cell_len(title) + 2:
        return left + key

    return [Segment(set_cell_size(title, width), name)]


def message(text: str, look: Look) -> Line:
    """Return a line that says something."""
    return [Segment(f" {text}", ink(look.muted))]


def messages(text: str, look: Look, width: int) -> list[Line]:
    """Return lines that say something longer than a line, broken where the words
    are.
    """
    return [message(part, look) for part in wrap(text, max(width - 2, 10))]
