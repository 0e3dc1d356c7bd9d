"""What the user's changes do to the output over time, beside the units: the
curves of both runs, and a sentence that says where they part most.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from rnn_tui.tui.renderables.numbers import short
from rnn_tui.tui.text.curves import legend, plotted
from rnn_tui.tui.text.model_outputs import MOST_LINES
from rnn_tui.tui.text.other_run import Other, of_sequence, others_of
from rnn_tui.tui.units_page.known import known_of
from rnn_tui.tui.units_page.rankings import named_series

if TYPE_CHECKING:
    from rnn_tui.tui.session.session import Session

Part = tuple[str, str]
"""Text and its style."""
Float = NDArray[np.float64]


class BothRuns(NamedTuple):
    """Some units of an output in both runs: `values` is `(timesteps, units)`,
    and so are those of `other`; `names` are the units'. `of_many` says that the
    output has more units, too many for curves.
    """

    names: tuple[str, ...]
    values: Float
    other: Other
    of_many: bool = False


def has_changes(session: Session) -> bool:
    """Whether the run that is shown has changes of the user's."""
    reference = session.reference

    return reference is not None and reference.of_changes


def both_runs(session: Session) -> BothRuns | None:
    """Return the first output with the user's changes and without; of many
    units the one that moves most. None where it has no timesteps, and while the
    difference isn't shown.
    """
    trace = session.subject.trace
    others = others_of(session)
    if trace is None or not others or not has_changes(session):
        return None

    other = others[0]
    values = np.asarray(
        of_sequence(trace.outputs[0], session.cursor.sequence),
        dtype=np.float64,
    )
    if other is None or values.ndim != 2 or len(values) < 2:
        return None

    assert session.subject.opened is not None
    output = session.subject.opened.model.output_names[0]
    columns = list(range(values.shape[1]))
    of_many = len(columns) > MOST_LINES
    if of_many:
        moved = np.nan_to_num(np.abs(values - other.values)).max(axis=0)
        columns = [int(moved.argmax())]

    known = known_of(session)
    names = [named_series(f"{output}[{unit}]", known) for unit in columns]

    return BothRuns(
        tuple(names),
        values[:, columns],
        Other(other.values[:, columns], other.names),
        of_many,
    )


def words(session: Session) -> list[str]:
    """Return the sentence that says how far the changes move the output over
    time, and where it is seen; none without changes.
    """
    if not has_changes(session):
        return []
    if not session.differing:
        return [
            "the values are shown: b shows the difference to the run before"
        ]

    found = both_runs(session)
    if found is None:
        return ["5 shows the output with the change and without"]

    away = np.nan_to_num(np.abs(found.values - found.other.values))
    count = int((away > 0).any(axis=1).sum())
    t, column = np.unravel_index(int(away.argmax()), away.shape)
    name = found.names[column]
    if not count:
        return [f"the change doesn't move {name} at any timestep"]

    before = short(float(found.other.values[t, column]))
    after = short(float(found.values[t, column]))
    moved = f"the change moves {name} at {count:,} of {len(away):,} timesteps"
    where = "5 shows both over time"
    if found.of_many:
        where = "no other moves more; 5 shows all at each timestep"

    return [f"{moved}, most at t {t}: {before} → {after}; {where}"]


def curves(
    found: BothRuns,
    t: int,
    size: tuple[int, int],
    ascii_only: bool,
) -> Iterator[Part]:
    """Yield the curves of both runs in a line for the title and `size`, cells
    and lines.
    """
    count = len(found.names)
    yield (", ".join(found.names), "$muted")
    yield from legend(found.other, count, ascii_only)
    yield ("\n", "")
    yield from plotted(found.values, t, *size, ascii_only, found.other)
