"""Operations that choose values by index, order or condition: gather, sort,
one-hot, segments, scatter.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from rnn_tui.engine.core import lazy_numpy as np
from rnn_tui.engine.operations.checked import (
    axis_of,
    calls,
    sides_of,
    whole,
    word,
)
from rnn_tui.engine.operations.dtypes import whole_numbers
from rnn_tui.errors import MisfitError

if TYPE_CHECKING:
    from numpy.typing import NDArray

Values: TypeAlias = "NDArray[Any]"


def within(indices: Values, length: int, *, negative: bool) -> Values:
    """Return indices, those below 0 counted from the end; MisfitError for one
    beyond: Keras refuses it.
    """
    found = whole_numbers(indices)
    least = -length if negative else 0
    if (
        found.size
        and not least <= int(found.min()) <= int(found.max()) < length
    ):
        raise MisfitError(
            f"it is given the indices {found.min()} to {found.max()} of an "
            f"axis of {length}"
        )

    return np.where(found < 0, found + length, found)


def take(x: Values, indices: Values, axis: Any = None) -> Values:
    """Return slices of an array by their indices along an axis, of all values
    where none is named.
    """
    if axis is None:
        x = x.reshape(-1)
        axis = 0

    place = axis_of(axis, x.ndim)

    return np.take(
        x,
        within(indices, x.shape[place], negative=True),
        axis=place,
    )


def gather(
    x: Values,
    indices: Values,
    axis: Any = None,
    batch_dims: int = 0,
) -> Values:
    """Return slices by their indices; with `batch_dims`, those of each sequence
    by its own (TensorFlow's).
    """
    batch = x.shape[:batch_dims]
    too_many = batch_dims > min(x.ndim, indices.ndim)
    if too_many or batch != indices.shape[:batch_dims]:
        raise MisfitError(
            f"indices of {indices.shape} for {batch_dims} batch axes of "
            f"{x.shape}"
        )

    if axis is None:
        axis = batch_dims

    place = axis_of(axis, x.ndim)
    if place < batch_dims:
        raise MisfitError(f"axis {place} is one of the {batch_dims} batch axes")

    chosen = within(indices, x.shape[place], negative=False)
    if not batch_dims:
        return np.take(x, chosen, axis=place)

    flat_x = _flat_batch(x, batch_dims)
    flat_indices = _flat_batch(chosen, batch_dims)
    axis_of_row = place - batch_dims
    rows = []
    for row, own in zip(flat_x, flat_indices, strict=True):
        rows.append(np.take(row, own, axis=axis_of_row))

    stacked = np.stack(rows)  # (sequences, …)
    sides = stacked.shape[1:]

    return stacked.reshape(*batch, *sides)


def _flat_batch(x: Values, batch_dims: int) -> Values:
    """Return an array with its batch axes as one, `(sequences, …)`."""
    sequences = math.prod(x.shape[:batch_dims])
    sides = x.shape[batch_dims:]

    return x.reshape(sequences, *sides)


def gather_nd(x: Values, indices: Values, batch_dims: int = 0) -> Values:
    """Return the values at places named by the last axis of `indices`."""
    if (
        indices.ndim < 1
        or indices.shape[-1] + batch_dims > x.ndim
        or batch_dims >= max(1, indices.ndim)
    ):
        raise MisfitError(
            f"indices of {indices.shape} for an array of {x.shape}"
        )

    batch = x.shape[:batch_dims]
    if batch != indices.shape[:batch_dims]:
        raise MisfitError(
            f"indices of {indices.shape} for {batch_dims} batch axes of "
            f"{x.shape}"
        )

    places = []
    for number in range(indices.shape[-1]):
        side = x.shape[batch_dims + number]
        of_axis = indices[..., number]
        places.append(within(of_axis, side, negative=False))

    # each sequence of the batch at its own place, stretched over the places
    # within it
    around = indices.ndim - 1 - batch_dims
    rank = len(batch) + around
    own = []
    for axis, side in enumerate(batch):
        shape = [1] * rank
        shape[axis] = side
        numbers = np.arange(side)
        own.append(numbers.reshape(shape))

    made: Values = x[(*own, *places)]

    return made


def take_along_axis(x: Values, indices: Values, axis: Any = None) -> Values:
    """Return values by their indices along an axis, the other axes stretched to
    each other.
    """
    if axis is None:
        if indices.ndim != 1:
            raise MisfitError("without an axis its indices are a vector")

        x = x.reshape(-1)
        axis = 0

    place = axis_of(axis, x.ndim)
    if indices.ndim != x.ndim:
        raise MisfitError(
            f"indices of {indices.ndim} axes for an array of {x.ndim}"
        )

    chosen = within(indices, x.shape[place], negative=True)
    around: tuple[int, ...] = calls(
        np.broadcast_shapes,
        tuple(1 if k == place else side for k, side in enumerate(x.shape)),
        tuple(
            1 if k == place else side for k, side in enumerate(indices.shape)
        ),
    )
    x_shape = _with_side(around, place, x.shape[place])
    whole_x = np.broadcast_to(x, x_shape)
    whole_indices = np.broadcast_to(
        chosen,
        _with_side(around, place, indices.shape[place]),
    )

    return np.take_along_axis(whole_x, whole_indices, axis=place)


def _with_side(shape: Sequence[int], place: int, side: int) -> tuple[int, ...]:
    before = shape[:place]
    behind = shape[place + 1 :]

    return (*before, side, *behind)


def where(
    condition: Values,
    x1: Values | None = None,
    x2: Values | None = None,
) -> Values:
    """Return values of one array where the condition holds, of the other
    elsewhere.
    """
    if x1 is None or x2 is None:
        raise MisfitError(
            "how many places it returns depends on the values it reads"
        )

    chosen: Values = calls(np.where, condition, x1, x2)

    return chosen


def select(
    conditions: Sequence[Values],
    choices: Sequence[Values],
    default: Any = 0,
) -> Values:
    """Return values of the first array whose condition holds."""
    if len(conditions) != len(choices):
        raise MisfitError(
            f"{len(conditions)} conditions for {len(choices)} choices"
        )

    chosen: Values = calls(np.select, conditions, choices, default)

    return chosen


def clip(x: Values, x_min: Any = None, x_max: Any = None) -> Values:
    """Return values within two bounds; where the bounds cross, the upper
    one.
    """
    bounded = x
    if x_min is not None:
        bounded = calls(np.maximum, bounded, x_min)

    if x_max is not None:
        bounded = calls(np.minimum, bounded, x_max)

    return bounded


def nan_to_num(
    x: Values,
    nan: float = 0.0,
    posinf: Any = None,
    neginf: Any = None,
) -> Values:
    """Return numbers in the place of NaN and the infinities."""
    if x.dtype.kind != "f":
        return x

    return np.nan_to_num(x, nan=nan, posinf=posinf, neginf=neginf)


def sort(x: Values, axis: Any = -1, direction: str = "ascending") -> Values:
    """Return the values in order along an axis."""
    if axis is None:
        x = x.reshape(-1)
        axis = 0

    place = axis_of(axis, x.ndim)
    ordered = np.sort(x, axis=place, kind="stable")
    if direction == "descending":
        return np.flip(ordered, place)

    return ordered


def argsort(x: Values, axis: Any = -1, direction: str = "ascending") -> Values:
    """Return where the values are in order; equal ones keep theirs."""
    if axis is None:
        x = x.reshape(-1)
        axis = 0

    place = axis_of(axis, x.ndim)

    return np.argsort(
        _falling(x) if direction == "descending" else x,
        axis=place,
        kind="stable",
    )


def _falling(x: Values) -> Values:
    """Return values whose rising order is the falling one of `x`."""
    if x.dtype.kind == "f":
        return -x

    return -1 - whole_numbers(x).astype(np.int64)


def top_k(x: Values, k: Any = 1, sorted: Any = True) -> list[Values]:
    """Return the largest values of the last axis and where they are; of equal
    ones the first.
    """
    count = whole(k, "k", 0)
    if not x.ndim or count > x.shape[-1]:
        raise MisfitError(
            f"the {count} largest of {x.shape[-1:] or 'one number'}"
        )

    order = argsort(x, -1, "descending")
    places = order[..., :count]
    largest = np.take_along_axis(x, places, axis=-1)

    return [largest, places.astype(np.int32)]


def in_top_k(targets: Values, predictions: Values, k: Any) -> Values:
    """Return whether each target is among the k largest predictions of its
    row.
    """
    count = whole(k, "k", 0)
    shape = predictions.shape
    if predictions.ndim != 2 or targets.shape != shape[:1]:
        raise MisfitError(
            f"targets of {targets.shape} for predictions of {shape}"
        )

    chosen = within(targets, shape[1], negative=False)
    own = np.take_along_axis(predictions, chosen[:, None], axis=1)
    larger = predictions > own
    made: Values = larger.sum(axis=1) < count

    return made


def searchsorted(ordered: Values, values: Values, side: str = "left") -> Values:
    """Return before which of the ordered values each value belongs; a row each
    where they are several.
    """
    if ordered.ndim == 1:
        return np.asarray(np.searchsorted(ordered, values, side=side))  # type: ignore[call-overload]  # side is one of two words

    rank = ordered.ndim
    if (
        rank == 0
        or values.ndim != rank
        or values.shape[:-1] != ordered.shape[:-1]
    ):
        raise MisfitError(
            f"values of {values.shape} in ordered ones of {ordered.shape}"
        )

    length = ordered.shape[-1]
    count = values.shape[-1]
    rows = ordered.reshape(-1, length)
    wanted = values.reshape(-1, count)
    pairs = zip(rows, wanted, strict=True)
    found = [np.searchsorted(row, own, side=side) for row, own in pairs]  # type: ignore[call-overload]  # as above
    stacked = np.stack(found)

    return stacked.reshape(values.shape)


def digitize(x: Values, bins: Values) -> Values:
    """Return in which of the bins each value is."""
    edges = bins.reshape(-1)
    if np.any(np.diff(edges) < 0):
        raise MisfitError("its bins don't rise")

    return np.asarray(np.searchsorted(edges, x, side="right"))


def one_hot(
    indices: Values,
    num_classes: int,
    axis: Any = -1,
    on_value: Any = None,
    off_value: Any = None,
) -> Values:
    """Return a 1 at each number's place among `num_classes`, zeros
    elsewhere.
    """
    if axis is None:
        axis = -1

    if on_value is None:
        on_value = 1.0

    if off_value is None:
        off_value = 0.0

    place = axis_of(axis, indices.ndim + 1)
    hot = indices[..., None] == np.arange(num_classes)  # (…, num_classes)
    on = np.float32(on_value)
    off = np.float32(off_value)
    values = np.where(hot, on, off)

    return np.moveaxis(values, -1, place)


def multi_hot(indices: Values, num_classes: int, axis: Any = -1) -> Values:
    """Return a 1 at the place of every number of a row."""
    hot = one_hot(indices, num_classes, axis)
    axis = 0
    if indices.ndim > 1:
        axis = 1

    made: Values = np.max(hot, axis=axis)

    return made


def segments(data: Values, ids: Values, num_segments: Any, mode: str) -> Values:
    """Return the rows of each segment brought together; a segment without rows
    holds the neutral value.
    """
    if ids.ndim != 1 or not data.ndim or len(ids) != len(data):
        raise MisfitError(
            f"segment ids of {ids.shape} for data of {data.shape}"
        )
    if num_segments is None:
        raise MisfitError(
            "how many segments it returns depends on the ids it reads"
        )

    numbers = whole_numbers(ids)
    count = whole(num_segments, "num_segments", 0)
    if numbers.size and int(numbers.max()) >= count:
        raise MisfitError(f"a segment {numbers.max()} where there are {count}")

    kept = numbers >= 0  # a row of a segment below zero is left out
    found = np.full(
        (count, *data.shape[1:]),
        _neutral(data.dtype, mode),
        dtype=data.dtype,
    )
    gathered: Any = {
        "sum": np.add,
        "prod": np.multiply,
        "max": np.maximum,
        "min": np.minimum,
    }[mode]
    gathered.at(found, numbers[kept], data[kept])

    return found


def _neutral(kind: Any, mode: str) -> Any:
    """Return the value of an empty segment."""
    if mode in ("sum", "prod"):
        if mode == "prod":
            return 1

        return 0

    bounds: Any
    if kind.kind == "f":
        bounds = np.finfo(kind)
    else:
        bounds = np.iinfo(kind)

    if mode == "max":
        return bounds.min

    return bounds.max


def segment_sum(data: Values, ids: Values, num_segments: Any = None) -> Values:
    """Return the sum of each segment's rows."""
    return segments(data, ids, num_segments, "sum")


def segment_prod(data: Values, ids: Values, num_segments: Any = None) -> Values:
    """Return the product of each segment's rows."""
    return segments(data, ids, num_segments, "prod")


def segment_max(data: Values, ids: Values, num_segments: Any = None) -> Values:
    """Return the largest of each segment's rows."""
    return segments(data, ids, num_segments, "max")


def segment_min(data: Values, ids: Values, num_segments: Any = None) -> Values:
    """Return the smallest of each segment's rows."""
    return segments(data, ids, num_segments, "min")


SCATTERED = {
    "add": "add",
    "max": "maximum",
    "min": "minimum",
    "mul": "multiply",
}


def scatter_update(
    x: Values,
    indices: Values,
    updates: Values,
    reduction: Any = None,
) -> Values:
    """Return an array with values replaced, or brought together with others, at
    places named by `indices`.
    """
    if reduction is not None:
        reduction = word(reduction, "reduction", tuple(SCATTERED))

    if indices.ndim < 1 or indices.shape[-1] > x.ndim:
        raise MisfitError(
            f"indices of {indices.shape} for an array of {x.shape}"
        )

    *rows, depth = indices.shape
    if updates.shape != (*rows, *x.shape[depth:]):
        raise MisfitError(
            f"updates of {updates.shape} at indices of {indices.shape} in an "
            f"array of {x.shape}"
        )

    places = []
    for axis in range(depth):
        of_axis = indices[..., axis]
        places.append(within(of_axis, x.shape[axis], negative=False))

    changed = x.copy()
    values = updates.astype(x.dtype, copy=False)
    if reduction is None:
        changed[tuple(places)] = values
    else:
        reduce = getattr(np, SCATTERED[reduction])
        reduce.at(changed, tuple(places), values)

    return changed


def scatter(indices: Values, values: Values, shape: Any) -> Values:
    """Return zeros with values added at places named by `indices`."""
    sides = sides_of(list(shape) if isinstance(shape, tuple) else shape)
    return scatter_update(
        np.zeros(sides, dtype=values.dtype),
        indices,
        values,
        "add",
    )


def unravel_index(indices: Values, shape: Any) -> list[Values]:
    """Return along each axis of a shape where a place of its flat array is."""
    sides = sides_of(
        list(shape) if isinstance(shape, tuple) else shape,
        least=1,
    )
    rest = indices
    found = []
    for side in reversed(sides):
        found.append(rest % side)
        rest = rest // side

    return found[::-1]


def sequence_mask(lengths: Values, maxlen: Any = None) -> Values:
    """Return for each length a row that is true for as many values."""
    if maxlen is None:
        longest = int(lengths.max(initial=0))
    else:
        longest = whole(maxlen, "maxlen", 0)

    if maxlen is None and not longest:
        raise MisfitError("the longest sequence has no length")

    return np.arange(longest) < lengths[..., None]


def tensorflow_one_hot(
    indices: Values,
    num_classes: int,
    on_value: Any = None,
    off_value: Any = None,
    axis: Any = -1,
) -> Values:
    """Return TensorFlow's one-hot rows."""
    return one_hot(indices, num_classes, axis, on_value, off_value)


def scatter_add(x: Values, indices: Values, updates: Values) -> Values:
    """Return an array with values added at places named by `indices`."""
    return scatter_update(x, indices, updates, "add")


def in_top_k_of(predictions: Values, targets: Values, k: Any) -> Values:
    """Return the same with the predictions first, as TensorFlow's older
    interface has them.
    """
    return in_top_k(targets, predictions, k)
