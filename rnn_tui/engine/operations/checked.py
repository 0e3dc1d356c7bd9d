"""The arguments that a file gives an operation, checked before NumPy sees
it: numbers, axes, shapes, lists of them.

Everything here raises MisfitError that says which argument has which value.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rnn_tui.engine.core import lazy_numpy as np
from rnn_tui.errors import MisfitError
from rnn_tui.text import clean

if TYPE_CHECKING:
    from numpy.typing import NDArray

LARGEST = 1 << 31
"""No count, axis or side is larger."""
HIGHEST = 1 << 62
"""No whole number is larger, where a fraction is allowed as well."""
MOST_AXES = 32
"""The axes an array may have in NumPy 1."""
MOST_LISTED = 1 << 20
"""Numbers of a parameter that is a tensor in place of a list: a shape,
repeats, indices to split at.
"""


def refused(name: str, value: Any, expected: str) -> MisfitError:
    """Return the error for an argument that is something else than the
    operation reads.
    """
    return MisfitError(f"its {name} is {clean(value, 40)}, not {expected}")


def plain(value: Any) -> Any:
    """Return a parameter as Python's numbers and lists, also where the file
    computes it (tf.shape(x)[1]).
    """
    if isinstance(value, np.ndarray):
        if value.size > MOST_LISTED:
            raise MisfitError(
                f"a tensor of {value.size:,} values is no parameter of an "
                "operation"
            )

        return value.tolist()

    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, (list, tuple)):
        return [plain(part) for part in value]
    if isinstance(value, Mapping):
        return {key: plain(part) for key, part in value.items()}

    return value


def number(value: Any, name: str) -> float | int:
    """Return a number."""
    if isinstance(value, float):
        return value
    if (
        isinstance(value, int)
        and not isinstance(value, bool)
        and abs(value) <= HIGHEST
    ):
        return value

    raise refused(name, value, "a number")


def whole(
    value: Any,
    name: str,
    least: int = -LARGEST,
    most: int = LARGEST,
) -> int:
    """Return a whole number within two bounds; a file may have 3.0 for 3."""
    integral = isinstance(value, int) or (
        isinstance(value, float) and value.is_integer()
    )
    if integral and not isinstance(value, bool) and least <= value <= most:
        return int(value)
    if least == 0:
        raise refused(name, value, "a whole number from 0 on")

    raise refused(name, value, "a whole number")


def flag(value: Any, name: str) -> bool:
    """Return True or False."""
    if isinstance(value, bool) or value in (0, 1):
        return bool(value)

    raise refused(name, value, "true or false")


def word(value: Any, name: str, words: Sequence[str]) -> str:
    """Return one of some words, in lower case."""
    if isinstance(value, str) and value.lower() in words:
        return value.lower()

    raise refused(name, value, " or ".join(words))


def wholes(value: Any, name: str, least: int = -LARGEST) -> list[int]:
    """Return a list of whole numbers."""
    if isinstance(value, list):
        return [whole(part, name, least) for part in value]

    raise refused(name, value, "a list of whole numbers")


def axis_of(value: Any, rank: int, name: str = "axis") -> int:
    """Return an axis counted from 0 of an array of so many."""
    axis = whole(value, name)
    if not -rank <= axis < rank:
        raise MisfitError(f"there is no {name} {axis} in an array of {rank}")

    return axis % rank


def axes_of(value: Any, rank: int, name: str = "axis") -> tuple[int, ...]:
    """Return axes counted from 0, each once; all of them where the file names
    none.
    """
    if value is None:
        return tuple(range(rank))

    if isinstance(value, list):
        listed = value
    else:
        listed = [value]

    axes = tuple(axis_of(part, rank, name) for part in listed)
    if len(set(axes)) < len(axes):
        raise refused(name, value, "a list of different axes")

    return axes


def sides_of(
    value: Any,
    name: str = "shape",
    least: int = 0,
) -> tuple[int, ...]:
    """Return the sides of a shape; with `least` -1, one that is open (None or
    -1) is -1.
    """
    if isinstance(value, list):
        listed = value
    else:
        listed = [value]

    if len(listed) > MOST_AXES:
        raise MisfitError(f"its {name} has {len(listed)} axes")

    return tuple(
        -1 if side is None and least < 0 else whole(side, name, least)
        for side in listed
    )


def _axes(value: Any, name: str) -> int | tuple[int, ...] | None:
    if value is None:
        return None
    if isinstance(value, list):
        return tuple(wholes(value, name))

    return whole(value, name)


def _nested_axes(value: Any, name: str) -> Any:
    """Return an axis, a list of axes, or a list of lists of them."""
    if isinstance(value, list):
        return [_nested_axes(part, name) for part in value]

    return whole(value, name)


def _sections(value: Any, name: str) -> int | list[int]:
    if isinstance(value, list):
        return wholes(value, name)

    return whole(value, name)


def _optional(check: Callable[[Any, str], Any]) -> Callable[[Any, str], Any]:
    return lambda value, name: None if value is None else check(value, name)


def _as_it_is(value: Any, name: str) -> Any:
    return value


CHECKS: Mapping[str, Callable[[Any, str], Any]] = {
    **dict.fromkeys(
        ("axis", "source", "destination", "shift", "repeats"),
        _axes,
    ),
    "axes": _nested_axes,
    **dict.fromkeys(
        (
            "axis1",
            "axis2",
            "offset",
            "k",
            "axisa",
            "axisb",
            "axisc",
            "decimals",
            "n",
        ),
        whole,
    ),
    **dict.fromkeys(
        (
            "keepdims",
            "endpoint",
            "increasing",
            "invert",
            "equal_nan",
            "exclusive",
            "reverse",
        ),
        flag,
    ),
    **dict.fromkeys(
        (
            "approximate",
            "rms_scaling",
            "transpose_a",
            "transpose_b",
            "right",
            "sorted",
            "masked",
        ),
        flag,
    ),
    **dict.fromkeys(
        (
            "threshold",
            "default_value",
            "alpha",
            "negative_slope",
            "b",
            "epsilon",
            "dx",
            "base",
        ),
        number,
    ),
    **dict.fromkeys(
        ("on_value", "off_value", "nan", "rtol", "atol", "default"),
        number,
    ),
    **dict.fromkeys(
        ("initial", "posinf", "neginf", "x_min", "x_max"),
        _optional(number),
    ),
    **dict.fromkeys(
        ("num", "num_segments", "N"),
        _optional(lambda value, name: whole(value, name, 0)),
    ),
    **dict.fromkeys(
        (
            "minlength",
            "batch_dims",
            "num_classes",
            "sequence_length",
            "sequence_stride",
        ),
        lambda value, name: whole(value, name, 0),
    ),
    **dict.fromkeys(("indices_or_sections", "sections"), _sections),
    "method": lambda value, name: word(
        value,
        name,
        ("linear", "lower", "higher", "nearest", "midpoint"),
    ),
    "side": lambda value, name: word(value, name, ("left", "right")),
    "direction": lambda value, name: word(
        value,
        name,
        ("ascending", "descending"),
    ),
    "indexing": lambda value, name: word(value, name, ("xy", "ij")),
}
"""The test of each parameter, by our name for it; others are checked by the
function that reads them.
"""
NULL_IS_SAID = "axis"
"""The parameter for which null isn't the same as leaving it out."""


def parameter(ours: str, theirs: str, value: Any) -> Any:
    """Return a parameter's value, checked."""
    return CHECKS.get(ours, _as_it_is)(plain(value), theirs)


def calls(function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """Call a function of NumPy with arrays of numbers and checked parameters;
    return its result.

    The one place where NumPy's own refusal becomes a MisfitError: which shapes,
    axes and indices go together it knows best, for some two hundred functions.
    Only NumPy's own functions are called here.
    """
    try:
        return function(*args, **kwargs)
    except (ValueError, TypeError, IndexError, OverflowError) as error:
        raise MisfitError(clean(error)) from error


def real(x: NDArray[Any]) -> NDArray[Any]:
    """Return an array of fractions: whole numbers become them."""
    if x.dtype.kind == "f":
        return x

    return x.astype(np.float64)
