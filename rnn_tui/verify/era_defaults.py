"""Defaults that an old file relies on, written out for a Keras with other
defaults.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rnn_tui.engine.cells.kinds import find_kind
from rnn_tui.formats.architecture.keras3_names import canonical
from rnn_tui.formats.data.spec import Era

CHANGED = ("activation", "recurrent_activation", "reset_after")
"""Keys whose default differs between today's Keras and an earlier one."""


def with_era_defaults(config: Any, era: Era) -> tuple[Any, list[str]]:
    """Return a configuration with the defaults of its era, and the added
    settings in words.

    A nested Sequential that is a bare list is given its own name: today's Keras
    would choose another.
    """
    added: list[str] = []
    completed = _completed(config, era, added)
    each_once = list(dict.fromkeys(added))

    return completed, each_once


def _completed(value: Any, era: Era, added: list[str]) -> Any:
    if isinstance(value, list):
        return [_completed(item, era, added) for item in value]
    if not isinstance(value, Mapping):
        return value

    found = {key: _completed(item, era, added) for key, item in value.items()}
    config = found.get("config")

    # a nested Sequential as Keras before 2.2.3 wrote it
    if isinstance(config, list) and "inbound_nodes" in found:
        return {
            **found,
            "config": {"name": found.get("name"), "layers": config},
        }

    if not isinstance(config, Mapping):
        return found

    missing = _missing(str(found.get("class_name")), config, era)
    for key, item in missing.items():
        added.append(f"{key} {_in_json(item)}")

    if missing:
        found["config"] = {**config, **missing}

    return found


def _missing(
    class_name: str,
    config: Mapping[str, Any],
    era: Era,
) -> dict[str, Any]:
    """Return the keys that an object's configuration lacks, with the values
    they had when it was written.
    """
    kind = find_kind(class_name)
    if kind is None or not kind.gated:
        return {}

    _, complete, _ = canonical(class_name, config, era)
    lacking = [key for key in CHANGED if key in complete and key not in config]

    return {key: complete[key] for key in lacking}


def _in_json(value: Any) -> str:
    """Return true and false in JSON's spelling."""
    if isinstance(value, bool):
        return str(value).lower()

    return str(value)
