"""How figures below each other share the lines there are."""

from __future__ import annotations

from collections.abc import Sequence


def shared_lines(wanted: Sequence[int], lines: int) -> list[int]:
    """Return how many of `lines` each figure gets: equally many, less where it
    wants less.
    """
    shares = [0] * len(wanted)
    by_size = sorted(range(len(wanted)), key=lambda figure: wanted[figure])
    for done, figure in enumerate(by_size):
        equal = max(lines, 0) // (len(wanted) - done)
        shares[figure] = min(wanted[figure], equal)
        lines -= shares[figure]

    return shares
