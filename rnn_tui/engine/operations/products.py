"""Products of arrays: matrices, Einstein's sums, outer and cross products."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from rnn_tui.engine.core import lazy_numpy as np
from rnn_tui.engine.operations.checked import (
    axes_of,
    axis_of,
    calls,
    refused,
    whole,
)
from rnn_tui.errors import MisfitError

if TYPE_CHECKING:
    from numpy.typing import NDArray

Values: TypeAlias = "NDArray[Any]"


def matmul(
    x1: Values,
    x2: Values,
    transpose_a: bool = False,
    transpose_b: bool = False,
) -> Values:
    """Return the product of two stacks of matrices, each turned where the call
    says so.
    """
    if transpose_a:
        x1 = calls(np.swapaxes, x1, -1, -2)

    if transpose_b:
        x2 = calls(np.swapaxes, x2, -1, -2)

    product: Values = calls(np.matmul, x1, x2)

    return product


def matvec(a: Values, b: Values, transpose_a: bool = False) -> Values:
    """Return the product of matrices and vectors."""
    if transpose_a:
        a = calls(np.swapaxes, a, -1, -2)

    product: Values = calls(np.matmul, a, b[..., None])

    return product[..., 0]


def dot(x1: Values, x2: Values) -> Values:
    """Return the product of every row of one array with every column of the
    other.
    """
    product: Values = calls(np.dot, x1, x2)
    return product


def inner(x1: Values, x2: Values) -> Values:
    """Return the product of every row of one array with every row of the
    other.
    """
    product: Values = calls(np.inner, x1, x2)
    return product


def outer(x1: Values, x2: Values) -> Values:
    """Return the product of every value of one array with every value of the
    other.
    """
    return np.outer(x1, x2)


def vdot(x1: Values, x2: Values) -> Values:
    """Return the sum of the products of two arrays' values."""
    if x1.size != x2.size:
        raise MisfitError(f"a product of {x1.size} and {x2.size} values")

    return np.asarray(np.vdot(x1, x2))


def kron(x1: Values, x2: Values) -> Values:
    """Return the second array once for each value of the first, multiplied by
    it.
    """
    return np.kron(x1, x2)


def cross(
    x1: Values,
    x2: Values,
    axisa: int = -1,
    axisb: int = -1,
    axisc: int = -1,
    axis: Any = None,
) -> Values:
    """Return the vectors perpendicular to pairs of vectors; of two in the
    plane, how far they turn.
    """
    if axis is not None:
        axisa = axis
        axisb = axis
        axisc = axis

    of_vectors = axis_of(axisa, x1.ndim)
    a = np.moveaxis(x1, of_vectors, -1)  # (…, 2 or 3)
    of_vectors = axis_of(axisb, x2.ndim)
    b = np.moveaxis(x2, of_vectors, -1)
    of_a = a.shape[-1]
    of_b = b.shape[-1]
    if not {of_a, of_b} <= {2, 3}:
        raise MisfitError(f"a cross product of vectors of {of_a} and {of_b}")

    a = in_space(a)
    b = in_space(b)
    a, b = calls(np.broadcast_arrays, a, b)
    ax, ay, az = np.moveaxis(a, -1, 0)
    bx, by, bz = np.moveaxis(b, -1, 0)

    z: Values = ax * by - ay * bx
    if of_a == of_b == 2:
        return z

    x = ay * bz - az * by
    y = az * bx - ax * bz
    vectors = np.stack([x, y, z], axis=-1)
    place = axis_of(axisc, vectors.ndim)

    return np.moveaxis(vectors, -1, place)


def in_space(x: Values) -> Values:
    """Return vectors of three values; those of two get a zero."""
    if x.shape[-1] == 3:
        return x

    zeros = np.zeros_like(x[..., :1])

    return np.concatenate([x, zeros], axis=-1)


def summed_axes(
    axes: Any,
    left: int,
    right: int,
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Return the axes of both arrays that a tensordot sums over."""
    if isinstance(axes, tuple):
        axes = list(axes)

    if not isinstance(axes, list):
        count = whole(axes, "axes", 0)
        if count > min(left, right):
            raise MisfitError(
                f"a sum over {count} axes of arrays of {left} and {right}"
            )

        last = range(left - count, left)
        first = range(count)
        return tuple(last), tuple(first)

    if len(axes) != 2:
        raise refused("axes", axes, "a pair")

    first, second = axes

    return axes_of(first, left, "axes"), axes_of(second, right, "axes")


def tensordot(x1: Values, x2: Values, axes: Any = 2) -> Values:
    """Return the product of two arrays, summed over axes of both."""
    first, second = summed_axes(axes, x1.ndim, x2.ndim)
    product: Values = calls(np.tensordot, x1, x2, (first, second))

    return product


TERM = re.compile(r"[a-zA-Z]*(?:\.\.\.[a-zA-Z]*)?")


class Equation:
    """Einstein's summation taken apart and held against its operands: each
    letter is an axis, `...` the others.
    """

    def __init__(self, subscripts: Any, operands: Sequence[Values]) -> None:
        if not isinstance(subscripts, str) or subscripts.count("->") > 1:
            raise refused("equation", subscripts, "one of Einstein's sums")

        self.text = subscripts.replace(" ", "")
        terms, arrow, out = self.text.partition("->")
        self.terms = terms.split(",")
        if not all(TERM.fullmatch(term) for term in (*self.terms, out)):
            raise refused("equation", subscripts, "one of Einstein's sums")
        if len(self.terms) != len(operands):
            raise MisfitError(
                f"the equation {self.text} reads {len(self.terms)} operands, "
                f"not {len(operands)}"
            )

        self.sides: dict[str, int] = {}
        self.rest: list[tuple[int, ...]] = []
        for term, operand in zip(self.terms, operands, strict=True):
            self._read(term, operand.shape)

        if arrow:
            self.out = out
        else:
            self.out = self._implied()

        letters = self.out.replace("...", "")
        if len(set(letters)) < len(letters) or any(
            letter not in self.sides for letter in letters
        ):
            raise refused(
                "equation",
                subscripts,
                "one whose result names axes of its operands, each once",
            )

    def _read(self, term: str, shape: tuple[int, ...]) -> None:
        """Note how long each letter's axis is."""
        before, dots, behind = term.partition("...")
        start = len(before)
        stop = len(shape) - len(behind)
        if stop < start or (stop > start and not dots):
            raise MisfitError(
                f"the term {term!r} of an equation doesn't fit an array of "
                f"{shape}"
            )

        self.rest.append(shape[start:stop])
        letters = before + behind
        sides = shape[:start] + shape[stop:]
        for letter, side in zip(letters, sides, strict=True):
            known = self.sides.get(letter, 1)
            if 1 not in (known, side) and known != side:
                raise MisfitError(
                    f"the axis {letter!r} of an equation is {known} and {side}"
                )

            self.sides[letter] = max(known, side)

    def _implied(self) -> str:
        """Return the result of an equation without an arrow: the letters that
        occur once, in alphabetical order.
        """
        letters = "".join(self.terms).replace(".", "")
        once = sorted(
            letter for letter in set(letters) if letters.count(letter) == 1
        )
        dots = "..." if "..." in self.text else ""

        return dots + "".join(once)

    def shape(self) -> tuple[int, ...]:
        """Return the shape of the result."""
        around: tuple[int, ...]
        if "..." in self.out:
            around = calls(np.broadcast_shapes, *self.rest)
        else:
            around = ()

        before, _, behind = self.out.partition("...")

        return (
            *(self.sides[letter] for letter in before),
            *around,
            *(self.sides[letter] for letter in behind),
        )


def einsum(operands: Sequence[Values], subscripts: Any) -> Values:
    """Return a sum of products by Einstein's convention."""
    equation = Equation(subscripts, operands)
    product: Values = calls(
        np.einsum,
        f"{','.join(equation.terms)}->{equation.out}",
        *operands,
        optimize=True,
    )

    return product


def add_n(xs: Sequence[Values]) -> Values:
    """Return the sum of arrays of one shape."""
    if len({x.shape for x in xs}) > 1:
        raise MisfitError("it adds arrays of one shape")

    total = xs[0]
    for x in xs[1:]:
        total = total + x

    return total


def bias_add(value: Values, bias: Values) -> Values:
    """Return an array with one number added for each place of the last axis."""
    if bias.ndim != 1 or bias.shape != value.shape[-1:]:
        raise MisfitError(
            f"a bias of {bias.shape} for an array of {value.shape}"
        )

    return np.asarray(value + bias)
