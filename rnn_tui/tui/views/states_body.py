"""The page of the States view: lanes and maps on one axis of time, and the
selected unit's column beside them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import Enum
from typing import TYPE_CHECKING, NamedTuple

from rich.segment import Segment
from textual.app import ComposeResult

from rnn_tui.tui.renderables.grid import GUTTER
from rnn_tui.tui.renderables.lanes import messages
from rnn_tui.tui.renderables.palette import Look
from rnn_tui.tui.session.cursor import Place
from rnn_tui.tui.session.pixel import selected
from rnn_tui.tui.session.session import Session
from rnn_tui.tui.session.so_far import SO_FAR
from rnn_tui.tui.states_page.channels import (
    Further,
    Offer,
    nothing_further,
    quantities,
)
from rnn_tui.tui.states_page.layout import (
    MARGIN,
    NARROW_RAIL,
    build,
    rail_beside,
)
from rnn_tui.tui.states_page.map_caption import maps_width
from rnn_tui.tui.states_page.page import Stage
from rnn_tui.tui.states_page.parts import Extras
from rnn_tui.tui.states_page.rows import Lane, Row
from rnn_tui.tui.states_page.unit_notes import UnitNotes
from rnn_tui.tui.terminal.direct_paint import short_way
from rnn_tui.tui.theme.palette import look_of
from rnn_tui.tui.widgets.drawn import Drawn
from rnn_tui.tui.widgets.heat import HeatMap
from rnn_tui.tui.widgets.pane import Columns, Pane
from rnn_tui.tui.widgets.time_line import TimeLine

if TYPE_CHECKING:
    from rnn_tui.engine.trace.trace import CellTrace
    from rnn_tui.tui.renderables.channel import Channel
    from rnn_tui.tui.views.states_mouse import StatesMouse

PARTS = (
    "input",
    "extra",
    "mask",
    "ruler",
    "strip",
    "upper-caption",
    "upper",
    "lower-caption",
    "lower",
    "third-caption",
    "third",
    "now",
)
"""What is below each other beside the rail, from above; all but the first
isn't seen where there is nothing to draw.
"""
FOR_OUTPUT = 32
"""Lines of a view that has room for the output over time."""


class Room(Enum):
    """The room of the output over time: two lines, one instead of another line,
    or none.
    """

    ROOMY = "roomy"
    INSTEAD = "instead"
    NONE = "none"


FIRST_DIFFERENCE = "Δ"
"""The mark of the first timestep that differs from the other run."""
MAPS = ("upper", "lower", "third")
TOUCHED = ("input", "ruler", "strip")
"""The lines that take clicks and drags."""


class Choice(NamedTuple):
    """What is shown of a cell.

    `upper` and `lower` name the quantities of the maps, empty for the cell's
    own first choice. `only_unit` shows the rail in the maps' place, where there
    isn't room for both; `zoom` how often the timesteps
    of a column double in a long run; `fit` each unit on its own scale.
    """

    upper: str = ""
    lower: str = ""
    only_unit: bool = False
    zoom: int = 0
    fit: bool = False

    def of_map(self, which: str, name: str) -> Choice:
        """Return the choice with another quantity in the upper or lower map."""
        if which == "upper":
            return self._replace(upper=name)

        return self._replace(lower=name)


def stage_of(
    session: Session,
    choice: Choice,
    size: tuple[int, int],
    look: Look,
) -> Stage | None:
    """Return what there is to show of a session in a view of `size`, None
    before a run.
    """
    cell = session.cell
    trace = session.subject.trace
    if cell is None or trace is None:
        return None

    width, height = size
    beside = rail_beside(cell.timesteps, size)
    pixel = None
    if cell.sides:
        pixel = selected(session)

    stage = build(
        trace,
        cell,
        (choice.upper, choice.lower),
        (width - beside - MARGIN - GUTTER, height),
        look,
        rail_beside=beside > 0,
        zoom=choice.zoom,
        pixel=pixel,
        fit=choice.fit,
        order=session.order,
        extras=_extras_of(session, look, _room(height, beside)),
    )
    stage.size = size
    stage.vocabulary = session.subject.vocabulary
    stage.has_notes = beside != NARROW_RAIL

    return stage


def _room(height: int, beside: int) -> Room:
    """Return how many lines the output over time has in a view of `height`
    lines, `beside` of whose cells are the rail's: where there is none, it takes
    the line of the selected unit's values.
    """
    if height >= FOR_OUTPUT:
        return Room.ROOMY
    if beside == 0:
        return Room.INSTEAD

    return Room.NONE


def _extras_of(session: Session, look: Look, room: Room) -> Extras:
    """Return what is shown beside a cell's own quantities, with this room for
    the output over time: differences, lanes, rows. Each is made by a module of
    its own, which is loaded when it is asked for first.
    """
    marks: tuple[tuple[int, str], ...] = ()
    reference = session.reference
    output = _output(session, room)
    first = None
    if reference is not None:
        first = reference.comparison.first_after

    if first is not None:
        marks = ((first, FIRST_DIFFERENCE),)

    return Extras(
        offer=offer_of(session),
        further=_further_of(session),
        lanes=(*output, *_lanes(session, look)),
        rows=_rows(session),
        marks=marks,
        instead=room is Room.INSTEAD and bool(output),
    )


def offer_of(session: Session) -> Offer:
    """Return the channels that the session shows of a cell: its quantities, or
    their differences.
    """
    reference = session.reference
    if reference is None or not session.differing:
        return quantities

    from rnn_tui.tui.states_page.difference import differences_to

    return differences_to(reference, session)


def _further_of(session: Session) -> Further:
    """Return the channels beyond those: when the last state was written, which
    has no difference.
    """
    if session.reference is not None and session.differing:
        return nothing_further

    return _written


def _written(cell: CellTrace) -> Sequence[Channel]:
    from rnn_tui.tui.states_page.written import written_channels

    return written_channels(cell)


def _output(session: Session, room: Room) -> tuple[Lane, ...]:
    """Return the lane of the output over time; in one line where it is instead
    of another one.
    """
    if room is Room.NONE:
        return ()

    from rnn_tui.tui.states_page.output_lane import output_lanes

    lanes = output_lanes(session)
    if room is Room.INSTEAD:
        return tuple(lane._replace(caption="") for lane in lanes)

    return lanes


def _lanes(session: Session, look: Look) -> Iterator[Lane]:
    """Yield the lanes below the input: the sequence that the shown one is
    compared with, the user's columns, the prediction so far, the influence of
    the input's timesteps.
    """
    reference = session.reference
    if reference is not None and reference.other_sequence:
        from rnn_tui.tui.states_page.other_input import other_input_lanes

        yield from other_input_lanes(session)

    if session.subject.columns:
        from rnn_tui.tui.states_page.column_lanes import column_lanes

        yield from column_lanes(session)

    if SO_FAR in session.subject.answers:
        from rnn_tui.tui.states_page.so_far_lane import so_far_lanes

        yield from so_far_lanes(session)

    if session.influence is not None:
        from rnn_tui.tui.states_page.influence_lane import influence_lanes

        yield from influence_lanes(session, look)


def _rows(session: Session) -> tuple[Row, ...]:
    """Return the rows of the third map above the gates: the principal
    components, while the units are in the order of a ranking.
    """
    if not session.order.ranking:
        return ()

    from rnn_tui.tui.states_page.component_rows import component_rows

    return component_rows(session)


def rail_width(stage: Stage) -> int:
    """Return the cells that the rail has: beside the maps all that they don't
    need.
    """
    width, _ = stage.size
    if not stage.rail_beside:
        return width

    return width - MARGIN - GUTTER - maps_width(stage.grid)


class StatesBody(Columns):
    """Draws a stage at a place."""

    DEFAULT_CSS = """
    StatesBody #maps { width: 1fr; padding: 0 1; }
    StatesBody #rail { width: 46; padding: 0 1 0 1; height: 100%; }
    StatesBody Drawn { height: 1; width: 100%; }
    StatesBody HeatMap { height: auto; }
    StatesBody .gutter { height: 100%; }
    """

    def __init__(self, mouse: StatesMouse) -> None:
        super().__init__()
        self._mouse = mouse
        self._lanes = {
            name: TimeLine(id=name) if name in TOUCHED else Drawn(id=name)
            for name in PARTS
            if name not in MAPS
        }
        self._maps = {name: HeatMap(id=name) for name in MAPS}
        self._rail = TimeLine(id="rail")
        self._laid_out: Stage | None = None
        self._notes = UnitNotes()

    def compose(self) -> ComposeResult:
        """The lanes and maps, and the rail."""
        with Pane(id="maps"):
            for name in PARTS:
                if name in MAPS:
                    yield self._maps[name]
                else:
                    yield self._lanes[name]

        yield self._rail

    def draw(
        self,
        stage: Stage,
        place: Place,
        digits: int,
        only_unit: bool,
        session: Session,
    ) -> None:
        """Draw the place, in a new layout where it is another stage."""
        if stage is not self._laid_out:
            self._laid_out = stage
            self._lay_out(stage, only_unit)

        way = short_way(self)
        for name, line in stage.lanes(place).items():
            self._lanes[name].draw(line, way)

        for name, page in stage.pages(place).items():
            self._maps[name].show(page, way)

        if self._rail.display:
            width = rail_width(stage) - 2
            notes: list[list[Segment]] = []
            if stage.has_notes:
                notes = self._notes.lines(session, width, look_of(self.app))

            height = stage.size[1] - len(notes)
            lines = stage.rail(place, width, height, digits)
            self._rail.draw([*lines, *notes], way)

    def on_heat_map_picked(self, event: HeatMap.Picked) -> None:
        """Go to the clicked unit and timestep."""
        self._mouse.pick(event)

    def on_heat_map_pointed(self, event: HeatMap.Pointed) -> None:
        """Say what is under the mouse."""
        self._mouse.point(event)

    def on_time_line_touched(self, event: TimeLine.Touched) -> None:
        """Go to the timestep under the mouse, or to the pixel."""
        self._mouse.touch(event)

    def pixel_at(self, stage: Stage, x: int, y: int) -> int | None:
        """Return the pixel of a picture at a cell of the rail, None beside the
        pictures.
        """
        width = rail_width(stage) - 2
        images = stage.images(width, stage.size[1])
        if images is None:
            return None

        # below the title
        return images.pixel_at(x, y - 1)

    def say(self, line: str) -> None:
        """Show a line where there is nothing to draw."""
        self._laid_out = None
        self.query_one("#maps").display = True
        self._rail.display = False
        for name in PARTS[1:]:
            self.query_one(f"#{name}").display = False

        lines: list[list[Segment]] = messages(
            line,
            look_of(self.app),
            self.size.width - 2,
        )
        said = self._lanes["input"]
        said.display = True
        said.styles.height = len(lines)
        said.draw(lines)

    def _lay_out(self, stage: Stage, only_unit: bool) -> None:
        beside = stage.rail_beside
        self.query_one("#maps").display = beside or not only_unit
        self._rail.display = beside or only_unit
        self._rail.styles.width = rail_width(stage)

        for name, height in stage.heights().items():
            widget = self.query_one(f"#{name}")
            widget.display = height > 0
            widget.styles.height = height
