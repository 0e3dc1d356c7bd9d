"""A file that is either the old one or the whole new one: written beside its
place, then renamed.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import secrets
import stat
import time
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, TextIO

from rnn_tui.errors import ExportError
from rnn_tui.text import clean

PART = re.compile(r"\..*\.rnn-tui-[0-9a-f]{8}\.part")
"""How a file is called while it is being written: hidden, and like no other
program's.
"""

JUST_MADE = 60.0
"""Seconds for which an empty part may be one whose writer hasn't locked it
yet.
"""

STANDARD_STREAMS = ("/dev/stdout", "/dev/stderr", "/dev/fd/", "/proc/self/fd/")
"""Links of the system that lead to the open files of the program: they are
followed.
"""


@contextlib.contextmanager
def replacing(
    path: str | os.PathLike[str],
    *,
    force: bool = False,
) -> Iterator[BinaryIO]:
    """Yield a file whose content takes its place at `path` when the block ends
    well, and vanishes when it doesn't.

    With `force` an existing file is replaced and keeps its permissions; a link
    is replaced itself, and the file it leads to is left alone. Raises
    ExportError when `path` exists, isn't empty and `force` is not set, when it
    is a link and `force` is not set, and for whatever the file system says
    against it.
    """
    shown = clean(path)
    try:
        target = _target(Path(path).expanduser())
        exists = target.exists() or target.is_symlink()
        replaceable = target.is_symlink() or target.is_file()
    except (OSError, ValueError, RuntimeError) as error:
        raise ExportError(
            f"{shown}: this is no path to write to: {clean(error)}"
        ) from None

    try:
        with (
            _beside(target, shown, force)
            if replaceable or not exists
            else _in_place(target, shown) as file
        ):
            yield file
    except BrokenPipeError:
        raise
    except OSError as error:
        raise ExportError(
            f"{shown}: can't be written: {clean(error.strerror or error)}"
        ) from error


@contextlib.contextmanager
def as_text(file: BinaryIO) -> Iterator[TextIO]:
    """Yield `file` as UTF-8 text; the file itself stays open when the block
    ends.
    """
    text = io.TextIOWrapper(file, encoding="utf-8", newline="")
    try:
        yield text
    finally:
        text.detach()


def _target(path: Path) -> Path:
    """Return the path with the links of its folders followed, its own last part
    as it is.
    """
    if str(path).startswith(STANDARD_STREAMS):
        return path.resolve()

    # to a device, a pipe, a folder
    leads_elsewhere = path.is_symlink() and path.exists() and not path.is_file()
    if leads_elsewhere or path.name in ("", ".."):
        return path.resolve()

    return path.parent.resolve() / path.name


@contextlib.contextmanager
def _beside(target: Path, shown: str, force: bool) -> Iterator[BinaryIO]:
    """Yield a temporary file in the target's folder, which takes the target's
    place at the end.
    """
    refuse_to_overwrite(target, shown, force)
    _remove_abandoned(target.parent)

    temporary = target.with_name(
        f".{target.name[:100]}.rnn-tui-{secrets.token_hex(4)}.part"
    )
    try:
        with open(temporary, "xb") as file:
            _lock(file)
            yield file
            file.flush()
            _keep_permissions(target, file)
            os.fsync(file.fileno())
            refuse_to_overwrite(target, shown, force)
            # renamed while it is locked, so that it isn't taken for an
            # abandoned one
            if os.name == "posix":
                os.replace(temporary, target)

        if os.name != "posix":
            os.replace(temporary, target)
    finally:
        temporary.unlink(missing_ok=True)


@contextlib.contextmanager
def _in_place(target: Path, shown: str) -> Iterator[BinaryIO]:
    """Yield a device or a pipe (`/dev/stdout`), which can't be replaced."""
    if target.is_dir():
        raise ExportError(
            f"{shown}: this is a folder; give the name of a file in it"
        )

    with open(target, "wb") as file:
        yield file


def refuse_to_overwrite(target: Path, shown: str, force: bool = False) -> None:
    """Raise ExportError when `target` is a link or a file that isn't empty, and
    `force` is not set.
    """
    if force:
        return

    if target.is_symlink():
        leads = clean(os.readlink(target))
        raise ExportError(
            f"{shown}: this is a link to {leads}; --force replaces the link, "
            "not that file"
        )

    # An empty file holds nothing to lose: `mktemp` makes one to keep a name.
    if target.exists() and target.stat().st_size:
        raise ExportError(
            f"{shown}: this file exists already; --force replaces it"
        )


def _keep_permissions(target: Path, file: BinaryIO) -> None:
    """Give the new file the permissions, and where that is allowed the owner,
    of the file it replaces.
    """
    if os.name != "posix":
        return

    try:
        old = os.lstat(target)
    except FileNotFoundError:
        return

    if not stat.S_ISREG(old.st_mode):
        return

    with contextlib.suppress(PermissionError):
        os.fchown(file.fileno(), old.st_uid, old.st_gid)

    os.fchmod(file.fileno(), stat.S_IMODE(old.st_mode))


def _lock(file: BinaryIO) -> None:
    """Lock a file that is being written: the lock goes with the process,
    however that ends.
    """
    # Windows locks every open file; some file systems can't
    with contextlib.suppress(ImportError, OSError):
        import fcntl

        fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)


def _remove_abandoned(folder: Path) -> None:
    """Remove the parts in `folder` whose writers were killed: no process holds
    their lock.
    """
    try:
        names = [name for name in os.listdir(folder) if PART.fullmatch(name)]
    except OSError:
        return

    for name in names:
        # it is another user's, or being written
        with contextlib.suppress(ImportError, OSError):
            _remove_unlocked(folder / name)


def _remove_unlocked(part: Path) -> None:
    """Remove a part that no process is writing; OSError where one is."""
    import fcntl

    descriptor = os.open(part, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    try:
        found = os.fstat(descriptor)
        if not found.st_size and time.time() - found.st_mtime < JUST_MADE:
            return

        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        part.unlink()
    finally:
        os.close(descriptor)
