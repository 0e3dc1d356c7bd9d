"""The differences between the weights of two models of one architecture: gate
by gate, and in every other array.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from rnn_tui.analysis.arrays import ArrayBlock, without_gates
from rnn_tui.analysis.compare import distance
from rnn_tui.analysis.gates import GateBlock, gate_blocks
from rnn_tui.analysis.table import Table
from rnn_tui.engine.core import lazy_numpy as np
from rnn_tui.errors import RnnTuiError
from rnn_tui.text import clean

if TYPE_CHECKING:
    from rnn_tui.engine.core.arrays import Array
    from rnn_tui.engine.describe.entries import LayerInfo
    from rnn_tui.engine.model import Model

Block: TypeAlias = GateBlock | ArrayBlock

CHUNK = 1 << 20
"""Values that are compared together."""
COLUMNS = (
    "layer",
    "direction",
    "cell",
    "part",
    "gate",
    "shape",
    "largest",
    "mean",
    "l2",
)


class WeightDifference(NamedTuple):
    """How far one gate's block, or one array, of two models is apart.

    `gate` is empty for an array without gates. `largest` and `mean` are of |Δ|,
    `l2` is the norm of Δ; all are infinite where one value alone is NaN.
    """

    layer: str
    direction: str | None
    cell: int | None
    part: str
    gate: str
    shape: tuple[int, ...]
    largest: float
    mean: float
    l2: float


def compare_weights(
    before: Model,
    after: Model,
    layer: str | None = None,
) -> tuple[WeightDifference, ...]:
    """Return the difference of each block of weights of two models, or of those
    in `layer`, in the order of the first model.

    Raises RnnTuiError where the models have different architectures.
    """
    check_comparable(before, after)
    pairs = zip(_blocks(before), _blocks(after), strict=True)

    return tuple(
        _difference(one, other)
        for one, other in pairs
        if layer is None or _is_in(one, layer)
    )


def weights_table(found: Sequence[WeightDifference]) -> Table:
    """Return a row for each block."""
    rows = [
        [
            "x".join(map(str, value)) if name == "shape" else value
            for name, value in one._asdict().items()
        ]
        for one in found
    ]
    numbers = frozenset(COLUMNS[6:])

    return Table("weights", COLUMNS, rows, numbers=numbers)


def check_comparable(before: Model, after: Model) -> None:
    """Raise RnnTuiError where the layers of two models can't be compared one by
    one: other classes, or arrays of other shapes. Names may differ.
    """
    pairs = zip(before.layers, after.layers, strict=False)
    for one, other in pairs:
        path = clean(one.path, 60)
        if one.class_name != other.class_name:
            raise _incomparable(
                f"layer {path!r} is {_called(one)} in the first and "
                f"{_called(other)} in the second"
            )
        if _shapes(one) != _shapes(other):
            raise _incomparable(
                f"layer {path!r} has arrays of {_shapes_in_words(one)} in the "
                f"first and of {_shapes_in_words(other)} in the second"
            )

    count = len(before.layers)
    other_count = len(after.layers)
    if count != other_count:
        raise _incomparable(f"they have {count} and {other_count} layers")

    if _kinds(before) != _kinds(after):
        raise _incomparable("their cells have different gates")


def _kinds(model: Model) -> list[tuple[str, str, tuple[int, ...]]]:
    """Return the kind of each block of a model's weights."""
    return [_kind(block) for block in _blocks(model)]


def other_settings(before: Model, after: Model) -> list[str]:
    """Return, in a line for each layer, settings that differ beside the
    weights.
    """
    lines = []
    for one, other in zip(before.layers, after.layers, strict=False):
        if one.words != other.words:
            first = _words_of_one(one.words, other.words)
            second = _words_of_one(other.words, one.words)
            path = clean(one.path, 60)
            lines.append(f"layer {path!r} is set otherwise: {first} / {second}")

    return lines


def _words_of_one(words: Sequence[str], others: Sequence[str]) -> str:
    """Return the sentences that the other layer doesn't have."""
    own = [line for line in words if line not in others]

    return "; ".join(own) or "nothing more"


def _blocks(model: Model) -> list[Block]:
    return [*gate_blocks(model), *without_gates(model)]


def _kind(block: Block) -> tuple[str, str, tuple[int, ...]]:
    return block.part, block.gate, block.shape


def _is_in(block: Block, layer: str) -> bool:
    return layer in (block.layer, block.key) or block.layer.startswith(
        f"{layer}/"
    )


def _difference(one: Block, other: Block) -> WeightDifference:
    largest = 0.0
    total = 0.0
    squares = 0.0
    for apart in _distances(one.values, other.values):
        largest = max(largest, float(apart.max(initial=0.0)))
        total += float(apart.sum())
        squares += float(apart.ravel() @ apart.ravel())

    direction = None
    cell = None
    if isinstance(one, GateBlock):
        direction = one.direction
        cell = one.cell

    return WeightDifference(
        layer=one.layer,
        direction=direction,
        cell=cell,
        part=one.part,
        gate=one.gate,
        shape=tuple(one.shape),
        largest=largest,
        mean=total / max(1, math.prod(one.shape)),
        l2=math.sqrt(squares),
    )


def _distances(one: Array, other: Array) -> Iterator[Array]:
    """Yield |Δ| of two arrays, some rows at a time."""
    wide = max(1, one.shape[-1])
    rows = one.reshape(-1, wide)
    others = other.reshape(-1, wide)
    step = max(1, CHUNK // wide)
    with np.errstate(all="ignore"):
        for start in range(0, len(rows), step):
            stop = start + step
            some = rows[start:stop]
            same = others[start:stop]
            yield distance(some, same)


def _shapes(info: LayerInfo) -> list[tuple[int, ...]]:
    return [shape for _, shape, _ in info.weights]


def _shapes_in_words(info: LayerInfo) -> str:
    return ", ".join(map(str, _shapes(info))) or "no shape"


def _called(info: LayerInfo) -> str:
    return clean(info.class_name, 40)


def _incomparable(why: str) -> RnnTuiError:
    return RnnTuiError(f"the architectures can't be compared: {why}")
