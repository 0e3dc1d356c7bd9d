"""The lines of the Step view: the arithmetic of a unit, and above it the lines
about its pixel and about a timestep that wasn't read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.segment import Segment

from rnn_tui.tui.renderables.arithmetic import Precision, board
from rnn_tui.tui.renderables.lanes import message, messages
from rnn_tui.tui.renderables.numbers import MOVING, STILL
from rnn_tui.tui.renderables.palette import Look, ink
from rnn_tui.tui.renderables.pixel_line import pixel_line
from rnn_tui.tui.text.nothing import why_nothing

if TYPE_CHECKING:
    from rnn_tui.analysis.step_parts import UnitStep
    from rnn_tui.tui.session.session import Session
    from rnn_tui.tui.widgets.drawn import Line

NO_EQUATIONS = (
    "The table of cell kinds has no equations for this cell, so that no sum "
    "of a unit can be shown. See States."
)
HELD = (
    "t {} is masked: it was not read, and the state was held as it stood "
    "before."
)


def step_lines(
    session: Session,
    step: UnitStep | None,
    look: Look,
    size: tuple[int, int],
    *,
    playing: bool,
    gate: str,
) -> list[Line]:
    """Return the page of a unit's arithmetic in so many cells and lines, of one
    `gate` alone where one is named; why there is none where there is none.
    """
    width, height = size
    if session.cell is None:
        return messages(why_nothing(session), look, width)
    if step is None:
        return messages(NO_EQUATIONS, look, width)

    above = _above(session, step, look, width)
    digits = Precision(MOVING if playing else STILL, STILL)
    room = height - len(above)

    return [*above, *board(step, look, width, room, digits, gate or None)]


def _above(
    session: Session,
    step: UnitStep,
    look: Look,
    width: int,
) -> list[Line]:
    """Return the lines above the arithmetic, where there is something to say
    of it.
    """
    above: list[Line] = []
    if step.skipped:
        above.append([Segment(HELD.format(step.t), ink(look.accent))])

    if step.pixel is not None:
        no_pixel = session.cursor.pixel < 0
        above.append(pixel_line(step.pixel, look, width, no_pixel))

    if above:
        above.append(message("", look))

    return above
