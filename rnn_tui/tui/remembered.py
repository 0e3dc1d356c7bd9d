"""What the explorer remembers between two runs: theme, recent files, sequences. It works as well without."""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path
from typing import Any

from rnn_tui.errors import FileError
from rnn_tui.formats.source import open_source

MOST = 30
"""Files, and sequences, that are kept."""
MOST_BYTES = 1 << 20
"""Bytes of the state file that are read."""
LONGEST = 4000
"""Characters of a sequence that is worth keeping."""


class Remembered:
    """A small JSON file in the user's state directory; whatever is wrong with it is passed over in silence."""

    def __init__(self, path: Path | None = None) -> None:
        self._path = path or default_path()
        self._data = self._read()

    @property
    def theme(self) -> str | None:
        """The theme chosen last."""
        theme = self._data.get("theme")
        return theme if isinstance(theme, str) else None

    @property
    def files(self) -> list[str]:
        """Files opened, the last one first."""
        return self._strings("files")

    @property
    def sequences(self) -> list[str]:
        """Sequences typed, the last one first."""
        return self._strings("sequences")

    @property
    def low_bandwidth(self) -> bool | None:
        """Whether low bandwidth is wanted over SSH; None when nobody has said, or has been asked."""
        chosen = self._data.get("low_bandwidth")
        return chosen if isinstance(chosen, bool) else None

    def keep_low_bandwidth(self, wanted: bool) -> None:
        """Remember whether low bandwidth is wanted over SSH."""
        if wanted != self.low_bandwidth:
            self._data["low_bandwidth"] = wanted
            self._write()

    def keep_theme(self, theme: str) -> None:
        """Remember the theme."""
        if theme != self.theme:
            self._data["theme"] = theme
            self._write()

    def keep_file(self, path: str) -> None:
        """Remember that a file was opened."""
        self._keep("files", os.path.abspath(path))

    def keep_sequence(self, text: str) -> None:
        """Remember a sequence that was typed."""
        if len(text) <= LONGEST:
            self._keep("sequences", text)

    def _strings(self, key: str) -> list[str]:
        found = self._data.get(key)
        return [text for text in found if isinstance(text, str)][:MOST] if isinstance(found, list) else []

    def _keep(self, key: str, text: str) -> None:
        kept = self._strings(key)
        if not text or kept[:1] == [text]:
            return
        self._data[key] = [text, *(other for other in kept if other != text)][:MOST]
        self._write()

    def _read(self) -> dict[str, Any]:
        try:
            with open_source(str(self._path))[0] as file:
                data = json.loads(file.read(MOST_BYTES) or b"")
        except (FileError, OSError, ValueError, RecursionError):
            return {}
        return data if isinstance(data, dict) else {}

    def _write(self) -> None:
        """Replace the file in one step, so that two explorers never leave half of one."""
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(dir=self._path.parent, prefix=".state")
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                json.dump(self._data, file, indent=1)
            os.replace(name, self._path)
        except (OSError, ValueError):
            return


def default_path() -> Path:
    """Return where the state lives: in RNN_TUI_STATE, or the platform's directory for it."""
    chosen = os.environ.get("RNN_TUI_STATE")
    if chosen:
        return Path(chosen)
    from platformdirs import user_state_path

    return user_state_path("rnn-tui") / "state.json"
