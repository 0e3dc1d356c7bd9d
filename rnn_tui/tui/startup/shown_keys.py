"""How the keys of commands are written on the screen, the user's own ones
included.
"""

from __future__ import annotations

from collections.abc import Mapping

from rnn_tui.tui.startup.key_names import shown_key
from rnn_tui.tui.startup.keymap import EVERY, IDS, Key


class ShownKeys:
    """Knows each command's keys, as `chosen` by its id or else as they are."""

    def __init__(self, chosen: Mapping[str, str] | None = None) -> None:
        self._chosen = dict(chosen or {})
        self._taken = {
            key for keys in self._chosen.values() for key in keys.split(",")
        }
        self._words = {key.shown: self.of(key) for key in EVERY}

    @property
    def chosen(self) -> Mapping[str, str]:
        """The user's own keys, by the ids of their commands."""
        return self._chosen

    def of(self, key: Key) -> str:
        """Return how a command's first key is written; `–` where another
        command has taken it.
        """
        own = self._chosen.get(key.id)
        if own is not None:
            return shown_key(own.split(",")[0])

        left = [name for name in key.keys.split(",") if name not in self._taken]
        if len(left) == len(key.keys.split(",")):
            return key.shown
        if not left:
            return "–"

        return shown_key(left[0])

    def by_id(self, name: str) -> str:
        """Return how the key of the command with this id is written."""
        return self.of(IDS[name])

    def words(self, text: str) -> str:
        """Return keys as a footer or a help page writes them, `, .`, with the
        user's own in their places.
        """
        if not self._chosen:
            return text

        return " ".join(self._words.get(word, word) for word in text.split(" "))
