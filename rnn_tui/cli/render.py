"""`rnn-tui render`: a view of the explorer as a picture, or a run in it as an
animation, without a terminal.
"""

from __future__ import annotations

import os
from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from rnn_tui.cli.progress import progress_line
from rnn_tui.cli.source import Source, assumptions
from rnn_tui.cli.stderr import print_warnings
from rnn_tui.errors import ExportError, RnnTuiError
from rnn_tui.text import clean
from rnn_tui.tui.startup.options import ExplorerOptions, prepare_environment

if TYPE_CHECKING:
    from rnn_tui.pictures.grid import Grid
    from rnn_tui.tui.app import RnnTuiApp
    from rnn_tui.tui.screens.explorer import ExplorerScreen

TURN = 0.01
"""Seconds between two looks at the progress."""
PATIENCE = 3
"""How often in a row the explorer must be found at rest."""


def run(arguments: Namespace) -> int:
    """Write the picture and return the exit status."""
    import asyncio

    from rnn_tui.cli.changes import asked_changes

    _check_output(arguments)
    source = Source(arguments)
    options = ExplorerOptions(
        inputs=tuple(source.input or ()),
        layer=arguments.layer,
        view=arguments.view,
        fps=arguments.fps,
        theme=arguments.theme or "dark",
        ascii=arguments.ascii,
        vocab=source.vocab,
        config=arguments.config,
        assume=assumptions(arguments),
        max_memory=arguments.max_memory,
        changes=tuple(asked_changes(arguments)),
        initial_state=arguments.initial_state,
    )
    # read by Textual when it is imported
    os.environ["TEXTUAL_COLOR_SYSTEM"] = "truecolor"
    prepare_environment(options)

    from rnn_tui.pictures.write import write_picture
    from rnn_tui.tui.app import RnnTuiApp
    from rnn_tui.tui.session.state_file import Remembered

    nothing_kept = Remembered(Path(os.devnull))
    app = RnnTuiApp(source.path, source.pending, options, nothing_kept)
    frames, title = asyncio.run(_pictures(app, arguments))
    write_picture(
        frames,
        arguments.output,
        fps=arguments.fps or 8.0,
        title=title,
        force=arguments.force,
    )

    return 0


def _check_output(arguments: Namespace) -> None:
    """Refuse an output file before anything is run."""
    from rnn_tui.export.atomic import refuse_to_overwrite
    from rnn_tui.pictures.write import KINDS, check_can_write, kind_of

    path = arguments.output
    kind = kind_of(path)
    if kind is None:
        raise ExportError(
            f"{clean(path)}: a picture is written to {', '.join(KINDS)}; the "
            "name says which"
        )

    check_can_write(kind)
    if os.path.isfile(path):
        refuse_to_overwrite(Path(path), clean(path), arguments.force)


async def _pictures(
    app: RnnTuiApp,
    arguments: Namespace,
) -> tuple[list[Grid], str]:
    """Return the screens to write, and the picture's title."""
    from rnn_tui.tui.screens.picturing import Wanted, film, still, title_of

    async with app.run_test(size=arguments.size):
        screen = app.explorer
        await _at_rest(app)
        _check(screen)
        _go_to(screen, arguments.at)
        await _at_rest(app)
        title = title_of(screen)
        if not Wanted(arguments.output, arguments.force).moves:
            screen.clear_message()
            return [still(screen)], title

        with progress_line() as progress:
            return await film(screen, progress or _untold), title


def _untold(done: int, total: int) -> None:
    """Show no progress of the pictures."""


async def _at_rest(app: RnnTuiApp) -> None:
    """Wait until the file was read, the model has run and all is drawn."""
    import asyncio

    quiet = 0
    while quiet < PATIENCE:
        while any(not worker.is_finished for worker in app.workers):
            await asyncio.sleep(TURN)
            quiet = 0

        drawn = asyncio.Event()
        app.screen.call_after_refresh(drawn.set)
        await drawn.wait()
        quiet += 1


def _check(screen: ExplorerScreen) -> None:
    """Write the warnings of model and run; raise RnnTuiError where there is
    nothing to show.
    """
    trouble = screen.outcomes.trouble
    told: tuple[str, ...] = ()
    if screen.opened is not None:
        told = screen.opened.warnings
        print_warnings(told)

    if trouble:
        raise RnnTuiError(trouble)

    changed: tuple[str, ...] = ()
    if screen.session.reference is not None:
        changed = screen.session.reference.words

    if screen.trace is not None:
        told += changed
        print_warnings(
            [line for line in screen.trace.warnings if line not in told]
        )

    print_warnings([f"what if: {line}" for line in changed])


def _go_to(screen: ExplorerScreen, timestep: int | None) -> None:
    """Go to the timestep asked for, of the run with the changes.

    Raises RnnTuiError where the run has no such timestep.
    """
    from rnn_tui.analysis.terms import known_timestep
    from rnn_tui.tui.session.session import moved

    cell = screen.session.cell
    if timestep is not None and cell is not None:
        t = known_timestep(cell, timestep)
        screen.session = moved(screen.session, t=t)
