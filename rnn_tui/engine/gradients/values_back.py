"""Operations that work value by value, backwards.

Each takes the values that it read, and the cotangent of those it returned.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from rnn_tui.engine.core import activation_functions as f
from rnn_tui.engine.core import lazy_numpy as np
from rnn_tui.engine.core.activation_derivatives import pulled_back
from rnn_tui.engine.core.activations import Activation

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Values = NDArray[Any]

LN_2, LN_10 = math.log(2), math.log(10)
DEGREE = math.pi / 180
BELL = 2 / math.sqrt(math.pi)
"""The slope of erf at 0."""

OneValue = Callable[["Values", "Values", "Values"], "Values"]
ONE: Mapping[str, OneValue] = {
    "negative": lambda x, y, bar: -bar,
    "square": lambda x, y, bar: 2 * x * bar,
    "absolute": lambda x, y, bar: np.sign(x) * bar,
    "reciprocal": lambda x, y, bar: -bar * y * y,
    "reciprocal_no_nan": lambda x, y, bar: -bar * y * y,
    "exp": lambda x, y, bar: bar * y,
    "exp2": lambda x, y, bar: bar * y * LN_2,
    "expm1": lambda x, y, bar: bar * (y + 1),
    "log": lambda x, y, bar: bar / x,
    "log1p": lambda x, y, bar: bar / (1 + x),
    "log2": lambda x, y, bar: bar / (x * LN_2),
    "log10": lambda x, y, bar: bar / (x * LN_10),
    "sqrt": lambda x, y, bar: bar / (2 * y),
    "rsqrt": lambda x, y, bar: -bar * y * y * y / 2,
    "cbrt": lambda x, y, bar: bar / (3 * y * y),
    "sin": lambda x, y, bar: bar * np.cos(x),
    "cos": lambda x, y, bar: -bar * np.sin(x),
    "tan": lambda x, y, bar: bar * (1 + y * y),
    "arcsin": lambda x, y, bar: bar / np.sqrt(1 - x * x),
    "arccos": lambda x, y, bar: -bar / np.sqrt(1 - x * x),
    "arctan": lambda x, y, bar: bar / (1 + x * x),
    "sinh": lambda x, y, bar: bar * np.cosh(x),
    "cosh": lambda x, y, bar: bar * np.sinh(x),
    "arcsinh": lambda x, y, bar: bar / np.sqrt(x * x + 1),
    "arccosh": lambda x, y, bar: bar / np.sqrt(x * x - 1),
    "arctanh": lambda x, y, bar: bar / (1 - x * x),
    "deg2rad": lambda x, y, bar: bar * DEGREE,
    "rad2deg": lambda x, y, bar: bar / DEGREE,
    "erf": lambda x, y, bar: bar * BELL * np.exp(-x * x),
    "erfc": lambda x, y, bar: -bar * BELL * np.exp(-x * x),
    "nan_to_num": lambda x, y, bar: bar * np.isfinite(x),
    "sinc": lambda x, y, bar: bar * _slope_of_sinc(x, y),
}
"""Functions of one value, by the cotangent of x for x, y and that of y."""

TwoValues = Callable[["Values", "Values", "Values"], "tuple[Values, Values]"]
TWO: Mapping[str, TwoValues] = {
    "add": lambda a, b, bar: (bar, bar),
    "bias_add": lambda a, b, bar: (bar, bar),
    "subtract": lambda a, b, bar: (bar, -bar),
    "multiply": lambda a, b, bar: (bar * b, bar * a),
    "multiply_no_nan": lambda a, b, bar: (bar * b, bar * a * (b != 0)),
    "true_divide": lambda a, b, bar: (bar / b, -bar * a / (b * b)),
    "divide_no_nan": lambda a, b, bar: _divided_back(a, b, bar),
    "squared_difference": lambda a, b, bar: (
        2 * (a - b) * bar,
        2 * (b - a) * bar,
    ),
    "power": lambda a, b, bar: _raised_back(a, b, bar),
    "xlogy": lambda a, b, bar: _times_logarithm_back(a, b, bar),
    "mod": lambda a, b, bar: (bar, -bar * np.floor(a / b)),
    "fmod": lambda a, b, bar: (bar, -bar * np.trunc(a / b)),
    "maximum": lambda a, b, bar: (bar * (a >= b), bar * (a < b)),
    "minimum": lambda a, b, bar: (bar * (a <= b), bar * (a > b)),
    "fmax": lambda a, b, bar: (bar * (a >= b), bar * (a < b)),
    "fmin": lambda a, b, bar: (bar * (a <= b), bar * (a > b)),
    "hypot": lambda a, b, bar: (
        bar * a / np.hypot(a, b),
        bar * b / np.hypot(a, b),
    ),
    "arctan2": lambda a, b, bar: (
        bar * b / (a * a + b * b),
        -bar * a / (a * a + b * b),
    ),
    "logaddexp": lambda a, b, bar: (
        bar * f.sigmoid(a - b),
        bar * f.sigmoid(b - a),
    ),
    "logaddexp2": lambda a, b, bar: (
        bar * f.sigmoid((a - b) * LN_2),
        bar * f.sigmoid((b - a) * LN_2),
    ),
}
"""Functions of two values, by the cotangents of both."""


def _slope_of_sinc(x: Values, y: Values) -> Values:
    """Return (cos πx − sin πx / πx) / x, 0 at zero."""
    safe = np.where(x == 0, 1, x)
    slope: Values = np.where(x == 0, 0, np.cos(math.pi * x) - y) / safe

    return slope


def _times_logarithm_back(
    a: Values,
    b: Values,
    bar: Values,
) -> tuple[Values, Values]:
    """Return the cotangents of a·ln b; both are 0 where a is, as in
    TensorFlow.
    """
    safe = np.where(a == 0, 1, b)
    some = np.where(a == 0, 0, bar)

    return some * np.log(safe), some * a / safe


def _divided_back(
    a: Values,
    b: Values,
    bar: Values,
) -> tuple[Values, Values]:
    """Return the cotangents of a / b, which is 0 where b is."""
    safe = np.where(b == 0, 1, b)
    some = np.where(b == 0, 0, bar)

    return some / safe, -some * a / (safe * safe)


def _raised_back(
    a: Values,
    b: Values,
    bar: Values,
) -> tuple[Values, Values]:
    """Return the cotangents of a to the power b; the exponent has none where
    the base has no logarithm.
    """
    positive = np.where(a > 0, a, 1)

    return bar * b * a ** (b - 1), bar * a**b * np.log(positive)


ACTIVATIONS = {
    "keras_gelu": "gelu",
    **{
        name: name
        for name in (
            "tanh",
            "sigmoid",
            "relu",
            "relu6",
            "selu",
            "silu",
            "softplus",
            "softsign",
            "leaky_relu",
            "elu",
            "celu",
            "gelu",
            "hard_sigmoid_2",
            "hard_sigmoid_3",
            "hard_silu",
            "hard_tanh",
            "hard_shrink",
            "soft_shrink",
            "log_sigmoid",
            "mish",
            "sparse_plus",
            "sparse_sigmoid",
            "squareplus",
            "tanh_shrink",
            "threshold",
        )
    },
}
"""Operations that are an activation, and the function that it is."""
PRESET: Mapping[str, Mapping[str, Any]] = {"keras_gelu": {"approximate": True}}
"""Parameters that an operation has where its call names none."""


def activation_back(
    name: str,
    params: Mapping[str, Any],
    x: Values,
    y: Values,
    bar: Values,
) -> Values:
    """Return the cotangent of x for that of an activation of it."""
    given = {**PRESET.get(name, {}), **params}
    function = getattr(f, ACTIVATIONS[name])
    activation = Activation(name, partial(function, **given))

    return pulled_back(activation, x, y, bar)
