"""Characters that are drawn by hand, so that they fill their cells whatever the
font: blocks, shades, quadrants, braille and the lines of boxes.
"""

from __future__ import annotations

import unicodedata
from functools import cache
from typing import NamedTuple


class Box(NamedTuple):
    """A rectangle in parts of a cell, from its upper left corner; `share` is
    how much of it is the colour, the rest the ground.
    """

    left: float
    top: float
    right: float
    bottom: float
    share: float = 1.0


class Dot(NamedTuple):
    """A round dot: its centre in parts of a cell."""

    x: float
    y: float


LIGHT, HEAVY = 0.12, 0.24
"""How thick lines are, in parts of a cell's width."""

SHADES = {"░": 0.25, "▒": 0.5, "▓": 0.75}
QUADRANTS = {
    "▖": ("lower left",),
    "▗": ("lower right",),
    "▘": ("upper left",),
    "▙": ("upper left", "lower left", "lower right"),
    "▚": ("upper left", "lower right"),
    "▛": ("upper left", "upper right", "lower left"),
    "▜": ("upper left", "upper right", "lower right"),
    "▝": ("upper right",),
    "▞": ("upper right", "lower left"),
    "▟": ("upper right", "lower left", "lower right"),
}
BRAILLE = 0x2800
DOTS = ((0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2), (0, 3), (1, 3))
"""Column and row of each of a braille character's dots, by their bits."""


@cache
def shapes(character: str) -> tuple[Box | Dot, ...] | None:
    """Return what a character is drawn of; None where a font draws it."""
    if len(character) != 1:
        return None
    if character == " ":
        return ()
    if "⠀" <= character <= "⣿":
        return tuple(_dots(ord(character) - BRAILLE))
    if "▀" <= character <= "▟":
        return _block(character)
    if "─" <= character <= "╿":
        return _lines(unicodedata.name(character))

    return None


def _dots(bits: int) -> list[Dot]:
    return [
        Dot((1 + 2 * column) / 4, (1 + 2 * row) / 8)
        for bit, (column, row) in enumerate(DOTS)
        if bits >> bit & 1
    ]


def _block(character: str) -> tuple[Box, ...]:
    if character in SHADES:
        return (Box(0, 0, 1, 1, SHADES[character]),)
    if character in QUADRANTS:
        return tuple(_quadrant(name) for name in QUADRANTS[character])
    if character == "▀":
        return (Box(0, 0, 1, 0.5),)
    if character == "▐":
        return (Box(0.5, 0, 1, 1),)
    if character == "▔":
        return (Box(0, 0, 1, 1 / 8),)
    if character == "▕":
        return (Box(7 / 8, 0, 1, 1),)

    code = ord(character)
    if code <= 0x2588:  # lower eighths, up to the whole
        height = (code - 0x2580) / 8
        return (Box(0, 1 - height, 1, 1),)

    width = (0x2590 - code) / 8  # left eighths

    return (Box(0, 0, width, 1),)


def _quadrant(name: str) -> Box:
    left = 0.0
    top = 0.0
    if name.endswith("right"):
        left = 0.5

    if name.startswith("lower"):
        top = 0.5

    return Box(left, top, left + 0.5, top + 0.5)


def _lines(name: str) -> tuple[Box, ...] | None:
    """Return the arms of a box's line; None where it is double, dashed, slanted
    or an arc.
    """
    words = name.removeprefix("BOX DRAWINGS ").replace(" AND ", " ").split()
    if {"DOUBLE", "DASH", "DIAGONAL", "ARC", "SINGLE"} & set(words):
        return None

    arms: dict[str, float] = {}
    thick = LIGHT
    waiting: list[str] = []
    for word in words:
        if word in ("LIGHT", "HEAVY"):
            thick = LIGHT
            if word == "HEAVY":
                thick = HEAVY

            # `DOWN LIGHT AND LEFT HEAVY` names the weight behind the arm
            for arm in waiting:
                arms[arm] = thick

            waiting = []
            continue

        waiting = list(_arms(word))
        for arm in waiting:
            arms[arm] = thick

    return tuple(_arm(arm, width) for arm, width in arms.items())


def _arms(word: str) -> tuple[str, ...]:
    if word == "HORIZONTAL":
        return ("LEFT", "RIGHT")
    if word == "VERTICAL":
        return ("UP", "DOWN")

    return (word,)


def _arm(arm: str, thick: float) -> Box:
    """Return a line from the cell's middle to one of its sides; a cell is twice
    as high as it is wide.
    """
    half = thick / 2
    low = half / 2
    left = 0.5 - half
    right = 0.5 + half
    top = 0.5 - low
    bottom = 0.5 + low
    if arm == "LEFT":
        return Box(0, top, right, bottom)
    if arm == "RIGHT":
        return Box(left, top, 1, bottom)
    if arm == "UP":
        return Box(left, 0, right, bottom)

    return Box(left, top, right, 1)
