"""The flow from layer to layer in a chain, as far as weights tell: how wide it
is and whether it is a sequence.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from rnn_tui.engine.layers.registry import schema
from rnn_tui.engine.layers.schema import (
    ENDED,
    FLAT,
    MADE,
    OTHER,
    UNDECLARED,
    UNKNOWN,
    Schema,
)
from rnn_tui.formats.weights.classify import Piece
from rnn_tui.formats.weights_only.assumed_settings import computed


def _schema(piece: Piece) -> Schema:
    """Return the declaration of a layer's class."""
    return schema(piece.class_name) or UNDECLARED


def reads_sequences(piece: Piece) -> bool:
    """Whether a layer can only read sequences; of somebody's own classes most
    work over time.
    """
    if piece.recurrent or _schema(piece).reads_time:
        return True
    if piece.class_name == "PReLU":
        return bool(piece.arrays) and len(piece.arrays[0].shape) == 2

    return piece.class_name == "?" and bool(piece.arrays)


def ends_time(piece: Piece) -> bool:
    """Return whether a layer makes a vector of a sequence."""
    return _schema(piece).time in (FLAT, ENDED)


@dataclass(frozen=True)
class Flow:
    """The array that the next layer reads: the `widths` it may have (none:
    unknown) and whether it is a sequence (None: either).

    With `multiple`, after a Flatten, it may be any multiple of a width.
    """

    widths: tuple[int, ...] = ()
    time: bool | None = None
    multiple: bool = False

    def takes(self, piece: Piece) -> bool:
        """Whether a layer can read it."""
        if self.time is False and reads_sequences(piece):
            return False
        if self.time is True and _schema(piece).time == MADE:
            return False
        if piece.reads is None or not self.widths:
            return True
        if self.multiple:
            return any(
                width and piece.reads % width == 0 for width in self.widths
            )

        return piece.reads in self.widths

    def after(self, piece: Piece) -> Flow:
        """Return the flow into the layer after `piece`."""
        if piece.recurrent:
            return Flow(_widths(piece), None)

        declared = _schema(piece)
        if declared.reads_ids:
            return Flow(_widths(piece), True)
        if hides(piece):
            return Flow()
        if declared.time == FLAT:
            return replace(self, time=False, multiple=self.time is not False)
        if declared.time == ENDED:
            return replace(self, time=False)
        if declared.time == MADE:
            return replace(self, time=True)

        time: bool | None
        if reads_sequences(piece):
            time = True
        else:
            time = self.time

        if piece.returns is None:
            return replace(self, time=time)

        return Flow(_widths(piece), time)


def in_chains(
    pieces: Sequence[Piece],
    returns_sequences: Callable[[Piece], bool] | None = None,
) -> list[list[Piece]]:
    """Return the layers in chains: a new one, with an input of its own, begins
    where a layer can't read the last one's outputs.

    `returns_sequences` tells it of a recurrent layer, where that is known.
    """
    chains: list[list[Piece]] = []
    flow = Flow()
    for piece in pieces:
        if (
            not chains
            or not flow.takes(piece)
            or piece.class_name == "Embedding"
        ):
            chains.append([])
            flow = Flow()

        chains[-1].append(piece)
        flow = flow.after(piece)
        if piece.recurrent and returns_sequences is not None:
            flow = replace(flow, time=returns_sequences(piece))

    return chains


def hides(piece: Piece) -> bool:
    """Whether the outputs of a layer are unknown."""
    if piece.recurrent:
        return False

    return (
        piece.why_not is not None
        or not computed(piece.class_name)
        or _schema(piece).time == UNKNOWN
    )


def _widths(piece: Piece) -> tuple[int, ...]:
    """Return the widths a layer may return: a Bidirectional's directions side
    by side, or merged into one.
    """
    if piece.returns is None:
        return ()

    if piece.class_name == "Bidirectional":
        sides = {inner.returns for inner in piece.inner}
    else:
        sides = set()

    if len(sides) == 1:
        merged = [width for width in sides if width is not None]
    else:
        merged = []

    return (piece.returns, *merged)


def returns_sequences(piece: Piece, later: Sequence[Piece]) -> bool:
    """Whether a recurrent layer with these layers after it must return
    sequences: one of them reads nothing else.
    """
    flow = Flow().after(piece)
    for number, other in enumerate(later):
        time = _schema(other).time
        if time == MADE:
            return False

        if time == FLAT:
            reader = next(
                (one for one in later[number + 1 :] if one.reads is not None),
                None,
            )
            return reader is None or reader.reads not in flow.widths

        if reads_sequences(other):
            return True

        flow = flow.after(other)

    return False


def merge_mode(piece: Piece, later: Sequence[Piece]) -> str:
    """Return how a Bidirectional merges its directions: side by side, unless
    the next width is one direction's.
    """
    flow = Flow().after(piece)
    for other in later:
        if other.reads is not None:
            one_way = [width for width in flow.widths if width != piece.returns]
            whole = (
                flow.multiple
                and piece.returns
                and other.reads % piece.returns == 0
            )
            if other.reads != piece.returns and not whole and one_way:
                return "sum"

            return "concat"

        flow = flow.after(other)
        if not flow.widths:
            break

    return "concat"


def timesteps_told(chain: Sequence[Piece]) -> int | None:
    """Return how many timesteps a chain reads where a layer after a Flatten
    tells it, None where none does.
    """
    flow = Flow()
    for number, piece in enumerate(chain):
        time = _schema(piece).time
        if time in (OTHER, MADE) or hides(piece):
            return None

        if time == FLAT:
            reader = next(
                (one for one in chain[number + 1 :] if one.reads is not None),
                None,
            )
            if (
                reader is None
                or reader.reads is None
                or len(flow.widths) != 1
                or flow.time is False
            ):
                return None

            (width,) = flow.widths
            if width:
                timesteps = reader.reads // width
            else:
                timesteps = 0

            return timesteps or None

        flow = flow.after(piece)

    return None
