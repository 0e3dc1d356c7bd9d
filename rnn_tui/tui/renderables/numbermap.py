"""A line of a heat map whose cells are wide enough to hold their numbers."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rich.color import Color
from rich.segment import Segment
from rich.style import Style

from rnn_tui.tui.renderables.colormaps import lightness
from rnn_tui.tui.renderables.heatmap import COLUMN, CellPainter
from rnn_tui.tui.renderables.numbers import short
from rnn_tui.tui.renderables.palette import RGB, Look
from rnn_tui.tui.renderables.scales import Levels, Ramp, Scale

BRIGHT, DARK = (240, 240, 240), (16, 16, 16)

HALFWAY = 52.0
"""The lightness L* of a ground from which on dark text is read better."""

LONGEST = 10
"""Characters of a number from which on it is written shorter."""

UNDERLINED = Style(underline=True)


def number_row(
    painter: CellPainter,
    look: Look,
    scale: Scale,
    levels: Levels,
    values: NDArray[Any],
    dim: NDArray[np.bool_],
    widths: Sequence[int],
    *,
    framed: bool = False,
    now: int | None = None,
    first: int = 0,
) -> list[Segment]:
    """Return cells of these `widths`, every one with its number: on its colour,
    or beside its glyph; underlined in the row that is `framed`. Time is in the
    column `now`, the cells begin with the column `first`.
    """
    decimals = decimals_of(scale, min(widths) - 1)
    numbers = [_fixed(value, decimals) for value in values.tolist()]
    numbers += [""] * (len(levels) - len(numbers))
    if look.half:
        draw = _on_its_colour
    else:
        draw = _beside_its_glyph

    cells = [
        draw(painter.ramp, number, width, level, is_dim, framed)
        for number, width, level, is_dim in zip(
            numbers,
            widths,
            levels.tolist(),
            dim.tolist(),
            strict=True,
        )
    ]
    if now is not None:
        text, style, _ = cells[now - first]
        if text.startswith(" "):
            cells[now - first] = Segment(COLUMN + text[1:], style)

    return cells


def _on_its_colour(
    ramp: Ramp,
    number: str,
    width: int,
    level: int,
    dim: bool,
    framed: bool,
) -> Segment:
    """Return a cell whose ground is the value's colour; dim or not, its number
    can be read.
    """
    colour = (ramp.dim_rgb if dim else ramp.rgb)[level]
    text = number[-(width - 1) :].rjust(width - 1) + " "

    return Segment(text, _on(colour, framed))


def _beside_its_glyph(
    ramp: Ramp,
    number: str,
    width: int,
    level: int,
    dim: bool,
    framed: bool,
) -> Segment:
    """Return a cell that begins with the value's glyph."""
    style = (ramp.dim_styles if dim else ramp.styles)[level]
    if framed:
        style += UNDERLINED

    text = number[-(width - 2) :].rjust(width - 2) + " "

    return Segment(ramp.glyphs[level] + text, style)


def _fixed(value: float, decimals: int) -> str:
    """Return a number with so many digits after its point; one much larger
    than its scale in three digits.
    """
    text = f"{value:.{decimals}f}"
    if not math.isfinite(value) or len(text) > LONGEST:
        return short(value)
    if not float(text):
        text = text.lstrip("-")

    return text.replace("-", "−")


def decimals_of(scale: Scale, width: int) -> int:
    """Return the digits after the point that numbers of a scale need in cells
    of this width: three that differ at its end, so that small scales have more
    of them and large ones fewer.
    """
    largest = max(abs(scale.low), abs(scale.high))
    if not largest or not math.isfinite(largest):
        return 3

    power = math.floor(math.log10(largest))
    before_the_point = len("−") + max(power, 0) + 1
    room = width - before_the_point - len(".")

    return max(0, min(3 - power, room, 6))


def _on(colour: RGB, framed: bool) -> Style:
    """Return the style of text that can be read on a colour."""
    if lightness(colour) > HALFWAY:
        text = DARK
    else:
        text = BRIGHT

    return Style(
        color=Color.from_rgb(*text),
        bgcolor=Color.from_rgb(*colour),
        underline=framed,
    )
