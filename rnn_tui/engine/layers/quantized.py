"""The arithmetic of quantized layers: whole numbers and scales (keras 3.15,
dense.py, embedding.py, quantizers.py).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rnn_tui.engine.core import lazy_numpy as np
from rnn_tui.errors import MisfitError

if TYPE_CHECKING:
    from numpy.typing import NDArray

LARGEST = 127
"""The int8 value of the largest input."""
LARGEST_FLOAT8 = 448.0
"""The largest float8 of four exponent and three fraction bits (e4m3fn)."""
FRACTION_BITS = 3
LEAST_EXPONENT = -6
"""Of float8: below 2 to this power, numbers have the same distance."""


def product(
    x: NDArray[Any],
    kernel: NDArray[Any],
    scale: NDArray[Any],
    epsilon: float | None,
) -> NDArray[Any]:
    """Return x·W of `(…, features)` and whole numbers `(features, units)` that
    `scale` `(units,)` divides.

    With an `epsilon` each row of `x` is brought to whole numbers, too, by its
    largest value; None leaves it as it is.
    """
    if epsilon is None:
        return np.asarray((x @ kernel) / scale)

    largest = np.max(np.abs(x), axis=-1, keepdims=True)  # (…, 1)
    divisor = largest + x.dtype.type(epsilon)
    own = (LARGEST / divisor).astype(x.dtype)
    nearest = np.rint(x * own)
    whole = np.clip(nearest, -LARGEST, LARGEST)

    # Keras adds up int32; float64 holds every such sum exactly, and BLAS
    # multiplies it.
    left = whole.astype(np.float64)
    right = kernel.astype(np.float64)
    exact = left @ right
    summed = exact.astype(x.dtype)

    return np.asarray(summed / (scale * own))


def unpacked(packed: NDArray[Any], length: int, axis: int) -> NDArray[Any]:
    """Return the int4 values of bytes that hold two each along `axis`, the
    lower half first; `length` are counted.
    """
    signed = packed.astype(np.int8)
    whole = np.moveaxis(signed, axis, 0)
    low = (whole << 4) >> 4  # the sign is kept
    high = whole >> 4
    pairs = np.stack([low, high], axis=1)  # (bytes, 2, …)

    count = 2 * len(whole)
    others = whole.shape[1:]
    values = pairs.reshape(count, *others)[:length]
    turned = np.moveaxis(values, 0, axis)

    return turned.astype(packed.dtype)


def unpacked_kernel(
    packed: NDArray[Any],
    features: int,
    units: int,
) -> NDArray[Any]:
    """Return the int4 kernel `(features, units)` of a Dense; its bytes hold
    pairs of units, or of features before 3.14.

    Where both would fit there is one feature and one unit, and both are the
    same.
    """
    if packed.shape == (features, (units + 1) // 2):
        return unpacked(packed, units, 1)
    if packed.shape == ((features + 1) // 2, units):
        return unpacked(packed, features, 0)

    raise MisfitError(
        f"its int4 kernel {packed.shape} isn't one of {features} features and "
        f"{units} units"
    )


def by_group(
    values: NDArray[Any],
    scale: NDArray[Any],
    zero: NDArray[Any],
    groups: NDArray[Any],
    axis: int,
) -> NDArray[Any]:
    """Return (values − zero)·scale, each place along `axis` by the scale and
    the zero point of its group.
    """
    chosen = groups.astype(np.int64)
    count = scale.shape[axis]
    last = chosen.max()
    if chosen.min() < 0 or last >= count:
        raise MisfitError(f"g_idx names groups up to {last}, there are {count}")

    own_scale = np.take(scale, chosen, axis=axis)
    own_zero = np.take(zero, chosen, axis=axis)

    return np.asarray((values - own_zero) * own_scale)


def in_float8(x: NDArray[Any], scale: NDArray[Any]) -> NDArray[Any]:
    """Return `x` as float8 (e4m3fn) holds x/scale, times the scale; half-way
    values go to the even neighbour.
    """
    near = np.clip(x / scale, -LARGEST_FLOAT8, LARGEST_FLOAT8)
    _, exponent = np.frexp(near)  # |near| = m·2^exponent with 0.5 ≤ m < 1
    leading = np.maximum(exponent - 1, LEAST_EXPONENT)
    power = leading - FRACTION_BITS

    # multiples of 2^power, the nearest
    multiples = np.ldexp(near, -power)
    steps = np.rint(multiples)
    rounded = np.ldexp(steps, power)
    values = np.asarray(rounded * scale)

    return values.astype(x.dtype)


def in_bfloat16(x: NDArray[Any]) -> NDArray[Any]:
    """Return `x` as bfloat16 holds it; half-way values go to the even
    neighbour.
    """
    single = np.ascontiguousarray(x, dtype=np.float32)
    bits = single.view(np.uint32)
    odd = (bits >> 16) & 1  # the last bit that is kept
    rounded = bits + 0x7FFF + odd
    kept = (rounded & 0xFFFF0000).astype(np.uint32)
    values = np.asarray(kept.view(np.float32))

    return values.astype(x.dtype)
