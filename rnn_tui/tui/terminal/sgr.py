"""Styles as a terminal is told of them (SGR, "select graphic rendition"): read,
compared, and changed in few bytes.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple


class Colours(NamedTuple):
    """A style as the terminal is told of it: attributes, colour and ground, each as its
    numbers.
    """

    attributes: tuple[str, ...]
    front: str | None
    ground: str | None


@lru_cache(4096)
def parse(sgr: str) -> Colours:
    """Return the parts of an SGR sequence that starts from nothing."""
    attributes: list[str] = []
    front = ground = None
    numbers = iter(sgr.split(";"))
    for number in numbers:
        if number in ("38", "48"):
            kind = next(numbers, "")
            count = 3 if kind == "2" else 1
            colour = ";".join(
                [number, kind, *(next(numbers, "0") for _ in range(count))]
            )
            if number == "38":
                front = colour
                ground = ground
            else:
                front = front
                ground = colour
        elif number[:1] in ("3", "9") and len(number) == 2:
            front = None if number == "39" else number
        elif (number[:1] == "4" and len(number) == 2) or number[:2] == "10":
            ground = None if number == "49" else number
        elif number not in ("", "0"):
            attributes.append(number)

    return Colours(tuple(attributes), front, ground)


@lru_cache(16384)
def change(before: Colours, after: Colours, blank: bool) -> str:
    """Return the shortest sequence from one style to another; on blank cells the colour
    of letters doesn't matter.
    """
    if before.attributes != after.attributes:
        parts = [
            *after.attributes,
            *(part for part in (after.front, after.ground) if part),
        ]
        if parts:
            return f"\x1b[{';'.join(['0', *parts])}m"

        return "\x1b[m"

    parts = []
    if before.front != after.front and not (blank and not after.attributes):
        parts.append(after.front or "39")

    if before.ground != after.ground:
        parts.append(after.ground or "49")

    if parts:
        return f"\x1b[{';'.join(parts)}m"

    return ""


NOTHING = Colours((), None, None)


@lru_cache(4096)
def full(style: Colours) -> str:
    """Return the sequence that makes a style from nothing."""
    parts = [*style.attributes, *(part for part in (style.front, style.ground) if part)]
    if parts:
        return f"\x1b[{';'.join(parts)}m"

    return ""


def seen(text: str, style: Colours) -> Colours:
    """Return a style as it is seen: on blank cells the colour of letters isn't."""
    if text.isspace() and not style.attributes:
        return Colours((), None, style.ground)

    return style
