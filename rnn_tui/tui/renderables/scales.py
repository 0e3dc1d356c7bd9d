"""From values to levels, and from levels to what a cell looks like: colour, glyph, both.

A scale cuts a range into at most seventeen levels; a ramp draws them for one terminal. Signed values diverge from the
background (zero recedes), values between 0 and 1 run from empty to full. Without colour the sign stays readable:
positive is block shades, negative braille dots, zero a point.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from rich.color import Color
from rich.style import Style

from rnn_tui.tui.renderables.colormaps import BERLIN, CIVIDIS, RGB, VIK, blend, colours_of, nearest_256

Colours = Literal["truecolor", "256", "16", "none"]
Levels = NDArray[np.uint8]

LEVELS = 17
MISSING = LEVELS
"""The level of NaN, and of a cell that has no value."""

DIM_SHARE = 0.38
"""How much of a colour is left in the part time hasn't reached."""


@dataclass(frozen=True)
class Look:
    """What the terminal can show and what the theme's ground is."""

    colours: Colours = "truecolor"
    dark: bool = True
    ascii: bool = False
    background: RGB = (18, 18, 18)
    foreground: RGB = (224, 224, 224)
    accent: RGB = (1, 120, 212)

    @property
    def half(self) -> bool:
        """Whether a cell can hold two values, one above the other: that takes colours on both its halves."""
        return self.colours in ("truecolor", "256") and not self.ascii


@dataclass(frozen=True)
class Scale:
    """A range of values cut into levels; `signed` has zero in its middle."""

    low: float
    high: float
    signed: bool

    @property
    def zero(self) -> int:
        """The level of zero."""
        return LEVELS // 2 if self.signed else 0

    def levels(self, values: NDArray[Any]) -> Levels:
        """Return the level of each value; those beyond the ends take the end's, NaN is MISSING."""
        span = self.high - self.low or 1.0
        with np.errstate(invalid="ignore", over="ignore"):
            at = (np.asarray(values, dtype=np.float32) - self.low) * np.float32((LEVELS - 1) / span)
            filled = np.where(np.isnan(at), MISSING, np.clip(np.rint(at), 0, LEVELS - 1))
        return filled.astype(np.uint8)


GATE_SCALE = Scale(0.0, 1.0, signed=False)
STATE_SCALE = Scale(-1.0, 1.0, signed=True)


def signed_scale(values: NDArray[Any]) -> Scale:
    """Return the scale with zero in its middle that holds all (finite) values."""
    finite = np.abs(values[np.isfinite(values)])
    limit = nice_limit(float(finite.max())) if finite.size else 1.0
    return Scale(-limit, limit, signed=True)


def nice_limit(largest: float) -> float:
    """Return the next number of two digits at or above `largest`, so that legends are short; 1 for zero."""
    if largest <= 0 or not np.isfinite(largest):
        return 1.0
    step = 10.0 ** (np.floor(np.log10(largest)) - 1)
    return float(f"{np.ceil(largest / step - 1e-9) * step:.3g}")


POSITIVE, NEGATIVE, ZERO = "░▒▓█", "⠂⠆⠖⠶⣿", "·"
ASCII_POSITIVE, ASCII_NEGATIVE, ASCII_ZERO = "123456789", "abcdefghi", "."


@dataclass(frozen=True, eq=False)
class Ramp:
    """How one scale's levels look: a glyph, a style and a dim style each; index MISSING is a value that isn't there.

    In a ramp of colours the glyph is a space on that colour, and `rgb` and `dim_rgb` serve half-blocks.
    """

    glyphs: tuple[str, ...]
    styles: tuple[Style, ...]
    dim_styles: tuple[Style, ...]
    rgb: tuple[RGB, ...] = ()
    dim_rgb: tuple[RGB, ...] = ()


@lru_cache(maxsize=64)
def ramp(look: Look, signed: bool) -> Ramp:
    """Return how levels look on this terminal."""
    return _colour_ramp(look, signed) if look.half else _glyph_ramp(look, signed)


def _colour_ramp(look: Look, signed: bool) -> Ramp:
    if signed:
        steps = colours_of(BERLIN if look.dark else VIK)
    else:  # empty recedes into the ground: dark on dark, light on light
        steps = colours_of(CIVIDIS) if look.dark else colours_of(CIVIDIS)[::-1]
    missing = blend(look.foreground, look.background, 0.25)
    full = (*steps, missing)
    dim = tuple(blend(colour, look.background, DIM_SHARE) for colour in full)
    if look.colours == "256":
        full, dim = tuple(map(nearest_256, full)), tuple(map(nearest_256, dim))
    ground = [Style(bgcolor=Color.from_rgb(*colour)) for colour in full]
    dim_ground = [Style(bgcolor=Color.from_rgb(*colour)) for colour in dim]
    return Ramp((" ",) * LEVELS + ("×",), tuple(ground), tuple(dim_ground), full, dim)


def _glyph_ramp(look: Look, signed: bool) -> Ramp:
    glyphs = (*_signed_glyphs(look.ascii), "?") if signed else (*_gate_glyphs(look.ascii), "?")
    if look.colours == "none":
        styles = [Style(dim=False)] * (LEVELS + 1)
        dim = [Style(dim=True)] * (LEVELS + 1)
    elif look.colours == "16":
        styles = [Style(color=_sixteen(level, signed)) for level in range(LEVELS + 1)]
        dim = [Style(color="bright_black")] * (LEVELS + 1)
    else:  # ascii on a terminal of many colours: the map's own colours, on the letters
        colours = _letters(look, signed)
        styles = [Style(color=Color.from_rgb(*colour)) for colour in colours]
        dim = [Style(color=Color.from_rgb(*blend(colour, look.background, DIM_SHARE))) for colour in colours]
    return Ramp(glyphs, tuple(styles), tuple(dim))


def _signed_glyphs(ascii_only: bool) -> list[str]:
    positive, negative, zero = (
        (ASCII_POSITIVE, ASCII_NEGATIVE, ASCII_ZERO) if ascii_only else (POSITIVE, NEGATIVE, ZERO)
    )
    half = LEVELS // 2

    def glyph(level: int) -> str:
        if level == half:
            return zero
        marks = positive if level > half else negative
        return marks[_share(abs(level - half), half, len(marks))]

    return [glyph(level) for level in range(LEVELS)]


def _gate_glyphs(ascii_only: bool) -> list[str]:
    marks = ASCII_ZERO + ASCII_POSITIVE if ascii_only else ZERO + POSITIVE
    return [marks[round(level / (LEVELS - 1) * (len(marks) - 1))] for level in range(LEVELS)]


def _share(step: int, steps: int, count: int) -> int:
    """Return which of `count` marks stands for step 1…steps."""
    return (
        min(count - 1, (step - 1) * count // steps) if count <= steps else round((step - 1) / (steps - 1) * (count - 1))
    )


def _sixteen(level: int, signed: bool) -> str:
    if level == MISSING:
        return "red"
    if not signed:
        return ("bright_black", "yellow", "bright_yellow")[min(2, level // 6)]
    distance = level - LEVELS // 2
    if distance == 0:
        return "bright_black"
    if distance < 0:
        return "blue" if distance > -5 else "bright_blue"
    return "yellow" if distance < 5 else "bright_yellow"


def _letters(look: Look, signed: bool) -> tuple[RGB, ...]:
    """Colours for glyphs on the bare ground: a map's colours, none so near to the ground that it can't be read."""
    steps = colours_of(CIVIDIS if not signed else BERLIN if look.dark else VIK)
    steps = steps if signed or look.dark else steps[::-1]
    return tuple(blend(colour, look.foreground, 0.6) for colour in (*steps, look.foreground))
