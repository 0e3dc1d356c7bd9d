"""An array beside the shape a model reads: does it fit, and in words, what is it?"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from rnn_tui.engine.memory.large_arrays import converted, release, roomy
from rnn_tui.errors import SequenceError

if TYPE_CHECKING:
    from rnn_tui.engine.model import InputInfo

FIRST_VALUES = 6
"""How many values the description shows."""

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
    """Return `array` as the input reads it, with a batch axis where it had one; raise
    SequenceError if it doesn't fit.

    A single row of numbers is one feature's timesteps, or one timestep of several
    features. Without `values` only the shape is looked at, and what is returned has the
    right one.
    """
    if array.dtype.kind not in "fiub":
        raise SequenceError(f"a sequence holds numbers; this is {array.dtype}")

    array = _padded(_from_row(array, info, reader), info, values)
    if array.ndim not in (len(info.shape), len(info.shape) + 1):
        raise SequenceError(
            f"{reader} reads {wanted(info)}; this has shape {array.shape}"
        )

    own = array.shape[array.ndim - len(info.shape) :]
    if 0 in array.shape:
        raise SequenceError(f"the sequence is empty: it has shape {array.shape}")

    for axis, (size, found) in enumerate(zip(info.shape, own, strict=True)):
        if (
            size is not None
            and size != found
            and (info.fixed or not is_length(info, axis))
        ):
            raise SequenceError(f"{reader} reads {_mismatch(info, axis, size, found)}")

    if not values:
        return array
    if info.tokens is not None:
        return _as_tokens(array, info, reader)

    return _as_values(array)


def _from_row(array: NDArray[Any], info: InputInfo, reader: str) -> NDArray[Any]:
    if array.ndim != 1:
        return array
    if len(info.shape) == 0 and array.size == 1:
        return array.reshape(())

    if len(info.shape) == 2:
        features = info.shape[1]
        if features in (1, None):
            return array[:, None]
        if len(array) != features:
            raise SequenceError(
                f"{reader} reads {_mismatch(info, 1, features or 0, len(array))}"
            )

        return array[None, :]

    return array


def _padded(array: NDArray[Any], info: InputInfo, values: bool) -> NDArray[Any]:
    """Return ids that stand for a text as long as the layer that reads it makes every
    text.
    """
    length = None if info.text is None else info.text.length
    if length is None or not 0 < array.ndim < 3:
        missing = 0
    else:
        missing = length - array.shape[-1]

    if missing <= 0 or 0 in array.shape:
        return array

    shape = (*array.shape[:-1], array.shape[-1] + missing)
    if not values:
        return np.broadcast_to(np.zeros((), array.dtype), shape)

    padded = roomy(shape, array.dtype)
    padded[..., :-missing] = array

    return padded


def _as_values(array: NDArray[Any]) -> NDArray[Any]:
    if array.dtype in (np.float32, np.float64):
        return array

    return converted(array, np.float32)


def _as_tokens(array: NDArray[Any], info: InputInfo, reader: str) -> NDArray[Any]:
    """Return ids as whole numbers, each checked; a piece at a time, for there may be
    any number of them.
    """
    ids = roomy(array.shape, np.int32)
    flat = ids.reshape(-1)
    pieces: Iterable[Any] = np.nditer(
        array, ["external_loop", "buffered"], order="C", buffersize=IDS_AT_ONCE
    )
    done = 0
    for piece in pieces:
        flat[done : done + len(piece)] = _checked_ids(piece, info, reader)
        done += len(piece)
        release(ids, array)

    return ids


def _checked_ids(ids: NDArray[Any], info: InputInfo, reader: str) -> NDArray[Any]:
    with np.errstate(invalid="ignore"):
        if ids.dtype.kind in "iub":
            whole = ids
        else:
            whole = np.rint(ids)

    fractions = ids != whole
    if fractions.any():
        odd = ids[fractions][0]
        raise SequenceError(
            f"{reader} reads token ids, whole numbers from 0; {odd:g} is none"
        )

    low = whole.min().item()
    high = whole.max().item()
    if not info.any_id and (low < 0 or high >= (info.tokens or 0)):
        odd = low if low < 0 else high
        raise SequenceError(
            f"{reader} knows the token ids 0 to {(info.tokens or 0) - 1}; {odd:g} is "
            "none of them"
        )

    if low < -LARGEST_ID or high > LARGEST_ID:
        odd = low if low < -LARGEST_ID else high
        raise SequenceError(
            f"{reader} reads token ids, whole numbers of 32 bits; {odd:g} is none"
        )

    return whole


def has_time(info: InputInfo) -> bool:
    """Whether the input's first axis is time; a plain vector of features has none."""
    return len(info.shape) > 1 or (
        len(info.shape) == 1 and (info.tokens is not None or info.shape[0] is None)
    )


def is_length(info: InputInfo, axis: int) -> bool:
    """Whether an axis is a length (time, rows, columns, tokens) and not the
    features.
    """
    return info.tokens is not None or axis < len(info.shape) - 1


def wanted(info: InputInfo) -> str:
    """Return in words what the input reads: `(timesteps, 2 features)`."""
    if not has_time(info):
        if info.shape:
            return f"{info.shape[0]} values"

        return "one value"

    if info.text is not None:
        if info.shape[0] is None:
            return "text, or token ids"

        return f"text, or {count(info.shape[0], 'token id')}"

    if info.shape[0] is None:
        first = "timesteps"
    else:
        first = count(info.shape[0], "timestep")

    if len(info.shape) == 1:
        if info.tokens is not None:
            return f"({first}) of token ids"

        return f"({first})"

    rest = ["any" if size is None else str(size) for size in info.shape[1:]]
    if len(rest) == 1:
        return f"({first}, {rest[0]} feature{'' if rest[0] == '1' else 's'})"

    return f"({first}, {', '.join(rest)})"


def _mismatch(info: InputInfo, axis: int, size: int, found: int) -> str:
    if axis == 0 and has_time(info):
        return f"{count(size, 'timestep')}; the sequence has {found}"
    if axis == 1 and len(info.shape) == 2:
        return f"{count(size, 'feature')} a timestep; row 1 has {found}"
    if not has_time(info):
        return f"{count(size, 'value')}; the row has {found}"

    return f"{wanted(info)}; axis {axis + 1} of this has {found} instead of {size}"


def describe(array: NDArray[Any], info: InputInfo, batched: bool) -> str:
    """Return one line that says how a sequence was understood:
    `3 timesteps × 1 feature: 0.1 0.2 0.3`.
    """
    if array.size <= FIRST_VALUES:
        flat = array.reshape(-1)[: FIRST_VALUES + 1]
    else:
        flat = array[_first(array)]

    first = np.asarray(flat).reshape(-1)[:FIRST_VALUES]

    return (
        f"{describe_shape(array.shape, info, batched)}: "
        f"{shown_values(first, array.size, info)}"
    )


def describe_shape(shape: Sequence[int], info: InputInfo, batched: bool) -> str:
    """Return a shape in words: `3 timesteps × 1 feature`."""
    sizes = list(shape[1:] if batched else shape)
    if batched:
        parts = [count(shape[0], "sequence")]
    else:
        parts = []

    if has_time(info):
        parts.append(count(sizes.pop(0), "timestep"))
        if info.tokens is not None and not sizes:
            parts.append("token ids")

    if len(sizes) == 1:
        parts.append(count(sizes[0], "feature" if has_time(info) else "value"))
    elif sizes:
        parts.append("×".join(map(str, sizes)))

    return " × ".join(parts) or "1 value"


def shown_values(first: NDArray[Any], size: int, info: InputInfo) -> str:
    """Return the first values of so many as text."""
    form = ".4g" if info.tokens is None else ".10g"  # an id is written out
    values = " ".join(format(value, form) for value in first[:FIRST_VALUES].tolist())
    if size > FIRST_VALUES:
        return values + " …"

    return values


def _first(array: NDArray[Any]) -> tuple[slice, ...]:
    """Return the corner of a large array that holds its first values, so that a
    memory-mapped one isn't read whole.
    """
    corner: list[slice] = []
    room = FIRST_VALUES
    for size in reversed(array.shape):
        corner.insert(0, slice(0, min(size, max(1, room))))
        if room > 1:
            room = -(-room // max(1, size))
        else:
            room = 1

    return tuple(corner)


def count(number: int, word: str) -> str:
    """Return `1 timestep`, `2 timesteps`, `10,000 timesteps`."""
    if number == 1:
        return f"{number:,} {word}"

    return f"{number:,} {word}s"
