"""The lane of influence below the input: how much each timestep moves the
target, and the line that says how that was found.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from rnn_tui.engine.core.arrays import Array
from rnn_tui.tui.renderables.numbers import short
from rnn_tui.tui.renderables.palette import Look
from rnn_tui.tui.renderables.scales import Scale
from rnn_tui.tui.session.influence import (
    features_of,
    preview_of,
    question_of,
    scale_of,
    whole_features_of,
)
from rnn_tui.tui.session.question import Refused
from rnn_tui.tui.states_page.rows import Lane, Row
from rnn_tui.tui.units_page.rankings import signed

if TYPE_CHECKING:
    from rnn_tui.analysis.influence import Influence
    from rnn_tui.tui.session.question import Question
    from rnn_tui.tui.session.session import Session

MOST_FEATURES = 4
"""Features that are written: those that matter most."""
LABEL = "moved"
"""What the lane is called: the input's timesteps moved the target so."""


def influence_lanes(session: Session, look: Look) -> tuple[Lane, ...]:
    """Return the lane of each input that has as many timesteps as the cell;
    none where no influence is asked for.
    """
    question = question_of(session)
    if question is None:
        return ()

    answers = session.subject.answers
    answer = answers.get(question)
    computing = answer is None
    if computing:
        answer = answers.get(preview_of(question))

    if answer is None or (computing and isinstance(answer, Refused)):
        return (_empty(session, f"{question.target}: computing …"),)
    if isinstance(answer, Refused):
        return (_empty(session, answer.line),)

    lanes = [
        _lane(
            found,
            _features(session, question, found),
            caption(
                found,
                session.cursor.t,
                look,
                computing,
                probability=_is_probability(session),
            ),
        )
        for found in answer.values()
        if session.cell is not None
        and len(found.by_timestep) == session.cell.timesteps
    ]
    if not lanes:
        return (
            _empty(
                session,
                "the layer reads another number of timesteps than the input "
                "has: rnn-tui analyze --show influence has the numbers",
            ),
        )

    return tuple(lanes)


def _is_probability(session: Session) -> bool:
    """Whether the target is the probability of a softmax or a sigmoid."""
    choice = session.influence
    of_output = choice is not None and not choice.of_unit

    return of_output and scale_of(session) == "probability"


def _features(session: Session, question: Question, found: Influence) -> str:
    """Return the features that matter most, of all timesteps and of the one
    under the cursor, a line each; empty where there is one feature.
    """
    t = session.cursor.t
    own = features_of(session, question)
    every = whole_features_of(session, question)
    of_timestep: Any = None
    of_all: Any = found.by_feature
    if own is not None:
        of_timestep = session.subject.answers.get(own)

    if every is not None:
        of_all = session.subject.answers.get(every)
    elif found.by_feature is not None:
        of_timestep = found.values[min(t, len(found.values) - 1)]

    lines = [
        _largest("features", of_all),
        _largest(f"features at t {t}", of_timestep),
    ]

    return "\n".join(line for line in lines if line)


def _largest(name: str, values: Any) -> str:
    """Return the features with the largest numbers; empty where those aren't
    known.
    """
    if values is None or isinstance(values, Refused):
        return ""

    order = np.argsort(-np.abs(values), kind="stable")[:MOST_FEATURES]
    shown = [f"[{k}] {signed(float(values[k]))}" for k in order.tolist()]

    return f"{name}: {'  '.join(shown)}"


def _lane(found: Influence, features: str, words: str) -> Lane:
    values = np.asarray(found.by_timestep, dtype=np.float64)
    finite = values[np.isfinite(values)]
    largest = float(np.abs(finite).max(initial=0.0)) or 1.0
    signed = found.method != "gradient"
    low = -largest if signed else 0.0
    row = Row(
        (id(found),),
        LABEL,
        LABEL,
        _reader(values),
        Scale(low, largest, signed=signed),
    )

    if features:
        words += f"\n{features}"

    return Lane(row, words)


def _reader(
    values: NDArray[np.float64],
) -> Callable[[int, int, int], Array]:
    def read(start: int, stop: int, sequence: int) -> Array:
        return values[start:stop]

    return read


def _empty(session: Session, words: str) -> Lane:
    cell = session.cell
    timesteps = 0 if cell is None else cell.timesteps
    nothing = np.zeros(timesteps)
    row = Row(
        ("no influence", timesteps),
        LABEL,
        LABEL,
        _reader(nothing),
        Scale(-1.0, 1.0, signed=True),
    )

    return Lane(row, words)


def caption(
    found: Influence,
    t: int,
    look: Look,
    computing: bool = False,
    *,
    probability: bool = False,
) -> str:
    """Return the line below the lane: the target, the method with its baseline,
    the bar at timestep `t`, how to read the bars, their sum. `probability` says
    that the target is one.
    """
    moved = float(found.by_timestep[min(t, len(found.by_timestep) - 1)])
    value = f"{found.target} = {short(found.value)}"
    if probability:
        value += " (probability)"

    parts = [value, f"t {t} moves it {signed(moved)}"]
    if found.method == "gradient":
        parts.append("how fast it changes with each timestep, through time")
    elif found.method == "swap":
        parts.append(f"against {found.baseline}")
        parts.append(_signs(look))
        parts.append("each timestep swapped, need not add up")
    else:
        parts.append(f"by Integrated Gradients from {found.baseline}")
        parts.append(f"Σ {short(found.sum)}")
        if found.residual is not None:
            parts.append(f"Σ misses {short(found.residual)}")

        parts.append(found.note)

    if computing:
        parts.append("running with each timestep swapped …")

    return " · ".join(part for part in parts if part)


def _signs(look: Look) -> str:
    """Return how a bar says whether its timestep raised the target."""
    if look.half:
        return "red raised, blue lowered"
    if look.ascii:
        return "letters raised, digits lowered"

    return "blocks raised, dots lowered"
