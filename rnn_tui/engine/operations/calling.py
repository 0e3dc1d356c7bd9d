"""One call of an operation: the file's arguments put in their places, checked,
counted and given to the function.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from rnn_tui.engine.core import lazy_numpy as np
from rnn_tui.engine.operations.checked import NULL_IS_SAID, calls, parameter
from rnn_tui.engine.operations.dtypes import (
    bits,
    converted,
    dtype_named,
    together,
)
from rnn_tui.engine.operations.rows import Row, Signature, Term, signature_of
from rnn_tui.errors import MisfitError
from rnn_tui.text import clean

if TYPE_CHECKING:
    from numpy.typing import NDArray

HARMLESS = (
    "name",
    "validate_indices",
    "validate_shape",
    "layout",
    "dtype_hint",
)
"""Keywords of which no value changes a result."""
TOGETHER = ("common", "real", "bits")
"""Roles of operands that are brought to one dtype."""
MOST_PARTS = 1 << 16
"""Arrays that one call may return."""


class Bound(NamedTuple):
    """The arguments of one call, converted and checked."""

    operands: list[Any]
    """An array each; a list of arrays where the operation reads a list, None
    where one is left out.
    """
    params: dict[str, Any]
    dtype: Any
    """The dtype the call asks for, None when it asks for none."""


def computed(
    row: Row,
    args: Sequence[Any],
    given: Mapping[str, Any],
    run: np.dtype[Any],
    claim: Callable[[int, int], None],
) -> list[NDArray[Any]]:
    """Return the results of the operation for its call;
    `claim(values, bytes of one)` is asked before any is made.

    Raises MisfitError where the arguments don't go together.
    """
    from rnn_tui.engine.operations.sizes import values_of

    call = bound(row, args, given, run)
    widest = max(
        [run.itemsize, *(array.dtype.itemsize for array in flat(call.operands))]
    )
    claim(values_of(row.function, call.operands, call.params), widest)
    result = applied(row, call)
    if isinstance(result, (list, tuple)):
        parts = list(result)
    else:
        parts = [result]

    if len(parts) > MOST_PARTS:
        raise MisfitError(f"it makes {len(parts):,} arrays")

    if call.dtype is not None:
        kind = call.dtype
    else:
        kind = _result(row, call, run)

    return [_settled(np.asarray(part), kind, run) for part in parts]


def applied(row: Row, call: Bound) -> Any:
    """Return the results of the row's function for checked arguments."""
    if row.own:
        from rnn_tui.engine.operations.functions import FUNCTIONS

        return FUNCTIONS[row.function](*call.operands, **call.params)

    return calls(getattr(np, row.function), *call.operands, **call.params)


def bound(
    row: Row,
    args: Sequence[Any],
    given: Mapping[str, Any],
    run: np.dtype[Any],
) -> Bound:
    """Return the arguments of a call in the places its signature has for
    them.
    """
    signature = signature_of(row)
    values = _placed(signature, args, given)
    dtype = None
    asked = next(
        (
            term
            for term in signature.params
            if term.ours == "dtype" and not term.unread
        ),
        None,
    )
    if asked is not None and values.get("dtype") is not None:
        dtype = dtype_named(values["dtype"], run)

    operands = _operands(row, signature, values, run, dtype)
    params = {}
    for term in signature.params:
        if term.unread or term.ours == "dtype" or _absent(term, values):
            continue

        value = values[term.ours]
        name = term.ours
        params[name] = parameter(name, _spelling(term), value)

    return Bound(operands, params, dtype)


def _spelling(term: Term) -> str:
    return term.theirs[0]


def _placed(
    signature: Signature,
    args: Sequence[Any],
    given: Mapping[str, Any],
) -> dict[str, Any]:
    """Return every argument by our name for it: positional ones by their place,
    the others by their keyword.
    """
    terms = (*signature.operands, *signature.params)
    names = {spelling: term.ours for term in terms for spelling in term.theirs}
    if signature.operands and signature.operands[0].every:
        values: dict[str, Any]
        if args:
            values = {signature.operands[0].ours: list(args)}
        else:
            values = {}
    elif len(args) > len(terms):
        raise MisfitError(
            f"it is given {len(args)} arguments where it reads at most "
            f"{len(terms)}"
        )
    else:
        values = {
            term.ours: value for term, value in zip(terms, args, strict=False)
        }

    rest = next((term.ours for term in signature.params if term.every), None)
    for key, value in given.items():
        if rest is not None and key not in names and key not in HARMLESS:
            values.setdefault(rest, {})[key] = value
        elif key in names:
            _put(values, names[key], value, key)
        elif not (
            key in HARMLESS or value is None or value is False or value == ""
        ):
            raise MisfitError(
                f"its argument {clean(key, 40)!r} is not reproduced"
            )

    for term in terms:
        if term.needed and _absent(term, values):
            raise MisfitError(
                f"the file doesn't say what its argument {_spelling(term)!r} is"
            )

    return values


def _absent(term: Term, values: Mapping[str, Any]) -> bool:
    """Whether a call leaves an argument to its default; an axis that is null
    means all of them, or none.
    """
    return term.ours not in values or (
        values[term.ours] is None and term.ours != NULL_IS_SAID
    )


def _put(values: dict[str, Any], ours: str, value: Any, key: str) -> None:
    """Note a keyword's value; of two spellings of one argument, the one that
    says something.
    """
    if values.get(ours) is None or values[ours] is False:
        values[ours] = value
    elif value is not None and value is not False:
        raise MisfitError(f"its argument {clean(key, 40)!r} is given twice")


def _operands(
    row: Row,
    signature: Signature,
    values: Mapping[str, Any],
    run: np.dtype[Any],
    dtype: Any,
) -> list[Any]:
    """Return the operands as arrays, converted as the signature says."""
    found: list[Any] = []
    for term in signature.operands:
        value = values.get(term.ours)
        if term.many and value is not None:
            value = _several(value)

        found.append(value)

    for role in TOGETHER:
        _bring_together(row, signature, found, role, run)

    for place, term in enumerate(signature.operands):
        value = found[place]
        if value is None or term.role in TOGETHER:
            continue

        if term.many:
            found[place] = [
                converted(part, term.role, run, dtype) for part in value
            ]
        else:
            found[place] = converted(value, term.role, run, dtype)

    return found


def _several(value: Any) -> list[Any]:
    """Return the tensors of a list; a tensor in a list's place is as many as
    its first axis is long.
    """
    if isinstance(value, np.ndarray):
        if not value.ndim:
            raise MisfitError("it reads a list of tensors")

        return list(value)

    if isinstance(value, (list, tuple)):
        if not value:
            raise MisfitError(
                "it reads a list of tensors, and is given an empty one"
            )

        return list(value)

    raise MisfitError("it reads a list of tensors")


def _bring_together(
    row: Row,
    signature: Signature,
    found: list[Any],
    role: str,
    run: np.dtype[Any],
) -> None:
    """Bring all operands of one role to one dtype, in place."""
    places = [
        place
        for place, term in enumerate(signature.operands)
        if term.role == role and found[place] is not None
    ]
    several = {place: signature.operands[place].many for place in places}
    values: list[Any] = []
    for place in places:
        if several[place]:
            values.extend(found[place])
        else:
            values.append(found[place])

    if not values:
        return

    alike = together(values, run, real=role == "real", widens=row.widens)
    if role == "bits":
        alike = [bits(array) for array in alike]

    arrays = iter(alike)
    for place in places:
        if several[place]:
            found[place] = [next(arrays) for _ in found[place]]
        else:
            found[place] = next(arrays)


def flat(operands: Sequence[Any]) -> list[NDArray[Any]]:
    """Return all arrays among the operands."""
    arrays: list[NDArray[Any]] = []
    for operand in operands:
        if isinstance(operand, list):
            arrays.extend(operand)
        elif operand is not None:
            arrays.append(operand)

    return arrays


def _result(row: Row, call: Bound, run: np.dtype[Any]) -> Any:
    """Return the dtype of the results, None for the function's own."""
    if row.result == "like":
        return flat(call.operands)[0].dtype
    if row.result:
        return dtype_named(row.result, run)

    return None


def _settled(
    value: NDArray[Any],
    kind: Any,
    run: np.dtype[Any],
) -> NDArray[Any]:
    """Return a result in its dtype; fractions in the run's."""
    if value.dtype.kind not in "fiub":
        raise MisfitError("it makes something else than numbers")
    if kind is not None:
        return value.astype(kind, copy=False)
    if value.dtype.kind == "f":
        return value.astype(run, copy=False)

    return value
