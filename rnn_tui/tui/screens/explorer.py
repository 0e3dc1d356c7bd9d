"""The explorer: one model, one place in it, five views on it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container
from textual.content import Content
from textual.reactive import reactive
from textual.widgets import Static

from rnn_tui.tui.keys import bindings
from rnn_tui.tui.options import LOW_BANDWIDTH_FPS, SPEEDS, ExplorerOptions
from rnn_tui.tui.place import Place
from rnn_tui.tui.playback import MOST_FPS, Player, timestep_of
from rnn_tui.tui.screens.dialogs import DialogScreen
from rnn_tui.tui.status import state_parts, title_facts, token_text
from rnn_tui.tui.view import View
from rnn_tui.tui.views import build
from rnn_tui.tui.widgets.lines import FooterLine, StateLine, TitleLine

if TYPE_CHECKING:
    from rnn_tui.engine.trace import CellTrace, ModelTrace
    from rnn_tui.formats.opened import OpenedModel
    from rnn_tui.formats.process import PendingRead

WIDE, NARROW = 100, 60
"""From the first width on the state line says more, below the second less."""
SMALLEST = (40, 10)
TOO_SMALL = "the explorer needs 40 × 10 cells"


class ExplorerScreen(DialogScreen):
    """Owns the place and the playing, and hands model, trace and place down to the views."""

    BINDINGS: ClassVar[list[BindingType]] = list(bindings())
    DEFAULT_CSS = """
    ExplorerScreen > #view { height: 1fr; }
    ExplorerScreen > #notice { height: 1fr; padding: 2 4; display: none; }
    ExplorerScreen > #small { height: 1fr; display: none; color: $muted; }
    ExplorerScreen.-small > * { display: none; }
    ExplorerScreen.-small > #small { display: block; }
    ExplorerScreen.-empty > #view { display: none; }
    ExplorerScreen.-empty > #notice { display: block; }
    """

    place: reactive[Place] = reactive(Place, repaint=False)
    playing: reactive[bool] = reactive(False, repaint=False)
    speed: reactive[float] = reactive(8.0, repaint=False)
    view: reactive[str] = reactive("layers", repaint=False)

    def __init__(self, path: str, options: ExplorerOptions, pending: PendingRead | None = None) -> None:
        super().__init__(path, options, pending)
        self.set_reactive(ExplorerScreen.view, options.view or "layers")
        self.set_reactive(ExplorerScreen.speed, options.fps or 8.0)
        self._views: dict[str, View] = {}
        fps = LOW_BANDWIDTH_FPS if options.low_bandwidth else MOST_FPS
        self.player = Player(self, self._reached, self._ended, fps=fps)
        self._first = True

    def compose(self) -> ComposeResult:
        """The frame; views come when first shown."""
        yield TitleLine()
        yield Container(id="view")
        yield Static(id="notice", markup=False)
        yield Static(TOO_SMALL, id="small", markup=False)
        yield StateLine()
        yield FooterLine()

    def on_mount(self) -> None:
        """Show the first view, then read the file."""
        self._show(self.view)
        if self.path:
            self.query_one(TitleLine).facts = (self.path.rpartition("/")[2],)
            self.say("reading the file …")
            self.call_after_refresh(self.open_file)

    @property
    def cell(self) -> CellTrace | None:
        """The trace of the cell in question."""
        cells = self.trace.cells if self.trace is not None else ()
        return cells[self.place.cell] if self.place.cell < len(cells) else None

    @property
    def current(self) -> View:
        """The view that is shown."""
        return self._views[self.view]

    def validate_place(self, place: Place) -> Place:
        """Keep the place inside the model and its trace."""
        cells = self.trace.cells if self.trace is not None else ()
        entries = self.opened.model.cells if self.opened is not None else ()
        index = min(max(place.cell, 0), max(len(cells or entries) - 1, 0))
        if not cells:
            return replace(place, cell=index)
        cell = cells[index]
        return replace(
            place,
            layer=place.layer or cell.layer,
            cell=index,
            unit=min(max(place.unit, 0), cell.units - 1),
            t=min(max(place.t, 0), cell.timesteps - 1),
            sequence=min(max(place.sequence, 0), cell.batch - 1),
        )

    def watch_place(self, before: Place, place: Place) -> None:
        """Write the place; time goes on from where the user moved."""
        cell = self.cell
        if cell is not None and self.playing:
            if place.cell != before.cell:
                self.player.play(timestep_of(place.t, cell.timesteps, cell.reverse), cell.timesteps, self.speed)
            else:
                self.player.seek(timestep_of(place.t, cell.timesteps, cell.reverse))
        self.write_state()

    def watch_playing(self) -> None:
        """Say whether time runs."""
        self.write_state()

    def watch_speed(self, speed: float) -> None:
        """Play at another speed."""
        if self.playing:
            self.player.change_speed(speed)
        self.write_state()

    def watch_view(self, view: str) -> None:
        """Show the chosen view."""
        if self.is_mounted:
            self._show(view)

    def watch_opened(self, opened: OpenedModel | None) -> None:
        """Write what was opened."""
        self.set_class(False, "-empty")
        if opened is not None:
            self.query_one(TitleLine).facts = title_facts(opened)

    def watch_trace(self, trace: ModelTrace | None) -> None:
        """Keep the place inside the new trace; the first one may start playing."""
        if trace is None:
            self.pause()
            return
        place = self.place
        if self._first and trace.cells:
            place = self._first_place(trace, place)
        self.place = place
        self.mutate_reactive(ExplorerScreen.place)
        if self._first and self.options.play:
            self.action_play()
        self._first = False

    def _first_place(self, trace: ModelTrace, place: Place) -> Place:
        """The place the command line asked for, or the first recurrent cell."""
        wanted = self.options.layer
        index = place.cell
        if wanted is not None:
            named = [k for k, cell in enumerate(trace.cells) if wanted in (cell.layer, cell.key)]
            index = named[0] if named else index
        index = min(index, len(trace.cells) - 1)
        layer = wanted or place.layer or trace.cells[index].layer
        return replace(place, cell=index, layer=layer, t=self.options.at or 0)

    def enter(self, trace: ModelTrace) -> None:
        """Show a new trace; the place lies inside both, so that no view looks beyond one."""
        wanted = self.place
        fewest = min((cell.timesteps for cell in trace.cells), default=1)
        self.place = replace(self.place, cell=min(self.place.cell, max(len(trace.cells) - 1, 0)))
        units = trace.cells[self.place.cell].units if trace.cells else 1
        batch = trace.cells[self.place.cell].batch if trace.cells else 1
        self.place = replace(
            self.place,
            t=min(self.place.t, fewest - 1),
            unit=min(self.place.unit, units - 1),
            sequence=min(self.place.sequence, batch - 1),
        )
        self.trace = trace
        self.place = wanted

    def redraw(self) -> None:
        """Let the shown view draw itself again."""
        self.current.shown_again()

    def refuse(self, line: str) -> None:
        """Say in the view's place why there is nothing to show, and what can be done."""
        self.set_class(True, "-empty")
        hint = "\n\no  open another file     r  try again     q  quit"
        self.query_one("#notice", Static).update(Content.assemble((line, "$warning"), (hint, "$muted")))
        self.query_one(StateLine).left = ()
        self.query_one(StateLine).right = ()

    def write_state(self) -> None:
        """Write the state line."""
        if not self.is_mounted:
            return
        line = self.query_one(StateLine)
        cell = self.cell
        wide = self.size.width >= WIDE
        if self.message_line:
            line.left = ((self.message_line, "$warning" if self.message_is_error else "$muted"),)
        elif cell is not None and self.trace is not None:
            token = token_text(self.trace, cell, self.place, self.vocabulary) if wide else ""
            narrow = self.size.width < NARROW
            decimals = 2 if narrow else 3 if self.playing else 6 if wide else 4
            line.left = state_parts(cell, self.place, decimals, wide, token, narrow)
        else:
            line.left = ()
        glyph = (">" if self.options.ascii else "▶") if self.playing else " "
        badge = self.badge(wide)
        speed: tuple[tuple[str, str], ...] = ()
        if cell is not None and (self.playing or self.size.width >= NARROW):
            speed = ((f"{glyph} {self.speed:g}/s", "$accent" if self.playing else "$faint"),)
        line.right = (*speed, ("   " if wide else "  ", ""), *badge)

    def on_view_moved(self, event: View.Moved) -> None:
        """Go where the user wants."""
        self.clear_message()
        self.place = event.place

    def on_title_line_chosen(self, event: TitleLine.Chosen) -> None:
        """Show the view whose tab was clicked."""
        self.view = event.view

    def on_resize(self) -> None:
        """The state line says more where there is room; below the smallest size one line says so."""
        self.set_class(self.size.width < SMALLEST[0] or self.size.height < SMALLEST[1], "-small")
        self.write_state()

    def on_app_focus(self) -> None:
        """The user comes back to this terminal, perhaps from training."""
        self.look_at_the_file()

    def action_show(self, view: str) -> None:
        """Show a view."""
        self.view = view

    def action_step(self, timesteps: int) -> None:
        """Move in time."""
        self.clear_message()
        self.place = replace(self.place, t=self.place.t + timesteps)

    def action_play(self) -> None:
        """Let time run, or hold it."""
        cell = self.cell
        if self.playing or cell is None:
            self.pause()
            return
        self.clear_message()
        self.playing = True
        self.player.play(timestep_of(self.place.t, cell.timesteps, cell.reverse), cell.timesteps, self.speed)

    def action_loop(self) -> None:
        """Begin again after the last timestep, or stop there."""
        self.player.loop = not self.player.loop
        self.say("playing goes round" if self.player.loop else "playing stops at the last timestep")
        if self.playing:
            self.pause()
            self.action_play()

    def pause(self) -> None:
        """Hold time."""
        self.player.pause()
        self.playing = False

    def action_faster(self) -> None:
        """Play faster."""
        self.speed = min((speed for speed in SPEEDS if speed > self.speed), default=self.speed)

    def action_slower(self) -> None:
        """Play slower."""
        self.speed = max((speed for speed in SPEEDS if speed < self.speed), default=self.speed)

    def action_cell(self, by: int) -> None:
        """Go to another recurrent cell."""
        cells = self.trace.cells if self.trace is not None else ()
        if cells:
            index = (self.place.cell + by) % len(cells)
            self.place = replace(self.place, cell=index, layer=cells[index].layer)

    async def action_map(self, which: str) -> None:
        """Change what a map of the States view shows, from anywhere."""
        self.view = "states"
        await self.app.run_action(f"map('{which}')", self._views["states"])

    def _reached(self, step: int) -> None:
        cell = self.cell
        if cell is not None:
            self.place = replace(self.place, t=timestep_of(step, cell.timesteps, cell.reverse))

    def _ended(self) -> None:
        self.playing = False

    def _show(self, name: str) -> None:
        shown = self._views.get(name)
        if shown is None:
            shown = self._views[name] = build(name)
            shown.data_bind(ExplorerScreen.opened, ExplorerScreen.trace, ExplorerScreen.place, ExplorerScreen.playing)
            self.query_one("#view").mount(shown)
        for view in self._views.values():
            view.display = view is shown
        self.query_one(TitleLine).current = name
        self.query_one(FooterLine).keys = (*shown.FOOTER, ("1–5", "views"), ("s", "sequence"), ("?", "help"))
        self.call_after_refresh(self._shown, shown)

    def _shown(self, view: View) -> None:
        if view.display and view.is_mounted:
            view.shown_again()
            view.first_focus().focus()
