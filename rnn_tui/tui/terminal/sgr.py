"""Styles as a terminal is told of them (SGR, "select graphic rendition"): read,
compared, and changed in few bytes.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple


class Colours(NamedTuple):
    """A style as the terminal is told of it: attributes, colour and ground,
    each as its numbers.
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
        if number == "38":
            front = _extended(number, numbers)
        elif number == "48":
            ground = _extended(number, numbers)
        elif number == "39":
            front = None
        elif number == "49":
            ground = None
        elif number[:1] in ("3", "9") and len(number) == 2:
            front = number
        elif (number[:1] == "4" and len(number) == 2) or number[:2] == "10":
            ground = number
        elif number not in ("", "0"):
            attributes.append(number)

    return Colours(tuple(attributes), front, ground)


def _extended(number: str, following: Iterator[str]) -> str:
    """Return a colour of more than one number, as 38;2;1;2;3 or 48;5;120."""
    kind = next(following, "")
    count = 3 if kind == "2" else 1
    values = [next(following, "0") for _ in range(count)]

    return ";".join([number, kind, *values])


NOTHING = Colours((), None, None)


RESET = "0"
"""The sequence that ends a style."""

OFF = {
    "1": "22",
    "2": "22",
    "3": "23",
    "4": "24",
    "5": "25",
    "6": "25",
    "7": "27",
    "8": "28",
    "9": "29",
}
"""The codes that switch an attribute off; any other is ended by a reset."""


@lru_cache(16384)
def change(
    before: Colours | None,
    after: Colours,
    blank: bool,
) -> tuple[str, Colours]:
    """Return the shortest sequence from one style to another, `before` None
    where it isn't known, and the style that is in force then: on blank cells
    the colour of letters doesn't matter, and may stay as it was.
    """
    if before is None:
        return f"\x1b[m{full(after)}", after

    kept = after
    if blank:
        kept = Colours((), before.front, after.ground)

    same_attributes = before.attributes == kept.attributes
    if same_attributes:
        parts = []
    else:
        parts = _switches(before.attributes, kept.attributes)

    if before.front != kept.front:
        parts.append(kept.front or "39")

    if before.ground != kept.ground:
        parts.append(kept.ground or "49")

    if not parts:
        return "", kept

    told = f"\x1b[{';'.join(parts)}m"
    if same_attributes:
        return told, kept

    anew = "\x1b[m"
    if after != NOTHING:
        anew = f"\x1b[{';'.join([RESET, *_parts(after)])}m"

    if len(anew) < len(told) or RESET in parts:
        return anew, after

    return told, kept


def _switches(before: tuple[str, ...], after: tuple[str, ...]) -> list[str]:
    """Return the codes that switch attributes off and on; with RESET in it
    where one can't be switched off alone.
    """
    gone = [attribute for attribute in before if attribute not in after]
    off = list(dict.fromkeys(OFF.get(attribute, RESET) for attribute in gone))
    # the code that switches bold off switches faint off, too
    on = [
        attribute
        for attribute in after
        if attribute not in before or OFF.get(attribute) in off
    ]

    return [*off, *on]


@lru_cache(4096)
def full(style: Colours) -> str:
    """Return the sequence that makes a style from nothing."""
    return _sequence(_parts(style))


@lru_cache(4096)
def ground_alone(style: Colours) -> Colours:
    """Return a style as it is seen on blank cells: the colour of letters
    isn't.
    """
    return Colours((), None, style.ground)


def _parts(style: Colours) -> list[str]:
    """Return the numbers of a style."""
    colours = [colour for colour in (style.front, style.ground) if colour]
    return [*style.attributes, *colours]


def _sequence(parts: list[str]) -> str:
    """Return an SGR sequence of these numbers, empty where there are none."""
    if parts:
        return f"\x1b[{';'.join(parts)}m"

    return ""
