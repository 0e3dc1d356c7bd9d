"""The files of a SavedModel folder or of a TensorFlow checkpoint, opened one by
one below the folder they are in.

The files are known by the names in the folder, never by the content of a file:
the text file `checkpoint` is read for the newest checkpoint's name, and only a
file of that name beside it is opened, wherever the text says it was.
"""

from __future__ import annotations

import contextlib
import os
import re
import stat

from rnn_tui.errors import FileError
from rnn_tui.formats.client.folder import (
    ASSETS,
    MOST_MEMBERS,
    Folder,
    members,
    opened_folder,
)
from rnn_tui.formats.client.source_file import (
    Member,
    Sources,
    kind_of,
    open_source,
)
from rnn_tui.formats.wire.file_slice import Window
from rnn_tui.text import clean

GRAPH, METADATA = "saved_model.pb", "keras_metadata.pb"
VARIABLES = "variables"
INDEX, NEWEST = ".index", "checkpoint"
DATA = re.compile(r"(.*)\.data-\d{5}-of-\d{5}")
"""The name of a file of values; that of a checkpoint may be empty
(`save_weights("folder/")`).
"""
META = ".meta"
"""The end of the file in which TensorFlow 1 keeps the graph beside its
checkpoint.
"""
MOST_SMALL, LARGE = 32, 64 << 20
"""Files of values of any size that are opened, and the bytes that make room for
another.
"""
MOST_SHOWN = 5
_MOST_TEXT = 64 << 10
_NAMED = re.compile(
    rb'^model_checkpoint_path:\s*"((?:[^"\\\n]|\\.)*)"',
    re.MULTILINE,
)


def open_part(path: str) -> Sources | None:
    """Open the SavedModel or the checkpoint whose part the user named; None
    when the file isn't one after all.
    """
    where, name = os.path.split(path)
    with opened_folder(where or ".") as folder:
        names = set(folder.names())
        if name in (GRAPH, METADATA) and GRAPH in names:
            return saved_model(folder, names)

        if name == NEWEST and f"{NEWEST}{INDEX}" not in names:
            return _newest(folder, names, path)

        stem = _stem(name)
        if f"{stem}{INDEX}" in names:
            return checkpoint(folder, names, stem, path)

    if DATA.fullmatch(name):
        raise FileError(
            f"{clean(path)}: holds values of a TensorFlow checkpoint, without "
            f"{clean(stem)}{INDEX} beside it: copy that file too"
        )

    return None


def _stem(name: str) -> str:
    """Return the name of a checkpoint from that of one of its files."""
    found = DATA.fullmatch(name)
    if found is not None:
        return found.group(1)

    return name.removesuffix(INDEX).removesuffix(META)


def stems(names: set[str]) -> list[str]:
    """Return the names of the checkpoints in a folder: those of which both
    parts are there.
    """
    with_values = {
        found.group(1)
        for name in names
        if (found := DATA.fullmatch(name)) is not None
    }

    return sorted(stem for stem in with_values if f"{stem}{INDEX}" in names)


def saved_model(folder: Folder, names: set[str]) -> Sources:
    """Open the files of a SavedModel folder."""
    inner = _names_in_variables(folder)
    index = f"{VARIABLES}{INDEX}"
    values = _values(inner, VARIABLES)
    missing = None
    if index not in inner:
        missing = f"{VARIABLES}/{index}"
    elif not values:
        missing = f"{VARIABLES}/{VARIABLES}.data-00000-of-00001"

    if missing is not None:
        raise FileError(
            f"{clean(folder.path)}: is a SavedModel folder without its "
            f"{missing}, which holds the weights: copy the whole folder"
        )

    _refuse_many(folder, VARIABLES, values)
    wanted = [GRAPH]
    if METADATA in names:
        wanted.append(METADATA)

    wanted += [f"{VARIABLES}/{name}" for name in (index, *values)]
    assets = sorted(_files_in(folder, ASSETS))
    wanted += [f"{ASSETS}/{name}" for name in assets[:MOST_MEMBERS]]

    return Sources("savedmodel", members(folder, wanted))


def checkpoint(
    folder: Folder,
    names: set[str],
    stem: str,
    path: str | None = None,
) -> Sources:
    """Open the files of a checkpoint; where `path` is the index, the user named
    it, whatever links lead there.
    """
    values = _values(names, stem)
    if not values:
        raise FileError(
            f"{clean(folder.path)}: is without "
            f"{clean(stem)}.data-00000-of-00001, which holds the checkpoint's "
            "weights: copy both files"
        )

    _refuse_many(folder, "", values)
    index = f"{stem}{INDEX}"
    if path is None or os.path.basename(path) != index:
        return Sources("checkpoint", members(folder, [index, *values]))

    file, identity = open_source(path)
    try:
        others = members(folder, values)
    except FileError:
        file.close()
        raise

    return Sources("checkpoint", (Member(index, file, identity), *others))


def checkpoint_in(folder: Folder, names: set[str]) -> Sources:
    """Open the newest checkpoint of a folder, and say which others there
    are.
    """
    known = stems(names)
    named = None
    if NEWEST in names:
        named = _named_newest(folder)

    if named in known:
        stem = named
    else:
        stem = max(known, key=lambda one: (_written(folder, one), one))

    opened = checkpoint(folder, names, stem)
    others = [one for one in known if one != stem]
    if not others:
        return opened

    shown = ", ".join(clean(one, 60) for one in others[:MOST_SHOWN])
    more = len(others) - MOST_SHOWN
    if more > 0:
        shown = f"{shown} and {more} more"

    note = (
        f"of {len(known)} checkpoints in the folder the newest, "
        f"{clean(stem, 60)}, is opened; the others are {shown}"
    )

    return opened._replace(notes=(note,))


def _newest(folder: Folder, names: set[str], path: str) -> Sources:
    """Open the checkpoint that the text file `checkpoint` calls the newest, or
    the newest beside it.
    """
    if not stems(names):
        raise FileError(
            f"{clean(path)}: names a TensorFlow checkpoint whose files aren't "
            "beside it: copy its .index and .data files too"
        )

    return checkpoint_in(folder, names)


def _named_newest(folder: Folder) -> str | None:
    """Return the name that the text file `checkpoint` gives as the newest,
    without the folders it gives; None when it gives none.
    """
    member = folder.member(NEWEST)
    with member.file:
        size = min(member.identity.size, _MOST_TEXT)
        text = Window(member.file, 0, size).read(size)

    found = _NAMED.search(text)
    if found is None:
        return None

    path = found.group(1).replace(b"\\\\", b"/")
    name = path.rpartition(b"/")[2]

    return name.decode("utf-8", "surrogateescape")


def _written(folder: Folder, stem: str) -> int:
    """Return when a checkpoint was written."""
    status = folder.status(f"{stem}{INDEX}")
    if status is None:
        return 0

    return status.st_mtime_ns


def _names_in_variables(folder: Folder) -> set[str]:
    """Return the names in the folder of the values, whatever they are; none
    where there is no such folder.

    Raises FileError where something else has its name.
    """
    status = folder.status(VARIABLES)
    if status is None:
        return set()

    if not stat.S_ISDIR(status.st_mode):
        raise FileError(
            f"{clean(folder.path)}: its {VARIABLES} is "
            f"{kind_of(status.st_mode)}, not a folder: refused"
        )

    inner = Folder(os.path.join(folder.path, VARIABLES), folder)
    with contextlib.closing(inner):
        return set(inner.names())


def _files_in(folder: Folder, name: str) -> set[str]:
    """Return the names of the files in a folder of a folder, none where it has
    none.
    """
    if not folder.is_folder(name):
        return set()

    inner = Folder(os.path.join(folder.path, name), folder)
    with contextlib.closing(inner):
        return {entry for entry in inner.names() if inner.is_file(entry)}


def _values(names: set[str], stem: str) -> list[str]:
    """Return the files of values of a checkpoint."""
    found = []
    for name in sorted(names):
        match = DATA.fullmatch(name)
        if match is not None and match.group(1) == stem:
            found.append(name)

    return found


def _refuse_many(folder: Folder, inside: str, values: list[str]) -> None:
    """Refuse more files of values than their sizes speak for."""
    total = 0
    for name in values[: 100 * MOST_SMALL]:
        total += folder.size_of(os.path.join(inside, name))

    if len(values) > MOST_SMALL + total // LARGE:
        raise FileError(
            f"{clean(folder.path)}: holds {len(values):,} files of values of "
            f"{total:,} bytes together: at most {MOST_SMALL} smaller ones are "
            "read"
        )
