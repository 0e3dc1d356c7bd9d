"""Do shapes go together?

Checked before anything is computed, so that NumPy never meets shapes that don't
fit.

A side may be None, an axis that the model leaves open: an unknown side fits.
Every function raises MisfitError, in words about one call of one layer.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from rnn_tui.engine.core.arrays import Shape
from rnn_tui.errors import MisfitError


def check_count(
    inputs: Sequence[Any],
    least: int,
    most: int | None = None,
) -> None:
    """Check how many tensors a layer is given; without `most` there is no upper
    bound.
    """
    found = len(inputs)

    if found >= least and (most is None or found <= most):
        return

    if most is None:
        wanted = f"{least} or more"
    elif most == least:
        wanted = str(least)
    else:
        wanted = f"{least} to {most}"

    raise MisfitError(
        f"it reads {wanted} tensor{'' if wanted == '1' else 's'}, not {found}"
    )


def check_axes(shape: Shape, least: int, most: int | None = None) -> None:
    """Check how many axes a tensor has, batch included; without `most` there is
    no upper bound.
    """
    found = len(shape)

    if found >= least and (most is None or found <= most):
        return

    exact = most == least
    raise MisfitError(
        f"it reads {least} axes{'' if exact else ' or more'}, batch included"
    )


def check_side(found: int | None, wanted: int | None, what: str) -> None:
    """Check the length of one axis: `what` names its values in the plural."""
    if None not in (found, wanted) and found != wanted:
        raise MisfitError(f"it reads {wanted} {what}, not {found}")


def check_left(shapes: Sequence[Shape]) -> None:
    """Check that no array comes out empty."""
    if any(side is not None and side < 1 for shape in shapes for side in shape):
        raise MisfitError("nothing would be left of it")


def alike(shape: Shape, other: Shape) -> bool:
    """Return whether two shapes may be the same one."""
    if len(shape) != len(other):
        return False

    return all(
        a == b or None in (a, b) for a, b in zip(shape, other, strict=True)
    )


def stretched(*shapes: Shape) -> Shape:
    """Return the shape that arrays of these shapes are stretched to when they
    meet (NumPy's broadcasting).
    """
    rank = max(len(shape) for shape in shapes)
    out: list[int | None] = []

    for place in range(-rank, 0):
        sides = [shape[place] for shape in shapes if len(shape) >= -place]
        known = set(sides) - {None, 1}
        if len(known) > 1:
            listed = ", ".join(map(shown, shapes))
            raise MisfitError(f"arrays of the shapes {listed} don't meet")

        if known:
            out.append(known.pop())
        elif None in sides:
            out.append(None)
        else:
            out.append(1)

    return tuple(out)


def check_stretches(shape: Shape, wanted: Shape, what: str) -> None:
    """Check that an array of `shape` is stretched to `wanted` and stretches it
    no further; `what` names the array.
    """
    try:
        met = stretched(shape, wanted)
    except MisfitError:
        met = ()

    if not alike(met, wanted):
        raise MisfitError(
            f"{what} of the shape {shown(shape)} doesn't fit {shown(wanted)}"
        )


def check_slopes(slopes: Shape, wanted: Shape) -> None:
    """Check that a PReLU has a slope for each value of a sequence, or for each
    along the axes that aren't shared.
    """
    if len(slopes) != len(wanted) - 1:
        raise MisfitError(
            f"its slopes {shown(slopes)} are not those of {shown(wanted)}"
        )

    check_stretches(slopes, wanted[1:], "its slopes")


def multiplied(x: Shape, y: Shape) -> Shape:
    """Return the shape of the matrix product x·y of two stacks of matrices."""
    if len(x) < 2 or len(y) < 2:
        raise MisfitError("a product of matrices needs two axes of both")

    *stack, rows, summed = x
    *other_stack, summed_too, columns = y
    check_side(summed, summed_too, "features")
    stacks = stretched(tuple(stack), tuple(other_stack))

    return (*stacks, rows, columns)


def within(axis: int, rank: int) -> int:
    """Return an axis counted from 0, of an array of `rank` axes."""
    if not -rank <= axis < rank:
        raise MisfitError(f"there is no axis {axis} in an array of {rank}")

    return axis % rank


def pair(value: Any, rank: int) -> tuple[int, ...]:
    """Return a size given as one number or as `rank` numbers as `rank`
    numbers.
    """
    if isinstance(value, (list, tuple)):
        sizes = tuple(value)
    else:
        sizes = (value,)

    if len(sizes) not in (1, rank):
        raise MisfitError(
            f"its configuration has {len(sizes)} sizes for {rank} axes"
        )

    whole = tuple(int(size) for size in sizes)
    if len(whole) == 1:
        return whole * rank

    return whole


def reshaped(shape: Shape, target: Sequence[int]) -> None:
    """Check that the values of `shape` fill a shape in which one side may be
    -1, whatever is left over.
    """
    left_over = sum(side == -1 for side in target)

    if left_over > 1:
        raise MisfitError("only one side of its target_shape may be left open")
    if None in shape:
        return

    values = math.prod(side or 0 for side in shape)
    wanted = math.prod(side for side in target if side != -1)
    if left_over:
        fills = wanted > 0 and values % wanted == 0
    else:
        fills = values == wanted

    if not fills:
        raise MisfitError(
            f"{values:,} values don't fill the shape {shown(tuple(target))}"
        )


def shown(shape: Shape) -> str:
    """Return a shape as a sentence has it."""
    return str(tuple(shape))
