"""Keys and clicks one at a time: each is handed over when the one before has
had its effect.

Textual posts a key to the widget that has the keyboard at that moment and goes
on to the next. Over SSH several keys arrive in one packet, so all of them would
go to the widget that had the keyboard before the first one acted: the letters
typed after `s` to the view instead of the dialog that `s` opens. Here a key
waits until the messages that the one before brought about are handled and the
screen it opened has the keyboard.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from itertools import islice
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from textual.dom import DOMNode
from textual.events import Event, InputEvent, Key, MouseMove, Paste

from rnn_tui.tui.terminal.textual_internals import fail

if TYPE_CHECKING:
    from textual.app import App
    from textual.message_pump import MessagePump

AT_ONCE = ("ctrl+c", "ctrl+z")
"""Keys that wait for nothing."""
WAY_OUT = "escape"
"""The key that is handed over though the screen isn't ready: it may end the
waiting.
"""
ROUNDS = 12
"""How often it is asked whether all messages are handled: while time runs,
there are always more.
"""
QUIET = 2
"""After how many rounds in which no message waited nothing goes on."""
AHEAD = 200
"""Characters typed ahead that are looked at, at most."""
TURN = 0.01
"""Seconds between two looks at a screen that isn't ready."""


@runtime_checkable
class Waited(Protocol):
    """A screen that isn't ready for keys at every moment."""

    def ready_for(self, event: Event) -> bool:
        """Whether it can take this event now."""


class InputQueue:
    """The keys and clicks that haven't been handed over yet.

    `deliver` hands an event to Textual, `ready` says whether the uppermost
    screen can take one now, and `drained` is called when nothing waits any
    more.
    """

    def __init__(
        self,
        app: App[Any],
        deliver: Callable[[Event], Awaitable[None]],
        ready: Callable[[Event], bool],
        drained: Callable[[], None],
    ) -> None:
        self._app = app
        self._deliver = deliver
        self._ready = ready
        self._drained = drained
        self._events: deque[Event] = deque()
        self._task: asyncio.Task[None] | None = None

    @property
    def waits(self) -> bool:
        """Whether something typed has still to be handed over."""
        return bool(self._events)

    @property
    def busy(self) -> bool:
        """Whether something typed waits or has its effect just now."""
        return self._task is not None

    def characters(self, most: int) -> str:
        """Return the characters that wait, up to a key that has none."""
        found = []
        for event in islice(self._events, most):
            if not isinstance(event, Key) or event.character is None:
                break

            found.append(event.character)

        return "".join(found)

    def takes(self, event: Event) -> bool:
        """Take an event into the queue; False for one that isn't to wait."""
        if not isinstance(event, (InputEvent, Paste)) or event.is_forwarded:
            return False
        if isinstance(event, Key) and event.key in AT_ONCE:
            return False

        if isinstance(event, MouseMove):
            if not self.busy:
                return False

            # the places of the mouse in between have no effect
            if self._events and isinstance(self._events[-1], MouseMove):
                self._events.pop()

        self._events.append(event)
        if self._task is None:
            self._task = asyncio.create_task(self._run(), name="input queue")

        return True

    async def _run(self) -> None:
        try:
            while self._events and self._app.is_running:
                event = await self._next()
                await self._deliver(event)
                if not self._is_passive(event):
                    await self._settle()
        except Exception as error:  # as Textual does with an error in a handler
            fail(self._app, error)
        finally:
            self._task = None

        self._drained()

    def _is_passive(self, event: Event) -> bool:
        """Whether an event can't change who has the keyboard: the next one may
        follow at once, and finds its way behind it.
        """
        focused = self._app.focused
        if isinstance(event, Key) and focused is not None:
            # a letter in a line of text
            return focused.check_consume_key(event.key, event.character)

        return isinstance(event, MouseMove)

    async def _next(self) -> Event:
        """Return the event that is due, once the screen can take it."""
        while not self._ready(self._events[0]):
            for event in self._events:
                if isinstance(event, Key) and event.key == WAY_OUT:
                    self._events.remove(event)
                    return event

            await asyncio.sleep(TURN)

        return self._events.popleft()

    async def _settle(self) -> None:
        """Wait until the messages that an event brought about are handled."""
        quiet = 0
        for _ in range(ROUNDS):
            if not self._app.is_running or quiet == QUIET:
                return

            for pump in self._way_up():
                await _passed(pump)

            # one that was taken from a queue and isn't handled yet is in none
            if self._pending():
                quiet = 0
            else:
                quiet = quiet + 1

    def _way_up(self) -> list[MessagePump]:
        """The way a key takes that no widget uses: from the one that has the
        keyboard to the app.
        """
        if not self._app.screen_stack:
            return [self._app]

        start: DOMNode = self._app.focused or self._app.screen

        return list(start.ancestors_with_self)

    def _pending(self) -> bool:
        """Whether a message waits for a widget of the uppermost screen."""
        if not self._app.screen_stack:
            return False

        screen = self._app.screen
        if not screen.is_mounted:
            return True

        nodes = (self._app, *screen.walk_children(with_self=True))

        return any(node.message_queue_size for node in nodes)


def typed_ahead(app: App[Any]) -> str:
    """Return the characters that were typed and haven't been handed over yet,
    the first few of them, up to a key that has none.
    """
    queue = getattr(app, "typed", None)
    if not isinstance(queue, InputQueue):
        return ""

    return queue.characters(AHEAD)


def typed_waits(app: App[Any]) -> bool:
    """Whether something typed has still to be handed over, where the app has a
    queue.
    """
    queue = getattr(app, "typed", None)

    return isinstance(queue, InputQueue) and queue.waits


async def _passed(pump: MessagePump) -> None:
    """Wait until a widget has handled all messages that wait for it now."""
    handled = asyncio.Event()
    if not pump.is_running or not pump.call_later(handled.set):
        return

    waiting = asyncio.ensure_future(handled.wait())
    try:
        while not waiting.done():
            await asyncio.wait({waiting}, timeout=TURN)
            # a widget that was taken away handles nothing more
            if not pump.is_running or not pump.is_attached:
                return
    finally:
        waiting.cancel()
