"""The parent's side: start a reading process on a file, watch over it, end it
when it misbehaves.

The file is parsed in a child, always: HDF5's library, fed a damaged file, may
spin for ever, crash or take gigabytes, and nothing inside the same process
could stop it. The child's standard input is the file (opened here, once), its
standard output the shared file of `exchange`; it sees no terminal and no
environment. Of a model that is a folder it gets its other members too, opened
here; no other descriptor.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
import sys
import time
import weakref
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple

import rnn_tui
from rnn_tui.errors import FileError, RunCancelledError
from rnn_tui.formats.client import child_processes as children
from rnn_tui.formats.client.source_file import Identity, Sources, open_sources
from rnn_tui.formats.wire import protocol as exchange
from rnn_tui.formats.wire.limits import Limits
from rnn_tui.text import clean

if TYPE_CHECKING:
    from rnn_tui.formats.data.description import FileDescription

_START = (
    "import sys; sys.path[:] = {path!r}; from rnn_tui.formats.reader.main "
    "import main; main()"
)
_LEAST = 384 << 20
"""Bytes of address space below which Python, NumPy and h5py themselves don't
run.
"""
_BEAT = 0.05
"""Seconds between two looks at the caller's `cancelled`."""


class Job(NamedTuple):
    """One child at work: its process, the file it answers in, and when it must
    be done.
    """

    process: subprocess.Popen[bytes]
    shared: BinaryIO
    deadline: float


class PendingRead:
    """A file that is being read; `result` waits for its description, `cancel`
    ends the reading.
    """

    def __init__(self, path: str, limits: Limits) -> None:
        self.path = path
        self.limits = limits
        self.size = 0
        self.identities: tuple[tuple[str, Identity], ...] = ()
        self._notes: tuple[str, ...] = ()
        self._error: FileError | None = None
        self._job: Job | None = None
        self._description: FileDescription | None = None
        try:
            sources = open_sources(path)
        except FileError as error:
            self._error = error
            return

        with contextlib.closing(sources):
            self.size = sources.size
            self.identities = sources.identities
            self._notes = sources.notes
            request = {"do": "describe", "sure": False}
            self._job = start(
                sources,
                limits,
                request,
                limits.at_once + exchange.ARRAYS,
            )

        self._end = weakref.finalize(self, _end, self._job)

    def result(
        self,
        cancelled: Callable[[], bool] | None = None,
    ) -> FileDescription:
        """Return the file's description, when the child has answered.

        Raises FileError (not a Keras model, damaged, hostile) and
        RunCancelledError.
        """
        if self._error is not None:
            raise self._error

        if self._description is None:
            if self._job is None:
                raise RunCancelledError

            try:
                answer = finish(self._job, self.path, cancelled)
                self._description = self._described(answer, self._job.shared)
            finally:
                self._end()
                self._job = None

        return self._description

    def _described(self, answer: Any, shared: BinaryIO) -> FileDescription:
        if isinstance(answer.get("shards"), list):
            from rnn_tui.formats.client.shards import describe_shards

            return describe_shards(
                self.path,
                answer["shards"],
                self.size,
                lambda path: PendingRead(path, self.limits).result(),
            )

        from rnn_tui.formats.client.validate_answer import describe

        ask = partial(_ask_again, self.path, self.identities, self.limits)
        found = describe(self.path, self.size, answer, shared, self.limits, ask)
        if self._notes:
            warnings = (*found.warnings, *self._notes)
            found = found._replace(warnings=warnings)

        return found

    def cancel(self) -> None:
        """End the reading; harmless when it has ended already."""
        if self._job is not None:
            self._end()
            self._job = None


def start_reading(
    path: str | os.PathLike[str],
    *,
    limits: Limits | None = None,
) -> PendingRead:
    """Start to read a file in another process and return at once; `result`
    raises every error.
    """
    return PendingRead(os.path.abspath(os.fspath(path)), limits or Limits())


def _ask_again(
    path: str,
    identities: tuple[tuple[str, Identity], ...],
    limits: Limits,
    request: dict[str, Any],
    room: int,
) -> tuple[Any, BinaryIO]:
    """Put a request to a fresh child, about the same file as before or not at
    all; return its answer and their file.
    """
    sources = open_sources(path)
    with contextlib.closing(sources):
        if sources.identities != identities:
            raise FileError(
                f"{clean(path)}: the file has changed since it was opened; "
                "reload it"
            )

        job = start(sources, limits, request, room)
        return finish(job, path), job.shared


def start(
    sources: Sources,
    limits: Limits,
    request: dict[str, Any],
    room: int,
) -> Job:
    """Start a child on open files, the first as its standard input; `room` is
    the size its answer may have.
    """
    size = sources.size
    shared = _shared_file(room)
    memory = max(limits.memory, _LEAST) + 2 * size + room
    seconds = limits.clock_limit(size, room)
    request = {
        **request,
        "limits": limits.as_request(),
        "room": room,
        "memory": memory,
        "size": size,
    }
    request["seconds"] = seconds
    first, *others = sources.members
    request["first"] = {"name": first.name, "size": first.identity.size}
    request["others"] = [
        {
            "name": other.name,
            "size": other.identity.size,
            "descriptor": other.file.fileno(),
        }
        for other in others
    ]
    request["kind"] = sources.kind
    shared.write(exchange.pack(request))
    shared.seek(0)
    process = _spawn(first.file, shared, [other.file for other in others])

    return Job(process, shared, time.monotonic() + seconds)


def _spawn(
    source: BinaryIO,
    shared: BinaryIO,
    others: Sequence[BinaryIO] = (),
) -> subprocess.Popen[bytes]:
    """Start the reading process; the other members of a folder keep the numbers
    of their descriptors in it.
    """
    options: dict[str, Any]
    if os.name == "posix":
        options = {"start_new_session": True}
    else:
        options = {"creationflags": 0x08000200}

    process = subprocess.Popen(
        [sys.executable, "-I", "-S", "-c", _START.format(path=_import_path())],
        stdin=source,
        stdout=shared,
        stderr=subprocess.DEVNULL,
        env=_environment(),
        cwd="/" if os.name == "posix" else None,
        pass_fds=[other.fileno() for other in others],
        **options,
    )
    children.note(process)

    return process


def finish(
    job: Job,
    path: str,
    cancelled: Callable[[], bool] | None = None,
) -> Any:
    """Wait for a child and return its answer; FileError when it crashes, is too
    slow or reports a problem.
    """
    while not _ended(job.process, _BEAT):
        if cancelled is not None and cancelled():
            _end(job)
            raise RunCancelledError

        if time.monotonic() > job.deadline:
            children.end(job.process)
            raise FileError(
                f"{clean(path)}: reading took too long and was stopped: the "
                "file is damaged or hostile"
            )

    # The child may have left processes of its own behind if something took it
    # over.
    children.end(job.process)
    code = job.process.returncode
    if code != 0:
        raise FileError(f"{clean(path)}: {_why_ended(code)}")

    try:
        answer = exchange.unpack(job.shared)
    except (ValueError, RecursionError, UnicodeDecodeError):
        raise FileError(
            f"{clean(path)}: the reader gave no valid answer: the file is "
            "damaged or hostile"
        ) from None

    if not isinstance(answer, dict):
        raise FileError(
            f"{clean(path)}: the reader gave no valid answer: the file is "
            "damaged or hostile"
        )
    if "error" in answer:
        raise FileError(f"{clean(path)}: {clean(answer['error'], 600)}")

    return answer


def _shared_file(room: int) -> BinaryIO:
    if hasattr(os, "memfd_create"):
        file: BinaryIO = os.fdopen(
            os.memfd_create("rnn-tui"),
            "r+b",
            buffering=0,
        )
    else:
        import tempfile

        file = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115

    file.truncate(room)
    return file


def _import_path() -> list[str]:
    """Return where the child imports from: the parent's path, so that any way
    of installing works without `site`.
    """
    package = os.path.dirname(os.path.abspath(rnn_tui.__file__))
    home = os.path.dirname(package)
    path = [os.path.abspath(entry) for entry in sys.path if entry]
    if home in path:
        return path

    return [*path, home]


def _environment() -> dict[str, str]:
    kept = ("PATH", "LANG", "SYSTEMROOT", "LD_LIBRARY_PATH")
    return {
        **{name: os.environ[name] for name in kept if name in os.environ},
        "HDF5_PLUGIN_PRELOAD": "::",
        "HDF5_USE_FILE_LOCKING": "FALSE",
        "OPENBLAS_NUM_THREADS": "1",
        "OMP_NUM_THREADS": "1",
        "MKL_NUM_THREADS": "1",
    }


def _ended(process: subprocess.Popen[bytes], seconds: float) -> bool:
    """Wait up to `seconds` for a process, returning as soon as it ends; where
    possible it isn't reaped yet.
    """
    try:
        # the timeout of Popen.wait sleeps up to 50 ms too long
        descriptor = os.pidfd_open(process.pid)
    except (AttributeError, OSError):
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(seconds)

        return process.poll() is not None

    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    try:
        return bool(poll.poll(seconds * 1000))
    finally:
        os.close(descriptor)


def _end(job: Job) -> None:
    children.end(job.process)
    job.shared.close()


def _why_ended(code: int) -> str:
    if hasattr(signal, "SIGXCPU") and code in (
        -signal.SIGXCPU,
        -signal.SIGALRM,
        -signal.SIGKILL,
    ):
        return (
            "reading took too long and was stopped: the file is damaged or "
            "hostile"
        )
    if code < 0:
        return "the file made the reader crash: it is damaged or hostile"

    return "the reader failed on this file: it is damaged or hostile"
