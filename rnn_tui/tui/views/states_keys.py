"""What the keys of the States view choose: quantities, pages, how much of a
long run is seen, the order of the units.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from rnn_tui.tui.session.question import question_of as question_about
from rnn_tui.tui.session.session import Session, moved, ordered
from rnn_tui.tui.session.unit_order import UnitOrder
from rnn_tui.tui.startup.keymap import bound
from rnn_tui.tui.states_page.layout import zoomed
from rnn_tui.tui.views.requests import Moved, Said, Wanted

if TYPE_CHECKING:
    from rnn_tui.tui.states_page.page import Stage
    from rnn_tui.tui.views.states import StatesView

BINDINGS = (
    bound("move.page_up", "choose('page', -1)"),
    bound("move.page_down", "choose('page', 1)"),
    bound("rows.page_up", "choose('page_of_units', -1)"),
    bound("rows.page_down", "choose('page_of_units', 1)"),
    bound("map.upper", "choose('map', 'upper')"),
    bound("map.lower", "choose('map', 'lower')"),
    bound("unit_panel", "choose('unit_rail')"),
    bound("zoom.out", "choose('zoom', 1)"),
    bound("zoom.in", "choose('zoom', -1)"),
    bound("own_scale", "choose('fit')"),
    bound("order", "choose('order')"),
    bound("pin", "choose('pin')"),
)
"""The view's keys beside those that move."""
BELOW_THE_INPUT = "the influence is in the lane below the input"


class StatesKeys:
    """Changes what a view shows, as its keys ask."""

    def __init__(self, view: StatesView) -> None:
        self._view = view
        self.order_asked = False
        """Whether the units are to be ordered once their rankings are known."""

    def time(self, by: int) -> None:
        """Move in the input's time, by a column where that is a stretch of
        it.
        """
        stage = self._view.stage
        if stage is not None and stage.grid.whole:
            self._view.post_message(Moved(partial(_by_columns, stage, by)))
        else:
            self._view.step(t=by)

    def page(self, by: int) -> None:
        """Turn pages of time."""
        stage = self._view.stage
        if stage is not None:
            self._view.action_time(by * stage.grid.columns)

    def page_of_units(self, by: int) -> None:
        """Turn pages of units."""
        stage = self._view.stage
        if stage is not None:
            self._view.step(unit=by * stage.grid.rows)

    def map(self, which: str) -> None:
        """Show the next quantity in the upper or lower map."""
        if self._view.stage is not None:
            self._view.choice = self._view.choice.of_map(
                which, self._view.stage.next_name(which)
            )

    def quantity(self, name: str) -> None:
        """Show a quantity by its name in the upper map."""
        self._view.choice = self._view.choice.of_map("upper", name)

    def zoom(self, by: int) -> None:
        """Show twice or half as many timesteps of a long run; after the whole
        of it come its timesteps again.
        """
        stage = self._view.stage
        if stage is not None:
            zoom = zoomed(
                stage.run.timesteps,
                stage.grid.width,
                self._view.choice.zoom,
                by,
            )
            self._view.choice = self._view.choice._replace(zoom=zoom)

    def order(self) -> None:
        """Order the units by the next ranking; after the last one as they are
        stored.
        """
        if self._view.session.cell is None:
            return

        from rnn_tui.tui.units_page.known import known_of
        from rnn_tui.tui.units_page.rankings import rankings

        found = rankings(known_of(self._view.session))
        self.order_asked = not found
        if not found:
            self._view.post_message(
                Wanted(question_about(self._view.session, "units"))
            )
            return

        names = ["", *(ranking.name for ranking in found)]
        now = self._view.session.order.ranking
        at = names.index(now) if now in names else 0
        following = (at + 1) % len(names)
        if following:
            ranking = found[following - 1]
            units = tuple(ranking.order().tolist())
            self._reorder(lambda order: order.by(ranking.name, units))
        else:
            self._reorder(lambda order: order.by("", ()))

    def pin(self) -> None:
        """Keep the selected unit at the top, to compare it; or no longer."""
        unit = self._view.session.cursor.unit
        self._reorder(lambda order: order.with_pinned(unit))

    def _reorder(self, change: Callable[[UnitOrder], UnitOrder]) -> None:
        self._view.post_message(Moved(partial(ordered, change=change)))

    def fit(self) -> None:
        """Draw each unit on its own scale, or all of them on one again."""
        self._view.choice = self._view.choice._replace(
            fit=not self._view.choice.fit
        )

    def influence_asked(self, before: Session) -> None:
        """Where another influence is asked for than in the session `before`,
        say where it is while the selected unit is shown in the place of the
        maps and of the lanes above them.
        """
        view = self._view
        influence = view.session.influence
        if influence is None or influence is before.influence:
            return

        stage = view.stage
        if stage is None or stage.rail_beside or not view.choice.only_unit:
            return

        key = view.app.keys.by_id("unit_panel")  # type: ignore[attr-defined]
        view.post_message(Said(f"{BELOW_THE_INPUT}: {key} shows it"))

    def unit_rail(self) -> None:
        """Show the selected unit instead of the maps, or the maps again."""
        self._view.choice = self._view.choice._replace(
            only_unit=not self._view.choice.only_unit
        )


def _by_columns(stage: Stage, by: int, session: Session) -> Session:
    """Return the session so many columns on, where a column is a stretch of
    time.
    """
    column = stage.seen(session.cursor).t + by

    return moved(session, t=stage.grid.label(column))
