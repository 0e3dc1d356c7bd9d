"""The line that says which pixel of a picture the Step view computes, and how
much of its window the padding is.
"""

from __future__ import annotations

from rich.cells import cell_len
from rich.segment import Segment

from rnn_tui.analysis.step_parts import PixelWindow
from rnn_tui.tui.renderables.palette import Look, ink

Line = list[Segment]


def pixel_line(
    window: PixelWindow,
    look: Look,
    width: int,
    no_pixel: bool,
) -> Line:
    """Return the line; with `no_pixel` it says that the middle one is shown,
    and the keys that select another.
    """
    pixel = f"pixel {window.where}"
    sides = " × ".join(map(str, window.sides))
    parts = [f" of {sides}"]
    if no_pixel:
        parts.append(", the middle one: p P, shift with arrows, g select")

    parts.append(_of_window(window))
    line = [Segment(pixel, ink(look.accent, bold=True))]
    used = cell_len(pixel)
    for part in parts:
        used += cell_len(part)
        if used <= width:
            line.append(Segment(part, ink(look.muted)))

    return line


def _of_window(window: PixelWindow) -> str:
    """Return how many pixels are summed up in words."""
    of_x = window.taps - window.outside
    of_h = window.taps_of_h - window.outside_of_h
    if not (window.outside or window.outside_of_h):
        return f" · reads {of_x} pixels of x and {of_h} of h"

    return (
        f" · reads {of_x} of {window.taps} pixels of x and {of_h} of "
        f"{window.taps_of_h} of h: the others are padding"
    )
