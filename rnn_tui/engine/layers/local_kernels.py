"""The windows of a LocallyConnected layer and the kernel of each, in the three
layouts of Keras 2 (layers/locally_connected).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

from rnn_tui.engine.core import lazy_numpy as np
from rnn_tui.engine.core.arrays import Array

Places = list[tuple[tuple[int, ...], tuple[slice, ...]]]


def window_lengths(
    sides: Sequence[int],
    out: Sequence[int],
    size: Sequence[int],
    strides: Sequence[int],
    padding: str,
) -> list[Iterator[int]]:
    """Return for each axis the lengths of the windows of the places along
    it.
    """
    margins = _margins(size, padding)
    along = zip(sides, out, size, strides, margins, strict=True)

    return [_lengths_along(*axis) for axis in along]


def _lengths_along(
    side: int,
    places: int,
    size: int,
    stride: int,
    before: int,
) -> Iterator[int]:
    """Yield the length of the window of each place along one axis."""
    for place in range(places):
        start = place * stride - before
        stop = min(side, start + size)
        yield stop - max(0, start)


def windows(
    sides: Sequence[int],
    out: Sequence[int],
    size: Sequence[int],
    strides: Sequence[int],
    padding: str,
) -> Places:
    """Return each of the `out` places with its window.

    `same` takes no zeros in: the window of a place near the border is smaller,
    and not evenly as in a convolution (keras 2 utils/conv_utils.py,
    conv_connected_inputs).
    """
    before = _margins(size, padding)
    places = []
    for place in np.ndindex(*out):
        window = []
        for p, k, s, b, n in zip(
            place,
            size,
            strides,
            before,
            sides,
            strict=True,
        ):
            start = p * s - b
            first = max(0, start)
            stop = min(n, start + k)
            window.append(slice(first, stop))

        places.append((place, tuple(window)))

    return places


def kernel_shape(
    layout: int,
    sides: Sequence[int],
    out: Sequence[int],
    windows_along: Sequence[Iterator[int]],
    channels: int,
    filters: int,
    channels_first: bool,
) -> tuple[int, ...]:
    """Return the shape of the kernel of so many places, whose windows have
    these lengths along each axis, in a layout.
    """
    if layout == 1:
        places = math.prod(out)
        window = math.prod(map(next, windows_along))
        return (places, window * channels, filters)

    if layout == 3:
        # every place along one axis meets every place along the others
        windows = math.prod(map(sum, windows_along))
        return (windows * channels * filters,)

    if channels_first:
        return (channels, *sides, filters, *out)

    return (*sides, channels, *out, filters)


def place_kernels(
    layout: int,
    kernel: Any,
    places: Places,
    channels: int,
    filters: int,
    channels_first: bool,
) -> Iterator[Array]:
    """Yield the kernel of each place, `(window values, filters)`, in the order
    of the input's axes.
    """
    if layout == 1:
        yield from kernel  # (places, window values, filters)
    elif layout == 2:
        yield from _picked(kernel, places, filters, channels_first)
    else:
        yield from _sliced(kernel, places, channels, filters, channels_first)


def _picked(
    kernel: Any,
    places: Places,
    filters: int,
    channels_first: bool,
) -> Iterator[Array]:
    """Yield the kernels of layout 2: an array with the axes of input and
    output.
    """
    every = slice(None)
    for place, window in places:
        if channels_first:
            own = kernel[(every, *window, every, *place)]
        else:
            own = kernel[(*window, every, *place)]

        yield own.reshape(-1, filters)


def _sliced(
    kernel: Any,
    places: Places,
    channels: int,
    filters: int,
    channels_first: bool,
) -> Iterator[Array]:
    """Yield the kernels of layout 3: one vector, the values of place after
    place.

    With channels last each place has all its values together, with channels
    first each filter has.
    """
    by_filter = kernel.reshape(filters, -1)
    start = 0
    for _, window in places:
        lengths_of = (part.stop - part.start for part in window)
        stop = start + math.prod(lengths_of) * channels
        if channels_first:
            yield by_filter[:, start:stop].T
        else:
            own = kernel[start * filters : stop * filters]
            yield own.reshape(filters, -1).T

        start = stop


def _margins(size: Sequence[int], padding: str) -> list[int]:
    """Return how far the first window begins before each axis."""
    if padding == "same":
        return [k // 2 for k in size]

    return [0] * len(size)
