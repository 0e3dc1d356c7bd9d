"""The user's own keys: those of the configuration file that name a command, are
keys, and are no other command's in the same view.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from difflib import get_close_matches
from typing import Any

from rnn_tui.tui.startup.key_names import key_list
from rnn_tui.tui.startup.keymap import IDS, AnyKey

FIXED = {
    "ctrl+c": "always leaves",
    "ctrl+q": "always leaves",
    "ctrl+z": "always suspends",
    "ctrl+p": "always opens the command palette",
}
"""Keys that can't be given to a command, and what they do."""


def own_keys(
    values: Mapping[str, Any],
    note: Callable[[str, str], None],
) -> dict[str, str]:
    """Return the keys of each id, apart by commas.

    `note` is told of each id that is left out, and why.
    """
    found: dict[str, list[str]] = {}
    for name, value in values.items():
        keys = key_list(value)
        problem = _problem(name, keys, found)
        if problem:
            note(name, problem)
        elif keys is not None:
            found[name] = keys

    _leave_out_conflicts(found, note)

    return {name: ",".join(keys) for name, keys in found.items()}


def _problem(
    name: str,
    keys: list[str] | None,
    found: Mapping[str, list[str]],
) -> str:
    """Return why an id can't have these keys, empty where it can."""
    if name not in IDS:
        return unknown(name, IDS)
    if keys is None:
        return f'{name} must be a key or several: "p", ["p", "f5"]'

    for key in keys:
        if key in FIXED:
            return f"{key} {FIXED[key]}: {name} needs another key"

        for other, taken in found.items():
            if key in taken and _meet(IDS[name], IDS[other]):
                return f"{key} is the key of {other} already"

    return ""


def _leave_out_conflicts(
    found: dict[str, list[str]],
    note: Callable[[str, str], None],
) -> None:
    """Take away what would have another command's own key; again, as long as
    that gives another command its own key back.
    """
    again = True
    while again:
        again = False
        for name, keys in list(found.items()):
            other = _owner(name, keys, found)
            if other:
                note(name, other)
                del found[name]
                again = True


def _owner(
    name: str,
    keys: list[str],
    found: Mapping[str, list[str]],
) -> str:
    """Return in words which command's own key is among `keys`."""
    mine = IDS[name]
    own = mine.keys.split(",")
    for other in IDS.values():
        if other.id == name or other.id in found or not _meet(mine, other):
            continue

        for key in other.keys.split(","):
            # two commands that share a key from the start may go on with it
            if key in keys and key not in own:
                return (
                    f"{key} is the key of {other.id}: give that another key too"
                )

    return ""


def _meet(one: AnyKey, other: AnyKey) -> bool:
    """Whether both are understood in one view."""
    if not one.where or not other.where:
        return True

    return not set(one.where).isdisjoint(other.where)


def unknown(name: str, known: Any) -> str:
    """Return that there is no such name, and which may have been meant."""
    near = get_close_matches(name, list(known), 1)
    if near:
        return f"there is no {name!r}; did you mean {near[0]!r}?"

    return f"there is no {name!r}"
