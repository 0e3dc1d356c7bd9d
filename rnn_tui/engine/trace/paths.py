"""The path of a cell: the key under which a trace, an export and an initial
state name it.

`lstm@1/forward/cells/0` is the first of the stacked cells in the forward
direction of the second call of the layer `lstm`. The layer may be in a nested
model, whose calls are part of its path: `encoder@1/lstm`.
"""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

Direction = Literal["forward", "backward"]

CALL = "@"
"""Between a layer's name and the number of its call; the first call has
none.
"""
CELLS = "/cells/"
"""Between a layer's path and the number of one of its stacked cells."""

_CELL = re.compile(
    r"(?P<called>.*?)(?:/(?P<direction>forward|backward))?(?:/cells/(?P<cell>\d+))?"
)
_CALL = re.compile(r"(?P<layer>.*?)(?:@(?P<call>\d+))?")


class CellPath(NamedTuple):
    """Which cell: its layer's path, the number of the layer's call, the
    direction of a Bidirectional, the number among stacked cells.
    """

    layer: str
    call: int = 0
    direction: Direction | None = None
    cell: int | None = None

    def __str__(self) -> str:
        path = called(self.layer, self.call)
        if self.direction is not None:
            path = f"{path}/{self.direction}"

        if self.cell is not None:
            path = f"{path}{CELLS}{self.cell}"

        return path

    @classmethod
    def parse(cls, key: str) -> CellPath:
        """Return the path that is written so.

        A layer of a nested model that is itself called `forward` is taken for a
        direction: where the fields are known, make a path of them.
        """
        found = _CELL.fullmatch(key)
        assert found is not None  # every part of the pattern may be empty
        layer, call = parse_call(found["called"])
        direction: Direction | None = None
        if found["direction"] == "forward":
            direction = "forward"
        elif found["direction"] == "backward":
            direction = "backward"

        cell = None
        if found["cell"] is not None:
            cell = int(found["cell"])

        return cls(layer, call, direction, cell)


def cell_paths(
    call: str,
    direction: Direction | None,
    stacked: int | None,
) -> tuple[CellPath, ...]:
    """Return the path of each cell in a call of a layer: of its one cell, or of
    so many stacked ones.
    """
    layer, number = parse_call(call)
    if stacked is None:
        return (CellPath(layer, number, direction),)

    return tuple(
        CellPath(layer, number, direction, index) for index in range(stacked)
    )


def called(layer: str, call: int) -> str:
    """Return the path of a layer's call: `lstm`, `lstm@1`."""
    if call:
        return f"{layer}{CALL}{call}"

    return layer


def parse_call(path: str) -> tuple[str, int]:
    """Return the layer and the number of the call that a path names."""
    found = _CALL.fullmatch(path)
    assert found is not None  # every part of the pattern may be empty

    return found["layer"], int(found["call"] or 0)


def without_calls(path: str) -> str:
    """Return a path with the number of no call, as the layer table has it:
    `encoder@1/lstm@2/forward` → `encoder/lstm/forward`.
    """
    return "/".join(parse_call(part)[0] for part in path.split("/"))
