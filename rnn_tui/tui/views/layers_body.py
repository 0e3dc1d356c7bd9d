"""The page of the Layers view: the table, the explanation, and the selected
layer's weights where they leave room.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from textual import on
from textual.app import ComposeResult
from textual.content import Content
from textual.widget import Widget

from rnn_tui.tui.views.glance import FEWEST, Glance
from rnn_tui.tui.views.layer_table import LayerTable
from rnn_tui.tui.widgets.explained import Explained, Explanation
from rnn_tui.tui.widgets.pane import Pane

if TYPE_CHECKING:
    from rnn_tui.tui.weights_page.statistics_job import Measured

WIDE = 110
"""From this width on, the explanation is beside the table instead of below
it.
"""

PADDING = 1
"""Empty columns on either side of it."""

BELOW, UNDER, BESIDE = "below", "under", "beside"
"""The places of the weights: below both other parts, below the table, below the
explanation.
"""


class LayersBody(Pane):
    """Lays the parts out: the weights have the whole width below both others,
    or the room below one of them, whichever is larger.
    """

    DEFAULT_CSS = """
    LayersBody { layout: vertical; }
    LayersBody > #top { layout: vertical; height: 1fr; }
    LayersBody #left { height: auto; max-height: 50%; min-height: 4; }
    LayersBody LayerTable { height: 100%; }
    LayersBody #side { layout: vertical; height: 1fr; margin-top: 1; }
    LayersBody Explained { height: 1fr; }
    LayersBody Glance { height: 1fr; margin-top: 1; }
    LayersBody.-wide > #top { layout: horizontal; }
    LayersBody.-wide #left {
        layout: vertical;
        height: 1fr;
        max-width: 55%;
    }
    LayersBody.-wide #side { width: 1fr; margin: 0 0 0 4; }
    LayersBody.-wide Explained { max-width: 96; }
    LayersBody.-reading #left { display: none; }
    LayersBody.-reading #side { margin-top: 0; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._lines = 0
        """Lines of the explanation."""
        self._weights: tuple[Sequence[Measured], str, str] = ((), "", "")
        """The measurements, their layer's path and a remark."""
        self._glances: dict[str, Glance] = {}
        """The widget of the weights in each place where they have been."""

    def compose(self) -> ComposeResult:
        """Table and explanation; the weights' places when first needed."""
        # known before the styles are looked up
        self.set_class(self.app.size.width >= WIDE, "-wide")
        with Pane(id="top"):
            with Pane(id="left"):
                yield LayerTable()

            with Pane(id="side"):
                yield Explained()

    @property
    def table(self) -> LayerTable:
        """The layers."""
        return self.query_one(LayerTable)

    @property
    def explained(self) -> Explained:
        """The explanation."""
        return self.query_one(Explained)

    @on(Explained.Entered)
    def _read_alone(self, event: Explained.Entered) -> None:
        event.stop()
        self.set_class(event.has_it and not self._is_wide, "-reading")
        self.place_weights()

    @property
    def _is_wide(self) -> bool:
        return self.has_class("-wide")

    @property
    def columns(self) -> int:
        """The columns there are: before the first layout those that it will
        find.
        """
        return self.size.width or self.app.size.width - 2 * PADDING

    def lay_out(self) -> None:
        """Put the explanation where there is room."""
        wide = self.columns >= WIDE
        self.set_class(wide, "-wide")
        left = self._left_side
        if wide:
            left.styles.width = self.table.virtual_size.width + 1
        else:
            left.styles.width = "100%"

        self.place_weights()

    def explain(self, text: Content) -> None:
        """Show the explanation of the selected layer."""
        text = text.rstrip("\n")
        self.query_one(Explanation).update(text)
        self._lines = text.plain.count("\n") + 1
        self.place_weights()

    def show_weights(
        self,
        rows: Sequence[Measured],
        path: str,
        remark: str,
    ) -> None:
        """Show the weights of the layer at a path; there are none without rows
        and a remark.
        """
        self._weights = (rows, path, remark)
        self.place_weights()
        for glance in self._glances.values():
            glance.show(rows, path, remark)

    def place_weights(self) -> None:
        """Give the weights the room that the other parts leave."""
        top = self._lines_of_both()
        rows = len(self.table.rows) + 1
        place = self._largest(top, rows)
        self._show_glance(place)
        left = self._left_side.styles
        left.max_height = self._most_lines(place)
        # by itself it would be no higher than its least height
        left.height = "1fr" if self._is_wide else rows
        self.table.styles.height = rows if place == UNDER else "100%"
        self.query_one("#top").styles.height = top if place == BELOW else "1fr"
        self.explained.styles.height = self._lines if place == BESIDE else "1fr"

    def _show_glance(self, place: str) -> None:
        """Show the weights in one place and nowhere else; in none where it is
        empty.
        """
        if place and place not in self._glances:
            self._add_glance(place)

        for name, glance in self._glances.items():
            # not by a class, for which Textual would look up all styles
            glance.display = name == place

    def _add_glance(self, place: str) -> None:
        parent = {
            BELOW: self,
            UNDER: self._left_side,
            BESIDE: self.query_one("#side"),
        }[place]
        glance = Glance(id=place)
        glance.show(*self._weights)
        self._glances[place] = glance
        parent.mount(glance)

    def _most_lines(self, place: str) -> str:
        """Return how high the part with the table may be."""
        if self._is_wide or place == BELOW:
            return "100%"

        return "50%"

    @property
    def _left_side(self) -> Widget:
        return self.query_one("#left")

    def _largest(self, top: int, rows: int) -> str:
        """Return the place of the weights that has the most cells, empty where
        none has enough lines.
        """
        width = self.size.width
        free = {BELOW: width * self._left(top)}
        if self._is_wide:
            left = min(self.table.virtual_size.width, width // 2)
            free[UNDER] = left * self._left(rows)
            free[BESIDE] = (width - left) * self._left(self._lines)

        place = max(free, key=lambda name: free[name])
        if not free[place]:
            return ""

        return place

    def _lines_of_both(self) -> int:
        """Return the lines that the table and the explanation take."""
        table = len(self.table.rows) + 1
        if self._is_wide:
            return max(table, self._lines)

        return table + 1 + self._lines

    def _left(self, lines: int) -> int:
        """Return the lines that the weights have below so many, 0 where those
        are too few.
        """
        rows, _, remark = self._weights
        has_weights = bool(rows or remark)
        if not has_weights or self.has_class("-reading"):
            return 0

        left = self.size.height - lines - 1
        if left < FEWEST:
            return 0

        return left
