"""The dialogs' frame: one line to type in at the foot of the screen, and its
meaning.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Generic, TypeVar

from textual.app import ComposeResult
from textual.await_complete import AwaitComplete
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from rnn_tui.tui.startup.shown_keys import ShownKeys, key_hint

Answer = TypeVar("Answer")


class Dialog(ModalScreen[Answer], Generic[Answer]):
    """A screen over the explorer that answers once: keys and clicks may still
    be on their way when it has gone.
    """

    def dismiss(self, result: Answer | None = None) -> AwaitComplete:
        """Answer and go away."""
        if self.app.screen is self:
            return super().dismiss(result)

        return AwaitComplete()

    def key_line(self, keys: Sequence[tuple[str, str]]) -> str:
        """Return keys, each with its effect, as the user has chosen them."""
        shown: ShownKeys = self.app.keys  # type: ignore[attr-defined]

        return key_hint(keys, shown)


class LineDialog(Dialog[Answer | None], Generic[Answer]):
    """Asks for one line. `understand` says its meaning below it; Enter answers,
    Escape goes back.
    """

    DEFAULT_CSS = """
    LineDialog { align: center bottom; background: $background 0%; }
    LineDialog > Vertical { height: auto; background: $surface; padding: 1 2; }
    LineDialog Input, LineDialog Input:focus {
        border: none;
        padding: 0;
        height: 1;
        background: $surface;
        margin: 1 0;
    }
    LineDialog #meaning { height: auto; max-height: 12; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "back", "Back", show=False)
    ]
    TITLE_TEXT: ClassVar[str] = ""

    def __init__(self, text: str = "") -> None:
        super().__init__()
        self._text = text

    def compose(self) -> ComposeResult:
        """Title, line, meaning."""
        with Vertical():
            title = Content.assemble(
                (self.asks_for(), "$accent bold"),
                (f"   {self.hint()}", "$muted"),
            )
            yield Static(title, id="title", markup=False)
            line = self.line_input(self._text)
            line.cursor_blink = False
            yield line
            yield Static(id="meaning", markup=False)

    def on_mount(self) -> None:
        """Say the meaning of the present text."""
        # none, when it was dismissed before it was shown
        for line in self.query(Input):
            line.focus()

        self.understand(self._text)

    def line_input(self, text: str) -> Input:
        """The line to type in."""
        return Input(text, select_on_focus=True)

    def asks_for(self) -> str:
        """Write the question in the title."""
        return self.TITLE_TEXT

    def hint(self) -> str:
        """Say beside the title which keys lead out."""
        return "enter takes it · esc goes back"

    @property
    def text(self) -> str:
        """The typed text."""
        return next((line.value for line in self.query(Input)), self._text)

    def mean(self, line: str | Content, error: bool = False) -> None:
        """Write the meaning below the line."""
        if isinstance(line, str):
            line = Content.styled(line, "$warning" if error else "$muted")

        for place in self.query("#meaning").results(Static):
            place.update(line)

    def understand(self, text: str) -> None:
        """Say the meaning of `text`."""

    def answer(self, text: str) -> None:
        """Answer with the typed text, if it makes sense."""

    def on_input_changed(self, event: Input.Changed) -> None:
        """Understand while typing."""
        event.stop()
        self.understand(event.value)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Answer."""
        event.stop()
        self.answer(event.value)

    def action_back(self) -> None:
        """Leave everything as it was."""
        self.dismiss(None)
