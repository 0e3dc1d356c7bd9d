"""The start screen: bundled samples, files opened lately, and the folders."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from rnn_tui.formats.client.source_file import is_there
from rnn_tui.tui.screens.start_list import (
    ALL,
    is_only_folder,
    recent_rows,
    sample_rows,
    start_rows,
)
from rnn_tui.tui.startup.keymap import bound
from rnn_tui.tui.startup.view_keys import START
from rnn_tui.tui.widgets.dialog import Dialog
from rnn_tui.tui.widgets.lines import FooterLine
from rnn_tui.tui.widgets.table import Column, RowTable

KEYS = (
    ("↑↓", "select"),
    ("tab", "next part"),
    ("enter", "open"),
    ("/", "find, or a path"),
    ("esc", "back"),
    ("backspace", "folder above"),
    ("q", "quit"),
)
MOST_RECENT = 4
NAMES = 26
"""Cells for a file's name."""


class StartScreen(Dialog[str | None]):
    """Answers with the path of a file to open."""

    DEFAULT_CSS = """
    StartScreen { background: $background; }
    StartScreen > Vertical { padding: 1 3 0 3; height: 1fr; }
    StartScreen #title { margin-bottom: 1; }
    StartScreen RowTable { height: 1fr; }
    StartScreen #about { height: 3; padding-top: 1; color: $muted; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        bound("cancel", "back"),
        bound("folder_up", "up"),
        bound("part.next", "part(1)"),
        bound("part.previous", "part(-1)"),
        bound("find", "path"),
        bound("quit", "app.quit"),
    ]

    def __init__(
        self,
        recent: Sequence[str],
        folder: str | None = None,
    ) -> None:
        super().__init__()
        still_there = [
            path
            for path in recent
            if is_there(path) and not is_only_folder(path)
        ]
        self._recent = still_there[:MOST_RECENT]
        self._folder = folder or os.getcwd()
        self._all_samples = False
        self._paths: list[str | None] = []
        self._about: list[str] = []

    def compose(self) -> ComposeResult:
        """Title, list, keys."""
        with Vertical():
            yield Static(
                Content.assemble(
                    ("rnn-tui", "$accent bold"),
                    (
                        "   look inside trained recurrent models, gate by gate",
                        "$muted",
                    ),
                ),
                id="title",
            )
            yield RowTable()
            yield Static(id="about", markup=False)

        footer = FooterLine()
        footer.keys = tuple(
            (self.app.keys.words(key, START), does)  # type: ignore[attr-defined]
            for key, does in KEYS
        )
        footer.kept = 1
        yield footer

    def on_mount(self) -> None:
        """Fill the list; the cursor is on the first model of this folder,
        if it holds any.
        """
        self._fill()
        self.query_one(RowTable).focus()
        self.call_after_refresh(self._begin)

    def on_resize(self) -> None:
        """Cut the descriptions where the screen ends."""
        self._fill()

    def on_row_table_highlighted(self, event: RowTable.Highlighted) -> None:
        """Say in full what the row is about."""
        event.stop()
        if not event.outdated:
            self._describe()

    def on_row_table_chosen(self, event: RowTable.Chosen) -> None:
        """Open the file, or look into the folder."""
        event.stop()
        self._open(None if event.outdated else self._paths[event.row])

    def _open(self, path: str | None) -> None:
        """Open a file, look into a folder."""
        if path == ALL:
            self._all_samples = True
            self._fill()
        elif path is not None and is_only_folder(path):
            self._enter(path)
        elif path is not None:
            self.dismiss(path)

    def action_back(self) -> None:
        """Go back to the open model."""
        self.dismiss(None)

    def action_up(self) -> None:
        """Look into the folder above."""
        self._enter(os.path.dirname(self._folder))

    def action_part(self, by: int) -> None:
        """Go to the first row of the next part of the list, or of the one
        before.
        """
        table = self.query_one(RowTable)
        firsts = [
            k + 1
            for k, path in enumerate(self._paths[:-1])
            if path is None and self._paths[k + 1] is not None
        ]
        now = max(k for k, first in enumerate(firsts) if first <= table.row)
        first = firsts[(now + by) % len(firsts)]
        self._go(first, first - 1)

    def action_path(self) -> None:
        """Ask for a part of a name, or a path."""
        from rnn_tui.tui.screens.path import Known, PathPrompt

        rows = [*sample_rows(), *recent_rows(self._recent)]
        known = [
            Known(row.name, row.about, row.path)
            for row in rows
            if row.path is not None
        ]
        self.app.push_screen(PathPrompt(self._folder, known), self._open)

    def _describe(self) -> None:
        """Say in full what the cursor's row is about."""
        row = self.query_one(RowTable).row
        self.query_one("#about", Static).update(
            Content(self._about[row] if row < len(self._about) else "")
        )

    def _begin(self) -> None:
        """Put the cursor on the first model of this folder; where there is
        none, on the first sample.
        """
        table = self.query_one(RowTable)
        here = max(k for k, path in enumerate(self._paths) if path is None)
        models = [
            k
            for k, path in enumerate(self._paths)
            if k > here and path is not None and not is_only_folder(path)
        ]
        if models and table.row == 1:  # else the user was faster
            table.row = models[0]

        self._describe()

    def _go(self, row: int, heading: int) -> None:
        """Put the cursor on a row, and the heading of its part at the top, as
        far as there are rows below.
        """
        table = self.query_one(RowTable)
        table.row = row
        table.scroll_to(y=heading, animate=False, force=True)

    def _enter(self, folder: str) -> None:
        before = self._folder
        self._folder = folder
        self._fill()
        table = self.query_one(RowTable)
        here = [
            k
            for k, path in enumerate(self._paths)
            if path is not None and _same(path, before)
        ]
        headings = [k for k, path in enumerate(self._paths) if path is None]
        if here:
            table.row = here[0]
        else:
            table.row = min(headings[-1] + 1, len(self._paths) - 1)

    def _fill(self) -> None:
        rows = start_rows(self._recent, self._folder, self._all_samples)
        self._paths = [row.path for row in rows]
        self._about = [row.about for row in rows]
        still = [index for index, row in enumerate(rows) if row.path is None]
        room = max(self.size.width - NAMES - 10, 8)
        columns = [Column("", NAMES), Column("", room)]
        self.query_one(RowTable).show(
            columns,
            [row.cells for row in rows],
            still,
        )


def _same(path: str, other: str) -> bool:
    """Whether two paths lead to the same place; one that is gone by now leads
    nowhere.
    """
    try:
        return os.path.samefile(path, other)
    except OSError:
        return False
