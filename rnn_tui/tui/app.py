"""The app: themes, filters, the command palette and the way in and out;
`run_explorer` returns the exit status.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, ClassVar

from rich.console import Console, RenderableType
from textual.app import App, SystemCommand
from textual.await_complete import AwaitComplete
from textual.binding import Binding, BindingType
from textual.driver import Driver
from textual.events import Event
from textual.filter import ANSIToTruecolor, LineFilter
from textual.screen import Screen
from textual.worker import WorkerFailed

from rnn_tui.errors import RnnTuiError
from rnn_tui.formats.client.child_processes import end_all
from rnn_tui.tui.screens.explorer import ExplorerScreen
from rnn_tui.tui.session.state_file import Remembered
from rnn_tui.tui.startup.keymap import QUIT, bound
from rnn_tui.tui.startup.options import ExplorerOptions
from rnn_tui.tui.startup.shown_keys import ShownKeys
from rnn_tui.tui.terminal.driver import frugal
from rnn_tui.tui.terminal.input_queue import InputQueue, Waited
from rnn_tui.tui.terminal.line_filters import (
    AsciiFilter,
    ColourFilter,
    ControlFilter,
)
from rnn_tui.tui.terminal.shutdown import ending_in_order
from rnn_tui.tui.terminal.textual_internals import (
    driver_of,
    failure_of,
    leave_out_popups,
)
from rnn_tui.tui.theme.themes import FALLBACK, OURS

if TYPE_CHECKING:
    from rnn_tui.formats.client.process import PendingRead
    from rnn_tui.tui.widgets.entry import Choice

INTERRUPTED = 130
WRITTEN = 2000
"""Characters of Textual's report of a crash that are kept."""
BENEATH = 1
"""Screens that are always there: the explorer."""


class RnnTuiApp(App[None]):
    """The terminal explorer."""

    TITLE = "rnn-tui"
    BINDINGS: ClassVar[list[BindingType]] = [
        bound(QUIT.id, "quit"),
        Binding("ctrl+c", "interrupt", "Leave", show=False, priority=True),
        Binding(
            "ctrl+z",
            "suspend_process",
            "Suspend",
            show=False,
            priority=True,
        ),
    ]

    def __init__(
        self,
        path: str | None = None,
        pending: PendingRead | None = None,
        options: ExplorerOptions | None = None,
        remembered: Remembered | None = None,
    ) -> None:
        self._options = options or ExplorerOptions()
        self._last_filters: list[LineFilter] = [ControlFilter()]
        if self._options.no_color:
            self._last_filters.append(ColourFilter())

        if self._options.ascii:
            self._last_filters.append(AsciiFilter())

        super().__init__()
        leave_out_popups(self)
        self._own_colours = self.console.color_system in ("standard", "windows")
        if self._own_colours:
            from rnn_tui.tui.terminal.ansi16 import SixteenFilter

            self._last_filters.append(SixteenFilter(lambda: self.theme))

        self.typed = InputQueue(
            self,
            super().on_event,
            self._ready_for,
            self._drained,
        )
        """The keys typed that haven't had their effect yet."""
        self.path = path
        self.pending = pending
        self.leaving: Callable[[int], None] = lambda status: None
        """Called once the app is about to end."""
        self.drawn: Callable[[], None] = lambda: None
        """Called once the first picture is on the terminal."""
        self.asked: int | None = None
        """The status with which the app was asked to end first."""
        self.remembered = remembered or Remembered()
        self.keys = ShownKeys(self._options.keys)
        """How the commands' keys are written."""
        self.ascii = self._options.ascii
        self.no_color = self._options.no_color
        self.error_console = Console(
            file=io.StringIO(),
            markup=False,
            highlight=False,
            width=120,
        )
        for theme in OURS:
            self.register_theme(theme)

        self.theme = self._first_theme()
        self.stylesheet.set_variables(self.get_css_variables())
        self._styled_for = self.theme

    def _first_theme(self) -> str:
        wanted = self._options.theme
        if wanted is not None:
            if wanted not in self.available_themes:
                names = ", ".join(theme.name for theme in OURS)
                raise RnnTuiError(
                    f"there is no theme {wanted!r}; {names} are ours, and "
                    "Textual has more (ctrl+p)"
                )

            return wanted

        own = self._options.own_theme
        if own in self.available_themes:
            return own

        if own is not None:
            words = f"{self._options.own_theme_at}: there is no theme {own!r}"
            self._options = self._options._replace(trouble=words)

        last = self.remembered.theme
        if last in self.available_themes:
            return last

        return OURS[0].name

    async def on_event(self, event: Event) -> None:
        """Hand over the typed keys one event at a time."""
        if not self.typed.takes(event):
            await super().on_event(event)

    def _ready_for(self, event: Event) -> bool:
        """Whether the uppermost screen can take the typed keys."""
        if not self.screen_stack:
            return True

        screen = self.screen
        if not screen.is_mounted:
            return False

        return not isinstance(screen, Waited) or screen.ready_for(event)

    def _drained(self) -> None:
        """Show the changes of all keys that were typed."""
        for screen in self.screen_stack:
            if isinstance(screen, ExplorerScreen):
                screen.typed_all()

    def get_driver_class(self) -> type[Driver]:
        """The system's driver, made to write only the cells that change."""
        return frugal(super().get_driver_class())

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """Our greys for themes that don't have them."""
        return FALLBACK

    def refresh_css(self, animate: bool = True) -> None:
        """Parse the styles anew for another theme; for the first one they have
        just been parsed.
        """
        if self._styled_for != self.theme:
            self._styled_for = self.theme
            super().refresh_css(animate)

    def get_default_screen(self) -> ExplorerScreen:
        """The explorer itself: a screen beneath it would cost a tenth of the
        start and never be seen.
        """
        return ExplorerScreen(self.path or "", self._options, self.pending)

    @property
    def explorer(self) -> ExplorerScreen:
        """The explorer, whatever dialog is over it."""
        return next(
            screen
            for screen in self.screen_stack
            if isinstance(screen, ExplorerScreen)
        )

    def get_line_filters(self) -> Sequence[LineFilter]:
        """Textual's filters, then ours; where a terminal has sixteen colours,
        those we name stay its own.
        """
        theirs = super().get_line_filters()
        if self._own_colours:
            theirs = [
                one for one in theirs if not isinstance(one, ANSIToTruecolor)
            ]

        return [*theirs, *self._last_filters]

    def get_system_commands(
        self,
        screen: Screen[object],
    ) -> Iterable[SystemCommand]:
        """Every key of the explorer as a command, and the themes; no
        screenshot: it would write a file unasked.
        """
        for entry in self._entries():
            yield SystemCommand(entry.name, entry.about, entry.answer)

    def _entries(self) -> Iterator[Choice[Callable[[], object]]]:
        """Yield the palette's entries, with the words that lead to them."""
        from rnn_tui.tui.screens.palette_entries import app_entries, entries_of

        for base in reversed(self.screen_stack):
            if isinstance(base, ExplorerScreen):
                yield from entries_of(base, self.keys)

        yield from app_entries(self)

    def action_command_palette(self) -> None:
        """Show the commands."""
        from rnn_tui.tui.widgets.palette import Palette

        if not isinstance(self.screen, Palette):
            self.push_screen(Palette(self._entries()), self._command)

    def _command(self, call: Callable[[], object] | None) -> None:
        if call is not None:
            self.call_later(call)

    def search_themes(self) -> None:
        """Show the themes, ours first."""
        from rnn_tui.tui.widgets.palette import ThemePalette

        ours = [theme.name for theme in OURS]
        others = sorted(
            name for name in self.available_themes if name not in ours
        )
        named = [(name, "") for name in ours] + [
            (name, "Textual's") for name in others
        ]
        self.push_screen(ThemePalette(named), self._take_theme)

    def _take_theme(self, name: str | None) -> None:
        if name is not None:
            self.theme = name

    def on_mount(self) -> None:
        """Lay the start screen over the explorer when no file was named."""
        self.theme_changed_signal.subscribe(
            self,
            lambda theme: self.remembered.keep_theme(theme.name),
        )
        if self.keys.chosen:
            self.set_keymap(dict(self.keys.chosen))

        if not self.path:
            self.call_after_refresh(self.screen.run_action, "command('open')")

    def exit(
        self,
        result: None = None,
        return_code: int = 0,
        message: RenderableType | None = None,
    ) -> None:
        """End, in a second at most."""
        if self.asked is None:
            self.asked = return_code

        self.leaving(return_code)
        super().exit(result, return_code, message)

    def on_exit_app(self) -> None:
        """A closed page of the browser ends the explorer, too: Textual's web
        driver asks for it by this message alone.
        """
        if self.asked is None:
            self.asked = 0

    def trouble(self) -> Exception:
        """Return the failure that ended the app: an exception, or the report of
        Textual's input thread about one.
        """
        failure = failure_of(self)
        if isinstance(failure, WorkerFailed) and isinstance(
            failure.error,
            Exception,
        ):
            return failure.error
        if failure is not None:
            return failure

        if isinstance(self.error_console.file, io.StringIO):
            written = self.error_console.file.getvalue()
        else:
            written = ""

        return RuntimeError(
            f"the explorer ended by itself: {written[-WRITTEN:]}"
        )

    def pop_screen(self) -> AwaitComplete:
        """Take away the uppermost screen, never the explorer: two quick clicks
        may dismiss a dialog twice.
        """
        if len(self.screen_stack) > BENEATH:
            return super().pop_screen()

        return AwaitComplete()

    def bell(self) -> None:
        """Nothing: the terminal stays silent."""

    def hush(self) -> None:
        """Write nothing more; from any thread."""
        hush = getattr(driver_of(self), "hush", None)
        if hush is not None:
            hush()

    def action_interrupt(self) -> None:
        """Ctrl+C leaves, as everywhere in a terminal, from every dialog too."""
        self.exit(return_code=INTERRUPTED)

    def deliver_screenshot(self, *args: object, **options: object) -> None:
        """Nothing: no key, command or click writes a screenshot."""

    def action_screenshot(self, *args: object, **options: object) -> None:
        """Nothing: no key, command or click writes a screenshot."""


def run_explorer(
    path: str | None,
    pending: PendingRead | None,
    options: ExplorerOptions,
    drawn: Callable[[], None] = lambda: None,
) -> int:
    """Run the explorer on a file (None: the start screen) and return the exit
    status.

    `drawn` is called once the first picture is on the terminal.

    Raises RnnTuiError (no such theme), and the failure inside the app once the
    terminal is given back.
    """
    app = RnnTuiApp(path, pending, options)
    app.drawn = drawn
    with ending_in_order(
        lambda status: app.exit(return_code=status),
        app.hush,
        end_all,
    ) as way:
        app.leaving = way.leave
        app.run(mouse=options.mouse and not options.low_bandwidth)

    if way.forced is not None:
        return way.forced
    # work still under way then may have found no screen to show itself on
    if app.asked is not None:
        return app.asked

    raise app.trouble()
