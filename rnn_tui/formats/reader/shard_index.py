"""The index of weights that Keras split over several files: which files it
names.
"""

from __future__ import annotations

import json
from typing import BinaryIO

from rnn_tui.formats.wire.limits import Limits
from rnn_tui.formats.wire.problems import ProblemError


def names_of_shards(source: BinaryIO, limits: Limits) -> list[str]:
    """Return the files an index names, in order; ProblemError when it is no
    index.
    """
    source.seek(0)
    text = source.read(limits.config_bytes).decode("utf-8", "surrogateescape")
    try:
        index = json.loads(text)
    except (ValueError, RecursionError):
        raise ProblemError("is a damaged index of sharded weights") from None

    files = None
    if isinstance(index, dict):
        files = index.get("weight_map")

    names: set[str] = set()
    for entry in files.values() if isinstance(files, dict) else [None]:
        listed = [entry] if isinstance(entry, str) else entry
        if not isinstance(listed, list) or not all(
            isinstance(name, str) for name in listed
        ):
            raise ProblemError("is a damaged index of sharded weights")

        names.update(listed)

    if len(names) > limits.zip_members:
        raise ProblemError("is a damaged index of sharded weights")

    return sorted(names)
