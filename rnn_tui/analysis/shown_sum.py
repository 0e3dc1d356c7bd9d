"""A gate's sum in so many lines that add up to its total digit by digit: the
largest summands, the others as one line, the biases.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from rnn_tui.analysis.step_parts import GateSum, Term, summed

ROUNDING = "rounding"
"""The label of the line that the last digits need."""
CHANNELS = " channels"
"""The end of the label of the line of the sums that don't fit."""
SET = "set"
"""The label of the line that leads to a total that was set."""
LEAST_PARTS, USUAL_PARTS = 3, 5
"""Lines from which on a summand's parts are shown (one, the rest of them, the
rounding), and those from which on the parts of another one are.
"""


class ShownSum(NamedTuple):
    """A sum as it is written: lines of (label, factors, rounded value) that add
    up to `total` digit by digit. The parts of a line, where it has any, are
    lines that add up to it.
    """

    lines: tuple[Term, ...]
    total: float

    @property
    def height(self) -> int:
        """How many lines there are, those of the parts as well."""
        return sum(1 + len(line.parts) for line in self.lines)


def shown_sum(gate: GateSum, room: int, digits: int) -> ShownSum:
    """Return at most `room` lines that add up to the rounded total exactly,
    digit by digit.

    The largest terms come first, the sum of those that don't fit is one line
    (`12 more`), all that are zero are one line (`9 that are 0`), the biases
    last. Rounding each line, and the engine's float32, may leave the sum a
    digit off: that digit is a line that says `rounding`. Terms that are sums
    themselves have half of the room; their largest parts have the other half.
    """
    # a line is kept for the rounding
    free = max(0, room - len(gate.biases) - 1)
    of_terms = free
    if any(term.parts for term in gate.terms):
        of_terms = min(len(gate.terms), -(-free // 2))

    terms = _largest(gate.terms, of_terms, CHANNELS)
    total = round(gate.total, digits)
    lines = _adding_up(
        (*terms, *gate.biases),
        total,
        digits,
        _rest_label(gate),
    )
    with_parts = _with_parts(lines, gate.terms, free - len(terms), digits)

    return ShownSum(with_parts, total)


def _rest_label(gate: GateSum) -> str:
    """Return the label of the line from the terms to the total."""
    if f"pre_{gate.name}" in gate.is_set:
        return SET

    return ROUNDING


def _largest(
    terms: Sequence[Term],
    room: int,
    of_sums: str = "",
) -> list[Term]:
    """Return the first terms, which are the largest, in `room` lines, of which
    one is the sum of those that don't fit and one those that are zero.
    """
    others = [term for term in terms if term.value != 0]
    zeros = len(terms) - len(others)
    if zeros < 2:
        lines = list(terms)
    else:
        lines = [*others, Term(f"{zeros} that are 0", (), 0.0)]

    if len(lines) <= room:
        return lines

    shown = max(0, room - 1)
    rest = lines[shown:]
    words = f"{len(rest)} more"
    if any(term.parts for term in rest):
        words += of_sums

    together = Term(words, (), summed(rest))

    return [*lines[:shown], together]


def _adding_up(
    lines: Sequence[Term],
    total: float,
    digits: int,
    rest_label: str,
) -> tuple[Term, ...]:
    """Return lines with their values rounded, and one for the difference to a
    rounded total.
    """
    rounded = [
        Term(line.label, line.factors, round(line.value, digits))
        for line in lines
    ]
    rest = round(total - summed(rounded), digits)
    if rest:
        rounded.append(Term(rest_label, (), rest))

    return tuple(rounded)


def _with_parts(
    lines: Sequence[Term],
    terms: Sequence[Term],
    free: int,
    digits: int,
) -> tuple[Term, ...]:
    """Return lines with the parts of the first of them, the largest, below
    each, in `free` lines.
    """
    parts_of = {term.label: term.parts for term in terms if term.parts}
    closed = sum(line.label in parts_of for line in lines)
    found = []
    left = free
    for line in lines:
        if left < LEAST_PARTS or line.label not in parts_of:
            found.append(line)
            continue

        # they share the lines left, unless those are too few for all of them
        shared = max(1, min(closed, left // USUAL_PARTS))
        room = left // shared
        parts = _parts(parts_of[line.label], line.value, room, digits)
        found.append(line._replace(parts=parts))
        left -= len(parts)
        closed -= 1

    return tuple(found)


def _parts(
    parts: Sequence[Term],
    total: float,
    room: int,
    digits: int,
) -> tuple[Term, ...]:
    """Return lines that add up to a rounded total, `room` of them at most."""
    lines = _adding_up(_largest(parts, room), total, digits, ROUNDING)
    if len(lines) <= room:
        return lines

    # one less, for the rounding
    return _adding_up(_largest(parts, room - 1), total, digits, ROUNDING)
