"""The Layers view: every layer in one line, and the selected one explained with
its numbers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content
from textual.widget import Widget

from rnn_tui.tui.session.question import Question, Refused
from rnn_tui.tui.session.session import Session
from rnn_tui.tui.startup.keymap import bound
from rnn_tui.tui.text.layer_help import explanation
from rnn_tui.tui.views.base import View
from rnn_tui.tui.views.layer_table import LayerTable, cells_at, copied_layer
from rnn_tui.tui.views.layers_body import PADDING, LayersBody
from rnn_tui.tui.views.measurements import (
    MOST_CHECKED,
    Done,
    LayerMeasurements,
)
from rnn_tui.tui.views.requests import KeysChanged, Said, Wanted
from rnn_tui.tui.views.stored_parts import PartsRead, StoredParts
from rnn_tui.tui.widgets.explained import Explanation
from rnn_tui.tui.widgets.table import RowTable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rnn_tui.analysis.findings import Finding
    from rnn_tui.analysis.table import Table
    from rnn_tui.formats.opened import OpenedModel

LINT = Question("lint")


class LayersView(View):
    """The table of layers; the cursor's layer is explained beside it."""

    DEFAULT_CSS = f"""
    LayersView {{ padding: 1 {PADDING} 0 {PADDING}; }}
    """
    FOOTER: ClassVar = (
        ("space", "plays"),
        ("↑↓", "layer"),
        ("enter", "its weights"),
        ("tab", "explanation"),
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        bound("part.next", "read"),
        bound("cancel", "back"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._parts = StoredParts(self)
        self._measured = LayerMeasurements(self)

    def compose(self) -> ComposeResult:
        """One page."""
        yield LayersBody()

    @property
    def footer(self) -> tuple[tuple[str, str], ...]:
        """The keys that matter; without a recurrent layer nothing plays."""
        opened = self.session.subject.opened
        if opened is not None and not opened.model.cells:
            return self.FOOTER[1:]

        return self.FOOTER

    def first_focus(self) -> Widget:
        """The table."""
        return self.table

    @property
    def body(self) -> LayersBody:
        """The page."""
        return self.query_one(LayersBody)

    @property
    def table(self) -> LayerTable:
        """The layers."""
        return self.body.table

    def action_read(self) -> None:
        """Give the keyboard to the explanation, or back to the table."""
        explained = self.body.explained
        if explained.has_focus:
            self.table.focus()
        else:
            explained.focus()

    def action_back(self) -> None:
        """Go back to the table, or let the screen cancel the work under way."""
        if self.body.explained.has_focus:
            self.table.focus()
        else:
            self.call_later(self.run_action, "screen.command('cancel')")

    def on_resize(self) -> None:
        """Put the explanation where there is room."""
        if not self.table.fits(self.body.columns):
            self._fill()

        self._lay_out()

    def _lay_out(self) -> None:
        self.body.lay_out()
        self.call_after_refresh(self.drawing.now)

    def watch_session(self, before: Session, session: Session) -> None:
        """Show another model; follow the place to its layer."""
        if not self.is_mounted:
            return

        if before.subject.opened is not session.subject.opened:
            self._parts.forget()
            self._measured.forget()
            self._fill()
            self._lay_out()
            self.post_message(KeysChanged())

        if before.cursor.layer != session.cursor.layer:
            self.table.select(session.cursor.layer)

        if before.subject.trace is not session.subject.trace or (
            before.subject.answers is not session.subject.answers
        ):
            self.drawing.ask()

    def on_mount(self) -> None:
        """Fill the table."""
        self._fill()
        self._lay_out()
        self.table.select(self.session.cursor.layer)

    def on_row_table_highlighted(self, event: RowTable.Highlighted) -> None:
        """Explain the layer and move the shared place there."""
        event.stop()
        layer = self.table.selected
        # another row may be the cursor's by now
        if event.row != self.table.row or layer is None:
            return

        self.body.explained.scroll_home(animate=False)
        self.drawing.ask()
        if layer.path != self.session.cursor.layer:
            self._go_to(layer.path)

    def _go_to(self, path: str) -> None:
        """Ask for the layer, and for the first cell it holds."""
        opened = self.session.subject.opened
        if opened is None:
            return

        place: dict[str, int | str] = {"layer": path}
        cells = cells_at(path, opened.model)
        if cells:
            place["cell"] = min(cells)

        self.move(**place)

    async def on_row_table_chosen(self, event: RowTable.Chosen) -> None:
        """Show the selected layer's weights, where it has any."""
        event.stop()
        layer = self.table.selected
        opened = self.session.subject.opened
        if layer is None or opened is None:
            return

        if layer.parameters or layer.weights:
            await self.run_action("screen.command('show', 'weights')")
        else:
            self.post_message(Said(f"{layer.path} has no arrays"))

    @on(Explanation.Resized)
    def _wrap(self, event: Explanation.Resized) -> None:
        event.stop()
        self.drawing.now()

    def copied(self) -> tuple[str, str] | None:
        """The selected layer's line."""
        return copied_layer(self.table.selected)

    def shown_table(self) -> Table | None:
        """The layer table."""
        return self.table.exported()

    def _fill(self) -> None:
        opened = self.session.subject.opened
        if opened is not None:
            self.table.fill(opened.model, self.body.columns)

    def draw(self) -> None:
        """Explain the selected layer."""
        layer = self.table.selected
        opened = self.session.subject.opened
        if layer is None or opened is None:
            return

        entries = list(cells_at(layer.path, opened.model).values())
        cells = self._parts.of(layer, entries, self.table.listed)
        text = self.query_one(Explanation)
        width = text.begun(self.size.width - 2)
        findings = self._findings(opened)
        parts = explanation(layer, cells, width, opened, findings)
        self.body.explain(Content.assemble(*parts))
        rows, remark = self._measured.of(layer, opened)
        self.body.show_weights(rows, layer.path, remark)

    @on(Done)
    def _show_measured(self, event: Done) -> None:
        event.stop()
        self._measured.keep(event)
        self.drawing.ask()

    def _findings(self, opened: OpenedModel) -> Sequence[Finding]:
        """Return the findings of the checks of the model's health, or ask for
        them.
        """
        subject = self.session.subject
        answer = subject.answers.get(LINT)
        if answer is None:
            if opened.model.parameters <= MOST_CHECKED:
                self.post_message(Wanted(LINT))

            return ()

        if isinstance(answer, Refused):
            return ()

        found: Sequence[Finding] = answer.found
        return found

    @on(PartsRead)
    def _show_parts(self, event: PartsRead) -> None:
        event.stop()
        self._parts.keep(event)
        self.drawing.ask()
