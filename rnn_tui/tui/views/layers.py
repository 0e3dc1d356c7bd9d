"""The Layers view: every layer in one line, and the selected one explained with its
numbers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Static
from textual.worker import get_current_worker

from rnn_tui.analysis.table import Table as ShownTable
from rnn_tui.errors import RnnTuiError
from rnn_tui.tui.renderables.shapes import shape_text
from rnn_tui.tui.text.layer_help import explanation, parts_by_shape, stored_parts
from rnn_tui.tui.text.layer_rows import NARROW, layer_rows
from rnn_tui.tui.views.base import View
from rnn_tui.tui.widgets.explained import Explained, Explanation
from rnn_tui.tui.widgets.first_paint import after_picture
from rnn_tui.tui.widgets.table import Column, Table

if TYPE_CHECKING:
    from rnn_tui.engine.model import CellEntry, LayerInfo
    from rnn_tui.formats.opened import OpenedModel
    from rnn_tui.tui.renderables.gates import StoredPart
    from rnn_tui.tui.session.cursor import Place

MOST_READ = 4_000_000
"""Parameters up to which a layer's weights are read to say which biases are
constant.
"""

ROOMY = 140
"""From this width on, the table's columns stand farther apart."""

WIDE = 110
"""From this width on, the explanation stands beside the table instead of below it."""


class LayersView(View):
    """The table of layers; the cursor's layer is explained beside it."""

    DEFAULT_CSS = """
    LayersView { layout: vertical; padding: 1 1 0 1; }
    LayersView > Table { height: auto; max-height: 50%; min-height: 4; }
    LayersView > Explained { height: 1fr; margin-top: 1; }
    LayersView.-reading > Table { display: none; }
    LayersView.-reading > Explained { margin-top: 0; }
    LayersView.-wide { layout: horizontal; }
    LayersView.-wide > Table { height: 1fr; max-height: 100%; max-width: 55%; }
    LayersView.-wide > Table { display: block; }
    LayersView.-wide > Explained { width: 1fr; max-width: 96; margin: 0 0 0 4; }
    """
    FOOTER: ClassVar = (
        ("↑↓", "layer"),
        ("/", "find"),
        ("enter", "its weights"),
        ("tab", "explanation"),
        ("o", "open"),
    )
    HELP: ClassVar = (
        "Every layer of the model, one a line, recurrent layers in the accent colour. "
        "Parameters are counted as Keras's model.summary() counts them. The selected "
        "layer is explained beside the table: what it does, how it is configured, how "
        "its parameters are counted, and which columns of its stored arrays belong to "
        "which gate."
    )
    KEYS: ClassVar = (
        ("↑ ↓", "select a layer; in the explanation, scroll"),
        (
            "tab",
            (
                "read the explanation, and back: where it is narrow it has the page to "
                "itself"
            ),
        ),
        ("enter", "open the weights of a recurrent layer"),
        ("/", "find a layer by name"),
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("tab", "read", "Explanation", show=False),
        Binding("escape", "back", "Back", show=False),
    ]

    class PartsRead(Message):
        """A layer's weights have been looked at."""

        def __init__(self, path: str, found: dict[str, list[StoredPart]]) -> None:
            super().__init__()
            self.path = path
            self.found = found

    def __init__(self) -> None:
        super().__init__()
        self._parts: dict[str, list[StoredPart]] = {}
        self._filled_for = (False, False)
        self._wrapped = 0

    def compose(self) -> ComposeResult:
        """Table and explanation."""
        # known before the styles are looked up
        self.set_class(self.app.size.width >= WIDE, "-wide")
        yield Table(id="layers")
        yield Explained()

    def first_focus(self) -> Widget:
        """The table."""
        return self.query_one(Table)

    def action_read(self) -> None:
        """Give the keyboard to the explanation, or back to the table."""
        self.query_one(
            Table if self.query_one(Explained).has_focus else Explained
        ).focus()

    def action_back(self) -> None:
        """Go back to the table, or let the screen cancel what is under way."""
        if self.query_one(Explained).has_focus:
            self.first_focus().focus()
        else:
            self.call_later(self.run_action, "screen.cancel")

    @on(Explained.Entered)
    def _read_alone(self, event: Explained.Entered) -> None:
        event.stop()
        self.set_class(event.has_it, "-reading")

    def on_resize(self) -> None:
        """Put the explanation where there is room."""
        wide = self.size.width >= WIDE
        self.set_class(wide, "-wide")
        table = self.query_one(Table)
        if self.opened is not None and self._step() != self._filled_for:
            self._fill()
            return

        if wide:
            table.styles.width = table.virtual_size.width + 1
        else:
            table.styles.width = "100%"

        self.call_after_refresh(self._explain)

    def watch_opened(self, opened: OpenedModel | None) -> None:
        """Show another model."""
        self._parts.clear()
        if opened is None or not self.is_mounted:
            return

        self._fill()

    def watch_place(self, place: Place) -> None:
        """Follow the place to its layer."""
        layers = self._layers()
        index = next(
            (k for k, layer in enumerate(layers) if layer.path == place.layer), None
        )
        if index is not None and self.is_mounted:
            self.query_one(Table).row = index

    def on_mount(self) -> None:
        """Fill the table."""
        self._fill()

    def on_table_highlighted(self, event: Table.Highlighted) -> None:
        """Explain the layer and move the shared place there."""
        event.stop()
        layers = self._layers()
        if not 0 <= event.row < len(layers) or self.opened is None:
            return

        self._explain()
        self.query_one(Explained).scroll_home(animate=False)
        path = layers[event.row].path
        if path != self.place.layer:
            cells = self.opened.model.cells
            cell = next(
                (k for k, entry in enumerate(cells) if _holds(path, entry)),
                self.place.cell,
            )
            self.post_message(self.Moved(replace(self.place, layer=path, cell=cell)))

    async def on_table_chosen(self, event: Table.Chosen) -> None:
        """Show the selected layer's weights, where it has gates."""
        event.stop()
        layer = self._selected()
        if layer is not None and self._entries(layer):
            await self.run_action("screen.show('weights')")
        elif layer is not None:
            self.screen.say(  # type: ignore[attr-defined]
                f"{layer.path} has no gates: Weights shows recurrent layers"
            )

    @on(Explanation.Resized)
    def _wrap(self, event: Explanation.Resized) -> None:
        event.stop()
        if self.query_one("#explanation", Static).size.width != self._wrapped:
            self._explain()

    def copied(self) -> tuple[str, str] | None:
        """The selected layer's line."""
        layer = self._selected()
        if layer is None:
            return None

        return (
            f"layer {layer.path}",
            f"{layer.path}\t{layer.class_name}\t{layer.output_shape}\t{layer.parameters}",
        )

    def shown_table(self) -> ShownTable | None:
        """The layer table."""
        rows = [
            (x.path, x.class_name, shape_text(x.output_shape), x.parameters, x.formula)
            for x in self._layers()
        ]
        return ShownTable(
            "layers", ("name", "class", "output_shape", "parameters", "formula"), rows
        )

    def _layers(self) -> tuple[LayerInfo, ...]:
        if self.opened is not None:
            return self.opened.model.layers

        return ()

    def _selected(self) -> LayerInfo | None:
        layers = self._layers()
        row = self.query_one(Table).row
        if row < len(layers):
            return layers[row]

        return None

    def _fill(self) -> None:
        if self.opened is None:
            return

        self._filled_for = self._step()
        columns, rows = layer_rows(self.opened.model, self.size.width)
        self.query_one(Table).show(
            columns, rows, still=[len(rows) - 1], gap=self._gap(columns)
        )
        self.on_resize()

    def _step(self) -> tuple[bool, bool]:
        """What the table's columns depend on: whether there is much room, whether there
        is little.
        """
        return self.size.width >= ROOMY, self.size.width < NARROW

    def _gap(self, columns: Sequence[Column]) -> int:
        """Cells between two columns: more where the table has room beside the
        explanation.
        """
        whole = sum(column.width + 4 for column in columns)
        if self._filled_for[0] and whole <= self.size.width * 55 // 100:
            return 4

        return 2

    def _explain(self) -> None:
        layer = self._selected()
        if layer is None or self.opened is None:
            return

        if layer.recurrent and layer.path not in self._parts:
            if layer.parameters > MOST_READ:
                self._parts.update(self._shapes(layer))
            else:
                after_picture(self, partial(self._read_parts, layer))

        box = self.query_one("#explanation", Static)
        self._wrapped = box.size.width
        width = max(box.size.width or self.size.width - 2, 20)
        cells = [
            (entry, self._parts[entry.key])
            for entry in self._entries(layer)
            if entry.key in self._parts
        ]
        box.update(Content.assemble(*explanation(layer, cells, width, self.opened)))

    def _entries(self, layer: LayerInfo) -> list[CellEntry]:
        if self.opened:
            return [
                entry for entry in self.opened.model.cells if _holds(layer.path, entry)
            ]

        return []

    def _shapes(self, layer: LayerInfo) -> dict[str, list[StoredPart]]:
        """The parts of a large layer's cells, by the shapes in the layer table."""
        found: dict[str, list[StoredPart]] = {layer.path: []}
        for entry in self._entries(layer):
            info = next(
                (
                    x
                    for x in self._layers()
                    if x.path in (entry.key, entry.layer) and x.weights
                ),
                None,
            )
            if info is not None and entry.index is None:
                found[entry.key] = parts_by_shape(info)
            else:
                found[entry.key] = []

        return found

    @work(thread=True, exclusive=True, group="parts", exit_on_error=False)
    def _read_parts(self, layer: LayerInfo) -> None:
        """Read the weights of a layer's cells to draw how they fall into gates."""
        worker = get_current_worker()
        try:
            found = {
                entry.key: stored_parts(entry.cell) for entry in self._entries(layer)
            }
        except RnnTuiError:  # said by the run, and in the layer's own why_not
            found = {}

        if not worker.is_cancelled:
            self.post_message(self.PartsRead(layer.path, found))

    @on(PartsRead)
    def _show_parts(self, event: PartsRead) -> None:
        event.stop()
        self._parts.update(event.found)
        self._parts.setdefault(event.path, [])
        self._explain()


def _holds(path: str, entry: CellEntry) -> bool:
    """Whether the layer at `path` is, or wraps, the one that holds the cell."""
    return (
        path in (entry.layer, entry.key)
        or entry.layer.startswith(path + "/")
        or entry.key.startswith(path + "/")
    )
