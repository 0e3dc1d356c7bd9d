"""What an old file leaves out because it went without saying, written out for a Keras
to which something else does.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rnn_tui.engine.cells.kinds import find_kind
from rnn_tui.formats.architecture.keras3_names import canonical
from rnn_tui.formats.data.spec import Era

LEFT_OUT = ("activation", "recurrent_activation", "reset_after")
"""Keys whose default is another one in today's Keras, or was in one before."""


def settled(config: Any, era: Era) -> tuple[Any, list[str]]:
    """Return a configuration with what its era takes for granted, and what was added to
    it, in words.

    A Sequential within a model gets its own name, where it is a bare list: today's
    Keras would call it otherwise.
    """
    added: list[str] = []
    return _settled(config, era, added), list(dict.fromkeys(added))


def _settled(value: Any, era: Era, added: list[str]) -> Any:
    if isinstance(value, list):
        return [_settled(item, era, added) for item in value]
    if not isinstance(value, Mapping):
        return value

    found = {key: _settled(item, era, added) for key, item in value.items()}
    config = found.get("config")
    # a model in a model, before Keras 2.2.3
    if isinstance(config, list) and "inbound_nodes" in found:
        return {**found, "config": {"name": found.get("name"), "layers": config}}
    if not isinstance(config, Mapping):
        return found

    missing = _missing(str(found.get("class_name")), config, era)
    added += [f"{key} {_in_json(item)}" for key, item in missing.items()]
    if missing:
        found["config"] = {**config, **missing}

    return found


def _missing(class_name: str, config: Mapping[str, Any], era: Era) -> dict[str, Any]:
    """Return the keys that an object's configuration lacks, with the values they had
    when it was written.
    """
    kind = find_kind(class_name)
    if kind is not None and kind.gated:
        _, whole, _ = canonical(class_name, config, era)
        return {
            key: whole[key] for key in LEFT_OUT if key in whole and key not in config
        }

    return {}


def _in_json(value: Any) -> str:
    """Return true and false as a configuration has them."""
    if isinstance(value, bool):
        return str(value).lower()

    return str(value)
