"""The open model, its run and the place where the user looks: one state that
never changes, and the functions that return the next one.

A view is handed the session and asks to move by a function of it (`Move`),
which is applied to whatever the session is by then: moves that arrive together
add up, however late a view learns of the others.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from rnn_tui.engine.trace.paths import without_calls
from rnn_tui.text import clean
from rnn_tui.tui.session.cursor import Place
from rnn_tui.tui.session.question import Answers, Question
from rnn_tui.tui.session.unit_order import UnitOrder

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from rnn_tui.analysis.changes import Change
    from rnn_tui.analysis.compare import Comparison
    from rnn_tui.engine.model import CellEntry
    from rnn_tui.engine.trace.trace import CellTrace, ModelTrace
    from rnn_tui.formats.opened import OpenedModel
    from rnn_tui.sequences.columns import Column
    from rnn_tui.tui.session.jobs import Ran
    from rnn_tui.verify import Verification


@dataclass(frozen=True, eq=False)
class Subject:
    """A model and its run.

    `texts` are the sequences as typed, `vocab` the path of the vocabulary they
    are read with; `own_texts` says that the user typed them, so they stay when
    the file is read again. `vocabulary` holds the tokens of the run that is
    shown, `read` the texts behind its ids where the model reads text. `partial`
    says that the trace is the beginning of a run that goes on or was cancelled.
    `states` are those that the user lets the run start from. `answers` are the
    analyses of the trace that are known. `columns` are the user's own numbers
    for each timestep. `trouble` says why the run asked for last could not be
    done, empty where it could.
    """

    opened: OpenedModel | None = None
    trace: ModelTrace | None = None
    texts: tuple[str, ...] = ()
    vocab: str | None = None
    own_texts: bool = False
    vocabulary: Mapping[str, int] | None = None
    read: Mapping[str, Sequence[str]] = field(default_factory=dict)
    verdict: Verification | None = None
    partial: bool = False
    states: Mapping[str, NDArray[Any]] = field(default_factory=dict)
    answers: Answers = field(default_factory=dict)
    columns: tuple[Column, ...] = ()
    trouble: str = ""

    @cached_property
    def cells(self) -> tuple[CellTrace, ...]:
        """The traced cells, none before a run."""
        if self.trace is None:
            return ()

        return self.trace.cells


@dataclass(frozen=True, eq=False)
class Reference:
    """The run that the shown one is compared with.

    `subject` is another model and its run, or the run without changes as it was
    shown; `trace` is its trace with the loops of the run that is shown, so that
    equal values have equal bits. `comparison` are the differences, `words` the
    changes, a line each. `other_model` says that it isn't the same model,
    `other_sequence` how a sequence is called that isn't the same; otherwise the
    run that is shown has `changes`.
    """

    subject: Subject
    trace: ModelTrace
    comparison: Comparison
    words: tuple[str, ...] = ()
    changes: tuple[Change, ...] = ()
    other_model: bool = False
    other_sequence: str = ""

    @property
    def other(self) -> str:
        """What the run is compared with: the other model's file, the other
        sequence; empty for the run without changes.
        """
        opened = self.subject.opened
        if self.other_model and opened is not None:
            return clean(os.path.basename(opened.file.path))

        return self.other_sequence

    @property
    def of_changes(self) -> bool:
        """Whether it is the run without the changes of the one shown."""
        return not (self.other_model or self.other_sequence)


class Fed(NamedTuple):
    """A sequence that can be run: how it is called, and the arrays by the
    inputs' names, each with a batch axis.
    """

    name: str
    arrays: Mapping[str, NDArray[Any]]


class InfluenceChoice(NamedTuple):
    """The user's choice of the influence of the input's timesteps: on the
    selected unit or on the output, by which method, compared with which
    baseline. `scale` says, of a softmax or a sigmoid, whether it is of the
    logit, of its margin to the runner-up, or of the probability; empty for the
    one that the output is explained by unasked.
    """

    of_unit: bool = False
    scale: str = ""
    method: str = "swap"
    baseline: str = "zeros"


@dataclass(frozen=True, eq=False)
class Session:
    """A model and its run, and the place in both where the user looks.

    `changes` are the changes of the run that the user wants; the run has them
    once `reference` holds the run without them. `differing` shows the
    difference to the reference instead of the values. `influence` says which
    influence is shown below the input. `unit_order` is the order of units that
    was chosen. `before` is the sequence that was run before this one. `unit_of`
    is the key of the cell of which the selected unit was chosen: by the user,
    or once by a view that names one.
    """

    subject: Subject = field(default_factory=Subject)
    cursor: Place = field(default_factory=Place)
    changes: tuple[Change, ...] = ()
    reference: Reference | None = None
    differing: bool = False
    influence: InfluenceChoice | None = None
    unit_order: UnitOrder = field(default_factory=UnitOrder)
    before: Fed | None = None
    unit_of: str = ""

    @property
    def unit_is_chosen(self) -> bool:
        """Whether the selected unit of the cell in question was chosen; else it
        is the first one.
        """
        return self.cell is not None and self.unit_of == self.cell.key

    @cached_property
    def order(self) -> UnitOrder:
        """The order of the units of the cell in question: the one that was
        chosen, as long as it is of this cell.
        """
        cell = self.cell
        if cell is None:
            return UnitOrder()

        chosen = self.unit_order
        same_cell = chosen.cell == cell.key and chosen.count == cell.units
        if same_cell and chosen.units:
            return chosen

        return UnitOrder(cell.key, cell.units)

    @property
    def unchanged(self) -> Subject:
        """The model and its run without the user's changes."""
        if self.reference is None or not self.reference.of_changes:
            return self.subject

        return self.reference.subject

    @cached_property
    def cell(self) -> CellTrace | None:
        """The trace of the cell in question, None where there is none."""
        cells = self.subject.cells
        if self.cursor.cell < len(cells):
            return cells[self.cursor.cell]

        return None

    @property
    def entry(self) -> CellEntry | None:
        """The model's cell in question, before a run as well; None where there
        is none.
        """
        if self.subject.opened is None:
            return None

        entries = self.subject.opened.model.cells
        cell = self.cell
        if cell is None:
            return next(iter(entries[self.cursor.cell :]), None)

        key = without_calls(cell.key)

        return next((entry for entry in entries if entry.key == key), None)


Move: TypeAlias = Callable[[Session], Session]
"""Returns the session at another place."""


def closed() -> Session:
    """Return the session of a file that is about to be read: nothing is known
    yet.
    """
    return Session()


def opened(session: Session, model: OpenedModel) -> Session:
    """Return the session with a model that was just read, at the same place; it
    hasn't run yet.
    """
    subject = replace(
        session.subject,
        opened=model,
        trace=None,
        verdict=None,
        partial=False,
        answers={},
        trouble="",
    )
    return clamped(_without_reference(session, subject))


def asked(
    session: Session,
    texts: tuple[str, ...],
    vocab: str | None,
    own: bool,
) -> Session:
    """Return the session with another sequence, which is to be run.

    The user's changes of the layers stay, those of the sequence go.
    """
    before = session.unchanged
    subject = replace(
        before,
        texts=texts,
        vocab=vocab,
        own_texts=own,
        verdict=None,
        trouble="",
    )
    if before.trace is not None and before.texts != texts:
        fed = Fed(" | ".join(before.texts), before.trace.inputs)
        session = replace(session, before=fed)

    return _without_reference(session, subject, lasting(session.changes))


def refused(session: Session, why: str) -> Session:
    """Return the session whose run could not be done."""
    return replace(session, subject=replace(session.subject, trouble=why))


def ran(session: Session, run: Ran) -> Session:
    """Return the session with a run that is done; the user's changes are yet
    to be made to it.
    """
    subject = replace(
        session.unchanged,
        trace=run.trace,
        texts=run.texts,
        vocabulary=run.vocabulary,
        read=run.parsed.texts,
        partial=False,
        answers={},
    )
    return clamped(_without_reference(session, subject, session.changes))


def filled(session: Session, trace: ModelTrace) -> Session:
    """Return the session with the part so far of a run that goes on."""
    subject = replace(session.unchanged, trace=trace, partial=True, answers={})
    return clamped(_without_reference(session, subject, session.changes))


def rebuilt(
    session: Session,
    model: OpenedModel,
    trace: ModelTrace | None,
) -> Session:
    """Return the session with the model on other assumptions, and its run where
    there was one before.
    """
    subject = replace(session.unchanged, opened=model, verdict=None)
    if trace is not None:
        subject = replace(subject, trace=trace, partial=False, answers={})

    return clamped(_without_reference(session, subject))


def changing(session: Session, changes: tuple[Change, ...]) -> Session:
    """Return the session whose user wants other changes; without any it is at
    once as it was before the first. The selected unit is looked at from now on,
    whatever the changes do to the rankings.
    """
    session = _with_chosen_unit(session)
    reference = session.reference
    if changes or reference is None or not reference.of_changes:
        return replace(session, changes=changes)

    return clamped(_without_reference(session, session.unchanged))


def as_made(session: Session) -> Session:
    """Return the session that wants the changes which its run has: others
    couldn't be made.
    """
    if session.reference is None:
        return replace(session, changes=())

    return replace(session, changes=session.reference.changes)


def changed(
    session: Session,
    changes: tuple[Change, ...],
    subject: Subject,
    reference: Reference,
) -> Session:
    """Return the session with the run that has `changes`; the same session
    where others are wanted by now.
    """
    base = session.unchanged
    if changes != session.changes or reference.subject.trace is not base.trace:
        return session

    # answers about it meanwhile are kept
    reference = replace(reference, subject=base)
    differing = session.differing or session.reference is None

    return clamped(
        replace(
            session,
            subject=subject,
            reference=reference,
            differing=differing,
        )
    )


def compared(
    session: Session,
    trace: ModelTrace,
    reference: Reference,
) -> Session:
    """Return the session whose run is compared with that of another model or of
    another sequence; the same session where the run isn't `trace` any more, or
    is compared with the one without changes.
    """
    before = session.reference
    has_changes = before is not None and before.of_changes
    if session.subject.trace is not trace or has_changes:
        return session

    return replace(session, reference=reference, differing=True)


def uncompared(session: Session) -> Session:
    """Return the session whose run is compared with no other sequence."""
    if session.reference is None or session.reference.of_changes:
        return session

    return replace(session, reference=None, differing=False)


def toggled_difference(session: Session) -> Session:
    """Return the session that shows the difference to the reference, or the
    values again.
    """
    return replace(session, differing=not session.differing)


def lasting(changes: tuple[Change, ...]) -> tuple[Change, ...]:
    """Return the changes of layers and of their first states, which mean the
    same with another sequence.
    """
    if not changes:
        return ()

    from rnn_tui.analysis.changes import Clamp, Off, StartFrom

    return tuple(
        change
        for change in changes
        if isinstance(change, Off | Clamp | StartFrom)
    )


def _without_reference(
    session: Session,
    subject: Subject,
    changes: tuple[Change, ...] = (),
) -> Session:
    """Return the session with a subject that has none of the user's changes
    yet.
    """
    return replace(
        session,
        subject=subject,
        changes=changes,
        reference=None,
        differing=False,
    )


def verified(session: Session, verdict: Verification | None) -> Session:
    """Return the session with the result of the comparison with Keras; None
    forgets it.
    """
    return replace(session, subject=replace(session.subject, verdict=verdict))


def answered(
    session: Session,
    trace: ModelTrace | None,
    question: Question,
    answer: object,
) -> Session:
    """Return the session with the answer to a question about `trace`, the run
    that is shown or the one it is compared with; the same session where it is
    neither by now.
    """
    subject = session.subject
    if subject.trace is trace:
        return replace(session, subject=_with(subject, question, answer))

    reference = session.reference
    if reference is None or reference.subject.trace is not trace:
        return session

    other = _with(reference.subject, question, answer)

    return replace(session, reference=replace(reference, subject=other))


def _with(subject: Subject, question: Question, answer: object) -> Subject:
    """Return the subject with another answer."""
    return replace(subject, answers={**subject.answers, question: answer})


def moved(session: Session, **to: int | str) -> Session:
    """Return the session at the nearest place there is to the one given by
    fields of `Place`; the same session where that is where it is.
    """
    place = session.cursor._replace(**to)  # type: ignore[arg-type]
    there = _at(session, place)
    if "unit" in to:
        return _with_chosen_unit(there)

    return there


def at_named_unit(session: Session, unit: int) -> Session:
    """Return the session at a unit that a view names; the same session where
    one was chosen already.
    """
    if session.unit_is_chosen:
        return session

    return moved(session, unit=unit)


def _with_chosen_unit(session: Session) -> Session:
    """Return the session whose selected unit stays; before a run too, where
    the cell is known from the model.
    """
    cell = session.cell or session.entry
    if cell is None or session.unit_of == cell.key:
        return session

    return replace(session, unit_of=cell.key)


def stepped(
    session: Session,
    t: int = 0,
    unit: int = 0,
    sequence: int = 0,
) -> Session:
    """Return the session so many timesteps, units and sequences of the batch
    on.
    """
    here = session.cursor
    to = {"t": here.t + t, "sequence": here.sequence + sequence}
    order = session.order
    if unit and order.is_stored:
        to["unit"] = here.unit + unit
    elif unit:
        to["unit"] = order.stepped(here.unit, unit)

    return moved(session, **to)


def ordered(
    session: Session,
    change: Callable[[UnitOrder], UnitOrder],
) -> Session:
    """Return the session with another order of units, at a unit that it
    shows.
    """
    order = change(session.order)
    session = replace(session, unit_order=order)
    if session.cursor.unit in order.rows or not order.units:
        return session

    return moved(session, unit=order.units[0])


def at_end(session: Session) -> Session:
    """Return the session at the last timestep of the cell in question."""
    cell = session.cell
    if cell is None:
        return session

    return moved(session, t=cell.timesteps - 1)


def at_cell(session: Session, by: int) -> Session:
    """Return the session at the recurrent cell `by` cells on, round and
    round.
    """
    cells = session.subject.cells
    if not cells:
        return session

    index = (session.cursor.cell + by) % len(cells)

    return moved(session, cell=index, layer=cells[index].layer)


def cell_at(session: Session, path: str) -> int | None:
    """Return the first cell of the layer at `path`, or inside it; None where
    there is none.
    """
    subject = session.subject
    named = [(cell.key, cell.layer) for cell in subject.cells]
    if not named and subject.opened is not None:
        named = [(cell.key, cell.layer) for cell in subject.opened.model.cells]

    for index, (key, layer) in enumerate(named):
        if layer == path or f"{key}/".startswith(f"{path}/"):
            return index

    return None


def begun(session: Session, layer: str | None, t: int) -> Session:
    """Return the session at the place a first run begins with: the layer asked
    for, or the first recurrent one.
    """
    cells = session.subject.cells
    if not cells:
        return session

    index = session.cursor.cell
    if layer is not None:
        named = [
            k for k, cell in enumerate(cells) if layer in (cell.layer, cell.key)
        ]
        index = next(iter(named), index)

    path = layer or session.cursor.layer or cells[index].layer

    return moved(session, cell=index, layer=path, t=t)


def clamped(session: Session) -> Session:
    """Return the session at the nearest place that its model and run have."""
    return _at(session, session.cursor)


def _at(session: Session, place: Place) -> Session:
    inside = _inside(session.subject, place)
    if place.pixel >= 0:
        # only a ConvLSTM's places have one
        from rnn_tui.tui.session.pixel import with_pixel_inside

        inside = with_pixel_inside(session, inside)

    if inside == session.cursor:
        return session

    return replace(session, cursor=inside)


def _inside(subject: Subject, place: Place) -> Place:
    cells = subject.cells
    count = len(cells)
    if not cells and subject.opened is not None:
        count = len(subject.opened.model.cells)

    index = _between(place.cell, count)
    if not cells:
        # where nothing has run, there is no last timestep or unit yet
        return place._replace(
            cell=index,
            unit=max(place.unit, 0),
            t=max(place.t, 0),
            sequence=0,
        )

    cell = cells[index]
    is_inside = (
        index == place.cell
        and 0 <= place.unit < cell.units
        and 0 <= place.t < cell.timesteps
        and 0 <= place.sequence < cell.batch
    )
    if is_inside and place.layer:
        return place

    return place._replace(
        layer=place.layer or cell.layer,
        cell=index,
        unit=_between(place.unit, cell.units),
        t=_between(place.t, cell.timesteps),
        sequence=_between(place.sequence, cell.batch),
    )


def _between(value: int, count: int) -> int:
    """Return the nearest index of `count` things."""
    return min(max(value, 0), max(count - 1, 0))
