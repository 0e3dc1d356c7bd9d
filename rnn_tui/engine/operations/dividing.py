"""Arithmetic where TensorFlow's differs from NumPy's: division, remainders and
powers, of whole numbers too.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Any, TypeAlias

from rnn_tui.engine.core import lazy_numpy as np
from rnn_tui.engine.operations.checked import calls, whole
from rnn_tui.errors import MisfitError

if TYPE_CHECKING:
    from numpy.typing import NDArray

Values: TypeAlias = "NDArray[Any]"
STRETCH = 1 << 16
"""Values that are Python's numbers at a time."""


def _divisor(x2: Values) -> Values:
    """Return a divisor; MisfitError for whole numbers with a zero among them,
    which TensorFlow refuses.
    """
    if x2.dtype.kind in "iu" and np.any(x2 == 0):
        raise MisfitError(
            "it divides whole numbers by zero, which Keras refuses"
        )

    return x2


def floor_divide(x1: Values, x2: Values) -> Values:
    """Return the quotient rounded down."""
    if x1.dtype.kind == "f":
        quotient = calls(np.divide, x1, x2)
        return np.asarray(np.floor(quotient))

    divided: Values = calls(np.floor_divide, x1, _divisor(x2))

    return divided


def mod(x1: Values, x2: Values) -> Values:
    """Return the remainder, which has the divisor's sign."""
    rest: Values = calls(np.mod, x1, _divisor(x2))
    return rest


def fmod(x1: Values, x2: Values) -> Values:
    """Return the remainder with the dividend's sign."""
    rest: Values = calls(np.fmod, x1, _divisor(x2))
    return rest


def power(x1: Values, x2: Values) -> Values:
    """Return a power; of whole numbers a whole one."""
    if x1.dtype.kind in "iu" and np.any(x2 < 0):
        raise MisfitError(
            "it raises whole numbers to powers below zero, which Keras refuses"
        )

    raised: Values = calls(np.power, x1, x2)

    return raised


def divide_no_nan(x1: Values, x2: Values) -> Values:
    """Return the quotient, zero where the divisor is zero."""
    x1, x2 = calls(np.broadcast_arrays, x1, x2)
    is_zero = x2 == 0
    zero = x2.dtype.type(0)
    one = x2.dtype.type(1)
    safe = np.where(is_zero, one, x2)

    return np.where(is_zero, zero, x1 / safe)


def multiply_no_nan(x1: Values, x2: Values) -> Values:
    """Return the product, zero where the second factor is zero."""
    x1, x2 = calls(np.broadcast_arrays, x1, x2)
    zero = x2.dtype.type(0)

    return np.where(x2 == 0, zero, x1 * x2)


def xlogy(x1: Values, x2: Values) -> Values:
    """Return x·ln y, zero where x is zero."""
    x1, x2 = calls(np.broadcast_arrays, x1, x2)
    product = x1 * np.log(x2)
    zero = x1.dtype.type(0)

    return np.where(x1 == 0, zero, product)


def rounded(x: Values, decimals: Any = 0) -> Values:
    """Return values rounded to so many decimals, halves to the even
    neighbour.
    """
    places = whole(decimals, "decimals", -300, 300)
    is_fraction = x.dtype.kind == "f"
    is_whole = x.dtype.kind in "iu"
    if places == 0 and is_fraction:
        return np.asarray(np.round(x))
    if places == 0 or (is_whole and places > 0):
        return x

    kind = np.dtype(np.float32)
    if is_fraction:
        kind = x.dtype

    factor = kind.type(math.pow(10, places))
    scaled = x.astype(kind) * factor
    nearest = np.asarray(np.round(scaled) / factor)

    return nearest.astype(x.dtype)


def rsqrt(x: Values) -> Values:
    """Return 1 / √x."""
    return np.asarray(1 / np.sqrt(x))


def squared_difference(x1: Values, x2: Values) -> Values:
    """Return the square of a difference."""
    return np.asarray(np.square(calls(np.subtract, x1, x2)))


def sign(x: Values) -> Values:
    """Return -1, 0 or 1."""
    return np.asarray(np.sign(x))


def sinc(x: Values) -> Values:
    """Return sin(πx) / πx, 1 at zero."""
    is_zero = x == 0
    one = x.dtype.type(1)
    scaled = x * x.dtype.type(math.pi)
    safe = np.where(is_zero, one, scaled)
    quotient = np.sin(safe) / safe
    made: Values = np.where(is_zero, one, quotient)

    return made


def isclose(
    x1: Values,
    x2: Values,
    rtol: Any = 1e-5,
    atol: Any = 1e-8,
    equal_nan: bool = False,
) -> Values:
    """Return whether values are as near as the tolerances say; whole numbers
    are equal or not.
    """
    if x1.dtype.kind != "f":
        same: Values = calls(np.equal, x1, x2)
        return same

    apart = np.abs(calls(np.subtract, x1, x2))
    close = apart <= np.asarray(atol, x1.dtype) + np.asarray(
        rtol,
        x1.dtype,
    ) * np.abs(x2)
    if equal_nan:
        both_nan = np.isnan(x1) & np.isnan(x2)
        close = close | both_nan

    return np.asarray(close)


def isin(x1: Values, x2: Values, invert: bool = False) -> Values:
    """Return whether each value is among others."""
    return np.isin(x1, x2, invert=invert)


def heaviside(x1: Values, x2: Values) -> Values:
    """Return 0 below zero, 1 above, the second operand at zero."""
    step: Values = calls(np.heaviside, x1, x2)
    return step


@cache
def _of_one(name: str) -> Callable[[Values], Values]:
    made: Callable[[Values], Values] = np.frompyfunc(getattr(math, name), 1, 1)
    return made


def erfc(x: Values) -> Values:
    """Return 1 - erf(x), rounded from float64; a stretch at a time, for
    Python's numbers take ten times the room.
    """
    flat = np.ravel(x)
    out = np.empty_like(flat)
    for start in range(0, flat.size, STRETCH):
        out[start : start + STRETCH] = _of_one("erfc")(
            flat[start : start + STRETCH]
        )

    return out.reshape(x.shape)


def cast(x: Values) -> Values:
    """Return the operands: the call's dtype is given to the result."""
    return x


def all_equal(
    x1: Values,
    x2: Values,
    rtol: Any = 1e-5,
    atol: Any = 1e-8,
    equal_nan: bool = False,
) -> Values:
    """Return whether all values of two arrays are as near as the tolerances
    say.
    """
    close = isclose(x1, x2, rtol, atol, equal_nan)
    if x1.dtype.kind == "f":
        close = close & np.isfinite(x1) & np.isfinite(x2) | calls(
            np.equal,
            x1,
            x2,
        )

    return np.asarray(np.all(close))


def reciprocal_no_nan(x: Values) -> Values:
    """Return 1 / x, zero where x is zero."""
    return divide_no_nan(np.ones_like(x), x)


def cast_to_fractions(x: Values) -> Values:
    """Return the operands as fractions."""
    return x
