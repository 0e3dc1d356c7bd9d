"""The one-line dialogs: a timestep, units, a layer, a file to write."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from rnn_tui.tui.session.unit_order import numbers
from rnn_tui.tui.widgets.choice import ChoiceDialog
from rnn_tui.tui.widgets.dialog import LineDialog

if TYPE_CHECKING:
    pass


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


class UnitPrompt(PlacePrompt):
    """Asks for a unit."""

    TITLE_TEXT = "Go to unit"

    def _no_place(self, last: int) -> str:
        """Return which units there are instead of the one that is typed."""
        return f"units go from 0 to {last}"

    def _place(self, text: str) -> dict[str, int]:
        """Return the unit that is typed, nothing where it is none."""
        found = super()._place(text)

        if not found:
            return {}

        return {"unit": found["t"]}


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
    """Asks for a layer by a part of its name or class, or for another place
    that the view finds; answers with the function that goes there.
    """

    TITLE_TEXT = "Find"
    NOTHING = "nothing here has this in its name"
