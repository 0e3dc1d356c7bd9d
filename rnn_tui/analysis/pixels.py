"""The pixels of the pictures that a cell holds its state in, counted row by
row.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

Sides = tuple[int, ...]


def middle(sides: Sides) -> int:
    """Return the pixel in the middle of a picture, counted row by row."""
    return number_of([side // 2 for side in sides], sides)


def number_of(position: Sequence[int], sides: Sides) -> int:
    """Return the number of the pixel at a row, column …, counted row by row."""
    number = 0
    for at, side in zip(position, sides, strict=True):
        number = number * side + at

    return number


def position(pixel: int, sides: Sides) -> tuple[int, ...]:
    """Return the row, column … of a pixel that is counted row by row."""
    found = []
    left = pixel
    for count in range(len(sides)):
        below = math.prod(sides[count + 1 :])
        at, left = divmod(left, below)
        found.append(at)

    return tuple(found)


def pixel_words(pixel: int, sides: Sides) -> str:
    """Return the row, column … of a pixel in words."""
    return f"pixel {', '.join(map(str, position(pixel, sides)))}"
