"""Convolutions and poolings backwards: each tap of a kernel hands the
cotangents of its products back to the values that it met.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import repeat
from typing import TYPE_CHECKING, Any

from rnn_tui.engine.core import lazy_numpy as np
from rnn_tui.engine.core.arrays import Array, Tensor
from rnn_tui.engine.gradients.dense_back import activated_back, is_linear
from rnn_tui.engine.gradients.layer_back import one_tensor
from rnn_tui.engine.layers.base import as_numbers
from rnn_tui.engine.layers.convolution import (
    Conv,
    Convolution,
    SeparableConv,
    outer_and_own,
)
from rnn_tui.engine.layers.convolve import margins_of, padded, windows
from rnn_tui.engine.layers.layer import Run
from rnn_tui.engine.layers.pooling import GlobalPooling, Pooling

if TYPE_CHECKING:
    from numpy.typing import NDArray


@one_tensor
def convolution(
    layer: Convolution,
    x: NDArray[Any],
    y: NDArray[Any],
    y_bar: NDArray[Any],
    run: Run,
) -> Any:
    """Return the cotangent of x, whatever number of axes the batch has."""
    rank = layer.spatial_axes(x.shape)
    _, own = outer_and_own(x.shape, rank)
    _, out = outer_and_own(y_bar.shape, rank)
    flat = x.reshape(-1, *own)  # the batch as one axis
    bar = y_bar.reshape(-1, *out)
    if layer.channels_first():
        flat = np.moveaxis(flat, 1, -1)

    geometry = layer.geometry(rank)
    whole = padded(flat, *geometry)
    if not is_linear(layer):
        filtered = layer.filtered(whole, run)
        pre = layer.biased(filtered, run)
        bar = activated_back(layer, pre, bar, run)

    if layer.channels_first():
        bar = np.moveaxis(bar, 1, -1)

    whole_bar = _filtered_back(layer, bar, whole.shape, run)
    sides = flat.shape[1:-1]
    margins = margins_of(sides, *geometry)
    x_bar = _within(whole_bar, sides, margins)
    if layer.channels_first():
        x_bar = np.moveaxis(x_bar, -1, 1)

    return x_bar.reshape(x.shape)


def _filtered_back(
    layer: Convolution,
    y_bar: Array,
    shape: tuple[int, ...],
    run: Run,
) -> Array:
    """Return the cotangent of the padded input, which is of `shape`."""
    rank = len(shape) - 2
    _, strides, dilation = layer.sizes(rank)
    if isinstance(layer, Conv):
        kernel = layer.value("kernel", run)
        groups = layer.groups
        return _convolve_back(y_bar, shape, kernel, strides, dilation, groups)

    if isinstance(layer, SeparableConv):
        pointwise = layer.value("pointwise_kernel", run)
        matrix = pointwise.reshape(pointwise.shape[-2:])
        y_bar = y_bar @ matrix.T

    kernel = layer.value("depthwise_kernel", run)
    size = kernel.shape[:rank]
    channels_and_multiplier = kernel.shape[rank:]
    *places, _ = y_bar.shape
    deep = y_bar.reshape(*places, *channels_and_multiplier)
    parts = ((deep * kernel[tap]).sum(axis=-1) for tap in np.ndindex(*size))

    return _windows_back(parts, shape, size, strides, dilation, y_bar.dtype)


def _convolve_back(
    y_bar: Array,
    shape: tuple[int, ...],
    kernel: Array,
    strides: Sequence[int],
    dilation: Sequence[int],
    groups: int,
) -> Array:
    """Return the cotangent of the input of `convolve`, which is of `shape`."""
    if groups > 1:
        bars = np.split(y_bar, groups, axis=-1)
        kernels = np.split(kernel, groups, axis=-1)
        *places, channels = shape
        part = (*places, channels // groups)
        found = [
            _convolve_back(bar, part, own, strides, dilation, 1)
            for bar, own in zip(bars, kernels, strict=True)
        ]
        return np.concatenate(found, axis=-1)

    size = kernel.shape[: len(shape) - 2]
    parts = (y_bar @ kernel[tap].T for tap in np.ndindex(*size))

    return _windows_back(parts, shape, size, strides, dilation, y_bar.dtype)


def convolved_back(
    y_bar: Array,
    kernel: Array,
    sides: Sequence[int],
    strides: Sequence[int],
    dilation: Sequence[int],
    padding: str,
) -> Array:
    """Return the cotangent `(batch, …sides, channels)` of the input of a padded
    convolution without groups, channels last.
    """
    size = kernel.shape[:-2]
    margins = margins_of(sides, size, strides, dilation, padding)
    padded_sides = [
        side + before + after
        for side, (before, after) in zip(sides, margins, strict=True)
    ]
    channels = kernel.shape[-2]
    shape = (len(y_bar), *padded_sides, channels)
    whole = _convolve_back(y_bar, shape, kernel, strides, dilation, 1)

    return _within(whole, sides, margins)


def _windows_back(
    parts: Iterator[Array],
    shape: tuple[int, ...],
    kernel: Sequence[int],
    strides: Sequence[int],
    dilation: Sequence[int],
    dtype: np.dtype[Any],
) -> Array:
    """Return the sum of the cotangents that each tap of the kernel hands back,
    in the shape of the input; `parts` are in the order of `windows`.
    """
    x_bar = np.zeros(shape, dtype)
    taps = windows(x_bar, kernel, strides, dilation)
    for (_, met), part in zip(taps, parts, strict=False):
        met += part  # a view of x_bar

    return x_bar


def _within(
    whole: Array,
    sides: Sequence[int],
    margins: Sequence[tuple[int, int]],
) -> Array:
    """Return an array `(batch, …, channels)` without its margins."""
    cut = [
        slice(before, before + side)
        for (before, _), side in zip(margins, sides, strict=True)
    ]
    inner: Array = whole[(slice(None), *cut)]

    return inner


@one_tensor
def pooling(
    layer: Pooling,
    x: NDArray[Any],
    y: NDArray[Any],
    y_bar: NDArray[Any],
    run: Run,
) -> Any:
    """Return the cotangent of x: a window's goes to its largest value, the
    first of several, or in equal shares to all.
    """
    if layer.channels_first():
        x = np.moveaxis(x, 1, -1)
        y = np.moveaxis(y, 1, -1)
        y_bar = np.moveaxis(y_bar, 1, -1)

    size, strides, ones, padding = layer.geometry(x.ndim - 2)
    sides = x.shape[1:-1]
    spatial = margins_of(sides, size, strides, ones, padding)
    margins = [(0, 0), *spatial, (0, 0)]
    if layer.class_name.startswith("Max"):
        filled = np.pad(x, margins, constant_values=-np.inf)
        parts = _largest(filled, size, strides, y, y_bar)
    else:
        filled = np.pad(x, margins)
        own = np.ones((1, *sides, 1), x.dtype)
        present = np.pad(own, margins)
        taps = windows(present, size, strides, ones)
        counts = sum(part for _, part in taps)
        share = y_bar / counts
        parts = repeat(share, math.prod(size))

    whole = _windows_back(parts, filled.shape, size, strides, ones, y_bar.dtype)
    x_bar = _within(whole, sides, spatial)
    if layer.channels_first():
        return np.moveaxis(x_bar, -1, 1)

    return x_bar


def _largest(
    filled: NDArray[Any],
    size: tuple[int, ...],
    strides: tuple[int, ...],
    y: NDArray[Any],
    y_bar: NDArray[Any],
) -> Iterator[NDArray[Any]]:
    """Yield for each tap the cotangents of the windows whose largest value it
    met first.
    """
    free = np.ones(y.shape, np.bool_)
    undilated = (1,) * len(size)
    for _, part in windows(filled, size, strides, undilated):
        chosen = free & (part == y)
        free &= ~chosen
        yield np.where(chosen, y_bar, 0)


def global_pooling(
    layer: GlobalPooling,
    inputs: Sequence[Tensor],
    outputs: Sequence[NDArray[Any]],
    bars: Sequence[NDArray[Any] | None],
    run: Run,
) -> list[NDArray[Any] | None]:
    """Return the cotangent of the input: the largest values have it in equal
    shares, or all that a mask doesn't skip.
    """
    (y_bar,) = bars
    if y_bar is None:
        return [None]

    x, mask = inputs[0]
    x = as_numbers(x, run)
    channels = x.ndim - 1
    if layer.channels_first():
        channels = 1

    axes = tuple(axis for axis in range(1, x.ndim) if axis != channels)
    y = outputs[0]
    if not layer.config.get("keepdims"):
        y_bar = np.expand_dims(y_bar, axes)
        y = np.expand_dims(y, axes)

    shown = np.ones_like(x)
    if "Max" in layer.class_name:
        shown = (x == y).astype(x.dtype)
    elif mask is not None and x.ndim == 3:
        shown = shown * np.expand_dims(mask, channels)

    count = shown.sum(axis=axes, keepdims=True)

    share = y_bar / count

    return [shown * share]
