"""Horizontal bars in eighths of a cell: from the left for values between 0 and
1, from the middle for signed ones.
"""

from __future__ import annotations

import math

EIGHTHS = " ▏▎▍▌▋▊▉█"


def bar(share: float, width: int, *, ascii_only: bool = False) -> str:
    """Return a bar filled to `share` (0 to 1) of `width` cells."""
    if math.isnan(share):
        share = 0.0
    else:
        share = min(max(share, 0.0), 1.0)

    if ascii_only:
        full = round(share * width)
        return "#" * full + "." * (width - full)

    eighths = round(share * width * 8)
    full, rest = divmod(eighths, 8)
    text = EIGHTHS[8] * full + (EIGHTHS[rest] if rest else "")

    return text.ljust(width)


def signed_bar(
    share: float,
    width: int,
    *,
    ascii_only: bool = False,
) -> tuple[str, str]:
    """Return the left and the right half of a bar around the middle, for a
    share from -1 to 1.

    The left half is filled from its right end; as blocks in eighths exist only
    from the left, it is rounded to halves.
    """
    half = width // 2
    if math.isnan(share):
        share = 0.0
    else:
        share = min(max(share, -1.0), 1.0)

    if share >= 0:
        return ("." if ascii_only else " ") * half, bar(
            share,
            width - half,
            ascii_only=ascii_only,
        )

    right = ("." if ascii_only else " ") * (width - half)
    if ascii_only:
        full = round(-share * half)
        return "." * (half - full) + "#" * full, right

    halves = round(-share * half * 2)
    full, rest = divmod(halves, 2)

    return ("▐" * rest + EIGHTHS[8] * full).rjust(half), right
