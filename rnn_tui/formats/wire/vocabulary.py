"""A vocabulary as Keras stores it: a text file in the archive, a token a line,
or a list in the configuration.

It is somebody's data. The archive's file is read in the reading process and
bounded there; a path in a configuration is never opened; and a token keeps its
own characters, because it is matched: whoever shows one cleans it first.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from rnn_tui.formats.wire.problems import ProblemError

if TYPE_CHECKING:
    pass

FOLDER, FILE = "assets/", "/vocabulary.txt"
LINES_SINCE = (3, 14)
"""The Keras from which on a line ends wherever Python's `splitlines` ends one,
and empty lines at the end are left out (keras pull request 22119); before, and
in tf_keras, lines end at line feeds alone.
"""


def lines_of(data: bytes, version: tuple[int, ...], most: int) -> list[str]:
    """Return the tokens in a vocabulary file, as the Keras of that version
    reads it; ProblemError when it can't be.
    """
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ProblemError(f"isn't UTF-8 text (byte {error.start:,})") from None

    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if text.count("\n") >= most:
        raise ProblemError(f"holds more than {most:,} tokens")
    if version < LINES_SINCE:
        return text.split("\n")

    lines = text.splitlines()
    while lines and not lines[-1]:
        lines.pop()

    return lines


def repeated(tokens: Sequence[Any]) -> Any:
    """Return a token that occurs twice, None when each is there once."""
    seen = set(tokens)
    if len(seen) == len(tokens):
        return None

    for token in tokens:
        if token not in seen:
            return token

        seen.remove(token)

    return None
