"""Products of arrays backwards: the cotangent of a factor is that of the
product times the other factors, summed over the axes that the factor doesn't
have.

Each takes the factors, the cotangent of their product and the call's
parameters, and returns the cotangent of each factor.
"""

from __future__ import annotations

import string
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rnn_tui.engine.core import lazy_numpy as np
from rnn_tui.engine.gradients.merge_back import unstretched
from rnn_tui.engine.operations.products import cross as turned_across
from rnn_tui.engine.operations.products import in_space, summed_axes

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Values = NDArray[Any]

Params = Mapping[str, Any]
OfFactors = Callable[[Sequence["Values"], "Values", Params], "list[Values]"]


def matmul(
    factors: Sequence[Values],
    bar: Values,
    params: Params,
) -> list[Values]:
    """ȳ·Bᵀ and Aᵀ·ȳ, of stacks of matrices that a call may have turned."""
    first, second = factors
    a_turned = bool(params.get("transpose_a"))
    b_turned = bool(params.get("transpose_b"))
    a = _turned(first, a_turned)
    b = _turned(second, b_turned)

    rows = a
    columns = b
    if b.ndim == 1:
        columns = b[:, None]
        bar = bar[..., None]

    if a.ndim == 1:
        rows = a[None]
        bar = np.expand_dims(bar, -2)

    rows_bar = bar @ np.swapaxes(columns, -1, -2)
    columns_bar = np.swapaxes(rows, -1, -2) @ bar
    rows_bar = unstretched(rows_bar, rows.shape)
    columns_bar = unstretched(columns_bar, columns.shape)
    a_bar = rows_bar.reshape(a.shape)
    b_bar = columns_bar.reshape(b.shape)

    return [_turned(a_bar, a_turned), _turned(b_bar, b_turned)]


def _turned(matrices: Values, turned: bool) -> Values:
    """Return a stack of matrices, transposed where the call turns it."""
    if turned:
        return np.swapaxes(matrices, -1, -2)

    return matrices


def matvec(
    factors: Sequence[Values],
    bar: Values,
    params: Params,
) -> list[Values]:
    """That of a product with matrices of one column."""
    a, b = factors
    column = b[..., None]
    column_bar = bar[..., None]
    a_bar, b_bar = matmul([a, column], column_bar, params)

    return [a_bar, b_bar[..., 0]]


def tensordot(
    factors: Sequence[Values],
    bar: Values,
    params: Params,
) -> list[Values]:
    """That of a product summed over axes of both factors."""
    a, b = factors
    first, second = summed_axes(params.get("axes", 2), a.ndim, b.ndim)

    return _summed_back(a, b, bar, first, second)


def _summed_back(
    a: Values,
    b: Values,
    bar: Values,
    first: tuple[int, ...],
    second: tuple[int, ...],
) -> list[Values]:
    """Return the cotangents of factors that were summed over pairs of axes."""
    free_a = [axis for axis in range(a.ndim) if axis not in first]
    free_b = [axis for axis in range(b.ndim) if axis not in second]
    axes = list(range(bar.ndim))
    of_a = axes[: len(free_a)]  # their axes in the product
    of_b = axes[len(free_a) :]

    # the axes that were summed come in the other factor's order
    summed_a = [first[k] for k in np.argsort(second)]
    summed_b = [second[k] for k in np.argsort(first)]

    a_bar = np.tensordot(bar, b, (of_b, free_b))
    places = [*free_a, *summed_a]
    a_bar = np.transpose(a_bar, np.argsort(places))

    b_bar = np.tensordot(a, bar, (free_a, of_a))
    places = [*summed_b, *free_b]
    b_bar = np.transpose(b_bar, np.argsort(places))

    return [a_bar, b_bar]


def dot(
    factors: Sequence[Values],
    bar: Values,
    params: Params,
) -> list[Values]:
    """That of NumPy's dot: the last axis of one and the last but one of the
    other, or a number.
    """
    a, b = factors
    if not a.ndim or not b.ndim:
        return _scaled_back(a, b, bar)

    return _summed_back(a, b, bar, (a.ndim - 1,), (max(b.ndim - 2, 0),))


def inner(
    factors: Sequence[Values],
    bar: Values,
    params: Params,
) -> list[Values]:
    """That of sums over the last axis of both."""
    a, b = factors
    if not a.ndim or not b.ndim:
        return _scaled_back(a, b, bar)

    return _summed_back(a, b, bar, (a.ndim - 1,), (b.ndim - 1,))


def _scaled_back(a: Values, b: Values, bar: Values) -> list[Values]:
    a_bar = bar * b
    b_bar = bar * a

    return [unstretched(a_bar, a.shape), unstretched(b_bar, b.shape)]


def outer(
    factors: Sequence[Values],
    bar: Values,
    params: Params,
) -> list[Values]:
    """That of every value of one factor times every value of the other."""
    a, b = factors
    a_bar = bar @ b.reshape(-1)
    b_bar = bar.T @ a.reshape(-1)

    return [a_bar.reshape(a.shape), b_bar.reshape(b.shape)]


def vdot(
    factors: Sequence[Values],
    bar: Values,
    params: Params,
) -> list[Values]:
    """That of the sum of all products."""
    a, b = factors

    return [bar * b.reshape(a.shape), bar * a.reshape(b.shape)]


def kron(
    factors: Sequence[Values],
    bar: Values,
    params: Params,
) -> list[Values]:
    """That of every value of one factor times the whole other one, axis by
    axis.
    """
    a, b = factors
    rank = max(a.ndim, b.ndim)
    wide = a.reshape((1,) * (rank - a.ndim) + a.shape)
    fine = b.reshape((1,) * (rank - b.ndim) + b.shape)

    pairs = zip(wide.shape, fine.shape, strict=True)
    apart = bar.reshape([side for pair in pairs for side in pair])
    of_a = list(range(0, 2 * rank, 2))  # their axes in the product
    of_b = list(range(1, 2 * rank, 2))
    whole = list(range(rank))
    a_bar = np.tensordot(apart, fine, (of_b, whole))
    b_bar = np.tensordot(apart, wide, (of_a, whole))

    return [a_bar.reshape(a.shape), b_bar.reshape(b.shape)]


def cross(
    factors: Sequence[Values],
    bar: Values,
    params: Params,
) -> list[Values]:
    """b × ȳ and ȳ × a, of vectors in space; those of the plane lie in it."""
    named = params.get("axis")
    axis_a, axis_b, axis_y = (
        params.get(key, -1) if named is None else named
        for key in ("axisa", "axisb", "axisc")
    )
    a = in_space(np.moveaxis(factors[0], axis_a, -1))
    b = in_space(np.moveaxis(factors[1], axis_b, -1))
    if factors[0].shape[axis_a] == factors[1].shape[axis_b] == 2:
        zeros = np.zeros_like(bar)
        y_bar = np.stack([zeros, zeros, bar], -1)
    else:
        y_bar = np.moveaxis(bar, axis_y, -1)

    a_bar = unstretched(turned_across(b, y_bar), a.shape)
    b_bar = unstretched(turned_across(y_bar, a), b.shape)
    a_bar = a_bar[..., : factors[0].shape[axis_a]]
    b_bar = b_bar[..., : factors[1].shape[axis_b]]

    return [np.moveaxis(a_bar, -1, axis_a), np.moveaxis(b_bar, -1, axis_b)]


def einsum(
    factors: Sequence[Values],
    bar: Values,
    params: Params,
) -> list[Values]:
    """The same sum with a factor's axes where those of the product were, of
    the diagonals that the equation reads.
    """
    read, out = _letters(str(params["subscripts"]), factors)
    terms = ["".join(dict.fromkeys(term)) for term in read]
    diagonals = [
        np.einsum(f"{whole}->{term}", factor)
        for whole, term, factor in zip(read, terms, factors, strict=True)
    ]
    bars = _equation_back(terms, out, diagonals, bar)

    return [
        _off_diagonal(f"{whole}->{term}", of_diagonal, factor)
        for whole, term, of_diagonal, factor in zip(
            read, terms, bars, factors, strict=True
        )
    ]


def _off_diagonal(equation: str, bar: Values, factor: Values) -> Values:
    """Return the cotangent of an array for that of its diagonal; 0 beside
    it.
    """
    numbers = np.arange(factor.size).reshape(factor.shape)
    places = np.einsum(equation, numbers)
    found = np.zeros(factor.size, bar.dtype)
    np.add.at(found, places, bar)

    return found.reshape(factor.shape)


def _equation_back(
    terms: Sequence[str],
    out: str,
    factors: Sequence[Values],
    bar: Values,
) -> list[Values]:
    """Return the cotangents of factors whose axes have a letter each."""
    found = []
    for k, (term, factor) in enumerate(zip(terms, factors, strict=True)):
        other_terms = [*terms[:k], *terms[k + 1 :]]
        others = [*factors[:k], *factors[k + 1 :]]
        read = [out, *other_terms]
        operands = [bar, *others]
        # an axis that nothing else has was summed alone: all its places alike
        known = set("".join(read))
        for letter, side in zip(term, factor.shape, strict=True):
            if letter not in known:
                ones = np.ones(side, bar.dtype)
                read.append(letter)
                operands.append(ones)

        joined = ",".join(read)
        equation = f"{joined}->{term}"
        whole = np.einsum(equation, *operands, optimize=True)
        factor_bar = unstretched(whole, factor.shape)
        found.append(factor_bar)

    return found


def _letters(
    subscripts: str,
    factors: Sequence[Values],
) -> tuple[list[str], str]:
    """Return the terms of an equation and its result, with letters in the place
    of `...`.
    """
    equation = subscripts.replace(" ", "")
    terms, arrow, out = equation.partition("->")
    free = [one for one in string.ascii_letters if one not in subscripts]
    most = 0
    named = []
    for term, factor in zip(terms.split(","), factors, strict=True):
        letters = term.replace("...", "")
        rest = factor.ndim - len(letters)
        most = max(most, rest)
        named.append(_without_dots(term, free[:rest]))

    if not arrow:
        letters = terms.replace(",", "").replace(".", "")
        once = [one for one in letters if letters.count(one) == 1]
        out = "".join(sorted(once))
        if "..." in terms:
            out = "..." + out

    return named, _without_dots(out, free[:most])


def _without_dots(term: str, letters: Sequence[str]) -> str:
    """Return a term with letters for the axes of its `...`: the terms have
    their last ones in common.
    """
    axes = "".join(reversed(letters))

    return term.replace("...", axes)


PRODUCTS: Mapping[str, OfFactors] = {
    "matmul": matmul,
    "matvec": matvec,
    "tensordot": tensordot,
    "dot": dot,
    "inner": inner,
    "outer": outer,
    "vdot": vdot,
    "einsum": einsum,
    "kron": kron,
    "cross": cross,
}
"""By the names of the operations' functions."""
