"""The Weights view: a row for each gate and part of a cell; a block as a heat map and as numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget
from textual.widgets import Static
from textual.worker import get_current_worker

from rnn_tui.errors import RnnTuiError, RunCancelledError
from rnn_tui.tui.gate_table import EXPORTED, MatrixRows, exported, gate_rows, matrix_columns
from rnn_tui.tui.measure import Measured, measure
from rnn_tui.tui.renderables.gates import dimensions
from rnn_tui.tui.renderables.numbers import short
from rnn_tui.tui.sentences import GATES, PARTS
from rnn_tui.tui.view import ShownTable, View
from rnn_tui.tui.widgets.block import BlockMap
from rnn_tui.tui.widgets.table import Table

if TYPE_CHECKING:
    from rnn_tui.engine.model import CellEntry
    from rnn_tui.formats.opened import OpenedModel
    from rnn_tui.tui.place import Place


PREVIEW = 16
"""Lines below the table from which on the selected block is shown there."""


class WeightsView(View):
    """The gate table; Enter opens a block as a heat map, Tab shows its numbers, Escape goes back to its row."""

    DEFAULT_CSS = """
    WeightsView { layout: vertical; padding: 1 1 0 1; }
    WeightsView #heading { height: auto; margin-bottom: 1; }
    WeightsView > Table, WeightsView > BlockMap { height: 1fr; display: none; }
    WeightsView #where { height: 2; display: none; }
    WeightsView.-table #gates { display: block; }
    WeightsView.-table.-preview #gates { height: auto; margin-bottom: 1; }
    WeightsView.-table.-preview BlockMap { display: block; }
    WeightsView.-map BlockMap, WeightsView.-map #where { display: block; }
    WeightsView.-numbers #numbers, WeightsView.-numbers #where { display: block; }
    """
    FOOTER: ClassVar = (("↑↓", "gate"), ("enter", "heat map"), ("tab", "numbers"), ("esc", "back"), ("[ ]", "layer"))
    HELP: ClassVar = (
        "The weights of the recurrent layer in question, cut into gates: kernel (input → gates), recurrent kernel "
        "(state → gates) and biases. Histograms share one scale, so rows compare. A block opens as a heat map whose "
        "colours leave the ground as values leave zero; the bars at its edges are the norms of rows and columns."
    )
    KEYS: ClassVar = (
        ("↑ ↓", "select a gate; in the heat map, move the cursor"),
        ("enter", "open the block as a heat map"),
        ("tab", "its numbers, and back"),
        ("esc", "back to the table"),
        ("[ ]", "previous or next recurrent layer"),
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("tab", "numbers", "Numbers", show=False),
        Binding("escape", "back", "Back", show=False),
        Binding("enter", "map", "Heat map", show=False),
    ]

    mode: reactive[str] = reactive("table", init=False)
    """What is shown: `table`, `map` or `numbers`."""

    class Done(Message):
        """A cell has been measured."""

        def __init__(self, key: str, rows: list[Measured], problem: str = "") -> None:
            super().__init__()
            self.key = key
            self.rows = rows
            self.problem = problem

    def __init__(self) -> None:
        super().__init__(classes="-table")
        self._measured: dict[str, list[Measured]] = {}
        self._key = ""
        self._index: list[int] = []

    def compose(self) -> ComposeResult:
        """Heading, gate table, heat map, numbers."""
        yield Static(id="heading", markup=False)
        yield Static(id="where", markup=False)
        yield Table(id="gates")
        yield BlockMap(id="block")
        yield Table(cells=True, id="numbers")

    def first_focus(self) -> Widget:
        """What the mode shows."""
        return self.query_one({"table": "#gates", "map": "#block", "numbers": "#numbers"}[self.mode])

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
        self._follow()

    def watch_place(self, before: Place, place: Place) -> None:
        """Follow the place to another cell."""
        if self.display and before.cell != place.cell:
            self._follow()

    def watch_mode(self, mode: str) -> None:
        """Show table, heat map or numbers."""
        for name in ("table", "map", "numbers"):
            self.set_class(name == mode, f"-{name}")
        self._head()
        self.first_focus().focus()

    @property
    def entry(self) -> CellEntry | None:
        """The cell in question."""
        if self.opened is None:
            return None
        entries = self.opened.model.cells
        cell = self.cell
        if cell is not None:
            return next((e for e in entries if e.key == cell.key.partition("@")[0]), None)
        return entries[self.place.cell] if self.place.cell < len(entries) else None

    @property
    def selected(self) -> Measured | None:
        """The block under the table's cursor."""
        rows = self._measured.get(self._key, [])
        at = self.query_one("#gates", Table).row
        return rows[self._index[at]] if rows and at < len(self._index) and self._index[at] >= 0 else None

    def copied(self) -> tuple[str, str] | None:
        """The value under the cursor, or the gate's statistics."""
        chosen = self.selected
        if chosen is None:
            return None
        name = f"{chosen.block.key} {chosen.block.part} {chosen.block.gate}"
        if self.mode == "table":
            return name, "\t".join(str(value) for value in exported(chosen))
        row, column = self._pointed()
        value = float(self._matrix(chosen)[row, column])
        return f"{name}[{row}, {column}]", repr(value)

    def shown_table(self) -> ShownTable | None:
        """The gate table, or the open block's numbers."""
        rows = self._measured.get(self._key, [])
        chosen = self.selected
        if self.mode == "table" or chosen is None:
            return ShownTable("weights", EXPORTED, [exported(row) for row in rows])
        values = self._matrix(chosen)
        names = tuple(str(column) for column in range(values.shape[1]))
        return ShownTable("weights", names, values.tolist())

    def action_map(self) -> None:
        """Open the selected block."""
        chosen = self.selected
        if chosen is None:
            return
        self.query_one(BlockMap).show(chosen.block.values)
        values = self._matrix(chosen)
        table = self.query_one("#numbers", Table)
        table.show(matrix_columns(values), MatrixRows(values))
        table.row, table.col = 0, 1
        self.mode = "map"
        self._point(0, 0)

    def action_numbers(self) -> None:
        """Change between heat map and numbers, the cursor on the same value."""
        if self.mode == "table":
            self.action_map()
        if self.mode == "map":
            row, column = self.query_one(BlockMap).cursor
            self.mode = "numbers"
            table = self.query_one("#numbers", Table)
            table.row, table.col = row, column + 1
        elif self.mode == "numbers":
            row, column = self._pointed()
            self.mode = "map"
            self.query_one(BlockMap).cursor = (row, column)

    def action_back(self) -> None:
        """Go back to the gate table."""
        self.mode = "table"

    @on(Table.Chosen, "#gates")
    def _open(self, event: Table.Chosen) -> None:
        event.stop()
        self.action_map()

    @on(Table.Highlighted, "#gates")
    def _gate_pointed(self, event: Table.Highlighted) -> None:
        event.stop()
        self._preview()

    @on(Table.Highlighted, "#numbers")
    def _number_pointed(self, event: Table.Highlighted) -> None:
        event.stop()
        if event.col == 0:
            event.table.col = 1
        elif self.mode == "numbers":
            self._point(event.row, event.col - 1)

    @on(BlockMap.Pointed)
    def _cell_pointed(self, event: BlockMap.Pointed) -> None:
        event.stop()
        if self.mode == "map":
            self._point(event.row, event.col)

    def _pointed(self) -> tuple[int, int]:
        table = self.query_one("#numbers", Table)
        return (table.row, max(table.col - 1, 0)) if self.mode == "numbers" else self.query_one(BlockMap).cursor

    def _matrix(self, chosen: Measured) -> Any:
        values = chosen.block.values
        return values.reshape(-1, values.shape[-1])

    def _point(self, row: int, column: int) -> None:
        """Say what the cursor stands on."""
        chosen = self.selected
        if chosen is None:
            return
        block, value = chosen.block, float(self._matrix(chosen)[row, column])
        source = {"kernel": f"x[{row}]", "recurrent_kernel": f"h[{row}]"}.get(block.part, "")
        text = f"{block.gate} of unit {column}" + (f" reads {source}" if source else "")
        stored = block.columns[0] + column
        self.query_one("#where", Static).update(
            Content.assemble(
                (f"row {row:<5} column {column:<5}", "$muted"),
                (f"{value:+.6f}".replace("-", "−"), "bold"),
                (f"   {text}   stored in column {stored}", "$muted"),
            )
        )

    def _follow(self) -> None:
        """Show the cell in question, measured when that has not been done."""
        entry = self.entry
        if not self.is_mounted:
            return
        if entry is None:
            self._key = ""
            self._head("this model has no recurrent layer" if self.opened is not None else "")
            return
        if entry.key != self._key:
            self._key, self.mode = entry.key, "table"
            self.query_one("#gates", Table).row = 0
        if entry.key in self._measured:
            self._fill()
        else:
            self._head("measuring …")
            self._measure(entry.key)

    @work(thread=True, exclusive=True, group="measure", exit_on_error=True)
    def _measure(self, key: str) -> None:
        worker = get_current_worker()
        opened = self.opened
        if opened is None:
            return
        try:
            done = self.Done(key, measure(opened.model, key, lambda: worker.is_cancelled))
        except RunCancelledError:
            return
        except RnnTuiError as error:
            done = self.Done(key, [], str(error))
        if not worker.is_cancelled:
            self.post_message(done)

    @on(Done)
    def _show_measured(self, event: Done) -> None:
        event.stop()
        if event.problem:
            self._head(event.problem)
        else:
            self._measured[event.key] = event.rows
            self._fill()

    def _fill(self) -> None:
        rows = self._measured.get(self._key)
        entry = self.entry
        if not rows or entry is None:
            return
        meanings = GATES.get(entry.cell.kind, {})
        columns, cells, self._index = gate_rows(rows, meanings, PARTS, self.size.width - 2, self._ascii)
        still = [k for k, at in enumerate(self._index) if at < 0]
        self.query_one("#gates", Table).show(columns, cells, still)
        self.set_class(self.size.height >= len(cells) + PREVIEW, "-preview")
        self._preview()
        self._head()

    def _preview(self) -> None:
        """Show the selected block below the table, where there is room."""
        chosen = self.selected
        if self.mode == "table" and self.has_class("-preview") and chosen is not None:
            self.query_one(BlockMap).show(chosen.block.values)

    @property
    def _ascii(self) -> bool:
        return bool(getattr(self.app, "ascii", False))

    def _head(self, remark: str = "") -> None:
        entry = self.entry
        if entry is None or not self.is_mounted:
            self.query_one("#heading", Static).update(Content(remark))
            return
        parts: list[tuple[str, str]] = [(entry.layer, "$accent bold"), (f"  {entry.class_name}", "$muted")]
        where: Sequence[str] = [entry.direction or "", f"cell {entry.index}" if entry.index is not None else ""]
        parts += [(f" ▸ {word}", "$muted") for word in where if word]
        chosen, rows = self.selected, self._measured.get(self._key, [])
        if remark:
            parts.append((f"    {remark}", "$muted"))
        elif self.mode != "table" and chosen is not None:
            block = chosen.block
            shape = dimensions(block.shape)
            text = f"    {block.part.replace('_', ' ')} · {block.gate}    {shape}    {PARTS[block.part][0]}"
            parts.append((text, "$foreground"))
        elif rows:
            parts.append((f"    histograms from {short(rows[0].low)} to {short(rows[0].high)}", "$muted"))
        self.query_one("#heading", Static).update(Content.assemble(*parts))
