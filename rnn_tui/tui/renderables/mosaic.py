"""A matrix of any size in as many cells as there is room for: each cell shows a
tile of values.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Kind = Literal["largest", "mean"]
"""The value of a tile that a cell shows: the one farthest from zero, with its
sign, or the mean.
"""

ROWS = 256
"""Rows that are looked at together, so that no second array of a huge kernel's
size is needed.
"""


@dataclass(frozen=True, eq=False)
class Survey:
    """The numbers of a whole matrix: the norms of its rows and columns, and its
    tiles at one factor.
    """

    row_norms: NDArray[Any]
    column_norms: NDArray[Any]
    tiles: NDArray[Any]
    factor: tuple[int, int]
    kind: Kind


def fitting(shape: tuple[int, int], room: tuple[int, int]) -> tuple[int, int]:
    """Return how many rows and columns a cell must show, so that all of them
    have room.
    """
    return max(1, -(-shape[0] // max(room[0], 1))), max(
        1,
        -(-shape[1] // max(room[1], 1)),
    )


def survey(
    values: NDArray[Any],
    factor: tuple[int, int],
    kind: Kind,
    check: Callable[[], None] = lambda: None,
) -> Survey:
    """Look at the whole matrix, a few rows at a time; `check` is called between
    and may raise to stop.
    """
    rows, columns = values.shape
    row_squares = np.zeros(rows)
    column_squares = np.zeros(columns)
    found = []
    step = max(factor[0], ROWS // factor[0] * factor[0])
    for start in range(0, rows, step):
        check()
        part = values[start : start + step].astype(np.float32)
        found.append(tiles(part, factor, kind))
        # an array of its own: tiles of one value are `part` itself
        squares = np.where(np.isfinite(part), part, 0)
        np.square(squares, out=squares)
        row_squares[start : start + step] = squares.sum(
            axis=1,
            dtype=np.float64,
        )
        column_squares += squares.sum(axis=0, dtype=np.float64)

    return Survey(
        np.sqrt(row_squares),
        np.sqrt(column_squares),
        np.concatenate(found),
        factor,
        kind,
    )


def tiles(
    values: NDArray[Any],
    factor: tuple[int, int],
    kind: Kind,
) -> NDArray[Any]:
    """Return one value for each tile of `factor` rows and columns; a tile with
    a NaN in it is NaN.
    """
    if factor == (1, 1):
        return values

    down, across = (
        np.arange(0, side, step)
        for side, step in zip(values.shape, factor, strict=True)
    )
    if kind == "mean":
        sums = np.add.reduceat(
            np.add.reduceat(values, down, axis=0, dtype=np.float64),
            across,
            axis=1,
        )
        sizes = np.diff(np.append(down, values.shape[0]))[:, None] * np.diff(
            np.append(across, values.shape[1])
        )
        return np.asarray(sums / sizes, np.float32)

    high = np.maximum.reduceat(
        np.maximum.reduceat(values, down, axis=0),
        across,
        axis=1,
    )
    low = np.minimum.reduceat(
        np.minimum.reduceat(values, down, axis=0),
        across,
        axis=1,
    )

    return np.where(np.abs(high) >= np.abs(low), high, low)


def joined(norms: NDArray[Any], factor: int) -> NDArray[Any]:
    """Return the norms of `factor` rows (or columns) together."""
    if factor == 1:
        return norms

    return np.asarray(
        np.sqrt(
            np.add.reduceat(np.square(norms), np.arange(0, len(norms), factor))
        )
    )
