"""How much work the description of a model may take: counted in steps, so that
no slow machine refuses a sound file.

A few kilobytes of a configuration can ask for more than any machine can do:
models in models that double at each level, shapes that follow from shapes.
Whoever describes a model opens an allowance (`bounded`); the code that goes
through its layers, calls and shapes spends it (`spend`), each at the price it
has.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from rnn_tui.errors import TooMuchWorkError

STEPS = 800_000
"""Steps for a small configuration.

A step is some four microseconds, so that these are about three seconds.
"""
STEPS_A_MEGABYTE = 10_000
"""Steps for each megabyte of configuration besides."""
VALUES_A_STEP = 1_000
"""Values that a layer computes in a step where its shapes are found by
trying.
"""
TEXT_A_STEP = 1_000
"""Characters of names that are joined in a step."""


class Allowance:
    """The steps that are left."""

    def __init__(self, steps: int) -> None:
        self.steps = steps
        self.left = steps


_allowance: ContextVar[Allowance | None] = ContextVar("allowance", default=None)


@contextmanager
def bounded(steps: int) -> Iterator[Allowance]:
    """Let the code within spend so many steps; TooMuchWorkError where it takes
    more.
    """
    allowance = Allowance(steps)
    token = _allowance.set(allowance)
    try:
        yield allowance
    finally:
        _allowance.reset(token)


def steps_for(config_bytes: int) -> int:
    """Return the steps that describing a model may take whose configuration has
    so many bytes.
    """
    return STEPS + STEPS_A_MEGABYTE * config_bytes // (1 << 20)


def spend(steps: int = 1) -> None:
    """Take steps from the allowance; where none is open, any number may be
    taken.
    """
    allowance = _allowance.get()
    if allowance is None:
        return

    allowance.left -= steps
    if allowance.left < 0:
        raise TooMuchWorkError(
            f"describing this file takes longer than {allowance.steps:,} "
            "steps, more than any sound file of its size: its models within "
            "models, or its calls, multiply"
        )
