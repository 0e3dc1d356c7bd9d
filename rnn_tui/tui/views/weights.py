"""The Weights view: a row for each gate and part of a cell; a block as a heat map and
as numbers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget
from textual.widgets import Static

from rnn_tui.analysis.table import Table as ShownTable
from rnn_tui.engine.cells.kinds import kind_of
from rnn_tui.tui.renderables.symbols import PARTS
from rnn_tui.tui.views.weights_base import Measuring
from rnn_tui.tui.weights_page.gate_rows import EXPORTED, exported, gate_rows, heading
from rnn_tui.tui.weights_page.statistics_job import Measured
from rnn_tui.tui.widgets.openblock import OpenBlock
from rnn_tui.tui.widgets.table import Table

if TYPE_CHECKING:
    from rnn_tui.formats.opened import OpenedModel
    from rnn_tui.tui.session.cursor import Place


PREVIEW = 16
"""Lines below the table from which on the selected block is shown there."""

LARGE_TABLE = 1 << 22
"""Values up to which an open block can be exported as a table."""


class WeightsView(Measuring):
    """The gate table; Enter opens a block as a heat map, Tab shows its numbers, Escape
    goes back to its row.
    """

    DEFAULT_CSS = """
    WeightsView { layout: vertical; padding: 1 1 0 1; }
    WeightsView #heading { height: auto; margin-bottom: 1; }
    WeightsView > Table { height: 1fr; }
    WeightsView > OpenBlock { display: none; }
    WeightsView.-preview #gates { height: auto; margin-bottom: 1; }
    WeightsView.-preview OpenBlock, WeightsView.-open OpenBlock { display: block; }
    WeightsView.-open #gates { display: none; }
    """
    FOOTER: ClassVar = (
        ("↑↓", "gate"),
        ("enter", "heat map"),
        ("tab", "numbers"),
        ("[ ]", "layer"),
        ("e", "export"),
    )
    OPENED: ClassVar = (
        ("←→↑↓", "value"),
        ("tab", "map or numbers"),
        ("esc", "table"),
        ("y", "copy"),
        ("e", "export"),
    )
    """The keys that matter in an open block."""
    HELP: ClassVar = (
        "The weights of the recurrent layer in question, cut into gates: kernel "
        "(input → gates), recurrent kernel (state → gates) and biases. Histograms "
        "share one scale, so rows compare. A block opens as a heat map whose colours "
        "leave the ground as values leave zero; the bars at its edges are the norms "
        "of rows and columns. Where a block has more values than there are cells, a "
        "cell stands for a tile of them."
    )
    KEYS: ClassVar = (
        ("↑ ↓", "select a gate; in the heat map, move the cursor"),
        ("enter", "open the block as a heat map"),
        ("tab", "its numbers, and back"),
        ("+ -", "in the heat map of a large block: into the tiles, and out"),
        ("m", "in such a map: a tile's largest weight, or its mean"),
        ("esc", "back to the table"),
        ("[ ]", "previous or next recurrent layer"),
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("tab", "numbers", "Numbers", show=False),
        Binding("escape", "back", "Back", show=False),
    ]

    open: reactive[bool] = reactive(False, init=False)
    """Whether a block fills the view."""

    def __init__(self) -> None:
        super().__init__()
        self._index: list[int] = []

    def compose(self) -> ComposeResult:
        """Heading, gate table, the open block."""
        yield Static(id="heading", markup=False)
        yield Table(id="gates")
        block = OpenBlock()
        block.set_class(True, "-preview")
        yield block

    @property
    def footer(self) -> tuple[tuple[str, str], ...]:
        """The keys of the table, or those of the open block."""
        if self.open:
            return self.OPENED

        return self.FOOTER

    def first_focus(self) -> Widget:
        """The table, or the open block."""
        if self.open:
            return self.query_one(OpenBlock).first_focus()

        return self.query_one("#gates")

    def on_mount(self) -> None:
        """Measure the cell in question."""
        self._follow()

    def on_resize(self) -> None:
        """Show more columns where there is room."""
        self._fill()

    def shown_again(self) -> None:
        """Follow the place."""
        self._follow()

    def watch_opened(self, opened: OpenedModel | None) -> None:
        """Forget another file's weights."""
        self._measured.clear()
        self._key = ""
        if self.display:
            self._follow()

    def watch_place(self, before: Place, place: Place) -> None:
        """Follow the place to another cell."""
        if self.display and before.cell != place.cell:
            self._follow()

    def watch_open(self, is_open: bool) -> None:
        """Show the block alone, or the table."""
        self.set_class(is_open, "-open")
        self.post_message(self.KeysChanged())
        self.query_one(OpenBlock).set_class(not is_open, "-preview")
        self._head()
        self.first_focus().focus()

    @property
    def selected(self) -> Measured | None:
        """The block under the table's cursor."""
        rows = self._measured.get(self._key, [])
        at = self.query_one("#gates", Table).row
        if rows and at < len(self._index) and self._index[at] >= 0:
            return rows[self._index[at]]

        return None

    def copied(self) -> tuple[str, str] | None:
        """The value under the cursor, or the gate's statistics."""
        chosen = self.selected
        if chosen is None:
            return None

        name = f"{chosen.block.key} {chosen.block.part} {chosen.block.gate}"
        if not self.open:
            return name, "\t".join(str(value) for value in exported(chosen))

        opened = self.query_one(OpenBlock)
        row, column = opened.pointed

        return f"{name}[{row}, {column}]", repr(float(opened.values[row, column]))

    def shown_table(self) -> ShownTable | None:
        """The gate table, or the open block's numbers."""
        rows = self._measured.get(self._key, [])
        if self.open:
            values = self.query_one(OpenBlock).values
        else:
            values = None

        if values is None or values.size > LARGE_TABLE:
            return ShownTable(
                "weights",
                EXPORTED,
                [exported(row) for row in rows if row.statistics is not None],
            )

        names = tuple(str(column) for column in range(values.shape[1]))
        block = self.query_one(OpenBlock).block
        if block is None:
            part = ""
        else:
            part = f"{block.key}-{block.part}-{block.gate}".replace("/", "-")

        return ShownTable("weights", names, values.tolist(), part)

    def action_numbers(self) -> None:
        """Open the selected block's numbers."""
        if self.selected is not None and not self.open:
            self._open_selected()
            self.query_one(OpenBlock).action_numbers()

    def action_back(self) -> None:
        """Go back to the gate table, or let the screen cancel what is under way."""
        if not self.open:
            self.call_later(self.run_action, "screen.cancel")

        self.open = False

    @on(Table.Chosen, "#gates")
    def _open(self, event: Table.Chosen) -> None:
        event.stop()
        self._open_selected()

    def _open_selected(self) -> None:
        chosen = self.selected
        if chosen is not None:
            self.open = True
            self.query_one(OpenBlock).show(chosen.block)

    @on(Table.Highlighted, "#gates")
    def _gate_pointed(self, event: Table.Highlighted) -> None:
        event.stop()
        self._preview()

    def _follow(self) -> None:
        """Show the cell in question, measured when that has not been done."""
        entry = self.entry
        if not self.is_mounted:
            return

        if entry is None:
            self._key = ""
            self._head(
                "this model has no recurrent layer" if self.opened is not None else ""
            )
            return

        if entry.key != self._key:
            self._key = entry.key
            self.open = False
            self.query_one("#gates", Table).row = 0
            if entry.key not in self._measured:
                self._head("reading the weights …")
                self._measure(entry.key)

        self._fill()

    def measured_more(self) -> None:
        """Show what is known of the cell in question by now."""
        self._fill()

    def not_measured(self, problem: str) -> None:
        """Say why there are no weights to show."""
        self._head(problem)

    def _fill(self) -> None:
        rows = self._measured.get(self._key)
        entry = self.entry
        if not rows or entry is None:
            return

        meanings = kind_of(entry.cell).purposes
        columns, cells, self._index = gate_rows(
            rows, meanings, PARTS, self.size.width - 2, self._ascii
        )
        still = [k for k, at in enumerate(self._index) if at < 0]
        self.query_one("#gates", Table).show(columns, cells, still)
        self.set_class(
            not self.open and self.size.height >= len(cells) + PREVIEW, "-preview"
        )
        self._preview()
        self._head()

    def _preview(self) -> None:
        """Show the selected block below the table, where there is room."""
        chosen = self.selected
        if not self.open and self.has_class("-preview") and chosen is not None:
            self.query_one(OpenBlock).show(chosen.block)

    @property
    def _ascii(self) -> bool:
        return bool(getattr(self.app, "ascii", False))

    def _head(self, remark: str = "") -> None:
        entry = self.entry
        if entry is None or not self.is_mounted:
            self.query_one("#heading", Static).update(Content(remark))
            return

        rows = self._measured.get(self._key, [])
        chosen = self.selected if self.open else None
        parts = heading(entry, rows, chosen, remark)
        self.query_one("#heading", Static).update(Content.assemble(*parts))
