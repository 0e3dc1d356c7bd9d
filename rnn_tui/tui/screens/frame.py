"""The lines of the explorer's screen around the view: title, state line and
footer, and the line in the view's place where there is no model.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import Static

from rnn_tui.tui.startup.shown_keys import ShownKeys
from rnn_tui.tui.startup.view_table import VIEWS
from rnn_tui.tui.terminal.text_width import by_parts, width_of
from rnn_tui.tui.text.state_line import (
    WIDE,
    Playing,
    StateText,
    parts_width,
    with_remark,
)
from rnn_tui.tui.text.status_line import FREE, file_name, title_facts
from rnn_tui.tui.widgets.draw_once import DrawOnce
from rnn_tui.tui.widgets.lines import FooterLine, StateLine, TitleLine
from rnn_tui.tui.widgets.pane import Pane

if TYPE_CHECKING:
    from textual.geometry import Size

    from rnn_tui.formats.opened import OpenedModel
    from rnn_tui.tui.screens.explorer import ExplorerScreen

OPEN_NONE = (("o", "open a file"), ("?", "help"), ("q", "quit"))
OPEN_ANOTHER = (
    ("o", "open another file"),
    ("r", "try again"),
    ("?", "help"),
    ("q", "quit"),
)
"""The footer where no model is open, and where one couldn't be."""
SMALLEST = (40, 10)
TOO_SMALL = "the explorer needs 40 × 10 cells"


class Frame:
    """Writes the lines around the view, from the screen's session."""

    def __init__(self, screen: ExplorerScreen) -> None:
        self._screen = screen
        self._state = DrawOnce(screen, self._write_state)
        self._state_line = StateLine()
        self._state_text = StateText()
        self._playing: Playing | None = None
        """How time runs, None where that is to be looked up."""
        self._width = 0
        self.message = ""
        self._is_error = False
        self._by_parts = False
        self.remark = ""
        """A sentence on the file, behind the timestep until the user moves."""
        self._notice: Static | None = None
        """The line in the view's place, None until there is one."""
        self._small: Static | None = None
        """The line of a terminal too small, None until there is one."""

    def compose(self) -> ComposeResult:
        """The lines, and the place of the view."""
        yield TitleLine()
        yield Pane(id="view")
        yield self._state_line
        yield FooterLine()

    def say(
        self,
        line: str,
        error: bool = False,
        *,
        by_parts: bool = False,
    ) -> None:
        """Write a line in the state's place, until the user moves on; as much
        of it as fits, or `by_parts` the parts that fit whole.
        """
        self.message = line
        self._is_error = error
        self._by_parts = by_parts
        self.remark = ""
        self.write_state()

    def add(self, remark: str) -> None:
        """Write a sentence behind the timestep, until the user moves on."""
        self.remark = remark
        self.write_state()

    def write_state(self) -> None:
        """Write the state line, once for all that changes together."""
        self._state.ask()

    def write_speed(self) -> None:
        """Write how time runs now."""
        self._playing = None
        self.write_state()

    def resize(self, size: Size) -> None:
        """Write as much as there is room for; below the smallest size one line
        says so.
        """
        small = size.width < SMALLEST[0] or size.height < SMALLEST[1]
        if small and self._small is None:
            self._small = Static(TOO_SMALL, id="small", markup=False)
            self._screen.mount(self._small)

        self._screen.set_class(small, "-small")
        self._width = size.width
        self.write_state()

    def catch_up(self) -> None:
        """Write the changes at once."""
        self._state.catch_up()

    def name_file(self, path: str) -> None:
        """Write which file is being read."""
        self._title.facts = (file_name(path),)

    def name_model(self, opened: OpenedModel) -> None:
        """Write the title of the open model."""
        self._screen.set_class(False, "-empty")
        self._title.facts = title_facts(opened)
        self.write_footer()

    def name_view(self, view: str) -> None:
        """Mark the tab of the view that is shown, and write its keys."""
        self._title.current = view
        self.write_footer()

    def report_file(self, word: str) -> None:
        """Say how the file has changed, beside its name too."""
        words = "the file is gone"
        if word != "gone":
            words = "the file has changed: r reads it again"

        self.say(words, error=True)
        first, *others = self._title.facts
        self._title.facts = (first, word, *others)

    def show_none(self) -> None:
        """Say that no model is open."""
        self._lie_empty("No model is open.", "$muted", OPEN_NONE)

    def refuse(self, line: str) -> None:
        """Say in the view's place why there is nothing to show, and the ways
        out.
        """
        self._lie_empty(line, "$warning", OPEN_ANOTHER)

    def write_footer(self) -> None:
        """Write the keys that matter in the view, while there is one to be
        seen.
        """
        if self._screen.has_class("-empty"):
            return

        keys = (
            *self._screen.current.footer,
            (self._digits(), "views"),
            ("s", "sequence"),
            ("?", "help"),
            ("q", "quit"),
        )
        self._screen.query_one(FooterLine).keys = self._as_chosen(keys)

    def _digits(self) -> str:
        """Return the keys of the views: as a range, or each where the user has
        chosen one.
        """
        shown: ShownKeys = self._screen.app.keys  # type: ignore[attr-defined]
        ids = [f"view.{view.name}" for view in VIEWS]
        if shown.chosen.keys().isdisjoint(ids):
            return f"{VIEWS[0].digit}–{VIEWS[-1].digit}"

        return " ".join(shown.by_id(name) for name in ids)

    def _as_chosen(
        self,
        keys: tuple[tuple[str, str], ...],
    ) -> tuple[tuple[str, str], ...]:
        """Return a footer with the user's own keys in their places."""
        shown: ShownKeys = self._screen.app.keys  # type: ignore[attr-defined]

        view = self._screen.view

        return tuple((shown.words(key, view), words) for key, words in keys)

    @property
    def _title(self) -> TitleLine:
        return self._screen.query_one(TitleLine)

    def _lie_empty(
        self,
        line: str,
        tone: str,
        keys: tuple[tuple[str, str], ...],
    ) -> None:
        """Show a line and the keys that lead on instead of a view."""
        keys = self._as_chosen(keys)
        hint = "     ".join(f"{key}  {words}" for key, words in keys)
        notice = Content.assemble((line, tone), (f"\n\n{hint}", "$muted"))
        if self._notice is None:
            self._notice = Static(notice, id="notice", markup=False)
            self._screen.mount(self._notice, after="#view")
        else:
            self._notice.update(notice)

        self._screen.set_class(True, "-empty")
        self._screen.query_one(FooterLine).keys = keys
        self.say("")

    def _write_state(self) -> None:
        screen = self._screen
        if not screen.is_mounted or not self._width:
            return

        if self._playing is None:
            self._playing = Playing(
                screen.speed if screen.playing else None,
                screen.options.ascii,
                screen.speed,
            )

        left, right = self._state_text.line(
            screen.session,
            self._width,
            self._playing,
        )
        if self.message:
            tone = "$warning" if self._is_error else "$muted"
            line = self.message
            room = self._width - parts_width(right) - FREE
            is_long = self._by_parts and width_of(line) > room
            if self._is_error or (is_long and self._width < WIDE):
                right = ()
                room = self._width - FREE

            if self._by_parts:
                line = by_parts(line, room)

            left = ((line, tone),)
        elif self.remark:
            left, right = with_remark(left, right, self.remark, self._width)

        self._state_line.show(left, right)
