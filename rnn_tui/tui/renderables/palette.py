"""The colours and glyphs that a terminal and a theme can show, in plain values:
no NumPy, the frame needs it before the first paint.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Literal, NamedTuple, TypeAlias

from rich.color import Color as RichColor
from rich.style import Style

RGB: TypeAlias = tuple[int, int, int]
"""A colour: red, green, blue."""

Colours = Literal["truecolor", "256", "16", "none"]


class Look(NamedTuple):
    """The terminal's colours and glyphs, and the theme's ground."""

    colours: Colours = "truecolor"
    dark: bool = True
    ascii: bool = False
    background: RGB = (18, 18, 18)
    foreground: RGB = (224, 224, 224)
    accent: RGB = (135, 215, 175)
    muted: RGB = (138, 138, 138)
    faint: RGB = (88, 88, 88)
    warning: RGB = (215, 175, 95)
    error: RGB = (255, 135, 135)

    @property
    def half(self) -> bool:
        """Whether a cell can hold two values, one above the other: that takes
        colours on both its halves.
        """
        return self.colours in ("truecolor", "256") and not self.ascii


@lru_cache(maxsize=256)
def ink(colour: RGB, *, bold: bool = False, ground: RGB | None = None) -> Style:
    """Return the style of text in a colour of the look."""
    if ground is None:
        background = None
    else:
        background = RichColor.from_rgb(*ground)

    return Style(
        color=RichColor.from_rgb(*colour),
        bgcolor=background,
        bold=bold,
    )
