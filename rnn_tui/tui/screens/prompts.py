"""The one-line dialogs: a sequence, a timestep, a layer, a file to write."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual import events, on, work
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message
from textual.timer import Timer
from textual.widgets import Input
from textual.worker import get_current_worker

from rnn_tui.errors import RnnTuiError
from rnn_tui.text import clean
from rnn_tui.tui.session.jobs import Typed
from rnn_tui.tui.session.pasted import joint, on_one_line
from rnn_tui.tui.session.session import Subject
from rnn_tui.tui.session.unit_order import numbers
from rnn_tui.tui.terminal.input_queue import typed_ahead
from rnn_tui.tui.widgets.choice import ChoiceDialog
from rnn_tui.tui.widgets.dialog import LineDialog

if TYPE_CHECKING:
    pass

PADDING = 4
"""Cells that the dialog leaves free at its sides."""

LONG = 2000
"""Characters beyond which a text takes a while to read."""
MOMENT, LONG_MOMENT = 0.03, 0.25
"""Seconds without a key after which a text is read, and a long one."""

GRAMMAR = (
    "0.1 0.2 0.3   0.1 0.2; 0.3 0.1   [[0.1, 0.2]]   4 7 8   onehot: 4 7\n"
    "random:50:7  sine:50  ramp:50  impulse:50  step:50  zeros:50  ones:50\n"
    "text: hello   words: hello world   data.npy .npz .csv .tsv .json .txt\n"
    "NAME=SEQ | NAME=SEQ   for a model of several inputs"
)


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
        """Take what is typed, unless it goes on: a terminal without bracketed
        paste delivers a column as keys.
        """
        between = joint(typed_ahead(self.app), self._goes_on)
        self._goes_on = between is not None
        if between is None:
            await super().action_submit()
        else:
            self.insert_text_at_cursor(between)


class SequencePrompt(LineDialog[Typed]):
    """What the model reads, as typed; says what was understood, and walks
    through what was typed before. Answers with the sequence parsed.
    """

    TITLE_TEXT = "Sequence"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "older(1)", "Older", show=False),
        Binding("down", "older(-1)", "Newer", show=False),
        Binding("tab", "take_offer", "Take the offer", show=False),
    ]

    class Understood(Message):
        """The thread that reads what is typed has an answer; `typed` is the
        sequence, where all of it was read.
        """

        def __init__(
            self,
            text: str,
            line: str,
            error: bool = False,
            typed: Typed | None = None,
            offer: str = "",
        ) -> None:
            super().__init__()
            self.text = text
            self.offer = offer
            """The text as the vocabulary could read it, as typed."""
            self.line = line
            self.error = error
            self.typed = typed

    def __init__(self, subject: Subject, history: Sequence[str]) -> None:
        text = " | ".join(subject.texts)
        super().__init__(text)
        assert subject.opened is not None
        self._opened = subject.opened
        self._vocab = subject.vocab
        self._words = subject.vocabulary if subject.vocab else None
        self._history = [text, *(old for old in history if old != text)]
        self._at = 0
        self._last: SequencePrompt.Understood | None = None
        """The last answer about the present text."""
        self._waiting = False
        """Whether Enter was pressed and the answer isn't known yet."""
        self._rest: Timer | None = None

    def line_input(self, text: str) -> Input:
        """The line to type in."""
        return SequenceInput(text, select_on_focus=True)

    def ready_for(self, event: events.Event) -> bool:
        """Not while the answer to Enter is on its way: what is typed behind it
        isn't for this dialog.
        """
        return not self._waiting

    def hint(self) -> str:
        """Say which keys lead on."""
        return "enter runs it · ↑↓ older · esc back"

    def _reads(self) -> str:
        """Return what the model reads, with an example for each input."""
        from rnn_tui.sequences.plain_words import example, reads

        words = self._known_words()
        inputs = self._opened.model.inputs
        lines = []
        for info in inputs:
            name = f"{clean(info.name)}: " if len(inputs) > 1 else ""
            lines.append(f"{name}reads {reads(info, words)}")

        typed = " | ".join(
            (f"{info.name}=" if len(inputs) > 1 else "") + example(info, words)
            for info in inputs
        )

        return "\n".join([*lines, f"for example: {clean(typed, 200)}"])

    def _known_words(self) -> Mapping[str, int] | None:
        """Return the vocabulary, none where it can't be read: that is said when
        text is typed.
        """
        try:
            return self._known()
        except RnnTuiError:
            return None

    def action_take_offer(self) -> None:
        """Take the text as the vocabulary reads it."""
        if self._last is not None and self._last.offer:
            line = self.query_one(Input)
            line.value = self._last.offer
            line.cursor_position = len(line.value)

    def understand(self, text: str) -> None:
        """Read what is typed in a thread, once nothing more is typed for a
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
        """Answer with the sequence, once it is known to be sound."""
        last = self._last
        if last is not None and last.text == text and last.typed is not None:
            self.dismiss(last.typed)
            return

        if self._rest is not None:
            self._rest.stop()
            self._rest = None

        self._waiting = True
        self._read(text)

    def action_older(self, by: int) -> None:
        """Take an older or newer sequence."""
        self._at = min(max(self._at + by, 0), len(self._history) - 1)
        line = self.query_one(Input)
        line.value = self._history[self._at]
        line.cursor_position = len(line.value)

    @work(thread=True, exclusive=True, exit_on_error=True)
    def _look(self, text: str) -> None:
        """Look at what is typed: a large file isn't read to the end."""
        from rnn_tui.sequences.preview import preview_sequence

        worker = get_current_worker()
        try:
            found = preview_sequence(
                text,
                self._opened.model.inputs,
                vocab=self._known(),
            )
        except RnnTuiError as problem:
            answer = self.Understood(
                text,
                str(problem),
                error=True,
                offer=getattr(problem, "offer", ""),
            )
        else:
            typed = None
            if found.parsed is not None:
                typed = Typed((text,), found.parsed, self._words)

            answer = self.Understood(text, found.line, typed=typed)

        if not worker.is_cancelled:
            self.post_message(answer)

    @work(thread=True, exclusive=True, exit_on_error=True)
    def _read(self, text: str) -> None:
        """Read all of what is typed."""
        from rnn_tui.tui.session.jobs import parse_texts

        worker = get_current_worker()
        try:
            typed = parse_texts(
                self._opened,
                (text,),
                self._vocab,
                self._known(),
            )
        except RnnTuiError as problem:
            answer = self.Understood(
                text,
                str(problem),
                error=True,
                offer=getattr(problem, "offer", ""),
            )
        else:
            answer = self.Understood(text, typed.parsed.understood, typed=typed)

        if not worker.is_cancelled:
            self.post_message(answer)

    def _known(self) -> Mapping[str, int] | None:
        """Return the vocabulary, read once for all that is typed."""
        if self._vocab is not None and self._words is None:
            from rnn_tui.sequences.tokens import load_vocabulary

            self._words = load_vocabulary(self._vocab)

        return self._words

    @on(Understood)
    def _say(self, event: Understood) -> None:
        event.stop()
        if event.text != self.text:
            return

        self._last = event
        if self._waiting and event.typed is not None:
            self.dismiss(event.typed)
            return

        # Enter came while the text was looked at
        if self._waiting and not event.error:
            self._read(event.text)
            return

        self._waiting = False
        tone = "$warning" if event.error else "$foreground"
        said: list[tuple[str, str]] = [(f"{self._reads()}\n\n", "$muted")]
        if event.text.strip():
            said.append((f"{event.line}\n", tone))

        if event.offer:
            said.append(("tab takes it so\n", "$foreground"))

        self.mean(Content.assemble(*said, ("\n" + GRAMMAR, "$faint")))


class PlacePrompt(LineDialog[dict[str, int]]):
    """Asks for a timestep; answers with the field of the place and its
    value.
    """

    TITLE_TEXT = "Go to timestep"

    def __init__(self, timesteps: int) -> None:
        super().__init__()
        self._timesteps = timesteps

    def understand(self, text: str) -> None:
        """Say whether there is such a place."""
        last = self._timesteps - 1
        if text.strip() and not self._place(text):
            self.mean(self._no_place(last), error=True)
        else:
            self.mean(self._places(last))

    def answer(self, text: str) -> None:
        """Answer with the place."""
        found = self._place(text)
        if found:
            self.dismiss(found)

    def _places(self, last: int) -> str:
        """Return which places there are."""
        return f"0 to {last}; −1 is the last one"

    def _no_place(self, last: int) -> str:
        """Return which places there are instead of the one that is typed."""
        return f"timesteps go from 0 to {last}"

    def _place(self, text: str) -> dict[str, int]:
        """Return the place that is typed, nothing where it is none."""
        try:
            t = int(text.strip().replace("−", "-"))
        except ValueError:
            return {}

        if -self._timesteps <= t < self._timesteps:
            return {"t": t % self._timesteps}

        return {}


class PixelPrompt(PlacePrompt):
    """Asks for a timestep, or for a pixel of pictures of the size `sides`."""

    TITLE_TEXT = "Go to timestep or pixel"

    def __init__(self, timesteps: int, sides: tuple[int, ...]) -> None:
        super().__init__(timesteps)
        self._sides = sides

    def _places(self, last: int) -> str:
        """Return which places there are."""
        example = "p4"
        if len(self._sides) > 1:
            example = ",".join("421"[: len(self._sides)])

        return f"timestep {super()._places(last)}; {self._pixels(example)}"

    def _no_place(self, last: int) -> str:
        """Return which places there are instead of the one that is typed."""
        return f"{super()._no_place(last)}, {self._pixels('')}"

    def _pixels(self, example: str) -> str:
        """Return which pixels there are, after an example of one."""
        ends = ", ".join(f"0–{side - 1}" for side in self._sides)
        names = ("plane", "row", "column")[-len(self._sides) :]

        return f"pixel {example} ({', '.join(names)} of {ends})"

    def _place(self, text: str) -> dict[str, int]:
        """Return the pixel that is typed as `4,2` or `p4`, or the timestep."""
        from rnn_tui.tui.session.pixel import typed_pixel

        pixel = typed_pixel(text, self._sides)
        if pixel is not None:
            return {"pixel": pixel}

        return super()._place(text)


class UnitsPrompt(LineDialog[tuple[int, ...]]):
    """Asks for the numbers of units; answers with none where all are wanted."""

    TITLE_TEXT = "Units that are shown"

    def __init__(self, count: int, text: str) -> None:
        super().__init__(text)
        self._count = count

    def understand(self, text: str) -> None:
        """Say which units were understood."""
        found = numbers(text, self._count)
        if found is None:
            self.mean(
                f"numbers and ranges from 0 to {self._count - 1}: 0 2 7, 8-15",
                error=True,
            )
        elif found:
            self.mean(f"{len(found)} of {self._count} units")
        else:
            self.mean(f"all {self._count} units; or: 0 2 7, 8-15")

    def answer(self, text: str) -> None:
        """Answer with the units."""
        found = numbers(text, self._count)
        if found is not None:
            self.dismiss(found)


class FindPrompt(ChoiceDialog[Callable[[], object]]):
    """Asks for a layer by a part of its name or class, or for what else the
    view finds; answers with what goes there.
    """

    TITLE_TEXT = "Find"
    NOTHING = "nothing here has this in its name"
