"""The slow work of a what-if: the run with the user's changes, and the run
without them that it is compared with.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from rnn_tui.analysis.compare import compare_traces
from rnn_tui.analysis.what_if import Baseline, what_if
from rnn_tui.tui.session.jobs import said_with_the_run
from rnn_tui.tui.session.session import Reference, Subject

if TYPE_CHECKING:
    from rnn_tui.analysis.changes import Change

Progress = Callable[[int, int], None]
Cancelled = Callable[[], bool]


class ChangedRun(NamedTuple):
    """A run with changes, and the run that it is compared with."""

    subject: Subject
    reference: Reference


def run_changed(
    base: Subject,
    changes: tuple[Change, ...],
    progress: Progress,
    cancelled: Cancelled,
) -> ChangedRun:
    """Run the model of `base` on its sequence with changes, and without.

    Raises RnnTuiError.
    """
    opened = base.opened
    before = base.trace
    assert opened is not None
    assert before is not None

    found = what_if(
        changes,
        Baseline(
            opened.model,
            before.inputs,
            opened.model.inputs,
            base.vocabulary,
            base.states,
        ),
        lambda: before,
    )
    edited = opened.changed(found.model, found.words)
    trace = edited.run(
        found.arrays,
        initial_state=found.states,
        partial=True,
        progress=progress,
        cancelled=cancelled,
        warn=said_with_the_run,
    )
    reference = found.reference.run(
        before.inputs,
        initial_state=base.states,
        partial=True,
        progress=progress,
        cancelled=cancelled,
    )
    names = opened.model.output_names
    comparison = compare_traces(reference, trace, names, found.holds)

    changed = replace(
        base,
        opened=edited,
        trace=trace,
        states=found.states,
        verdict=None,
        answers={},
    )

    return ChangedRun(
        changed,
        Reference(base, reference, comparison, found.words, changes),
    )
