"""The reading process takes its own rights away: memory, processor time, files, core dumps."""

from __future__ import annotations

import contextlib
import time

try:
    import resource
except ImportError:  # Windows has no such limits: there the parent's clock alone ends a reader
    resource = None  # type: ignore[assignment]


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
