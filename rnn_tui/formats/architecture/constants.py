"""Tensors that a functional model holds as numbers: found in the calls of its
layers, they become layers of the graph.

Keras 3 writes them as `__tensor__` and `__numpy__` with their dtype, tf.keras
as nested lists without one.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from rnn_tui.engine.graph.nodes import Node, Ref
from rnn_tui.errors import ConfigError
from rnn_tui.formats.data.spec import ConstantSpec, shown

MOST_CONSTANTS = 10_000
"""Constants of one model: as many as it may have layers."""
MOST_AXES = 8
LARGEST_FLOAT = 3.5e38
"""Just above the largest float32."""
LARGEST_WHOLE = 1 << 63
"""Just above the largest int64."""
KINDS = {
    "bool": "bool",
    **dict.fromkeys(("float16", "float32", "float64", "bfloat16"), "float"),
    **{
        f"{sign}int{bits}": "int"
        for sign in ("", "u")
        for bits in (8, 16, 32, 64)
    },
}
"""The kind of values of a dtype."""
WRITTEN = {"float": "float32", "int": "int32", "bool": "bool"}
"""The dtype that TensorFlow gives to numbers without one."""


class Found(NamedTuple):
    """A constant, the name it has in the graph, and the layer whose call it is
    in.
    """

    name: str
    reader: str
    spec: ConstantSpec


class Constants:
    """Collects the constants of one model and names them apart from its
    layers.
    """

    def __init__(self, taken: Iterable[str]) -> None:
        self._taken = set(taken)
        self._numbered = 0
        self.found: list[Found] = []

    def ref(self, reader: str, values: Any, dtype: Any = None) -> Ref:
        """Return the place in the graph of a constant that a call of layer
        `reader` holds.
        """
        if len(self.found) >= MOST_CONSTANTS:
            raise ConfigError(
                f"the model holds more than {MOST_CONSTANTS:,} constants, "
                "which is as many as are read"
            )

        name = self._free_name()
        self.found.append(Found(name, reader, constant_of(values, dtype)))

        return Ref(name)

    def nodes(self) -> list[Node]:
        """Return the calls that make the constants: they read nothing."""
        return [Node(constant.name, 0) for constant in self.found]

    def _free_name(self) -> str:
        while True:
            if self._numbered:
                name = f"constant_{self._numbered}"
            else:
                name = "constant"

            self._numbered += 1
            if name not in self._taken:
                return name


def constant_of(values: Any, dtype: Any = None) -> ConstantSpec:
    """Return the tensor of nested lists of numbers, or why they make none."""
    if dtype is None:
        stated = None
    elif isinstance(dtype, str):
        stated = KINDS.get(dtype)
    else:
        stated = None

    if dtype is not None and stated is None:
        return ConstantSpec(
            values,
            problem=f"the dtype {shown(dtype)} isn't one of numbers",
        )

    shape = _shape(values)
    if len(shape) > MOST_AXES:
        return ConstantSpec(
            values,
            problem=f"the lists are nested more than {MOST_AXES} deep",
        )
    if 0 in shape:
        return ConstantSpec(
            values,
            problem=f"the shape is {shape}: it holds nothing",
        )

    kinds: set[str] = set()
    for value in _leaves(values, shape):
        problem = _problem_of(value, shape)
        if problem is not None:
            return ConstantSpec(values, problem=problem)

        kinds.add(type(value).__name__)

    kind = next(
        (kind for kind in ("float", "int", "bool") if kind in kinds),
        "float",
    )
    mixed = "bool" in kinds and len(kinds) > 1
    if mixed or (
        stated is not None
        and stated != kind
        and (stated, kind) != ("float", "int")
    ):
        what = " and ".join(sorted(kinds))
        return ConstantSpec(
            values,
            problem=(
                f"the dtype is {dtype or 'not stated'} and the values are "
                f"{what}"
            ),
        )

    kind = stated or kind

    return ConstantSpec(values, shape, kind, dtype or WRITTEN[kind])


def is_numbers(values: Any) -> bool:
    """Whether a value is a list, nested or not, that begins with a number: how
    tf.keras writes a tensor.
    """
    if not isinstance(values, list):
        return False

    while isinstance(values, list) and values:
        values = values[0]

    return isinstance(values, (bool, int, float))


def _shape(values: Any) -> tuple[int, ...]:
    """Return the lengths of the lists that come first at each level."""
    shape: list[int] = []
    while isinstance(values, list):
        shape.append(len(values))
        if not values or len(shape) > MOST_AXES:
            break

        values = values[0]

    return tuple(shape)


class _Ragged:
    """Takes the place of a list that isn't as long as its neighbours."""


def _leaves(values: Any, shape: tuple[int, ...]) -> Iterator[Any]:
    """Yield the values in lists of a shape; a `_Ragged` where a list is of
    another length or at another level.
    """
    if not shape:
        yield values
        return

    if not isinstance(values, list) or len(values) != shape[0]:
        yield _Ragged()
        return

    if len(shape) == 1:
        yield from values
        return

    for part in values:
        yield from _leaves(part, shape[1:])


def _problem_of(value: Any, shape: tuple[int, ...]) -> str | None:
    """Return what is wrong with one value, None when it is a number that
    float32 or int64 holds.
    """
    if isinstance(value, (_Ragged, list)):
        return f"the lists differ in length: the first ones make {shape}"
    if isinstance(value, bool):
        return None

    if isinstance(value, int):
        if -LARGEST_WHOLE <= value < LARGEST_WHOLE:
            return None

        return "a whole number is larger than any int64"

    if not isinstance(value, float):
        return f"the values are not numbers alone: there is {shown(value)}"
    if math.isnan(value):
        return "the values hold NaN"
    if math.isfinite(value) and abs(value) > LARGEST_FLOAT:
        return "a number is larger than any float32"

    return None
