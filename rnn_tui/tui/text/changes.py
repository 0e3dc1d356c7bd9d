"""The user's changes in words: the ones in force, and their effect on the
outputs.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from rnn_tui.tui.renderables.numbers import short
from rnn_tui.tui.terminal.text_width import shortened

if TYPE_CHECKING:
    from rnn_tui.analysis.compare import OutputChange
    from rnn_tui.tui.session.session import Reference, Session

Part = tuple[str, str]
"""Text and its style."""

NAME, LONG_NAME = 18, 40
"""Cells that the name of a compared model or sequence has at most."""

MOST_OUTPUTS = 3
"""Outputs whose change is written: those that move most."""


def effect(reference: Reference, sequence: int = 0) -> str:
    """Return the changes, and the outputs of a sequence of the batch before and
    after.
    """
    parts = [*reference.words[-1:], *outputs(reference, sequence)]
    parts.append(first_difference(reference))

    return "; ".join(part for part in parts if part)


def outputs(reference: Reference, sequence: int) -> list[str]:
    """Return the outputs of a sequence that move most, before and after."""
    found: list[tuple[float, str]] = []
    for change in reference.comparison.outputs:
        found += _units(change, sequence)

    found.sort(key=lambda pair: -pair[0])

    return [text for _, text in found[:MOST_OUTPUTS]]


def _units(change: OutputChange, sequence: int) -> list[tuple[float, str]]:
    before, after = change.last(sequence)
    units = []
    for unit, (old, new) in enumerate(zip(before, after, strict=False)):
        text = f"{change.name}[{unit}] {short(old)} → {short(new)}"
        size = abs(new - old)
        # NaN is as far from a number as can be
        units.append((float("inf") if size != size else size, text))

    return units


def changed_outputs(reference: Reference, sequence: int) -> Iterator[Part]:
    """Yield the changes, and each output before and after: those that move
    most.
    """
    for words in reference.words:
        yield (f"{words}\n", "$warning")

    yield (f"{first_difference(reference)}\n", "$muted")
    before, after = reference.comparison.timesteps
    if reference.other_sequence and before != after:
        yield ("the outputs at the end of each:\n", "$muted")

    for line in outputs(reference, sequence):
        yield (f"  {line}\n", "")


def first_difference(reference: Reference) -> str:
    """Return the first timestep that differs, in words."""
    if not reference.comparison.outputs:
        return "the run stops before the output, so that isn't compared"

    comparison = reference.comparison
    first = comparison.first
    if first is None:
        return "no value differs, to the last bit"
    if comparison.timeline is None:
        return f"differs from t {first} on"

    return (
        f"differs from t {first} on, which is t {comparison.first_after} here; "
        f"{comparison.timeline.words}"
    )


def in_force(session: Session, reference: Reference, wide: bool) -> str:
    """Return the changes in force, or what the run is compared with, and
    whether the difference is shown, for the state line; and the key that shows
    the other, where there is room.
    """
    if not reference.of_changes:
        name = shortened(reference.other, LONG_NAME if wide else NAME)
        if session.differing:
            return f"Δ to {name} · b values"

        return f"values · b Δ to {name}"

    if len(session.changes) == 1:
        words = "1 change"
    else:
        words = f"{len(session.changes)} changes"

    if session.differing:
        words += " · Δ in States"

    if wide:
        words += " (b values)" if session.differing else " (b difference)"

    return words
