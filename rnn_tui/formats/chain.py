"""The order of layers whose file lists them by name: one in which each reads as wide as the one before returns."""

from __future__ import annotations

from rnn_tui.formats.shapes import Piece

Named = tuple[str, Piece]
MOST_TRIES = 20_000


def chained(found: list[Named]) -> list[Named]:
    """Return the layers in an order whose widths meet; as they came, when there is none."""
    tries = MOST_TRIES

    def search(done: list[Named], rest: list[Named]) -> list[Named] | None:
        nonlocal tries
        tries -= 1
        if not rest or tries < 0:
            return done if not rest else None
        for k, (name, piece) in enumerate(rest):
            if not done or piece.reads == done[-1][1].returns:
                whole = search([*done, (name, piece)], rest[:k] + rest[k + 1 :])
                if whole is not None:
                    return whole
        return None

    starts = sorted(found, key=_first)
    return search([], starts) or found


def ambiguous(order: list[Named]) -> bool:
    """Whether another order fits the widths as well; layers of one class keep their numbers' order in both."""
    tries = MOST_TRIES

    def count(last: Piece | None, rest: list[Named]) -> int:
        nonlocal tries
        tries -= 1
        if not rest or tries < 0:
            return 1 if not rest else 0
        total = 0
        classes: set[str] = set()
        for k, (name, piece) in enumerate(rest):
            stem = _stem(name)
            if stem in classes:
                continue
            classes.add(stem)
            if last is None or (piece.reads is not None and piece.reads == last.returns):
                total += count(piece, rest[:k] + rest[k + 1 :])
            if total > 1:
                break
        return total

    return count(None, order) > 1


def _stem(name: str) -> str:
    stem, _, tail = name.rpartition("_")
    return stem if tail.isdecimal() else name


def _first(named: Named) -> tuple[bool, bool, str, int]:
    """Embeddings come first and Dense layers last; layers of one class keep their numbers' order."""
    name, piece = named
    stem, _, tail = name.rpartition("_")
    numbered = tail.isdecimal()
    return (
        piece.class_name != "Embedding",
        piece.class_name == "Dense",
        stem if numbered else name,
        int(tail) if numbered else 0,
    )
