"""The one-line dialogs: a sequence, a timestep, a layer, a file to write."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message
from textual.widgets import Input
from textual.worker import get_current_worker

from rnn_tui.errors import RnnTuiError
from rnn_tui.text import clean
from rnn_tui.tui.widgets.choice import Choice, ChoiceDialog
from rnn_tui.tui.widgets.dialog import LineDialog

if TYPE_CHECKING:
    from rnn_tui.engine.model import InputInfo, LayerInfo

PADDING = 4
"""Cells that the dialog leaves free at its sides."""

GRAMMAR = (
    "0.1 0.2 0.3   0.1 0.2; 0.3 0.1   [[0.1, 0.2]]   4 7 8   onehot: 4 7\n"
    "random:50:7  sine:50  ramp:50  impulse:50  step:50  zeros:50  ones:50\n"
    "text: hello   words: hello world   data.npy .npz .csv .tsv .json .txt\n"
    "NAME=SEQ | NAME=SEQ   for a model of several inputs"
)


class SequencePrompt(LineDialog[str]):
    """What the model reads, as typed; says what was understood, and walks through what
    was typed before.
    """

    TITLE_TEXT = "Sequence"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "older(1)", "Older", show=False),
        Binding("down", "older(-1)", "Newer", show=False),
    ]

    class Understood(Message):
        """The thread that reads what is typed has an answer."""

        def __init__(self, text: str, line: str, error: bool) -> None:
            super().__init__()
            self.text = text
            self.line = line
            self.error = error

    def __init__(
        self,
        text: str,
        inputs: Sequence[InputInfo],
        vocab: str | None,
        history: Sequence[str],
        now: bool = False,
    ) -> None:
        super().__init__(text)
        self._inputs = tuple(inputs)
        self._vocab = vocab
        self._known: Mapping[str, int] | None = None
        self._history = [text, *(old for old in history if old != text)]
        self._at = 0
        self._waiting = False

    def hint(self) -> str:
        """Say what the model reads, and which keys lead on."""
        from rnn_tui.sequences.input_shapes import wanted

        named = len(self._inputs) > 1
        reads = " | ".join(
            f"{clean(info.name) + ' ' if named else ''}{wanted(info)}"
            for info in self._inputs
        )
        keys = "enter runs it · ↑↓ older · esc back"
        beside = (
            len(f"{self.TITLE_TEXT}   of {reads}   {keys}")
            <= self.app.size.width - PADDING
        )

        return f"of {reads}" + ("   " if beside else "\n") + keys

    def understand(self, text: str) -> None:
        """Read what is typed in a thread: a file may be long."""
        self._read(text)

    def answer(self, text: str) -> None:
        """Answer once it is known to be sound."""
        self._waiting = True
        self._read(text)

    def action_older(self, by: int) -> None:
        """Take an older or newer sequence."""
        self._at = min(max(self._at + by, 0), len(self._history) - 1)
        line = self.query_one(Input)
        line.value = self._history[self._at]
        line.cursor_position = len(line.value)

    @work(thread=True, exclusive=True, exit_on_error=True)
    def _read(self, text: str) -> None:
        worker = get_current_worker()
        from rnn_tui.sequences.preview import preview_sequence

        try:
            line, error = (
                preview_sequence(text, self._inputs, vocab=self._words()),
                False,
            )
        except RnnTuiError as problem:
            line, error = str(problem), True

        if not worker.is_cancelled:
            self.post_message(self.Understood(text, line, error))

    def _words(self) -> Mapping[str, int] | None:
        """Return the vocabulary, read once for all that is typed."""
        if self._vocab is not None and self._known is None:
            from rnn_tui.sequences.tokens import load_vocabulary

            self._known = load_vocabulary(self._vocab)

        return self._known

    @on(Understood)
    def _say(self, event: Understood) -> None:
        event.stop()
        if event.text != self.text:
            return

        if self._waiting and not event.error:
            self.dismiss(event.text)
            return

        self._waiting = False
        if not event.text.strip():
            self.mean(Content.styled(GRAMMAR, "$faint"))
            return

        tone = "$warning" if event.error else "$foreground"
        self.mean(Content.assemble((event.line, tone), ("\n\n" + GRAMMAR, "$faint")))


class TimestepPrompt(LineDialog[int]):
    """Asks for a timestep."""

    TITLE_TEXT = "Go to timestep"

    def __init__(self, timesteps: int) -> None:
        super().__init__()
        self._timesteps = timesteps

    def understand(self, text: str) -> None:
        """Say whether there is such a timestep."""
        if text.strip() and self._timestep(text) is None:
            self.mean(f"timesteps go from 0 to {self._timesteps - 1}", error=True)
        else:
            self.mean(f"0 to {self._timesteps - 1}; −1 is the last one")

    def answer(self, text: str) -> None:
        """Answer with the timestep."""
        t = self._timestep(text)
        if t is not None:
            self.dismiss(t)

    def _timestep(self, text: str) -> int | None:
        try:
            t = int(text.strip().replace("−", "-"))
        except ValueError:
            return None

        if -self._timesteps <= t < self._timesteps:
            return t % self._timesteps

        return None


class LayerPrompt(ChoiceDialog[str]):
    """Asks for a layer by a part of its name or class; answers with its path."""

    TITLE_TEXT = "Find a layer"
    NOTHING = "no layer's name or class has this in it"

    def __init__(self, layers: Sequence[LayerInfo]) -> None:
        super().__init__(
            Choice(layer.path, layer.class_name, layer.path) for layer in layers
        )
