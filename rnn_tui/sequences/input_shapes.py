"""The shape that an input reads: checked against an array, and in words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from rnn_tui.engine.memory.large_arrays import converted, release, roomy
from rnn_tui.errors import SequenceError
from rnn_tui.text import counted

if TYPE_CHECKING:
    from rnn_tui.engine.model import InputInfo

FIRST_VALUES = 6
"""Values that the description shows."""

IDS_AT_ONCE = 1 << 20
"""Token ids that are checked at a time."""

LARGEST_ID = (1 << 31) - 1
"""The largest token id there is."""


def fit(
    array: NDArray[Any],
    info: InputInfo,
    reader: str = "the model",
    *,
    values: bool = True,
) -> NDArray[Any]:
    """Return `array` in the input's shape, with its batch axis where it had
    one; raise SequenceError if it doesn't fit.

    A single row of numbers is one feature's timesteps, or one timestep of
    several features. Without `values` only the shape is checked, and the
    returned array has the right one.
    """
    if array.dtype.kind not in "fiub":
        raise SequenceError(f"a sequence holds numbers; this is {array.dtype}")

    array = _from_row(array, info, reader)
    array = _padded(array, info, values)
    _check_shape(array.shape, info, reader)

    if not values:
        return array
    if info.tokens is not None:
        return _as_tokens(array, info, reader)

    return _as_values(array)


def _check_shape(shape: tuple[int, ...], info: InputInfo, reader: str) -> None:
    """Raise SequenceError for a shape that the input can't read."""
    rank = len(info.shape)
    if len(shape) not in (rank, rank + 1):
        raise SequenceError(
            f"{reader} reads {wanted(info)}; this has shape {shape}"
        )

    if 0 in shape:
        raise SequenceError(f"the sequence is empty: it has shape {shape}")

    without_batch = shape[len(shape) - rank :]
    for axis, (size, found) in enumerate(
        zip(info.shape, without_batch, strict=True)
    ):
        if size is None or size == found:
            continue

        if info.fixed or not is_length(info, axis):
            raise SequenceError(
                f"{reader} reads {_mismatch(info, axis, size, found)}"
            )


def _from_row(
    array: NDArray[Any],
    info: InputInfo,
    reader: str,
) -> NDArray[Any]:
    """Return a single row of numbers in the input's shape."""
    if array.ndim != 1:
        return array
    if len(info.shape) == 0 and array.size == 1:
        return array.reshape(())
    if len(info.shape) != 2:
        return array

    features = info.shape[1]
    if features in (1, None):
        return array[:, None]  # (timesteps, 1)

    if len(array) != features:
        mismatch = _mismatch(info, 1, features or 0, len(array))
        raise SequenceError(f"{reader} reads {mismatch}")

    return array[None, :]  # (1, features)


def _padded(array: NDArray[Any], info: InputInfo, values: bool) -> NDArray[Any]:
    """Return the ids of a text, padded to the length that the model's text
    layer gives to every text.
    """
    if info.text is None or info.text.length is None:
        return array
    if not 0 < array.ndim < 3 or 0 in array.shape:
        return array

    *batch, length = array.shape
    missing = info.text.length - length
    if missing <= 0:
        return array

    shape = (*batch, info.text.length)
    if not values:
        zero = np.zeros((), array.dtype)
        return np.broadcast_to(zero, shape)

    padded = roomy(shape, array.dtype)
    padded[..., :length] = array

    return padded


def _as_values(array: NDArray[Any]) -> NDArray[Any]:
    if array.dtype in (np.float32, np.float64):
        return array

    return converted(array, np.float32)


def _as_tokens(
    array: NDArray[Any],
    info: InputInfo,
    reader: str,
) -> NDArray[Any]:
    """Return ids as whole numbers, each checked.

    In pieces: there may be any number of them, and each check makes temporary
    arrays.
    """
    ids = roomy(array.shape, np.int32)
    flat = ids.reshape(-1)
    pieces: Iterable[Any] = np.nditer(
        array,
        ["external_loop", "buffered"],
        order="C",
        buffersize=IDS_AT_ONCE,
    )

    start = 0
    for piece in pieces:
        stop = start + len(piece)
        flat[start:stop] = _checked_ids(piece, info, reader)
        start = stop
        release(ids, array)

    return ids


def _checked_ids(
    ids: NDArray[Any],
    info: InputInfo,
    reader: str,
) -> NDArray[Any]:
    """Return ids as whole numbers; raise SequenceError for the first that the
    input can't read.
    """
    if ids.dtype.kind in "iub":
        whole = ids
    else:
        with np.errstate(invalid="ignore"):
            whole = np.rint(ids)

    is_fraction = ids != whole
    if is_fraction.any():
        fraction = ids[is_fraction][0]
        raise SequenceError(
            f"{reader} reads token ids, whole numbers from 0; {fraction:g} is "
            "none"
        )

    low = whole.min().item()
    high = whole.max().item()
    largest = (info.tokens or 0) - 1
    if not info.any_id and (low < 0 or high > largest):
        outside = low if low < 0 else high
        raise SequenceError(
            f"{reader} knows the token ids 0 to {largest}; {outside:g} is "
            "none of them"
        )

    if low < -LARGEST_ID or high > LARGEST_ID:
        outside = low if low < -LARGEST_ID else high
        raise SequenceError(
            f"{reader} reads token ids, whole numbers of 32 bits; {outside:g} "
            "is none"
        )

    return whole


def is_length(info: InputInfo, axis: int) -> bool:
    """Whether an axis is a length (time, rows, columns, tokens) and not the
    features.
    """
    return info.tokens is not None or axis < len(info.shape) - 1


def wanted(info: InputInfo) -> str:
    """Return in words the input's shape: `(timesteps, 2 features)`."""
    if not info.shape:
        return "one value"

    length, *rest = info.shape
    if not info.has_time:
        return f"{length} values"

    if info.text is not None:
        if length is None:
            return "text, or token ids"

        return f"text, or {counted(length, 'token id')}"

    if length is None:
        first = "timesteps"
    else:
        first = counted(length, "timestep")

    if not rest:
        if info.tokens is not None:
            return f"({first}) of token ids"

        return f"({first})"

    sizes = ["any" if size is None else str(size) for size in rest]
    if len(sizes) > 1:
        return f"({first}, {', '.join(sizes)})"
    if sizes == ["1"]:
        return f"({first}, 1 feature)"

    return f"({first}, {sizes[0]} features)"


def _mismatch(info: InputInfo, axis: int, size: int, found: int) -> str:
    """Return in words the size that an axis must have, and the one it has."""
    if not info.has_time:
        return f"{counted(size, 'value')}; the row has {found}"
    if axis == 0:
        return f"{counted(size, 'timestep')}; the sequence has {found}"
    if axis == 1 and len(info.shape) == 2:
        return f"{counted(size, 'feature')} a timestep; row 1 has {found}"

    return (
        f"{wanted(info)}; axis {axis + 1} of this has {found} instead of {size}"
    )


def describe(array: NDArray[Any], info: InputInfo, batched: bool) -> str:
    """Return one line that says how a sequence was understood:
    `3 timesteps × 1 feature: 0.1 0.2 0.3`.
    """
    if array.size <= FIRST_VALUES:
        corner = array
    else:
        corner = array[_first(array)]

    first = np.asarray(corner).reshape(-1)[:FIRST_VALUES]
    shape = describe_shape(array.shape, info, batched)

    return f"{shape}: {shown_values(first, array.size, info)}"


def describe_shape(shape: Sequence[int], info: InputInfo, batched: bool) -> str:
    """Return a shape in words: `3 timesteps × 1 feature`."""
    sizes = list(shape)
    parts = []
    if batched:
        parts.append(counted(sizes.pop(0), "sequence"))

    if info.has_time:
        parts.append(counted(sizes.pop(0), "timestep"))
        if info.tokens is not None and not sizes:
            parts.append("token ids")

    if len(sizes) == 1 and info.has_time:
        parts.append(counted(sizes[0], "feature"))
    elif len(sizes) == 1:
        parts.append(counted(sizes[0], "value"))
    elif sizes:
        parts.append("×".join(map(str, sizes)))

    return " × ".join(parts) or "1 value"


def shown_values(first: NDArray[Any], size: int, info: InputInfo) -> str:
    """Return the first values as text, with … where `size` says that there are
    more.
    """
    if info.tokens is None:
        form = ".4g"
    else:
        form = ".10g"  # an id is written out

    values = " ".join(
        format(value, form) for value in first[:FIRST_VALUES].tolist()
    )
    if size > FIRST_VALUES:
        return values + " …"

    return values


def _first(array: NDArray[Any]) -> tuple[slice, ...]:
    """Return the corner of a large array that holds its first values, so that a
    memory-mapped one isn't read whole.
    """
    corner: list[slice] = []
    needed = FIRST_VALUES
    for size in reversed(array.shape):
        taken = min(size, max(1, needed))
        corner.insert(0, slice(0, taken))
        if needed > 1:
            needed = -(-needed // max(1, size))
        else:
            needed = 1

    return tuple(corner)
