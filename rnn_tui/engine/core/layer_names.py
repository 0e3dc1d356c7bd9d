"""Names of layers as people type them: where one doesn't exist, the nearest
that do.
"""

from __future__ import annotations

from collections.abc import Sequence

FEW = 3
"""Names that are proposed."""
LISTED = 8
"""Names that are listed where no name is similar."""
MOST_COMPARED = 5000
"""Names that are compared letter by letter."""


def with_last_part(name: str, known: Sequence[str]) -> list[str]:
    """Return the paths that end in `name`: `sequential_1/lstm_1` for
    `lstm_1`.
    """
    return [path for path in known if path.endswith(f"/{name}")]


def nearest(name: str, known: Sequence[str]) -> str:
    """Return in words what exists: the paths that end in the name, the names
    like it, or the first few.
    """
    close = with_last_part(name, known)[:FEW]
    if not close and len(known) <= MOST_COMPARED:
        from difflib import get_close_matches

        close = get_close_matches(name, known, FEW)

    if close:
        return f"did you mean {_listed(close)}?"

    rest = len(known) - LISTED
    if rest > 0:
        more = f" and {rest} more"
    else:
        more = ""

    return f"the model has {_listed(known[:LISTED])}{more}"


def _listed(names: Sequence[str]) -> str:
    return ", ".join(map(repr, names))
