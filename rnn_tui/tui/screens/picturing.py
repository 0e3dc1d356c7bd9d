"""The explorer's screen as pictures: the one that is shown, or one for each
timestep of the run.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from rnn_tui.errors import ExportError
from rnn_tui.pictures.grid import Grid, grid_of
from rnn_tui.pictures.write import (
    MOVING,
    check_can_write,
    kind_of,
    write_picture,
)
from rnn_tui.text import clean
from rnn_tui.tui.session.playback import timestep_of
from rnn_tui.tui.session.session import moved
from rnn_tui.tui.terminal.textual_internals import lines_of
from rnn_tui.tui.theme.palette import look_of

if TYPE_CHECKING:
    from rnn_tui.tui.screens.explorer import ExplorerScreen

MOST = 1000
"""Pictures of an animation; of a longer run every second, third … timestep is
shown.
"""


class Wanted(NamedTuple):
    """A file to write a picture or an animation to."""

    path: str
    force: bool

    @property
    def moves(self) -> bool:
        """Whether it is an animation."""
        return kind_of(self.path) in MOVING


def still(screen: ExplorerScreen) -> Grid:
    """Return the screen as it is, with all that was typed in effect."""
    screen.typed_all()
    look = look_of(screen.app)

    return grid_of(lines_of(screen), look.foreground, look.background)


async def film(
    screen: ExplorerScreen,
    tell: Callable[[int, int], None] = lambda done, total: None,
) -> list[Grid]:
    """Return the screen at each timestep of the run, in the order in which the
    cell reads them, and leave it where it was.

    Raises ExportError where there is no run.
    """
    cell = screen.session.cell
    if cell is None:
        raise ExportError("an animation needs a run of a recurrent layer")

    place = screen.session.cursor
    screen.transport.pause()
    screen.clear_message()
    every = -(-cell.timesteps // MOST)
    steps = list(range(0, cell.timesteps, every))
    if steps[-1] != cell.timesteps - 1:
        steps.append(cell.timesteps - 1)

    frames = []
    screen.playing = True  # numbers and dimming are those of playback
    try:
        for number, step in enumerate(steps):
            t = timestep_of(step, cell.timesteps, cell.reverse)
            screen.session = moved(screen.session, t=t)
            await _drawn(screen)
            frames.append(still(screen))
            tell(number + 1, len(steps))
    finally:
        screen.playing = False
        screen.session = moved(screen.session, t=place.t)

    return frames


async def _drawn(screen: ExplorerScreen) -> None:
    """Wait until the screen was laid out and drawn."""
    drawn = asyncio.Event()
    screen.call_after_refresh(drawn.set)
    screen.typed_all()
    await drawn.wait()


async def write(screen: ExplorerScreen, wanted: Wanted) -> None:
    """Write the screen that is shown, or the run in this view, and say where;
    raises ExportError.
    """
    kind = kind_of(wanted.path) or ""
    check_can_write(kind)
    screen.clear_message()
    await _drawn(screen)
    if wanted.moves:
        frames = await film(screen)
    else:
        frames = [still(screen)]

    save = partial(
        write_picture,
        frames,
        wanted.path,
        fps=screen.speed,
        title=title_of(screen),
        force=wanted.force,
    )
    await asyncio.get_running_loop().run_in_executor(None, save)
    where = os.path.abspath(wanted.path)
    if wanted.moves:
        screen.say(f"wrote {len(frames)} pictures to {where}")
    else:
        screen.say(f"wrote the picture to {where}")


def title_of(screen: ExplorerScreen) -> str:
    """Return the name of a picture: the file and the view."""
    return f"{clean(os.path.basename(screen.path))} · {screen.view}"
