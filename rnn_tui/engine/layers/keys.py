"""The values that a key of a layer's configuration may have: tests, each with
the words for the values that pass.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

LARGEST = 1 << 31
"""No count or size of a real layer is larger."""
WIDEST = 1 << 16
"""Values of a kernel's or a pool's window."""
MOST_AXES = 8
"""Axes of an array, at most."""
LARGEST_NUMBER = 1e300


class Key(NamedTuple):
    """A test of a key's value, and the words for the values that pass it."""

    test: Callable[[Any], bool]
    expected: str


def is_whole(value: Any, least: int = -LARGEST, most: int = LARGEST) -> bool:
    """Return whether a value is a whole number between two bounds; old files
    have 3.0 for 3.
    """
    number = isinstance(value, int) or (
        isinstance(value, float) and value.is_integer()
    )

    return number and not isinstance(value, bool) and least <= value <= most


def is_number(value: Any) -> bool:
    """Return whether a value is a number of ordinary size."""
    number = isinstance(value, (int, float)) and not isinstance(value, bool)

    return number and abs(value) < LARGEST_NUMBER


def among(*words: object) -> Key:
    """Return the test of a key that has one of these values."""
    listed = [json.dumps(word) for word in words]

    def test(value: Any) -> bool:
        return not isinstance(value, (list, dict)) and value in words

    return Key(test, " or ".join(listed))


def _listed(value: Any) -> list[Any]:
    """Return a list as it is, and any other value as a list of one."""
    if isinstance(value, list):
        return value

    return [value]


def _is_count(value: Any) -> bool:
    return is_whole(value, 1)


def _is_size(value: Any) -> bool:
    """Return whether a value is a window's size: one number, or one for each
    axis.
    """
    sides = _listed(value)
    if not 0 < len(sides) <= 3:
        return False

    return (
        all(is_whole(side, 1, WIDEST) for side in sides)
        and math.prod(sides) <= WIDEST
    )


def _are_counts(value: Any) -> bool:
    sides = _listed(value)
    return 0 < len(sides) <= 3 and all(map(_is_count, sides))


def _are_margins(value: Any) -> bool:
    sides = _listed(value)
    return 0 < len(sides) <= 3 and all(map(_is_margin, sides))


def _is_margin(side: Any) -> bool:
    """Return whether a value is the margin at both ends of an axis, or one for
    each.
    """
    ends = _listed(side)
    return len(ends) in (1, 2) and all(is_whole(end, 0) for end in ends)


def _are_paddings(value: Any) -> bool:
    sides = _listed(value)
    return 0 < len(sides) <= 3 and all(
        is_whole(side, 0, WIDEST) for side in sides
    )


def is_axis(value: Any) -> bool:
    """Return whether a value is an axis, counted from either end."""
    return is_whole(value, -MOST_AXES, MOST_AXES)


def _are_axes(value: Any) -> bool:
    return is_axis(value) or (
        isinstance(value, list) and all(map(is_axis, value))
    )


def _are_axes_of_two(value: Any) -> bool:
    axes = _listed(value)
    return len(axes) in (1, 2) and all(map(is_axis, axes))


def _are_sides(value: Any) -> bool:
    """Return whether a value is the sides of an array; None and -1 are open."""
    if not isinstance(value, list) or len(value) > MOST_AXES:
        return False

    return all(side is None or is_whole(side, -1) for side in value)


def _is_order(value: Any) -> bool:
    if not isinstance(value, list) or len(value) > MOST_AXES:
        return False

    return all(is_whole(axis, 1) for axis in value)


def _are_numbers(value: Any) -> bool:
    """Return whether a value is a number, or lists of numbers that make an
    array.
    """
    if not isinstance(value, list):
        return is_number(value)

    shapes = {_shape(part) for part in value}

    return len(shapes) == 1 and all(map(_are_numbers, value))


def _shape(value: Any) -> tuple[int, ...]:
    """Return the sides of nested lists, as their first parts have them."""
    sides = []
    while isinstance(value, list):
        sides.append(len(value))
        if value:
            value = value[0]
        else:
            value = None

    return tuple(sides)


def _is_switch(value: Any) -> bool:
    return value in (True, False, 0, 1) and not isinstance(value, (list, dict))


def _is_activation(value: Any) -> bool:
    return isinstance(value, (str, Mapping))


def _is_config(value: Any) -> bool:
    return isinstance(value, Mapping)


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_anything(value: Any) -> bool:
    return True


COUNT = Key(_is_count, "a whole number above 0")
COUNTS = Key(_are_counts, "a whole number above 0, or one for each axis")
SIZE = Key(_is_size, "a whole number above 0, or one for each axis")
MARGIN = Key(_are_margins, "whole numbers from 0 on")
PADDINGS = Key(_are_paddings, "a whole number from 0 on, or one for each axis")
AN_AXIS = Key(is_axis, "an axis")
AXIS = Key(_are_axes, "an axis or a list of axes")
AXES_OF_TWO = Key(_are_axes_of_two, "an axis, or one of each input")
SIDES = Key(_are_sides, "a list of whole numbers")
ORDER = Key(_is_order, "a list of axes, which count from 1")
NUMBER = Key(is_number, "a number")
NUMBERS = Key(_are_numbers, "a number or a list of numbers")
SWITCH = Key(_is_switch, "true or false")
ACTIVATION = Key(_is_activation, "an activation's name or configuration")
LAYER = Key(_is_config, "a layer's configuration")
METHOD = Key(_is_text, "a method's name")
ANYTHING = Key(_is_anything, "")
