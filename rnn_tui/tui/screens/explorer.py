"""The explorer: one session, and a view on it at a time."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING, ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.reactive import reactive

from rnn_tui.tui.screens.frame import Frame
from rnn_tui.tui.screens.landing import Landing
from rnn_tui.tui.screens.outcomes import Outcomes
from rnn_tui.tui.screens.shown_views import ShownViews
from rnn_tui.tui.screens.transport import Transport
from rnn_tui.tui.screens.workers import Workers
from rnn_tui.tui.session import messages
from rnn_tui.tui.session.cursor import Place
from rnn_tui.tui.session.file_watch import FileWatch
from rnn_tui.tui.session.session import Session, Subject
from rnn_tui.tui.startup.keymap import bindings
from rnn_tui.tui.startup.options import ExplorerOptions
from rnn_tui.tui.views.base import View
from rnn_tui.tui.views.requests import Moved, Said, Wanted
from rnn_tui.tui.widgets.first_paint import Gated, after_picture
from rnn_tui.tui.widgets.lines import TitleLine

if TYPE_CHECKING:
    from rnn_tui.engine.trace.trace import CellTrace, ModelTrace
    from rnn_tui.formats.client.process import PendingRead
    from rnn_tui.formats.opened import OpenedModel
    from rnn_tui.tui.screens.commands import Commands
    from rnn_tui.tui.session.state_file import Remembered
    from rnn_tui.tui.startup.shown_keys import ShownKeys

PATIENCE = 0.5
"""Seconds the first picture waits for the layer table; a file that takes longer
is seen to be read.
"""
LOOKS = 2.0
"""Seconds between two looks at the file while the user moves: many terminals do
not say when they are used again.
"""
NEVER_WAITING = ("quit", "cancel")
"""Commands that act though work has just begun, by their ids."""


class ExplorerScreen(Gated):
    """The frame around the views: title, state line and footer.

    It has the session and hands it down; its changes come from the workers, the
    transport, the commands and the views.
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

    # `give_keyboard` gives it once; each change looks the styles up again
    AUTO_FOCUS = ""

    playing: reactive[bool] = reactive(False, repaint=False)
    speed: reactive[float] = reactive(8.0, repaint=False)
    view: reactive[str] = reactive("layers", repaint=False)

    def __init__(
        self,
        path: str,
        options: ExplorerOptions,
        pending: PendingRead | None = None,
    ) -> None:
        super().__init__()
        self.path = path
        self.options = options
        subject = Subject(
            texts=options.inputs,
            vocab=options.vocab,
            own_texts=bool(options.inputs),
        )
        self._session = Session(subject)
        self.landing = Landing(options)
        first = self.landing.first_view()
        self.set_reactive(ExplorerScreen.view, options.view or first)
        self.set_reactive(ExplorerScreen.speed, options.fps or 8.0)
        self.frame = Frame(self)
        self.watch_file = FileWatch()
        self.views = ShownViews(self)
        self.transport = Transport(self, options)
        self.workers_of = Workers(self, options, pending)
        self.outcomes = Outcomes(self, options)

    def compose(self) -> ComposeResult:
        """The frame; views come when first shown."""
        yield from self.frame.compose()

    def on_mount(self) -> None:
        """Show the first view, then read the file."""
        self._show(self.view)
        if self.path:
            self.frame.name_file(self.path)
            self.say("reading the file …")
            self.gate.hold(PATIENCE)
            self.workers_of.open(self.path)
        else:
            self.frame.show_none()

        after_picture(self, self.app.drawn)  # type: ignore[attr-defined]

    @cached_property
    def commands(self) -> Commands:
        """The commands, loaded for the first one: the first picture is without
        them.
        """
        from rnn_tui.tui.screens.commands import Commands

        return Commands(self)

    @property
    def session(self) -> Session:
        """The state that all views read; no reactive, which would run some
        forty functions at every timestep of playback.
        """
        return self._session

    @session.setter
    def session(self, session: Session) -> None:
        before = self._session
        if session is not before:
            self._session = session
            self._follow(before, session)

    @property
    def opened(self) -> OpenedModel | None:
        """The model that is open."""
        return self.session.subject.opened

    @property
    def trace(self) -> ModelTrace | None:
        """The run that is shown."""
        return self.session.subject.trace

    @property
    def place(self) -> Place:
        """Where the user looks."""
        return self.session.cursor

    @property
    def cell(self) -> CellTrace | None:
        """The trace of the cell in question."""
        return self.session.cell

    @property
    def current(self) -> View:
        """The view that is shown."""
        return self.views.current

    @property
    def remembered(self) -> Remembered:
        """The app's memory between two runs."""
        found: Remembered = self.app.remembered  # type: ignore[attr-defined]
        return found

    def ready_for(self, event: events.Event) -> bool:
        """Whether a key would find the work of the key before it done."""
        if not self.views.ready:
            return False
        if not self.workers_of.just_begun:
            return True
        if not isinstance(event, events.Key):
            return False

        shown: ShownKeys = self.app.keys  # type: ignore[attr-defined]

        return event.key in shown.names(*NEVER_WAITING)

    def typed_all(self) -> None:
        """Show the changes of all keys that were typed together."""
        self.current.drawing.catch_up()
        self.frame.catch_up()

    def _follow(self, before: Session, session: Session) -> None:
        """Show another model in the title, another place in the state line and
        in the views.
        """
        opened = session.subject.opened
        if opened is not before.subject.opened:
            self._show_model(opened)

        if session.subject.trace is None:
            self.transport.pause()
        elif self.playing:
            self.transport.follow(before, session)

        self.frame.write_state()
        # the newest one: the transport may have moved on
        self.views.follow(self._session)

    def _show_model(self, opened: OpenedModel | None) -> None:
        if opened is not None:
            self.frame.name_model(opened)
            self.call_later(self.views.draw_first)
            self.call_after_refresh(self.views.give_keyboard)
        elif self.is_mounted:
            self.frame.name_file(self.path)

    def watch_playing(self, playing: bool) -> None:
        """Say whether time runs."""
        self.frame.write_speed()
        self.views.set_playing(playing)

    def watch_speed(self) -> None:
        """Say how fast time runs."""
        self.frame.write_speed()

    def watch_view(self, view: str) -> None:
        """Show the chosen view."""
        if self.is_mounted:
            self.clear_message()
            self._show(view)
            self.look_at_the_file(LOOKS)
            self.workers_of.view_shown(view)

    def _show(self, view: str) -> None:
        self.views.show(view)
        self.frame.name_view(view)

    def say(self, line: str, error: bool = False) -> None:
        """Write a line in the state's place, until the user moves on."""
        self.frame.say(line, error)

    def say_nothing(self) -> None:
        """Say why a key that needs a run does nothing."""
        if self.opened is not None:
            from rnn_tui.tui.text.nothing import why_nothing

            self.say(why_nothing(self.session))

    def clear_message(self) -> None:
        """Show the state again."""
        if self.frame.message or self.frame.remark:
            self.say("")

    def look_at_the_file(self, patience: float = 0.0) -> None:
        """Say when the file has changed since it was opened, unless it was
        looked at so many seconds ago.
        """
        change = self.watch_file.change(patience)
        if change is not None:
            self.frame.report_file(change)

    def on_moved(self, event: Moved) -> None:
        """Go where the user wants."""
        self.clear_message()
        self.session = event.move(self.session)
        self.look_at_the_file(LOOKS)

    def on_wanted(self, event: Wanted) -> None:
        """Answer a question about the run that is shown, once it is done."""
        subject = self.session.subject
        reference = self.session.reference
        if event.of_other:
            if reference is None:  # it has gone meanwhile
                return

            subject = reference.subject

        if not subject.partial:
            self.workers_of.answer(subject, event.question)

    def on_said(self, event: Said) -> None:
        """Write the message of a view."""
        self.say(event.line)

    def on_keys_changed(self) -> None:
        """Name the keys that matter now."""
        self.frame.write_footer()

    def on_title_line_chosen(self, event: TitleLine.Chosen) -> None:
        """Show the view whose tab was clicked."""
        self.view = event.view

    def on_resize(self, event: events.Resize) -> None:
        """Use the room there is."""
        self.frame.resize(self.size)
        # it was taken from a view that had no room
        self.call_after_refresh(self.views.give_keyboard)

    def on_screen_resume(self) -> None:
        """A dialog has gone."""
        self.call_after_refresh(self.views.give_keyboard)

    def on_app_focus(self) -> None:
        """The user comes back to this terminal, perhaps from training."""
        self.look_at_the_file()

    def action_command(self, name: str, *given: object) -> None:
        """Carry out a command of the key map."""
        carry_out: Callable[..., None] = self.commands.named(name)
        carry_out(*given)

    @on(messages.Outcome)
    def _take(self, event: messages.Outcome) -> None:
        event.stop()
        self.outcomes.take(event)
