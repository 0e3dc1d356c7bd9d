"""Numbers that change in place: aligned on the point, in a field whose width
never changes.
"""

from __future__ import annotations

import math

MOVING, STILL = 3, 6
"""Digits after the point while time runs, and when it is paused."""

WHOLE = 4
"""Cells before the point: a sign and three digits."""


def aligned(
    value: float,
    digits: int = STILL,
    whole: int = WHOLE,
    room: int = STILL,
) -> str:
    """Return `value` with its point in column `whole` of a field of
    `whole + 1 + room` cells.

    A value too large or too small for that is written with an exponent; the
    field stays as wide.
    """
    width = whole + 1 + room
    if not math.isfinite(value):
        word = _special(value)
        return word.rjust(whole).ljust(width)

    text = f"{value:.{digits}f}"
    least = 0.5 * 10.0**-digits
    is_small = digits >= STILL and 0 < abs(value) < least
    if is_small or len(text) > whole + 1 + digits:
        exponent = _exponent(value, width).replace("-", "−")
        return exponent.rjust(width)[:width]

    before, point, after = text.partition(".")
    if not float(text):
        before = before.lstrip("-")

    left = before.rjust(whole)
    right = after.ljust(room)
    aligned_text = left + (point or " ") + right

    return aligned_text.replace("-", "−")


def short(value: float, digits: int = MOVING) -> str:
    """Return `value` in as few cells as show `digits` significant digits:
    `−0.412`, `12.3`, `1.2e−07`.
    """
    if not math.isfinite(value):
        return _special(value)
    if value == 0:
        return "0"

    power = math.floor(math.log10(abs(value)))
    if power < -3 or power >= 6:
        mantissa, _, exponent = f"{value:.{digits - 1}e}".partition("e")
        return f"{mantissa}e{int(exponent)}".replace("-", "−")

    return f"{value:.{max(0, digits - 1 - power)}f}".replace("-", "−")


def bare(number: str) -> str:
    """Return a number without zeros that say nothing: `−1.00` as `−1`."""
    if "." in number and "e" not in number:
        return number.rstrip("0").rstrip(".")

    return number


def _exponent(value: float, width: int) -> str:
    for digits in range(6, -1, -1):
        mantissa, _, exponent = f"{value:.{digits}e}".partition("e")
        text = f"{mantissa}e{int(exponent)}"
        if len(text) <= width:
            return text

    return text


def _special(value: float) -> str:
    if math.isnan(value):
        return "nan"
    if value > 0:
        return "∞"

    return "−∞"
