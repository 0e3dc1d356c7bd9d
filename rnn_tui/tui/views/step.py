"""The Step view: the arithmetic of one unit at one timestep, every number real."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from rich.segment import Segment
from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.reactive import reactive

from rnn_tui.analysis.step import UnitStep, has_arithmetic, unit_step
from rnn_tui.analysis.table import Table
from rnn_tui.engine.cells.kinds import kind_of
from rnn_tui.tui.renderables.arithmetic import Precision, board
from rnn_tui.tui.renderables.lanes import message, messages
from rnn_tui.tui.renderables.numbers import MOVING, STILL
from rnn_tui.tui.renderables.palette import ink
from rnn_tui.tui.session.cursor import Place
from rnn_tui.tui.theme.palette import look_of
from rnn_tui.tui.views.base import View
from rnn_tui.tui.widgets.drawn import Drawn, Line

if TYPE_CHECKING:
    from rnn_tui.engine.trace.trace import CellTrace, ModelTrace

PICTURES = (
    "This cell works on pictures: its kernels are convolutions, and no unit has a sum "
    "of its own. See States."
)

NO_EQUATIONS = (
    "The table of cell kinds has no equations for this cell, so that no sum of a unit "
    "can be shown. See States."
)


def _without_arithmetic(cell: CellTrace) -> str:
    """Return why the arithmetic of a cell's units can't be shown."""
    if kind_of(cell.cell).rank:
        return PICTURES

    return NO_EQUATIONS


class StepView(View):
    """One unit at one timestep: a column of arithmetic for each gate, and the equations
    of the state.
    """

    DEFAULT_CSS = """
    StepView { padding: 1 2 0 2; }
    StepView Drawn { height: 100%; width: 100%; }
    StepView.-low { padding: 0 1; }
    """
    FOOTER: ClassVar[tuple[tuple[str, str], ...]] = (
        ("space", "play"),
        (", .", "step"),
        ("←→", "time"),
        ("↑↓", "unit"),
        ("m", "one gate"),
    )
    HELP: ClassVar[str] = (
        "What one unit computes at one timestep. Each column is a gate: its largest "
        "summands, the rest as one line, the bias, their sum (the pre-activation), "
        "and what the activation makes of it, with the point on its curve. The lines "
        "below make the state of the gates. The shown summands add up to the shown "
        "sum, digit by digit."
    )
    KEYS: ClassVar[tuple[tuple[str, str], ...]] = (
        ("← → h l", "a timestep to the left or right, in the input's order"),
        ("↑ ↓ j k", "the unit above or below"),
        ("Home End", "the first or last timestep"),
        ("mouse", "the wheel goes through time, with shift through the units"),
        (
            "m",
            (
                "one gate alone, with its factors as they are stored; again for the "
                "next, then all"
            ),
        ),
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left,h", "move(-1, 0)", show=False),
        Binding("right,l", "move(1, 0)", show=False),
        Binding("up,k", "move(0, -1)", show=False),
        Binding("down,j", "move(0, 1)", show=False),
        Binding("pageup", "move(-10, 0)", show=False),
        Binding("pagedown", "move(10, 0)", show=False),
        Binding("home", "move(-1000000000, 0)", show=False),
        Binding("end", "move(1000000000, 0)", show=False),
        Binding("m", "gate", show=False),
    ]

    gate: reactive[str] = reactive("", init=False, repaint=False)
    """The gate that is shown alone; empty for all of them."""

    def compose(self) -> ComposeResult:
        """One page."""
        yield Drawn(id="board")

    def on_mount(self) -> None:
        """Follow the theme."""
        self.app.theme_changed_signal.subscribe(self, lambda _: self.redraw())

    def on_resize(self, event: events.Resize) -> None:
        """Lay the page out anew."""
        self.set_class(event.size.height < 20, "-low")
        self.call_after_refresh(self.redraw)

    def shown_again(self) -> None:
        """Draw what changed while another view was shown."""
        self.redraw()

    def watch_opened(self) -> None:
        """Say what there is of another file."""
        self.redraw()

    def watch_trace(self, trace: ModelTrace | None) -> None:
        """Show another run."""
        self.redraw()

    def watch_place(self, place: Place) -> None:
        """Follow the place."""
        self.redraw()

    def watch_playing(self, playing: bool) -> None:
        """Write numbers shorter while they run."""
        self.redraw()

    def watch_gate(self, gate: str) -> None:
        """Show one gate, or all."""
        self.redraw()

    @property
    def step(self) -> UnitStep | None:
        """The arithmetic at the place, None where there is none."""
        cell = self.cell
        if cell is None or not has_arithmetic(cell):
            return None

        return unit_step(cell, self.place.unit, self.place.t, self.place.sequence)

    def redraw(self) -> None:
        """Write the page."""
        if not self.is_mounted or not self.display:
            return

        page = self.query_one("#board", Drawn)
        if page.size.width:
            page.draw(self._lines(page.size.width, page.size.height))

    def _lines(self, width: int, height: int) -> list[Line]:
        look = look_of(self.app)
        cell = self.cell
        step = self.step
        if cell is None:
            return messages(self.nothing, look, width)
        if step is None:
            return messages(_without_arithmetic(cell), look, width)

        digits = Precision(MOVING if self.playing else STILL, STILL)
        lines = board(
            step,
            look,
            width,
            height - (2 if step.skipped else 0),
            digits,
            self.gate or None,
        )
        if step.skipped:
            held = (
                f"t {step.t} is masked: it was not read, and the state was held as it "
                "stood before."
            )
            return [[Segment(held, ink(look.accent))], message("", look), *lines]

        return lines

    def wheel(self, timesteps: int, units: int) -> None:
        """Move by the mouse wheel."""
        self.action_move(timesteps, units)

    def action_move(self, t: int, unit: int) -> None:
        """Go to another timestep or unit."""
        self.go(self.place.t + t, self.place.unit + unit)

    def action_gate(self) -> None:
        """Show the next gate alone; after the last, all of them."""
        step = self.step
        if step is not None:
            names = ["", *(gate.name for gate in step.gates)]
            if self.gate in names:
                known = names.index(self.gate)
            else:
                known = 0

            self.gate = names[(known + 1) % len(names)]

    def copied(self) -> tuple[str, str] | None:
        """Return the page as text."""
        lines = self.query_one("#board", Drawn).text()
        where = f"unit {self.place.unit} at t {self.place.t}"
        if self.step is not None:
            return (where, "\n".join(line.rstrip() for line in lines))

        return None

    def shown_table(self) -> Table | None:
        """Return every summand of every gate as a table."""
        step = self.step
        if step is None:
            return None

        rows = [
            (gate.name, term.label, term.value)
            for gate in step.gates
            for term in (*gate.terms, *gate.biases)
        ]
        rows += [(gate.name, "pre", gate.total) for gate in step.gates]
        rows += [(gate.name, "value", gate.value) for gate in step.gates]

        return Table(f"step-unit{step.unit}-t{step.t}", ("gate", "term", "value"), rows)
