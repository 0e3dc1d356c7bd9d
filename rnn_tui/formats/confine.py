"""The reading process takes its own rights away: memory, processor time, time itself, files, core dumps."""

from __future__ import annotations

import contextlib
import math
import signal
import time

try:
    import resource
except ImportError:  # Windows has no such limits: there the parent's clock alone ends a reader
    resource = None  # type: ignore[assignment]  # Windows has none


def confine(memory: int, cpu_seconds: int) -> None:
    """Limit this process: `memory` bytes of address space, `cpu_seconds` from now on, no file written, no core dump.

    Called after the imports and before the first byte of the file is parsed.
    """
    if resource is None:
        return
    used = int(time.process_time()) + 1
    for name, value in (
        ("RLIMIT_AS", memory),
        ("RLIMIT_CPU", used + cpu_seconds),
        ("RLIMIT_FSIZE", 0),
        ("RLIMIT_CORE", 0),
    ):
        # macOS refuses RLIMIT_AS; a limit that is lower already stays.
        with contextlib.suppress(AttributeError, OSError, ValueError):
            resource.setrlimit(getattr(resource, name), (value, value))


def end_after(seconds: float) -> None:
    """Let the kernel end this process a second after the parent would have, should the parent be gone by then."""
    if hasattr(signal, "alarm"):
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.alarm(math.ceil(seconds) + 1)
