"""Layers told by the shapes of their arrays alone: recurrent layers first, then
the layers around them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from rnn_tui.engine.cells.kinds import (
    KINDS,
    RESET_AFTER,
    CellKind,
    cudnn_kinds,
    is_recurrent,
)
from rnn_tui.formats.data.description import StoredArray


@dataclass(eq=False)
class Piece:
    """A layer found: its class, configuration, arrays, and the widths it reads
    and returns (None: any, or unknown).

    `inner` are a Bidirectional's sides, or a TimeDistributed's layer. `guessed`
    says that nothing but the arrays told its class.
    """

    class_name: str
    config: dict[str, Any]
    arrays: list[StoredArray]
    reads: int | None = None
    returns: int | None = None
    written: str = ""
    inner: list[Piece] = field(default_factory=list)
    name: str = ""
    why_not: str | None = None
    guessed: bool = False
    open: tuple[str, ...] = ()
    """Settings that its arrays leave open although they tell most of them."""
    called: str | None = None
    address: int = 0
    settled: Mapping[str, Any] = field(default_factory=dict)
    """Settings that follow from the file's writer: no assumptions."""
    own: str | None = None
    """Its class where that is its author's own, though its arrays are those of
    a known layer.
    """
    likely: Mapping[str, Any] = field(default_factory=dict)
    """The settings assumed of it in the place of Keras's defaults."""

    @property
    def convolves(self) -> bool:
        """Whether it is a recurrent layer over pictures."""
        return self._rank > 0

    @property
    def recurrent(self) -> bool:
        """Whether it is a recurrent layer."""
        return (
            is_recurrent(self.class_name) or self.class_name == "Bidirectional"
        )

    @property
    def holds_a_cell(self) -> bool:
        """Whether it, or a layer inside, is recurrent."""
        return self.recurrent or any(inner.holds_a_cell for inner in self.inner)

    @property
    def axes(self) -> int:
        """How many axes come before the features it reads: batch, timesteps,
        and a picture's.
        """
        return 2 + self._rank

    @property
    def cudnn(self) -> bool:
        """Whether it is a cuDNN layer, or one's two directions."""
        if self.inner:
            return all(inner.cudnn for inner in self.inner)

        return self.written in {kind.cudnn for kind in cudnn_kinds()}

    @property
    def _rank(self) -> int:
        if self.class_name in KINDS:
            return KINDS[self.class_name].rank

        return 0


def kind_with(gates: int) -> CellKind | None:
    """Return Keras's kind of so many gates, None where there is none.

    Arrays alone tell one of Keras's classes; any other has to be named.
    """
    for kind in KINDS.values():
        if kind.keras and not kind.rank and len(kind.gates) == gates:
            return kind

    return None


def picture_kind(rank: int) -> CellKind | None:
    """Return Keras's kind over pictures of so many axes, None where there is
    none.
    """
    for kind in KINDS.values():
        if kind.keras and kind.rank and kind.rank == rank:
            return kind

    return None


def pieces(arrays: Sequence[StoredArray], per_gate: bool) -> Iterator[Piece]:
    """Yield the layers a group's arrays make, in their order; `per_gate` allows
    Keras 1's arrays of each gate apart.
    """
    rest = list(arrays)
    while rest:
        piece = cell(rest, per_gate) or _around(rest)
        yield piece
        rest = rest[len(piece.arrays) :]


def makes(shapes: Sequence[tuple[int, ...]], class_name: str) -> bool:
    """Whether arrays of these shapes, and no others, make a layer of this
    class.
    """
    arrays = [StoredArray("", "", shape, "") for shape in shapes]
    if arrays:
        found = list(pieces(arrays, per_gate=False))
    else:
        found = []

    return len(found) == 1 and found[0].class_name == class_name


def cell(
    arrays: Sequence[StoredArray],
    per_gate: bool,
    named: CellKind | None = None,
) -> Piece | None:
    """Return the recurrent layer whose arrays come first, None where there is
    none.

    `named` is its kind where a name says so: arrays alone tell Keras's classes
    only.
    """
    if per_gate:
        apart = _per_gate(arrays)
    else:
        apart = None

    return apart or _fused(arrays, named) or _pictures(arrays)


def _fused(rest: Sequence[StoredArray], named: CellKind | None) -> Piece | None:
    """Return the cell whose kernel and recurrent kernel come first, with its
    bias when it follows.
    """
    ranks = [len(array.shape) for array in rest[:2]]
    if ranks != [2, 2]:
        return None

    features, width = rest[0].shape
    units, wide = rest[1].shape
    gates = 0
    if units:
        gates = wide // units

    kind = kind_with(gates)
    fits = named is not None and len(named.gates) == gates
    if named is not None and fits and not named.keras:
        kind = named

    if width != wide or gates * units != wide or kind is None:
        return None

    class_name = kind.class_name
    config: dict[str, Any] = {"units": units, "use_bias": False}
    count = 2

    bias: tuple[int, ...] = ()
    if len(rest) > 2:
        bias = rest[2].shape

    cudnn = bool(kind.cudnn) and bias == (2 * wide,)
    in_rows = bias in kind.bias_shapes(units)[1:] and not _pairs(rest)
    fits = bias == (wide,) or cudnn or in_rows
    if fits:
        count = 3
        config["use_bias"] = True
        if kind.has_key(RESET_AFTER):
            config[RESET_AFTER] = bias != (wide,)

    written = class_name
    if cudnn:
        written = kind.cudnn
        config |= {"activation": "tanh", "recurrent_activation": "sigmoid"}

    return Piece(
        class_name,
        config,
        list(rest[:count]),
        features,
        units,
        written,
    )


def _pictures(rest: Sequence[StoredArray]) -> Piece | None:
    """Return the ConvLSTM whose kernel and recurrent kernel come first:
    pictures' axes, channels, filters.
    """
    shapes = [array.shape for array in rest[:3]]
    if (
        len(shapes) < 2
        or len(shapes[0]) not in (3, 4, 5)
        or len(shapes[0]) != len(shapes[1])
    ):
        return None

    *size, filters, wide = shapes[1]
    kind = picture_kind(len(size))
    if (
        kind is None
        or not filters
        or wide != len(kind.gates) * filters
        or shapes[0][-1] != wide
        or list(shapes[0][:-2]) != size
    ):
        return None

    arrays = list(rest[:2])
    is_biased = shapes[2:] == [(wide,)]
    if is_biased:
        arrays = list(rest[:3])

    config = {"filters": filters, "kernel_size": size, "use_bias": is_biased}
    name = kind.class_name
    channels = shapes[0][-2]

    return Piece(name, config, arrays, channels, None, name)


def _pairs(rest: Sequence[StoredArray]) -> bool:
    """Whether arrays of one shape are kernels and recurrent kernels in turn: an
    even number, and not of three.
    """
    return (
        len({array.shape for array in rest}) == 1
        and len(rest) % 2 == 0
        and len(rest) % 3 != 0
    )


def _per_gate(rest: Sequence[StoredArray]) -> Piece | None:
    """Return Keras 1's LSTM (12 arrays) or GRU (9): W, U and b of each gate
    apart.
    """
    stored_apart = [kind for kind in KINDS.values() if kind.keras_1_order]
    for kind in sorted(stored_apart, key=lambda kind: -len(kind.gates)):
        gates = len(kind.gates)
        shapes = [array.shape for array in rest[: 3 * gates]]
        if len(shapes) < 3 * gates or len(shapes[0]) != 2:
            continue

        features, units = shapes[0]
        if shapes == [(features, units), (units, units), (units,)] * gates:
            config = {"units": units, "use_bias": True, RESET_AFTER: False}
            name = kind.class_name
            return Piece(
                name,
                config,
                list(rest[: 3 * gates]),
                features,
                units,
                name,
            )

    return None


def _around(rest: Sequence[StoredArray]) -> Piece:
    """Return the feed-forward layer that comes first; an unusual one keeps all
    that is left.
    """
    shapes = [array.shape for array in rest]
    first, *others = shapes
    rank = len(first)
    alone = not others
    biased = others[:1] == [first[-1:]]
    if rank == 2 and biased:
        return dense(rest[:2])
    if rank == 3 and (biased or alone):
        return conv1d(rest[:2])

    # γ, β and the two statistics, or γ and β
    if rank == 1 and others[:3] == [first] * 3:
        return normalisation("BatchNormalization", rest[:4])
    if rank == 1 and others[:1] == [first]:
        return normalisation("LayerNormalization", rest[:2])

    if rank == 2 and alone:
        rows, columns = first
        if rows > columns:
            return embedding(rest)

        return dense(rest)

    return Piece("", {}, list(rest))


def dense(arrays: Sequence[StoredArray]) -> Piece:
    """Return a Dense of a kernel (features, units) and, where there is one, a
    bias.
    """
    features, units = arrays[0].shape
    config = {"units": units, "use_bias": len(arrays) > 1}

    return Piece("Dense", config, list(arrays), features, units, "Dense")


def embedding(arrays: Sequence[StoredArray]) -> Piece:
    """Return an Embedding of one array (ids, features)."""
    ids, features = arrays[0].shape
    return Piece(
        "Embedding",
        {"input_dim": ids, "output_dim": features},
        list(arrays),
        None,
        features,
        "Embedding",
    )


def conv1d(arrays: Sequence[StoredArray]) -> Piece:
    """Return a Conv1D of a kernel (length, channels, filters) and, where there
    is one, a bias.
    """
    length, channels, filters = arrays[0].shape
    config = {
        "filters": filters,
        "kernel_size": [length],
        "use_bias": len(arrays) > 1,
    }

    return Piece("Conv1D", config, list(arrays), channels, filters, "Conv1D")


def normalisation(class_name: str, arrays: Sequence[StoredArray]) -> Piece:
    """Return a normalisation whose arrays are as long as its features are
    many.
    """
    width = arrays[0].shape[0]
    return Piece(class_name, {}, list(arrays), width, width, class_name)
