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
    size = kernel.shape[:-2]
    ones = [1] * len(sides)
    margins = margins_of(sides, size, ones, ones, "same")
    around = [
        n + before + after
        for n, (before, after) in zip(sides, margins, strict=True)
    ]
    wide = np.zeros((kernel.shape[-2], batch, *around), h.dtype)
    inside = cut_out(wide, [before for before, _ in margins], sides)
    picture = h.reshape(inside.shape)
    columns = np.empty((*size, *picture.shape), h.dtype)
    taps = [
        (columns[tap], cut_out(wide, tap, sides)) for tap in np.ndindex(*size)
    ]
    dot = np.ascontiguousarray(kernel.reshape(-1, kernel.shape[-1]).T).dot
    flat, out2 = (
        columns.reshape(prod(size) * kernel.shape[-2], -1),
        out.reshape(-1, prod(place)),
    )

    def convolve() -> None:
        np.copyto(inside, picture)
        for column, seen in taps:
            np.copyto(column, seen)

        dot(flat, out2)

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
    spatial = (
        slice(a, a + (n - 1) * s + 1, s)
        for a, n, s in zip(starts, sides, every, strict=True)
    )

    return wide[(slice(None), slice(None), *spatial)]
