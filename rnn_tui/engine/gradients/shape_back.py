"""Layers that move values about backwards, and those that do nothing at
inference.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rnn_tui.engine.core import lazy_numpy as np
from rnn_tui.engine.core.fits import pair
from rnn_tui.engine.gradients.layer_back import one_tensor
from rnn_tui.engine.layers.augmentation import CenterCrop
from rnn_tui.engine.layers.identity import Masking
from rnn_tui.engine.layers.layer import Layer, Run
from rnn_tui.engine.layers.resize import neighbours
from rnn_tui.engine.layers.shape import (
    Cropping,
    Flatten,
    Permute,
    UpSampling,
    ZeroPadding,
    margins,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray


@one_tensor
def identity(
    layer: Layer,
    x: NDArray[Any],
    y: NDArray[Any],
    y_bar: NDArray[Any],
    run: Run,
) -> Any:
    """Return the cotangent as it is."""
    return y_bar


@one_tensor
def masking(
    layer: Masking,
    x: NDArray[Any],
    y: NDArray[Any],
    y_bar: NDArray[Any],
    run: Run,
) -> Any:
    """Return the cotangent, 0 at masked timesteps."""
    shown = layer.shown(x, run)[..., None]

    return np.where(shown, y_bar, run.dtype.type(0))


@one_tensor
def flatten(
    layer: Flatten,
    x: NDArray[Any],
    y: NDArray[Any],
    y_bar: NDArray[Any],
    run: Run,
) -> Any:
    """Return the cotangent in the shape of x."""
    if layer.channels_first() and x.ndim > 2:
        last = np.moveaxis(x, 1, -1)
        x_bar = y_bar.reshape(last.shape)
        return np.moveaxis(x_bar, -1, 1)

    return y_bar.reshape(x.shape)


@one_tensor
def reshape(
    layer: Layer,
    x: NDArray[Any],
    y: NDArray[Any],
    y_bar: NDArray[Any],
    run: Run,
) -> Any:
    """Return the cotangent in the shape of x."""
    return y_bar.reshape(x.shape)


@one_tensor
def permute(
    layer: Permute,
    x: NDArray[Any],
    y: NDArray[Any],
    y_bar: NDArray[Any],
    run: Run,
) -> Any:
    """Return the cotangent with its axes where they were."""
    axes = (0, *layer.dims)
    back = np.argsort(axes)

    return np.transpose(y_bar, back)


@one_tensor
def repeat_vector(
    layer: Layer,
    x: NDArray[Any],
    y: NDArray[Any],
    y_bar: NDArray[Any],
    run: Run,
) -> Any:
    """Return the sum over the timesteps."""
    return y_bar.sum(axis=1)


@one_tensor
def zero_padding(
    layer: ZeroPadding,
    x: NDArray[Any],
    y: NDArray[Any],
    y_bar: NDArray[Any],
    run: Run,
) -> Any:
    """Return the cotangent without its margins."""
    cut = [slice(None)] * x.ndim
    sides = margins(layer.config["padding"], x.ndim - 2)
    for axis, (before, _) in enumerate(sides, _first(layer)):
        stop = before + x.shape[axis]
        cut[axis] = slice(before, stop)

    return y_bar[tuple(cut)]


@one_tensor
def cropping(
    layer: Cropping,
    x: NDArray[Any],
    y: NDArray[Any],
    y_bar: NDArray[Any],
    run: Run,
) -> Any:
    """Return the cotangent with 0 where x was cut."""
    ends = [(0, 0)] * x.ndim
    sides = margins(layer.config["cropping"], x.ndim - 2)
    for axis, side in enumerate(sides, _first(layer)):
        ends[axis] = side

    return np.pad(y_bar, ends)


@one_tensor
def center_crop(
    layer: CenterCrop,
    x: NDArray[Any],
    y: NDArray[Any],
    y_bar: NDArray[Any],
    run: Run,
) -> Any:
    """Return the cotangent with 0 where x was cut."""
    x_bar = np.zeros(x.shape, y_bar.dtype)
    x_bar[layer.middle(x.shape)] = y_bar

    return x_bar


@one_tensor
def up_sampling(
    layer: UpSampling,
    x: NDArray[Any],
    y: NDArray[Any],
    y_bar: NDArray[Any],
    run: Run,
) -> Any:
    """Return the sums over the values that were repeated, or the shares that
    they have of those between them.
    """
    nearest = (layer.config.get("interpolation") or "nearest") == "nearest"
    sizes = pair(layer.config["size"], x.ndim - 2)
    for axis, size in enumerate(sizes, _first(layer)):
        if nearest:
            before = y_bar.shape[:axis]
            after = y_bar.shape[axis + 1 :]
            repeated = y_bar.reshape((*before, -1, size, *after))
            y_bar = repeated.sum(axis=axis + 1)
        else:
            y_bar = _resized_back(y_bar, x.shape[axis], axis, size)

    return y_bar


def _resized_back(
    bar: NDArray[Any],
    length: int,
    axis: int,
    size: int,
) -> NDArray[Any]:
    """Return the cotangent of an array of which `resize` made one axis `size`
    times longer; it was `length`.
    """
    moved = np.moveaxis(bar, axis, 0)
    found = np.zeros((length, *moved.shape[1:]), bar.dtype)
    low, high, share = neighbours(found, 0, size)
    of_low = moved * (1 - share)
    of_high = moved * share
    np.add.at(found, low, of_low)
    np.add.at(found, high, of_high)

    return np.moveaxis(found, 0, axis)


def _first(layer: ZeroPadding | Cropping | UpSampling) -> int:
    """Return the first spatial axis."""
    if layer.channels_first():
        return 2

    return 1
