"""The page of the Units view: the table, how often the gates are saturated, and
the sentences on the selected unit.
"""

from __future__ import annotations

from textwrap import wrap
from typing import TYPE_CHECKING

import numpy as np
from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import Static

from rnn_tui.tui.session.question import Refused
from rnn_tui.tui.session.session import Session
from rnn_tui.tui.text import proof
from rnn_tui.tui.text.curves import LOWEST_OF_TWO
from rnn_tui.tui.text.nothing import why_nothing
from rnn_tui.tui.theme.palette import look_of
from rnn_tui.tui.units_page.course_plot import course_plots
from rnn_tui.tui.units_page.known import Known, known_of, questions_of
from rnn_tui.tui.units_page.notes import heading, on_the_unit
from rnn_tui.tui.units_page.rankings import best_output
from rnn_tui.tui.units_page.rows import (
    UnitRows,
    component_courses,
    courses,
    unit_columns,
)
from rnn_tui.tui.units_page.saturation_plot import saturation_plots
from rnn_tui.tui.units_page.sorting import GAP, Sorting, sorting_of
from rnn_tui.tui.widgets.drawn import Drawn
from rnn_tui.tui.widgets.pane import Pane
from rnn_tui.tui.widgets.scrolled import Scrolled
from rnn_tui.tui.widgets.table import RowTable

if TYPE_CHECKING:
    from rnn_tui.engine.trace.trace import CellTrace

NOTES_FROM = 16
"""Lines of a view that has room for the sentences below the table."""
PROOF_FROM = 20
"""Lines of a view that has room for what the user's changes do over time."""
MOST_PROOF = 16
"""Lines of its curves, at most."""
TABLE_LEAST = 5
"""Lines that the sentences leave to the table."""
MORE = "… tab shows {} lines more"
"""The last line of sentences that have no room."""
NARROWEST = 20
"""Cells that a line of the sentences has at least."""


class UnitsBody(Pane):
    """Draws a session; where there is room for one part alone, the sentences
    are shown instead of the table on demand.
    """

    DEFAULT_CSS = """
    UnitsBody { layout: vertical; padding: 0 1; }
    UnitsBody #heading {
        color: $muted;
        height: 1;
        text-wrap: nowrap;
        text-overflow: ellipsis;
    }
    UnitsBody #shares { margin-top: 1; display: none; }
    UnitsBody #proof { margin-top: 1; display: none; }
    UnitsBody #reading { margin-top: 1; display: none; }
    UnitsBody #notes { height: auto; }
    UnitsBody #course { margin-top: 1; display: none; }
    """

    def __init__(self) -> None:
        super().__init__()
        self.rows: UnitRows | None = None
        """The content of the table, None where there is no cell."""
        self._course_of: tuple[object, ...] = ()
        """The values that the selected unit's plot was made of."""
        self._course_lines = 0
        self.hides_sentences = False
        """Whether some sentences have no room beside the table."""

    def compose(self) -> ComposeResult:
        """Heading, table, plots, sentences, and where there is still room the
        selected unit over time.
        """
        yield Static(id="heading", markup=False)
        yield RowTable()
        yield Static(id="proof", markup=False)
        yield Drawn(id="shares")
        with Scrolled(id="reading"):
            yield Static(id="notes", markup=False)

        yield Drawn(id="course")

    @property
    def table(self) -> RowTable:
        """The units."""
        return self.query_one(RowTable)

    def sorting(self, session: Session) -> Sorting:
        """Return the columns that have room, and the order of the units."""
        # the page's width: a table that is shown again has none yet
        return sorting_of(session, self.size.width - 1)

    def draw(self, session: Session, reads: bool) -> None:
        """Write the table of the cell in question and the lines around it;
        `reads` shows the sentences instead, where the table leaves no room.
        """
        cell = session.cell
        table = self.table
        table.display = cell is not None
        if cell is None:
            self.rows = None
            self.query_one("#heading", Static).update(why_nothing(session))
            self.query_one("#reading", Scrolled).display = False
            self.query_one("#proof", Static).display = False
            self.query_one("#course", Drawn).display = False
            self._course_of = ()
            return

        known = known_of(session)
        sorting = self.sorting(session)
        self._fill(table, cell, session, known, sorting)
        self.query_one("#heading", Static).update(heading(known, cell.key))

        left = self.size.height - 1
        left -= self._draw_proof(session)
        left -= self._write_notes(session, known, sorting, reads, left)
        left -= self._draw_shares(session, known, left - len(table.rows) - 1)
        left -= self._draw_course(session, known, left - len(table.rows) - 1)
        table.display = not (reads and self.hides_sentences)
        table.styles.height = max(min(len(table.rows) + 1, left), 2)

    def _fill(
        self,
        table: RowTable,
        cell: CellTrace,
        session: Session,
        known: Known,
        sorting: Sorting,
    ) -> None:
        """Write the table, with its cursor on the selected unit."""
        ascii_only = bool(getattr(self.app, "ascii", False))
        state = cell.cell.states[-1]
        sequence = session.cursor.sequence
        room = sorting.room
        rows = UnitRows(
            sorting.shown,
            sorting.order,
            courses(cell, state, sequence, 2 * room),
            component_courses(cell, known.units, sequence, 2 * room),
            room,
            sorting.at,
            known.off,
            ascii_only=ascii_only,
        )
        self.rows = rows
        columns = unit_columns(sorting.shown, sorting.at, room, ascii_only)
        components = range(cell.units, len(rows))
        table.show(columns, rows, still=components, gap=GAP)
        where = np.flatnonzero(sorting.order == session.cursor.unit)
        if len(where):
            table.row = int(where[0])

    def _write_notes(
        self,
        session: Session,
        known: Known,
        sorting: Sorting,
        reads: bool,
        left: int,
    ) -> int:
        """Write the sentences on the selected unit, as many as have room in the
        lines that are `left`; return the lines they take.
        """
        height = self.size.height
        width = max(self.size.width - 2, NARROWEST)
        of_the_unit = on_the_unit(
            known,
            session.cursor.unit,
            sorting.column,
            _refused(session),
        )
        sentences = [*proof.words(session), *of_the_unit]
        lines = [
            line for sentence in sentences for line in wrap(sentence, width)
        ]
        room = 0
        if height >= NOTES_FROM:
            room = min(height // 2, max(left - TABLE_LEAST - 1, 1))

        self.hides_sentences = len(lines) > room
        if self.hides_sentences and reads:
            room = left - 1
        elif self.hides_sentences:
            hidden = len(lines) - room + 1
            lines = [*lines[: max(room - 1, 0)], MORE.format(hidden)]

        reading = self.query_one("#reading", Scrolled)
        reading.display = room > 0
        if not room:
            return 0

        reading.styles.height = min(len(lines), room)
        self.query_one("#notes", Static).update("\n".join(lines))

        return min(len(lines), room) + 1

    def _draw_proof(self, session: Session) -> int:
        """Draw what the user's changes do to the output over time, where there
        is room for it; return the lines that takes.
        """
        place = self.query_one("#proof", Static)
        found = None
        if self.size.height >= PROOF_FROM:
            found = proof.both_runs(session)

        place.display = found is not None
        if found is None:
            return 0

        height = min(max(self.size.height // 4, LOWEST_OF_TWO), MOST_PROOF)
        size = (self.size.width - 2, height)
        ascii_only = bool(getattr(self.app, "ascii", False))
        parts = proof.curves(found, session.cursor.t, size, ascii_only)
        place.update(Content.assemble(*parts).rstrip("\n"))
        with_title = height + 1
        place.styles.height = with_title

        return with_title + 1

    def _draw_shares(
        self,
        session: Session,
        known: Known,
        room: int,
    ) -> int:
        """Draw how often the gates are saturated, where there is room for it;
        return the lines that takes.
        """
        shares = self.query_one("#shares", Drawn)
        lines = []
        if known.saturation is not None:
            lines = saturation_plots(
                known.saturation,
                session.cursor.unit,
                self.size.width - 2,
                look_of(self.app),
            )

        shares.display = bool(lines) and len(lines) + 1 <= room
        if not shares.display:
            return 0

        shares.styles.height = len(lines)
        shares.draw(lines)

        return len(lines) + 1

    def _draw_course(
        self,
        session: Session,
        known: Known,
        room: int,
    ) -> int:
        """Draw the selected unit over time in the lines that nothing else
        takes; return the lines that takes.
        """
        size = (self.size.width - 2, room - 1)
        look = look_of(self.app)
        cursor = session.cursor
        made_of = (
            session.cell,
            cursor.unit,
            cursor.sequence,
            best_output(known),
            size,
            look,
        )
        # a timestep of playback changes nothing about it
        if made_of == self._course_of:
            return self._course_lines

        course = self.query_one("#course", Drawn)
        lines = course_plots(session, known, size, look)
        course.display = bool(lines)
        self._course_of = made_of
        self._course_lines = 0
        if lines:
            course.styles.height = len(lines)
            course.draw(lines)
            self._course_lines = len(lines) + 1

        return self._course_lines


def _refused(session: Session) -> list[Refused]:
    """Return the analyses that don't exist for the cell; that a unit has no
    direct share is usual.
    """
    answers = session.subject.answers
    questions = [
        question
        for question in questions_of(session)
        if question.kind != "share"
    ]
    found = [answers.get(question) for question in questions]

    return [answer for answer in found if isinstance(answer, Refused)]
