"""Which timesteps mattered: the user's choice, and the questions that follow
from the place in question.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from rnn_tui.tui.session.question import Question
from rnn_tui.tui.session.session import InfluenceChoice, Session

if TYPE_CHECKING:
    from rnn_tui.analysis.influence import Influence
    from rnn_tui.analysis.target import Scales
    from rnn_tui.engine.trace.trace import CellTrace

KIND = "influence"
MAP = "influence map"
FEATURES = "influence of features"
"""The kinds of its questions."""

QUANTITIES = {"logit": "logit", "margin": "margin", "probability": ""}
"""The quantity of the target on each scale."""


def next_choice(session: Session) -> Session:
    """Return the session that asks for the influence on the output, then on the
    selected unit, then for none.
    """
    choice = session.influence
    following: InfluenceChoice | None
    if choice is None:
        following = InfluenceChoice()
    elif not choice.of_unit:
        following = choice._replace(of_unit=True)
    else:
        following = None

    return replace(session, influence=following)


def by(session: Session, method: str) -> Session:
    """Return the session that asks for the influence by a method."""
    choice = session.influence or InfluenceChoice()
    return replace(session, influence=choice._replace(method=method))


def on_scale(session: Session, scale: str) -> Session:
    """Return the session that asks for the influence on a logit, its margin or
    the probability.
    """
    choice = session.influence or InfluenceChoice()
    return replace(
        session,
        influence=choice._replace(of_unit=False, scale=scale),
    )


def on_output(session: Session) -> Session:
    """Return the session that asks for the influence on the output."""
    choice = session.influence or InfluenceChoice()
    return replace(session, influence=choice._replace(of_unit=False))


def on_unit(session: Session) -> Session:
    """Return the session that asks for the influence on the selected unit."""
    choice = session.influence or InfluenceChoice()
    return replace(session, influence=choice._replace(of_unit=True))


def none(session: Session) -> Session:
    """Return the session that asks for no influence."""
    return replace(session, influence=None)


def against(session: Session, baseline: str) -> Session:
    """Return the session whose influence is against a baseline: zeros, mean,
    token:X, or the text of a sequence.
    """
    choice = session.influence or InfluenceChoice()
    return replace(session, influence=choice._replace(baseline=baseline))


def question_of(session: Session) -> Question | None:
    """Return the question whose answer is wanted, None where there is none."""
    choice = session.influence
    cell = session.cell
    if choice is None or cell is None or session.subject.trace is None:
        return None

    return Question(
        KIND,
        "",
        session.cursor.sequence,
        target_of(session, cell, choice),
        f"{choice.method} {choice.baseline}",
    )


def preview_of(question: Question) -> Question:
    """Return the question that is answered at once: by the gradient."""
    return question._replace(method="gradient zeros")


def known_influence(session: Session) -> Influence | None:
    """Return the influence that is shown, of several inputs that of the first;
    None while it is computed.
    """
    question = question_of(session)
    if question is None:
        return None

    answer = session.subject.answers.get(question)
    if not isinstance(answer, dict):
        return None

    found: Influence = next(iter(answer.values()))

    return found


def features_of(session: Session, question: Question) -> Question | None:
    """Return the question of the features of the timestep under the cursor,
    each swapped alone; None where a timestep is one number or one token.
    """
    cell = session.cell
    trace = session.subject.trace
    if cell is None or trace is None or not question.method.startswith("swap"):
        return None

    from rnn_tui.tui.session.tokens import token_ids

    place = session.cursor
    fed = list(trace.inputs.values())
    if len(fed) != 1 or fed[0].ndim != 3 or fed[0].shape[2] < 2:
        return None

    step = slice(place.t, place.t + 1)
    tokens = token_ids(trace, cell, 0, cell.timesteps, place.sequence)
    if tokens is not None or len(fed[0][place.sequence, step]) != 1:
        return None

    return question._replace(kind=FEATURES, cell=str(place.t))


def whole_features_of(
    session: Session,
    question: Question,
) -> Question | None:
    """Return the question of the features of all timesteps, each swapped in all
    of them; None where a timestep is one number or one token, or very many.
    """
    features = features_of(session, question)
    trace = session.subject.trace
    opened = session.subject.opened
    if features is None or trace is None or opened is None:
        return None

    from rnn_tui.analysis.feature_swaps import has_features

    (name,) = trace.inputs
    if not has_features(opened.model, trace, name):
        return None

    return features._replace(cell="")


def map_question(session: Session) -> Question | None:
    """Return the question of the map: of the output where its influence is
    shown and it has timesteps, else of the selected unit's state.
    """
    cell = session.cell
    if cell is None:
        return None

    choice = session.influence
    if choice is not None and not choice.of_unit:
        target = _output_target(session)
        if "@" in target:
            name = target.rpartition("@")[0]
            return Question(MAP, "", session.cursor.sequence, name)

    unit = session.cursor.unit
    state = cell.cell.states[-1]

    return Question(
        MAP,
        "",
        session.cursor.sequence,
        f"{cell.key}.{state}[{unit}]",
    )


def target_of(
    session: Session,
    cell: CellTrace,
    choice: InfluenceChoice,
) -> str:
    """Return the target under the cursor: the selected unit's state at the
    timestep, or the model's output; there too, where it has timesteps.
    """
    place = session.cursor
    if choice.of_unit:
        state = cell.cell.states[-1]
        return f"{cell.key}.{state}[{place.unit}]@{place.t}"

    return _output_target(session)


def _output_target(session: Session) -> str:
    """Return the output's target, on the scale that is asked for; of a softmax
    that of the class which is predicted.
    """
    from rnn_tui.analysis.target import default_target

    opened = session.subject.opened
    trace = session.subject.trace
    assert opened is not None
    assert trace is not None

    target = default_target(opened.model, trace)
    if not trace.outputs:
        return str(target)

    place = session.cursor
    every = trace.outputs[0]
    output = every[min(place.sequence, len(every) - 1)]
    timestep = None
    values = output
    if output.ndim > 1:
        timestep = min(place.t, len(output) - 1)
        values = output[timestep]

    unit = target.unit
    if target.of_logits:
        unit = int(values.argmax())

    quantity = QUANTITIES.get(scale_of(session), target.quantity)

    return str(replace(target, quantity=quantity, unit=unit, timestep=timestep))


def scales_of(session: Session) -> Scales:
    """Return the scales on which the output of the run can be explained."""
    from rnn_tui.analysis.target import Scales, output_scales

    opened = session.subject.opened
    trace = session.subject.trace
    if opened is None or trace is None:
        return Scales()

    return output_scales(opened.model, trace)


def scale_of(session: Session) -> str:
    """Return the scale on which the output is explained: the one that was asked
    for where the output has it, else its default; empty where it has none.
    """
    names = scales_of(session).names
    choice = session.influence or InfluenceChoice()
    if choice.scale in names:
        return choice.scale

    return next(iter(names), "")
