"""NumPy's products on one thread, where a second one costs more than it brings.

OpenBLAS splits a product of two small matrices between all cores and waits,
spinning, for the last of them. On an idle machine that gains nothing at 64
units and 64 sequences (28 µs with one thread or with two) and 30 µs in 90 at
128; where another program has the other core, each timestep waits for that
program's slice of time: 8 ms instead of 30 µs, a run of 200 timesteps 2 s
instead of 0.2. A matrix times a vector is different: from 512 units on it is
bound by memory, and two cores read more than twice as fast.

NumPy has no switch for it, the OpenBLAS that NumPy's wheels bring along has
one. Where it isn't found, nothing changes.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from ctypes import CDLL

PREFIXES = ("scipy_openblas", "openblas")
SUFFIXES = ("64_", "_64", "")


class Switch(NamedTuple):
    """The functions that return and set the number of threads."""

    threads: Callable[[], int]
    use: Callable[[int], object]


@contextlib.contextmanager
def one_thread() -> Iterator[None]:
    """Let products use one thread for a while."""
    switch = _switch()
    if switch is None:
        before = 1
    else:
        before = switch.threads()

    if switch is None or before <= 1:
        yield
        return

    switch.use(1)
    try:
        yield
    finally:
        switch.use(before)


@cache
def _switch() -> Switch | None:
    """Return the switch of NumPy's own OpenBLAS, None where NumPy uses
    something else.
    """
    from ctypes import CDLL
    from pathlib import Path

    import numpy

    inside = Path(numpy.__file__).parent
    for folder in (inside.parent / "numpy.libs", inside / ".dylibs"):
        for path in sorted(folder.glob("*openblas*")):
            with contextlib.suppress(OSError):
                return _named(CDLL(str(path)))

    return None


def _named(library: CDLL) -> Switch | None:
    """Return the switch by the names it goes by in one build or another."""
    for prefix in PREFIXES:
        for suffix in SUFFIXES:
            threads = getattr(
                library,
                f"{prefix}_get_num_threads{suffix}",
                None,
            )
            use = getattr(library, f"{prefix}_set_num_threads{suffix}", None)
            if threads is not None and use is not None:
                return Switch(threads, use)

    return None
