"""A vocabulary as Keras stores it: a text file in the archive, a token a line, or a list in the configuration.

It is somebody's data. The archive's file is read in the reading process and bounded there; a path in a configuration
is never opened; and a token keeps its own characters, because it is matched: whoever shows one cleans it first.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from rnn_tui.formats.problems import ProblemError

if TYPE_CHECKING:
    from rnn_tui.formats.limits import Limits
    from rnn_tui.formats.members import Members

FOLDER, FILE = "assets/", "/vocabulary.txt"
MOST_FILES = 1000
"""Vocabularies of one archive that are listed."""
CHECKED = 4 << 20
"""Bytes of a vocabulary that is looked through when the file is opened; a longer one when it is first asked for."""
LINES_SINCE = (3, 14)
"""The Keras from which on a line ends wherever Python's `splitlines` ends one, and empty lines at the end are left out
(keras pull request 22119); before, and in tf_keras, lines end at line feeds alone."""


class StoredWords:
    """The list of tokens in a configuration, as it stands: shown as their number, for nobody has cleaned them."""

    __slots__ = ("words",)

    def __init__(self, words: list[Any]) -> None:
        self.words = words

    def __repr__(self) -> str:
        return f"{len(self.words):,} tokens"


def listed(archive: Members, limits: Limits, look: bool) -> list[dict[str, Any]]:
    """Return the archive's vocabularies and what is wrong with each; `look` reads the short ones to find out."""
    found: list[dict[str, Any]] = []
    for name in archive.names():
        if name.startswith(FOLDER) and name.endswith(FILE) and len(found) < MOST_FILES:
            problem = None
            size = archive.bytes_of(name)
            try:
                data = stored(archive, name, limits) if look and size <= CHECKED else None
                if data is not None:
                    _check(lines_of(data, (), limits.vocabulary_tokens))
                elif size > limits.vocabulary_bytes:
                    raise ProblemError(_too_long(size, limits))
            except ProblemError as error:
                problem = str(error)
            found.append({"name": name, "bytes": size, "sum": archive.sum_of(name), "problem": problem})
    return found


def stored(archive: Members, name: str, limits: Limits) -> bytes:
    """Return the bytes of one of the archive's vocabularies, its checksum compared; ProblemError when they are bad."""
    if not (name.startswith(FOLDER) and name.endswith(FILE)) or not archive.has(name):
        raise ProblemError("is no vocabulary of the archive")
    if archive.bytes_of(name) > limits.vocabulary_bytes:
        raise ProblemError(_too_long(archive.bytes_of(name), limits))
    return archive.data(name)


def _too_long(length: int, limits: Limits) -> str:
    return f"takes {length:,} bytes; at most {limits.vocabulary_bytes:,} of a vocabulary are read"


def lines_of(data: bytes, version: tuple[int, ...], most: int) -> list[str]:
    """Return the tokens in a vocabulary file, as the Keras of that version reads it; ProblemError when it can't be."""
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


def _check(lines: list[str]) -> None:
    """Refuse what no layer can take: nothing at all, or a token twice behind those that stand for none."""
    first = next((place for place, line in enumerate(lines) if line not in ("", "[UNK]", "-1", "0")), len(lines))
    if first == len(lines):
        raise ProblemError("is empty")
    if (again := repeated(lines[first:])) is not None:
        from rnn_tui.text import clean

        raise ProblemError(f"holds the token {clean(again, 40)!r} twice")


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
