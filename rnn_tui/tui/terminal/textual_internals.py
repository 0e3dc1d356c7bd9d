"""Textual's internals that the package relies on: everything that has no public
name, or has one and isn't documented to stay as it is.

`INTERNALS` names each of them, `tests/tui/test_textual_internals.py` has a test
for each: to allow another version of Textual, run that file with it. No other
folder of the package touches a private name of Textual's; a new one needs a row
here and a test there.
"""

from __future__ import annotations

from asyncio import get_running_loop
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from rich.segment import Segment
    from textual.app import App
    from textual.screen import Screen
    from textual.widget import Widget


class Internal(NamedTuple):
    """One thing that is relied on: its owner's dotted name, its own, and the
    purpose.
    """

    owner: str
    name: str
    what_for: str


INTERNALS = (
    Internal(
        "textual.app.App",
        "_driver",
        "the driver: painted past the compositor, asked whether the line is "
        "behind",
    ),
    Internal("textual.app.App", "_exception", "what ended the app unasked"),
    Internal(
        "textual.app.App",
        "_disable_notifications",
        "no screen gets a place for notifications: none is ever shown",
    ),
    Internal(
        "textual.app.App",
        "_disable_tooltips",
        "no screen gets a place for tooltips: none is ever shown",
    ),
    Internal(
        "textual.app.App",
        "_handle_exception",
        "an error outside a message's handler ends the app as one inside does",
    ),
    Internal(
        "textual.app.App",
        "_begin_update",
        "the mark of a frame's beginning is written by itself, and so can be "
        "left out where nothing follows",
    ),
    Internal("textual.app.App", "_end_update", "the mark of its end is, too"),
    Internal(
        "textual.app.App",
        "_set_pointer_shape",
        "mouse pointers are asked for by an OSC 22 in a write of its own",
    ),
    Internal(
        "textual.message_pump.MessagePump",
        "_message_queue",
        "how many messages wait for a widget: a key waits for them",
    ),
    Internal(
        "textual.message_pump.MessagePump",
        "_next_callbacks",
        "what a widget calls after the message at hand: a key waits for it, "
        "too",
    ),
    Internal(
        "textual.message_pump.MessagePump",
        "_is_mounted",
        "whether a screen that was pushed can take keys",
    ),
    Internal(
        "textual.message_pump.MessagePump",
        "_closing",
        "a widget that is taken away handles no more messages",
    ),
    Internal(
        "textual.message_pump.MessagePump",
        "_closed",
        "a widget that was taken away handles no more messages",
    ),
    Internal(
        "textual.screen.Screen",
        "_compositor_refresh",
        "the one way a picture is drawn: paused before the first one",
    ),
    Internal(
        "textual.screen.Screen",
        "_on_timer_update",
        "what a tick does: the first picture doesn't wait for one",
    ),
    Internal(
        "textual.screen.Screen",
        "find_widget",
        "every layout makes a widget's geometry anew, so one that is the same "
        "still holds",
    ),
    Internal(
        "textual.widget.Widget",
        "render_lines",
        "the compositor asks a widget for its lines here, kept ones too",
    ),
    Internal(
        "textual.widget.Widget",
        "_styles_cache",
        "the lines that are kept of a widget, forgotten when its cells were "
        "painted past the compositor",
    ),
    Internal(
        "textual._compositor.Compositor",
        "render_update",
        "a frame is nothing but moves, styles that end in a reset, text and "
        "newlines",
    ),
    Internal(
        "textual.screen.Screen",
        "_compositor",
        "what is on a screen, for a picture of it",
    ),
    Internal(
        "textual._compositor.Compositor",
        "render_strips",
        "the lines of a screen as they are drawn",
    ),
    Internal(
        "textual._xterm_parser.XTermParser",
        "feed",
        "keys read by our own thread; `tick` looks at the clock",
    ),
    Internal("textual.driver.Driver", "_app", "the app a driver belongs to"),
    Internal(
        "textual.driver.Driver",
        "_loop",
        "the event loop, for a later write",
    ),
    Internal("textual.driver.Driver", "_debug", "handed to the parser of keys"),
    Internal(
        "textual.drivers.linux_driver.LinuxDriver",
        "_file",
        "what the writer thread writes to: set in `__init__`, taken when the "
        "thread is started, so that ours can take its place in between",
    ),
    Internal(
        "textual.drivers.linux_driver.LinuxDriver",
        "_writer_thread",
        "whether there is one; its `_queue` tells how many frames wait",
    ),
    Internal(
        "textual.drivers._writer_thread.WriterThread",
        "_queue",
        "how many frames wait for the terminal",
    ),
    Internal(
        "textual.drivers.linux_driver.LinuxDriver",
        "_key_thread",
        "whether keys are being read when the driver leaves",
    ),
    Internal(
        "textual.drivers.linux_driver.LinuxDriver",
        "_get_terminal_size",
        "overridden: COLUMNS and LINES may be of another terminal",
    ),
    Internal(
        "textual.drivers.linux_driver.LinuxDriver",
        "run_input_thread",
        "overridden: Textual's looks for keys ten times a second, ours sleeps",
    ),
)
"""The internals that are relied on."""


def driver_of(app: App[Any]) -> Any:
    """Return the driver of an app, None before it has one."""
    return getattr(app, "_driver", None)


def failure_of(app: App[Any]) -> Exception | None:
    """Return the exception that ended an app, None where none did."""
    return app._exception


def leave_out_popups(app: App[Any]) -> None:
    """Let no screen have the two widgets of Textual's notifications and
    tooltips, before any screen is made: both would cost each screen time and
    never be seen.
    """
    app._disable_notifications = True
    app._disable_tooltips = True


def lines_of(screen: Screen[Any]) -> list[list[Segment]]:
    """Return the content of a screen, line by line, as it is drawn."""
    strips = screen._compositor.render_strips()

    return [list(strip) for strip in strips]


def forget_lines(widget: Widget) -> None:
    """Have a widget's lines rendered anew when they are next asked for; unlike
    `refresh`, this doesn't ask for them.
    """
    widget._styles_cache.clear()


def fail(app: App[Any], error: Exception) -> None:
    """End the app because of an error outside a message's handler."""
    app._handle_exception(error)


def soon(app: App[Any], callback: Callable[[], None]) -> None:
    """Call back as soon as the task at hand lets go of the event loop; an error
    ends the app as one in a message's handler does.

    Textual's own way there, `call_next`, runs some eighty functions to find out
    how many arguments the callback takes: too many for a call at every
    timestep.
    """
    get_running_loop().call_soon(_call_or_fail, app, callback)


def _call_or_fail(app: App[Any], callback: Callable[[], None]) -> None:
    try:
        callback()
    except Exception as error:
        fail(app, error)
