"""An output over time as curves with their scale, and the values at one
timestep; those of another run as dashes below them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from rnn_tui.tui.renderables.braille_plot import NONE, Plot, axis, plot
from rnn_tui.tui.renderables.numbers import aligned, short
from rnn_tui.tui.text.other_run import Other

Part = tuple[str, str]
"""Text and its style."""

LOWEST, HIGHEST = 4, 48
"""Lines of a plot over time."""
LOWEST_OF_TWO = 9
"""Lines of one that tells two runs apart."""
SERIES = ("$accent", "$warning", "$foreground", "$muted")
DASH = 2
"""Cells of a dash, and between two."""
DOT = "."
"""The mark of the other run's curves in plain letters."""
SCALE = 10
"""Cells of the scale at the left."""
AROUND = 14
"""Cells that a plot leaves to the scale and the legend beside it."""


class Curves(NamedTuple):
    """The cells of a plot: a character and its style each."""

    rows: Sequence[Sequence[Part]]
    low: float
    high: float


def over_time(
    values: NDArray[Any],
    t: int,
    width: int,
    height: int,
    ascii_only: bool,
    other: Other | None = None,
) -> Iterator[Part]:
    """Yield the curves of `(timesteps, values)`, and the values at t."""
    yield from plotted(values, t, width, height, ascii_only, other)

    t = min(t, len(values) - 1)
    if other is None:
        yield from _at(f"t {t}", values[t], tones(values.shape[1]))
        return

    mine, theirs = other.names
    count = values.shape[1]
    yield from _at(f"t {t}", values[t], tones(count), mine)
    own = other.values[t]
    if np.isnan(own).all():
        yield (f"{'':>{SCALE - 1}} ", "$muted")
        yield (f"{'–':>5}  {theirs} {other.why_none(t)}\n", "$muted")
        return

    yield from _at("", own, other_tones(count), theirs)


def plotted(
    values: NDArray[Any],
    t: int,
    width: int,
    height: int,
    ascii_only: bool,
    other: Other | None = None,
) -> Iterator[Part]:
    """Yield the curves of `(timesteps, values)` with their scale, and a line at
    t; those of two runs in `LOWEST_OF_TWO` lines at least.
    """
    across = max(10, width - AROUND)
    lowest = LOWEST
    if other is not None:
        lowest = LOWEST_OF_TWO

    down = max(lowest, min(height, HIGHEST))
    curves = _drawn(values, (across, down), ascii_only, other)
    last = len(values) - 1
    marks = axis(curves.low, curves.high, down)
    share = t / max(last, 1)
    at = round(share * (across - 1))
    cursor = "│"
    if ascii_only:
        cursor = "|"

    for y, row in enumerate(curves.rows):
        number = ""
        if y in marks:
            number = short(marks[y])

        yield (f"{number:>{SCALE - 1}} ", "$muted")
        for x, (glyph, style) in enumerate(row):
            if x == at and glyph == " ":
                yield (cursor, "$faint")
            else:
                yield (glyph, style)

        yield ("\n", "")


def legend(other: Other | None, count: int, ascii_only: bool) -> Iterator[Part]:
    """Yield how the curves of both runs are drawn, of `count` values."""
    if other is None:
        return

    shown, dashes = _samples(ascii_only)
    mine, theirs = other.names
    yield (f"   {shown}", tones(count)[0])
    yield (f" {mine}", "$foreground")
    yield (f"   {dashes}", other_tones(count)[0])
    yield (f" {theirs}", "$foreground")


def tones(count: int) -> Sequence[str]:
    """Return the colour of each value's curve."""
    return SERIES[:count]


def other_tones(count: int) -> Sequence[str]:
    """Return the colour of each value's curve in the other run: its own where
    there are several, so that pairs are seen.
    """
    if count == 1:
        return SERIES[1:2]

    return SERIES[:count]


def _samples(ascii_only: bool) -> tuple[str, str]:
    """Return a piece of a curve, and of one of the other run."""
    if ascii_only:
        return "*****", "..  ."

    return "⠒⠒⠒⠒⠒⠒", "⠒⠒  ⠒⠒"


def _drawn(
    values: NDArray[Any],
    room: tuple[int, int],
    ascii_only: bool,
    other: Other | None,
) -> Curves:
    """Return the curves of both runs on one scale."""
    every = [values]
    if other is not None:
        every.append(other.values)

    together = np.concatenate(every)
    low, high = _range(together)
    count = values.shape[1]

    def curves(of: NDArray[Any]) -> Plot:
        lines = list(np.asarray(of).T)
        return plot(lines, *room, low, high, ascii_only=ascii_only)

    own = curves(values)
    cells = _styled(own, tones(count))
    if other is not None:
        drawn = curves(other.values)
        beneath = _styled(drawn, other_tones(count))
        dashes = _dashes(drawn.series, count)
        for y, row in enumerate(beneath):
            above = cells[y]
            for x, below in enumerate(row):
                glyph, _ = above[x]
                if not dashes[y, x] or glyph != " ":
                    continue

                _, style = below
                above[x] = below
                if ascii_only:
                    above[x] = (DOT, style)

    return Curves(cells, low, high)


def _range(values: NDArray[Any]) -> tuple[float, float]:
    """Return the ends of the scale."""
    low = float(np.nanmin(values))
    high = float(np.nanmax(values))
    if low == high:
        return low - 0.5, high + 0.5

    return low, high


def _styled(drawn: Plot, styles: Sequence[str]) -> list[list[Part]]:
    """Return the cells of a plot with their styles, empty for a blank."""
    rows = []
    for text, series in zip(drawn.rows, drawn.series.tolist(), strict=True):
        pairs = zip(text, series, strict=True)
        rows.append(
            [
                (glyph, "" if one == NONE else styles[one])
                for glyph, one in pairs
            ]
        )

    return rows


def _dashes(series: NDArray[np.int8], count: int) -> NDArray[np.bool_]:
    """Return the cells of a plot that are seen where its curves are dashes:
    counted along each curve, so that steep parts have them too.
    """
    seen = np.zeros(series.shape, np.bool_)
    for number in range(count):
        own: NDArray[np.bool_] = np.equal(series.T, number)
        columns, rows = np.nonzero(own)  # from left to right
        shown = np.arange(len(columns)) // DASH % 2 == 0
        seen[rows[shown], columns[shown]] = True

    return seen


def _at(
    when: str,
    values: NDArray[Any],
    styles: Sequence[str],
    name: str = "",
) -> Iterator[Part]:
    """Yield the values at a timestep, and the run that they are of."""
    yield (f"{when:>{SCALE - 1}} ", "$muted")
    for tone, value in zip(styles, values.tolist(), strict=False):
        yield (f"{aligned(value, 5, whole=4, room=5)}  ", tone)

    yield (f"{name}\n", "$muted")
