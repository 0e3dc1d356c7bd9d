"""Which units of a cell are shown, and in which order: those of a ranking, of a
list of numbers, with two that stay at the top.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import cached_property

MOST_PINNED = 2
"""Units that can be compared at the top of the maps."""

PART = r"(\d+)(?:\s*(?:-|–|\.\.|…|:)\s*(\d+))?"
"""A number, or the two ends of a range."""


@dataclass(frozen=True)
class UnitOrder:
    """The units of the cell `cell` (its key) that has so many units.

    `ranking` names the ranking that they are ordered by and `ranked` is that
    order, both empty for the order in which they are stored. `only` are the
    units that are shown, empty for all; `pinned` are above the others.
    """

    cell: str = ""
    count: int = 0
    ranking: str = ""
    ranked: tuple[int, ...] = ()
    only: tuple[int, ...] = ()
    pinned: tuple[int, ...] = ()

    @cached_property
    def units(self) -> tuple[int, ...]:
        """The units that are shown, from above."""
        chosen = set(self.only) or set(range(self.count))
        pinned = [unit for unit in self.pinned if unit < self.count]
        rest = [
            unit
            for unit in self.ranked or range(self.count)
            if unit in chosen and unit not in pinned and unit < self.count
        ]

        return (*pinned, *rest)

    @cached_property
    def rows(self) -> dict[int, int]:
        """The row of each unit that is shown."""
        return {unit: row for row, unit in enumerate(self.units)}

    @property
    def is_stored(self) -> bool:
        """Whether all units are shown in the order in which they are stored."""
        return not (self.ranked or self.only or self.pinned)

    def stepped(self, unit: int, by: int) -> int:
        """Return the unit so many rows on, the last one beyond the ends; of a
        unit that isn't shown the first row.
        """
        row = self.rows.get(unit)
        if row is None:
            return self.units[0]

        return self.units[min(max(row + by, 0), len(self.units) - 1)]

    def by(self, ranking: str, ranked: tuple[int, ...]) -> UnitOrder:
        """Return the same units in another order."""
        return replace(self, ranking=ranking, ranked=ranked)

    def with_only(self, only: tuple[int, ...]) -> UnitOrder:
        """Return the order with these units alone, all for none."""
        return replace(self, only=only)

    def with_pinned(self, unit: int) -> UnitOrder:
        """Return the order with a unit pinned, or no longer; of three the first
        one gives way.
        """
        if unit in self.pinned:
            pinned = tuple(one for one in self.pinned if one != unit)
        else:
            pinned = (*self.pinned, unit)[-MOST_PINNED:]

        return replace(self, pinned=pinned)

    def compared_with(self, unit: int) -> tuple[int, ...]:
        """Return the pinned units that a unit is compared with."""
        return tuple(one for one in self.pinned if one != unit)

    def words(self) -> list[str]:
        """Return the order in words, empty for the stored order."""
        parts = []
        if self.ranking:
            parts.append(f"by {self.ranking}")

        if self.only:
            parts.append(f"{len(self.units)} of {self.count} units")

        if self.pinned:
            pinned = " and ".join(map(str, self.pinned))
            parts.append(f"pinned: {pinned}")

        return parts


def numbers(text: str, count: int) -> tuple[int, ...] | None:
    """Return the units of a list such as `0 2 7` or `0-7, 12`; none for an
    empty text, None for one that names no unit, or one that there isn't.
    """
    found: dict[int, None] = {}
    rest = text
    for match in re.finditer(PART, text):
        first = int(match[1])
        last = int(match[2] or first)
        if max(first, last) >= count:
            return None

        step = 1 if last >= first else -1
        found.update(dict.fromkeys(range(first, last + step, step)))
        rest = rest.replace(match[0], " ", 1)

    if rest.replace(",", " ").strip():
        return None

    return tuple(found)
