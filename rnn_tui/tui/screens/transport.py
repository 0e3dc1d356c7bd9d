"""Time: it runs and is held, faster and slower, once or round and round."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rnn_tui.tui.session.playback import MOST_FPS, Player, timestep_of
from rnn_tui.tui.session.session import Session, moved
from rnn_tui.tui.startup.options import (
    LOW_BANDWIDTH_FPS,
    SPEEDS,
    ExplorerOptions,
)

if TYPE_CHECKING:
    from rnn_tui.tui.screens.explorer import ExplorerScreen


class Transport:
    """Moves the session while time runs.

    The screen's `playing` and `speed` say how it runs.
    """

    def __init__(
        self,
        screen: ExplorerScreen,
        options: ExplorerOptions,
    ) -> None:
        self._screen = screen
        if options.low_bandwidth:
            fps = LOW_BANDWIDTH_FPS
        else:
            fps = MOST_FPS

        self.player = Player(screen, self._reached, self._ended, fps=fps)
        self.player.loop = options.loop

    def play(self) -> None:
        """Let time run, or hold it."""
        screen = self._screen
        if screen.session.cell is None:
            screen.say_nothing()
        elif screen.playing:
            self.pause()
        else:
            screen.clear_message()
            screen.playing = True
            self._start(screen.session)

    def pause(self) -> None:
        """Hold time."""
        self.player.pause()
        self._screen.playing = False

    def loop(self) -> None:
        """Begin again after the last timestep, or stop there."""
        self.player.loop = not self.player.loop
        if self.player.loop:
            self._screen.say("playing goes round")
        else:
            self._screen.say("playing stops at the last timestep")

        if self._screen.playing:
            self._start(self._screen.session)

    def faster(self) -> None:
        """Play faster."""
        speed = self._screen.speed
        self._play_at(
            min((one for one in SPEEDS if one > speed), default=speed)
        )

    def slower(self) -> None:
        """Play slower."""
        speed = self._screen.speed
        self._play_at(
            max((one for one in SPEEDS if one < speed), default=speed)
        )

    def follow(self, before: Session, session: Session) -> None:
        """Go on from where the user moved while time runs."""
        cell = session.cell
        if cell is None:
            self.pause()
        elif cell is not before.cell:
            self._start(session)
        else:
            t = session.cursor.t
            self.player.seek(timestep_of(t, cell.timesteps, cell.reverse))

    def _start(self, session: Session) -> None:
        cell = session.cell
        if cell is None:
            return

        step = timestep_of(session.cursor.t, cell.timesteps, cell.reverse)
        self.player.play(step, cell.timesteps, self._screen.speed)

    def _play_at(self, speed: float) -> None:
        screen = self._screen
        if speed != screen.speed:
            end = ""
        elif speed == max(SPEEDS):
            end = ", the fastest"
        else:
            end = ", the slowest"

        screen.speed = speed
        if screen.playing:
            self.player.change_speed(speed)

        if not screen.playing or end:  # else the state line shows it
            screen.say(f"playing takes {speed:g} timesteps a second{end}")

    def _reached(self, step: int) -> None:
        session = self._screen.session
        cell = session.cell
        if cell is not None:
            t = timestep_of(step, cell.timesteps, cell.reverse)
            self._screen.session = moved(session, t=t)

    def _ended(self) -> None:
        self._screen.playing = False
