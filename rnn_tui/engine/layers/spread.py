"""The places that a transposed convolution reaches, the values it spreads
there, and the places that its padding leaves; lengths as
keras.src.backend.common.backend_utils works them out.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from rnn_tui.engine.core import lazy_numpy as np
from rnn_tui.engine.core.arrays import Array
from rnn_tui.engine.core.fits import pair
from rnn_tui.engine.layers.convolve import apart


def reached(
    sides: Sequence[int],
    size: Sequence[int],
    strides: Sequence[int],
    dilation: Sequence[int],
) -> list[int]:
    """Return how far all taps of the kernel reach along each axis."""
    reach = []
    for n, k, s, d in zip(sides, size, strides, dilation, strict=True):
        last_place = (n - 1) * s
        last_tap = (k - 1) * d
        reach.append(last_place + last_tap + 1)

    return reach


def spread(
    x: Array,
    kernel: Array,
    size: Sequence[int],
    strides: Sequence[int],
    dilation: Sequence[int],
) -> Array:
    """Return every place any tap of the kernel `(…size, filters, channels)`
    reaches from the values of `x`, `(batch, …sides, channels)`.
    """
    sides = x.shape[1:-1]
    filters = kernel.shape[-2]
    places = reached(sides, size, strides, dilation)
    y = np.zeros((len(x), *places, filters), dtype=x.dtype)

    for tap, of_tap in places_of_taps(sides, size, strides, dilation):
        y[of_tap] += x @ kernel[tap].T  # (batch, …sides, filters)

    return y


def places_of_taps(
    sides: Sequence[int],
    size: Sequence[int],
    strides: Sequence[int],
    dilation: Sequence[int],
) -> Iterator[tuple[tuple[int, ...], tuple[slice, ...]]]:
    """Yield each tap of the kernel and the places that it reaches, of all
    sequences of a batch.
    """
    for tap in np.ndindex(*size):
        of_tap = [slice(None)]
        for t, n, s, d in zip(tap, sides, strides, dilation, strict=True):
            of_tap.append(apart(t * d, n, s))

        yield tap, tuple(of_tap)


def spread_lengths(
    sides: Sequence[int | None],
    size: Sequence[int],
    strides: Sequence[int],
    dilation: Sequence[int],
    output_padding: Any,
    same: bool,
) -> list[tuple[int, int]]:
    """Return (length, how many places are cut in front) of each axis."""
    rank = len(sides)
    given: Sequence[int | None]
    if output_padding is None:
        given = [None] * rank
    else:
        given = pair(output_padding, rank)

    found = []
    for side, k, s, d, more in zip(
        sides,
        size,
        strides,
        dilation,
        given,
        strict=True,
    ):
        reach = (k - 1) * d + 1
        found.append(_length(side or 0, reach, s, more, same))

    return found


def cut(y: Array, lengths: Sequence[tuple[int, int]]) -> Array:
    """Return the places that the padding asks for; those no tap reaches are
    0.
    """
    for axis, (length, front) in enumerate(lengths, 1):
        stop = front + length
        lacking = stop - y.shape[axis]
        margins = [(0, 0)] * y.ndim
        margins[axis] = (0, max(lacking, 0))
        y = np.pad(y, margins)

        places = np.arange(front, stop)
        y = np.take(y, places, axis)

    return y


def _length(
    side: int,
    reach: int,
    stride: int,
    more: int | None,
    same: bool,
) -> tuple[int, int]:
    """Return how long an axis comes out, and how many places are cut in front.

    `reach` is the kernel's length with its dilation, `more` the output_padding.
    """
    beyond = max(reach - stride, 0)
    if more is None:
        if same:
            return side * stride, beyond // 2

        return side * stride + beyond, 0

    whole = (side - 1) * stride + reach
    if not same:
        return whole + more, 0

    length = whole + more - 2 * (reach // 2)
    front = max(whole - length, 0) // 2

    return length, front
