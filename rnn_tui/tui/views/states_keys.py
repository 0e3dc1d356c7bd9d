"""The keys of the States view: what they do to the place and to what is shown of it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.reactive import reactive

from rnn_tui.tui.states_page.channels import picture
from rnn_tui.tui.views.base import View

if TYPE_CHECKING:
    from rnn_tui.tui.states_page.page import Stage


class StatesKeys(View):
    """Moves about in units and timesteps, and chooses quantities, pixels and how much
    of a long run is seen.
    """

    FOOTER: ClassVar[tuple[tuple[str, str], ...]] = (
        ("space", "play"),
        (", .", "step"),
        ("←→", "time"),
        ("↑↓", "unit"),
        ("m M", "maps"),
    )
    HELP: ClassVar[str] = (
        "Each row is a unit, each column a timestep; time runs to the right and what "
        "it hasn't reached is dim. Signed values leave the ground as they leave zero, "
        "gates run from empty to full; the scale stands beside each map's title. A "
        "backward cell reads from the right, so its map fills from the right. The "
        "rail follows one unit: every quantity now, as a number and a bar, and its "
        "course."
    )
    KEYS: ClassVar[tuple[tuple[str, str], ...]] = (
        ("← → h l", "a timestep to the left or right, in the input's order"),
        ("↑ ↓ j k", "the unit above or below"),
        ("PgUp PgDn", "a page of timesteps"),
        ("J K", "a page of units"),
        ("Home End", "the first or last timestep"),
        (
            "mouse",
            (
                "a click goes to a cell, the wheel through time, with shift through "
                "the units"
            ),
        ),
        ("m M", "what the upper or lower map shows"),
        (
            "z",
            (
                "the whole of a long run, by means of stretches, or a page of its "
                "timesteps"
            ),
        ),
        ("p P", "of pictures: the next or last pixel, or the mean of all"),
        ("u", "where it is narrow: the selected unit instead of the maps"),
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left,h", "time(-1)", show=False),
        Binding("right,l", "time(1)", show=False),
        Binding("up,k", "unit(-1)", show=False),
        Binding("down,j", "unit(1)", show=False),
        Binding("pageup", "time_page(-1)", show=False),
        Binding("pagedown", "time_page(1)", show=False),
        Binding("K,shift+pageup", "unit_page(-1)", show=False),
        Binding("J,shift+pagedown", "unit_page(1)", show=False),
        Binding("home", "ends(0)", show=False),
        Binding("end", "ends(1)", show=False),
        Binding("m", "map('upper')", show=False),
        Binding("M", "map('lower')", show=False),
        Binding("u", "unit_rail", show=False),
        Binding("z", "zoom", show=False),
        Binding("p", "pixel(1)", show=False),
        Binding("P", "pixel(-1)", show=False),
    ]

    upper: reactive[str] = reactive("", init=False, repaint=False)
    """The quantity the upper map shows; empty is the cell's own first choice."""
    lower: reactive[str] = reactive("", init=False, repaint=False)
    only_unit: reactive[bool] = reactive(False, init=False, repaint=False)
    """Whether the rail stands in the maps' place, where there isn't room for both."""

    zoom: reactive[bool] = reactive(False, init=False, repaint=False)
    """Whether a long run is shown as a whole."""
    pixel: reactive[int] = reactive(-1, init=False, repaint=False)
    """Of pictures, the pixel that is shown; below zero the mean of all."""

    def __init__(self) -> None:
        super().__init__()
        self._stage: Stage | None = None
        """What is shown, None before there is anything."""

    def wheel(self, timesteps: int, units: int) -> None:
        """Move by the mouse wheel."""
        if timesteps:
            self.action_time(timesteps)
        else:
            self.action_unit(units)

    def action_time(self, by: int) -> None:
        """Move in the input's time, by a column where that is a stretch of it."""
        if self._stage is not None and self._stage.grid.whole:
            column = self._stage.seen(self.place).t + by
            self._move(t=self._stage.grid.label(column))
        else:
            self._move(t=self.place.t + by)

    def action_unit(self, by: int) -> None:
        """Select another unit."""
        self._move(unit=self.place.unit + by)

    def action_time_page(self, by: int) -> None:
        """Turn a page of time."""
        if self._stage is not None:
            self._move(t=self.place.t + by * self._stage.grid.columns)

    def action_unit_page(self, by: int) -> None:
        """Turn a page of units."""
        if self._stage is not None:
            self._move(unit=self.place.unit + by * self._stage.grid.rows)

    def action_ends(self, last: int) -> None:
        """Go to the first or the last timestep."""
        if self.cell is not None:
            self._move(t=(self.cell.timesteps - 1) * last)

    def action_map(self, which: str) -> None:
        """Show the next quantity in the upper or lower map."""
        if self._stage is not None:
            setattr(self, which, self._stage.next_name(which))

    def action_zoom(self) -> None:
        """Show the whole of a long run, or a page of it again."""
        self.zoom = not self.zoom

    def action_pixel(self, by: int) -> None:
        """Show another pixel of a picture; before the first and after the last stands
        the mean of all.
        """
        if self.cell is not None and picture(self.cell):
            pixels = math.prod(picture(self.cell))
        else:
            pixels = 0

        if pixels:
            self.pixel = (self.pixel + 1 + by) % (pixels + 1) - 1

    def action_unit_rail(self) -> None:
        """Show the selected unit instead of the maps, or the maps again."""
        self.only_unit = not self.only_unit

    def _move(self, t: int | None = None, unit: int | None = None) -> None:
        here = self.place
        self.go(here.t if t is None else t, here.unit if unit is None else unit)
