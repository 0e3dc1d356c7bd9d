"""Convolution over any number of spatial axes, channels last: one matrix
product for each tap of the kernel.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from rnn_tui.engine.core import lazy_numpy as np
from rnn_tui.engine.core.arrays import Array


def padded(
    x: Array,
    kernel: Sequence[int],
    strides: Sequence[int],
    dilation: Sequence[int],
    padding: str,
) -> Array:
    """Return `x` with the zeros that `same` or `causal` put before and after
    each spatial axis.
    """
    return np.pad(
        x,
        [
            (0, 0),
            *margins_of(x.shape[1:-1], kernel, strides, dilation, padding),
            (0, 0),
        ],
    )


def margins_of(
    sides: Sequence[int],
    kernel: Sequence[int],
    strides: Sequence[int],
    dilation: Sequence[int],
    padding: str,
) -> list[tuple[int, int]]:
    """Return the (before, after) of each spatial axis; `same` puts the odd one
    behind, as TensorFlow does.
    """
    margins = []
    for n, k, s, d in zip(sides, kernel, strides, dilation, strict=True):
        reach = (k - 1) * d
        before = 0
        after = 0
        if padding == "causal":
            before = reach
        elif padding == "same":
            steps = math.ceil(n / s) - 1
            needed = steps * s + reach + 1
            total = max(needed - n, 0)
            before = total // 2
            after = total - before

        margins.append((before, after))

    return margins


def lengths(
    sides: Sequence[int | None],
    kernel: Sequence[int],
    strides: Sequence[int],
    dilation: Sequence[int],
    padding: str,
) -> tuple[int | None, ...]:
    """Return how long each spatial axis comes out; None stays open."""
    out: list[int | None] = []
    for n, k, s, d in zip(sides, kernel, strides, dilation, strict=True):
        if n is None:
            out.append(None)
        elif padding == "valid":
            reach = (k - 1) * d
            steps = (n - reach - 1) // s
            out.append(max(steps + 1, 0))
        else:
            out.append(math.ceil(n / s))

    return tuple(out)


def windows(
    x: Array,
    kernel: Sequence[int],
    strides: Sequence[int],
    dilation: Sequence[int],
) -> Iterator[tuple[tuple[int, ...], Array]]:
    """Yield each tap of the kernel and the values of `x` it meets,
    `(batch, …out, channels)`.
    """
    sides = lengths(x.shape[1:-1], kernel, strides, dilation, "valid")
    for tap in np.ndindex(*kernel):
        cut = [slice(None)]
        for t, d, s, n in zip(tap, dilation, strides, sides, strict=True):
            cut.append(apart(t * d, n or 0, s))

        yield tap, x[tuple(cut)]


def apart(start: int, count: int, stride: int) -> slice:
    """Return so many places from a start, `stride` apart."""
    if not count:
        return slice(start, start, stride)

    last = start + (count - 1) * stride

    return slice(start, last + 1, stride)


def convolve(
    x: Array,
    kernel: Array,
    strides: Sequence[int],
    dilation: Sequence[int],
    groups: int = 1,
) -> Array:
    """Return the valid convolution of `x` `(batch, …, channels)` with `kernel`
    `(…, channels/groups, filters)`.
    """
    rank = x.ndim - 2
    size = kernel.shape[:rank]
    if groups > 1:
        xs = np.split(x, groups, axis=-1)
        kernels = np.split(kernel, groups, axis=-1)
        parts = [
            convolve(a, k, strides, dilation)
            for a, k in zip(xs, kernels, strict=True)
        ]
        return np.concatenate(parts, axis=-1)

    total: Array | None = None
    for tap, part in windows(x, size, strides, dilation):
        product = part @ kernel[tap]
        if total is None:
            total = product
        else:
            total = np.add(total, product, out=total)

    assert total is not None

    return total


def depthwise(
    x: Array,
    kernel: Array,
    strides: Sequence[int],
    dilation: Sequence[int],
) -> Array:
    """Return each channel convolved with its own filters, `kernel`
    `(…, channels, multiplier)`.
    """
    rank = x.ndim - 2
    total: Array | None = None
    for tap, part in windows(x, kernel.shape[:rank], strides, dilation):
        product = part[..., None] * kernel[tap]
        if total is None:
            total = product
        else:
            total = np.add(total, product, out=total)

    assert total is not None

    return total.reshape(*total.shape[:-2], -1)
