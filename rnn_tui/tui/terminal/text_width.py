"""How many cells a text takes in the terminal, asked for the same few texts at
every timestep.
"""

from __future__ import annotations

from functools import lru_cache

from rich.cells import cell_len

JOINER, AS_PICTURE = "\u200d", "\ufe0f"
"""Characters that change how wide the ones beside them are."""


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
