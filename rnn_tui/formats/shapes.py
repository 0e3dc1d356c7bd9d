"""What a group of arrays must be, by shapes alone: recurrent layers first, then the layers that stand around them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from rnn_tui.formats.description import StoredArray

CLASSES = {1: "SimpleRNN", 3: "GRU", 4: "LSTM"}
"""Gates by the width of the recurrent kernel, in units."""


@dataclass(eq=False)
class Piece:
    """A layer found: its class, configuration, arrays, and the widths it reads and returns (None: any)."""

    class_name: str
    config: dict[str, Any]
    arrays: list[StoredArray]
    reads: int | None = None
    returns: int | None = None
    written: str = ""
    inner: list[Piece] = field(default_factory=list)

    @property
    def recurrent(self) -> bool:
        """Whether it holds a recurrent cell."""
        return self.class_name in (
            "LSTM",
            "GRU",
            "SimpleRNN",
            "Bidirectional",
            "ConvLSTM1D",
            "ConvLSTM2D",
            "ConvLSTM3D",
        )

    @property
    def axes(self) -> int:
        """How many axes stand before the features it reads: batch, timesteps, and a picture's."""
        return 2 + (int(self.class_name[-2]) if self.class_name.startswith("ConvLSTM") else 0)


def pieces(arrays: Sequence[StoredArray], per_gate: bool) -> Iterator[Piece]:
    """Yield the layers a group's arrays make, in their order; `per_gate` allows Keras 1's arrays of each gate apart."""
    rest = list(arrays)
    while rest:
        piece = (per_gate and _per_gate(rest)) or _fused(rest) or _pictures(rest) or _around(rest)
        yield piece
        rest = rest[len(piece.arrays) :]


def makes(shapes: Sequence[tuple[int, ...]], class_name: str) -> bool:
    """Whether arrays of these shapes, and no others, make a layer of this class."""
    arrays = [StoredArray("", "", shape, "") for shape in shapes]
    found = list(pieces(arrays, per_gate=False)) if arrays else []
    return len(found) == 1 and found[0].class_name == class_name


def _fused(rest: Sequence[StoredArray]) -> Piece | None:
    """Return the cell whose kernel and recurrent kernel come first, with its bias when it follows."""
    if len(rest) < 2 or len(rest[0].shape) != 2 or len(rest[1].shape) != 2:
        return None
    (features, width), (units, wide) = rest[0].shape, rest[1].shape
    gates = wide // units if units else 0
    if width != wide or gates * units != wide or gates not in CLASSES:
        return None
    class_name, written = CLASSES[gates], ""
    config: dict[str, Any] = {"units": units, "use_bias": False}
    count = 2
    bias = rest[2].shape if len(rest) > 2 else ()
    if (
        bias == (wide,)
        or (gates > 1 and bias == (2 * wide,))
        or (gates == 3 and bias == (2, wide) and not _pairs(rest))
    ):
        count, config["use_bias"] = 3, True
        if gates == 3:
            config["reset_after"] = bias != (wide,)
        if bias == (2 * wide,):
            written = f"CuDNN{class_name}"
            config |= {"activation": "tanh", "recurrent_activation": "sigmoid"}
    return Piece(class_name, config, list(rest[:count]), features, units, written or class_name)


def _pictures(rest: Sequence[StoredArray]) -> Piece | None:
    """Return the ConvLSTM whose kernel and recurrent kernel come first: pictures' axes, channels, filters."""
    shapes = [array.shape for array in rest[:3]]
    if len(shapes) < 2 or len(shapes[0]) not in (3, 4, 5) or len(shapes[0]) != len(shapes[1]):
        return None
    *size, filters, wide = shapes[1]
    if not filters or wide != 4 * filters or shapes[0][-1] != wide or list(shapes[0][:-2]) != size:
        return None
    count = 3 if shapes[2:] == [(wide,)] else 2
    config = {"filters": filters, "kernel_size": size, "use_bias": count == 3}
    name = f"ConvLSTM{len(size)}D"
    return Piece(name, config, list(rest[:count]), shapes[0][-2], None, name)


def _pairs(rest: Sequence[StoredArray]) -> bool:
    """Whether arrays of one shape are kernels and recurrent kernels in turn: an even number, and not of three."""
    return len({array.shape for array in rest}) == 1 and len(rest) % 2 == 0 and len(rest) % 3 != 0


def _per_gate(rest: Sequence[StoredArray]) -> Piece | None:
    """Return Keras 1's LSTM (12 arrays) or GRU (9): W, U and b of each gate apart."""
    for gates in (4, 3):
        shapes = [array.shape for array in rest[: 3 * gates]]
        if len(shapes) < 3 * gates or len(shapes[0]) != 2:
            continue
        features, units = shapes[0]
        if shapes == [(features, units), (units, units), (units,)] * gates:
            config = {"units": units, "use_bias": True, "reset_after": False}
            return Piece(CLASSES[gates], config, list(rest[: 3 * gates]), features, units, CLASSES[gates])
    return None


def _around(rest: Sequence[StoredArray]) -> Piece:
    """Return the feed-forward layer that comes first; one that is none of the usual keeps all that is left."""
    shapes = [array.shape for array in rest]
    first = shapes[0]
    if len(first) in (2, 3, 4) and shapes[1:2] == [first[-1:]]:
        if len(first) == 2:
            return Piece("Dense", {"units": first[1]}, list(rest[:2]), first[0], first[1], "Dense")
        size, config = list(first[:-2]), {"filters": first[-1], "padding": "same"}
        name = f"Conv{len(size)}D"
        return Piece(name, {**config, "kernel_size": size}, list(rest[:2]), first[-2], first[-1], name)
    if len(first) == 1 and len(shapes) >= 4 and shapes[:4] == [first] * 4:
        return Piece("BatchNormalization", {}, list(rest[:4]), first[0], first[0], "BatchNormalization")
    if len(first) == 1 and shapes[1:2] == [first]:
        return Piece("LayerNormalization", {}, list(rest[:2]), first[0], first[0], "LayerNormalization")
    if len(first) == 2 and len(shapes) == 1:
        if first[0] > first[1]:
            config = {"input_dim": first[0], "output_dim": first[1]}
            return Piece("Embedding", config, list(rest), None, first[1], "Embedding")
        return Piece("Dense", {"units": first[1], "use_bias": False}, list(rest), first[0], first[1], "Dense")
    return Piece("", {}, list(rest))
