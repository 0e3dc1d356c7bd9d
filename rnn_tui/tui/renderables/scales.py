"""From values to levels, and from levels to the look of a cell: colour, glyph,
both.

A scale cuts a range into at most seventeen levels; a ramp draws them for one
terminal. Signed values diverge from the background (zero recedes), values
between 0 and 1 run from empty to full. Without colour the sign stays readable:
positive is block shades, negative braille dots, zero a point.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray
from rich.color import Color
from rich.style import Style

from rnn_tui.tui.renderables.colormaps import (
    BERLIN,
    CIVIDIS,
    VIK,
    at_lightness,
    blend,
    branch_256,
    colours_of,
    lightness,
    nearest_256,
)
from rnn_tui.tui.renderables.palette import RGB, Look

Levels = NDArray[np.uint8]

LEVELS = 17
"""Levels of a ramp of colours or glyphs: more would only cost bytes."""

ASCII_LEVELS = 19
"""One for each of nine letters, nine digits and zero."""

MISSING = 31
"""The level of NaN, above those of every ramp."""

BLANK = 30
"""The level of a cell that belongs to nothing: bare ground."""

DIM_SHARE = 2 / 3
"""How much of a colour is left in the part time hasn't reached."""

CURVE = 2 / 3
"""The power of a signed value's share of its range that its level is in
proportion to: small values have levels of their own, the legend shows it.
"""

FIRST, SECOND = 13.5, 18.0
"""How far the lightness L* of the first and the second level is from the
ground's: the first can be told from it, and a tenth of the range is on the
second.
"""

HAIR = 0.03
"""How much of the foreground is in the colour of zero."""


@dataclass(frozen=True)
class Scale:
    """A range of values cut into levels; `signed` has zero in its middle."""

    low: float
    high: float
    signed: bool
    beyond: bool = False
    """Whether some values are beyond the ends, and are drawn as they are."""

    def levels(self, values: NDArray[Any], count: int = LEVELS) -> Levels:
        """Return the level (0 to `count` - 1) of each value; NaN is MISSING, a
        value beyond an end is at that end.
        """
        span = self.high - self.low or 1.0
        with np.errstate(invalid="ignore", over="ignore"):
            share = (
                np.asarray(values, dtype=np.float32) - self.low
            ) * np.float32(1 / span)
            share = np.clip(share, 0, 1)
            if self.signed:
                share = _curved(share)

            filled = np.where(
                np.isnan(share),
                MISSING,
                np.rint(share * (count - 1)),
            )

        return filled.astype(np.uint8)


def _curved(share: NDArray[Any]) -> NDArray[Any]:
    """Return shares of a range with zero in its middle, drawn away from the
    middle by CURVE.
    """
    from_zero = 2 * share - 1
    away = np.abs(from_zero) ** CURVE
    curved: NDArray[Any] = (np.copysign(away, from_zero) + 1) / 2

    return curved


GATE_SCALE = Scale(0.0, 1.0, signed=False)
STATE_SCALE = Scale(-1.0, 1.0, signed=True)

QUIET = 0.5
"""The share of a fixed range that values must reach; of those that don't, all
would look like zero.
"""


def signed_scale(values: NDArray[Any]) -> Scale:
    """Return the scale with zero in its middle that holds all (finite)
    values.
    """
    finite = np.abs(values[np.isfinite(values)])
    if finite.size:
        limit = nice_limit(float(finite.max()))
    else:
        limit = 1.0

    return Scale(-limit, limit, signed=True)


def usual_scale(values: NDArray[Any]) -> Scale:
    """Return the signed scale of all but the hundredth of the values that are
    farthest out.

    A few large values would leave the rest without colour. Where they are no
    more than half as large again, all count, and so do all where there are no
    hundred: one of five is no exception.
    """
    whole = signed_scale(values)
    finite = np.abs(values[np.isfinite(values)])
    # np.quantile would import half of NumPy for the first map
    most = finite.size - 1 - finite.size // 100
    if finite.size:
        usual = nice_limit(float(np.partition(finite, most)[most]))
    else:
        usual = whole.high

    if whole.high <= 1.5 * usual:
        return whole

    return Scale(-usual, usual, signed=True, beyond=True)


def bounded_scale(values: NDArray[Any]) -> Scale:
    """Return the scale from −1 to 1 of states an activation bounds; where they
    stay far inside, the one they need.
    """
    whole = signed_scale(values)
    if whole.high <= QUIET:
        return whole

    return STATE_SCALE


def nice_limit(largest: float) -> float:
    """Return the next number of two digits at or above `largest`, so that
    legends are short; 1 for zero.
    """
    if largest <= 0 or not np.isfinite(largest):
        return 1.0

    step = 10.0 ** (np.floor(np.log10(largest)) - 1)

    return float(f"{np.ceil(largest / step - 1e-9) * step:.3g}")


POSITIVE, NEGATIVE, ZERO = "░▒▓█", "⠂⠆⠖⠶⣿", "·"
ASCII_POSITIVE, ASCII_NEGATIVE, ASCII_ZERO = "123456789", "abcdefghi", "."


@dataclass(frozen=True, eq=False)
class Ramp:
    """How one scale's `count` levels look: a glyph, a style and a dim style
    each; index MISSING is no value at all.

    In a ramp of colours the glyph is a space on that colour, and `rgb` and
    `dim_rgb` serve half-blocks.
    """

    count: int
    glyphs: tuple[str, ...]
    styles: tuple[Style, ...]
    dim_styles: tuple[Style, ...]
    rgb: tuple[RGB, ...] = ()
    dim_rgb: tuple[RGB, ...] = ()
    mark: RGB = (255, 255, 255)
    """The colour of the edge of a row that is marked."""


@lru_cache(maxsize=64)
def ramp(look: Look, signed: bool) -> Ramp:
    """Return how levels look on this terminal."""
    if look.half:
        return _colour_ramp(look, signed)

    return _glyph_ramp(look, signed)


T = TypeVar("T")


def _filled(items: Sequence[T], blank: T, missing: T) -> tuple[T, ...]:
    return (*items, *(blank,) * (MISSING - len(items)), missing)


def _colour_ramp(look: Look, signed: bool) -> Ramp:
    if signed:
        steps = _diverging(look)
    else:
        steps = _from_the_ground(look)

    full = _filled(
        steps,
        look.background,
        blend(look.foreground, look.background, 0.25),
    )
    dim = tuple(blend(colour, look.background, DIM_SHARE) for colour in full)
    if look.colours == "256":
        full = _in_256(full, signed)
        dim = _in_256(dim, signed)

    ground = tuple(Style(bgcolor=Color.from_rgb(*colour)) for colour in full)
    dim_ground = tuple(Style(bgcolor=Color.from_rgb(*colour)) for colour in dim)

    return Ramp(
        LEVELS,
        _filled(" " * LEVELS, " ", "×"),
        ground,
        dim_ground,
        full,
        dim,
        look.accent,
    )


def _in_256(colours: Sequence[RGB], signed: bool) -> tuple[RGB, ...]:
    """Return a ramp's colours in those of a terminal of 256."""
    found = list(map(nearest_256, colours))
    if signed:
        middle = LEVELS // 2
        negative = branch_256(colours[:middle][::-1])
        found[:middle] = reversed(negative)
        found[middle + 1 : LEVELS] = branch_256(colours[middle + 1 : LEVELS])
    else:
        found[1:LEVELS] = branch_256(colours[1:LEVELS])

    return tuple(found)


def _diverging(look: Look) -> list[RGB]:
    """Return the colours of signed levels: both signs leave the ground by the
    same lightness.
    """
    table = colours_of(BERLIN if look.dark else VIK)
    middle = len(table) // 2
    negative = table[: middle + 1]
    positive = table[middle:]
    wanted = _lightnesses(look, (negative[0], positive[-1]), LEVELS // 2)

    return [
        *reversed(at_lightness(negative, wanted)),
        blend(look.foreground, look.background, HAIR),
        *at_lightness(positive, wanted),
    ]


def _from_the_ground(look: Look) -> list[RGB]:
    """Return the colours of levels from empty to full: empty is the ground."""
    table = colours_of(CIVIDIS)
    end = table[-1] if look.dark else table[0]
    wanted = _lightnesses(look, (end,), LEVELS - 1)
    empty = blend(look.foreground, look.background, HAIR)

    return [empty, *at_lightness(table, wanted)]


def _lightnesses(look: Look, ends: Sequence[RGB], count: int) -> list[float]:
    """Return the lightness L* of each of `count` levels away from the ground,
    the last one as far as all of the `ends` are.
    """
    ground = lightness(look.background)
    farthest = min(abs(lightness(end) - ground) for end in ends)
    rest = np.linspace(SECOND, max(farthest, SECOND), count - 1)
    direction = 1 if look.dark else -1

    return [ground + direction * far for far in (FIRST, *rest.tolist())]


def _glyph_ramp(look: Look, signed: bool) -> Ramp:
    count = ASCII_LEVELS if look.ascii else LEVELS
    glyphs = [
        _glyph(level, count, signed, look.ascii) for level in range(count)
    ]
    if look.colours == "none":
        styles = [Style(dim=False)] * count
        dim = [Style(dim=True)] * count
    elif look.colours == "16":
        styles = [
            Style(color=_sixteen(level / (count - 1), signed, look.dark))
            for level in range(count)
        ]
        dim = [Style(color="bright_black")] * count
    else:
        # glyphs on a terminal of many colours: the map's own colours, on the
        # letters
        colours = _letters(look, signed, count)
        styles = [Style(color=Color.from_rgb(*colour)) for colour in colours]
        dim = [
            Style(
                color=Color.from_rgb(*blend(colour, look.background, DIM_SHARE))
            )
            for colour in colours
        ]

    return Ramp(
        count,
        _filled(glyphs, " ", "?"),
        _filled(styles, styles[0], styles[0]),
        _filled(dim, dim[0], dim[0]),
    )


def _glyph(level: int, count: int, signed: bool, ascii_only: bool) -> str:
    if ascii_only:
        positive = ASCII_POSITIVE
        negative = ASCII_NEGATIVE
        zero = ASCII_ZERO
    else:
        positive = POSITIVE
        negative = NEGATIVE
        zero = ZERO

    if signed:
        middle = count // 2
    else:
        middle = 0

    if level == middle:
        return zero

    marks = positive if level > middle else negative
    if signed:
        steps = middle
    else:
        steps = count - 1

    return marks[(abs(level - middle) - 1) * len(marks) // steps]


def _sixteen(share: float, signed: bool, dark: bool) -> str:
    """Return one of the terminal's own colours: blue below zero, yellow above
    it, bright far from it.

    On a light ground, where yellow can't be read, it is red, and dark far from
    zero.
    """
    if dark:
        near = "yellow"
        far = "bright_yellow"
    else:
        near = "bright_red"
        far = "red"

    if not signed:
        if share < 0.1:
            return "bright_black"
        if share < 0.6:
            return near

        return far

    if share == 0.5:
        return "bright_black"

    if share < 0.5:
        if dark:
            below = ("blue", "bright_blue")
        else:
            below = ("bright_blue", "blue")

        return below[share <= 0.2]

    if share < 0.8:
        return near

    return far


def _letters(look: Look, signed: bool, count: int) -> list[RGB]:
    """Colours for glyphs on the bare ground: a map's own, none so near to the
    ground that it can't be read.
    """
    steps = colours_of(CIVIDIS if not signed else BERLIN if look.dark else VIK)
    if not signed and not look.dark:
        steps = steps[::-1]

    picked = [
        steps[round(k * (len(steps) - 1) / (count - 1))] for k in range(count)
    ]

    return [blend(colour, look.foreground, 0.6) for colour in picked]
