"""A line of a heat map whose cells are wide enough to hold their numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from rich.color import Color
from rich.segment import Segment
from rich.style import Style

from rnn_tui.tui.renderables.heatmap import CellPainter
from rnn_tui.tui.renderables.numbers import short
from rnn_tui.tui.renderables.palette import RGB, Look
from rnn_tui.tui.renderables.scales import Levels

BRIGHT, DARK = (240, 240, 240), (16, 16, 16)


def number_row(
    painter: CellPainter,
    look: Look,
    levels: Levels,
    values: NDArray[Any],
    dim: NDArray[np.bool_],
    width: int,
) -> list[Segment]:
    """Return cells of `width` cells each, every one with its number: on its
    colour, or beside its glyph.
    """
    ramp = painter.ramp
    segments = []
    numbers = values.tolist()
    for column, (level, later) in enumerate(
        zip(levels.tolist(), dim.tolist(), strict=True)
    ):
        if column < len(numbers):
            number = _fixed(numbers[column], width - 1)
        else:
            number = ""

        if look.half:
            colour = (ramp.dim_rgb if later else ramp.rgb)[level]
            segments.append(
                Segment(f"{number:>{width - 1}} ", _on(colour, later))
            )
        else:
            style = (ramp.dim_styles if later else ramp.styles)[level]
            segments.append(
                Segment(
                    f"{ramp.glyphs[level]}{number[1:]:>{width - 2}} ",
                    style,
                )
            )

    return segments


def _fixed(value: float, width: int) -> str:
    """Return a number with three digits after its point, aligned on it; a large
    one in as many digits as fit.
    """
    if abs(value) < 100:
        text = f"{value:.3f}"
    else:
        text = short(value)

    if text == "-0.000":
        text = text.lstrip("-")

    return text.replace("-", "−").rjust(width)[-width:]


def _on(colour: RGB, dim: bool) -> Style:
    """Return the style of text that can be read on a colour; in the dim part it
    stands back.
    """
    red, green, blue = colour
    light = 0.2126 * red + 0.7152 * green + 0.0722 * blue > 110
    text = DARK if light else BRIGHT
    if dim:
        if not light:
            text = (110, 110, 110)
        else:
            text = (130, 130, 130)

    return Style(color=Color.from_rgb(*text), bgcolor=Color.from_rgb(*colour))
