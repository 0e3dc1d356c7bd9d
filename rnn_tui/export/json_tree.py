"""A trace as JSON: the paths of the arrays as nested objects, the arrays as
nested lists, NaN and infinity as null.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TextIO

import numpy as np
from numpy.typing import NDArray

from rnn_tui.engine.memory.large_arrays import release
from rnn_tui.engine.trace.trace import ModelTrace
from rnn_tui.export.members import Member, Selection, groups
from rnn_tui.export.numbers import digits
from rnn_tui.export.spool import spooled

PIECE = 1 << 20
"""Bytes of an array that are written at a time; as text they take twenty times
as much.
"""


def write_json(
    trace: ModelTrace,
    file: TextIO,
    selection: Selection,
    folder: str | None = None,
    check: Callable[[], None] = lambda: None,
) -> int:
    """Write the trace and return how many arrays there were.

    Assumptions beside the file, where there are any, are a list called
    `warnings`.
    """
    count = 0
    objects = _Objects(file)
    if trace.warnings:
        objects.enter("warnings")
        json.dump(trace.warnings, file)

    for group in _side_by_side(list(groups(trace, selection))):
        with spooled(group, folder) as members:
            for member in members:
                objects.enter(member.key)
                _write_array(member, file, check)
                count += 1

    objects.close()

    return count


def _side_by_side(found: list[list[Member]]) -> list[list[Member]]:
    """Return the groups so that those below one path follow each other,
    otherwise in their own order.
    """
    first: dict[tuple[str, ...], int] = {}
    placed: list[tuple[list[int], list[Member]]] = []
    for index, group in enumerate(found):
        *above, _ = group[0].key.split("/")
        place = []
        for depth in range(1, len(above) + 1):
            prefix = tuple(above[:depth])
            place.append(first.setdefault(prefix, index))

        placed.append((place, group))

    placed.sort(key=lambda one: one[0])

    return [group for _, group in placed]


class _Objects:
    """The open objects of a tree that is written from left to right."""

    def __init__(self, file: TextIO) -> None:
        self.file = file
        self.open: list[str] = []
        self.comma = ""
        file.write("{")

    def enter(self, key: str) -> None:
        """Close and open objects until the array of this path may be
        written.
        """
        *above, name = key.split("/")
        shared = 0
        for part, opened in zip(above, self.open, strict=False):
            if part != opened:
                break

            shared += 1

        self._leave(shared)
        for part in above[shared:]:
            self._write_key(part)
            self.file.write("{")
            self.open.append(part)
            self.comma = ""

        self._write_key(name)
        self.comma = ","

    def close(self) -> None:
        """End the tree."""
        self._leave(0)
        self.file.write("\n}\n")

    def _write_key(self, name: str) -> None:
        indent = " " * (len(self.open) + 1)
        self.file.write(f"{self.comma}\n{indent}{json.dumps(name)}: ")

    def _leave(self, depth: int) -> None:
        while len(self.open) > depth:
            self.open.pop()
            self.file.write("}")
            self.comma = ","


def _write_array(
    member: Member,
    file: TextIO,
    check: Callable[[], None],
) -> None:
    """Write an array as nested lists, a piece at a time."""
    if member.bytes <= PIECE:
        check()
        file.write(_nested(member.read(0, member.timesteps)))
        return

    before = "["
    for rows, start, stop in member.pieces(PIECE):
        check()
        values = member.part(rows, start, stop)
        whole_rows = stop - start == member.timesteps
        if whole_rows:
            file.write(f"{before}{_inside(_nested(values))}")
        else:
            if start == 0:
                opening = f"{before}["
            else:
                opening = ", "

            closing = "]" if stop == member.timesteps else ""
            file.write(f"{opening}{_inside(_nested(values[0]))}{closing}")

        before = ", "
        release(values)

    file.write("]")


def _inside(nested: str) -> str:
    """Return a list without its brackets."""
    return nested[1:-1]


def _nested(values: NDArray[Any]) -> str:
    """Return an array as nested JSON lists."""
    values = np.asarray(values)
    finite = np.isfinite(values).reshape(-1)
    items: Sequence[str] = digits(values)
    if not finite.all():
        items = [
            item if sound else "null"
            for item, sound in zip(items, finite.tolist(), strict=True)
        ]

    for size in reversed(values.shape):
        items = list(_rows(items, size, values.size))

    if items:
        return items[0]

    return "[]"


def _rows(items: Sequence[str], size: int, total: int) -> Iterator[str]:
    if total == 0:
        yield "[]"
        return

    for start in range(0, len(items), size):
        yield f"[{', '.join(items[start : start + size])}]"
