"""What is made once for a page and looked at again at every timestep of it."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any, TypeVar

T = TypeVar("T")


class PageCache:
    """Things made for one page; another page forgets them."""

    def __init__(self) -> None:
        self._page: Hashable = None
        self._kept: dict[Hashable, Any] = {}

    def turn(self, page: Hashable) -> None:
        """Go to a page, forgetting what was kept for another one."""
        if self._page != page:
            self._page = page
            self._kept = {}

    def keep(self, key: Hashable, make: Callable[[], T]) -> T:
        """Return what is kept under `key` for the page, made when it is first
        asked for.
        """
        if key not in self._kept:
            self._kept[key] = make()

        found: T = self._kept[key]

        return found
