"""`rnn-tui config`: the places of the configuration and the remembered state,
their content, and the ids of the keys.
"""

from __future__ import annotations

from argparse import Namespace
from typing import TYPE_CHECKING, Any

from rnn_tui.cli.stderr import print_warning
from rnn_tui.text import clean
from rnn_tui.tui.startup.config_file import Config, read_config
from rnn_tui.tui.startup.key_names import shown_key
from rnn_tui.tui.startup.keymap import EVERY
from rnn_tui.tui.startup.shown_keys import ShownKeys

if TYPE_CHECKING:
    from rnn_tui.cli.tables import Part
    from rnn_tui.tui.session.state_file import Remembered


def run(arguments: Namespace) -> int:
    """Write both files' paths and values, and return the exit status."""
    from rnn_tui.cli.output import Result, emit
    from rnn_tui.tui.session.state_file import Remembered

    config = read_config()
    if config.problem:
        print_warning(config.problem)

    state = Remembered()
    shown = ShownKeys(config.keys)
    emit(
        Result(
            page=lambda: page(config, state, shown),
            tree=lambda: tree(config, state, shown),
            titles=("name", "value", "from"),
            rows=lambda: _rows(config, state, shown),
        ),
        arguments,
    )

    return 0


def tree(
    config: Config,
    state: Remembered,
    shown: ShownKeys,
) -> dict[str, Any]:
    """Return all of it as `config --format json` writes it."""
    return {
        "schema": 1,
        "config": {
            "path": str(config.path),
            "exists": config.exists,
            "problem": config.problem or None,
            "values": config.values,
            "keys": dict(config.keys),
        },
        "state": {
            "path": str(state.path),
            "exists": state.path.is_file(),
            "values": _remembered(state),
        },
        "keys": [
            {
                "id": key.id,
                "key": shown.of(key),
                "keys": [shown_key(name) for name in shown.names(key.id)],
                "does": key.title,
                "views": list(key.where) or None,
            }
            for key in EVERY
        ],
    }


def page(
    config: Config,
    state: Remembered,
    shown: ShownKeys,
) -> list[Part]:
    """Return both files for people, and the keys with their ids."""
    from rnn_tui.analysis.table import Table

    config_state = "no such file: every default is in force"
    if config.exists:
        config_state = "read"

    state_state = "no such file yet"
    if state.path.is_file():
        state_state = "read"

    values = [
        [name, value, source]
        for name, value, source in _rows(config, state, shown)
        if source != "key"
    ]
    parts: list[Part] = [
        f"configuration  {clean(config.path)}  ({config_state})",
        f"state          {clean(state.path)}  ({state_state})",
    ]
    if values:
        parts += ["", Table("values", ("Name", "Value", "From"), values)]

    keys = [
        [key.id, shown.all_of(key), key.title, ", ".join(key.where) or "all"]
        for key in EVERY
    ]
    titles = ("Id", "Key", "Does", "In")
    parts += ["", Table("keys", titles, keys)]

    return parts


def _rows(
    config: Config,
    state: Remembered,
    shown: ShownKeys,
) -> list[list[str]]:
    rows = [
        [name, _text(value), "configuration"]
        for name, value in config.values.items()
    ]
    rows += [
        [name, _text(value), "state"]
        for name, value in _remembered(state).items()
    ]
    rows += [[f"keys.{key.id}", shown.of(key), "key"] for key in EVERY]

    return rows


def _remembered(state: Remembered) -> dict[str, Any]:
    return {
        "theme": state.theme,
        "low_bandwidth": state.low_bandwidth,
        "files": state.files,
        "sequences": state.sequences,
    }


def _text(value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return f"{len(value)} kept"

    return clean(value, 120)
