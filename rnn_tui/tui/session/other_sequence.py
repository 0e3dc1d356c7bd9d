"""The slow work of a comparison with another sequence: the run of the same
model on it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from rnn_tui.analysis.compare import Comparison, compare_traces
from rnn_tui.errors import SequenceError
from rnn_tui.text import clean
from rnn_tui.tui.session.jobs import enough_memory, said_with_the_run
from rnn_tui.tui.session.session import Fed, Reference, Subject

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from rnn_tui.engine.trace.trace import ModelTrace
    from rnn_tui.tui.session.jobs import Typed

MOST = 60
"""Characters that are written of a sequence."""


def fed_of(typed: Typed) -> Fed:
    """Return a typed sequence as it is fed."""
    arrays = dict(typed.parsed.arrays)
    if not typed.parsed.batched:
        arrays = {name: array[None] for name, array in arrays.items()}

    return Fed(" | ".join(typed.texts), arrays)


def of_the_batch(trace: ModelTrace, sequence: int) -> Fed:
    """Return a sequence of the batch that was run."""
    one = slice(sequence, sequence + 1)
    arrays = {name: value[one] for name, value in trace.inputs.items()}

    return Fed(f"sequence {sequence}", arrays)


def run_other(
    fed: Fed,
    subject: Subject,
    progress: Callable[[int, int], None],
    cancelled: Callable[[], bool],
) -> Reference:
    """Run the subject's model on another sequence: beside each sequence of a
    batch the same one, so that the same row of both is compared.

    Raises RnnTuiError.
    """
    trace = subject.trace
    opened = subject.opened
    assert trace is not None
    assert opened is not None

    with enough_memory():
        before = opened.run(
            as_often(fed.arrays, trace),
            initial_state=subject.states,
            partial=True,
            progress=progress,
            cancelled=cancelled,
            warn=said_with_the_run,
        )

    names = opened.model.output_names
    comparison = compare_traces(before, trace, names)
    other = Subject(
        opened=opened,
        trace=before,
        texts=(fed.name,),
        vocabulary=subject.vocabulary,
        states=subject.states,
    )

    return Reference(
        other,
        before,
        comparison,
        (_words(fed, comparison),),
        other_sequence=fed.name,
    )


def as_often(
    arrays: Mapping[str, NDArray[Any]],
    trace: ModelTrace,
) -> dict[str, NDArray[Any]]:
    """Return the arrays of a sequence as often as a run has sequences.

    Raises SequenceError for another number of several sequences.
    """
    wanted = len(next(iter(trace.inputs.values())))
    found = {}
    for name, array in arrays.items():
        if len(array) == wanted:
            found[name] = array
        elif len(array) == 1:
            found[name] = np.repeat(array, wanted, axis=0)
        else:
            raise SequenceError(
                f"a batch of {len(array):,} sequences can't be compared with "
                f"one of {wanted:,}"
            )

    return found


def _words(fed: Fed, comparison: Comparison) -> str:
    """Return the sequence that the run is compared with; of other lengths, how
    far.
    """
    words = f"compared with {clean(fed.name, MOST)}"
    other, shown = comparison.timesteps
    if other == shown:
        return words

    last = min(other, shown) - 1

    return (
        f"{words}: {other:,} timesteps beside {shown:,}, compared up to "
        f"t {last:,}"
    )
