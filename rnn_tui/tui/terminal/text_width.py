"""How many cells a text takes in the terminal, asked for the same few texts at
every timestep; long names, shortened in the middle: their beginning and their
end tell them apart; and lines, of which whole parts are left out.
"""

from __future__ import annotations

import re
from functools import lru_cache

from rich.cells import cell_len, set_cell_size

JOINER, AS_PICTURE = "\u200d", "\ufe0f"
"""Characters that change how wide the ones beside them are."""


ELLIPSIS = "…"
BETWEEN_PARTS = re.compile(r" · |[,;] |  ")
"""What parts of a line are apart by."""


@lru_cache(maxsize=8192)
def width_of(text: str) -> int:
    """Return the cells a text takes.

    Rich keeps the widths it has computed, too, but runs a function of Python to
    look one up, and several for a number that wasn't there before.
    """
    if JOINER in text or AS_PICTURE in text:
        return cell_len(text)

    return sum(map(_width_of_character, text))


_width_of_character = lru_cache(maxsize=None)(cell_len)


def shortened(name: str, room: int) -> str:
    """Return a name that is at most `room` cells wide."""
    if cell_len(name) <= room:
        return name
    if room <= 1:
        return ELLIPSIS[:room]

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

    return f"{head}{ELLIPSIS}{tail}"


def by_parts(line: str, room: int) -> str:
    """Return the leading parts of a line that fit into so many cells: no number
    is cut into another one.
    """
    if cell_len(line) <= room:
        return line

    ends = [found.start() for found in BETWEEN_PARTS.finditer(line)]
    fitting = [end for end in ends if cell_len(line[:end]) <= room]
    if fitting:
        return line[: fitting[-1]]

    begun = set_cell_size(line, max(room - 1, 0))
    whole_words = begun.rpartition(" ")[0] or begun

    return f"{whole_words}{ELLIPSIS}"[: max(room, 0)]
