"""The Units view: a row for each unit of a cell, a column for each question
that has a number for an answer.
"""

from __future__ import annotations

from functools import partial
from textwrap import wrap
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widget import Widget
from textual.widgets import Static

from rnn_tui.analysis.table import Table
from rnn_tui.tui.session.analyses import Refused, question_of
from rnn_tui.tui.session.session import ordered
from rnn_tui.tui.text.nothing import why_nothing
from rnn_tui.tui.theme.palette import look_of
from rnn_tui.tui.units_page.known import KINDS, Known, known_of
from rnn_tui.tui.units_page.notes import heading, on_the_unit
from rnn_tui.tui.units_page.rankings import Ranking, rankings
from rnn_tui.tui.units_page.rows import (
    UnitRows,
    columns_that_fit,
    component_courses,
    courses,
    unit_columns,
)
from rnn_tui.tui.units_page.saturation_plot import saturation_plots
from rnn_tui.tui.units_page.table import units_table
from rnn_tui.tui.views.base import View
from rnn_tui.tui.views.requests import KeysChanged, Moved, Wanted
from rnn_tui.tui.widgets.drawn import Drawn
from rnn_tui.tui.widgets.table import RowTable

if TYPE_CHECKING:
    from rnn_tui.engine.trace.trace import CellTrace

GAP = 2
NOTES_FROM = 16
"""Lines of a view that has room for the sentences below the table."""


class UnitsView(View):
    """A table of the units, and sentences on the one that is selected."""

    DEFAULT_CSS = """
    UnitsView { layout: vertical; padding: 0 1; }
    UnitsView #heading {
        color: $muted;
        height: 1;
        text-wrap: nowrap;
        text-overflow: ellipsis;
    }
    UnitsView #shares { margin-top: 1; display: none; }
    UnitsView #notes { margin-top: 1; display: none; }
    """
    FOOTER: ClassVar = (
        ("↑↓", "unit"),
        ("S", "sort"),
        ("enter", "its states"),
        ("x", "switch off"),
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("S", "sort", show=False),
        Binding("tab", "read", show=False),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._rows: UnitRows | None = None
        self._reads = False
        """Whether the sentences are read where the table leaves no room."""

    @property
    def footer(self) -> tuple[tuple[str, str], ...]:
        """The keys that matter; where there is room for the table alone, the
        one that shows the sentences.
        """
        if self.size.height and self.size.height < NOTES_FROM:
            return (("tab", "in words"), *self.FOOTER)

        return self.FOOTER

    def compose(self) -> ComposeResult:
        """Heading, table, sentences."""
        yield Static(id="heading", markup=False)
        yield RowTable()
        yield Drawn(id="shares")
        yield Static(id="notes", markup=False)

    def first_focus(self) -> Widget:
        """The table."""
        return self.query_one(RowTable)

    def on_resize(self) -> None:
        """Lay the table out anew."""
        self.post_message(KeysChanged())
        self.call_after_refresh(self.drawing.now)

    def action_read(self) -> None:
        """Read the sentences instead of the table, or show it again."""
        self._reads = not self._reads
        self.drawing.now()

    def action_sort(self) -> None:
        """Sort by the next column, the maps of the States view too."""
        shown = self._shown()[0]
        if not shown:
            return

        at = self._sorting_column(shown)
        ranking = shown[(at + 1) % len(shown)]
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
        rows = self._rows
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
        """Write the table of the cell in question."""
        cell = self.session.cell
        table = self.query_one(RowTable)
        table.display = cell is not None
        if cell is None:
            self._rows = None
            self.query_one("#heading", Static).update(why_nothing(self.session))
            self.query_one("#notes", Static).update("")
            return

        self._ask(cell)
        known = known_of(self.session)
        self._fill(table, cell)
        self.query_one("#heading", Static).update(heading(known, cell.key))
        left = self.size.height - 1
        left -= self._write_notes(known)
        left -= self._draw_shares(known, left - len(table.rows) - 1)
        alone = self._reads and self.size.height < NOTES_FROM
        table.display = not alone
        table.styles.height = max(min(len(table.rows) + 1, left), 2)

    def _draw_shares(self, known: Known, room: int) -> int:
        """Draw how often the gates are saturated, where there is room for it;
        return the lines that takes.
        """
        shares = self.query_one("#shares", Drawn)
        lines = []
        if known.saturation is not None:
            lines = saturation_plots(
                known.saturation,
                self.session.cursor.unit,
                self.size.width - 2,
                look_of(self.app),
            )

        shares.display = bool(lines) and len(lines) + 1 <= room
        if not shares.display:
            return 0

        shares.styles.height = len(lines)
        shares.draw(lines)

        return len(lines) + 1

    def _ask(self, cell: CellTrace) -> None:
        """Ask for what isn't known of the cell."""
        for kind in KINDS:
            question = question_of(self.session, kind)
            if question not in self.session.subject.answers:
                self.post_message(Wanted(question))

    def _shown(self) -> tuple[list[Ranking], int]:
        width = self.query_one(RowTable).size.width - 1
        return columns_that_fit(rankings(known_of(self.session)), width, GAP)

    def _sorting_column(self, shown: list[Ranking]) -> int:
        names = [ranking.name for ranking in shown]
        sorted_by = self.session.order.ranking
        if sorted_by in names:
            return names.index(sorted_by)

        return 0

    def _fill(self, table: RowTable, cell: CellTrace) -> None:
        shown, room = self._shown()
        sorted_by = self._sorting_column(shown)
        order = np.arange(cell.units)
        if shown:
            order = shown[sorted_by].order()

        ascii_only = bool(getattr(self.app, "ascii", False))
        state = cell.cell.states[-1]
        sequence = self.session.cursor.sequence
        known = known_of(self.session)
        rows = UnitRows(
            shown,
            order,
            courses(cell, state, sequence, 2 * room),
            component_courses(cell, known.units, sequence, 2 * room),
            room,
            sorted_by,
            ascii_only=ascii_only,
        )
        self._rows = rows
        columns = unit_columns(shown, sorted_by, room, ascii_only)
        components = range(cell.units, len(rows))
        table.show(columns, rows, still=components, gap=GAP)
        unit = self.session.cursor.unit
        where = np.flatnonzero(order == unit)
        if len(where):
            table.row = int(where[0])

    def _write_notes(self, known: Known) -> int:
        """Write the sentences on the selected unit where there is room for
        them; return the lines they take.
        """
        notes = self.query_one("#notes", Static)
        height = self.size.height
        notes.display = height >= NOTES_FROM or self._reads
        if not notes.display:
            return 0

        shown, _ = self._shown()
        column = shown[self._sorting_column(shown)] if shown else None
        refused = [
            answer
            for kind in KINDS
            if isinstance(
                answer := self.session.subject.answers.get(
                    question_of(self.session, kind)
                ),
                Refused,
            )
        ]
        unit = self.session.cursor.unit
        width = max(self.size.width - 2, 20)
        lines = [
            line
            for sentence in on_the_unit(known, unit, column, refused)
            for line in wrap(sentence, width)
        ]
        most = height if height < NOTES_FROM else height // 2
        notes.styles.height = min(len(lines), most)
        notes.update("\n".join(lines))

        return min(len(lines), most) + 1

    def copied(self) -> tuple[str, str] | None:
        """The selected unit's numbers."""
        table = self.shown_table()
        rows = self._rows
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
        rows = self._rows
        found = rankings(known_of(self.session))
        if cell is None or rows is None or not found:
            return None

        shown, _ = self._shown()
        column = shown[self._sorting_column(shown)] if shown else None
        known = known_of(self.session)
        unit = self.session.cursor.unit
        notes = on_the_unit(known, unit, column, ())

        return units_table(cell.key, found, rows.order, notes)
