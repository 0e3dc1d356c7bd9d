"""Which dtype an operation computes in: the promotion of keras.ops, and none at
all in TensorFlow.

Every fraction is in the run's dtype, whatever the file's was. Whole numbers and
booleans keep theirs, because they overflow, divide and index differently. A
Python number among the arguments takes the dtype of the tensors beside it.
Source: keras/src/backend/common/dtypes.py.

How operands are converted is said by the roles in the table of operations:

    common   brought to one dtype
    real     brought to one dtype, whole numbers to fractions
    bits     brought to one dtype, of whole numbers or booleans
    sum      small whole numbers widened, as a sum of them needs it
    number   booleans as whole numbers
    whole    whole numbers, else refused
    truth    whether each value is anything but zero
    typed    the dtype that the call asks for
    (none)   as they are
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from rnn_tui.engine.core import lazy_numpy as np
from rnn_tui.engine.operations.checked import MOST_AXES, refused
from rnn_tui.errors import MisfitError
from rnn_tui.text import clean

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Kind: TypeAlias = np.dtype[Any]
    Values: TypeAlias = NDArray[Any]

WHOLE = (
    "int8",
    "int16",
    "int32",
    "int64",
    "uint8",
    "uint16",
    "uint32",
    "uint64",
)
REAL = ("float16", "bfloat16", "float32", "float64", "half", "float", "double")
NARROWED: Mapping[str, str] = {"uint64": "uint32"}
"""The dtypes Keras 3 computes in where operands of 64 bits meet others; int64
stays where TensorFlow computes.
"""
WIDENED: Mapping[str, str] = {
    "bool": "int32",
    "int8": "int32",
    "int16": "int32",
    "uint8": "uint32",
    "uint16": "uint32",
}
"""The dtypes in which Keras 3 adds up small whole numbers."""


def dtype_named(name: Any, run: Kind) -> Kind:
    """Return the dtype a file names; every fraction's is the run's."""
    if not isinstance(name, str):
        raise refused("dtype", name, "the name of one")
    if name in REAL:
        return run
    if name == "bool":
        return np.dtype(np.bool_)
    if name in WHOLE:
        return np.dtype(name)

    raise refused("dtype", name, "one of numbers that are reproduced")


def array_of(value: Any, run: Kind) -> Values:
    """Return an operand as an array: Python's whole numbers are int32, its
    fractions in the run's dtype.
    """
    if isinstance(value, np.ndarray):
        return value

    return _made(value, _weak(value), run)


def together(
    values: Sequence[Any],
    run: Kind,
    *,
    real: bool,
    widens: bool,
) -> list[Values]:
    """Return operands in one dtype, with `real` one of fractions; MisfitError
    for TensorFlow's where they differ.
    """
    arrays = [value for value in values if isinstance(value, np.ndarray)]
    weak = [
        _weak(value) for value in values if not isinstance(value, np.ndarray)
    ]
    kind = _common(arrays, weak, run, widens)
    if real and kind.kind != "f":
        kind = run

    return [_cast(value, kind, run) for value in values]


def _common(
    arrays: Sequence[Values],
    weak: Sequence[str],
    run: Kind,
    widens: bool,
) -> Kind:
    """Return the dtype that holds tensors and Python's numbers together."""
    if not arrays:
        strongest = next(
            (name for name in ("float", "int", "bool") if name in weak),
            "float",
        )
        return _default(strongest, run)

    if any(array.dtype.kind == "f" for array in arrays):
        return run

    kinds = {array.dtype for array in arrays}
    if "float" in weak:
        return run

    kind: Kind = np.result_type(*kinds)
    if kind.kind == "f":  # of int64 and uint64
        return run
    if kind.kind == "b" and "int" in weak:
        return np.dtype(np.int32)
    if widens and (len(kinds) > 1 or len(arrays) + len(weak) > 1):
        return np.dtype(NARROWED.get(kind.name, kind.name))

    return kind


def _default(strength: str, run: Kind) -> Kind:
    if strength == "float":
        return run
    if strength == "int":
        return np.dtype(np.int32)

    return np.dtype(np.bool_)


def _cast(value: Any, kind: Kind, run: Kind) -> Values:
    if isinstance(value, np.ndarray):
        return value.astype(kind, copy=False)

    return _made(value, _weak(value), run, kind)


def converted(value: Any, role: str, run: Kind, dtype: Kind | None) -> Values:
    """Return one operand converted by its role alone."""
    array = array_of(value, run)
    if role == "truth":
        return array.astype(np.bool_, copy=False)
    if role == "whole":
        return whole_numbers(array)
    if role == "sum":
        return array.astype(
            WIDENED.get(array.dtype.name, array.dtype),
            copy=False,
        )
    if role == "number" and array.dtype.kind == "b":
        return array.astype(np.int32)
    if role == "typed" and dtype is not None:
        return array.astype(dtype, copy=False)
    if role == "typed" and array.dtype.kind == "b":
        return array.astype(np.int32)

    return array


def whole_numbers(array: Values) -> Values:
    """Return an array of whole numbers; MisfitError when it holds a
    fraction.
    """
    if array.dtype.kind in "iu":
        return array
    if array.dtype.kind == "b":
        return array.astype(np.int32)
    if (
        not np.all(np.isfinite(array))
        or np.any(array != np.trunc(array))
        or np.any(np.abs(array) >= 2.0**62)
    ):
        raise MisfitError("it reads whole numbers, and is given fractions")

    return array.astype(np.int64)


def bits(array: Values) -> Values:
    """Return an array whose bits mean something: of whole numbers or
    booleans.
    """
    if array.dtype.kind == "b":
        return array

    return whole_numbers(array)


def _weak(value: Any) -> str:
    """Return the strongest kind of Python's numbers in nested lists: float,
    int, bool, or tensor; "" for none.
    """
    found = set(_kinds(value, 0))
    return next(
        (kind for kind in ("tensor", "float", "int", "bool") if kind in found),
        "",
    )


def _kinds(value: Any, depth: int) -> Iterator[str]:
    if isinstance(value, (list, tuple)):
        if depth > MOST_AXES:
            raise MisfitError("an operand is a list nested too deeply")

        for part in value:
            yield from _kinds(part, depth + 1)
    elif isinstance(value, np.ndarray):
        yield "tensor"
    elif isinstance(value, bool):
        yield "bool"
    elif isinstance(value, int):
        yield "int"
    elif isinstance(value, float):
        yield "float"
    else:
        raise refused("operand", value, "numbers")


def _made(value: Any, weak: str, run: Kind, kind: Kind | None = None) -> Values:
    """Return Python's numbers, or lists of tensors and numbers, as an array."""
    if weak == "tensor":
        return _packed(value, run, kind)

    shape = _shape(value)
    if kind is None or (kind.kind != "f" and weak == "float"):
        kind = _default(weak or "float", run)
        if weak == "int" and not _fits(value, kind):
            kind = np.dtype(np.int64)

    if kind.kind in "iu" and not _fits(value, kind):
        raise MisfitError(
            f"its operand {clean(value, 40)} is beyond {kind.name}"
        )

    flat = list(_leaves(value))
    if kind.kind == "f":
        flat = [_as_float(leaf) for leaf in flat]

    return np.array(flat, dtype=kind).reshape(shape)


def _as_float(leaf: Any) -> float:
    """Return a number as a fraction; one beyond the largest is infinite."""
    if isinstance(leaf, int) and abs(leaf) > 1 << 1000:
        if leaf > 0:
            return float("inf")

        return float("-inf")

    return float(leaf)


def _packed(value: Sequence[Any], run: Kind, kind: Kind | None) -> Values:
    """Return a list of tensors and numbers as one array, as TensorFlow packs
    it.
    """
    parts = together(
        [_listed(part, run, kind) for part in value],
        run,
        real=False,
        widens=False,
    )
    shapes = {part.shape for part in parts}
    if len(shapes) > 1:
        raise MisfitError(
            f"a list of {' and '.join(map(str, sorted(shapes)))} is no tensor"
        )

    return np.stack(parts)


def _listed(part: Any, run: Kind, kind: Kind | None) -> Any:
    if isinstance(part, list) and _weak(part) == "tensor":
        return _packed(part, run, kind)

    return part


def _shape(value: Any) -> tuple[int, ...]:
    """Return the shape of nested lists; MisfitError when their lengths
    differ.
    """
    if not isinstance(value, (list, tuple)):
        return ()

    shapes = {_shape(part) for part in value}
    if len(shapes) > 1:
        raise MisfitError("an operand is a list of lists that differ in length")

    return (len(value), *(shapes.pop() if shapes else ()))


def _leaves(value: Any) -> Iterator[Any]:
    if isinstance(value, (list, tuple)):
        for part in value:
            yield from _leaves(part)
    else:
        yield value


def _fits(value: Any, kind: Kind) -> bool:
    """Whether every whole number of nested lists is within a dtype."""
    bounds = np.iinfo(kind)
    return all(bounds.min <= leaf <= bounds.max for leaf in _leaves(value))
