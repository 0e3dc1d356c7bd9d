"""The trajectory: the path of a cell's state in its first two principal
components, over the explorer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np
from rich.segment import Segment
from textual import events
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.widgets import Static

from rnn_tui.tui.renderables.numbers import short
from rnn_tui.tui.renderables.palette import Look, ink
from rnn_tui.tui.renderables.trajectory import bounds, colours, drawn
from rnn_tui.tui.startup.keymap import bound
from rnn_tui.tui.theme.palette import look_of
from rnn_tui.tui.widgets.dialog import Dialog
from rnn_tui.tui.widgets.drawn import Drawn

if TYPE_CHECKING:
    from rnn_tui.tui.session.trajectory import Trajectory

KEYS = (
    ("← →", "timestep"),
    ("Home End", "first, last"),
    ("e", "export"),
    ("esc", "goes back"),
)


class TrajectoryScreen(Dialog[int | None]):
    """Shows the path; answers with the timestep at which it was left."""

    DEFAULT_CSS = """
    TrajectoryScreen { align: center middle; background: $background; }
    TrajectoryScreen > Vertical { padding: 0 1; }
    TrajectoryScreen Static {
        height: 1;
        text-wrap: nowrap;
        text-overflow: ellipsis;
    }
    TrajectoryScreen #title { color: $accent; text-style: bold; }
    TrajectoryScreen #path { height: 1fr; }
    TrajectoryScreen #groups { height: 1; }
    TrajectoryScreen #place { color: $foreground; }
    TrajectoryScreen #keys { color: $muted; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        bound("cancel", "back"),
        bound("quit", "back"),
        bound("trajectory", "back"),
        bound("export", "export"),
        bound("move.left", "step(-1)"),
        bound("step.back", "step(-1)"),
        bound("move.right", "step(1)"),
        bound("step.on", "step(1)"),
        bound("move.first", "go(0)"),
        bound("move.last", "go(-1)"),
    ]

    def __init__(self, trajectory: Trajectory, t: int) -> None:
        super().__init__()
        self._shown = trajectory
        self._t = t // trajectory.every
        """The point, which is one of so many timesteps."""

    def compose(self) -> ComposeResult:
        """Title, path, the names of the colours, the place, keys."""
        with Vertical():
            yield Static(self._shown.title, id="title", markup=False)
            yield Drawn(id="path")
            yield Drawn(id="groups")
            yield Static(id="place", markup=False)
            yield Static(self.key_line(KEYS), id="keys", markup=False)

    def on_mount(self) -> None:
        """Draw once the room is known."""
        self.call_after_refresh(self._draw)

    def on_resize(self, event: events.Resize) -> None:
        """Draw in the room there is."""
        self.call_after_refresh(self._draw)

    def action_step(self, by: int) -> None:
        """Go along the path."""
        last = len(self._shown.path.points) - 1
        self._t = min(max(self._t + by, 0), last)
        self._draw()

    def action_go(self, t: int) -> None:
        """Go to the first or last timestep."""
        self._t = t % len(self._shown.path.points)
        self._draw()

    def action_export(self) -> None:
        """Ask for a file and write the numbers to it."""
        explorer = self.app.explorer  # type: ignore[attr-defined]
        explorer.commands.questions.export_table(self._shown.table())

    def action_back(self) -> None:
        """Go back to the view, at this timestep."""
        self.dismiss(self._t * self._shown.every)

    def _draw(self) -> None:
        look = look_of(self.app)
        place = self.query_one("#path", Drawn)
        width, height = place.size
        if width < 2 or height < 2:
            return

        place.draw(drawn(self._shown.path, self._t, width, height, look))
        self.query_one("#groups", Drawn).draw([self._groups(look)])
        self.query_one("#place", Static).update(self._place())

    def _groups(self, look: Look) -> list[Segment]:
        line = []
        for name, colour in zip(self._shown.names, colours(look), strict=False):
            sign = "* " if look.ascii else "● "
            line.append(Segment(f"{sign}{name}   ", ink(colour)))

        return line

    def _place(self) -> str:
        shown = self._shown
        points = shown.path.points
        low, high = bounds(points)
        x, y = points[self._t].tolist()
        token = ""
        if shown.tokens:
            token = f" {shown.tokens[self._t]!r}"

        t = self._t * shown.every
        here = f"t {t}{token}: not read"
        if np.isfinite(x):
            here = f"t {t}{token}: PC1 {short(x)}, PC2 {short(y)}"

        left = short(low[0])
        right = short(high[0])
        bottom = short(low[1])
        top = short(high[1])
        first, second = shown.shares

        return (
            f"{here}     across: PC1 {left} to {right} "
            f"({first:.0%} of the variance); up: PC2 "
            f"{bottom} to {top} ({second:.0%})"
        )
