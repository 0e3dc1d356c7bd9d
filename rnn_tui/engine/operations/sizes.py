"""How many values an operation makes of its arguments: known before, so that
few can't ask for a billion.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

from rnn_tui.engine.core import lazy_numpy as np
from rnn_tui.engine.operations.calling import flat
from rnn_tui.engine.operations.checked import (
    axis_of,
    calls,
    sides_of,
    whole,
    wholes,
)
from rnn_tui.engine.operations.making import ends_of, steps_in
from rnn_tui.engine.operations.moving import index_of, margins
from rnn_tui.engine.operations.products import Equation, summed_axes
from rnn_tui.errors import MisfitError

Operands: TypeAlias = Sequence[Any]
Params: TypeAlias = Mapping[str, Any]
Size: TypeAlias = Callable[[Operands, Params], int]


def values_of(function: str, operands: Operands, params: Params) -> int:
    """Return how many values a function is about to make, those it makes on the
    way among them.
    """
    if function in SIZES:
        return SIZES[function](operands, params)

    return together(operands)


def together(operands: Operands) -> int:
    """Return the values of operands: stretched to one shape where they can be,
    else all of them.
    """
    arrays = flat(operands)
    most = sum(array.size for array in arrays)
    shapes = [array.shape for array in arrays]
    try:
        stretched = math.prod(np.broadcast_shapes(*shapes))
    except ValueError:  # they are joined, or don't fit: the operation says so
        return most

    return max(most, stretched)


def listed(value: Any) -> list[Any]:
    """Return a parameter that is one number or a list as a list."""
    if isinstance(value, (list, tuple)):
        return list(value)

    return [value]


def _repeated(operands: Operands, params: Params) -> int:
    (x,) = operands
    repeats = wholes(listed(params["repeats"]), "repeats", 0)
    if len(repeats) == 1:
        return int(x.size) * max(1, repeats[0])

    axis = params.get("axis")
    if axis is None:
        side = x.size
    else:
        side = x.shape[axis_of(axis, x.ndim)]

    made: int = int(x.size) // max(1, side) * sum(repeats)

    return made


def _tiled(operands: Operands, params: Params) -> int:
    return int(operands[0].size) * math.prod(
        sides_of(listed(params["repeats"]), "repeats")
    )


def _stretched(operands: Operands, params: Params) -> int:
    (x,) = operands
    sides = sides_of(params["shape"], "shape", -1)
    known = math.prod(side for side in sides if side >= 0)
    if -1 in sides:
        known *= int(x.size)

    return known


def _shaped(operands: Operands, params: Params) -> int:
    return math.prod(sides_of(listed(params["shape"])))


def _like(operands: Operands, params: Params) -> int:
    return int(operands[0].size)


def _multiplied(operands: Operands, params: Params) -> int:
    x, y = (array.shape for array in operands)
    if len(x) < 2 or len(y) < 2:
        return int(operands[0].size + operands[1].size)

    *_, left, turned_left = x
    if params.get("transpose_a"):
        left = turned_left

    *_, turned_right, right = y
    if params.get("transpose_b"):
        right = turned_right

    stacks: tuple[int, ...] = calls(np.broadcast_shapes, x[:-2], y[:-2])
    product = math.prod(stacks) * left * right
    made: int = product + together(operands)

    return made


def _dotted(operands: Operands, params: Params) -> int:
    x, y = (array.shape for array in operands)
    if not x or not y:
        return together(operands)

    columns = 1
    if len(y) > 1:
        *others, _, last = y
        columns = math.prod(others) * last

    rows = math.prod(x[:-1])
    made: int = rows * columns

    return made


def _inner(operands: Operands, params: Params) -> int:
    x, y = (array.shape for array in operands)
    if not x or not y:
        return together(operands)

    made: int = math.prod(x[:-1]) * math.prod(y[:-1])

    return made


def _crossed(operands: Operands, params: Params) -> int:
    return int(operands[0].size) * int(operands[1].size)


def _tensordotted(operands: Operands, params: Params) -> int:
    x, y = operands
    first, second = summed_axes(params.get("axes", 2), x.ndim, y.ndim)
    product = 1
    for array, summed in ((x, first), (y, second)):
        left = [
            side for axis, side in enumerate(array.shape) if axis not in summed
        ]
        product *= math.prod(left)

    copies = int(x.size) + int(y.size)

    return product + copies


def _summed(operands: Operands, params: Params) -> int:
    """Return the values of Einstein's result, or, of three operands and more,
    of the largest array made on the way.
    """
    arrays = operands[0]
    equation = Equation(params.get("subscripts"), arrays)
    made = math.prod(equation.shape())
    if len(arrays) > 2:
        stacks: tuple[int, ...] = calls(np.broadcast_shapes, *equation.rest)
        letters = math.prod(equation.sides.values())
        on_the_way = letters * math.prod(stacks)
        made = max(made, on_the_way)

    return made


def _padded(operands: Operands, params: Params) -> int:
    (x,) = operands
    width = margins(params["pad_width"], x.ndim)
    return math.prod(
        side + sum(margin) for side, margin in zip(x.shape, width, strict=True)
    )


def _one_hot(operands: Operands, params: Params) -> int:
    return int(operands[0].size) * whole(
        params["num_classes"],
        "num_classes",
        0,
    )


def _taken(operands: Operands, params: Params) -> int:
    """Return the values of as many slices as there are indices; `take` without
    an axis takes single values.
    """
    x, indices = operands
    axis = params.get("axis")

    return int(indices.size) * (1 if axis is None else _slice(x, axis))


def _gathered_slices(operands: Operands, params: Params) -> int:
    """Return the values of as many slices as there are indices, along the first
    axis that isn't the batch's.
    """
    x, indices = operands
    axis = params.get("axis")
    batch_dims = params.get("batch_dims", 0)
    several = int(indices.size) * _slice(
        x,
        batch_dims if axis is None else axis,
    )
    made: int = several // max(1, math.prod(x.shape[:batch_dims]))

    return made


def _slice(x: Any, axis: Any) -> int:
    """Return the values beside one along an axis."""
    place = axis_of(axis, max(1, x.ndim))
    return int(x.size) // max(1, x.shape[place]) if x.ndim else 1


def _gathered(operands: Operands, params: Params) -> int:
    x, indices = operands
    if indices.ndim:
        depth = indices.shape[-1]
    else:
        depth = 0

    behind = x.shape[params.get("batch_dims", 0) + depth :]
    made: int = int(indices.size) + int(indices.size) // max(
        1,
        depth,
    ) * math.prod(behind)

    return made


def _along(operands: Operands, params: Params) -> int:
    x, indices = operands
    axis = params.get("axis")
    if axis is None or x.ndim != indices.ndim:
        return together(operands)

    place = axis_of(axis, x.ndim)
    sides = [
        max(pair)
        for k, pair in enumerate(zip(x.shape, indices.shape, strict=True))
        if k != place
    ]
    made: int = math.prod(sides) * (indices.shape[place] + x.shape[place])

    return made


def _part(operands: Operands, params: Params) -> int:
    """Return the values of a slice; a list of indices may name each of an axis
    many times.
    """
    (x,) = operands
    index = index_of(params["key"])
    if isinstance(index, tuple):
        parts = list(index)
    else:
        parts = [index]

    reading = [
        part for part in parts if part is not None and part is not Ellipsis
    ]
    if len(reading) > x.ndim:
        raise MisfitError(
            f"an index of {len(reading)} parts into an array of {x.ndim} axes"
        )

    lists = [part.shape for part in reading if isinstance(part, np.ndarray)]
    if not lists:
        return int(x.size)

    kept = list(x.shape)
    for place, part in zip(_places(parts, x.ndim), reading, strict=True):
        if isinstance(part, np.ndarray):
            kept[place] = 1

    named: tuple[int, ...] = calls(np.broadcast_shapes, *lists)
    made: int = math.prod(kept) * math.prod(named)

    return made


def _places(parts: Sequence[Any], rank: int) -> list[int]:
    """Return the axis that each part of an index is for, new axes and `...`
    left out.
    """
    places: list[int] = []
    left = sum(1 for part in parts if part is not None and part is not Ellipsis)
    axis = 0
    for part in parts:
        if part is Ellipsis:
            axis = rank - (left - len(places))
        elif part is not None:
            places.append(axis)
            axis += 1

    return places


def _diagonal(operands: Operands, params: Params) -> int:
    (x,) = operands
    side = int(x.size) + abs(params.get("k", 0))
    return side * side if x.ndim != 2 else int(x.size)


def _flat_diagonal(operands: Operands, params: Params) -> int:
    side = int(operands[0].size) + abs(params.get("k", 0))
    made: int = side * side
    return made


def _diagonals(operands: Operands, params: Params) -> int:
    (x,) = operands
    return int(x.size) * (x.shape[-1] if x.ndim else 1)


def _grid(operands: Operands, params: Params) -> int:
    arrays = operands[0]
    made: int = len(arrays) * math.prod(array.size for array in arrays)
    return made


def _row(operands: Operands, params: Params) -> int:
    start, stop, step = operands
    return steps_in(*ends_of(start, stop, step))


def _spaced(operands: Operands, params: Params) -> int:
    return whole(params.get("num", 50), "num", 0) * together(operands)


def _identity(operands: Operands, params: Params) -> int:
    height = whole(params["rows"], "num_rows", 0)
    columns = params.get("columns")
    if columns is None:
        width = height
    else:
        width = whole(columns, "num_columns", 0)

    around = params.get("batch_shape")

    return (
        height
        * width
        * math.prod(() if around is None else sides_of(around, "batch_shape"))
    )


def _segmented(operands: Operands, params: Params) -> int:
    data = operands[0]
    return (params.get("num_segments") or 0) * _slice(data, 0) + int(data.size)


def _scattered(operands: Operands, params: Params) -> int:
    return _shaped(operands, params) + sum(
        array.size for array in flat(operands)
    )


def _masked(operands: Operands, params: Params) -> int:
    (lengths,) = operands
    stated = params.get("maxlen")
    if stated is None:
        longest = int(lengths.max(initial=0))
    else:
        longest = whole(stated, "maxlen", 0)

    return int(lengths.size) * max(0, longest)


def _windows(operands: Operands, params: Params) -> int:
    (x,) = operands
    length = params["sequence_length"]
    stride = params["sequence_stride"]
    if not x.ndim or not stride:
        raise MisfitError("windows of nothing, or without a stride")

    made: int = (
        int(x.size)
        // max(1, x.shape[-1])
        * (x.shape[-1] // stride + 1)
        * length
    )

    return made


def _powers(operands: Operands, params: Params) -> int:
    (x,) = operands
    columns = params.get("N")
    return int(x.size) * (int(x.size) if columns is None else columns)


def _shares(operands: Operands, params: Params) -> int:
    x, q = operands
    return int(x.size) * (1 + int(q.size))


def _vectors(operands: Operands, params: Params) -> int:
    return 3 * together(operands)


SIZES: Mapping[str, Size] = {
    "repeat": _repeated,
    "tile": _tiled,
    "broadcast_to": _stretched,
    "zeros": _shaped,
    "ones": _shaped,
    "full": _shaped,
    "filled": _shaped,
    "full_like": _like,
    "matmul": _multiplied,
    "dot": _dotted,
    "inner": _inner,
    "outer": _crossed,
    "kron": _crossed,
    "tensordot": _tensordotted,
    "einsum": _summed,
    "pad": _padded,
    "one_hot": _one_hot,
    "tensorflow_one_hot": _one_hot,
    "multi_hot": _one_hot,
    "take": _taken,
    "gather": _gathered_slices,
    "gather_nd": _gathered,
    "take_along_axis": _along,
    "get_item": _part,
    "diagonal_part": _diagonal,
    "diagflat": _flat_diagonal,
    "matrix_diag": _diagonals,
    "meshgrid": _grid,
    "arange": _row,
    "linspace": _spaced,
    "logspace": _spaced,
    "geomspace": _spaced,
    "eye": _identity,
    **{f"segment_{what}": _segmented for what in ("sum", "max", "min", "prod")},
    "scatter": _scattered,
    "sequence_mask": _masked,
    "extract_sequences": _windows,
    "vander": _powers,
    **dict.fromkeys(("quantile", "keras_quantile", "percentile"), _shares),
    "cross": _vectors,
}
