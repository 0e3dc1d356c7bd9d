"""The files of a TensorFlow.js layers model: its JSON, and the files of weights
beside it.

The files to open are known by the names in the folder, never by the JSON: of
the files that it names, the reading process has only those.
"""

from __future__ import annotations

import os
import re

from rnn_tui.errors import FileError
from rnn_tui.formats.client.folder import Folder, members, opened_folder
from rnn_tui.formats.client.source_file import Member, Sources, open_source
from rnn_tui.text import clean

MODEL = "model.json"
WEIGHTS = re.compile(r"group\d{1,4}-shard\d{1,5}of\d{1,5}(?:\.bin)?|.+\.bin")
"""The names of files of weights: the converter's, and those of a program that
saves in the browser calls them.
"""
MOST_SMALL, LARGE = 32, 2 << 20
"""Files of weights of any size that are opened, and the bytes that make room
for another: the converter makes files of 4 MB.
"""
MOST = 500
"""Files of weights in all, which all are open at once."""


def weights_in(names: set[str]) -> list[str]:
    """Return those of a folder's names that are files of weights."""
    return sorted(name for name in names if WEIGHTS.fullmatch(name))


def open_json(path: str) -> Sources | None:
    """Open the layers model whose JSON the user named, whatever links lead
    there; None when no weights are beside it.
    """
    where, name = os.path.split(path)
    weights = _beside(where or ".", name)
    if not weights:
        return None

    with opened_folder(where or ".") as folder:
        _refuse_many(folder, weights)
        file, identity = open_source(path)
        try:
            others = members(folder, weights)
        except FileError:
            file.close()
            raise

    return Sources("tfjs", (Member(name, file, identity), *others))


def _beside(where: str, name: str) -> list[str]:
    """Return the names of the files of weights beside a file; none where its
    folder can't be listed, for most JSON is a file by itself.
    """
    try:
        with opened_folder(where) as folder:
            return weights_in(set(folder.names()) - {name})
    except FileError:
        return []


def layers_model(folder: Folder, names: set[str]) -> Sources:
    """Open the files of a folder that holds a layers model."""
    weights = weights_in(names)
    _refuse_many(folder, weights)

    return Sources("tfjs", members(folder, [MODEL, *weights]))


def _refuse_many(folder: Folder, weights: list[str]) -> None:
    """Refuse more files of weights than their sizes speak for."""
    total = sum(folder.size_of(name) for name in weights[: MOST + 1])
    most = min(MOST_SMALL + total // LARGE, MOST)
    if len(weights) > most:
        raise FileError(
            f"{clean(folder.path)}: holds {len(weights):,} files of weights of "
            f"{total:,} bytes together: at most {most} of these sizes are read"
        )
