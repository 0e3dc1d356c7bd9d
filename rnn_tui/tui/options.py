"""What the explorer was asked to do, and the environment Textual must find: pure, read before Textual is imported."""

from __future__ import annotations

import os
from collections.abc import Mapping, MutableMapping
from types import MappingProxyType
from typing import NamedTuple

VIEWS = ("layers", "weights", "states", "step", "output")
THEMES = ("dark", "light", "high-contrast")
SPEEDS = (0.5, 1.0, 2.0, 4.0, 8.0, 15.0, 30.0, 60.0)
"""Timesteps a second that `+` and `-` go through."""

LOW_BANDWIDTH_FPS = 8.0
COLOR_SYSTEMS = ("auto", "standard", "256", "truecolor", "windows")
"""Words Textual knows; it ends at any other."""
MONOCHROME = ("vt52", "vt100", "vt102", "vt220", "vt320")
"""Terminals without colours, as terminfo has them; so are those whose names end in `-mono` and `-m`."""


class ExplorerOptions(NamedTuple):
    """The explorer's command line.

    `inputs` are sequences as typed (`SEQ` or `name=SEQ`), `vocab` is the path of a vocabulary, `config` of the
    configuration that goes with a weights-only file, `assume` what such a file doesn't say. `ascii` draws with ASCII
    glyphs, `mouse` asks for mouse events.
    """

    inputs: tuple[str, ...] = ()
    layer: str | None = None
    view: str | None = None
    at: int | None = None
    play: bool = False
    fps: float | None = None
    theme: str | None = None
    ascii: bool = False
    low_bandwidth: bool = False
    mouse: bool = True
    vocab: str | None = None
    config: str | None = None
    assume: Mapping[str, str] = MappingProxyType({})
    no_color: bool = False
    max_memory: int | None = None
    """Bytes the reading process may use, None for the usual ones; every file opened or read again is held to it."""


def prepare_environment(options: ExplorerOptions, environ: MutableMapping[str, str] = os.environ) -> None:
    """Set what Textual reads once, at its import; values the user has set stay as they are.

    NO_COLOR is taken out: Textual would turn it into greys, while ours means no colour at all (`wants_no_color`); so
    are COLUMNS and LINES, after which it would lay out a screen of that size first, though the terminal has another.
    """
    for name in ("NO_COLOR", "COLUMNS", "LINES", "TEXTUAL_DRIVER"):
        environ.pop(name, None)
    if environ.get("TEXTUAL_COLOR_SYSTEM") not in COLOR_SYSTEMS:
        environ.pop("TEXTUAL_COLOR_SYSTEM", None)
    environ.setdefault("TEXTUAL_ANIMATIONS", "none")
    if options.low_bandwidth:
        environ.setdefault("TEXTUAL_COLOR_SYSTEM", "256")
        environ.setdefault("TEXTUAL_FPS", str(int(LOW_BANDWIDTH_FPS)))
        environ.setdefault("TEXTUAL_SMOOTH_SCROLL", "0")


def over_ssh(environ: MutableMapping[str, str] = os.environ) -> bool:
    """Say whether the terminal is at the other end of an SSH connection."""
    return bool(environ.get("SSH_CONNECTION"))


def wants_no_color(environ: Mapping[str, str] = os.environ) -> bool:
    """Say whether there is to be no colour: NO_COLOR is set and not empty, or the terminal is one without colours."""
    term = environ.get("TERM", "")
    colourless = term.startswith(MONOCHROME) or term.endswith(("-mono", "-m"))
    return bool(environ.get("NO_COLOR")) or (colourless and not environ.get("COLORTERM"))


def started_with() -> Mapping[str, str]:
    """Return the environment the program was started with.

    Where no locale is set, or C, Python sets LC_CTYPE to one of UTF-8: what the terminal is like isn't known by that.
    """
    try:
        with open("/proc/self/environ", "rb") as file:
            pairs = [pair.partition(b"=") for pair in file.read().split(b"\0")]
    except OSError:  # not Linux
        return os.environ
    return {os.fsdecode(name): os.fsdecode(value) for name, equals, value in pairs if equals}


def needs_ascii(encoding: str | None, environ: Mapping[str, str]) -> bool:
    """Say whether a terminal of this encoding and locale can't show block and braille glyphs.

    The locale is LC_ALL, else LC_CTYPE, else LANG; none at all is C, and C is ASCII.
    """
    if os.name == "posix":
        chosen = (environ.get(name) for name in ("LC_ALL", "LC_CTYPE", "LANG"))
        locale = next((value for value in chosen if value), "C")
        if locale in ("C", "POSIX"):
            return True
    return (encoding or "utf-8").lower().replace("-", "").replace("_", "") not in ("utf8", "utf16", "utf32")
