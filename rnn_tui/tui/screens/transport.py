"""The place and time: where the user looks, kept inside the trace, and how it moves by
itself while time runs.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from textual.reactive import reactive

from rnn_tui.tui.screens.assumption_commands import AssumeScreen
from rnn_tui.tui.session.cursor import Place
from rnn_tui.tui.session.playback import MOST_FPS, Player, timestep_of
from rnn_tui.tui.startup.options import LOW_BANDWIDTH_FPS, SPEEDS, ExplorerOptions
from rnn_tui.tui.terminal.textual_internals import driver_of

if TYPE_CHECKING:
    from rnn_tui.engine.trace.trace import CellTrace, ModelTrace
    from rnn_tui.formats.client.process import PendingRead


class PlayScreen(AssumeScreen):
    """Owns the place and the playing."""

    place: reactive[Place] = reactive(Place)
    playing: reactive[bool] = reactive(False)
    speed: reactive[float] = reactive(8.0)

    def __init__(
        self, path: str, options: ExplorerOptions, pending: PendingRead | None = None
    ) -> None:
        super().__init__(path, options, pending)
        self.set_reactive(PlayScreen.speed, options.fps or 8.0)
        if options.low_bandwidth:
            fps = LOW_BANDWIDTH_FPS
        else:
            fps = MOST_FPS

        self.player = Player(self, self._reached, self._ended, fps=fps)

    @property
    def cell(self) -> CellTrace | None:
        """The trace of the cell in question."""
        if self.trace is not None:
            cells = self.trace.cells
        else:
            cells = ()

        if self.place.cell < len(cells):
            return cells[self.place.cell]

        return None

    def validate_place(self, place: Place) -> Place:
        """Keep the place inside the model and its trace."""
        if self.trace is not None:
            cells = self.trace.cells
        else:
            cells = ()

        if self.opened is not None:
            entries = self.opened.model.cells
        else:
            entries = ()

        index = min(max(place.cell, 0), max(len(cells or entries) - 1, 0))
        if not cells:
            return replace(
                place,
                cell=index,
                unit=max(place.unit, 0),
                t=max(place.t, 0),
                sequence=0,
            )

        cell = cells[index]

        return replace(
            place,
            layer=place.layer or cell.layer,
            cell=index,
            unit=min(max(place.unit, 0), cell.units - 1),
            t=min(max(place.t, 0), cell.timesteps - 1),
            sequence=min(max(place.sequence, 0), cell.batch - 1),
        )

    def watch_place(self, before: Place, place: Place) -> None:
        """Write the place; time goes on from where the user moved."""
        cell = self.cell
        if cell is not None and self.playing:
            if place.cell != before.cell:
                self.player.play(
                    timestep_of(place.t, cell.timesteps, cell.reverse),
                    cell.timesteps,
                    self.speed,
                )
            else:
                self.player.seek(timestep_of(place.t, cell.timesteps, cell.reverse))

        self.write_state()

    def watch_playing(self) -> None:
        """Say whether time runs."""
        self.write_state()

    def watch_speed(self, speed: float) -> None:
        """Play at another speed."""
        if self.playing:
            self.player.change_speed(speed)

        self.write_state()

    def enter(self, trace: ModelTrace) -> None:
        """Show a new trace; the place lies inside both, so that no view looks beyond
        one.
        """
        wanted = self.place
        fewest = min((cell.timesteps for cell in trace.cells), default=1)
        self.place = replace(
            self.place, cell=min(self.place.cell, max(len(trace.cells) - 1, 0))
        )
        if trace.cells:
            units = trace.cells[self.place.cell].units
        else:
            units = 1

        if trace.cells:
            batch = trace.cells[self.place.cell].batch
        else:
            batch = 1

        self.place = replace(
            self.place,
            t=min(self.place.t, fewest - 1),
            unit=min(self.place.unit, units - 1),
            sequence=min(self.place.sequence, batch - 1),
        )
        inside = self.place
        self.trace = trace
        # else the first run begins where the command line said
        if self.place == inside:
            self.place = wanted

    def action_step(self, timesteps: int) -> None:
        """Move in time."""
        self.clear_message()
        self.place = replace(self.place, t=self.place.t + timesteps)

    def action_play(self) -> None:
        """Let time run, or hold it."""
        cell = self.cell
        if cell is None:
            self.say_nothing()
            return

        if self.playing:
            self.pause()
            return

        self.clear_message()
        self.playing = True
        self.player.play(
            timestep_of(self.place.t, cell.timesteps, cell.reverse),
            cell.timesteps,
            self.speed,
        )

    def action_loop(self) -> None:
        """Begin again after the last timestep, or stop there."""
        self.player.loop = not self.player.loop
        self.say(
            "playing goes round"
            if self.player.loop
            else "playing stops at the last timestep"
        )
        if self.playing:
            self.pause()
            self.action_play()

    def action_draw_anew(self) -> None:
        """Write every cell again, whatever the terminal shows."""
        forget = getattr(driver_of(self.app), "forget", None)
        if callable(forget):
            forget()

        self.refresh()

    def pause(self) -> None:
        """Hold time."""
        self.player.pause()
        self.playing = False

    def action_faster(self) -> None:
        """Play faster."""
        self._play_at(
            min((speed for speed in SPEEDS if speed > self.speed), default=self.speed)
        )

    def action_slower(self) -> None:
        """Play slower."""
        self._play_at(
            max((speed for speed in SPEEDS if speed < self.speed), default=self.speed)
        )

    def _play_at(self, speed: float) -> None:
        if speed != self.speed:
            end = ""
        elif speed == max(SPEEDS):
            end = ", the fastest"
        else:
            end = ", the slowest"

        self.speed = speed
        if not self.playing or end:  # else the state line shows it
            self.say(f"playing takes {speed:g} timesteps a second{end}")

    def action_cell(self, by: int) -> None:
        """Go to another recurrent cell."""
        if self.trace is not None:
            cells = self.trace.cells
        else:
            cells = ()

        if not cells:
            self.say_nothing()
        elif len(cells) == 1:
            self.say("this is the only recurrent layer")
        else:
            index = (self.place.cell + by) % len(cells)
            self.place = replace(self.place, cell=index, layer=cells[index].layer)

    def _reached(self, step: int) -> None:
        cell = self.cell
        if cell is not None:
            self.place = replace(
                self.place, t=timestep_of(step, cell.timesteps, cell.reverse)
            )

    def _ended(self) -> None:
        self.playing = False
