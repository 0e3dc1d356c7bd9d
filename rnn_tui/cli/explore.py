"""`rnn-tui MODEL`: the explorer; its reading process starts before Textual is
imported.
"""

from __future__ import annotations

import gc
import sys
from argparse import Namespace
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from typing import TYPE_CHECKING

from rnn_tui.cli.source import Source, assumptions, located
from rnn_tui.cli.stderr import print_warning
from rnn_tui.errors import RnnTuiError
from rnn_tui.tui.startup.config_file import Config, read_config
from rnn_tui.tui.startup.options import (
    ExplorerOptions,
    may_play_unasked,
    over_ssh,
    prepare_environment,
    served_in_browser,
    wants_no_color,
)
from rnn_tui.tui.terminal.character_set import needs_ascii
from rnn_tui.tui.terminal.tty_state import refusal

if TYPE_CHECKING:
    from rnn_tui.analysis.changes import Change


def run(arguments: Namespace) -> int:
    """Open the explorer and return its exit status."""
    if arguments.versions:
        from rnn_tui.cli.versions import show_versions

        return show_versions()

    in_browser = served_in_browser()
    why_not = refusal()
    if why_not is not None and not in_browser:
        raise RnnTuiError(why_not)

    source = None
    compared = None
    if arguments.other is not None:
        compared, _ = located(arguments.model)
        arguments.model = arguments.other

    if arguments.model is not None:
        source = Source(arguments)

    config = read_config()
    if config.problem:
        print_warning(config.problem)

    low_bandwidth = (
        arguments.low_bandwidth
        or bool(config.low_bandwidth)
        or _wanted_over_ssh()
    )
    with_mouse = not arguments.no_mouse and config.mouse is not False
    options = ExplorerOptions(
        inputs=tuple((source.input if source else arguments.input) or ()),
        layer=arguments.layer,
        view=arguments.view or config.view,
        at=arguments.at,
        play=arguments.play or bool(config.play),
        fps=arguments.fps or config.fps,
        theme=arguments.theme,
        own_theme=config.theme,
        own_theme_at=config.theme_at,
        ascii=_only_ascii(arguments, config, in_browser),
        low_bandwidth=low_bandwidth,
        mouse=with_mouse and not low_bandwidth,
        loop=bool(config.loop),
        keys=config.keys,
        trouble=config.problem,
        vocab=source.vocab if source else arguments.vocab,
        config=arguments.config,
        assume=assumptions(arguments),
        no_color=wants_no_color(),
        max_memory=arguments.max_memory,
        compared=compared,
        changes=_changes(arguments),
        initial_state=arguments.initial_state,
        note=_noted,
    )
    plays = may_play_unasked(options) and config.play is not False
    named = source is not None and source.sample is not None
    options = options._replace(lands=named, play_once=plays)
    prepare_environment(options)
    with _uncollected() as collect_again:
        if source is not None:
            # while the file is read; a thread beside this one would have to
            # hand the interpreter over at every file that either of them loads
            import_module("rnn_tui.formats.opened")

        load_asyncio()
        from rnn_tui.tui.app import run_explorer

        if source:
            path = source.path
            pending = source.pending
        else:
            path, pending = (None, None)

        return run_explorer(path, pending, options, collect_again)


def _changes(arguments: Namespace) -> tuple[Change, ...]:
    """Return the changes that the options ask for; the module that reads them
    is loaded where there are any.
    """
    given = (
        *arguments.set_changes,
        *arguments.hold_changes,
        *arguments.off_changes,
        *arguments.clamp_changes,
    )
    if not given:
        return ()

    from rnn_tui.cli.changes import asked_changes

    return tuple(asked_changes(arguments))


def _only_ascii(
    arguments: Namespace,
    config: Config,
    in_browser: bool,
) -> bool:
    """Whether ASCII alone is drawn: at the user's wish, or where the terminal
    has nothing else, which a browser always has.
    """
    if arguments.ascii or config.ascii:
        return True

    return not in_browser and needs_ascii(sys.stderr.encoding)


def _noted(errors: Sequence[BaseException]) -> str:
    """Write a report of errors of our own that the explorer outlives and return
    the words to show.
    """
    from rnn_tui.cli.crash import noted

    return noted(errors, sys.argv[1:])


@contextmanager
def _uncollected() -> Iterator[Callable[[], None]]:
    """Look for no garbage while everything is loaded, which takes a tenth of
    that time and finds next to none.

    Collection begins with the call of the function that this yields, once the
    first picture is shown; objects made before are never gone over.
    """

    def collect_again() -> None:
        gc.freeze()
        gc.enable()

    gc.disable()
    try:
        yield collect_again
    finally:
        gc.enable()


def load_asyncio() -> None:
    """Load asyncio without TLS, as Python built without it does: the explorer
    opens no connection, and the module would take a thirtieth of the start.
    """
    if "ssl" in sys.modules:
        return

    # no module: the documented way to have an import fail
    sys.modules["ssl"] = None  # type: ignore[assignment]
    try:
        import_module("asyncio")
    finally:
        del sys.modules["ssl"]


def _wanted_over_ssh() -> bool:
    """Say whether this is an SSH connection and low bandwidth was chosen on one
    before.
    """
    if not over_ssh():
        return False

    from rnn_tui.tui.session.state_file import Remembered

    return Remembered().low_bandwidth is True
