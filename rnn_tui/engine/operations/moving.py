"""Operations that move values about without changing them: reshape, split, pad,
repeat, parts of an array.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from itertools import accumulate
from typing import TYPE_CHECKING, Any, TypeAlias

from rnn_tui.engine.core import lazy_numpy as np
from rnn_tui.engine.operations.checked import (
    LARGEST,
    axes_of,
    axis_of,
    calls,
    number,
    refused,
    sides_of,
    whole,
    wholes,
    word,
)
from rnn_tui.engine.operations.dtypes import whole_numbers
from rnn_tui.errors import MisfitError

if TYPE_CHECKING:
    from numpy.typing import NDArray

Values: TypeAlias = "NDArray[Any]"


def identity(x: Values) -> Values:
    """Return the input unchanged."""
    return x


def reshape(x: Values, shape: Any) -> Values:
    """Return the values in another shape; one side may be open."""
    sides = sides_of(shape, "shape", -1)
    reshaped: Values = calls(np.reshape, x, sides)

    return reshaped


def ensure_shape(x: Values, shape: Any) -> Values:
    """Return the array read; MisfitError where its shape is another than the
    file states.
    """
    sides = sides_of(shape, "shape", -1)
    fits = len(sides) == x.ndim and all(
        side in (-1, found) for side, found in zip(sides, x.shape, strict=True)
    )
    if not fits:
        raise MisfitError(
            f"an array of {x.shape} where the file states {shape}"
        )

    return x


def squeeze(x: Values, axis: Any = None) -> Values:
    """Return an array without its axes of length 1, or without those named."""
    if axis is None or axis == ():
        return np.squeeze(x)

    axes = axes_of(list(axis) if isinstance(axis, tuple) else axis, x.ndim)
    squeezed: Values = calls(np.squeeze, x, axes)

    return squeezed


def roll(x: Values, shift: Any, axis: Any = None) -> Values:
    """Return an array with its values moved along axes, round the end."""
    rolled: Values = calls(np.roll, x, shift, axis)
    return rolled


def reverse(x: Values, axis: Any) -> Values:
    """Return an array turned round along axes."""
    axes = axes_of(list(axis) if isinstance(axis, tuple) else axis, x.ndim)
    return np.flip(x, axes)


def reverse_sequence(
    x: Values,
    lengths: Values,
    seq_axis: Any = None,
    batch_axis: Any = None,
) -> Values:
    """Return each sequence of a batch with its first values, as many as its
    length, turned round.
    """
    time = axis_of(1 if seq_axis is None else seq_axis, x.ndim, "seq_axis")
    batch = axis_of(
        0 if batch_axis is None else batch_axis,
        x.ndim,
        "batch_axis",
    )
    if lengths.shape != (x.shape[batch],) or time == batch:
        raise MisfitError(
            f"lengths of shape {lengths.shape} for {x.shape[batch]} sequences"
        )

    turned = np.moveaxis(
        x,
        (batch, time),
        (0, 1),
    ).copy()  # (batch, timesteps, …)
    for row, length in zip(turned, lengths.tolist(), strict=True):
        if not 0 <= length <= len(row):
            raise MisfitError(
                f"a length of {length} in a sequence of {len(row)}"
            )

        row[:length] = row[:length][::-1].copy()

    return np.moveaxis(turned, (0, 1), (batch, time))


def concatenate(xs: Sequence[Values], axis: Any = 0) -> Values:
    """Return arrays one behind the other along an axis."""
    place = axis_of(axis, xs[0].ndim)
    joined: Values = calls(np.concatenate, xs, axis=place)

    return joined


def split(x: Values, sections: Any, axis: Any = 0) -> list[Values]:
    """Return the parts of an array: so many equal ones, or cut at the indices
    given.
    """
    place = axis_of(axis, x.ndim)
    if isinstance(sections, int) and not 1 <= sections <= x.shape[place]:
        raise MisfitError(
            f"{x.shape[place]} values can't be split into {sections} parts"
        )

    parts: list[Values] = calls(np.split, x, sections, axis=place)

    return parts


def array_split(
    x: Values,
    indices_or_sections: Any,
    axis: Any = 0,
) -> list[Values]:
    """Return the parts of an array, which need not be equal."""
    place = axis_of(axis, x.ndim)
    sections = indices_or_sections
    if isinstance(sections, int) and not 1 <= sections <= x.shape[place]:
        raise MisfitError(
            f"{x.shape[place]} values can't be split into {sections} parts"
        )

    parts: list[Values] = calls(np.array_split, x, sections, axis=place)

    return parts


def hsplit(x: Values, indices_or_sections: Any) -> list[Values]:
    """Return the parts along the second axis, of a vector along its only
    one.
    """
    return split(x, indices_or_sections, 0 if x.ndim == 1 else 1)


def vsplit(x: Values, indices_or_sections: Any) -> list[Values]:
    """Return the parts along the first axis."""
    return split(x, indices_or_sections, 0)


def dsplit(x: Values, indices_or_sections: Any) -> list[Values]:
    """Return the parts along the third axis."""
    return split(x, indices_or_sections, 2)


def split_sizes(
    x: Values,
    num_or_size_splits: Any,
    axis: Any = 0,
    num: Any = None,
) -> list[Values]:
    """Return the parts of an array: so many equal ones, or of the sizes given,
    one of which may be open.
    """
    place = axis_of(axis, x.ndim)
    if not isinstance(num_or_size_splits, list):
        parts = whole(num_or_size_splits, "num_or_size_splits", 1)
        return split(x, parts, place)

    whole_axis = x.shape[place]
    sizes = wholes(num_or_size_splits, "num_or_size_splits", -1)
    rest = whole_axis - sum(size for size in sizes if size >= 0)
    sizes = [rest if size < 0 else size for size in sizes]
    if rest < 0 or sum(sizes) != whole_axis:
        raise MisfitError(
            f"parts of {sizes} don't make the {whole_axis} values of the axis"
        )

    ends = list(accumulate(sizes))

    return np.split(x, ends[:-1], axis=place)


def unstack(x: Values, num: Any = None, axis: Any = 0) -> list[Values]:
    """Return the slices of an array along an axis."""
    place = axis_of(axis, x.ndim)
    length = x.shape[place]
    if num is not None and num != length:
        raise MisfitError(f"{num} parts of an axis of {length}")

    slices = np.moveaxis(x, place, 0)

    return list(slices)


def repeat(x: Values, repeats: Any, axis: Any = None) -> Values:
    """Return every value several times, one behind the other."""
    if np.ndim(repeats) > 1 or np.min(repeats, initial=0) < 0:
        raise refused("repeats", repeats, "whole numbers from 0 on")

    repeated: Values = calls(np.repeat, x, repeats, axis=axis)

    return repeated


def tile(x: Values, repeats: Any) -> Values:
    """Return the whole array several times along each axis."""
    counts = sides_of(
        list(repeats) if isinstance(repeats, tuple) else repeats,
        "repeats",
    )
    return np.tile(x, counts)


def broadcast_to(x: Values, shape: Any) -> Values:
    """Return an array stretched to a shape; a side of -1 stays as it is."""
    sides = list(sides_of(shape, "shape", -1))
    for place, side in enumerate(sides):
        own = place - len(sides) + x.ndim
        if side < 0:
            if own >= 0:
                sides[place] = x.shape[own]
            else:
                sides[place] = 1

    stretched: Values = calls(np.broadcast_to, x, tuple(sides))

    return stretched


def margins(width: Any, rank: int) -> list[tuple[int, int]]:
    """Return (before, after) of each axis: one number or one pair is for
    all.
    """
    if not isinstance(width, list):
        side = whole(width, "margin", 0)
        return [(side, side)] * rank

    if len(width) == 2 and not any(isinstance(side, list) for side in width):
        before, after = wholes(width, "margin", 0)
        return [(before, after)] * rank

    if len(width) == 1:
        sides = width * rank
    else:
        sides = width

    if len(sides) != rank:
        raise MisfitError(
            f"margins for {len(sides)} axes of an array of {rank}"
        )

    pairs = []
    for side in sides:
        both = wholes(
            side if isinstance(side, list) else [side, side],
            "margin",
            0,
        )
        if len(both) != 2:
            raise refused("margin", side, "a pair")

        pairs.append((both[0], both[1]))

    return pairs


PADDING: Mapping[str, str] = {
    "constant": "constant",
    "reflect": "reflect",
    "symmetric": "symmetric",
}


def pad(
    x: Values,
    pad_width: Any,
    mode: Any = None,
    constant_values: Any = None,
) -> Values:
    """Return an array with margins: a constant, or its own values mirrored."""
    width = margins(pad_width, x.ndim)
    kind = word("constant" if mode is None else mode, "mode", tuple(PADDING))
    if kind == "constant":
        value = 0 if constant_values is None else constant_values
        if not isinstance(value, bool):
            number(value, "constant_values")

        padded: Values = calls(np.pad, x, width, constant_values=value)
        return padded

    for side, (before, after) in zip(x.shape, width, strict=True):
        if kind == "reflect":
            most = side - 1
        else:
            most = side

        # NumPy mirrors again and again, TensorFlow refuses
        if max(before, after) > max(0, most):
            raise MisfitError(
                f"a mirrored margin of {max(before, after)} for an axis of "
                f"{side}"
            )

    return np.pad(x, width, PADDING[kind])  # type: ignore[call-overload,no-any-return]


def diagonal_part(x: Values, k: int = 0) -> Values:
    """Return the matrix with a vector on its diagonal, or the diagonal of a
    matrix.
    """
    if x.ndim not in (1, 2):
        raise MisfitError(
            f"it reads a vector or a matrix, not an array of {x.ndim} axes"
        )

    return np.diag(x, k)


def triangle(x: Values, k: int, *, lower: bool) -> Values:
    """Return an array whose last two axes have zeros on one side of a
    diagonal.
    """
    if x.ndim < 2:
        raise MisfitError("a triangle is of an array of two axes or more")
    if lower:
        return np.tril(x, k)

    return np.triu(x, k)


def tril(x: Values, k: int = 0) -> Values:
    """Return the lower triangle."""
    return triangle(x, k, lower=True)


def triu(x: Values, k: int = 0) -> Values:
    """Return the upper triangle."""
    return triangle(x, k, lower=False)


def band_part(x: Values, num_lower: Any, num_upper: Any) -> Values:
    """Return a band of the matrices: a count below 0 keeps a whole side."""
    below = whole(num_lower, "num_lower")
    above = whole(num_upper, "num_upper")
    if below < 0:
        band = x
    else:
        band = triu(x, -below)

    if above < 0:
        return band

    return tril(band, above)


def meshgrid(xs: Sequence[Values], indexing: str = "xy") -> list[Values]:
    """Return the coordinates of a grid, one array for each vector."""
    if any(x.ndim > 1 for x in xs):
        xs = [x.reshape(-1) for x in xs]

    return list(np.meshgrid(*xs, indexing=indexing))  # type: ignore[call-overload]


def ravel(x: Values) -> Values:
    """Return all values as one vector."""
    return np.reshape(x, -1)


def append(x1: Values, x2: Values, axis: Any = None) -> Values:
    """Return two arrays one behind the other."""
    joined: Values = calls(np.append, x1, x2, axis)
    return joined


def shape_of(x: Values) -> Values:
    """Return the shape as an array."""
    return np.array(x.shape, dtype=np.int32)


def rank_of(x: Values) -> Values:
    """Return how many axes there are."""
    return np.array(x.ndim, dtype=np.int32)


def size_of(x: Values) -> Values:
    """Return how many values there are."""
    return np.array(x.size, dtype=np.int32)


def starts_of(starts: Values, rank: int) -> list[int]:
    """Return where a slice begins along each axis."""
    listed = whole_numbers(starts).reshape(-1).tolist()
    if len(listed) != rank:
        raise MisfitError(
            f"a slice begins at {len(listed)} places of an array of {rank} axes"
        )

    return [whole(start, "start") for start in listed]


def slice_at(x: Values, starts: Values, shape: Any) -> Values:
    """Return a part of a given shape that begins at given places; a side of -1
    goes on to the end.
    """
    begin = starts_of(starts, x.ndim)
    sides = sides_of(shape, "shape", -1)
    if len(sides) != x.ndim:
        raise MisfitError(
            f"a part of {len(sides)} axes of an array of {x.ndim}"
        )

    cut = []
    for start, side, length in zip(begin, sides, x.shape, strict=True):
        if side < 0:
            stop = length
        else:
            stop = start + side

        if not 0 <= start <= stop <= length:
            raise MisfitError(
                f"the values {start} to {stop} of an axis of {length}"
            )

        cut.append(slice(start, stop))

    return x[tuple(cut)]


def slice_update(x: Values, starts: Values, updates: Values) -> Values:
    """Return an array with a part replaced; a part that would reach beyond the
    end begins earlier.
    """
    if updates.ndim != x.ndim or any(
        side > length
        for side, length in zip(updates.shape, x.shape, strict=True)
    ):
        raise MisfitError(
            f"an array of {updates.shape} can't replace a part of {x.shape}"
        )

    cut = []
    for start, side, length in zip(
        starts_of(starts, x.ndim),
        updates.shape,
        x.shape,
        strict=True,
    ):
        if start < 0:
            from_end = start + length
        else:
            from_end = start

        begin = min(max(from_end, 0), length - side)
        cut.append(slice(begin, begin + side))

    replaced = x.copy()
    replaced[tuple(cut)] = updates.astype(x.dtype, copy=False)

    return replaced


def get_item(x: Values, key: Any) -> Values:
    """Return part of an array: numbers, slices, `...`, new axes, and arrays of
    indices.
    """
    part: Values = calls(x.__getitem__, index_of(key))
    return part


def index_of(key: Any) -> Any:
    """Return an index as NumPy reads it; the file holds a list of the
    parts, or the only part.
    """
    if not isinstance(key, (list, tuple)):
        return _part(key)

    return tuple(_part(part) for part in key)


def _part(part: Any) -> Any:
    if part is None or part == "..." or part is Ellipsis:
        if part is None:
            return None

        return Ellipsis

    if isinstance(part, Mapping):
        if part.get("class_name") == "__ellipsis__":
            return Ellipsis

        given = part.get("config", part)
        if not isinstance(given, Mapping):
            raise refused("index", part, "a slice")

        return slice(
            *(_end(given.get(key), key) for key in ("start", "stop", "step"))
        )

    if isinstance(part, (list, tuple)):
        listed = _indices(part)
        return np.array(listed, dtype=np.int64)

    if isinstance(part, bool):
        raise refused("index", part, "a whole number")

    return whole(part, "index", -LARGEST)


def _indices(part: Any) -> Any:
    """Return a list of indices, checked; lists of booleans leave a number of
    values that depends on them.
    """
    if isinstance(part, (list, tuple)):
        return [_indices(inner) for inner in part]
    if isinstance(part, bool):
        raise MisfitError(
            "how many values it chooses depends on the values it reads"
        )

    return whole(part, "index")


def _end(value: Any, name: str) -> int | None:
    if value is None:
        return None

    if isinstance(value, list) and len(value) == 1:
        value = value[0]

    end = whole(value, name)
    if name == "step" and end == 0:
        raise refused("step", value, "a whole number other than 0")

    return end


AXES = re.compile(r"\([^()]*\)|\w+")
PATTERN = re.compile(r"(?:\s*(?:\w+|\([\w\s]*\)))*\s*")


def rearrange(
    x: Values,
    pattern: Any,
    lengths: Mapping[str, int] | None = None,
) -> Values:
    """Return an array with its axes taken apart, reordered and joined: "b (t n)
    f -> b t (n f)".
    """
    if not isinstance(pattern, str) or pattern.count("->") != 1:
        raise refused("pattern", pattern, "one like 'b t f -> b f t'")
    if lengths is not None and not isinstance(lengths, Mapping):
        raise refused("lengths", lengths, "one for each axis")

    before, after = pattern.split("->")
    if not PATTERN.fullmatch(before) or not PATTERN.fullmatch(after):
        raise refused("pattern", pattern, "one like 'b t f -> b f t'")

    read = _groups(before)
    made = _groups(after)
    known = dict(lengths or {})
    sides = _sides(x.shape, read, known)
    names = [name for group in read for name in group]
    wanted = [name for group in made for name in group]
    named_twice = len(set(names)) < len(names)
    if named_twice or sorted(names) != sorted(wanted):
        raise refused(
            "pattern",
            pattern,
            "one that names the same axes, each once, on both sides",
        )

    apart = np.reshape(x, [sides[name] for name in names])
    order = [names.index(name) for name in wanted]
    ordered = np.transpose(apart, order)
    joined = []
    for group in made:
        lengths_joined = [sides[name] for name in group]
        joined.append(math.prod(lengths_joined))

    return np.reshape(ordered, joined)


def _groups(side: str) -> list[list[str]]:
    """Return the axes of one side of a pattern: `b (t n)` → [[b], [t, n]]."""
    return [group.strip("()").split() for group in AXES.findall(side)]


def _sides(
    shape: tuple[int, ...],
    groups: Sequence[Sequence[str]],
    lengths: dict[str, int],
) -> dict[str, int]:
    """Return how long each named axis is; one of a group may be left for the
    rest.
    """
    if len(groups) != len(shape):
        raise MisfitError(
            f"the pattern names {len(groups)} axes of an array of {len(shape)}"
        )

    sides: dict[str, int] = {}
    for side, group in zip(shape, groups, strict=True):
        known = {
            name: whole(lengths[name], name, 1)
            for name in group
            if name in lengths
        }
        open_ones = [name for name in group if name not in known]
        product = math.prod(known.values())
        fits = side % product == 0 and (open_ones or product == side)
        if len(open_ones) > 1 or not fits:
            raise MisfitError(
                f"an axis of {side} can't be taken apart as the pattern says"
            )

        sides |= known
        if open_ones:
            sides[open_ones[0]] = side // product

    return sides


def extract_sequences(
    x: Values,
    sequence_length: int,
    sequence_stride: int,
) -> Values:
    """Return windows of the last axis, one every stride:
    `(…, windows, length)`.
    """
    if (
        x.ndim < 1
        or sequence_length < 1
        or sequence_stride < 1
        or sequence_length > x.shape[-1]
    ):
        raise MisfitError(
            f"windows of {sequence_length} every {sequence_stride} of an "
            f"array of {x.shape}"
        )

    windows = np.lib.stride_tricks.sliding_window_view(
        x,
        sequence_length,
        axis=-1,
    )

    return np.ascontiguousarray(windows[..., ::sequence_stride, :])


def matrix_transpose(x: Values) -> Values:
    """Return an array with its last two axes exchanged."""
    if x.ndim < 2:
        raise MisfitError("a matrix has two axes")

    return np.swapaxes(x, -1, -2)


def matrix_diagonal(x: Values, k: int = 0) -> Values:
    """Return a diagonal of matrices."""
    exists = False
    if x.ndim >= 2:
        rows, columns = x.shape[-2:]
        exists = -rows < k < columns

    if not exists:
        raise MisfitError(f"an array of {x.shape} has no diagonal {k}")

    return np.diagonal(x, k, axis1=-2, axis2=-1)


def matrix_diag(
    x: Values,
    k: int = 0,
    num_rows: Any = -1,
    num_cols: Any = -1,
    padding_value: Any = 0,
) -> Values:
    """Return matrices with vectors on their diagonals."""
    if not x.ndim or k or num_rows != -1 or num_cols != -1 or padding_value:
        raise MisfitError(
            "only whole square matrices with zeros around the main diagonal "
            "are made"
        )

    made: Values = x[..., None] * np.eye(x.shape[-1], dtype=x.dtype)

    return made


def matrix_trace(x: Values) -> Values:
    """Return the sums of matrices' diagonals."""
    return np.asarray(matrix_diagonal(x).sum(axis=-1, dtype=x.dtype))


def batch_flatten(x: Values) -> Values:
    """Return each sequence of a batch as one vector."""
    if not x.ndim or not x.size:
        raise MisfitError("a batch has an axis, and values")

    return np.reshape(x, (len(x), -1))
