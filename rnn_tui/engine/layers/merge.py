"""Layers of several inputs: elementwise merges, Concatenate and Dot."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import TYPE_CHECKING, Any

from rnn_tui.engine.core import lazy_numpy as np
from rnn_tui.engine.core.arrays import Array, Mask, Shape, Tensor
from rnn_tui.engine.core.fits import (
    alike,
    check_axes,
    check_count,
    check_side,
    stretched,
    within,
)
from rnn_tui.engine.core.unit_length import unit_length
from rnn_tui.engine.layers.keys import AN_AXIS
from rnn_tui.engine.layers.layer import Layer, Run
from rnn_tui.engine.layers.registry import computes
from rnn_tui.engine.layers.schema import ALONE, ALONG_LAST, KEEPS, Schema
from rnn_tui.errors import MisfitError

if TYPE_CHECKING:
    from numpy.typing import NDArray

ELEMENTWISE = {
    "Add": "add",
    "Subtract": "subtract",
    "Multiply": "multiply",
    "Average": "add",
    "Maximum": "maximum",
    "Minimum": "minimum",
}
"""The layers by the names of NumPy's functions, which is loaded when one is
called.
"""


def _merging(sentence: str, back: str) -> Schema:
    """Return the schema of a layer that combines its inputs value by value."""
    return Schema(
        sentence,
        reach=ALONE,
        mask=KEEPS,
        listed=True,
        back=f"merge_back:{back}",
    )


@computes(
    Add=_merging("Adds its inputs.", "add"),
    Subtract=_merging("Subtracts its second input from its first.", "subtract"),
    Multiply=_merging("Multiplies its inputs, value by value.", "multiply"),
    Average=_merging("Averages its inputs, value by value.", "average"),
    Maximum=_merging(
        "Keeps the largest of its inputs, value by value.", "extreme"
    ),
    Minimum=_merging(
        "Keeps the smallest of its inputs, value by value.", "extreme"
    ),
)
@dataclass(eq=False)
class Elementwise(Layer):
    """The inputs combined value by value; where their ranks differ, shapes meet
    behind the batch axis.
    """

    def check(self, inputs: Sequence[Shape]) -> None:
        """Check that the inputs meet."""
        two = self.class_name == "Subtract"
        check_count(inputs, 2 if two else 1, 2 if two else None)
        for shape in inputs:
            check_axes(shape, 1)

        stretched(*whole(inputs))

    def output_shapes(self, inputs: Sequence[Shape]) -> list[Shape]:
        """Return the widest shape; an axis one of the inputs leaves open stays
        open in Keras 3, not before.
        """
        shape: list[int | None] = []
        met = whole(inputs)
        batches = {sides[0] for sides in met} - {None}
        in_keras_3 = self.generation >= 3
        for axis, sides in enumerate(zip(*met, strict=True)):
            known = max(map(_known, sides))
            opens = None in sides and (in_keras_3 or known < 2)
            # a batch of 1 counts there like any other
            if axis == 0 and in_keras_3:
                opens = len(batches) != 1

            if opens:
                shape.append(None)
            else:
                shape.append(known)

        return [tuple(shape)]

    def call(self, inputs: Sequence[Tensor], run: Run) -> list[Tensor]:
        """Return the combined tensors and their combined mask."""
        if self.config.get("mask_ends"):
            inputs = unmasked(inputs)

        inputs = [_as_fractions(tensor, run) for tensor in inputs]
        masks = [tensor.mask for tensor in inputs]
        any_mask = any(mask is not None for mask in masks)
        masked = self.generation >= 3 and any_mask
        if masked and self.class_name == "Multiply":
            return [masked_product(inputs)]

        combine = getattr(np, ELEMENTWISE[self.class_name])
        if masked and self.class_name in ("Maximum", "Minimum"):
            return [masked_extreme(inputs, combine)]

        values = aligned([tensor.value for tensor in inputs])
        y = reduce(combine, values)
        if self.class_name == "Average":
            count = run.dtype.type(len(values))
            y = y / count

        return [Tensor(y, self._mask(masks))]

    def _mask(self, masks: Sequence[Mask | None]) -> Mask | None:
        """Keras 3: unless all have one, none, and any of them counts; before:
        all that there are must agree.
        """
        present = [mask for mask in masks if mask is not None]
        if present:
            stretched(*(mask.shape for mask in present))

        if self.generation >= 3:
            if len(present) == len(masks):
                return reduce(np.logical_or, present)

            return None

        if present:
            return reduce(np.logical_and, present)

        return None


def _as_fractions(tensor: Tensor, run: Run) -> Tensor:
    """Return a tensor whose truth values are numbers."""
    value, mask = tensor
    if value.dtype.kind == "b":
        value = value.astype(run.dtype)

    return Tensor(value, mask)


def unmasked(inputs: Sequence[Tensor]) -> list[Tensor]:
    """Return the tensors without their masks."""
    return [Tensor(tensor.value) for tensor in inputs]


def masked_extreme(
    inputs: Sequence[Tensor],
    pick: Callable[[Any, Any], Any],
) -> Tensor:
    """Return Keras 3's maximum or minimum: where one side is masked, the other
    counts alone (base_merge.py).
    """
    _check_masks(inputs)
    y, shown = inputs[0]
    for x, mask in inputs[1:]:
        if mask is not None:
            x = np.where(mask[..., None], x, y)

        if shown is not None:
            y = np.where(shown[..., None], y, x)

        if mask is None or shown is None:
            shown = None
        else:
            shown = mask | shown

        y = pick(y, x)

    return Tensor(y, shown)


def masked_product(inputs: Sequence[Tensor]) -> Tensor:
    """Return Keras 3's product: a masked factor counts as 1, and a place that
    every input masks becomes 0.
    """
    _check_masks(inputs)
    product: Any = 1
    for value, mask in inputs:
        factor = value
        if mask is not None:
            one = value.dtype.type(1)
            factor = np.where(mask[..., None], value, one)

        product = product * factor

    masks = [tensor.mask for tensor in inputs if tensor.mask is not None]
    if len(masks) < len(inputs):
        return Tensor(product)

    shown = reduce(np.logical_or, masks)

    return Tensor(
        np.where(shown[..., None], product, product.dtype.type(0)),
        shown,
    )


def _check_masks(inputs: Sequence[Tensor]) -> None:
    """Check that each mask has all axes of its tensor but the last, and that
    the tensors meet as they are.
    """
    shapes = [tensor.value.shape for tensor in inputs]
    stretched(*shapes)

    masks = [tensor.mask for tensor in inputs if tensor.mask is not None]
    mask_shapes = [mask.shape for mask in masks]
    stretched(*mask_shapes)

    for value, mask in inputs:
        if mask is None:
            continue

        if mask.shape != value.shape[:-1]:
            raise MisfitError(
                f"a mask of {mask.shape} doesn't fit {value.shape}"
            )


def whole(shapes: Sequence[Shape]) -> list[Shape]:
    """Return shapes of as many axes each: those with fewer have sides of 1 put
    behind the batch axis.
    """
    rank = max(len(shape) for shape in shapes)
    filled: list[Shape] = []
    for shape in shapes:
        ones = [1] * (rank - len(shape))
        batch = shape[:1]
        sides = shape[1:]
        filled.append((*batch, *ones, *sides))

    return filled


def _known(side: int | None) -> int:
    if side is None:
        return 0

    return side


def aligned(values: Sequence[NDArray[Any]]) -> list[NDArray[Any]]:
    """Return the arrays with as many axes each, as `whole` has their shapes."""
    shapes: list[Any] = whole([value.shape for value in values])

    return [
        value.reshape(shape)
        for value, shape in zip(values, shapes, strict=True)
    ]


@computes(
    Concatenate=Schema(
        "Puts its inputs side by side.",
        keys={"axis": AN_AXIS},
        reach=ALONG_LAST,
        mask=KEEPS,
        listed=True,
        back="merge_back:concatenate",
    )
)
@dataclass(eq=False)
class Concatenate(Layer):
    """The inputs one behind the other along `axis`."""

    @property
    def axis(self) -> int:
        """The axis along which they are joined."""
        axis = self.config.get("axis")
        if axis is None:
            return -1

        return int(axis)

    def check(self, inputs: Sequence[Shape]) -> None:
        """Check that the inputs are of one shape but for the axis along which
        they are joined.
        """
        check_count(inputs, 1)
        first = inputs[0]
        axis = within(self.axis, len(first))

        for shape in inputs:
            if not alike(
                (*shape[:axis], *shape[axis + 1 :]),
                (*first[:axis], *first[axis + 1 :]),
            ):
                raise MisfitError(
                    f"{first} and {shape} can't be joined along axis {axis}"
                )

    def output_shapes(self, inputs: Sequence[Shape]) -> list[Shape]:
        """Return the first shape with the sides along the axis added up.

        Before Keras 3 a side that it leaves open is that of another input which
        knows it: TensorFlow said so.
        """
        axis = self.axis
        sides = [shape[axis] for shape in inputs]
        shape = list(inputs[0])
        if self.generation < 3:
            known = [
                [side for side in met if side is not None]
                for met in zip(*inputs, strict=True)
            ]
            shape = [met[0] if met else None for met in known]

        if None in sides:
            shape[axis] = None
        else:
            shape[axis] = sum(map(_known, sides))

        return [tuple(shape)]

    def call(self, inputs: Sequence[Tensor], run: Run) -> list[Tensor]:
        """Return the joined tensors."""
        if self.config.get("mask_ends"):
            inputs = unmasked(inputs)

        axis = self.axis
        y = np.concatenate([tensor.value for tensor in inputs], axis=axis)
        if all(tensor.mask is None for tensor in inputs):
            return [Tensor(y)]

        whole = np.concatenate(
            [self._whole(tensor) for tensor in inputs],
            axis=axis,
        )
        mask: Mask
        if self.generation >= 3:
            mask = np.any(whole, axis=-1)
        else:
            mask = np.all(whole, axis=-1)

        return [Tensor(y, mask)]

    def _whole(self, tensor: Tensor) -> Mask:
        """Return the mask in the value's shape; without one, everything
        counts.
        """
        shape = tensor.value.shape
        if tensor.mask is None:
            return np.ones(shape, dtype=np.bool_)

        sides = tensor.mask.shape
        rank = len(sides)
        if sides != shape[:rank]:
            raise MisfitError(f"a mask of {sides} doesn't fit {shape}")

        ones = [1] * (len(shape) - rank)
        mask = tensor.mask.reshape(*sides, *ones)

        return np.broadcast_to(mask, shape)


@computes(
    Dot=Schema(
        "Sums the products of two inputs over one axis of each.",
        listed=True,
        back="merge_back:dot",
    )
)
@dataclass(eq=False)
class Dot(Layer):
    """The product of two tensors summed over one axis of each, batch by
    batch.
    """

    def check(self, inputs: Sequence[Shape]) -> None:
        """Check that the axes that are summed over are equally long."""
        check_count(inputs, 2, 2)
        x, y = inputs
        first, second = self.axes(len(x), len(y))
        check_side(y[second], x[first], "values along the axis it sums over")
        check_side(y[0], x[0], "sequences")

    def output_shapes(self, inputs: Sequence[Shape]) -> list[Shape]:
        """Return the axes that are left, of one tensor and then of the
        other.
        """
        x, y = inputs
        first, second = self.axes(len(x), len(y))
        left = [side for axis, side in enumerate(x) if axis != first]
        right = [side for axis, side in enumerate(y) if axis not in (0, second)]
        sides = [*left, *right]
        if len(sides) == 1:  # the batch alone
            sides.append(1)

        return [tuple(sides)]

    def call(self, inputs: Sequence[Tensor], run: Run) -> list[Tensor]:
        """Return the products; Keras lets the mask end here."""
        x, y = (tensor.value for tensor in inputs)
        first, second = self.axes(x.ndim, y.ndim)
        if self.config.get("merged_by_cosine"):
            return [Tensor(cosine(x, y, first, second))]

        if self.config.get("normalize"):
            x = unit_length(x, first)
            y = unit_length(y, second)

        return [Tensor(batch_dot(x, y, first, second))]

    def axes(self, left: int, right: int) -> tuple[int, int]:
        """Return the axis of each factor that is summed over."""
        axes = self.config.get("axes")
        if axes is None:
            axes = -1

        if isinstance(axes, (list, tuple)):
            first, second = axes
        else:
            first, second = (axes, axes)

        axis = within(int(first), left)
        other_axis = within(int(second), right)
        axes = axis, other_axis
        if 0 in axes:
            raise MisfitError("the sequences of a batch aren't summed over")

        return axes


def cosine(x: Array, y: Array, first: int, second: int) -> Array:
    """Return the cosine of Keras's old Merge: x·y over √(x·x × y·y), value by
    value, with an axis behind the batch.

    The layer table has the shape without that axis, as Keras states it (keras
    2.1.6, legacy/layers.py).
    """
    if x.shape != y.shape:
        raise MisfitError(
            f"the cosine is one of two tensors of one shape, not of {x.shape} "
            f"and {y.shape}"
        )

    x_square = batch_dot(x, x, first, second)
    y_square = batch_dot(y, y, first, second)
    lengths = x_square * y_square
    below = np.maximum(
        np.sqrt(np.maximum(lengths, x.dtype.type(0))),
        x.dtype.type(1e-7),
    )

    return np.expand_dims(batch_dot(x, y, first, second) / below, 1)


def batch_dot(x: Array, y: Array, first: int, second: int) -> Array:
    """Return the sum over axis `first` of x and `second` of y; of two plain
    vectors `(batch, 1)`.
    """
    batch = len(x)
    left = np.moveaxis(x, first, -1)  # (batch, …, summed)
    right = np.moveaxis(y, second, 1)  # (batch, summed, …)
    summed = right.shape[1]

    rows = left.reshape(batch, -1, summed)
    columns = right.reshape(len(y), summed, -1)
    product = rows @ columns

    left_sides = left.shape[1:-1]
    right_sides = right.shape[2:]
    sides = (*left_sides, *right_sides) or (1,)

    return product.reshape(batch, *sides)
