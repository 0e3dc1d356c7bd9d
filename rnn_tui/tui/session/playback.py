"""Time while playing: the timestep is a function of the clock, so frames may be
dropped and nothing ever lags.

`Clock` is pure. `Player` wakes up once a timestep (or `fps` times a second when
timesteps come faster), skips a frame while the terminal hasn't taken the last
one, and has no timer at all when paused.
"""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic
from typing import TYPE_CHECKING, Any

from rnn_tui.tui.terminal.textual_internals import driver_of

if TYPE_CHECKING:
    from textual.app import App
    from textual.timer import Timer
    from textual.widget import Widget

MOST_FPS = 60.0


def timestep_of(step: int, timesteps: int, reverse: bool) -> int:
    """Return the input's timestep a cell reads as its `step`-th; the inverse is
    the same function.
    """
    if reverse:
        return timesteps - 1 - step

    return step


class Clock:
    """Which step is due: steps count from 0 to `length` - 1, `speed` of them a
    second.
    """

    def __init__(
        self,
        length: int,
        speed: float = 8.0,
        *,
        loop: bool = False,
    ) -> None:
        self.length = max(length, 1)
        self.loop = loop
        self._speed = speed
        self._from = 0.0
        self._since = 0.0

    @property
    def speed(self) -> float:
        """Steps a second."""
        return self._speed

    def seek(self, step: float, now: float) -> None:
        """Be at `step` now."""
        self._from = float(step)
        self._since = now

    def change_speed(self, speed: float, now: float) -> None:
        """Go on from the present timestep, faster or slower."""
        self.seek(self._passed(now), now)
        self._speed = speed

    def step(self, now: float) -> int:
        """Return the step that is due."""
        passed = int(self._passed(now) + 1e-6)
        if self.loop:
            return passed % self.length

        return min(passed, self.length - 1)

    def ended(self, now: float) -> bool:
        """Say whether the last step has been reached for good."""
        return not self.loop and self.step(now) >= self.length - 1

    def until_next(self, now: float) -> float:
        """Return the seconds until the next step is due."""
        passed = self._passed(now) + 1e-6
        return max(0.0, (int(passed) + 1 - passed) / self._speed)

    def _passed(self, now: float) -> float:
        return self._from + max(0.0, now - self._since) * self._speed


class Player:
    """Plays: calls `show(step)` whenever another step is due, and `ended()`
    once after the last one.
    """

    def __init__(
        self,
        owner: Widget,
        show: Callable[[int], None],
        ended: Callable[[], None],
        *,
        fps: float = MOST_FPS,
        now: Callable[[], float] = monotonic,
    ) -> None:
        self._owner = owner
        self._show = show
        self._ended = ended
        self._now = now
        self._clock = Clock(1)
        self._timer: Timer | None = None
        self._awaited: object = None
        self._shown = -1
        self.fps = min(max(fps, 0.1), MOST_FPS)
        self.loop = False

    @property
    def playing(self) -> bool:
        """Whether time runs."""
        return self._timer is not None

    def play(self, step: int, length: int, speed: float) -> None:
        """Let time run from `step` on; from the beginning when that is the last
        one.
        """
        self.pause()
        self._clock = Clock(length, speed, loop=self.loop)
        if not 0 <= step < length - 1:
            step = 0

        self._clock.seek(step, self._now())
        self._shown = step
        self._show(step)
        self._wait()

    def pause(self) -> None:
        """Hold time, and leave no timer behind."""
        self._awaited = None
        if self._timer is not None:
            self._timer.stop()
            self._timer = None

    def seek(self, step: int) -> None:
        """Go on from another step (the user moved while time runs); a step that
        the player itself showed is no seek.
        """
        if step != self._shown:
            self._shown = step
            self._clock.seek(step, self._now())

    def change_speed(self, speed: float) -> None:
        """Play faster or slower from here on."""
        self._clock.change_speed(speed, self._now())
        if self.playing:
            self.pause()
            self._wait()

    def _wait(self) -> None:
        delay = max(self._clock.until_next(self._now()), 1 / self.fps)
        self._awaited = ring = object()
        self._timer = self._owner.set_timer(
            delay,
            lambda: self._frame(ring),
            name="playback",
        )

    def _frame(self, ring: object) -> None:
        # the timer had rung when it was stopped: its message was under way
        if ring is not self._awaited:
            return

        self._timer = None
        now = self._now()
        step = self._clock.step(now)
        ended = self._clock.ended(now)
        if step != self._shown and (ended or not behind(self._owner.app)):
            self._shown = step
            self._show(step)

        if ended:
            self._ended()
        else:
            self._wait()


def behind(app: App[Any]) -> bool:
    """Say whether the terminal hasn't taken the last frame yet; no where that
    can't be known.
    """
    ask = getattr(driver_of(app), "behind", None)
    if callable(ask):
        return bool(ask())

    return False
