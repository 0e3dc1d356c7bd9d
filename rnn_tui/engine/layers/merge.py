"""Layers of several inputs: elementwise merges, Concatenate and Dot."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnn_tui.engine.arrays import Array, Mask, Shape, Tensor
from rnn_tui.engine.layer import Layer, Run
from rnn_tui.engine.layers.base import probe, quiet_run
from rnn_tui.engine.layers.registry import computes

ELEMENTWISE: dict[str, Callable[[Any, Any], Any]] = {
    "Add": np.add,
    "Subtract": np.subtract,
    "Multiply": np.multiply,
    "Average": np.add,
    "Maximum": np.maximum,
    "Minimum": np.minimum,
}


@dataclass(eq=False)
class Merge(Layer):
    """What the merges share: shapes found by trying."""

    def output_shapes(self, inputs: Sequence[Shape]) -> list[Shape]:
        """Return the shape that comes out."""
        return probe(lambda tensors: self.call(tensors, quiet_run()), inputs)


@computes(*ELEMENTWISE)
@dataclass(eq=False)
class Elementwise(Merge):
    """The inputs combined value by value; where their ranks differ, shapes meet behind the batch axis."""

    def call(self, inputs: Sequence[Tensor], run: Run) -> list[Tensor]:
        """Return the combined tensors and their combined mask."""
        if self.class_name == "Multiply" and self.generation >= 3 and any(t.mask is not None for t in inputs):
            return [masked_product(inputs)]
        values = aligned([tensor.value for tensor in inputs])
        y = reduce(ELEMENTWISE[self.class_name], values)
        if self.class_name == "Average":
            y = y / run.dtype.type(len(values))
        return [Tensor(y, self._mask([tensor.mask for tensor in inputs]))]

    def _mask(self, masks: Sequence[Mask | None]) -> Mask | None:
        """Keras 3: unless all have one, none, and any of them counts; before: all that there are must agree."""
        present = [mask for mask in masks if mask is not None]
        if self.generation >= 3:
            return reduce(np.logical_or, present) if len(present) == len(masks) else None
        return reduce(np.logical_and, present) if present else None


def masked_product(inputs: Sequence[Tensor]) -> Tensor:
    """Return Keras 3's product: a masked factor counts as 1, and what every input masks becomes 0."""
    product: Any = 1
    for value, mask in inputs:
        product = product * (value if mask is None else np.where(mask[..., None], value, value.dtype.type(1)))
    masks = [tensor.mask for tensor in inputs if tensor.mask is not None]
    if len(masks) < len(inputs):
        return Tensor(product)
    shown = reduce(np.logical_or, masks)
    return Tensor(np.where(shown[..., None], product, product.dtype.type(0)), shown)


def aligned(values: Sequence[NDArray[Any]]) -> list[NDArray[Any]]:
    """Return the arrays with axes of 1 put behind the batch axis of those with fewer."""
    rank = max(value.ndim for value in values)
    return [value.reshape(len(value), *[1] * (rank - value.ndim), *value.shape[1:]) for value in values]


@computes("Concatenate")
@dataclass(eq=False)
class Concatenate(Merge):
    """The inputs one behind the other along `axis`."""

    def call(self, inputs: Sequence[Tensor], run: Run) -> list[Tensor]:
        """Return the joined tensors."""
        axis = int(self.config.get("axis", -1))
        y = np.concatenate([tensor.value for tensor in inputs], axis=axis)
        if all(tensor.mask is None for tensor in inputs):
            return [Tensor(y)]
        whole = np.concatenate([self._whole(tensor) for tensor in inputs], axis=axis)
        mask: Mask = np.any(whole, axis=-1) if self.generation >= 3 else np.all(whole, axis=-1)
        return [Tensor(y, mask)]

    def _whole(self, tensor: Tensor) -> Mask:
        """Return the mask in the value's shape; without one, everything counts."""
        if tensor.mask is None:
            return np.ones(tensor.value.shape, dtype=np.bool_)
        behind = tensor.value.ndim - tensor.mask.ndim
        mask = tensor.mask.reshape(*tensor.mask.shape, *[1] * behind)
        return np.broadcast_to(mask, tensor.value.shape)


@computes("Dot")
@dataclass(eq=False)
class Dot(Merge):
    """The product of two tensors summed over one axis of each, batch by batch."""

    def call(self, inputs: Sequence[Tensor], run: Run) -> list[Tensor]:
        """Return the products; Keras lets the mask end here."""
        x, y = (tensor.value for tensor in inputs)
        axes = self.config.get("axes", -1)
        first, second = axes if isinstance(axes, (list, tuple)) else (axes, axes)
        first, second = int(first) % x.ndim, int(second) % y.ndim
        if self.config.get("normalize"):
            x, y = unit_length(x, first), unit_length(y, second)
        return [Tensor(batch_dot(x, y, first, second))]


def unit_length(x: Array, axis: int) -> Array:
    """Return `x` with its vectors along `axis` at length 1."""
    square = np.sum(np.square(x), axis=axis, keepdims=True)
    unit: Array = x / np.sqrt(np.maximum(square, x.dtype.type(1e-12)))
    return unit


def batch_dot(x: Array, y: Array, first: int, second: int) -> Array:
    """Return the sum over axis `first` of x and `second` of y; of two plain vectors `(batch, 1)`."""
    left, right = np.moveaxis(x, first, -1), np.moveaxis(y, second, 1)
    product = left.reshape(len(x), -1, left.shape[-1]) @ right.reshape(len(y), right.shape[1], -1)
    sides = (*left.shape[1:-1], *right.shape[2:])
    return product.reshape(len(x), *(sides or (1,)))
