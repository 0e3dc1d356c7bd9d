"""The shapes of a cell's arrays: whether they are those of its class.

`shapes` are the kernel's, the recurrent kernel's and, with a bias, the bias's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rnn_tui.engine.cells.kinds import CellKind
from rnn_tui.errors import ConfigError

Sides = tuple[int, ...]


def stored_units(kind: CellKind, shapes: Sequence[Sides]) -> int | None:
    """Return the units or filters that the recurrent kernel has, None where it
    doesn't tell.
    """
    if len(shapes) < 2:
        return None

    recurrent = shapes[1]
    told = len(recurrent) == 2
    if kind.rank:
        told = len(recurrent) > 1

    if told:
        return recurrent[-2]

    return None


def stored_features(kind: CellKind, shapes: Sequence[Sides]) -> int | None:
    """Return the features or channels that the kernel reads, None where it
    doesn't tell.
    """
    if not shapes or not shapes[0]:
        return None

    kernel = shapes[0]
    if not kind.rank:
        return kernel[0]
    if len(kernel) > 1:
        return kernel[-2]

    return None


def stated_units(kind: CellKind, config: Mapping[str, Any]) -> int:
    """Return the units or filters that a configuration states, 0 where it
    states no number of them.
    """
    if kind.rank:
        return stated_size(config.get("filters"))

    return stated_size(config.get("units"))


def stated_size(value: Any) -> int:
    """Return how many units a configuration states, 0 where it states no number
    of them.
    """
    number = isinstance(value, int) or (
        isinstance(value, float) and value.is_integer()
    )
    if number and not isinstance(value, bool) and value > 0:
        return int(value)

    return 0


def is_divided(kind: CellKind, shapes: Sequence[Sides]) -> bool:
    """Return whether the gates of a cell can be told apart in arrays of these
    shapes.
    """
    if len(shapes) not in (2, 3):
        return False

    kernels = shapes[:2]
    rank = 2 + kind.rank
    if any(len(shape) != rank for shape in kernels):
        return False

    units = shapes[1][-2]
    wide = len(kind.gates) * units
    biases = kind.bias_shapes(units)
    kernels_fit = all(shape[-1] == wide for shape in kernels)
    biases_fit = all(shape in biases for shape in shapes[2:])

    return wide > 0 and kernels_fit and biases_fit


def check_arrays(
    class_name: str,
    kind: CellKind,
    shapes: Sequence[Sides],
) -> None:
    """Raise ConfigError when arrays of these shapes don't make a cell of the
    class.
    """
    if len(shapes) not in (2, 3):
        raise ConfigError(
            f"the file has {len(shapes)} arrays for it; a {class_name} "
            "has 3, or 2 without bias"
        )

    kernel, recurrent, *biases = shapes
    units = 0
    if recurrent:
        units = recurrent[0]

    wide = len(kind.gates) * units
    kernels_fit = (
        units > 0
        and len(kernel) == 2
        and kernel[1] == wide
        and recurrent == (units, wide)
    )
    biases_fit = all(bias in kind.bias_shapes(units) for bias in biases)
    if not (kernels_fit and biases_fit):
        found = ", ".join(str(shape) for shape in shapes)
        raise ConfigError(f"its arrays {found} don't make a {class_name}")


def check_conv_arrays(
    class_name: str,
    rank: int,
    shapes: Sequence[Sides],
) -> None:
    """Raise ConfigError when arrays of these shapes don't make a ConvLSTM over
    pictures of `rank` axes.
    """
    if len(shapes) not in (2, 3):
        raise ConfigError(
            f"the file has {len(shapes)} arrays for it; a ConvLSTM has 3, or 2 "
            "without bias"
        )

    kernel, recurrent, *biases = shapes
    filters = 0
    if len(recurrent) > 1:
        filters = recurrent[-2]

    wide = 4 * filters
    kernels_fit = (
        filters > 0
        and 0 not in kernel
        and len(kernel) == rank + 2
        and kernel[:-2] == recurrent[:-2]
        and {*kernel[-1:], *recurrent[-1:]} == {wide}
    )
    if not kernels_fit or biases not in ([], [(wide,)]):
        found = ", ".join(map(str, shapes))
        raise ConfigError(f"its arrays {found} don't make a {class_name}")
