"""The slow work of a comparison with another model: its run on the same
sequence.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from rnn_tui.analysis.compare import compare_traces
from rnn_tui.analysis.compare_weights import check_comparable
from rnn_tui.errors import SequenceError
from rnn_tui.text import clean
from rnn_tui.tui.session.jobs import said_with_the_run
from rnn_tui.tui.session.session import Reference, Subject

if TYPE_CHECKING:
    from rnn_tui.formats.opened import OpenedModel

Progress = Callable[[int, int], None]
Cancelled = Callable[[], bool]


def run_beside(
    other: OpenedModel,
    subject: Subject,
    progress: Progress,
    cancelled: Cancelled,
) -> Reference:
    """Run another model on the sequence of the subject's run.

    Its inputs are taken in the same order. Raises RnnTuiError.
    """
    trace = subject.trace
    opened = subject.opened
    assert trace is not None
    assert opened is not None

    check_comparable(other.model, opened.model)

    names = [info.name for info in other.model.inputs]
    if len(names) != len(trace.inputs):
        raise SequenceError(
            f"{clean(other.file.path)} has {len(names)} inputs, this model "
            f"{len(trace.inputs)}: they can't be compared"
        )

    arrays = dict(zip(names, trace.inputs.values(), strict=True))
    before = other.run(
        arrays,
        partial=True,
        progress=progress,
        cancelled=cancelled,
        warn=said_with_the_run,
    )
    comparison = compare_traces(before, trace, other.model.output_names)
    words = (f"compared with {clean(other.file.path)}",)

    return Reference(
        Subject(opened=other, trace=before),
        before,
        comparison,
        words,
        other_model=True,
    )
