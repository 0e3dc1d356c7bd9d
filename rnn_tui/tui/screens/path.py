"""The prompt for a file's path: says what is there, and Tab completes the
name.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import Input

from rnn_tui.formats.client.source_file import is_there
from rnn_tui.text import clean
from rnn_tui.tui.widgets.dialog import LineDialog

SHOWN = 8
"""Names that are listed."""

MOST_NAMES = 5000
"""Names of a folder that are looked at."""


class PathPrompt(LineDialog[str]):
    """Asks for a file or a folder; answers with its path."""

    TITLE_TEXT = "Open a file or folder"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("tab", "complete", "Complete", show=False, priority=True)
    ]

    def __init__(self, folder: str) -> None:
        super().__init__()
        self._folder = folder

    def hint(self) -> str:
        """Say which keys lead on."""
        return "tab completes · enter opens · esc goes back"

    def understand(self, text: str) -> None:
        """List the names that go on as typed."""
        names = self._names(text)
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
        """Answer with what is there; a name that isn't there is said."""
        path = self._path(text)
        if text.strip() and is_there(path):
            self.dismiss(path)
        elif text.strip():
            self.mean(f"{clean(path)}: no such file or folder", error=True)

    def action_complete(self) -> None:
        """Write as much of the name as all that fit have in common."""
        line = self.query_one(Input)
        names = self._names(line.value)
        if names:
            line.value = os.path.join(
                os.path.dirname(line.value),
                _common(names),
            )
            line.cursor_position = len(line.value)

    def _path(self, text: str) -> str:
        """The path typed, from the folder that is listed and with `~`
        resolved.
        """
        return os.path.normpath(
            os.path.join(self._folder, os.path.expanduser(text.strip()))
        )

    def _names(self, text: str) -> list[str]:
        """What the folder typed so far holds whose name begins as typed,
        folders with a slash.
        """
        folder = os.path.join(
            self._folder,
            os.path.expanduser(os.path.dirname(text)),
        )
        start = os.path.basename(text)
        found: list[str] = []
        try:
            with os.scandir(folder) as entries:
                for entry in entries:
                    if len(found) >= MOST_NAMES:
                        break

                    if entry.name.startswith(start) and (
                        start or not entry.name.startswith(".")
                    ):
                        found.append(
                            entry.name + ("/" if entry.is_dir() else "")
                        )
        except (OSError, ValueError):
            # a folder that isn't there, or can't be read, holds no name to
            # propose
            return []

        # a model may have any name
        models = [
            name for name in found if name.lower().endswith((*ENDINGS, "/"))
        ]

        return sorted(models or found, key=str.lower)


def _common(names: Sequence[str]) -> str:
    """Return what all names begin with, letter by letter."""
    first = min(names)
    last = max(names)
    same = next(
        (
            k
            for k, (a, b) in enumerate(zip(first, last, strict=False))
            if a != b
        ),
        min(len(first), len(last)),
    )

    return first[:same]


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
