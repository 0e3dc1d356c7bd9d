"""What the system says of other processes (Linux; elsewhere nothing is
known).
"""

from __future__ import annotations

import contextlib
from pathlib import Path


def descendants(pid: int) -> list[int]:
    """Return the living descendants of a process, whatever session they are
    in.
    """
    found: list[int] = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        with contextlib.suppress(OSError):
            for child in map(int, task.read_text().split()):
                found += [child, *descendants(child)]
    return found


def states(pid: int) -> set[str]:
    """Return the states of a process's threads: R runs or would run, S sleeps,
    T is stopped, Z has ended.
    """
    found = set()
    for task in Path(f"/proc/{pid}/task").glob("*/stat"):
        with contextlib.suppress(OSError):
            found.add(_state(task.read_text()))
    return found


def state(pid: int) -> str:
    """Return the state of a process, X when it is gone."""
    try:
        return _state(Path(f"/proc/{pid}/stat").read_text())
    except OSError:
        return "X"


def is_alive(pid: int) -> bool:
    """Whether a process runs (a zombie doesn't)."""
    return state(pid) not in ("Z", "X")


def _state(stat: str) -> str:
    return stat.rpartition(")")[2].split()[0]
