"""The analyses of a cell that are known: the Units view's columns and the
States view's lines on the selected unit are made of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rnn_tui.tui.session.analyses import Refused, question_of

if TYPE_CHECKING:
    from rnn_tui.analysis.memory import CellMemory
    from rnn_tui.analysis.saturation import Saturation
    from rnn_tui.analysis.units import UnitStatistics
    from rnn_tui.tui.session.analyses import UnitsOff
    from rnn_tui.tui.session.session import Session

KINDS = ("units", "memory", "saturation", "effects")
"""The analyses, as questions name them."""


@dataclass(frozen=True, eq=False)
class Known:
    """The analyses of a cell that are known; None for one that is not yet, or
    that doesn't exist for the cell.
    """

    units: UnitStatistics | None = None
    memory: CellMemory | None = None
    saturation: Saturation | None = None
    effects: UnitsOff | None = None
    outputs: tuple[str, ...] = ()
    """The names of the series that are outputs of the model."""


def known_of(session: Session) -> Known:
    """Return the analyses of the cell in question that are known."""
    answers = session.subject.answers
    opened = session.subject.opened
    outputs: tuple[str, ...] = ()
    if opened is not None:
        refs = opened.model.graph.outputs
        outputs = tuple(ref.layer for ref in refs)

    found = {}
    for kind in KINDS:
        answer = answers.get(question_of(session, kind))
        if answer is not None and not isinstance(answer, Refused):
            found[kind] = answer

    return Known(**found, outputs=outputs)
