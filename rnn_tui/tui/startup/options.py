"""The command line of the explorer, and the environment that Textual must find:
pure, read before Textual is imported.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping, MutableMapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from rnn_tui.text import clean

if TYPE_CHECKING:
    from rnn_tui.analysis.changes import Change

SPEEDS = (0.5, 1.0, 2.0, 4.0, 8.0, 15.0, 30.0, 60.0)
"""Timesteps a second that `+` and `-` go through."""

LOW_BANDWIDTH_FPS = 8.0
COLOR_SYSTEMS = ("auto", "standard", "256", "truecolor", "windows")
"""Words Textual knows; it ends at any other."""
MONOCHROME = ("vt52", "vt100", "vt102", "vt220", "vt320")
"""Terminals without colours, as terminfo has them; so are those whose names end
in `-mono` and `-m`.
"""


WEB_DRIVER = "textual.drivers.web_driver:WebDriver"
"""The value of TEXTUAL_DRIVER that textual-serve sets, for a program whose
screen it shows in a browser.
"""


def served_in_browser(environ: Mapping[str, str] = os.environ) -> bool:
    """Whether the program was started by textual-serve: its standard input and
    output are pipes to a browser.
    """
    try:
        is_terminal = sys.__stdin__ is not None and sys.__stdin__.isatty()
    except ValueError:  # closed
        return False

    return environ.get("TEXTUAL_DRIVER") == WEB_DRIVER and not is_terminal


def named_only(errors: Sequence[BaseException]) -> str:
    """Return the words for errors of our own without a report."""
    return f"internal error ({type(errors[0]).__name__}: {clean(errors[0])})"


class ExplorerOptions(NamedTuple):
    """The explorer's command line.

    `inputs` are sequences as typed (`SEQ` or `name=SEQ`), `vocab` is the path
    of a vocabulary, `config` of the configuration that goes with a weights-only
    file, `assume` the settings that such a file lacks. `ascii` draws with ASCII
    glyphs, `mouse` asks for mouse events.
    """

    inputs: tuple[str, ...] = ()
    layer: str | None = None
    view: str | None = None
    at: int | None = None
    play: bool = False
    lands: bool = False
    """Whether the first file is a bundled sample by its name, which opens in
    States instead of Layers.
    """
    play_once: bool = False
    """Whether a sample plays there by itself, once."""
    fps: float | None = None
    theme: str | None = None
    ascii: bool = False
    low_bandwidth: bool = False
    mouse: bool = True
    vocab: str | None = None
    config: str | None = None
    assume: Mapping[str, str] = MappingProxyType({})
    no_color: bool = False
    own_theme: str | None = None
    own_theme_at: str = ""
    """The theme of the user's configuration file, and its file and line."""
    loop: bool = False
    keys: Mapping[str, str] = MappingProxyType({})
    """The user's own keys, by the ids of their commands."""
    trouble: str = ""
    """What is wrong with the user's configuration file, in a line."""
    max_memory: int | None = None
    """Bytes the reading process may use, None for the usual ones; every file
    opened or read again is held to it.
    """
    compared: str | None = None
    """The path of another model, with whose run each run is compared."""
    changes: tuple[Change, ...] = ()
    """What is changed of the first run."""
    initial_state: str | None = None
    """The path of the states that the first run starts from."""
    note: Callable[[Sequence[BaseException]], str] = named_only
    """Writes a report of errors of our own that the explorer outlives, and
    returns the words to show.
    """


def prepare_environment(
    options: ExplorerOptions,
    environ: MutableMapping[str, str] = os.environ,
) -> None:
    """Set what Textual reads once, at its import; values the user has set stay
    as they are.

    NO_COLOR is taken out: Textual would turn it into greys, while ours means no
    colour at all (`wants_no_color`); so are COLUMNS and LINES, after which it
    would lay out a screen of that size first, though the terminal has another.
    In a browser they are the browser's own.
    """
    unwanted = ["NO_COLOR"]
    if not served_in_browser(environ):
        unwanted += ["COLUMNS", "LINES", "TEXTUAL_DRIVER"]

    for name in unwanted:
        environ.pop(name, None)

    if environ.get("TEXTUAL_COLOR_SYSTEM") not in COLOR_SYSTEMS:
        environ.pop("TEXTUAL_COLOR_SYSTEM", None)

    environ.setdefault("TEXTUAL_ANIMATIONS", "none")
    if options.low_bandwidth:
        environ.setdefault("TEXTUAL_COLOR_SYSTEM", "256")
        environ.setdefault("TEXTUAL_FPS", str(int(LOW_BANDWIDTH_FPS)))
        environ.setdefault("TEXTUAL_SMOOTH_SCROLL", "0")


def may_play_unasked(
    options: ExplorerOptions,
    environ: Mapping[str, str] = os.environ,
) -> bool:
    """Whether a bundled sample may play without being asked to: not on a slow
    line, not where a view or a timestep was asked for, not where the user
    wants no animations. Asked before `prepare_environment`.
    """
    return not (
        options.low_bandwidth
        or over_ssh(environ)
        or options.view is not None
        or options.at is not None
        or environ.get("TEXTUAL_ANIMATIONS") == "none"
    )


def over_ssh(environ: Mapping[str, str] = os.environ) -> bool:
    """Say whether the terminal is at the other end of an SSH connection."""
    return bool(environ.get("SSH_CONNECTION"))


def wants_no_color(environ: Mapping[str, str] = os.environ) -> bool:
    """Say whether there is to be no colour: NO_COLOR is set and not empty, or
    the terminal is one without colours.
    """
    term = environ.get("TERM", "")
    colourless = term.startswith(MONOCHROME) or term.endswith(("-mono", "-m"))

    return bool(environ.get("NO_COLOR")) or (
        colourless and not environ.get("COLORTERM")
    )
