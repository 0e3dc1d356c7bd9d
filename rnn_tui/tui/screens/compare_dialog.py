"""The dialog that asks which sequence the shown one is compared with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rnn_tui.text import clean, counted
from rnn_tui.tui.session.other_sequence import of_the_batch
from rnn_tui.tui.session.session import Fed
from rnn_tui.tui.widgets.choice import ChoiceDialog
from rnn_tui.tui.widgets.entry import Choice

if TYPE_CHECKING:
    from rnn_tui.engine.trace.trace import ModelTrace
    from rnn_tui.tui.session.session import Session

TYPED = "typed"
"""The answer that asks for a sequence to be typed."""
Answer = Fed | str

MOST = 200
"""Sequences of a batch that are offered."""
NAMED = 40
"""Characters of a sequence in the list."""


class CompareDialog(ChoiceDialog[Answer]):
    """Answers with a sequence, or that one is to be typed."""

    TITLE_TEXT = "Compare with"
    NOTHING = "no sequence has this in it"

    def __init__(self, session: Session) -> None:
        super().__init__(choices(session))


def choices(session: Session) -> list[Choice[Answer]]:
    """Return the sequence that was run before, those of the batch, and one
    that is to be typed.
    """
    trace = session.subject.trace
    assert trace is not None

    found: list[Choice[Answer]] = []
    before = session.before
    if before is not None:
        found.append(
            Choice(
                f"the sequence before: {clean(before.name, NAMED)}",
                _length(before, session),
                before,
                "previous last",
            )
        )

    found += _of_the_batch(trace, session.cursor.sequence)
    found.append(
        Choice(
            "another sequence …",
            "typed, or in a file",
            TYPED,
            "type file",
        )
    )

    return found


def _of_the_batch(trace: ModelTrace, shown: int) -> list[Choice[Answer]]:
    batch = len(next(iter(trace.inputs.values())))
    if batch == 1:
        return []

    return [
        Choice(
            f"sequence {sequence}",
            f"of this batch of {batch:,}",
            of_the_batch(trace, sequence),
            "batch",
        )
        for sequence in range(min(batch, MOST))
        if sequence != shown
    ]


def _length(fed: Fed, session: Session) -> str:
    """Return how long a sequence is."""
    opened = session.subject.opened
    assert opened is not None

    timed = [info.name for info in opened.model.inputs if info.has_time]
    # a file that was read again may have other inputs
    known = [fed.arrays[name] for name in timed if name in fed.arrays]
    lengths = [array.shape[1] for array in known]
    if not lengths:
        return ""

    return counted(max(lengths), "timestep")
