"""A model that is a folder of files: its members, opened one by one within it,
each known again by its identity.

The folder may be reached by any path, links among them: the user named it. Its
content is a stranger's, so a member must be a regular file; a link may be for
it only where it leads to a regular file inside the same folder, by names alone,
or to one that the Hugging Face cache keeps for it. Everything else (pipes,
devices, sockets, links that lead out) is refused by name, before a byte is
read.
"""

from __future__ import annotations

import contextlib
import os
import re
import stat
from collections.abc import Iterable, Iterator
from itertools import count, islice
from typing import BinaryIO

from rnn_tui.errors import FileError
from rnn_tui.formats.client.source_file import (
    Member,
    Sources,
    identity_of,
    kind_of,
    reading_flags,
)
from rnn_tui.formats.wire.keras_members import (
    CONFIG,
    HDF5_WEIGHTS,
    METADATA,
    NUMPY_WEIGHTS,
    SHARDED_WEIGHTS,
)
from rnn_tui.text import clean

ASSETS, VOCABULARY = "assets", "vocabulary.txt"

SNAPSHOTS, BLOBS = "snapshots", "blobs"
CACHED = re.compile(r"(?:\.\./){2,32}blobs/([0-9a-f]{32,128})")
"""Where the links of the Hugging Face cache lead."""

MOST_ENTRIES = 10_000
"""Names that are looked at in a folder, its assets included."""
MOST_MEMBERS = 64
"""Files that are opened of it."""
MOST_LINKS = 8
"""Links that may lead to one another."""
MOST_LEVELS = 32
"""Folders within one another in the assets."""
MOST_FOLDERS = 1_000
"""Folders of the assets that are looked into."""

_NOT_THE_MODEL = ("__MACOSX",)
"""Folders that an archive made on a Mac has besides the model's."""


class Folder:
    """An open folder; a member is opened by its name below it, never by a path
    that somebody could exchange.
    """

    def __init__(self, path: str, inside: Folder | None = None) -> None:
        self.path = path
        self._descriptor: int | None = None
        if _by_descriptor():
            if inside is None:
                where = path
            else:
                where = os.path.basename(path)

            base = None if inside is None else inside._descriptor
            flags = (
                os.O_RDONLY
                | os.O_DIRECTORY
                | os.O_CLOEXEC
                | (0 if inside is None else os.O_NOFOLLOW)
            )
            self._descriptor = os.open(where, flags, dir_fd=base)

    def close(self) -> None:
        """Let go of the folder."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def names(self) -> list[str]:
        """Return the names in the folder, sorted.

        Raises FileError when they are too many.
        """
        names: list[str] = []
        with os.scandir(
            self.path if self._descriptor is None else self._descriptor
        ) as entries:
            for entry in entries:
                names.append(entry.name)
                if len(names) > MOST_ENTRIES:
                    raise FileError(
                        f"{clean(self.path)}: is a folder of more than "
                        f"{MOST_ENTRIES:,} entries"
                    )

        return sorted(names)

    def status(self, name: str) -> os.stat_result | None:
        """Return the status of an entry itself, not of a link's target; None
        when it is missing.
        """
        with contextlib.suppress(OSError, ValueError):
            if self._descriptor is None:
                return os.lstat(os.path.join(self.path, name))

            return os.stat(name, dir_fd=self._descriptor, follow_symlinks=False)

        return None

    def is_folder(self, name: str) -> bool:
        """Say whether an entry is a folder itself."""
        status = self.status(name)
        return status is not None and stat.S_ISDIR(status.st_mode)

    def is_file(self, name: str) -> bool:
        """Say whether an entry is a regular file, or a link that may lead to
        one.
        """
        status = self.status(name)
        return status is not None and (
            stat.S_ISREG(status.st_mode) or stat.S_ISLNK(status.st_mode)
        )

    def size_of(self, name: str) -> int:
        """Return the size of a member that can be opened, 0 of any other."""
        with contextlib.suppress(OSError, FileError):
            member = self.member(name)
            member.file.close()
            return member.identity.size

        return 0

    def member(self, name: str) -> Member:
        """Open a member, `name` with `/` between its parts.

        Raises FileError when it isn't a regular file inside.
        """
        try:
            file = self._opened(name, name, MOST_LINKS)
        except OSError as error:
            raise self._refused(
                name,
                f"can't be opened: {clean(error.strerror or error)}",
            ) from None

        status = os.fstat(file.fileno())
        if not stat.S_ISREG(status.st_mode):
            file.close()
            raise self._refused(
                name,
                f"is {kind_of(status.st_mode)}, not a regular file",
            )

        return Member(name, file, identity_of(status))

    def _opened(self, path: str, name: str, links: int) -> BinaryIO:
        """Open the file at a path, part by part; the parts of a link are walked
        the same way.
        """
        *folders, last = self._parts(path, name)
        with contextlib.ExitStack() as opened:
            here = self
            for part in folders:
                if not here.is_folder(part):
                    raise self._refused(
                        name,
                        "is reached over something that is no folder",
                    )

                here = Folder(os.path.join(here.path, part), here)
                opened.callback(here.close)

            status = here.status(last)
            if status is not None and stat.S_ISLNK(status.st_mode):
                stored = self._stored_in_cache(here, last)
                if stored is not None:
                    return stored

                target = self._target(here, last, name, links)
                return self._opened(
                    "/".join([*folders, target]),
                    name,
                    links - 1,
                )

            if status is not None and not stat.S_ISREG(status.st_mode):
                raise self._refused(
                    name,
                    f"is {kind_of(status.st_mode)}, not a regular file",
                )

            return here._open(last)

    def _open(self, name: str) -> BinaryIO:
        """Open a file of this folder, which is no link."""
        flags = reading_flags() | getattr(os, "O_NOFOLLOW", 0)
        if self._descriptor is None:
            descriptor = os.open(os.path.join(self.path, name), flags)
        else:
            descriptor = os.open(name, flags, dir_fd=self._descriptor)

        return os.fdopen(descriptor, "rb", buffering=0)

    def _target(self, here: Folder, last: str, name: str, links: int) -> str:
        """Return the target of a link, as a path from the folder it is in."""
        if links == 0 or here._descriptor is None:
            raise self._refused(name, "is a link: refused")

        target = os.readlink(last, dir_fd=here._descriptor)

        return "/".join(self._parts(target, name))

    def _stored_in_cache(self, here: Folder, last: str) -> BinaryIO | None:
        """Open the file that a link of the Hugging Face cache leads to; None
        where it is another link.

        The cache keeps each file once, `models--…/blobs/HASH`, and links to it
        from `models--…/snapshots/REVISION/…`; nothing but such a file is
        opened, and no link on the way is followed.
        """
        if here._descriptor is None:
            return None

        target = os.readlink(last, dir_fd=here._descriptor)
        found = CACHED.fullmatch(target)
        parts = os.path.realpath(here.path).split("/")
        up = target.count("../")
        is_snapshot = len(parts) > up and parts[-up] == SNAPSHOTS
        if found is None or not is_snapshot:
            return None

        flags = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC | os.O_NOFOLLOW
        beside = "../" * up + BLOBS
        blobs = os.open(beside, flags, dir_fd=here._descriptor)
        try:
            descriptor = os.open(
                found.group(1),
                reading_flags() | os.O_NOFOLLOW,
                dir_fd=blobs,
            )
        finally:
            os.close(blobs)

        return os.fdopen(descriptor, "rb", buffering=0)

    def _parts(self, path: str, name: str) -> list[str]:
        parts = [part for part in path.split("/") if part not in ("", ".")]
        if (
            path.startswith("/")
            or ".." in parts
            or not parts
            or len(parts) > MOST_LEVELS
        ):
            raise self._refused(
                name,
                "is a link that leads out of the folder: refused, nothing "
                "else is read",
            )

        return parts

    def _refused(self, name: str, what: str) -> FileError:
        return FileError(f"{clean(self.path)}: its {clean(name)} {what}")


def open_folder(path: str) -> Sources:
    """Open the members of an unpacked `.keras` archive.

    Raises FileError for every other folder, with its kind.
    """
    with opened_folder(path) as folder:
        names = set(folder.names())
        found = _model_in(folder, names)
        if (
            found is None
            and (inner := _only_folder_in(folder, names)) is not None
        ):
            within = Folder(os.path.join(path, inner), folder)
            with contextlib.closing(within):
                found = _model_in(within, set(within.names()))

        if found is None:
            raise FileError(f"{clean(path)}: {_what(names)}")

        return found


def _model_in(folder: Folder, names: set[str]) -> Sources | None:
    """Open the model that a folder is, None when it isn't one."""
    if CONFIG in names and names & {
        METADATA,
        HDF5_WEIGHTS,
        NUMPY_WEIGHTS,
        SHARDED_WEIGHTS,
    }:
        return _unpacked(folder, names)

    from rnn_tui.formats.client import tensorflow_sources as tensorflow

    if tensorflow.GRAPH in names:
        return tensorflow.saved_model(folder, names)

    if tensorflow.stems(names):
        return tensorflow.checkpoint_in(folder, names)

    from rnn_tui.formats.client import tfjs_sources as tfjs

    if tfjs.MODEL in names and tfjs.weights_in(names):
        return tfjs.layers_model(folder, names)

    return None


def open_beside(path: str, weights: Member) -> Sources | None:
    """Open the configuration of an unpacked archive of which the user named the
    weights; None when there is none.
    """
    with opened_folder(os.path.dirname(path) or ".") as folder:
        if not all(folder.is_file(name) for name in (CONFIG, METADATA)):
            return None

        try:
            found = members(folder, [CONFIG, METADATA, *_vocabularies(folder)])
        except FileError as error:
            return Sources(
                "file",
                (weights,),
                (f"the configuration beside the file is left aside: {error}",),
            )

    return Sources("unpacked", (weights, *found))


@contextlib.contextmanager
def opened_folder(path: str) -> Iterator[Folder]:
    """Open a folder for the time of a `with`; FileError when it can't be
    read.
    """
    try:
        folder = Folder(path)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise FileError(
            f"{clean(path)}: can't be opened: {clean(reason)}"
        ) from None

    try:
        yield folder
    except OSError as error:
        raise FileError(
            f"{clean(path)}: can't be read: {clean(error.strerror or error)}"
        ) from None
    finally:
        folder.close()


def _by_descriptor() -> bool:
    """Say whether this system opens files by their name below an open
    folder.
    """
    return (
        os.open in os.supports_dir_fd
        and os.scandir in os.supports_fd
        and hasattr(os, "O_DIRECTORY")
    )


def _unpacked(folder: Folder, names: set[str]) -> Sources:
    if os.name != "posix":
        raise FileError(
            f"{clean(folder.path)}: is an unpacked .keras archive; zip its "
            "files and open that"
        )
    if SHARDED_WEIGHTS in names and not names & {HDF5_WEIGHTS, NUMPY_WEIGHTS}:
        raise FileError(
            f"{clean(folder.path)}: is an unpacked .keras archive whose "
            f"weights are in shards; open its {SHARDED_WEIGHTS} with --config "
            f"{CONFIG}"
        )

    wanted = [
        name
        for name in (HDF5_WEIGHTS, NUMPY_WEIGHTS, CONFIG, METADATA)
        if name in names
    ]

    return Sources(
        "unpacked",
        members(folder, [*wanted, *_vocabularies(folder)]),
    )


def members(folder: Folder, names: Iterable[str]) -> tuple[Member, ...]:
    """Open these members, all of them or none.

    Raises FileError for one that isn't a regular file inside.
    """
    with contextlib.ExitStack() as opened:
        members = []
        for name in names:
            member = folder.member(name)
            opened.callback(member.file.close)
            members.append(member)

        opened.pop_all()

    return tuple(members)


def _vocabularies(folder: Folder) -> list[str]:
    """Return the names of the vocabularies in the archive's assets: at any
    depth, but not without end.
    """
    found = list(
        islice(_below(folder, ASSETS, MOST_LEVELS, count(1)), MOST_MEMBERS + 1)
    )
    if len(found) > MOST_MEMBERS:
        raise FileError(
            f"{clean(folder.path)}: holds more than {MOST_MEMBERS} vocabularies"
        )

    return found


def _below(
    folder: Folder,
    path: str,
    levels: int,
    folders: Iterator[int],
) -> Iterator[str]:
    """Yield the paths of all vocabularies below a path of the folder; `folders`
    counts the folders gone through.
    """
    name = path.rpartition("/")[2]
    if levels == 0 or not folder.is_folder(name):
        return
    if next(folders) > MOST_FOLDERS:
        raise FileError(
            f"{clean(folder.path)}: is in assets of more than "
            f"{MOST_FOLDERS:,} folders"
        )

    inner = Folder(os.path.join(folder.path, name), folder)
    with contextlib.closing(inner):
        for entry in inner.names():
            if entry == VOCABULARY:
                yield f"{path}/{entry}"
            else:
                yield from _below(inner, f"{path}/{entry}", levels - 1, folders)


def _only_folder_in(folder: Folder, names: set[str]) -> str | None:
    """Return the one folder that unpacking put around the model, None when
    there is none or several.
    """
    inner = [
        name
        for name in names
        if name not in _NOT_THE_MODEL and not name.startswith(".")
    ]
    if len(inner) != 1 or not folder.is_folder(inner[0]):
        return None

    return inner[0]


def _what(names: set[str]) -> str:
    """Return in words the kind of a folder that isn't a model, and a way
    out.
    """
    if "keras_metadata.pb" in names:
        return (
            "is a TensorFlow SavedModel folder without its saved_model.pb: "
            "copy the whole folder"
        )
    if "checkpoint" in names or any(
        name.endswith(".index") or ".data-0" in name for name in names
    ):
        return (
            "is the folder of a TensorFlow checkpoint without its weights: "
            "copy its .index and .data files"
        )
    if HDF5_WEIGHTS in names:
        return (
            f"is a directory with a {HDF5_WEIGHTS} and no {CONFIG}; open the "
            "weights themselves"
        )

    return "is a directory, not a model file"
