"""Names of keys: as people write them, as Textual calls them, and as they are
shown. It imports nothing of Textual's.
"""

from __future__ import annotations

import unicodedata
from typing import Any

RENAMED = {
    "solidus": "slash",
    "reverse_solidus": "backslash",
    "commercial_at": "at",
    "hyphen_minus": "minus",
    "plus_sign": "plus",
    "low_line": "underscore",
}
"""Where Textual's name of a character isn't Unicode's."""
SHOWN = {
    "escape": "esc",
    "pageup": "PgUp",
    "pagedown": "PgDn",
    "home": "Home",
    "end": "End",
    "up": "↑",
    "down": "↓",
    "left": "←",
    "right": "→",
}
TYPED = {shown: key for key, shown in SHOWN.items()}
"""The other way round."""
CHARACTERS = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"


def key_list(value: Any) -> list[str] | None:
    """Return keys as Textual calls them: of one text, in which a comma parts
    them, or of a list of texts. None where it is neither.
    """
    if isinstance(value, str):
        words = [value]
        if len(value) > 1:
            words = value.split(",")
    elif isinstance(value, list):
        words = value
    else:
        return None

    if not words or not all(isinstance(word, str) for word in words):
        return None

    keys = [key_name(word) for word in words]
    if not all(keys):
        return None

    return list(dict.fromkeys(keys))


def typed_key(shown: str) -> str:
    """Return Textual's name of a key that is written so on the screen."""
    return TYPED.get(shown) or key_name(shown)


def key_name(word: str) -> str:
    """Return Textual's name of a key: `full_stop` for `.`, `ctrl+slash` for
    `ctrl+/`.
    """
    if word == " ":
        return "space"

    word = word.strip()
    *held, key = word.split("+") if len(word) > 1 else (word,)
    if len(word) > 1 and word.endswith("++"):
        *held, _, _ = word.split("+")
        key = "+"

    if len(key) == 1 and not key.isalnum():
        name = unicodedata.name(key, "").lower()
        name = name.replace("-", "_").replace(" ", "_")
        key = RENAMED.get(name, name)

    return "+".join([*held, key])


NAMED = {key_name(character): character for character in CHARACTERS}
"""The characters of Textual's names of keys."""


def shown_key(name: str) -> str:
    """Return how a key is written on the screen."""
    *held, key = name.split("+")
    key = NAMED.get(key, SHOWN.get(key, key))

    return "+".join([*held, key])
