"""The explorer: one model, one place in it, five views on it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container
from textual.content import Content
from textual.reactive import reactive
from textual.widget import AwaitMount
from textual.widgets import Static

from rnn_tui.engine.core.layer_names import nearest
from rnn_tui.text import clean
from rnn_tui.tui.screens.transport import PlayScreen
from rnn_tui.tui.screens.workers import Part
from rnn_tui.tui.session.cursor import Place
from rnn_tui.tui.startup.keymap import bindings
from rnn_tui.tui.startup.options import ExplorerOptions
from rnn_tui.tui.text.status_line import (
    file_name,
    has_room,
    state_parts,
    title_facts,
    token_text,
)
from rnn_tui.tui.views import build
from rnn_tui.tui.views.base import View
from rnn_tui.tui.widgets.first_paint import after_picture
from rnn_tui.tui.widgets.lines import FooterLine, StateLine, TitleLine

if TYPE_CHECKING:
    from rnn_tui.engine.trace.trace import ModelTrace
    from rnn_tui.formats.client.process import PendingRead
    from rnn_tui.formats.opened import OpenedModel

WIDE, NARROW = 100, 60
"""From the first width on the state line says more, below the second less."""
WIDEST = 140
"""From this width on the numerics are named in full."""
SMALLEST = (40, 10)
WITHOUT_RUN = ("layers", "weights")
"""Views that have something to show before any run."""
LARGE = 20_000_000
"""Parameters beyond which a model is not run unasked: reading them alone takes
seconds.
"""
PATIENCE = 0.5
"""Seconds the first picture waits for the layer table; a file that takes longer is seen
to be read.
"""
LOOKS = 2.0
"""Seconds between two looks at the file while the user moves: many terminals do not say
when they are used again.
"""
OPEN_NONE = (("o", "open a file"), ("?", "help"), ("q", "quit"))
OPEN_ANOTHER = (
    ("o", "open another file"),
    ("r", "try again"),
    ("?", "help"),
    ("q", "quit"),
)
"""The footer where no model is open, and where one couldn't be."""
TOO_SMALL = "the explorer needs 40 × 10 cells"


class ExplorerScreen(PlayScreen):
    """The frame around the views: title, state and footer, and model, trace and place
    handed down.
    """

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

    def __init__(
        self, path: str, options: ExplorerOptions, pending: PendingRead | None = None
    ) -> None:
        super().__init__(path, options, pending)
        self.set_reactive(ExplorerScreen.view, options.view or "layers")
        self._views: dict[str, View] = {}
        self._first = True
        self._waiting = False

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
            self.query_one(TitleLine).facts = (file_name(self.path),)
            self.say("reading the file …")
            self.hold(PATIENCE)
            self.open_file()
        else:
            self.lie_empty("No model is open.", "$muted", OPEN_NONE)

        after_picture(self, self.app.drawn)  # type: ignore[attr-defined]

    @property
    def current(self) -> View:
        """The view that is shown."""
        return self._views[self.view]

    def watch_view(self, view: str) -> None:
        """Show the chosen view."""
        if self.is_mounted:
            self.clear_message()
            self._show(view)
            self.look_at_the_file(LOOKS)
            if self._waiting and view not in WITHOUT_RUN:
                self.start_run(self.texts)

    def start_run(self, texts: tuple[str, ...]) -> None:
        """Run the model; the first run of a very large one waits for a view that shows
        it.
        """
        opened = self.opened
        unasked = (
            self.trace is None
            and not self.typed
            and not self.options.play
            and self.view in WITHOUT_RUN
        )
        self._waiting = (
            opened is not None and opened.model.parameters > LARGE and unasked
        )
        if self._waiting:
            self.say(
                "a large model: it runs when States, Step or Output is shown, or on a "
                "sequence (s)"
            )
        else:
            super().start_run(texts)

    def watch_opened(self, opened: OpenedModel | None) -> None:
        """Write what was opened."""
        if opened is not None:
            self.set_class(False, "-empty")
            self._write_footer()
            self.query_one(TitleLine).facts = title_facts(opened)
            self.call_after_refresh(self.release)
        elif self.is_mounted:
            self.query_one(TitleLine).facts = (file_name(self.path),)

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
            named = [
                k
                for k, cell in enumerate(trace.cells)
                if wanted in (cell.layer, cell.key)
            ]
            if named:
                index = named[0]
            else:
                index = index

            if self.opened is not None:
                known = [layer.path for layer in self.opened.layers]
            else:
                known = []

            keys = [cell.key for cell in trace.cells]
            if wanted not in (*known, *keys):
                self.say(
                    f"no layer {clean(wanted)!r}; {nearest(wanted, [*known, *keys])}",
                    error=True,
                )
                wanted = None

        index = min(index, len(trace.cells) - 1)
        layer = wanted or place.layer or trace.cells[index].layer

        return replace(place, cell=index, layer=layer, t=self.options.at or 0)

    def mark_file(self, word: str) -> None:
        """Say beside the file's name what has become of it."""
        title = self.query_one(TitleLine)
        title.facts = (title.facts[0], word, *title.facts[1:])

    def redraw(self) -> None:
        """Let the shown view draw itself again."""
        self.current.shown_again()

    def refuse(self, line: str) -> None:
        """Say in the view's place why there is nothing to show, and what can be
        done.
        """
        self.lie_empty(line, "$warning", OPEN_ANOTHER)

    def lie_empty(
        self, line: str, tone: str, keys: tuple[tuple[str, str], ...]
    ) -> None:
        """Show a line and the keys that lead on instead of a view."""
        self.set_class(True, "-empty")
        hint = "     ".join(f"{key}  {words}" for key, words in keys)
        self.query_one("#notice", Static).update(
            Content.assemble((line, tone), (f"\n\n{hint}", "$muted"))
        )
        self.message_line = ""  # a resize that comes later writes the line again
        self.query_one(StateLine).left = ()
        self.query_one(StateLine).right = ()
        self.query_one(FooterLine).keys = keys

    def write_state(self) -> None:
        """Write the state line."""
        if not self.is_mounted:
            return

        line = self.query_one(StateLine)
        cell = self.cell
        wide = self.size.width >= WIDE
        if self.message_line:
            line.left = (
                (self.message_line, "$warning" if self.message_is_error else "$muted"),
            )
        elif cell is not None and self.trace is not None:
            if wide:
                token = token_text(self.trace, cell, self.place, self.vocabulary)
            else:
                token = ""

            narrow = self.size.width < NARROW
            if narrow:
                decimals = 2
            elif self.playing:
                decimals = 3
            elif wide:
                decimals = 6
            else:
                decimals = 4

            line.left = state_parts(cell, self.place, decimals, wide, token, narrow)
            if wide and not has_room(
                cell, (*line.left, *self._right(wide)), token, self.size.width
            ):
                wide = False
                line.left = state_parts(cell, self.place, min(decimals, 4), wide)
        else:
            line.left = ()

        if self.message_line and self.message_is_error:
            line.right = ()
        else:
            line.right = self._right(wide)

    def _right(self, wide: bool) -> tuple[Part, ...]:
        """The state line's right end: the speed while time runs, what is assumed, what
        is known of exactness.
        """
        groups: list[tuple[Part, ...]] = [self.badge(wide)]
        if self.size.width >= NARROW:
            groups.insert(0, self.numerics(self.size.width >= WIDEST))

        groups.insert(0, self.assumed_classes(self.size.width >= WIDE))
        if self.playing:
            glyph = ">" if self.options.ascii else "▶"
            groups.insert(0, ((f"{glyph} {self.speed:g}/s", "$accent"),))

        parts: list[Part] = []
        for group in filter(None, groups):
            parts += [*((("   " if wide else "  ", ""),) if parts else ()), *group]

        return tuple(parts)

    def on_view_moved(self, event: View.Moved) -> None:
        """Go where the user wants."""
        self.clear_message()
        self.place = event.place
        self.look_at_the_file(LOOKS)

    def on_view_keys_changed(self) -> None:
        """Name the keys that matter now."""
        self._write_footer()

    def on_title_line_chosen(self, event: TitleLine.Chosen) -> None:
        """Show the view whose tab was clicked."""
        self.view = event.view

    def on_resize(self) -> None:
        """The state line says more where there is room; below the smallest size one
        line says so.
        """
        self.set_class(
            self.size.width < SMALLEST[0] or self.size.height < SMALLEST[1], "-small"
        )
        self.write_state()

    def on_app_focus(self) -> None:
        """The user comes back to this terminal, perhaps from training."""
        self.look_at_the_file()

    def action_show(self, view: str) -> None:
        """Show a view."""
        self.view = view

    async def action_map(self, which: str) -> None:
        """Change what a map of the States view shows, from anywhere."""
        self.view = "states"
        await self.app.run_action(f"map('{which}')", self._views["states"])

    def _show(self, name: str) -> None:
        shown = self._views.get(name)
        arrived: AwaitMount | None = None
        if shown is None:
            shown = self._views[name] = build(name)
            shown.data_bind(
                ExplorerScreen.opened,
                ExplorerScreen.trace,
                ExplorerScreen.place,
                ExplorerScreen.playing,
            )
            arrived = self.query_one("#view").mount(shown)

        for view in self._views.values():
            view.display = view is shown

        self.query_one(TitleLine).current = name
        self._write_footer()
        self.call_after_refresh(self._shown, shown, arrived)

    def _write_footer(self) -> None:
        """Write the keys that matter in the view, while there is one to be seen."""
        if not self.has_class("-empty"):
            keys = (
                *self.current.footer,
                ("1–5", "views"),
                ("s", "sequence"),
                ("?", "help"),
            )
            self.query_one(FooterLine).keys = keys

    async def _shown(self, view: View, arrived: AwaitMount | None) -> None:
        if arrived is not None:
            await arrived

        if view.display and view.is_mounted:
            view.shown_again()
            view.first_focus().focus()
