"""The vocabularies of an archive, in the reading process: listed when it is
opened, read when asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rnn_tui.formats.wire.problems import ProblemError
from rnn_tui.formats.wire.vocabulary import FILE, FOLDER, lines_of, repeated

if TYPE_CHECKING:
    from rnn_tui.formats.wire.keras_members import Members
    from rnn_tui.formats.wire.limits import Limits


MOST_FILES = 1000
"""Vocabularies of one archive that are listed."""


CHECKED = 4 << 20
"""Bytes of a vocabulary that is looked through when the file is opened; a
longer one when it is first asked for.
"""


def listed(
    archive: Members,
    limits: Limits,
    look: bool,
) -> list[dict[str, Any]]:
    """Return the archive's vocabularies and their problems; with `look`, short
    ones are read to find these.
    """
    found: list[dict[str, Any]] = []
    for name in archive.names():
        if (
            name.startswith(FOLDER)
            and name.endswith(FILE)
            and len(found) < MOST_FILES
        ):
            problem = None
            size = archive.bytes_of(name)
            try:
                data = None
                if look and size <= CHECKED:
                    data = stored(archive, name, limits)

                if data is not None:
                    _check(lines_of(data, (), limits.vocabulary_tokens))
                elif size > limits.vocabulary_bytes:
                    raise ProblemError(_too_long(size, limits))
            except ProblemError as error:
                problem = str(error)

            found.append(
                {
                    "name": name,
                    "bytes": size,
                    "sum": archive.sum_of(name),
                    "problem": problem,
                }
            )

    return found


def stored(archive: Members, name: str, limits: Limits) -> bytes:
    """Return the bytes of one of the archive's vocabularies, its checksum
    compared; ProblemError when they are bad.
    """
    if not (name.startswith(FOLDER) and name.endswith(FILE)) or not archive.has(
        name
    ):
        raise ProblemError("is no vocabulary of the archive")
    if archive.bytes_of(name) > limits.vocabulary_bytes:
        raise ProblemError(_too_long(archive.bytes_of(name), limits))

    return archive.data(name)


def _too_long(length: int, limits: Limits) -> str:
    return (
        f"takes {length:,} bytes; at most {limits.vocabulary_bytes:,} of a "
        "vocabulary are read"
    )


def _check(lines: list[str]) -> None:
    """Refuse a vocabulary that no layer can take: an empty one, or one with a
    repeated token after its reserved ones.
    """
    first = next(
        (
            place
            for place, line in enumerate(lines)
            if line not in ("", "[UNK]", "-1", "0")
        ),
        len(lines),
    )
    if first == len(lines):
        raise ProblemError("is empty")
    if (again := repeated(lines[first:])) is not None:
        raise ProblemError(f"holds the token {again[:40]!r} twice")
