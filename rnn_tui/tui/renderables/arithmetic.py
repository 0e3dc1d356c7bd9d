"""The Step view's page: a column of arithmetic for each gate, the curve of its
activation, the equations below.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from rich.cells import cell_len, set_cell_size
from rich.segment import Segment

from rnn_tui.analysis.step import ROUNDING, GateSum, Symbol, Term, UnitStep, shown_sum
from rnn_tui.engine.cells.kinds import symbol
from rnn_tui.tui.renderables.bars import bar, signed_bar
from rnn_tui.tui.renderables.braille_plot import plot
from rnn_tui.tui.renderables.numbers import short
from rnn_tui.tui.renderables.palette import Look, ink

Line = list[Segment]

GAP = 2
EXACT_FROM = 52
"""The narrowest column that has room for the factors as they are stored."""

FACTORS_FROM = 34
MOST_TERMS = 20
TALLEST_CURVE = 12
BETWEEN = 6
"""Cells between two equations."""


class Precision(NamedTuple):
    """Digits after the point: how many are shown, and how many there is room for, so
    that nothing moves.
    """

    shown: int
    field: int

    def within(self, most: int) -> Precision:
        """Return the same with `most` digits at most."""
        return Precision(min(self.shown, most), min(self.field, most))


def columns_fit(count: int, width: int) -> bool:
    """Say whether all gates fit side by side, each wide enough to be read."""
    return width >= count * 17 + (count - 1) * GAP


def board(
    step: UnitStep,
    look: Look,
    width: int,
    height: int,
    digits: Precision,
    gate: str | None = None,
) -> list[Line]:
    """Return the page: all gates side by side, or one alone, and the equations under
    them.
    """
    equations = equation_lines(step.equations, look, width, digits)
    gates = [found for found in step.gates if found.name == gate] or list(step.gates)
    if not columns_fit(len(gates), width) or height - len(equations) < 7:
        return [
            *summary(step, look, width, height - len(equations), digits),
            *equations,
        ][:height]

    room = height - len(equations) - 1
    each = (width - GAP * (len(gates) - 1)) // len(gates)
    most = max(min(len(found.terms), MOST_TERMS) + len(found.biases) for found in gates)
    drawn = [column(found, look, each, room, digits, most) for found in gates]
    lines = [
        _side_by_side([lines[y] for lines in drawn], look)
        for y in range(min(map(len, drawn)))
    ]

    return [*lines, [_blank(look)], *equations][:height]


def _blank(look: Look, cells: int = 1) -> Segment:
    return Segment(" " * cells, ink(look.muted))


def _side_by_side(parts: Sequence[Line], look: Look) -> Line:
    line: Line = []
    for part in parts:
        if line:
            line += [_blank(look, GAP), *part]
        else:
            line += part

    return line


def column(
    gate: GateSum, look: Look, width: int, height: int, digits: Precision, most: int
) -> list[Line]:
    """Return one gate from its summands down to its value, in `height` lines at
    most.
    """
    if getattr(gate.function, "elementwise", True):
        curve_height = min(7, max(0, (height - 6) // 3))
    else:
        curve_height = 0

    terms = max(1, min(most + 2, height - curve_height - 5))
    if curve_height:
        curve_height = max(curve_height, min(TALLEST_CURVE, height - terms - 5))

    decimals = digits.within(max(2, width - 14))
    summed = shown_sum(gate, terms, decimals.shown)
    lines = [_title(gate, look, width)]
    lines += [_term(term, look, width, decimals) for term in summed.lines]
    lines += [[_blank(look, width)] for _ in range(terms - len(summed.lines))]
    lines.append([Segment(("-" if look.ascii else "─") * width, ink(look.faint))])
    name = f"pre {symbol(gate.name, plain=look.ascii)}"
    lines.append(_named(name, _number(summed.total, decimals), look, width, bold=True))
    lines += curve(gate, look, width, curve_height)
    how = f"{symbol(gate.name, plain=look.ascii)} = {gate.activation}"
    if width >= FACTORS_FROM:
        how += f"({name})"

    lines.append(
        _named(how, _number(gate.value, decimals), look, width, bold=True, accent=True)
    )
    lines.append(_bar(gate, look, width))

    return lines


def _title(gate: GateSum, look: Look, width: int) -> Line:
    name = symbol(gate.name, plain=look.ascii)
    meaning = gate.meaning.partition(":")[0]
    words = set_cell_size(f"  {meaning}", max(0, width - cell_len(name)))

    return [Segment(name, ink(look.accent, bold=True)), Segment(words, ink(look.muted))]


def _number(value: float, decimals: Precision) -> str:
    """Return a number with its digits, the room for those not shown left free."""
    text = f"{value:.{decimals.shown}f}"
    text = (text.lstrip("-") if not float(text) else text).replace("-", "−")

    return text + " " * (decimals.field - decimals.shown)


def _named(
    name: str,
    number: str,
    look: Look,
    width: int,
    *,
    bold: bool = False,
    accent: bool = False,
) -> Line:
    room = max(0, width - cell_len(number) - 1)
    style = ink(look.accent if accent else look.foreground, bold=bold)
    return [
        Segment(set_cell_size(name, room), ink(look.muted)),
        Segment(f" {number}"[:width], style),
    ]


def _term(term: Term, look: Look, width: int, decimals: Precision) -> Line:
    """A summand: what it is, its factors where there is room, its value."""
    number = _number(term.value, decimals)
    close = term.label.replace(" × ", "·")
    label = term.label if width >= 24 else close
    room = max(0, width - max(cell_len(number), decimals.field + 3) - 2)
    for factors in _factors(term, width):
        left = next(
            (
                f"{one} "
                for one in (label, close)
                if cell_len(one) + 1 + cell_len(factors) <= room
            ),
            "",
        )
        if left:
            break
    else:
        room = max(0, width - cell_len(number) - 1)
        factors = ""
        left = _whole(label if cell_len(label) <= room else close, room)

    middle = factors.rjust(room - cell_len(left))
    number = number.rjust(max(0, width - room - 1))
    if term.factors:
        colour = look.foreground
    elif term.label == ROUNDING:
        colour = look.faint
    else:
        colour = look.muted

    return [
        Segment(left, ink(look.muted)),
        Segment(middle, ink(look.faint if width < EXACT_FROM else look.muted)),
        Segment(f" {number}"[:width], ink(colour)),
    ]


def _factors(term: Term, width: int) -> list[str]:
    """Return a summand's factors as they may be written, the most exact first; none
    where there is no room for any.
    """
    if len(term.factors) < 2 or width < FACTORS_FROM:
        return []

    if width >= EXACT_FROM:
        writers = [_stored]
    else:
        writers = []

    writers += [short, partial(short, digits=2)]

    return [" × ".join(write(factor) for factor in term.factors) for write in writers]


def _whole(label: str, room: int) -> str:
    """Return a label that fills its room, with a sign where it is cut."""
    if cell_len(label) > room:
        cut = f"{set_cell_size(label, max(room - 1, 0))}…"
    else:
        cut = label

    return set_cell_size(cut, room)


def _stored(value: float) -> str:
    """Return a float32 in the fewest digits that mean just it."""
    if 1e-4 <= abs(value) < 1e7:
        text = np.format_float_positional(np.float32(value), trim="-")
    else:
        text = f"{value:.8g}"

    return text.replace("-", "−")


def curve(gate: GateSum, look: Look, width: int, height: int) -> list[Line]:
    """Return the activation's curve around zero with the point it was asked for."""
    if height < 2:
        return []

    limit = max(6.0 if gate.share else 3.0, abs(gate.total) * 1.1)
    if not np.isfinite(limit):
        return [[_blank(look, width)] for _ in range(height)]

    x = np.linspace(-limit, limit, width * 2, dtype=np.float32)
    y = np.asarray(gate.function(x), dtype=np.float64)
    low, high = _range(y)
    scaled = height > 4
    height -= scaled  # a line for the axis
    drawn = plot([y], width, height, low, high, ascii_only=look.ascii)
    at = min(width - 1, int((gate.total + limit) / (2 * limit) * width))
    row = min(
        height - 1,
        max(0, int((high - gate.value) / ((high - low) or 1.0) * (height - 1) + 0.5)),
    )
    mark = "@" if look.ascii else "●"
    lines = []
    for number, text in enumerate(drawn.rows):
        if number == row:
            dot = Segment(mark, ink(look.accent, bold=True))
            lines.append(
                [
                    Segment(text[:at], ink(look.faint)),
                    dot,
                    Segment(text[at + 1 :], ink(look.faint)),
                ]
            )
        else:
            lines.append([Segment(text, ink(look.faint))])

    if scaled:
        end = f"{limit:.3g}"
        left = f"−{end}".ljust(width // 2)
        lines.append(
            [Segment(left + "0" + end.rjust(width - len(left) - 1), ink(look.faint))]
        )

    return [[segment for segment in line if segment.text] for line in lines]


def _range(y: NDArray[Any]) -> tuple[float, float]:
    finite = y[np.isfinite(y)]
    if not finite.size:
        return 0.0, 1.0

    return float(finite.min()), float(finite.max())


def _bar(gate: GateSum, look: Look, width: int) -> Line:
    if gate.share:
        return [Segment(bar(gate.value, width, ascii_only=look.ascii), ink(look.muted))]

    left, right = signed_bar(gate.value, width - 1, ascii_only=look.ascii)
    middle = "|" if look.ascii else "│"

    return [
        Segment(left, ink(look.muted)),
        Segment(middle, ink(look.faint)),
        Segment(right, ink(look.muted)),
    ]


def summary(
    step: UnitStep, look: Look, width: int, height: int, digits: Precision
) -> list[Line]:
    """Return one line a gate, where there is no room for the sums: what goes in, what
    comes out.
    """
    decimals = digits.within(max(2, (width - 18) // 4))
    lines = []
    for gate in step.gates:
        name = symbol(gate.name, plain=look.ascii)
        made = f" {gate.activation}({_number(gate.total, decimals)})"
        value = _number(gate.value, decimals)
        room = max(0, width - cell_len(name) - cell_len(value) - 1)
        lines.append(
            [
                Segment(name, ink(look.accent, bold=True)),
                Segment(set_cell_size(made, room), ink(look.muted)),
                Segment(f" {value}", ink(look.foreground)),
            ]
        )

    return lines[: max(0, height)]


def equation_lines(
    equations: Sequence[Sequence[Symbol]], look: Look, width: int, digits: Precision
) -> list[Line]:
    """Return the equations, symbols above and numbers below, side by side where they
    fit.
    """
    for most in range(digits.field, 1, -1):
        pairs = [
            _equation(equation, look, digits.within(most)) for equation in equations
        ]
        wide = [
            sum(cell_len(segment.text) for segment in numbers) for _, numbers in pairs
        ]
        if sum(wide) + BETWEEN * (len(wide) - 1) <= width:
            above: Line = []
            below: Line = []
            for symbols, numbers in pairs:
                if above:
                    above += [_blank(look, BETWEEN), *symbols]
                else:
                    above += symbols

                if below:
                    below += [_blank(look, BETWEEN), *numbers]
                else:
                    below += numbers

            return [above, below]

        if max(wide) <= width:
            break

    return [line for pair in pairs for line in pair]


def _equation(
    equation: Sequence[Symbol], look: Look, decimals: Precision
) -> tuple[Line, Line]:
    above: Line = []
    below: Line = []
    for place, (text, value) in enumerate(equation):
        if look.ascii:
            shown = text.replace("c̃", "c~").replace("h̃", "h~").replace("₋₁", "'")
        else:
            shown = text

        if value is None:
            above.append(Segment(f" {shown} ", ink(look.faint)))
            below.append(Segment(f" {shown} ", ink(look.faint)))
            continue

        number = _number(value, decimals)
        size = max(cell_len(shown), decimals.field + 3, cell_len(number))
        if not place:
            style = ink(look.accent, bold=True)
        else:
            style = ink(look.foreground)

        above.append(
            Segment(
                " " * (size - cell_len(shown)) + shown, ink(look.muted, bold=not place)
            )
        )
        below.append(Segment(number.rjust(size), style))

    return above, below
