"""The names in a folder that go on as a path is typed, and the path completed
as far as they agree.
"""

from __future__ import annotations

import os
from collections.abc import Sequence

MOST_NAMES = 5000
"""Names of a folder that are looked at."""

SEQUENCES = (".npy", ".npz", ".csv", ".tsv", ".json", ".txt", "/")
"""The endings of the names of files with numbers; folders lead to them."""


def names_of(
    folder: str,
    text: str,
    endings: tuple[str, ...],
) -> list[str]:
    """Return the names in the folder typed so far that begin as typed, folders
    with a slash: those with one of the endings, all where there are none.
    """
    place = os.path.join(folder, os.path.expanduser(os.path.dirname(text)))
    start = os.path.basename(text)
    found: list[str] = []
    try:
        with os.scandir(place) as entries:
            for entry in entries:
                if len(found) >= MOST_NAMES:
                    break

                if entry.name.startswith(start) and (
                    start or not entry.name.startswith(".")
                ):
                    found.append(entry.name + ("/" if entry.is_dir() else ""))
    except (OSError, ValueError):
        # a folder that isn't there, or can't be read, holds no name to propose
        return []

    wanted = [name for name in found if name.lower().endswith(endings)]

    return sorted(wanted or found, key=str.lower)


def completed(text: str, folder: str = "") -> str:
    """Return a path to a file with numbers as far as the names that begin so
    agree; the text itself where none does.
    """
    names = names_of(folder or os.curdir, text, SEQUENCES)
    if not names or not text:
        return text

    return os.path.join(os.path.dirname(text), common(names))


def common(names: Sequence[str]) -> str:
    """Return the common beginning of all names, letter by letter."""
    first = min(names)
    last = max(names)
    same = next(
        (
            k
            for k, (a, b) in enumerate(zip(first, last, strict=False))
            if a != b
        ),
        min(len(first), len(last)),
    )

    return first[:same]
