"""The Output view: the arrays that the layer returns in Keras and why, the
layers after it, the model's outputs, the verdict.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from rnn_tui.analysis.table import Table
from rnn_tui.export.shown_rows import Shown, shown_table
from rnn_tui.tui.renderables.output_map import output_map
from rnn_tui.tui.session.session import at_end
from rnn_tui.tui.session.so_far import (
    OF_THE_OTHER,
    SO_FAR,
    wants_other_so_far,
    wants_so_far,
)
from rnn_tui.tui.startup.keymap import bound
from rnn_tui.tui.text.nothing import why_nothing
from rnn_tui.tui.text.other_run import of_sequence
from rnn_tui.tui.text.output_page import SECTIONS, Page, Part, page
from rnn_tui.tui.text.outputs_over_time import OutputsOverTime
from rnn_tui.tui.theme.palette import look_of
from rnn_tui.tui.views.base import View
from rnn_tui.tui.views.requests import Moved, Wanted
from rnn_tui.tui.widgets.drawn import Drawn
from rnn_tui.tui.widgets.scrolled import Scrolled

if TYPE_CHECKING:
    from numpy.typing import NDArray

BEFORE_THE_MAP = "so-far"
"""The section that the map of the outputs over time comes after."""
NARROWEST = 24
"""Cells the page is wide at least."""


class OutputView(View):
    """One page, read from the recurrent layer outward."""

    DEFAULT_CSS = """
    OutputView { padding: 1 1 0 1; }
    OutputView Static { display: none; }
    OutputView Static.-said { display: block; margin-bottom: 1; }
    OutputView #map { display: none; margin-bottom: 1; }
    """
    FOOTER: ClassVar = (
        ("space", "play"),
        (", .", "step"),
        ("[ ]", "layer"),
        ("v", "verify"),
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        bound("move.left", "move_in_time(-1)"),
        bound("move.right", "move_in_time(1)"),
        bound("move.line_start", "first"),
        bound("move.line_end", "last"),
        bound("move.last_unit", "end"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._written: dict[str, tuple[Part, ...]] = {}
        self._over_time = OutputsOverTime()

    def compose(self) -> ComposeResult:
        """The page."""
        with Scrolled():
            for name in SECTIONS:
                yield Static(id=name, markup=False)
                if name == BEFORE_THE_MAP:
                    yield Drawn(id="map")

    def first_focus(self) -> Widget:
        """The page."""
        return self.query_one(Scrolled)

    def on_resize(self) -> None:
        """Lay the page out anew."""
        self.call_after_refresh(self.drawing.now)

    def action_move_in_time(self, by: int) -> None:
        """Go to another timestep."""
        self.step(t=by)

    def action_first(self) -> None:
        """Go to the first timestep."""
        self.move(t=0)

    def action_last(self) -> None:
        """Go to the last timestep."""
        self.post_message(Moved(at_end))

    def action_end(self) -> None:
        """Go to the end of the page."""
        self.query_one(Scrolled).scroll_end(animate=False)

    def copied(self) -> tuple[str, str] | None:
        """The model's outputs at the place."""
        trace = self.session.subject.trace
        if trace is None or not trace.outputs:
            return None

        value = of_sequence(trace.outputs[0], self.session.cursor.sequence)

        return "the model's output", repr(value.tolist())

    def shown_table(self) -> Table | None:
        """The model's outputs, as a trace's file has them; where they are shown
        beside those of another run, both.
        """
        trace = self.session.subject.trace
        if trace is None or not trace.outputs:
            return None

        runs = [("output", trace)]
        reference = self.session.reference
        if reference is not None and self.session.differing:
            runs.append(("compared", reference.trace))

        sequence = self.session.cursor.sequence
        shown = [
            _shown(layer, str(number), value, sequence)
            for layer, run in runs
            for number, value in enumerate(run.outputs)
        ]

        return shown_table("output", shown)

    def draw(self) -> None:
        """Write the page."""
        width = max(self.size.width - 3, NARROWEST)
        ascii = bool(getattr(self.app, "ascii", False))
        if wants_so_far(self.session):
            self.post_message(Wanted(SO_FAR))

        if wants_other_so_far(self.session):
            self.post_message(Wanted(OF_THE_OTHER, of_other=True))

        size = (width, self.size.height)
        shown = page(self.session, size, ascii, self._over_time)
        sections = shown.sections
        subject = self.session.subject
        if subject.trace is None or subject.opened is None:
            sections[SECTIONS[0]] = ((why_nothing(self.session), "$muted"),)

        for name, parts in sections.items():
            self._write(name, parts)

        self._draw_map(shown, width)

    def _draw_map(self, shown: Page, width: int) -> None:
        """Draw the outputs over time in the lines that the sections leave."""
        drawn = self.query_one("#map", Drawn)
        drawn.display = shown.map_lines > 0
        if shown.over_time is None or not shown.map_lines:
            return

        drawn.styles.height = shown.map_lines
        t = self.session.cursor.t
        size = width, shown.map_lines
        drawn.draw(output_map(shown.over_time, t, size, look_of(self.app)))

    def _write(self, name: str, parts: tuple[Part, ...]) -> None:
        before = self._written.get(name)
        if parts == before:
            return

        self._written[name] = parts
        section = self.query_one(f"#{name}", Static)
        section.update(
            Content.assemble(*parts).rstrip("\n"),
            layout=before is None or _lines(parts) != _lines(before),
        )
        section.set_class(bool(parts), "-said")


def _shown(
    layer: str,
    name: str,
    output: NDArray[Any],
    sequence: int,
) -> Shown:
    """Return an output of one sequence; one with a time axis has three axes or
    more.
    """
    value = of_sequence(output, sequence)
    if output.ndim > 2:
        return Shown(layer, "", name, sequence, 0, value)

    return Shown(layer, "", name, sequence, None, value.reshape(1, -1))


def _lines(parts: tuple[Part, ...]) -> int:
    return sum(text.count("\n") for text, _ in parts)
