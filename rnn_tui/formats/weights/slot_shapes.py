"""Do the shapes of a layer's arrays go together, as its class declares their
sides? Checked before anything is run.

NumPy would stretch a bias of one value over all units and call it a sum; Keras
would not, and neither do we.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from rnn_tui.engine.core.arrays import Weight
from rnn_tui.engine.layers.registry import schema
from rnn_tui.engine.layers.schema import ALIKE, EVERY, SIZE, UNDECLARED, Schema
from rnn_tui.formats.data.spec import LayerSpec, shown

Sides = Mapping[str, tuple[int, ...]]
"""The sides of a layer's arrays by their names; SIZE has one for each spatial
axis.
"""

ANY = "?"
"""The name of a side that may have any length."""

TIED = (
    SIZE,
    "nb_feature",
    "depth_multiplier",
    "num_heads",
    "key_dim",
    "value_dim",
    "num_query_heads",
    "num_key_value_heads",
    "head_dim",
)
"""Sides that a key of the configuration states as well. Those left out follow
the arrays, with a warning.
"""


def misfit(spec: LayerSpec, weights: Sequence[Weight]) -> str | None:
    """Return which of a layer's arrays has a shape that its class or its other
    arrays rule out; None for none.
    """
    declared = schema(spec.class_name) or UNDECLARED
    apart = ", ".join(f"{one.name} {one.shape}" for one in weights)
    sides: dict[str, tuple[int, ...]] = {}

    for weight in weights:
        pattern = pattern_of(declared, weight.name)
        if pattern is None:
            continue

        found = sides_of(pattern, weight.shape, declared.spatial)
        if found is None:
            wanted = ", ".join(pattern.split()) or "none"
            return (
                f"{weight.name} has the shape {weight.shape}, its sides "
                f"should be: {wanted}"
            )

        for name, side in found.items():
            if name != ANY and sides.setdefault(name, side) != side:
                return f"its arrays don't go together: {apart}"

    if not _multiplies(sides):
        return f"its arrays don't go together: {apart}"

    return _misstated(spec, sides)


def pattern_of(declared: Schema, name: str) -> str | None:
    """Return the sides of a layer's array as its class declares them; None
    where they aren't checked.
    """
    array = declared.array(name)
    if array is None:
        return declared.scales.get(name)

    return array.sides


def sides_of(
    pattern: str,
    shape: tuple[int, ...],
    spatial: int,
) -> dict[str, tuple[int, ...]] | None:
    """Return the sides of a shape by the names in a pattern; None where the
    shape is another. `spatial` is how many spatial axes there are.
    """
    if pattern == ALIKE:
        return {ALIKE: shape}

    found: dict[str, tuple[int, ...]] = {}
    rest = shape
    for name in pattern.split():
        if name == SIZE:
            count = spatial
        else:
            count = 1

        side = rest[:count]
        rest = rest[count:]
        if len(side) < count or 0 in side:
            return None

        if not name.isdigit():
            found[name] = side
        elif side != (int(name),):
            return None

    if rest:
        return None

    return found


def _multiplies(sides: Sides) -> bool:
    """Return whether a depthwise convolution makes the filters its kernel
    has.
    """
    if EVERY not in sides:
        return True

    made = math.prod(sides["channels"] + sides["depth_multiplier"])

    return sides[EVERY] == (made,)


def _misstated(spec: LayerSpec, sides: Sides) -> str | None:
    """Return where the configuration states another size than the arrays
    have.
    """
    for name in TIED:
        stated = spec.config.get(name)
        if name not in sides or stated is None:
            continue

        found = sides[name]
        if _as_sides(stated, len(found)) == found:
            continue

        size: int | tuple[int, ...] = found
        if len(found) == 1:
            size = found[0]

        return (
            f"{name} is {shown(stated)} in its configuration, {size} in its "
            "arrays"
        )

    return None


def _as_sides(stated: object, count: int) -> tuple[object, ...]:
    """Return a stated size as so many sides: one number is meant for all of
    them.
    """
    if isinstance(stated, list):
        listed = tuple(stated)
    else:
        listed = (stated,)

    if len(listed) == 1:
        return listed * count

    return listed
