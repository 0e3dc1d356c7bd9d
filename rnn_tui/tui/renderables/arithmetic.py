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
from rich.color import Color
from rich.segment import Segment
from rich.style import Style

from rnn_tui.analysis.shown_sum import CHANNELS, ROUNDING, shown_sum
from rnn_tui.analysis.step_parts import GateSum, Symbol, Term, UnitStep
from rnn_tui.engine.cells.kinds import symbol
from rnn_tui.tui.renderables.bars import bar, signed_bar
from rnn_tui.tui.renderables.braille_plot import plot
from rnn_tui.tui.renderables.colormaps import BERLIN, VIK, blend, colours_of
from rnn_tui.tui.renderables.numbers import short
from rnn_tui.tui.renderables.palette import Look, ink

Line = list[Segment]

GAP = 2
EXACT_FROM = 52
"""The narrowest column that has room for the factors as they are stored."""

FACTORS_FROM = 34
MOST_TERMS = 20
TALLEST_CURVE = 12
OTHER_LINES = 5
"""Lines of a column beside the summands and the curve."""
LEAST = 6
"""Lines below which there is no room for the sums."""
BAR_SHARE = 0.4
"""How much of a bar's colour is in the ground of a summand."""
LAST_DIGIT = "rounding of the digits"
"""The name of the line that makes rounded summands add up, where there is room
to say it.
"""
SUMMED = "∗"
"""The sign in the label of a summand that is a sum itself."""
INDENT = 2
"""Cells before and behind the parts of a summand."""
BETWEEN = 6
"""Cells between two equations."""


class Precision(NamedTuple):
    """Digits after the point: how many are shown, and how many there is room
    for, so that nothing moves.
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
    """Return the page: all gates side by side, or one alone, and the equations
    under them.
    """
    equations = equation_lines(step.equations, look, width, digits)
    chosen = [found for found in step.gates if found.name == gate]
    gates = chosen or list(step.gates)
    room = height - len(equations) - 1
    if not columns_fit(len(gates), width) or room < LEAST:
        lines = summary(step, look, width, room + 1, digits)
        return [*lines, *equations][:height]

    gaps = GAP * (len(gates) - 1)
    each = (width - gaps) // len(gates)
    most = max(_summands(found) for found in gates)
    columns = [column(found, look, each, room, digits, most) for found in gates]
    # columns of different heights end with the shortest
    rows = zip(*columns, strict=False)
    lines = [_side_by_side(parts, look) for parts in rows]
    page = [*lines, [_blank(look)], *equations]

    return page[:height]


def _summands(gate: GateSum) -> int:
    """Return how many lines a gate's summands take at most."""
    parts = sum(len(term.parts) for term in gate.terms)
    lines = min(len(gate.terms), MOST_TERMS) + min(parts, MOST_TERMS)

    return lines + len(gate.biases)


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
    gate: GateSum,
    look: Look,
    width: int,
    height: int,
    digits: Precision,
    most: int,
) -> list[Line]:
    """Return one gate from its summands down to its value, in `height` lines at
    most.
    """
    terms, curve_height = _shares(gate, height, most)
    digits_fit = max(2, width - 14)
    decimals = digits.within(digits_fit)
    summed = shown_sum(gate, terms, decimals.shown)
    free = terms - summed.height
    name = symbol(gate.name, plain=look.ascii)
    before = f"pre {name}"
    total = _number(summed.total, decimals)
    value = _number(gate.value, decimals)
    how = f"{name} = {gate.activation}"
    if gate.set_to:
        how = f"{name} {gate.set_to}"
    elif width >= FACTORS_FROM:
        how += f"({before})"

    blank = [_blank(look, width)]
    stroke = "─"
    if look.ascii:
        stroke = "-"

    rule = Segment(stroke * width, ink(look.faint))

    return [
        _title(gate, look, width),
        *_terms(summed.lines, look, width, decimals),
        *[blank] * free,
        [rule],
        _named(before, total, look, width, bold=True),
        *curve(gate, look, width, curve_height),
        _named(how, value, look, width, bold=True, accent=True),
        _bar(gate, look, width),
    ]


def _shares(gate: GateSum, height: int, most: int) -> tuple[int, int]:
    """Return the lines of a gate's summands and of its curve: none where the
    function isn't of one number.
    """
    if not getattr(gate.function, "elementwise", True):
        return max(1, min(most + 2, height - OTHER_LINES)), 0

    curve_height = min(7, max(0, (height - 6) // 3))
    terms = max(1, min(most + 2, height - curve_height - OTHER_LINES))
    if curve_height:
        left = height - terms - OTHER_LINES
        curve_height = max(curve_height, min(TALLEST_CURVE, left))

    return terms, curve_height


def _title(gate: GateSum, look: Look, width: int) -> Line:
    name = symbol(gate.name, plain=look.ascii)
    meaning = gate.meaning.partition(":")[0]
    room = max(0, width - cell_len(name))
    words = set_cell_size(f"  {meaning}", room)

    return [
        Segment(name, ink(look.accent, bold=True)),
        Segment(words, ink(look.muted)),
    ]


def _number(value: float, decimals: Precision) -> str:
    """Return a number with its digits, the room for those not shown left
    free.
    """
    text = f"{value:.{decimals.shown}f}"
    if not float(text):
        text = text.lstrip("-")

    free = decimals.field - decimals.shown

    return text.replace("-", "−") + " " * free


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


def _terms(
    terms: Sequence[Term],
    look: Look,
    width: int,
    decimals: Precision,
) -> list[Line]:
    """Return the summands, each on a bar as long as its share of the largest;
    the bar's colour tells the sign.
    """
    largest = max((abs(term.value) for term in terms), default=0.0)
    lines = []
    for term in terms:
        line = _term(term, look, width, decimals)
        if look.half and largest and np.isfinite(term.value):
            length = round(abs(term.value) / largest * width)
            line = _on_bar(line, length, term.value < 0, look)

        lines.append(line)
        lines += [_part(part, look, width, decimals) for part in term.parts]

    return lines


def _part(part: Term, look: Look, width: int, decimals: Precision) -> Line:
    """Return a part of a summand: its number is left of the summands' own, so
    that each column of numbers is one sum.
    """
    indent = min(INDENT, width // 16)
    inner = width - 2 * indent
    before = _blank(look, indent)
    line = _term(_fitting(part, inner, decimals), look, inner, decimals)
    faint = [Segment(text, ink(look.muted)) for text, _, _ in line]

    return [before, *faint, before]


def _fitting(part: Term, width: int, decimals: Precision) -> Term:
    """Return a product with its input alone, `x[3,4,0]`, where there is no room
    for the name of its weight; without the channel, which is the same for all
    parts of a summand, where there is none for that either.
    """
    room = width - cell_len(_number(part.value, decimals)) - 1
    read, times, _ = part.label.partition(" × ")
    # without the blanks around its sign
    if not times or cell_len(part.label) - 2 <= room:
        return part
    if cell_len(read) <= room:
        return part._replace(label=read)

    return part._replace(label=f"{read.rpartition(',')[0]}]")


def _on_bar(line: Line, length: int, negative: bool, look: Look) -> Line:
    """Return a line whose first `length` cells have the ground of a bar."""
    colours = colours_of(BERLIN if look.dark else VIK)
    colour = colours[4 if negative else -5]
    tint = blend(colour, look.background, BAR_SHARE)
    bar_style = Style(bgcolor=Color.from_rgb(*tint))
    before, after = Segment.divide(line, [length, _cells(line)])
    tinted = [
        Segment(text, (style or Style()) + bar_style)
        for text, style, _ in before
    ]

    return [*tinted, *after]


def _cells(line: Line) -> int:
    return sum(cell_len(segment.text) for segment in line)


def _term(term: Term, look: Look, width: int, decimals: Precision) -> Line:
    """A summand: its name, its factors where there is room, its value."""
    number = _number(term.value, decimals)
    close = term.label.replace(" × ", "·").replace(" ∗ ", "∗")
    close = close.removesuffix(CHANNELS)
    label = close
    if width >= 24:
        label = term.label

    if term.label == ROUNDING and width >= 34:
        label = LAST_DIGIT

    number_room = max(cell_len(number), decimals.field + 3)
    room = max(0, width - number_room - 2)
    for factors in _factors(term, width):
        free = room - cell_len(factors) - 1
        fitting = [one for one in (label, close) if cell_len(one) <= free]
        if fitting:
            left = f"{fitting[0]} "
            break
    else:
        room = max(0, width - cell_len(number) - 1)
        factors = ""
        if cell_len(label) > room:
            label = close

        left = _whole(label, room)

    middle = factors.rjust(room - cell_len(left))
    number = number.rjust(max(0, width - room - 1))
    if term.factors or SUMMED in term.label:
        colour = look.foreground
    elif term.label == ROUNDING:
        colour = look.faint
    else:
        colour = look.muted

    factors_colour = look.muted
    if width < EXACT_FROM:
        factors_colour = look.faint

    return [
        Segment(left, ink(look.muted)),
        Segment(middle, ink(factors_colour)),
        Segment(f" {number}"[:width], ink(colour)),
    ]


def _factors(term: Term, width: int) -> list[str]:
    """Return a summand's factors as they may be written, the most exact first;
    none where there is no room for any.
    """
    if len(term.factors) < 2 or width < FACTORS_FROM:
        return []

    if width >= EXACT_FROM:
        writers = [_stored]
    else:
        writers = []

    writers += [short, partial(short, digits=2)]

    return [
        " × ".join(write(factor) for factor in term.factors)
        for write in writers
    ]


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
    """Return the activation's curve around zero with the point it was asked
    for.
    """
    if height < 2:
        return []

    limit = _curve_limit(gate)
    if not np.isfinite(limit):
        return [[_blank(look, width)] for _ in range(height)]

    x = np.linspace(-limit, limit, width * 2, dtype=np.float32)
    y = np.asarray(gate.function(x), dtype=np.float64)
    low, high = _range(y)
    has_axis = height > 4
    if has_axis:
        height -= 1

    drawn = plot([y], width, height, low, high, ascii_only=look.ascii)
    from_left = (gate.total + limit) / (2 * limit)
    column = int(from_left * width)
    at = min(width - 1, column)

    span = (high - low) or 1.0
    from_top = (high - gate.value) / span
    row = int(from_top * (height - 1) + 0.5)
    level = min(height - 1, max(0, row))

    faint = ink(look.faint)
    lines = [[Segment(text, faint)] for text in drawn.rows]
    lines[level] = _with_point(drawn.rows[level], at, look)
    if has_axis:
        lines.append([Segment(_axis(limit, width), faint)])

    return [[segment for segment in line if segment.text] for line in lines]


def _curve_limit(gate: GateSum) -> float:
    """Return the pre-activation at which the curve ends on both sides: beyond
    the gate's own.
    """
    usual = 3.0
    if gate.share:
        usual = 6.0

    return max(usual, abs(gate.total) * 1.1)


def _with_point(text: str, at: int, look: Look) -> Line:
    """Return a line of a curve with the point at cell `at`."""
    faint = ink(look.faint)
    mark = "@" if look.ascii else "●"

    return [
        Segment(text[:at], faint),
        Segment(mark, ink(look.accent, bold=True)),
        Segment(text[at + 1 :], faint),
    ]


def _axis(limit: float, width: int) -> str:
    """Return the numbers under a curve: both ends, and zero in the middle."""
    end = f"{limit:.3g}"
    left = f"−{end}".ljust(width // 2)
    right = end.rjust(width - len(left) - 1)

    return f"{left}0{right}"


def _range(y: NDArray[Any]) -> tuple[float, float]:
    finite = y[np.isfinite(y)]
    if not finite.size:
        return 0.0, 1.0

    return float(finite.min()), float(finite.max())


def _bar(gate: GateSum, look: Look, width: int) -> Line:
    if gate.share:
        return [
            Segment(
                bar(gate.value, width, ascii_only=look.ascii),
                ink(look.muted),
            )
        ]

    left, right = signed_bar(gate.value, width - 1, ascii_only=look.ascii)
    middle = "|" if look.ascii else "│"

    return [
        Segment(left, ink(look.muted)),
        Segment(middle, ink(look.faint)),
        Segment(right, ink(look.muted)),
    ]


def summary(
    step: UnitStep,
    look: Look,
    width: int,
    height: int,
    digits: Precision,
) -> list[Line]:
    """Return one line a gate, where there is no room for the sums: the
    pre-activation and the value.
    """
    decimals = digits.within(max(2, (width - 18) // 4))
    lines = []
    for gate in step.gates:
        name = symbol(gate.name, plain=look.ascii)
        made = f" {gate.activation}({_number(gate.total, decimals)})"
        if gate.set_to:
            made = f" {gate.set_to}"

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
    equations: Sequence[Sequence[Symbol]],
    look: Look,
    width: int,
    digits: Precision,
) -> list[Line]:
    """Return the equations, symbols above and numbers below, side by side where
    they fit.
    """
    for most in range(digits.field, 1, -1):
        pairs = [
            _equation(equation, look, digits.within(most))
            for equation in equations
        ]
        wide = [
            sum(cell_len(segment.text) for segment in numbers)
            for _, numbers in pairs
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
    equation: Sequence[Symbol],
    look: Look,
    decimals: Precision,
) -> tuple[Line, Line]:
    above: Line = []
    below: Line = []
    for place, (text, value) in enumerate(equation):
        if look.ascii:
            shown = (
                text.replace("c̃", "c~").replace("h̃", "h~").replace("₋₁", "'")
            )
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
                " " * (size - cell_len(shown)) + shown,
                ink(look.muted, bold=not place),
            )
        )
        below.append(Segment(number.rjust(size), style))

    return above, below
