"""A long run that goes on: how fast it is, when it will be done, and the part
that can be shown already.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from rnn_tui.tui.renderables.shapes import thousands

if TYPE_CHECKING:
    from rnn_tui.engine.trace.trace import CellTrace, ModelTrace

TOLD_EVERY, SHOWN_EVERY = 0.25, 1.0
"""Seconds between two lines, and between two pictures."""
FIRST_SHOWN = 0.5
"""Seconds before a run is long enough for a picture of its beginning."""


@dataclass(eq=False)
class Filling:
    """Follows one run from its thread: `tell` receives a line, `show` the trace
    as far as it is computed.
    """

    tell: Callable[[str], object]
    show: Callable[[ModelTrace], object]
    clock: Callable[[], float] = time.monotonic
    cells: list[CellTrace] = field(default_factory=list)
    begun: ModelTrace | None = None
    """The trace of the run before its first layer: its input."""

    def __post_init__(self) -> None:
        self._began = self.clock()
        self._next_line = self._began + TOLD_EVERY
        self._next_picture = self._began + FIRST_SHOWN

    def begin(self, trace: ModelTrace) -> None:
        """Note the input of the run."""
        self.begun = trace

    def watch(self, cell: CellTrace) -> None:
        """Note that a cell is about to be computed."""
        self.cells.append(cell)
        self._began = self.clock()

    def progress(self, done: int, total: int) -> None:
        """Note that the cell has read `done` of its timesteps."""
        now = self.clock()
        if now >= self._next_line:
            self._next_line = now + TOLD_EVERY
            self.tell(self._line(done, total, now - self._began))

        if now >= self._next_picture:
            self._next_picture = now + SHOWN_EVERY
            trace = None
            if self.begun is not None:
                trace = so_far(self.begun, self.cells)

            if trace is not None:
                self.show(trace)

    def _line(self, done: int, total: int, seconds: float) -> str:
        rate = done / max(seconds, 1e-3)
        left = (total - done) / max(rate, 1e-3)
        if self.cells:
            layer = f"{self.cells[-1].key}: "
        else:
            layer = ""

        facts = (
            f"{100 * done // max(total, 1)} % · {thousands(round(rate))} a "
            f"second · {_duration(left)} left"
        )

        return (
            f"{layer}timestep {done:,} of {total:,} · {facts}     esc cancels"
        )


def so_far(begun: ModelTrace, cells: Sequence[CellTrace]) -> ModelTrace | None:
    """Return the part of a run that is computed: the inputs of `begun` and
    `cells` as far as they are filled. None where nothing can be shown yet.
    """
    from rnn_tui.engine.trace.trace import CellTrace, LayerTrace

    by_layer: dict[str, list[CellTrace]] = {}
    for cell in cells:
        if cell.so_far() is not None:
            by_layer.setdefault(cell.layer, []).append(cell)

    if not by_layer:
        return None

    layers = {
        path: LayerTrace(path, (), tuple(found))
        for path, found in by_layer.items()
    }
    running = replace(begun, layers=layers)

    return running.with_cells(CellTrace.so_far)


def _duration(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"

    return f"{seconds / 60:.0f} min"
