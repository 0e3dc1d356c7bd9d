"""The one-line dialogs: a sequence, a timestep, a layer, a file to write."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from rnn_tui.tui.screens.reading_prompt import ReadingPrompt
from rnn_tui.tui.screens.sequence_reader import SequenceReader
from rnn_tui.tui.session.unit_order import numbers
from rnn_tui.tui.widgets.choice import ChoiceDialog
from rnn_tui.tui.widgets.dialog import LineDialog

if TYPE_CHECKING:
    from rnn_tui.tui.session.jobs import Typed
    from rnn_tui.tui.session.session import Subject


def sequence_prompt(
    subject: Subject,
    history: Sequence[str],
) -> ReadingPrompt[Typed]:
    """Return the dialog that asks for what the model reads, and answers with
    the sequence parsed.
    """
    text = " | ".join(subject.texts)

    return ReadingPrompt(SequenceReader(subject), text, history)


class TimestepPrompt(LineDialog[int]):
    """Asks for a timestep."""

    TITLE_TEXT = "Go to timestep"

    def __init__(self, timesteps: int) -> None:
        super().__init__()
        self._timesteps = timesteps

    def understand(self, text: str) -> None:
        """Say whether there is such a timestep."""
        if text.strip() and self._timestep(text) is None:
            self.mean(
                f"timesteps go from 0 to {self._timesteps - 1}",
                error=True,
            )
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
