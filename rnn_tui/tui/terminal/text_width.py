"""How many cells a text takes in the terminal, asked for the same few texts at every
timestep.
"""

from __future__ import annotations

from functools import lru_cache

from rich.cells import cell_len


@lru_cache(maxsize=8192)
def width_of(text: str) -> int:
    """Return the cells a text takes.

    Rich keeps the widths it has computed, too, but runs a function of Python to look
    one up.
    """
    return cell_len(text)
