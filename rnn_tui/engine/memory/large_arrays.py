"""Where large arrays live: in memory up to a limit, beyond it in a nameless
temporary file the system may write out.

The pages that a process has read or written of such a file count as its memory
until the system wants it back. `release` gives it back at once, so that a run
of any length stays within the memory of its windows.
"""

from __future__ import annotations

import contextlib
import errno
import math
import mmap
import os
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from rnn_tui.engine.core import lazy_numpy as np
from rnn_tui.errors import SequenceError

if TYPE_CHECKING:
    from numpy.typing import DTypeLike, NDArray

LIMIT = 64 << 20
"""Bytes one array may take in memory."""
BLOCK = 16 << 20
"""Bytes of a large array that are worked on at a time."""
MANY_FILES = 10_240
"""Files a process may ever open at once; a Mac takes no larger number."""
LARGE_FILES = "/var/tmp"
"""Where the system keeps large temporary files on a disk; /tmp may be
memory.
"""


class _Room(mmap.mmap):
    """A file's memory that is ours: letting go of it loses nothing."""


def roomy(
    shape: tuple[int, ...],
    dtype: DTypeLike,
    limit: int = LIMIT,
) -> NDArray[Any]:
    """Return an array of zeros; above `limit` bytes its memory is a nameless
    file, gone with the array.
    """
    size = math.prod(shape) * np.dtype(dtype).itemsize
    if size <= limit:
        return np.zeros(shape, dtype)

    try:
        try:
            return _filed(shape, dtype, size)
        except OSError as error:
            if error.errno != errno.EMFILE or not _more_files():
                raise

            return _filed(shape, dtype, size)
    except OSError as error:
        import tempfile

        where = disk_folder() or tempfile.gettempdir()
        reason: str | None
        if error.errno == errno.EMFILE:
            reason = "more files at once than ulimit -n allows"
        else:
            reason = error.strerror

        raise SequenceError(
            f"this run needs {size >> 20:,} MB in {where} for a while: {reason}"
        ) from None


def _filed(shape: tuple[int, ...], dtype: DTypeLike, size: int) -> NDArray[Any]:
    # it loads every compressor there is, and few runs are so long
    import tempfile

    with tempfile.TemporaryFile(prefix="rnn-tui-", dir=disk_folder()) as file:
        # a full disk is met here, not while writing to memory
        if hasattr(os, "posix_fallocate"):
            os.posix_fallocate(file.fileno(), 0, size)

        file.truncate(size)
        return np.ndarray(shape, dtype, buffer=_Room(file.fileno(), size))


def _more_files() -> bool:
    """Let this process open as many files as the system lets it ask for, and
    say whether those are more.

    A mapped file keeps its descriptor, a deep model on a long sequence makes
    hundreds, and the usual limits, 256 on a Mac and 1,024 on Linux, are there
    to be raised.
    """
    try:
        import resource
    except ImportError:  # Windows, which has no such limit
        return False

    now, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    if most == resource.RLIM_INFINITY:
        wanted = MANY_FILES
    else:
        wanted = min(most, MANY_FILES)

    if now == resource.RLIM_INFINITY or wanted <= now:
        return False

    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, most))

    return True


def release(*arrays: NDArray[Any] | None) -> None:
    """Give back the memory of the files behind `arrays` (views, too); nothing
    is lost, it is read again.
    """
    for array in arrays:
        base: Any = array
        ours = False
        while isinstance(base, np.ndarray):
            ours = ours or (isinstance(base, np.memmap) and base.mode == "r")
            base = base.base

        if (
            isinstance(base, _Room) or (ours and isinstance(base, mmap.mmap))
        ) and hasattr(mmap, "MADV_DONTNEED"):
            with contextlib.suppress(OSError, ValueError):
                base.madvise(mmap.MADV_DONTNEED)


def blocks(
    timesteps: int,
    bytes_a_timestep: int,
    limit: int = LIMIT,
) -> Iterator[slice]:
    """Yield stretches of time that follow each other, each of few megabytes and
    no more than `limit` bytes.
    """
    step = max(1, min(BLOCK, limit) // max(1, bytes_a_timestep))
    for start in range(0, timesteps, step):
        yield slice(start, min(start + step, timesteps))


def built(
    shape: tuple[int, ...],
    dtype: DTypeLike,
    part: Callable[[slice], NDArray[Any]],
    *read: NDArray[Any] | None,
) -> NDArray[Any]:
    """Return an array `(batch, timesteps, …)` of which `part` brings a stretch
    of time, reading from `read`.
    """
    out = roomy(shape, dtype)
    for window in blocks(shape[1], out.nbytes // max(1, shape[1])):
        # a value beyond float32 is infinite there, as in Keras
        with np.errstate(over="ignore", invalid="ignore"):
            out[:, window] = part(window)

        release(out, *read)

    return out


def packed(value: NDArray[Any]) -> NDArray[Any]:
    """Return `(batch, timesteps, …)` contiguous: itself where it is, a large
    one as a file.
    """
    if value.flags.c_contiguous:
        return value

    return built(
        value.shape,
        value.dtype,
        lambda window: value[:, window],
        value,
    )


def converted(value: NDArray[Any], dtype: DTypeLike) -> NDArray[Any]:
    """Return `value` as `dtype`: itself where it has that, a large one as a
    file.
    """
    if value.dtype == np.dtype(dtype) or value.ndim < 2:
        with np.errstate(over="ignore", invalid="ignore"):
            return value.astype(dtype, copy=False)

    return built(value.shape, dtype, lambda window: value[:, window], value)


def disk_folder() -> str | None:
    """Return where the files go: where TMPDIR says, else a disk."""
    chosen = any(os.environ.get(name) for name in ("TMPDIR", "TEMP", "TMP"))
    if not chosen and os.access(LARGE_FILES, os.W_OK):
        return LARGE_FILES

    return None
