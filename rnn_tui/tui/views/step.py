"""The Step view: the arithmetic of one unit at one timestep, every number
real.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from rich.segment import Segment
from textual import events
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.reactive import reactive

from rnn_tui.analysis.step import has_arithmetic, unit_step
from rnn_tui.analysis.step_parts import UnitStep
from rnn_tui.analysis.table import Table
from rnn_tui.tui.renderables.arithmetic import Precision, board
from rnn_tui.tui.renderables.lanes import message, messages
from rnn_tui.tui.renderables.numbers import MOVING, STILL
from rnn_tui.tui.renderables.palette import ink
from rnn_tui.tui.renderables.pixel_line import pixel_line
from rnn_tui.tui.session.pixel import selected
from rnn_tui.tui.startup.keymap import bound
from rnn_tui.tui.text.nothing import why_nothing
from rnn_tui.tui.theme.palette import look_of
from rnn_tui.tui.views.pixel_keys import PixelView
from rnn_tui.tui.widgets.drawn import Drawn, Line
from rnn_tui.tui.widgets.entry import Choice

if TYPE_CHECKING:
    pass

NO_EQUATIONS = (
    "The table of cell kinds has no equations for this cell, so that no sum "
    "of a unit can be shown. See States."
)
HELD = (
    "t {} is masked: it was not read, and the state was held as it stood "
    "before."
)


class StepView(PixelView):
    """One unit at one timestep: a column of arithmetic for each gate, and the
    equations of the state.
    """

    DEFAULT_CSS = """
    StepView { padding: 1 2 0 2; }
    StepView Drawn { height: 100%; width: 100%; }
    StepView.-low { padding: 0 1; }
    """
    FOOTER: ClassVar[tuple[tuple[str, str], ...]] = (
        ("space", "play"),
        ("←→", "time"),
        ("↑↓", "unit"),
        ("m", "one gate"),
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        bound("move.page_up", "time(-10)"),
        bound("move.page_down", "time(10)"),
        bound("one_gate", "gate"),
    ]

    gate: reactive[str] = reactive("", init=False, repaint=False)
    """The gate that is shown alone; empty for all of them."""

    def compose(self) -> ComposeResult:
        """One page."""
        yield Drawn(id="board")

    def on_mount(self) -> None:
        """Follow the theme."""
        self.app.theme_changed_signal.subscribe(
            self,
            lambda _: self.drawing.now(),
        )

    def on_resize(self, event: events.Resize) -> None:
        """Lay the page out anew."""
        self.set_class(event.size.height < 20, "-low")
        self.call_after_refresh(self.drawing.now)

    def watch_gate(self, gate: str) -> None:
        """Show one gate, or all."""
        self.drawing.ask()

    @property
    def arithmetic(self) -> UnitStep | None:
        """The arithmetic at the place, None where there is none."""
        cell = self.session.cell
        if cell is None or not has_arithmetic(cell):
            return None

        place = self.session.cursor

        return unit_step(
            cell,
            place.unit,
            place.t,
            place.sequence,
            selected(self.session),
        )

    def draw(self) -> None:
        """Write the page."""
        page = self.query_one("#board", Drawn)
        if page.size.width:
            page.draw(self._lines(page.size.width, page.size.height))

    def _lines(self, width: int, height: int) -> list[Line]:
        look = look_of(self.app)
        cell = self.session.cell
        step = self.arithmetic
        if cell is None:
            return messages(why_nothing(self.session), look, width)
        if step is None:
            return messages(NO_EQUATIONS, look, width)

        digits = Precision(MOVING if self.playing else STILL, STILL)
        above: list[Line] = []
        if step.skipped:
            above.append([Segment(HELD.format(step.t), ink(look.accent))])

        if step.pixel is not None:
            above.append(pixel_line(step.pixel, look, width, self._no_pixel))

        if above:
            above.append(message("", look))

        room = height - len(above)
        lines = board(step, look, width, room, digits, self.gate or None)

        return [*above, *lines]

    @property
    def _no_pixel(self) -> bool:
        """Whether no pixel is selected: the middle one is shown."""
        return self.session.cursor.pixel < 0

    def action_gate(self) -> None:
        """Show the next gate alone; after the last, all of them."""
        step = self.arithmetic
        if step is None:
            return

        names = ["", *(gate.name for gate in step.gates)]
        known = 0
        if self.gate in names:
            known = names.index(self.gate)

        self.gate = names[(known + 1) % len(names)]

    def findable(self) -> Sequence[Choice[Callable[[], object]]]:
        """Every summand of every gate, with its value; choosing one shows its
        gate alone.
        """
        step = self.arithmetic
        if step is None:
            return ()

        return [
            Choice(
                f"{part.label} in {gate.name}",
                f"{part.value:+.6f}".replace("-", "−"),
                partial(self._show_gate, gate.name),
                gate.meaning,
            )
            for gate in step.gates
            for term in (*gate.terms, *gate.biases)
            for part in (term, *term.parts)
        ]

    def _show_gate(self, name: str) -> None:
        self.gate = name

    def copied(self) -> tuple[str, str] | None:
        """Return the page as text."""
        step = self.arithmetic
        page = self.query_one("#board", Drawn)
        if step is None or not page.size.width:
            return None

        lines = self._lines(page.size.width, page.size.height)
        text = "\n".join(
            "".join(segment.text for segment in line).rstrip() for line in lines
        )

        where = f"unit {step.unit}"
        if step.pixel is not None:
            where += f", pixel {step.pixel.where},"

        return f"{where} at t {step.t}", text

    def shown_table(self) -> Table | None:
        """Return every summand of every gate as a table."""
        step = self.arithmetic
        if step is None:
            return None

        rows = [
            (gate.name, part.label, part.value)
            for gate in step.gates
            for term in (*gate.terms, *gate.biases)
            for part in (*term.parts, term)
        ]
        rows += [(gate.name, "pre", gate.total) for gate in step.gates]
        rows += [(gate.name, "value", gate.value) for gate in step.gates]

        name = f"step-unit{step.unit}"
        if step.pixel is not None:
            name += "-pixel" + "-".join(map(str, step.pixel.pixel))

        return Table(
            f"{name}-t{step.t}",
            ("gate", "term", "value"),
            rows,
        )
