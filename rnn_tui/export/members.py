"""The arrays of a trace as a list: each with its path, its shape, and a
reader.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnn_tui.engine.trace.paths import CALL
from rnn_tui.engine.trace.trace import CellTrace, LayerTrace, ModelTrace

WINDOW_BYTES = 1 << 20
"""Bytes of one quantity that are in memory at a time."""


@dataclass(frozen=True)
class Selection:
    """The wanted part of a trace: `layers` by path or by a cell's key, all when
    empty.
    """

    layers: tuple[str, ...] = ()
    all_layers: bool = False
    """Whether the outputs of layers that are not recurrent are wanted as
    well.
    """

    def wants(self, path: str) -> bool:
        """Whether a layer (or a call of it, or something inside it) is
        wanted.
        """
        return not self.layers or any(
            _inside(path, layer) for layer in self.layers
        )


def _inside(path: str, layer: str) -> bool:
    return path == layer or path.startswith((f"{layer}/", f"{layer}{CALL}"))


@dataclass(frozen=True, eq=False)
class Member:
    """One array of a trace.

    `key` is its path; in a table it is `layer`, `direction` and `quantity`.

    `shape` has the batch first; when `timed`, axis 1 is time and
    `read(start, stop)` returns a window of it. When `computed`, each reading
    computes the window for all sequences, and windows of `step` timesteps are
    computed once for all members of a group; otherwise it is a view.
    """

    key: str
    layer: str
    direction: str
    quantity: str
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    timed: bool
    read: Callable[[int, int], NDArray[Any]]
    computed: bool = False
    step: int | None = None
    rows: Callable[[slice, int, int], NDArray[Any]] | None = None
    """Returns a window of some of the sequences where that isn't a part of
    `read`.
    """
    cell: CellTrace | None = None
    """The cell of which it is a quantity."""

    @property
    def bytes(self) -> int:
        """The size of the array."""
        return math.prod(self.shape) * self.dtype.itemsize

    @property
    def timesteps(self) -> int:
        """The length of the time axis; 1 where there is none."""
        if self.timed:
            return self.shape[1]

        return 1

    def windows(self) -> Iterator[tuple[int, int]]:
        """Yield windows of time that are small enough to be held."""
        step = self.step or max(1, _usual_window(self))
        for start in range(0, self.timesteps, step):
            yield start, min(start + step, self.timesteps)

    def part(self, rows: slice, start: int, stop: int) -> NDArray[Any]:
        """Return a window of some of the sequences; cheap unless the member is
        `computed`.
        """
        if self.rows is not None:
            return self.rows(rows, start, stop)

        return self.read(start, stop)[rows]

    def pieces(self, size: int) -> Iterator[tuple[slice, int, int]]:
        """Yield the rows and windows of pieces of about `size` bytes that
        follow each other in memory.
        """
        batch = self.shape[0]
        timesteps = self.timesteps
        row_bytes = self.bytes // max(1, batch)

        # several sequences a piece
        if row_bytes <= size or not self.timed:
            count = max(1, size // max(1, row_bytes))
            for first in range(0, batch, count):
                last = min(first + count, batch)
                yield slice(first, last), 0, timesteps

            return

        # several pieces a sequence
        step = max(1, size * timesteps // row_bytes)
        for index in range(batch):
            row = slice(index, index + 1)
            for start in range(0, timesteps, step):
                stop = min(start + step, timesteps)
                yield row, start, stop


def groups(trace: ModelTrace, selection: Selection) -> Iterator[list[Member]]:
    """Yield the arrays of a trace in groups whose members are computed
    together, window by window.
    """
    for name, value in trace.inputs.items():
        yield [
            _held(
                f"input/{name}",
                "input",
                "",
                name,
                value,
                tokens=value.dtype.kind in "iu",
            )
        ]

    for index, value in enumerate(trace.outputs):
        yield [_held(f"output/{index}", "output", "", str(index), value)]

    for name, value in trace.so_far.items():
        yield [_held(f"so_far/{name}", "so_far", "", name, value, tokens=True)]

    for layer in trace.layers.values():
        yield from _of_layer(layer, selection)


def _of_layer(
    layer: LayerTrace,
    selection: Selection,
) -> Iterator[list[Member]]:
    path = layer.path
    wanted = selection.wants(path)
    if wanted and (layer.cells or selection.all_layers):
        for index, value in enumerate(layer.outputs):
            name = "output"
            if index:
                name = f"output_{index}"

            yield [_held(f"{path}/{name}", path, "", name, value)]

        mask = _mask(layer)
        if mask is not None and layer.cells:
            value = np.asarray(mask).astype(np.uint8)
            yield [_held(f"{path}/mask", path, "", "mask", value, tokens=True)]

    for cell in layer.cells:
        if wanted or selection.wants(cell.key):
            yield _of_cell(cell)


def _mask(layer: LayerTrace) -> NDArray[Any] | None:
    """Return the mask of a layer, or else of the first of its cells that has
    one.
    """
    for mask in (layer.mask, *(cell.mask for cell in layer.cells)):
        if mask is not None:
            return mask

    return None


def _of_cell(cell: CellTrace) -> list[Member]:
    # the direction has a column of its own in a table
    layer = str(cell.path._replace(direction=None))
    members = []
    for name in cell.names:
        first = cell.read(name, 0, 1)
        shape = (cell.batch, cell.timesteps, *first.shape[2:])
        member = Member(
            key=f"{cell.key}/{name}",
            layer=layer,
            direction=cell.direction or "",
            quantity=name,
            shape=shape,
            dtype=first.dtype,
            timed=True,
            read=partial(cell.read, name),
            computed=cell.values.recomputes(name),
            cell=cell,
        )
        members.append(member)

    # windows of one length for all of them, so that each is computed once
    step = cell.values.window_of(_usual_window(members[0]))

    return [replace(member, step=step) for member in members]


def _usual_window(member: Member) -> int:
    """Return how many timesteps of a member are small enough to be held."""
    return WINDOW_BYTES * member.timesteps // max(1, member.bytes)


def windows_of(
    group: Sequence[Member],
) -> Iterator[tuple[int, list[NDArray[Any]]]]:
    """Yield windows of time, each with its first timestep and the values of
    every member of a group, computed once.
    """
    first = group[0]
    if first.cell is None:
        for start, stop in first.windows():
            yield start, [member.read(start, stop) for member in group]

        return

    for start, values in first.cell.windows(first.step):
        yield start, [values[member.quantity] for member in group]


def _held(
    key: str,
    layer: str,
    direction: str,
    quantity: str,
    value: NDArray[Any],
    tokens: bool = False,
) -> Member:
    """Return the member of an array that is in memory."""
    value = np.atleast_1d(
        value
    )  # an operation may leave one number, without a batch
    timed = value.ndim > 2 or (tokens and value.ndim == 2)

    def read(start: int, stop: int) -> NDArray[Any]:
        if timed:
            return value[:, start:stop]

        return value

    return Member(
        key,
        layer,
        direction,
        quantity,
        value.shape,
        value.dtype,
        timed,
        read,
    )
