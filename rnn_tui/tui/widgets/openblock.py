"""An open block of weights: its heat map or its numbers, a cursor on the same
value in both, and the value under the cursor.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget
from textual.widgets import Static

from rnn_tui.tui.renderables.rows import MatrixRows, matrix_columns
from rnn_tui.tui.startup.keymap import bound
from rnn_tui.tui.widgets.block import BlockMap
from rnn_tui.tui.widgets.pane import Pane
from rnn_tui.tui.widgets.table import RowTable

if TYPE_CHECKING:
    from rnn_tui.analysis.arrays import ArrayBlock
    from rnn_tui.analysis.gates import GateBlock


class OpenBlock(Pane):
    """Tab changes between map and numbers."""

    DEFAULT_CSS = """
    OpenBlock { layout: vertical; height: 1fr; }
    OpenBlock #where { height: 2; }
    OpenBlock > RowTable { display: none; height: 1fr; }
    OpenBlock.-numbers > RowTable { display: block; }
    OpenBlock.-numbers > BlockMap { display: none; }
    OpenBlock.-preview > #where { display: none; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        bound("part.next", "numbers"),
    ]

    numbers: reactive[bool] = reactive(False, init=False)
    """Whether the numbers are shown instead of the map."""

    def __init__(self, id: str | None = None) -> None:
        super().__init__(id=id)
        self._block: GateBlock | ArrayBlock | None = None

    def compose(self) -> ComposeResult:
        """The value under the cursor, the map, the numbers."""
        yield Static(id="where", markup=False)
        yield BlockMap(id="block")
        yield RowTable(cells=True, id="numbers")

    def show(self, block: GateBlock | ArrayBlock) -> None:
        """Show another block from its first value."""
        self._block = block
        self.numbers = False
        self.query_one(BlockMap).show(block.values)
        values = self.values
        table = self.query_one(RowTable)
        table.show(matrix_columns(values), MatrixRows(values))
        table.row, table.col = 0, 1
        self._point()

    @property
    def block(self) -> GateBlock | ArrayBlock | None:
        """The block shown."""
        return self._block

    @property
    def values(self) -> Any:
        """The block's values as a matrix; a vector is one row."""
        assert self._block is not None
        return self._block.values.reshape(-1, self._block.values.shape[-1])

    @property
    def pointed(self) -> tuple[int, int]:
        """The row and column of the cursor."""
        table = self.query_one(RowTable)
        if self.numbers:
            return (table.row, max(table.col - 1, 0))

        return self.query_one(BlockMap).cursor

    def first_focus(self) -> Widget:
        """Return the map or the numbers, whichever is shown."""
        if self.numbers:
            return self.query_one(RowTable)

        return self.query_one(BlockMap)

    def watch_numbers(self, numbers: bool) -> None:
        """Show the one or the other, the cursor on the same value."""
        self.set_class(numbers, "-numbers")

    def action_numbers(self) -> None:
        """Change between the map and the numbers."""
        row, column = self.pointed
        self.numbers = not self.numbers
        if self.numbers:
            table = self.query_one(RowTable)
            table.row = row
            table.col = column + 1
        else:
            self.query_one(BlockMap).cursor = (row, column)

        self.first_focus().focus()
        self._point()

    @on(RowTable.Highlighted, "#numbers")
    def _number_pointed(self, event: RowTable.Highlighted) -> None:
        event.stop()
        if event.col == 0:
            event.table.col = 1
        elif self.numbers:
            self._point()

    @on(RowTable.Chosen, "#numbers")
    def _number_chosen(self, event: RowTable.Chosen) -> None:
        event.stop()

    @on(BlockMap.Pointed)
    def _cell_pointed(self, event: BlockMap.Pointed) -> None:
        event.stop()
        if not self.numbers:
            self._point()

    def _point(self) -> None:
        """Name the value under the cursor."""
        if self._block is None or self.has_class("-preview"):
            return

        map = self.query_one(BlockMap)
        if not self.numbers and map.factor != (1, 1):
            self._point_tile(map)
            return

        block, (row, column) = self._block, self.pointed
        value = float(self.values[row, column])
        self._say(
            (f"row {row:<5} column {column:<5}", "$muted"),
            (f"{value:+.6f}".replace("-", "−"), "bold"),
            (f"   {_meaning(block, row, column)}", "$muted"),
        )

    def _point_tile(self, map: BlockMap) -> None:
        rows, columns, value = map.under()
        what = {"largest": "largest |w|", "mean": "mean"}[map.kind]
        self._say(
            (
                f"{_range('row', rows)}  {_range('column', columns)}   {what} ",
                "$muted",
            ),
            (f"{value:+.6f}".replace("-", "−"), "bold"),
            ("   + in  − out  m mean", "$muted"),
        )

    def _say(self, *parts: tuple[str, str]) -> None:
        self.query_one("#where", Static).update(Content.assemble(*parts))


def _meaning(block: GateBlock | ArrayBlock, row: int, column: int) -> str:
    """Return in words the purpose of the value in a row and column."""
    if not block.gate:
        return f"of {block.part}"

    reads = ""
    if block.part == "kernel":
        reads = f" reads x[{row}]"
    elif block.part == "recurrent_kernel":
        reads = f" reads h[{row}]"

    stored = block.columns[0] + column

    return f"{block.gate} of unit {column}{reads}   stored in column {stored}"


def _range(name: str, span: slice) -> str:
    if span.stop - span.start == 1:
        return f"{name} {span.start}"

    return f"{name}s {span.start}–{span.stop - 1}"
