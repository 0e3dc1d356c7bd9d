"""Our themes in a terminal's own sixteen colours: each tone by its part, not by
the nearest of them.

The nearest of sixteen makes accent and text the same white, and the light
theme's greys and cursor white on white. Grounds are of the first eight: many
consoles have no bright ones.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache

from rich.color import Color as RichColor
from rich.color import ColorType
from rich.segment import Segment
from rich.style import Style
from textual.color import Color
from textual.filter import LineFilter

from rnn_tui.tui.theme.themes import OURS

BLACK, RED, GREEN, YELLOW, BLUE, CYAN, WHITE = 0, 1, 2, 3, 4, 6, 7
GREY, BRIGHT_RED, BRIGHT_GREEN, BRIGHT_YELLOW, BRIGHT_WHITE = 8, 9, 10, 11, 15

CURSOR = "block-cursor-background"

DARK = {
    "background": BLACK,
    "surface": BLACK,
    "foreground": BRIGHT_WHITE,
    "muted": WHITE,
    "faint": GREY,
    "line": GREY,
    "accent": BRIGHT_GREEN,
    "warning": BRIGHT_YELLOW,
    "error": BRIGHT_RED,
    CURSOR: BLUE,
}
LIGHT = {
    "background": WHITE,
    "surface": WHITE,
    "foreground": BLACK,
    "muted": BLACK,
    "faint": GREY,
    "line": GREY,
    "accent": BLUE,
    "warning": RED,
    "error": RED,
    CURSOR: CYAN,
}
PARTS: Mapping[str, Mapping[str, int]] = {
    "dark": DARK,
    "light": LIGHT,
    "high-contrast": {**DARK, "accent": BRIGHT_YELLOW, "faint": WHITE},
}
"""Which of the sixteen colours each part of a theme has."""


@lru_cache(8)
def numbers(theme: str) -> Mapping[tuple[int, int, int], int]:
    """Return the number of each colour of one of our themes; of Textual's own
    themes none is changed.
    """
    found: dict[tuple[int, int, int], int] = {}
    ours = next((one for one in OURS if one.name == theme), None)
    for part, number in PARTS.get(theme, {}).items():
        if ours is None:
            text = None
        else:
            text = getattr(ours, part, None) or ours.variables.get(part)

        if text:
            found.setdefault(Color.parse(text).rgb, number)

    return found


@lru_cache(4096)
def sixteen(style: Style, theme: str) -> Style:
    """Return a style in the terminal's own colours."""
    known = numbers(theme)
    front = _number(style.color, known)
    ground = _number(style.bgcolor, known)
    # no other tone can be read on it
    if ground is not None and style.bgcolor == _cursor(theme):
        front, ground = (
            RichColor.from_ansi(PARTS[theme][part])
            for part in ("foreground", CURSOR)
        )

    if front is ground is None:
        return style

    return style + Style(color=front, bgcolor=ground)


@lru_cache(8)
def _cursor(theme: str) -> RichColor | None:
    """Return the ground of a theme's cursor: a rule may have the same grey, but
    is no ground.
    """
    ours = next((one for one in OURS if one.name == theme), None)
    if ours is None:
        return None

    return RichColor.from_rgb(*Color.parse(ours.variables[CURSOR]).rgb)


def _number(
    colour: RichColor | None,
    known: Mapping[tuple[int, int, int], int],
) -> RichColor | None:
    if (
        colour is None
        or colour.type is not ColorType.TRUECOLOR
        or colour.triplet is None
    ):
        return None

    number = known.get(
        (colour.triplet.red, colour.triplet.green, colour.triplet.blue)
    )
    if number is None:
        return None

    return RichColor.from_ansi(number)


class SixteenFilter(LineFilter):
    """Draws a theme's tones in the terminal's own colours."""

    def __init__(self, theme: Callable[[], str]) -> None:
        super().__init__()
        self._theme = theme

    def apply(
        self,
        segments: list[Segment],
        background: Color,
    ) -> list[Segment]:
        """Return the segments in the terminal's own colours."""
        theme = self._theme()
        return [
            Segment(text, sixteen(style, theme) if style else style, control)
            for text, style, control in segments
        ]
