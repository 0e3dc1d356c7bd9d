"""The pixels of a picture that a kernel reads for one pixel of its output, and
the products that it makes of them.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from rnn_tui.analysis.step_parts import Term, summed
from rnn_tui.engine.layers.convolve import margins_of

Index = tuple[int, ...]


class KernelWindow(NamedTuple):
    """The taps of a kernel that meet the picture, each with the pixel that it
    reads; the others meet the padding around it.
    """

    taps: tuple[Index, ...]
    pixels: tuple[Index, ...]
    outside: int
    """How many taps meet the padding: they read zeros."""

    @property
    def size(self) -> int:
        """How many taps the kernel has."""
        return len(self.taps) + self.outside


def kernel_window(
    pixel: Sequence[int],
    sides: Sequence[int],
    size: Sequence[int],
    strides: Sequence[int],
    dilation: Sequence[int],
    padding: str,
) -> KernelWindow:
    """Return where a kernel of `size` reads a picture of `sides` for `pixel` of
    its output.
    """
    margins = margins_of(sides, size, strides, dilation, padding)
    # the first pixel that is read; in the padding it is below zero
    corner = [
        p * s - before
        for p, s, (before, _) in zip(pixel, strides, margins, strict=True)
    ]
    taps: list[Index] = []
    pixels: list[Index] = []
    for tap in np.ndindex(*size):
        read = tuple(
            first + k * d
            for first, k, d in zip(corner, tap, dilation, strict=True)
        )
        places = zip(read, sides, strict=True)
        if all(0 <= at < side for at, side in places):
            taps.append(tap)
            pixels.append(read)

    outside = math.prod(size) - len(taps)

    return KernelWindow(tuple(taps), tuple(pixels), outside)


def channel_sums(
    window: KernelWindow,
    letters: tuple[str, str],
    picture: NDArray[np.float64],
    kernel: NDArray[Any],
) -> list[Term]:
    """Return the sum of the products of each channel, which are its parts.

    `picture` is `(…, channels)`, `kernel` the columns of one filter
    `(…size, channels)`; `letters` name both, as in `x[3,4,0] × W[1,2]`.
    """
    read = np.array([picture[at] for at in window.pixels])
    stored = np.array([kernel[tap] for tap in window.taps], np.float64)
    channels = picture.shape[-1]
    shape = (len(window.taps), channels)
    by_tap = read.reshape(shape)
    stored_by_tap = stored.reshape(shape)
    values = by_tap.T.tolist()  # by channel
    weights = stored_by_tap.T.tolist()
    pixels = [_written(pixel) for pixel in window.pixels]
    taps = [_written(tap) for tap in window.taps]
    first, second = letters
    everywhere = ":," * (picture.ndim - 1)

    sums = []
    for channel in range(channels):
        labels = [
            f"{first}[{pixel},{channel}] × {second}[{tap}]"
            for pixel, tap in zip(pixels, taps, strict=True)
        ]
        products = []
        own_values = values[channel]
        own_weights = weights[channel]
        factors = zip(labels, own_values, own_weights, strict=True)
        for label, value, weight in factors:
            product = value * weight
            products.append(Term(label, (value, weight), product))

        products.sort(key=lambda term: -abs(term.value))
        label = f"{first}[{everywhere}{channel}] ∗ {second}"
        total = summed(products)
        sums.append(Term(label, (), total, tuple(products)))

    return sums


def _written(index: Index) -> str:
    return ",".join(map(str, index))
