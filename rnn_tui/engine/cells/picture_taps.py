"""The taps of a convolution over the pictures of a state: a plane of columns
for each, and one product.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod

from rnn_tui.engine.core import lazy_numpy as np
from rnn_tui.engine.core.arrays import Array
from rnn_tui.engine.layers.convolve import margins_of


def convolution(
    h: Array,
    kernel: Array,
    place: Sequence[int],
    out: Array,
) -> Callable[[], object]:
    """Return the function that writes h ∗ `kernel` to `out`, both flat; `place`
    is the batch and the sides of a picture.
    """
    batch, *sides = place
    *size, channels, filters = kernel.shape
    ones = [1] * len(sides)
    margins = margins_of(sides, size, ones, ones, "same")
    before = [margin[0] for margin in margins]
    around = []
    for side, margin in zip(sides, margins, strict=True):
        around.append(side + sum(margin))

    # the pictures with zeros around them, written to in the middle
    wide = np.zeros((channels, batch, *around), h.dtype)
    inside = cut_out(wide, before, sides)
    picture = h.reshape(inside.shape)

    # each tap's part of the pictures, below each other
    columns = np.empty((*size, *picture.shape), h.dtype)
    taps = [
        (columns[tap], cut_out(wide, tap, sides)) for tap in np.ndindex(*size)
    ]

    rows = prod(size) * channels
    flat = columns.reshape(rows, -1)
    flat_out = out.reshape(-1, prod(place))
    turned = kernel.reshape(-1, filters).T
    dot = np.ascontiguousarray(turned).dot

    def convolve() -> None:
        np.copyto(inside, picture)
        for column, seen in taps:
            np.copyto(column, seen)

        dot(flat, flat_out)

    return convolve


def cut_out(
    wide: Array,
    starts: Sequence[int],
    sides: Sequence[int],
    strides: Sequence[int] | None = None,
) -> Array:
    """Return a picture's worth of `wide`, its last axes cut from `starts` in
    `strides`.
    """
    every = strides or [1] * len(sides)
    cut = [slice(None), slice(None)]
    for start, n, stride in zip(starts, sides, every, strict=True):
        stop = start + (n - 1) * stride + 1
        cut.append(slice(start, stop, stride))

    return wide[tuple(cut)]
