"""Whether the opened file is still the one that was read."""

from __future__ import annotations

from time import monotonic

from rnn_tui.tui.session.jobs import fingerprint


class FileWatch:
    """Compares the file with its state when it was opened."""

    def __init__(self) -> None:
        self._path = ""
        self._opened: tuple[object, ...] | None = None
        self._looked = 0.0

    def opened(self, path: str, mark: tuple[object, ...] | None) -> None:
        """Watch a file from here on; `mark` is its fingerprint before it was
        read.
        """
        self._path = path
        self._opened = mark

    def forget(self) -> None:
        """Watch no file."""
        self._opened = None

    def change(self, patience: float = 0.0) -> str | None:
        """Return once the change of the file, None while it is unchanged or was
        looked at less than `patience` seconds ago.
        """
        now = monotonic()
        if self._opened is None or now - self._looked < patience:
            return None

        self._looked = now
        mark = fingerprint(self._path)
        if mark == self._opened:
            return None

        self._opened = None
        if mark is None:
            return "gone"

        return "changed on disk"
