"""The outputs of the run that the shown one is compared with, on the timesteps
of the shown one.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from rnn_tui.text import clean

if TYPE_CHECKING:
    from rnn_tui.analysis.timeline import Timeline
    from rnn_tui.tui.session.session import Reference, Session


MOST = 24
"""Characters of another sequence's name."""


class Other(NamedTuple):
    """An output of the other run, in the shape of the shown one: NaN where it
    has ended, and where the shown one reads a held timestep again. `names` are
    those of the shown run and of the other.
    """

    values: NDArray[np.float64]
    names: tuple[str, str]

    def at(self, t: int) -> Other | None:
        """Return the values at one timestep, None where it has none."""
        if np.isnan(self.values[t]).all():
            return None

        return Other(self.values[t], self.names)

    def why_none(self, t: int) -> str:
        """Return in words why there are no values at one timestep."""
        if np.isnan(self.values[t:]).all():
            return "has ended"

        return "reads it once"


def names_of(session: Session, reference: Reference) -> tuple[str, str]:
    """Return how the shown run and the one it is compared with are called."""
    if reference.other_sequence:
        return "this sequence", clean(reference.other_sequence, MOST)
    if not reference.other_model:
        plural = "" if len(session.changes) == 1 else "s"
        return f"with the change{plural}", "without"

    shown, other = (
        clean(os.path.basename(subject.opened.file.path))
        for subject in (session.subject, reference.subject)
        if subject.opened is not None
    )
    if shown == other:
        return "this model", "the other model"

    return shown, other


def beside(
    shown: NDArray[Any],
    other: NDArray[Any],
    names: tuple[str, str],
    timeline: Timeline | None = None,
) -> Other | None:
    """Return an output of the other run beside the shown one, both of one
    sequence: `(timesteps, values)` or `(values,)`. None where they have other
    values, or are pictures. With a `timeline` each timestep is beside its own.
    """
    if shown.ndim != other.ndim or shown.ndim > 2:
        return None
    if shown.shape[-1:] != other.shape[-1:]:
        return None

    if shown.ndim < 2:
        return Other(np.asarray(other, dtype=np.float64), names)

    fitted = np.full(shown.shape, np.nan)
    if timeline is not None and timeline.fits(len(other), len(shown)):
        fitted[timeline.places()] = other
    else:
        both = min(len(shown), len(other))
        fitted[:both] = other[:both]

    return Other(fitted, names)


def others_of(session: Session) -> list[Other | None]:
    """Return each output of the run that the shown one is compared with, where
    the difference is shown.
    """
    trace = session.subject.trace
    reference = session.reference
    if trace is None or reference is None or not session.differing:
        return []

    names = names_of(session, reference)
    timeline = reference.comparison.timeline
    sequence = session.cursor.sequence
    pairs = zip(trace.outputs, reference.trace.outputs, strict=False)

    return [
        beside(
            of_sequence(mine, sequence),
            of_sequence(theirs, sequence),
            names,
            timeline,
        )
        for mine, theirs in pairs
    ]


def of_sequence(output: NDArray[Any], sequence: int) -> NDArray[Any]:
    """Return an output of a model for a sequence; one result may be that of
    several.
    """
    value: NDArray[Any] = output[min(sequence, len(output) - 1)]
    return value
