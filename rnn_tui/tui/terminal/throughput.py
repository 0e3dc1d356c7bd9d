"""How fast the line takes the bytes written, and how many of them still wait
before the terminal: pure, no Textual.

Output to a terminal goes into a buffer first: 20 KB on Linux, more behind an
SSH connection. A slow line leaves it full, and then a key acts only when
everything in it has been drawn: at 50 KB/s after half a second. No system says
how full it is, but a write that has to wait does: behind it the buffer is full,
and between two such writes the line has carried the bytes written. From there
on frames are sent no faster than that, and the buffer stays almost empty.
"""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic, process_time

BUFFER = 24 << 10
"""Bytes no buffer takes without its line carrying some of them meanwhile."""
ENOUGH = 8 << 10
"""Bytes between full buffers that tell how fast the line is."""
SLOW = 0.01
"""Seconds of a write that had to wait."""
SURELY = 0.025
"""Seconds of a write that had to wait for the line, and not for a processor."""
LONG = 0.25
"""Seconds of waiting that tell how fast the line is at the most."""
BUSY = 0.6
"""The share of its rate a line was given that wasn't left without work."""
TRUSTED = 30.0
"""Seconds for which a rate is believed; a line that takes all it is given after
that may be faster.
"""
PROBE = 1.1
"""By how much such a line is given more, each second."""
IDLE = 0.5
"""The share of the time without a write in which a full buffer has hardly run
empty.
"""
LULL = 0.25
"""Seconds without a write after which all is counted anew."""
FAST = 2e6
"""Bytes a second of a line that never makes anybody wait."""
CAREFUL = 0.85
"""The share of the line's rate that is counted on."""
SHARE = 0.1
"""Seconds that a slow line takes for one share."""
NEARLY_EMPTY = 1024
"""Bytes that may wait when another frame is sent."""


class Pace:
    """Learns from each write; `ready` says whether another frame would be drawn
    at once.

    Time the program itself was computing is not the line's: it is taken off by
    the processor's clock.
    """

    def __init__(
        self,
        now: Callable[[], float] = monotonic,
        computing: Callable[[], float] = process_time,
    ) -> None:
        self._now = now
        self._computing = computing
        self._waiting = 0.0
        self._writing = False
        self._last = now()
        self._since = (self._last, computing())
        """Both clocks when counting began: `_bytes` were written since, and
        nothing for `_idle` seconds.
        """
        self._bytes = 0
        self._idle = 0.0
        self._probed = (self._last, 0)
        """When the line was given more the last time, or may be, and the bytes
        it was given since.
        """
        self._was_full = False
        """Whether the buffer was full then."""
        self._doubted = False
        """Whether a write had to wait since, though perhaps for a processor."""
        self._bound: float | None = None
        """The most bytes a second the line carried when it made a write wait
        long for the first time.
        """
        self.rate: float | None = None
        """Bytes a second, None for a line that never made anybody wait."""

    def begin(self) -> tuple[float, float]:
        """A write begins: return the clocks."""
        self._writing = True
        return self._clocks()

    def _clocks(self) -> tuple[float, float]:
        return self._now(), self._computing()

    def wrote(self, size: int, begun: tuple[float, float]) -> None:
        """Learn from a write of `size` bytes that has just ended."""
        waiting = self.waiting() + size
        if begun[0] - self._last > LULL:
            self._count_from(begun, False)

        self._idle += max(0.0, begun[0] - self._last)
        self._bytes += size
        self._last, computing = self._clocks()
        self._writing = False
        self._waiting = min(waiting, BUFFER)
        waited = self._last - begun[0] - (computing - begun[1])
        if waited > SLOW:
            self._is_full((self._last, computing), waited > SURELY)
        else:
            if self._bytes > BUFFER:
                self._is_faster(self._seconds((self._last, computing)))

            self._probe(size)

    def waiting(self) -> float:
        """Return how many bytes wait before the terminal, as far as can be
        known.
        """
        if self.rate is None:
            return 0.0

        return max(
            0.0,
            self._waiting - CAREFUL * self.rate * (self._now() - self._last),
        )

    def ready(self) -> bool:
        """Say whether a frame sent now would be drawn at once."""
        return self.rate is None or (
            not self._writing and self.waiting() <= NEARLY_EMPTY
        )

    def share(self) -> int | None:
        """Return how many bytes to write at once, None for as many as there
        are.
        """
        if self.rate is None:
            return None

        return max(NEARLY_EMPTY, int(SHARE * self.rate))

    def _count_from(self, clocks: tuple[float, float], full: bool) -> None:
        self._since = clocks
        self._bytes = 0
        self._idle = 0.0
        self._was_full = full
        self._last = clocks[0]

    def _seconds(self, clocks: tuple[float, float]) -> float:
        """Return the seconds since counting began in which the line could work
        and the program didn't compute.
        """
        return max(
            clocks[0] - self._since[0] - (clocks[1] - self._since[1]),
            1e-9,
        )

    def _is_full(self, clocks: tuple[float, float], surely: bool) -> None:
        """The write had to wait: the line has carried as much as was written
        since the buffer was full before.

        `surely`: it had to wait for the line, not for a processor.
        """
        self._waiting = BUFFER
        seconds = self._seconds(clocks)
        if self._was_full and self._idle <= IDLE * seconds:
            if self._bytes < ENOUGH:
                return

            self.rate = self._bytes / seconds
        elif self.rate is not None and self._bytes >= ENOUGH:
            if not surely and not self._doubted:
                self._doubted = True
                return

            # Paced writes leave no buffer full unless the line is slower than
            # was counted on.
            self.rate = min(self.rate, self._bytes / seconds)
        elif seconds >= LONG and self._bytes >= ENOUGH:
            self._is_slow(self._bytes / seconds)

        self._doubted = False
        self._probed = (clocks[0] + TRUSTED, 0)
        self._count_from(clocks, True)

    def _is_slow(self, bound: float) -> None:
        """The line carried so much at the most while a write waited long.

        A terminal may stop for once; a line that does so for two pictures in
        turn is slow.
        """
        if self._bound is not None:
            self.rate = max(bound, self._bound)

        self._bound = bound

    def _probe(self, size: int) -> None:
        """Give a line more that takes all it was counted on: otherwise a line
        that was slow once would stay slow for ever.
        """
        since, given = self._probed
        elapsed = self._last - since
        if self.rate is None or elapsed < 0:
            return

        self._probed = (since, given + size)
        if elapsed < 1:
            return

        if given + size >= BUSY * self.rate * elapsed:
            self.rate *= PROBE

        self._probed = (self._last, 0)

    def _is_faster(self, seconds: float) -> None:
        """More was taken without waiting than a buffer holds: the line has
        carried the rest.
        """
        carried = (self._bytes - BUFFER) / seconds
        self._bound = None
        if self.rate is not None and carried > self.rate:
            self.rate = carried if carried < FAST else None
