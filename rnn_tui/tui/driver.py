"""The terminal driver of this system, made to write only the cells that change."""

from __future__ import annotations

import os
from functools import lru_cache
from typing import Any

from textual.driver import Driver

from rnn_tui.tui.celldiff import CellDiff


@lru_cache(maxsize=8)
def frugal(driver_class: type[Driver]) -> type[Driver]:
    """Return `driver_class` with everything it writes passed through a CellDiff; a resized terminal is drawn anew.

    On Windows frames are cut into pieces before they reach the driver, which therefore stays as it is.
    """
    if os.name == "nt":
        return driver_class

    class FrugalDriver(driver_class):  # type: ignore[misc, valid-type]
        """Writes what changes."""

        def __init__(self, *args: Any, **options: Any) -> None:
            self._cell_diff = CellDiff()
            self._cell_size: tuple[int, int] | None = None
            super().__init__(*args, **options)

        def write(self, data: str) -> None:
            """Write what `data` changes on the screen."""
            size = terminal_size()
            if size != self._cell_size:
                self._cell_size = size
                self._cell_diff.forget()
            changed = self._cell_diff.feed(data)
            if changed:
                super().write(changed)

        def forget(self) -> None:
            """Draw everything anew from here on."""
            self._cell_diff.forget()

    return FrugalDriver


def terminal_size() -> tuple[int, int] | None:
    """Return the terminal's columns and lines, None where that can't be known."""
    for descriptor in (2, 1, 0):
        try:
            columns, lines = os.get_terminal_size(descriptor)
        except OSError:
            continue
        return columns, lines
    return None
