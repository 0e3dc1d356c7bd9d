"""The dialog for a line that takes a while to understand, for it may name a
file: it is read in a thread while one types.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import ClassVar, Generic, Protocol, TypeVar

from textual import events, on, work
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message
from textual.timer import Timer
from textual.widgets import Input
from textual.worker import get_current_worker

from rnn_tui.errors import RnnTuiError
from rnn_tui.tui.session.pasted import joint, on_one_line
from rnn_tui.tui.terminal.input_queue import typed_ahead
from rnn_tui.tui.widgets.dialog import LineDialog

Answer = TypeVar("Answer")
Read = TypeVar("Read", covariant=True)

LONG = 2000
"""Characters beyond which a text takes a while to read."""
MOMENT, LONG_MOMENT = 0.03, 0.25
"""Seconds without a key after which a text is read, and a long one."""


class Reader(Protocol[Read]):
    """Reads the typed line; without a widget, for it works in a thread."""

    title: str
    keys: str
    """Which keys lead on, beside the title."""
    grammar: str
    """The ways to write it, below everything else."""

    def reads(self) -> str:
        """Return the expected input, with an example."""

    def look(self, text: str) -> tuple[str, Read | None]:
        """Return the meaning of a text in words, and the answer where all of it
        was read; raise RnnTuiError.
        """

    def read(self, text: str) -> tuple[str, Read]:
        """Return the same, with all of the text read; raise RnnTuiError."""

    def completed(self, text: str) -> str:
        """Return the text with the path in it completed, as far as names
        agree.
        """


class SequenceInput(Input):
    """A line to type a sequence in; pasted lines are put on one."""

    _goes_on = False
    """Whether the last Enter was the end of a pasted line."""

    def on_paste(self, event: events.Paste) -> None:
        """Take all that is pasted: Textual's own line keeps the first line
        alone.
        """
        event.prevent_default()
        event.stop()
        self.replace(on_one_line(event.text), *self.selection)

    async def action_submit(self) -> None:
        """Take the typed line, unless it goes on: a terminal without bracketed
        paste delivers a column as keys.
        """
        ahead = typed_ahead(self.app)
        between = None
        if ahead:
            between = joint(ahead, self._goes_on)

        self._goes_on = between is not None
        if between is None:
            await super().action_submit()
        else:
            self.insert_text_at_cursor(between)


class Understood(Message):
    """The thread that reads the typed line has the meaning of it in words;
    `answer` is its value, where all of it was read.
    """

    def __init__(
        self,
        text: str,
        line: str,
        error: bool = False,
        answer: object = None,
        offer: str = "",
    ) -> None:
        super().__init__()
        self.text = text
        self.offer = offer
        """The text as the vocabulary could read it, as typed."""
        self.line = line
        self.error = error
        self.answer = answer


class ReadingPrompt(LineDialog[Answer], Generic[Answer]):
    """Shows the meaning of the line, and walks through the lines typed before.
    Answers with the reader's value of the line.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "older(1)", "Older", show=False),
        Binding("down", "older(-1)", "Newer", show=False),
        Binding("tab", "take_offer", "Take the offer", show=False),
    ]

    def __init__(
        self,
        reader: Reader[Answer],
        text: str,
        history: Sequence[str] = (),
    ) -> None:
        super().__init__(text)
        self._reader = reader
        self._history = [text, *(old for old in history if old != text)]
        self._at = 0
        self._last: Understood | None = None
        """The last answer about the present text."""
        self._waiting = False
        """Whether Enter was pressed and the answer isn't known yet."""
        self._rest: Timer | None = None

    def line_input(self, text: str) -> Input:
        """The line to type in."""
        return SequenceInput(text, select_on_focus=True)

    def ready_for(self, event: events.Event) -> bool:
        """Not while the answer to Enter is on its way: keys typed after it
        aren't for this dialog.
        """
        return not self._waiting

    def asks_for(self) -> str:
        """Write the question in the title."""
        return self._reader.title

    def hint(self) -> str:
        """Say which keys lead on."""
        return self._reader.keys

    def action_take_offer(self) -> None:
        """Take the text as the vocabulary reads it, or complete its path."""
        taken = ""
        if self._last is not None:
            taken = self._last.offer

        line = self.query_one(Input)
        line.value = taken or self._reader.completed(line.value)
        line.cursor_position = len(line.value)

    def understand(self, text: str) -> None:
        """Read the typed line in a thread, once nothing more is typed for a
        moment.
        """
        self._last = None
        if self._rest is not None:
            self._rest.stop()
            self._rest = None

        moment = MOMENT
        if len(text) > LONG:
            moment = LONG_MOMENT
            self.mean(f"{len(text):,} characters")

        self._rest = self.set_timer(moment, partial(self._look_at_rest, text))

    @property
    def reading(self) -> bool:
        """Whether there is no answer about the present text yet."""
        return self._last is None

    def _look_at_rest(self, text: str) -> None:
        self._rest = None
        self._look(text)

    def answer(self, text: str) -> None:
        """Answer with the value of the line, once it is known to be sound."""
        last = self._last
        if last is not None and last.text == text and last.answer is not None:
            self.dismiss(last.answer)  # type: ignore[arg-type]  # the reader's own
            return

        if self._rest is not None:
            self._rest.stop()
            self._rest = None

        self._waiting = True
        self._read(text)

    def action_older(self, by: int) -> None:
        """Take an older or newer line."""
        self._at = min(max(self._at + by, 0), len(self._history) - 1)
        line = self.query_one(Input)
        line.value = self._history[self._at]
        line.cursor_position = len(line.value)

    @work(thread=True, exclusive=True, exit_on_error=True)
    def _look(self, text: str) -> None:
        """Look at the typed line: a large file isn't read to the end."""
        self._tell(text, whole=False)

    @work(thread=True, exclusive=True, exit_on_error=True)
    def _read(self, text: str) -> None:
        """Read all of the typed line."""
        self._tell(text, whole=True)

    def _tell(self, text: str, *, whole: bool) -> None:
        """Tell the dialog the meaning of a text; in a thread."""
        worker = get_current_worker()
        understand = self._reader.read if whole else self._reader.look
        try:
            line, answer = understand(text)
        except RnnTuiError as problem:
            said = Understood(
                text,
                str(problem),
                error=True,
                offer=getattr(problem, "offer", ""),
            )
        else:
            said = Understood(text, line, answer=answer)

        if not worker.is_cancelled:
            self.post_message(said)

    @on(Understood)
    def _say(self, event: Understood) -> None:
        event.stop()
        if event.text != self.text:
            return

        self._last = event
        if self._waiting and event.answer is not None:
            self.dismiss(event.answer)  # type: ignore[arg-type]  # the reader's own
            return

        # Enter came while the text was looked at
        if self._waiting and not event.error:
            self._read(event.text)
            return

        self._waiting = False
        tone = "$warning" if event.error else "$foreground"
        said: list[tuple[str, str]] = [
            (f"{self._reader.reads()}\n\n", "$muted")
        ]
        if event.text.strip():
            said.append((f"{event.line}\n", tone))

        if event.offer:
            said.append(("tab takes it so\n", "$foreground"))

        grammar = ("\n" + self._reader.grammar, "$faint")
        self.mean(Content.assemble(*said, grammar))
