"""The distribution of one block of weights: bars on the range that all blocks
of the layer share.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.segment import Segment

from rnn_tui.tui.renderables.histogram import tall_bars
from rnn_tui.tui.renderables.numbers import short
from rnn_tui.tui.renderables.palette import Look, ink
from rnn_tui.tui.theme.palette import look_of
from rnn_tui.tui.widgets.drawn import Drawn, Line

if TYPE_CHECKING:
    from rnn_tui.tui.weights_page.statistics_job import Measured

AROUND = 2
"""Lines above and below the bars."""
FEWEST, MOST = 3, 24
"""Lines of the bars."""
WIDEST = 128
"""Cells of all bars together."""
EACH = 16
"""Values for each part of the range, from which on it isn't made larger."""
FEWEST_PARTS = 16


class Distribution(Drawn):
    """Draws the fine counts of a measured block."""

    def __init__(self) -> None:
        super().__init__(id="distribution")
        self._measured: Measured | None = None

    def show(self, measured: Measured) -> None:
        """Show another block."""
        self._measured = measured
        self._draw_measured()

    def on_resize(self) -> None:
        """Use the room there is now."""
        self._draw_measured()

    def _draw_measured(self) -> None:
        measured = self._measured
        if measured is None or not self.size.height:
            return

        height = min(self.size.height - AROUND, MOST)
        if height < FEWEST or not measured.fine_counts:
            self.draw([])
            return

        self.draw(distribution(measured, self.size.width, height, self._look()))

    def _look(self) -> Look:
        return look_of(self.app)


def distribution(
    measured: Measured,
    width: int,
    height: int,
    look: Look,
) -> list[Line]:
    """Return a heading, `height` lines of bars and their axis."""
    counts = joined(measured.fine_counts)
    each = max(1, min(WIDEST // len(counts), width // len(counts)))
    muted = ink(look.muted)
    block = measured.block
    name = f"{block.part.replace('_', ' ')} {block.gate}".rstrip()
    lines = [
        [
            Segment(name, ink(look.accent)),
            Segment(f"   {sum(counts):,} values by size", muted),
        ]
    ]
    for row in tall_bars(counts, height, ascii_only=look.ascii):
        text = "".join(glyph * each for glyph in row)
        lines.append([Segment(text, ink(look.foreground))])

    lines.append([Segment(_axis(measured, each * len(counts)), muted)])

    return lines


def joined(counts: Sequence[int]) -> list[int]:
    """Return the counts of fewer and larger parts where there are few values:
    in each of many parts would be one value or none.
    """
    together = 1
    while len(counts) // together > FEWEST_PARTS and sum(counts) < EACH * (
        len(counts) // together
    ):
        together *= 2

    starts = range(0, len(counts), together)

    return [sum(counts[start : start + together]) for start in starts]


def _axis(measured: Measured, width: int) -> str:
    """Return the ends of the range, and zero where it is inside."""
    low = short(measured.low)
    high = short(measured.high)
    text = low + high.rjust(width - len(low))
    if not measured.low < 0 < measured.high:
        return text

    share = -measured.low / (measured.high - measured.low)
    at = min(int(share * width), width - 1)
    if text[max(at - 1, 0) : at + 2].strip():
        return text

    return text[:at] + "0" + text[at + 1 :]
