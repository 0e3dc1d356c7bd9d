"""The order of layers whose file lists them by class: one in which each reads
as wide as the one before returns.

Where several orders fit, the order in which the file was written decides, and
otherwise the usual order of models: embeddings first, then recurrent layers,
Dense layers last. Layers of one class keep their numbers' order always.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from rnn_tui.formats.architecture.class_words import stem
from rnn_tui.formats.weights.classify import Piece
from rnn_tui.formats.weights_only.widths import Flow, ends_time
from rnn_tui.formats.wire.natural_order import natural

MOST_TRIES = 5_000
MOST_SEARCHED = 100
"""Layers among which an order is searched; a file with more keeps its own."""

FIRST = (
    "InputLayer",
    "Embedding",
    "Masking",
    "Normalization",
    "TextVectorization",
)
LAST = ("Activation", "Softmax")
HEADS = ("Dense", "TimeDistributed", "TimeDistributedDense")


def in_order(found: Sequence[Piece]) -> tuple[list[Piece], bool]:
    """Return the layers in the order that is likeliest, and whether another one
    fits the widths as well.
    """
    usual = sorted(found, key=_usual_place)
    as_written = _as_written(usual)
    if as_written is not None and _meets(as_written):
        return as_written, _another_fits(as_written)

    reading = [
        piece for piece in as_written or usual if piece.arrays or piece.inner
    ]
    order = None
    if len(found) <= 10 * MOST_SEARCHED:
        order = _search(reading)

    if order is None:
        return as_written or usual, True

    others = [
        piece
        for piece in as_written or usual
        if not piece.arrays and not piece.inner
    ]

    return _with_others(order, others, as_written or usual), _another_fits(
        order
    )


def _as_written(usual: Sequence[Piece]) -> list[Piece] | None:
    """Return the layers as the file was written, None where it doesn't say or
    contradicts the numbers of a class.
    """
    if not all(piece.address for piece in usual):
        return None

    order = sorted(usual, key=lambda piece: piece.address)
    last: dict[str, list[tuple[int, str]]] = {}
    for piece in order:
        number = natural(piece.name)
        before = last.setdefault(stem(piece.name), number)
        if number < before:
            return None

        last[stem(piece.name)] = number

    return order


def _usual_place(piece: Piece) -> tuple[int, str, list[tuple[int, str]]]:
    """Return where a layer usually is: its place in a model, then its name,
    then its number.
    """
    if piece.class_name in FIRST:
        place = FIRST.index(piece.class_name)
    elif piece.recurrent:
        place = 20
    elif ends_time(piece):
        place = 30
    elif piece.class_name in HEADS:
        place = 40
    elif piece.class_name in LAST:
        place = 50
    else:
        place = 10

    return place, stem(piece.name), natural(piece.name)


def _meets(order: Sequence[Piece]) -> bool:
    """Whether the layers make one chain in this order."""
    flow = Flow()
    for number, piece in enumerate(order):
        if not flow.takes(piece) or (
            number and piece.class_name == "Embedding"
        ):
            return False

        flow = flow.after(piece)

    return True


def _search(reading: Sequence[Piece]) -> list[Piece] | None:
    """Return the first order that makes one chain, layers tried as they are
    given, None where there is none.
    """
    first: list[Piece] | None = None

    def keep(order: list[Piece]) -> bool:
        nonlocal first
        first = order
        return True

    _walk(reading, keep)

    return first


def _another_fits(order: Sequence[Piece]) -> bool:
    """Whether more than one order of these layers makes a chain."""
    count = 0

    def enough(found: list[Piece]) -> bool:
        nonlocal count
        count += 1
        return count > 1

    _walk([piece for piece in order if piece.arrays or piece.inner], enough)

    return count > 1


def _walk(
    pieces: Sequence[Piece],
    found: Callable[[list[Piece]], bool],
) -> None:
    """Try orders one by one, each class's layers by number; `found` says
    whether one is enough.
    """
    left = {id(piece): piece for piece in pieces}
    queues: dict[str, list[Piece]] = {}
    for piece in sorted(pieces, key=lambda piece: natural(piece.name)):
        queues.setdefault(stem(piece.name), []).append(piece)

    tries = MOST_TRIES
    done: list[Piece] = []

    def step(flow: Flow) -> bool:
        nonlocal tries
        tries -= 1
        if not left:
            return found(list(done))

        for piece in [*left.values()]:
            if tries < 0:
                return True

            queue = queues[stem(piece.name)]
            if (
                queue[0] is not piece
                or not flow.takes(piece)
                or (done and piece.class_name == "Embedding")
            ):
                continue

            queue.pop(0)
            del left[id(piece)]
            done.append(piece)
            if step(flow.after(piece)):
                return True

            done.pop()
            restore(piece)
            queue.insert(0, piece)

        return False

    def restore(piece: Piece) -> None:
        left[id(piece)] = piece
        ordered = [one for one in pieces if id(one) in left]
        left.clear()
        left.update({id(one): one for one in ordered})

    if len(pieces) <= MOST_SEARCHED:
        step(Flow())


def _with_others(
    order: Sequence[Piece],
    others: Sequence[Piece],
    guide: Sequence[Piece],
) -> list[Piece]:
    """Return the order with the layers without arrays in it, each behind those
    it is behind in `guide`.
    """
    places = {id(piece): number for number, piece in enumerate(guide)}
    found = list(order)
    for other in others:
        before = [
            number
            for number, piece in enumerate(found)
            if places[id(piece)] < places[id(other)]
        ]
        found.insert(max(before, default=-1) + 1, other)

    return found
