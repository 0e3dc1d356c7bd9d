"""The possible changes at the place where the user looks: this timestep, this
unit, its gates, the states that the run starts from.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from rnn_tui.analysis.changes import (
    LARGEST,
    MEAN,
    Change,
    Clamp,
    Hold,
    Off,
    SetValue,
    StartFrom,
)
from rnn_tui.analysis.edited_input import EditedInput
from rnn_tui.engine.cells.kinds import kind_of, symbol
from rnn_tui.errors import EditError
from rnn_tui.sequences.initial_states import load_states
from rnn_tui.sequences.last_states import last_states
from rnn_tui.text import clean
from rnn_tui.tui.renderables.numbers import short
from rnn_tui.tui.session import tokens
from rnn_tui.tui.session.session import Session

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from rnn_tui.engine.graph.input_info import InputInfo
    from rnn_tui.engine.model import Model
    from rnn_tui.engine.trace.trace import CellTrace, ModelTrace

BEFORE_ACTIVATION = "pre_"
DIGITS = 12
"""Digits of a number of times."""
MOST_FEATURES = 6
"""Values of a row that are written out."""
MOST_TYPED = 32
"""Values of a row that are offered to be typed over."""


@dataclass(frozen=True)
class Possible:
    """A change that can be made here: its name, how it is now, and the change.

    `make` turns the typed text into the change and raises RnnTuiError; `hint`
    explains the input, `text` is the first content of the line. Where nothing
    is to be typed, `hint` is empty.
    """

    name: str
    now: str
    make: Callable[[str], Change]
    hint: str = ""
    text: str = ""


def possible_changes(session: Session) -> list[Possible]:
    """Return the changes that can be made at the place in question."""
    cell = session.cell
    trace = session.subject.trace
    opened = session.subject.opened
    if cell is None or trace is None or opened is None:
        return []

    found = [*_of_timestep(session, cell, trace, opened.model.inputs)]
    found += _of_unit(session, cell)
    found += _of_quantities(session, cell)
    found += _of_states(session, trace)

    return found


def _of_timestep(
    session: Session,
    cell: CellTrace,
    trace: ModelTrace,
    infos: tuple[InputInfo, ...],
) -> Iterator[Possible]:
    t = session.cursor.t
    timed = [info for info in infos if info.has_time]
    for info in timed:
        fed = trace.inputs[info.name]
        if fed.shape[1] != cell.timesteps or fed.shape[0] != 1:
            continue

        name = info.name if len(infos) > 1 else ""
        value = _value(session, cell, trace, fed[0, t])
        edited = EditedInput(info, fed, session.subject.vocabulary)
        of_input = f" of {name}" if name else ""
        yield Possible(
            f"t {t}{of_input}: another value",
            f"now {value}",
            _setter(t, name, edited),
            "a token, id:4, or numbers with commas between features",
            _numbers_of(cell, trace, t, fed[0, t]),
        )

    if timed and cell.timesteps == trace.inputs[timed[0].name].shape[1]:
        yield Possible(
            f"t {t}: read it several times",
            "now once; the timesteps after it follow",
            partial(_held, t),
            "how many times",
        )


def _held(t: int, text: str) -> Change:
    """Return the change that reads a timestep so many times."""
    times = text.strip()
    is_whole = times.isascii() and times.isdigit() and len(times) <= DIGITS
    if not is_whole or not int(times):
        raise EditError(
            f"{clean(text, 60)!r} is not how many times: type a whole number "
            "from 1"
        )

    return Hold(t, int(times))


def _setter(
    t: int,
    name: str,
    edited: EditedInput,
) -> Callable[[str], Change]:
    def make(text: str) -> Change:
        if not text:
            raise EditError("type the new value")

        # raises where the input has no such value
        edited.row(text)

        return SetValue(t, text, name)

    return make


def _numbers_of(
    cell: CellTrace,
    trace: ModelTrace,
    t: int,
    row: NDArray[Any],
) -> str:
    """Return the features of a timestep as they would be typed, so that one of
    them can be changed; empty where tokens are read, and of many features.
    """
    is_token = tokens.token_ids(trace, cell, t, t + 1) is not None
    if is_token or row.size > MOST_TYPED:
        return ""

    # the shortest digits that give the same float32
    return ",".join(map(str, np.ravel(row).astype(np.float32)))


def _value(
    session: Session,
    cell: CellTrace,
    trace: ModelTrace,
    row: NDArray[Any],
) -> str:
    """Return the value of a timestep in words."""
    t = session.cursor.t
    ids = tokens.token_ids(trace, cell, t, t + 1)
    if ids is not None:
        words = tokens.tokens(ids, session.subject.vocabulary)
        if words is not None:
            return f"“{words[0]}”"

        return f"id {int(ids[0])}"

    values = [short(float(value)) for value in np.ravel(row)[:MOST_FEATURES]]
    more = ", …" if np.size(row) > MOST_FEATURES else ""

    return ", ".join(values) + more


def _of_unit(session: Session, cell: CellTrace) -> Iterator[Possible]:
    unit = session.cursor.unit
    yield Possible(
        f"unit {unit}: off, its h is zero",
        "at every timestep (x does the same)",
        lambda text: Off(cell.key, unit),
    )
    yield Possible(
        f"unit {unit}: off, its h is its mean",
        "the mean over the run without changes",
        lambda text: Off(cell.key, unit, MEAN),
    )


def _of_quantities(session: Session, cell: CellTrace) -> Iterator[Possible]:
    """Offer to clamp each quantity of the selected unit."""
    place = session.cursor
    meanings = kind_of(cell.cell).meanings
    for name in cell.cell.quantities:
        if name.startswith(BEFORE_ACTIVATION):
            continue

        values = cell.means(name, place.t, place.t + 1)
        value = float(values[place.sequence, 0, place.unit])
        meaning = meanings.get(name, "")
        yield Possible(
            f"unit {place.unit}: clamp {symbol(name)}",
            f"now {short(value)} at t {place.t}   {meaning}",
            _clamper(cell.key, name, place.unit),
            "a number for every timestep",
        )


def _clamper(key: str, name: str, unit: int) -> Callable[[str], Change]:
    def make(text: str) -> Change:
        try:
            value = float(text)
        except ValueError:
            value = np.nan

        # not in this range: NaN and infinity too
        if not abs(value) <= LARGEST:
            raise EditError(
                f"{clean(text, 60)!r} is not a value of {symbol(name)}: type "
                "a number"
            )

        return Clamp(key, name, unit, value)

    return make


def _of_states(session: Session, trace: ModelTrace) -> Iterator[Possible]:
    opened = session.subject.opened
    assert opened is not None
    model = opened.model

    def from_file(text: str) -> Change:
        return start_from_file(text.strip(), model)

    def from_the_end(text: str) -> Change:
        states = end_states(model, trace)
        return StartFrom(states, "the end of the run before")

    yield Possible(
        "first states: from a file",
        ".npz with LAYER/h and LAYER/c, or a trace of an earlier run",
        from_file,
        "a path",
    )
    yield Possible(
        "first states: from the end of this run",
        "stays for the next sequence (s)",
        from_the_end,
    )


def start_from_file(path: str, model: Model) -> StartFrom:
    """Return the change that lets the run start from the states in a file.

    Raises RnnTuiError.
    """
    return StartFrom(load_states(path, model, _raise), path)


def _raise(line: str) -> None:
    raise EditError(line)


def end_states(model: Model, trace: ModelTrace) -> dict[str, NDArray[Any]]:
    """Return the states after the last timestep that each cell of a run
    read.
    """
    arrays: dict[str, NDArray[Any]] = {}
    for cell in trace.cells:
        start, stop = 0, cell.timesteps
        if cell.mask is not None:
            arrays[f"{cell.layer}/mask"] = cell.mask
        elif cell.reverse:
            stop = 1
        else:
            start = stop - 1

        for state in cell.cell.states:
            arrays[f"{cell.key}/{state}"] = cell.read(state, start, stop)

    return last_states(arrays, model.called_cells())
