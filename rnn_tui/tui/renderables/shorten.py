"""Long names, shortened in the middle: their beginning and their end tell them
apart.
"""

from __future__ import annotations

from rich.cells import cell_len, set_cell_size

SIGN = "…"


def shortened(name: str, room: int) -> str:
    """Return a name that is at most `room` cells wide."""
    if cell_len(name) <= room:
        return name
    if room <= 1:
        return SIGN[:room]

    end = (room - 1) // 2
    start = room - 1 - end
    if end:
        tail = name[-end:]
    else:
        tail = ""

    # a wide character counts for two cells
    while cell_len(tail) > end:
        tail = tail[1:]

    head = set_cell_size(name, start).rstrip()

    return f"{head}{SIGN}{tail}"
