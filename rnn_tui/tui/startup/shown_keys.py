"""How the keys of commands are written on the screen, the user's own ones
included.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rnn_tui.tui.startup.key_names import shown_key
from rnn_tui.tui.startup.keymap import EVERY, IDS, AnyKey

BETWEEN = "   "
"""What parts the keys of a dialog's last line."""
ARROWS = "←→↑↓"
"""Keys that a footer writes without a blank between them."""


def key_hint(
    keys: Sequence[tuple[str, str]],
    shown: ShownKeys,
    between: str = BETWEEN,
) -> str:
    """Return keys, each with what it does, as a line."""
    return between.join(f"{shown.words(key)} {does}" for key, does in keys)


class ShownKeys:
    """Knows each command's keys, as `chosen` by its id or else as they are."""

    def __init__(self, chosen: Mapping[str, str] | None = None) -> None:
        self._chosen = dict(chosen or {})
        self._words: dict[str, dict[str, str]] = {}
        """How each view writes the keys that a text names, by the view."""

    @property
    def chosen(self) -> Mapping[str, str]:
        """The user's own keys, by the ids of their commands."""
        return self._chosen

    def names(self, *ids: str) -> list[str]:
        """Return the keys of commands, as Textual names them."""
        return [
            key
            for name in ids
            for key in self._chosen.get(name, IDS[name].keys).split(",")
        ]

    def of(self, key: AnyKey) -> str:
        """Return how a command's first key is written."""
        own = self._chosen.get(key.id)
        if own is None:
            return key.shown

        return shown_key(own.split(",")[0])

    def all_of(self, key: AnyKey) -> str:
        """Return how all keys of a command are written."""
        return " ".join(shown_key(name) for name in self.names(key.id))

    def by_id(self, name: str) -> str:
        """Return how the key of the command with this id is written."""
        return self.of(IDS[name])

    def words(self, text: str, view: str = "") -> str:
        """Return keys as a footer or a help page of a view writes them, `, .`
        or `↑↓`, with the user's own in their places.
        """
        if not self._chosen:
            return text

        if view not in self._words:
            self._words[view] = self._words_in(view)

        words = self._words[view]
        if text and not text.strip(ARROWS):
            return self._together([words.get(arrow, arrow) for arrow in text])

        found = [words.get(word, word) for word in text.split(" ")]

        return " ".join(word for word in found if word)

    @staticmethod
    def _together(keys: list[str]) -> str:
        """Return keys without blanks where all of them are one character."""
        if all(len(key) == 1 for key in keys):
            return "".join(keys)

        return " ".join(keys)

    def _words_in(self, view: str) -> dict[str, str]:
        """Return the texts of a view that name a key of which the user has
        chosen another: the first of a command's keys becomes the user's own,
        the others go.
        """
        found: dict[str, str] = {}
        # what only some views understand goes before what all of them do
        for key in sorted(EVERY, key=lambda key: not key.where):
            if key.where and view not in key.where:
                continue

            shown = [shown_key(name) for name in key.keys.split(",")]
            texts = dict.fromkeys(shown)
            if key.id in self._chosen:
                texts = dict.fromkeys(shown, "")
                texts[shown[0]] = self.all_of(key)

            for text, own in texts.items():
                found.setdefault(text, text if own is None else own)

        return found
