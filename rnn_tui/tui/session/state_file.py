"""The memory of the explorer between two runs: theme, recent files, sequences.

It works as well without.

Every change is made to the content of the file at that moment, under a lock, so
that two explorers keep each other's.
"""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from rnn_tui.errors import FileError
from rnn_tui.formats.client.source_file import open_source
from rnn_tui.text import clean

MOST = 30
"""Files, and sequences, that are kept."""
MOST_BYTES = 1 << 20
"""Bytes of the state file that are read."""
LONGEST = 4000
"""Characters of a sequence that is worth keeping."""
LOCK_TRIES = 20
LOCK_PAUSE = 0.01
"""How often, and after how many seconds each, another explorer's lock is tried:
one that was stopped may keep it.
"""


class Remembered:
    """A small JSON file in the user's state directory; a damaged one is an
    empty one.

    With the system's null device as its path nothing is kept.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._path = path or default_path()
        self._data = self._read()
        self._trouble: str | None = None
        self._told = False

    @property
    def path(self) -> Path:
        """Where it is kept."""
        return self._path

    @property
    def theme(self) -> str | None:
        """The theme chosen last."""
        theme = self._data.get("theme")
        if isinstance(theme, str):
            return theme

        return None

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
        """Whether low bandwidth is wanted over SSH; None when it isn't known,
        or has been asked.
        """
        chosen = self._data.get("low_bandwidth")
        if isinstance(chosen, bool):
            return chosen

        return None

    def trouble_to_tell(self) -> str | None:
        """Return why nothing can be kept, once; None as long as it can, and
        from the second time on.
        """
        if self._trouble is None or self._told:
            return None

        self._told = True

        return self._trouble

    def keep_low_bandwidth(self, wanted: bool) -> None:
        """Remember whether low bandwidth is wanted over SSH."""
        if wanted != self.low_bandwidth:
            self._set("low_bandwidth", wanted)

    def keep_theme(self, theme: str) -> None:
        """Remember the theme."""
        if theme != self.theme:
            self._set("theme", theme)

    def keep_file(self, path: str) -> None:
        """Remember that a file was opened."""
        self._keep("files", os.path.abspath(path))

    def keep_sequence(self, text: str) -> None:
        """Remember a sequence that was typed."""
        if len(text) <= LONGEST:
            self._keep("sequences", text)

    def _strings(self, key: str) -> list[str]:
        found = self._data.get(key)
        if isinstance(found, list):
            return [text for text in found if isinstance(text, str)][:MOST]

        return []

    def _keep(self, key: str, text: str) -> None:
        if not text or self._strings(key)[:1] == [text]:
            return

        def add() -> None:
            kept = self._strings(key)
            self._data[key] = [
                text,
                *(other for other in kept if other != text),
            ][:MOST]

        self._change(add)

    def _set(self, key: str, value: object) -> None:
        def put() -> None:
            self._data[key] = value

        self._change(put)

    def _change(self, change: Callable[[], None]) -> None:
        """Make a change to the present content of the file, and write it; where
        that can't be done, the change is kept here.
        """
        if str(self._path) == os.devnull:
            change()
            return

        if self._path.exists() and not self._path.is_file():
            self._trouble = f"{clean(self._path)} is no regular file"
            change()
            return

        try:
            self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            with _locked(self._path.parent):
                self._data = {**self._data, **self._read()}
                change()
                self._write()
        except (OSError, ValueError) as error:
            self._trouble = (
                f"{clean(self._path)}: "
                f"{clean(getattr(error, 'strerror', None) or error)}"
            )
            change()

    def _read(self) -> dict[str, Any]:
        try:
            with open_source(str(self._path))[0] as file:
                data = json.loads(file.read(MOST_BYTES) or b"")
        except (FileError, OSError, ValueError, RecursionError):
            return {}

        if isinstance(data, dict):
            return data

        return {}

    def _write(self) -> None:
        """Replace the file in one step, so that there is never half of one."""
        handle, name = tempfile.mkstemp(dir=self._path.parent, prefix=".state")
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                json.dump(self._data, file, indent=1)

            os.replace(name, self._path)
        except BaseException:
            with contextlib.suppress(OSError):
                os.unlink(name)

            raise


@contextlib.contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Keep other explorers from changing the state meanwhile; after a moment it
    is changed without.
    """
    try:
        import fcntl
    except ImportError:  # Windows: the last one to write wins
        yield
        return

    descriptor = os.open(folder, os.O_RDONLY)
    try:
        for _ in range(LOCK_TRIES):
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except OSError:
                time.sleep(LOCK_PAUSE)

        yield
    finally:
        os.close(descriptor)


def default_path() -> Path:
    """Return the state's path: RNN_TUI_STATE, or `state.json` in the platform's
    directory for it.
    """
    chosen = os.environ.get("RNN_TUI_STATE")
    if chosen:
        return Path(chosen)

    from platformdirs import user_state_path

    return user_state_path("rnn-tui") / "state.json"
