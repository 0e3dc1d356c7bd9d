"""The vocabulary that is named in the line of a sequence:
`vocab: FILE words: hello world`. The explorer alone reads it so; on the command
line it is an option.
"""

from __future__ import annotations

import os
import re
from typing import NamedTuple

from rnn_tui.text import clean

NAMED = re.compile(
    r"\s*vocab:\s*(?P<path>\S.*?)\s+(?P<rest>(?:text|words):.*)",
    re.IGNORECASE | re.DOTALL,
)
KINDS = ("text", "words")
"""The kinds of sequences that are read with a vocabulary."""
USUAL = ("vocab", "word_index", "tokens", "char_index")
"""Parts of the names that such files usually have."""
MOST_NAMES = 5000
"""Names of a folder that are looked at."""


class Line(NamedTuple):
    """The path of the vocabulary, None where the line names none, and the
    sequence.
    """

    vocab: str | None
    sequence: str


def split_line(text: str, model: str) -> Line:
    """Return a typed line in its parts; a path that leads nowhere from here is
    looked for beside the model.
    """
    found = NAMED.fullmatch(text)
    if found is None:
        return Line(None, text)

    path = os.path.expanduser(found["path"])
    beside = os.path.join(os.path.dirname(model), path)
    if not os.path.exists(path) and os.path.exists(beside):
        path = beside

    return Line(path, found["rest"])


def needs_vocabulary(text: str) -> bool:
    """Whether a sequence is typed in characters or words."""
    kind, colon, _ = text.lstrip().partition(":")

    return bool(colon) and kind.lower() in KINDS


def vocabulary_beside(model: str) -> str | None:
    """Return the name of the file beside a model that is a vocabulary by its
    name, None where there is none, or several.
    """
    folder = os.path.dirname(os.path.abspath(model))
    found = []
    try:
        with os.scandir(folder) as entries:
            for seen, entry in enumerate(entries):
                if seen >= MOST_NAMES:
                    break
                if _is_usual(entry.name):
                    found.append(entry.name)
    except OSError:
        # a folder that can't be listed has nothing to offer
        return None

    if len(found) != 1:
        return None

    return found[0]


def _is_usual(name: str) -> bool:
    lower = name.lower()
    named = any(part in lower for part in USUAL)

    return lower.endswith(".json") and named and clean(name) == name
