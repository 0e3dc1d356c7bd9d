"""The reading process takes its own rights away: memory, processor time, time
itself, files, core dumps.
"""

from __future__ import annotations

import contextlib
import math
import signal
import time

try:
    import resource
except ImportError:
    # Windows has no such limits: there the parent's clock alone ends a reader
    resource = None  # type: ignore[assignment]  # Windows has none


STEPS = 256
"""Steps of reading after which the allowance is renewed."""


class Allowance:
    """The processor time between two steps of reading: a large file has much, a
    loop without end has little.
    """

    def __init__(self) -> None:
        self.seconds = 0
        self.most = 0
        self._steps = 0

    def renew(self) -> None:
        """Note a step; after some hundred of them the time counts anew, up to
        `most` seconds in all.
        """
        self._steps += 1
        if self._steps % STEPS or not self.most:
            return

        soft = min(_used() + self.seconds, self.most)
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_CPU, (soft, self.most))


_allowance = Allowance()
renew_allowance = _allowance.renew


def confine(memory: int, cpu_seconds: int, step_seconds: int) -> None:
    """Limit this process: `memory` bytes of address space, `cpu_seconds` from
    now on, no file written, no core dump.

    Of its processor time it gets `step_seconds` at first, and so many again
    whenever reading has got on (`renew_allowance`). Called after the imports
    and before the first byte of the file is parsed.
    """
    if resource is None:
        return

    used = _used()
    _allowance.seconds = step_seconds
    _allowance.most = used + cpu_seconds
    for name, soft, hard in (
        ("RLIMIT_AS", memory, memory),
        (
            "RLIMIT_CPU",
            used + min(step_seconds, cpu_seconds),
            used + cpu_seconds,
        ),
        ("RLIMIT_FSIZE", 0, 0),
        ("RLIMIT_CORE", 0, 0),
    ):
        # macOS refuses RLIMIT_AS; a limit that is lower already stays.
        with contextlib.suppress(AttributeError, OSError, ValueError):
            resource.setrlimit(getattr(resource, name), (soft, hard))


def _used() -> int:
    return int(time.process_time()) + 1


def end_after(seconds: float) -> None:
    """Let the kernel end this process a second after the parent would have,
    should the parent be gone by then.
    """
    if hasattr(signal, "alarm"):
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.alarm(math.ceil(seconds) + 1)
