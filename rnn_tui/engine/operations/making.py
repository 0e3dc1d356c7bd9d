"""Operations that make arrays of little: zeros, a value throughout, numbers in
a row, an identity matrix.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, TypeAlias

from rnn_tui.engine.core import lazy_numpy as np
from rnn_tui.engine.operations.checked import (
    axis_of,
    calls,
    refused,
    sides_of,
    whole,
)
from rnn_tui.errors import MisfitError

if TYPE_CHECKING:
    from numpy.typing import NDArray

Values: TypeAlias = "NDArray[Any]"


def zeros(shape: Any) -> Values:
    """Return zeros."""
    return np.zeros(sides_of(shape), dtype=np.float32)


def ones(shape: Any) -> Values:
    """Return ones."""
    return np.ones(sides_of(shape), dtype=np.float32)


def full(value: Values, shape: Any) -> Values:
    """Return an array that holds one value throughout, or one stretched to the
    shape.
    """
    sides = sides_of(shape)
    fits = value.ndim <= len(sides)
    # the last axes of both meet
    own_sides = reversed(value.shape)
    for own, side in zip(own_sides, reversed(sides), strict=False):
        fits = fits and own in (1, side)

    if not fits:
        raise MisfitError(f"a value of {value.shape} can't fill {sides}")

    stretched = np.broadcast_to(value, sides)

    return stretched.copy()


def full_like(x: Values, value: Values) -> Values:
    """Return an array of the shape and dtype of another that holds one value
    throughout.
    """
    return full(value, list(x.shape)).astype(x.dtype)


def zeros_like(x: Values) -> Values:
    """Return zeros in the shape of another array."""
    return np.zeros_like(x)


def ones_like(x: Values) -> Values:
    """Return ones in the shape of another array."""
    return np.ones_like(x)


def steps_in(start: Any, stop: Any, step: Any) -> int:
    """Return how many numbers are between two in steps; MisfitError for steps
    that never arrive.
    """
    if step == 0 or not all(
        math.isfinite(value) for value in (start, stop, step)
    ):
        raise refused(
            "step",
            step,
            "a number that leads from the first to the last",
        )

    steps = (stop - start) / step
    made: int = max(0, math.ceil(steps))

    return made


def ends_of(
    start: Values,
    stop: Values | None,
    step: Values | None,
) -> tuple[Any, Any, Any]:
    """Return the first number, the one before which it ends, and the step."""
    for value in (start, stop, step):
        if value is not None and value.size != 1:
            raise MisfitError(
                "numbers in a row begin and end at one number, not at "
                f"{value.size}"
            )

    first: Any
    if stop is None:
        first = 0
    else:
        first = start.item()

    last: Any
    if stop is None:
        last = start.item()
    else:
        last = stop.item()

    by: Any
    if step is None:
        by = 1
    else:
        by = step.item()

    return first, last, by


def arange(
    start: Values,
    stop: Values | None = None,
    step: Values | None = None,
) -> Values:
    """Return numbers in a row."""
    first, last, by = ends_of(start, stop, step)
    count = steps_in(first, last, by)
    numbers = first + by * np.arange(count)

    return np.asarray(numbers).astype(start.dtype)


def linspace(
    start: Values,
    stop: Values,
    num: Any = 50,
    endpoint: bool = True,
    axis: Any = 0,
) -> Values:
    """Return numbers evenly spaced between two."""
    count = whole(num, "num", 0)
    rank = max(start.ndim, stop.ndim)
    if axis is None:
        axis = 0

    place = axis_of(axis, rank + 1)
    if start.shape != stop.shape and start.ndim and stop.ndim:
        raise MisfitError(f"numbers between {start.shape} and {stop.shape}")

    return np.linspace(start, stop, count, endpoint=endpoint, axis=place)


def logspace(
    start: Values,
    stop: Values,
    num: Any = 50,
    endpoint: bool = True,
    base: float = 10,
    axis: Any = 0,
) -> Values:
    """Return powers of a base whose exponents are evenly spaced."""
    exponents = linspace(start, stop, num, endpoint, axis)
    made: Values = np.power(exponents.dtype.type(base), exponents)

    return made


def geomspace(
    start: Values,
    stop: Values,
    num: Any = 50,
    endpoint: bool = True,
    axis: Any = 0,
) -> Values:
    """Return numbers each of which is the same multiple of the one before."""
    if (
        np.any(start == 0)
        or np.any(stop == 0)
        or np.any(np.sign(start) != np.sign(stop))
    ):
        raise MisfitError("numbers between two of different signs, or zero")

    powers = logspace(
        np.log10(np.abs(start)),
        np.log10(np.abs(stop)),
        num,
        endpoint,
        10,
        axis,
    )

    # Keras itself doesn't move the signs beside the new axis
    made: Values = calls(np.multiply, powers, np.sign(start))

    return made


def eye(rows: Any, columns: Any = None, batch_shape: Any = None) -> Values:
    """Return an identity matrix, or a batch of them."""
    height = whole(rows, "num_rows", 0)
    if columns is None:
        width = height
    else:
        width = whole(columns, "num_columns", 0)

    around: tuple[int, ...]
    if batch_shape is None:
        around = ()
    else:
        around = sides_of(batch_shape, "batch_shape")

    matrix = np.eye(height, width, dtype=np.float32)

    return np.broadcast_to(matrix, (*around, height, width)).copy()


def filled(shape: Any, value: Any) -> Values:
    """Return an array that holds one number throughout, of the number's
    dtype.
    """
    if not isinstance(value, (bool, int, float)):
        raise refused("value", value, "a number")

    one = np.asarray(value)
    if one.dtype.kind not in "fib":
        raise refused("value", value, "a number of 64 bits")

    return np.full(
        sides_of(shape),
        one.astype(np.int32) if one.dtype.kind == "i" else one,
    )
