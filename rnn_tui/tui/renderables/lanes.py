"""The lanes above the maps: the input of the cell at each timestep, the skipped
timesteps, and the whole run on one line.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from textwrap import wrap
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style

from rnn_tui.tui.renderables.braille_plot import band
from rnn_tui.tui.renderables.heatmap import painter_of
from rnn_tui.tui.renderables.histogram import ASCII_BLOCKS, BLOCKS
from rnn_tui.tui.renderables.palette import Look, ink
from rnn_tui.tui.renderables.scales import BLANK, Levels, Scale

Line = list[Segment]


def token_line(
    tokens: Sequence[str],
    look: Look,
    widths: Sequence[int],
    now: int,
    seen: Sequence[bool],
) -> Line:
    """Return tokens as text, each in its column's cells; the one at column
    `now` in the accent, those ahead faint.
    """
    texts = token_texts(tokens, look, widths, now)
    current = ink(look.accent, bold=True)
    read = ink(look.foreground)
    ahead = ink(look.faint)
    styles = [read if was_read else ahead for was_read in seen]
    if 0 <= now < len(styles):
        styles[now] = current

    return list(map(Segment, texts, styles))


def token_texts(
    tokens: Sequence[str],
    look: Look,
    widths: Sequence[int],
    now: int,
) -> Sequence[str]:
    """Return each token in its column's cells.

    Of two that would run together the second is a point until it is `now`: 170
    and 12 are not 17 and 012.
    """
    point = "." if look.ascii else "·"
    texts = []
    touches = False
    for column, token in enumerate(tokens):
        cells = widths[column]
        full = cell_len(token) == cells
        if full and touches:
            full = False
            if column != now:
                token = point

        touches = full and cells > 1
        texts.append(_in_cells(token, cells))

    return texts


def _in_cells(token: str, cells: int) -> str:
    """Return a token in the middle of its cells, cut where it is wider."""
    width = cell_len(token)
    if width <= cells:
        token = " " * ((cells - width) // 2) + token
    elif cells >= 2:
        token = set_cell_size(token, cells - 1) + "…"

    return set_cell_size(token, cells)


def level_line(
    values: NDArray[Any],
    low: float,
    high: float,
    look: Look,
    widths: Sequence[int],
    seen: NDArray[np.bool_],
) -> Line:
    """Return one feature over time as eighths of a line's height."""
    return read_line(level_texts(values, low, high, look, widths), look, seen)


def level_texts(
    values: NDArray[Any],
    low: float,
    high: float,
    look: Look,
    widths: Sequence[int],
) -> list[str]:
    """Return the glyphs of one feature, each in its column's cells."""
    glyphs = ASCII_BLOCKS if look.ascii else BLOCKS
    heights = _heights(values, low, high, len(glyphs))

    return [
        glyphs[height] * width
        for height, width in zip(heights, widths, strict=False)
    ]


def read_line(
    texts: Sequence[str],
    look: Look,
    seen: NDArray[np.bool_],
    now: int | None = None,
) -> Line:
    """Return texts beside each other, those the cell hasn't read faint, that of
    the column `now` in the accent.
    """
    kinds = seen.astype(int)
    if now is not None:
        kinds[now] = 2

    styles = [ink(look.faint), ink(look.foreground), ink(look.accent)]

    return _runs(texts, kinds.tolist(), styles)


class Columns(NamedTuple):
    """The lines of a lane, a segment for each column: as it is where it was
    read, and where it wasn't. They are made once a page, a timestep only
    chooses.
    """

    read: list[Line]
    ahead: list[Line]

    def lines(self, seen: NDArray[np.bool_]) -> list[Line]:
        """Return the lines where the `seen` columns were read."""
        flags = seen.tolist()
        return [
            [
                now if was_read else later
                for now, later, was_read in zip(
                    read,
                    ahead,
                    flags,
                    strict=False,
                )
            ]
            for read, ahead in zip(self.read, self.ahead, strict=True)
        ]


def signed_columns(
    values: NDArray[Any],
    scale: Scale,
    look: Look,
    widths: Sequence[int],
) -> Columns:
    """Return one value a timestep as blocks: as high as it is far from zero, in
    the colour it has in a map; without colour by the glyph it has there.
    """
    painter = painter_of(look, scale.signed)
    levels = scale.levels(values, painter.ramp.count)
    if not look.half:
        return feature_columns(levels[None], scale, look, widths)

    farthest = max(abs(scale.low), abs(scale.high)) or 1.0
    heights = _heights(np.abs(values), 0.0, farthest, len(BLOCKS))
    found = []
    for colours in (painter.ramp.rgb, painter.ramp.dim_rgb):
        line = [
            Segment(BLOCKS[height] * width, ink(colours[level]))
            for height, level, width in zip(
                heights,
                levels.tolist(),
                widths,
                strict=False,
            )
        ]
        found.append([line])

    return Columns(*found)


def strip_line(
    smallest: NDArray[Any],
    largest: NDArray[Any],
    ends: tuple[float, float],
    page: tuple[int, int],
    ahead: NDArray[np.bool_],
    look: Look,
) -> Line:
    """Return a whole sequence as one line, two stretches of it a cell: a band
    from the smallest to the largest value between two `ends`; the cells of the
    page that is shown in the accent, those `ahead` faint.
    """
    first, last = page
    low, high = ends
    if look.ascii:
        extreme = np.where(-smallest > largest, smallest, largest)[::2]
        heights = _heights(extreme, low, high, len(ASCII_BLOCKS))
        texts = [ASCII_BLOCKS[height] for height in heights]
    else:
        texts = list(band(smallest, largest, low, high))

    kinds = ahead.astype(int)
    kinds[first : last + 1] = 2
    styles = [ink(look.muted), ink(look.faint), ink(look.accent, bold=True)]

    return _runs(texts, kinds.tolist(), styles)


def _heights(
    values: NDArray[Any],
    low: float,
    high: float,
    glyphs: int,
) -> list[int]:
    """Return which glyph each value has; the first one, a blank, is for no
    value.
    """
    span = (high - low) or 1.0
    share = (np.asarray(values, dtype=np.float64) - low) / span
    within = np.clip(np.nan_to_num(share), 0, 1)
    heights = 1 + np.rint(within * (glyphs - 2)).astype(int)
    heights[np.isnan(share)] = 0
    found: list[int] = heights.tolist()

    return found


def _runs(
    texts: Sequence[str],
    kinds: Sequence[int],
    styles: Sequence[Style],
) -> Line:
    """Return texts beside each other, neighbours of one kind joined in its
    style.
    """
    if not texts:
        return []

    changes = [k for k in range(1, len(kinds)) if kinds[k] != kinds[k - 1]]
    edges = [0, *changes, len(texts)]

    return [
        Segment("".join(texts[start:stop]), styles[kinds[start]])
        for start, stop in pairwise(edges)
    ]


def feature_levels(
    values: NDArray[Any],
    scale: Scale,
    look: Look,
    height: int,
) -> Levels:
    """Return the levels of as many features as fit into `height` lines: where
    two share a line an even number, the last one blank.
    """
    painter = painter_of(look, scale.signed)
    if not look.half:
        return scale.levels(values[:height], painter.ramp.count)

    levels = scale.levels(values[: 2 * height], painter.ramp.count)
    if len(levels) % 2:
        blank = np.full_like(levels[:1], BLANK)
        levels = np.concatenate([levels, blank])

    return levels


def feature_columns(
    levels: Levels,
    scale: Scale,
    look: Look,
    widths: Sequence[int],
) -> Columns:
    """Return levels of features, a timestep in its column's cells."""
    painter = painter_of(look, scale.signed)
    found = []
    for is_dim in (False, True):
        columns = []
        for column, width in enumerate(widths[: levels.shape[1]]):
            one = levels[:, column]
            if look.half:
                cells = painter.half_column(one[::2], one[1::2], is_dim, width)
            else:
                cells = painter.column(one, is_dim, width)

            columns.append([line[0] for line in cells])

        found.append([list(line) for line in zip(*columns, strict=True)])

    return Columns(*found)


def marked_column(
    levels: Levels,
    scale: Scale,
    look: Look,
    widths: Sequence[int],
    column: int,
) -> list[Line]:
    """Return the lines of one column of features with the mark of time."""
    painter = painter_of(look, scale.signed)
    wide = levels[:, column : column + 1].repeat(widths[column], axis=1)
    if not look.half:
        return [painter.row(row, now=0) for row in wide]

    return [
        painter.half_row(upper, lower, now=0)
        for upper, lower in zip(wide[::2], wide[1::2], strict=True)
    ]


def mask_line(
    mask: Sequence[bool],
    look: Look,
    widths: Sequence[int],
) -> Line:
    """Return which timesteps were read: a stroke where they were, a point where
    they were skipped.
    """
    if look.ascii:
        glyphs = (".", "=")
    else:
        glyphs = ("·", "━")

    texts = [
        glyphs[found] * width
        for found, width in zip(mask, widths, strict=False)
    ]

    return _runs(texts, mask, [ink(look.faint), ink(look.muted)])


def message(text: str, look: Look) -> Line:
    """Return a line that says something."""
    return [Segment(f" {text}", ink(look.muted))]


def messages(text: str, look: Look, width: int) -> list[Line]:
    """Return lines that say something longer than a line, broken where the
    words are.
    """
    return [message(part, look) for part in wrap(text, max(width - 2, 10))]
