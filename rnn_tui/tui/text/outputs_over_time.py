"""The outputs over time that the Output view draws as a map: the model's own,
or the prediction so far where it returns one for a sequence.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from numpy.typing import NDArray

from rnn_tui.tui.renderables.output_map import OverTime
from rnn_tui.tui.session.so_far import SO_FAR
from rnn_tui.tui.session.tokens import fitting_names, token_ids, tokens
from rnn_tui.tui.text.model_outputs import MOST_LINES
from rnn_tui.tui.text.other_run import of_sequence
from rnn_tui.tui.text.so_far import known_so_far

if TYPE_CHECKING:
    from rnn_tui.tui.session.session import Session


class OutputsOverTime:
    """Finds them, and keeps them while the run stays: their extremes are looked
    for once.
    """

    def __init__(self) -> None:
        self._made_of: tuple[object, ...] = ()
        self._found: OverTime | None = None

    def of(
        self,
        session: Session,
        names: Mapping[int, str],
    ) -> OverTime | None:
        """Return the first output that has more values at a timestep than are
        drawn as lines; None where there is none.
        """
        subject = session.subject
        made_of = (
            subject.trace,
            subject.answers.get(SO_FAR),
            subject.vocabulary,
            session.cursor.sequence,
        )
        same = len(made_of) == len(self._made_of) and all(
            one is other
            for one, other in zip(made_of, self._made_of, strict=True)
        )
        if not same:
            self._made_of = made_of
            self._found = _found(session, names)

        return self._found


def _found(session: Session, names: Mapping[int, str]) -> OverTime | None:
    trace = session.subject.trace
    if trace is None:
        return None

    sequence = session.cursor.sequence
    outputs = [
        (of_sequence(output, sequence), "the model's output over time")
        for output in trace.outputs
    ]
    outputs += [
        (values, f"{name} had the sequence ended at each timestep")
        for name, values in known_so_far(session)
    ]
    for values, title in outputs:
        if _is_wide(values):
            fitting = fitting_names(names, values.shape[1])
            read = partial(_tokens, session, len(values))

            return OverTime(values, title, fitting, read)

    return None


def _is_wide(values: NDArray[Any]) -> bool:
    if values.ndim != 2:
        return False

    timesteps, outputs = values.shape

    return bool(timesteps > 1 and outputs > MOST_LINES)


def _tokens(
    session: Session,
    timesteps: int,
    start: int,
    stop: int,
) -> Sequence[str]:
    """Return the tokens of some timesteps; nothing where the outputs have other
    timesteps than the cell, or it reads no tokens.
    """
    trace = session.subject.trace
    cell = session.cell
    if trace is None or cell is None or cell.fed_timesteps != timesteps:
        return ()

    ids = token_ids(trace, cell, start, stop, session.cursor.sequence)
    if ids is None:
        return ()

    found = tokens(ids, session.subject.vocabulary)

    return found or [str(one) for one in ids.tolist()]
