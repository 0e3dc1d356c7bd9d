"""The user's configuration file: theme, speed, defaults of the command line and
keys. A file that is wrong is left aside where it is wrong, and said in a line.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from rnn_tui.text import clean
from rnn_tui.tui.startup.view_table import NAMES

MOST_BYTES = 1 << 18
"""Bytes of the file that are read."""
FASTEST = 1000


class Config(NamedTuple):
    """The settings of the file; None for one that it lacks.

    `keys` are Textual's names of keys, apart by commas, by the id of a command;
    `problem` is a line about the fault of the file, empty where there is none.
    """

    path: Path
    exists: bool = False
    theme: str | None = None
    fps: float | None = None
    view: str | None = None
    ascii: bool | None = None
    low_bandwidth: bool | None = None
    mouse: bool | None = None
    loop: bool | None = None
    play: bool | None = None
    keys: Mapping[str, str] = {}
    problem: str = ""
    theme_at: str = ""
    """The file and the line that name the theme: whether there is such a theme
    is known later.
    """

    @property
    def values(self) -> dict[str, Any]:
        """The settings of the file, by its names."""
        names = ("theme", "fps", *DEFAULTS)
        found = {name: getattr(self, name) for name in names}

        return {
            name: value for name, value in found.items() if value is not None
        }


def config_path() -> Path:
    """Return the file's path: RNN_TUI_CONFIG, or `rnn-tui/config.toml` in the
    folder of the user's configuration.
    """
    chosen = os.environ.get("RNN_TUI_CONFIG")
    if chosen:
        return Path(chosen).expanduser()

    folder = os.environ.get("XDG_CONFIG_HOME")
    if folder:
        return Path(folder) / "rnn-tui" / "config.toml"
    if sys.platform.startswith("linux"):
        return Path.home() / ".config" / "rnn-tui" / "config.toml"

    from platformdirs import user_config_path

    return user_config_path("rnn-tui") / "config.toml"


def read_config(path: Path | None = None) -> Config:
    """Read the file; a wrong setting is left out and told in `problem`."""
    path = path or config_path()
    config = Config(path)
    try:
        if not path.is_file():
            return config

        with open(path, "rb") as file:
            data = file.read(MOST_BYTES + 1)
    except OSError as error:
        words = clean(error.strerror or error)
        return config._replace(problem=f"{clean(path)}: {words}")

    config = config._replace(exists=True)
    if len(data) > MOST_BYTES:
        return config._replace(problem=f"{clean(path)}: larger than 256 KB")

    return _parsed(config, data)


def _parsed(config: Config, data: bytes) -> Config:
    try:
        text = data.decode("utf-8")
        tree = _toml()(text)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        problem = _at(config.path, line, "this is not UTF-8")
        return config._replace(problem=problem)
    except (ValueError, RecursionError) as error:
        words = clean(error, 120)
        found = re.search(r"at line (\d+)", words)
        line = text.count("\n") + 1
        if found is not None:
            line = int(found[1])

        reason = words.partition(" (at ")[0]
        return config._replace(problem=_at(config.path, line, reason))

    return _Reading(config, text).read(tree)


def _toml() -> Callable[[str], dict[str, Any]]:
    """Return the function that parses TOML."""
    if sys.version_info >= (3, 11):
        import tomllib

        return tomllib.loads

    import tomli  # type: ignore[import-not-found,unused-ignore]

    loads: Callable[[str], dict[str, Any]] = tomli.loads

    return loads


def _at(path: Path, line: int, words: str) -> str:
    return f"{clean(path)}, line {line}: {words}"


def _flag(value: Any) -> str:
    if isinstance(value, bool):
        return ""

    return "true or false"


def _view(value: Any) -> str:
    if value in NAMES:
        return ""

    return f"one of {', '.join(NAMES)}"


def _text(value: Any) -> str:
    if isinstance(value, str) and value:
        return ""

    return "a name in quotes"


def _speed(value: Any) -> str:
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if is_number and 0 < value <= FASTEST:
        return ""

    return f"a number of timesteps a second up to {FASTEST}"


DEFAULTS: dict[str, Callable[[Any], str]] = {
    "view": _view,
    "ascii": _flag,
    "low_bandwidth": _flag,
    "mouse": _flag,
    "loop": _flag,
    "play": _flag,
}
"""The settings of `[defaults]`, each with a function that returns the values
expected, empty where it is one.
"""
TOP: dict[str, Callable[[Any], str]] = {"theme": _text, "fps": _speed}
SECTIONS = ("defaults", "keys")


class _Reading:
    """Takes the right settings of a file, and notes the first wrong one."""

    def __init__(self, config: Config, text: str) -> None:
        self._config = config
        self._lines = text.splitlines()
        self._problems: list[tuple[int, str]] = []

    def read(self, tree: Mapping[str, Any]) -> Config:
        """Return the configuration."""
        found: dict[str, Any] = {}
        top = {key: value for key, value in tree.items() if key not in SECTIONS}
        self._take(top, TOP, "", found)
        for section in SECTIONS:
            if not isinstance(tree.get(section, {}), dict):
                self._note(section, "", f"[{section}] is a table")

        defaults = tree.get("defaults")
        if isinstance(defaults, dict):
            self._take(defaults, DEFAULTS, "defaults", found)

        keys = tree.get("keys")
        if isinstance(keys, dict):
            found["keys"] = self._keys(_flat(keys))

        theme_at = ""
        if "theme" in found:
            line = self._line_of("theme", "")
            theme_at = f"{clean(self._config.path)}, line {line}"

        return self._config._replace(
            **found,
            problem=self._problem(),
            theme_at=theme_at,
        )

    def _take(
        self,
        values: Mapping[str, Any],
        known: Mapping[str, Callable[[Any], str]],
        section: str,
        found: dict[str, Any],
    ) -> None:
        for key, value in values.items():
            if key not in known:
                names = [*known, *(SECTIONS if not section else ())]
                self._note(key, section, _unknown(key, names))
                continue

            wanted = known[key](value)
            if wanted:
                self._note(key, section, f"{key} must be {wanted}")
            else:
                found[key] = value

    def _keys(self, values: Mapping[str, Any]) -> dict[str, str]:
        # loaded where there are any
        from rnn_tui.tui.startup.own_keys import own_keys

        return own_keys(values, lambda name, why: self._note(name, "keys", why))

    def _note(self, key: str, section: str, words: str) -> None:
        self._problems.append((self._line_of(key, section), clean(words, 160)))

    def _line_of(self, key: str, section: str) -> int:
        """Return the line in which a key of a section is set, by its text."""
        here = ""
        last = key.rpartition(".")[2]
        for number, line in enumerate(self._lines, 1):
            heading = re.match(r"\s*\[+\s*([\w.\"'-]+)", line)
            if heading is not None:
                here = heading[1].strip("\"'")
                if here in (key, f"{section}.{key}"):
                    return number

                continue

            name = line.partition("=")[0].strip().replace('"', "")
            name = name.replace("'", "").replace(" ", "")
            full = f"{here}.{name}".removeprefix(f"{section}.").lstrip(".")
            if full == key or (name == last and here.startswith(section)):
                return number

        return 1

    def _problem(self) -> str:
        if not self._problems:
            return ""

        line, words = min(self._problems)
        rest = len(self._problems) - 1
        more = ""
        if rest:
            more = f" (and {rest} more)"

        return _at(self._config.path, line, words) + more


def _flat(keys: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Return nested tables as one with dotted names: `view.states` needs no
    quotes in TOML.
    """
    found: dict[str, Any] = {}
    for name, value in keys.items():
        if isinstance(value, dict):
            found.update(_flat(value, f"{prefix}{name}."))
        else:
            found[f"{prefix}{name}"] = value

    return found


def _unknown(name: str, known: Any) -> str:
    from rnn_tui.tui.startup.own_keys import unknown

    return unknown(name, known)
