"""The prompt for a file: finds a sample or a file opened lately by a part of
its name, or takes a path, which Tab completes.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import ClassVar, NamedTuple

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import Input

from rnn_tui.formats.client.source_file import is_there
from rnn_tui.text import clean
from rnn_tui.tui.screens.path_names import common, names_of
from rnn_tui.tui.widgets.dialog import LineDialog

SHOWN = 8
"""Names that are listed."""

ABOUT = 60
"""Characters of the words about a file."""


class Known(NamedTuple):
    """A sample, or a file opened lately: its name, its kind, its path."""

    name: str
    about: str
    path: str


class PathPrompt(LineDialog[str]):
    """Asks for a file or a folder; answers with its path.

    Text without a slash is looked for in the names of the `known` files and in
    the words about them, too.
    """

    TITLE_TEXT = "Find, or type a path"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("tab", "complete", "Complete", show=False, priority=True)
    ]

    def __init__(self, folder: str, known: Sequence[Known] = ()) -> None:
        super().__init__()
        self._folder = folder
        self._known = known

    def hint(self) -> str:
        """Say which keys lead on."""
        return "tab completes · enter opens · esc goes back"

    def understand(self, text: str) -> None:
        """List the names that go on as typed."""
        names = self._names(text)
        found = self._found(text)
        if found:
            self.mean(Content.styled("".join(_listed(found)), "$muted"))
            return

        if not names:
            self.mean(
                "nothing here has a name that begins so",
                error=bool(text.strip()),
            )
            return

        lines = [f"  {clean(name)}\n" for name in names[:SHOWN]]
        more = len(names) - SHOWN
        self.mean(
            Content.styled(
                "".join(lines) + (f"  and {more} more" if more > 0 else ""),
                "$muted",
            )
        )

    def answer(self, text: str) -> None:
        """Answer with the file of that name; say so where there is none."""
        path = self._path(text)
        found = self._found(text)
        if text.strip() and is_there(path):
            self.dismiss(path)
        elif found:
            self.dismiss(found[0].path)
        elif text.strip():
            self.mean(f"{clean(path)}: no such file or folder", error=True)

    def action_complete(self) -> None:
        """Write as much of the name as all that fit have in common."""
        line = self.query_one(Input)
        names = self._names(line.value)
        if names:
            line.value = os.path.join(
                os.path.dirname(line.value),
                common(names),
            )
            line.cursor_position = len(line.value)

    def _found(self, text: str) -> list[Known]:
        """Return the known files that have every word typed, first those with
        all in their names; nothing where a name in this folder begins so.
        """
        words = text.lower().split()
        if not words or "/" in text or self._names(text):
            return []

        named = [one for one in self._known if _has(one.name, words)]
        about = [
            one
            for one in self._known
            if _has(f"{one.name} {one.about}", words) and one not in named
        ]

        return [*named, *about]

    def _path(self, text: str) -> str:
        """The path typed, from the folder that is listed and with `~`
        resolved.
        """
        return os.path.normpath(
            os.path.join(self._folder, os.path.expanduser(text.strip()))
        )

    def _names(self, text: str) -> list[str]:
        """The files of the folder typed so far whose names begin as typed; a
        model may have any name.
        """
        return names_of(self._folder, text, (*ENDINGS, "/"))


def _has(text: str, words: Sequence[str]) -> bool:
    lower = text.lower()

    return all(word in lower for word in words)


def _listed(found: Sequence[Known]) -> list[str]:
    """Return lines of the files found, the first of them with a mark."""
    wide = max(len(one.name) for one in found[:SHOWN])
    lines = []
    for number, one in enumerate(found[:SHOWN]):
        mark = "  "
        if number == 0:
            mark = "› "

        about = clean(one.about, ABOUT)
        lines.append(f"{mark}{clean(one.name):<{wide}}  {about}\n")

    if len(found) > SHOWN:
        lines.append(f"  and {len(found) - SHOWN} more\n")

    return lines


ENDINGS = (
    ".h5",
    ".hdf5",
    ".keras",
    ".index",
    ".pt",
    ".pth",
    ".safetensors",
    "model.json",
)
