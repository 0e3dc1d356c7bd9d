"""The Units view: a row for each unit of a cell, a column for each question
that has a number for an answer.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.widget import Widget

from rnn_tui.analysis.table import Table
from rnn_tui.tui.session.session import Session, at_named_unit, ordered
from rnn_tui.tui.startup.keymap import bound
from rnn_tui.tui.text.proof import has_changes
from rnn_tui.tui.units_page.known import SERIES, known_of, questions_of
from rnn_tui.tui.units_page.notes import named_unit, on_the_unit
from rnn_tui.tui.units_page.rankings import Ranking, rankings
from rnn_tui.tui.units_page.table import units_table
from rnn_tui.tui.views.base import View
from rnn_tui.tui.views.requests import KeysChanged, Moved, Wanted
from rnn_tui.tui.views.units_body import UnitsBody
from rnn_tui.tui.widgets.entry import Choice
from rnn_tui.tui.widgets.scrolled import Scrolled
from rnn_tui.tui.widgets.table import RowTable

FOUND = 3
"""Columns whose numbers are said of a unit that is looked for."""


class UnitsView(View):
    """A table of the units, and sentences on the one that is selected: first
    the one that they name.
    """

    FOOTER: ClassVar = (
        ("↑↓", "unit"),
        ("x", "switch off"),
        ("S", "sort"),
        ("enter", "its states"),
    )
    CHANGED: ClassVar = (
        ("↑↓", "unit"),
        ("x", "off/on"),
        ("5", "over time"),
        ("S", "sort"),
    )
    """The keys that matter while the run has changes of the user's."""
    GOES_TO = "unit"
    BINDINGS: ClassVar[list[BindingType]] = [
        bound("order", "sort"),
        bound("part.next", "read"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._reads = False
        """Whether the sentences are read where the table leaves no room."""

    @property
    def footer(self) -> tuple[tuple[str, str], ...]:
        """The keys that matter; where some sentences have no room, the one that
        shows them.
        """
        keys: tuple[tuple[str, str], ...] = self.FOOTER
        if has_changes(self.session):
            keys = self.CHANGED

        if self.is_mounted and self.body.hides_sentences:
            return (("tab", "in words"), *keys)

        return keys

    def watch_session(self, before: Session, session: Session) -> None:
        """Follow the session; other keys matter once the run has changes."""
        super().watch_session(before, session)
        if has_changes(before) != has_changes(session):
            self.post_message(KeysChanged())

    def compose(self) -> ComposeResult:
        """The page."""
        yield UnitsBody()

    @property
    def body(self) -> UnitsBody:
        """The page."""
        return self.query_one(UnitsBody)

    def first_focus(self) -> Widget:
        """The table, or the sentences that are read instead."""
        if self._reads and self.body.hides_sentences:
            return self.body.query_one(Scrolled)

        return self.body.table

    def on_resize(self) -> None:
        """Lay the table out anew."""
        self.call_after_refresh(self.drawing.now)

    def action_read(self) -> None:
        """Read the sentences instead of the table, or show it again."""
        self._reads = not self._reads
        self.drawing.now()
        self.first_focus().focus()

    def action_sort(self) -> None:
        """Sort by the next column, the maps of the States view too."""
        if self.session.cell is None:
            return

        ranking = self.body.sorting(self.session).following
        if ranking is None:
            return

        units = tuple(ranking.order().tolist())
        self.post_message(
            Moved(
                partial(
                    ordered,
                    change=lambda order: order.by(ranking.name, units),
                )
            )
        )

    def on_row_table_highlighted(self, event: RowTable.Highlighted) -> None:
        """Select the unit under the cursor."""
        event.stop()
        rows = self.body.rows
        if event.outdated or rows is None or event.row >= len(rows.order):
            return

        unit = int(rows.order[event.row])
        if unit != self.session.cursor.unit:
            self.move(unit=unit)

    def on_row_table_chosen(self, event: RowTable.Chosen) -> None:
        """Show the unit's states."""
        event.stop()
        self.call_later(self.run_action, "screen.command('show', 'states')")

    def draw(self) -> None:
        """Write the page, and ask for the missing answers."""
        session = self.session
        if session.cell is not None:
            for question in questions_of(session):
                if question not in session.subject.answers:
                    self.post_message(Wanted(question))

        named = self._named_unit()
        if named is not None:
            # the page is drawn when the session comes back, so that its cursor
            # is never elsewhere
            self.post_message(Moved(partial(at_named_unit, unit=named)))
            return

        before = self.body.hides_sentences
        self.body.draw(session, self._reads)
        if self.body.hides_sentences != before:
            self.post_message(KeysChanged())

    def _named_unit(self) -> int | None:
        """Return the unit that the sentences name, as long as no unit was
        chosen; None where they name none yet.
        """
        session = self.session
        if session.cell is None or session.unit_is_chosen:
            return None
        if session.subject.partial:
            return None

        answers = session.subject.answers
        is_known = all(
            question in answers
            for question in questions_of(session)
            if question.kind in SERIES
        )
        if not is_known:
            return None

        return named_unit(known_of(session))

    def findable(self) -> Sequence[Choice[Callable[[], object]]]:
        """Every unit, with the numbers of the first columns."""
        rows = self.body.rows
        if rows is None:
            return ()

        return [
            Choice(
                f"unit {unit}",
                _numbers(rows.rankings[:FOUND], unit),
                partial(self.move, unit=unit),
            )
            for unit in sorted(rows.order.tolist())
        ]

    def copied(self) -> tuple[str, str] | None:
        """The selected unit's numbers."""
        table = self.shown_table()
        rows = self.body.rows
        if table is None or rows is None:
            return None

        unit = self.session.cursor.unit
        for row in table.rows:
            if row[0] == unit:
                named = zip(table.columns, row, strict=True)
                text = "\n".join(f"{name}\t{value}" for name, value in named)
                return f"the numbers of unit {unit}", text

        return None

    def shown_table(self) -> Table | None:
        """All rankings, a row for each unit, sorted as on the screen."""
        cell = self.session.cell
        rows = self.body.rows
        found = rankings(known_of(self.session))
        if cell is None or rows is None or not found:
            return None

        known = known_of(self.session)
        unit = self.session.cursor.unit
        column = self.body.sorting(self.session).column
        notes = on_the_unit(known, unit, column, ())

        return units_table(cell.key, found, rows.order, notes)


def _numbers(rankings: Sequence[Ranking], unit: int) -> str:
    """Return a unit's numbers, each with the title of its column."""
    return " · ".join(
        f"{ranking.title} {ranking.text(float(ranking.values[unit]))}"
        for ranking in rankings
    )
