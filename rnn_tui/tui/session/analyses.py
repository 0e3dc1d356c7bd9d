"""How each question about a run is answered, in a thread of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from rnn_tui.engine.core import lazy_numpy as np
from rnn_tui.errors import RnnTuiError
from rnn_tui.text import clean
from rnn_tui.tui.session.question import Question

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from rnn_tui.analysis.direct_share import DirectShare
    from rnn_tui.analysis.effects import Effects
    from rnn_tui.analysis.findings import Findings
    from rnn_tui.analysis.influence import Influence, InfluenceMap
    from rnn_tui.analysis.series import Beside
    from rnn_tui.analysis.so_far import SoFar
    from rnn_tui.analysis.table import Table
    from rnn_tui.analysis.target import Target
    from rnn_tui.engine.model import Model
    from rnn_tui.engine.trace.trace import CellTrace, ModelTrace
    from rnn_tui.tui.session.session import Subject


MOST_PRODUCTS = 5e10
"""Multiplications that the effects of all units may take unasked: some
seconds.
"""


MOST_ROWS = 64
"""Timesteps of the target that an influence map has; each is exact."""


MOST_TYPED = 24
"""Characters that are shown of a baseline as it was typed."""


@dataclass(frozen=True, eq=False)
class Asked:
    """A question, the run that it is about, and whether an answer is still
    wanted.
    """

    subject: Subject
    question: Question
    cancelled: Callable[[], bool]
    other: Model | None = None
    """The model that this one is compared with."""

    @property
    def cell(self) -> CellTrace:
        """The trace of the cell in question."""
        for cell in self.subject.cells:
            if cell.key == self.question.cell:
                return cell

        raise RnnTuiError(f"this run has no cell {self.question.cell!r}")

    @property
    def model(self) -> Model:
        """The model that ran, with the user's changes."""
        assert self.subject.opened is not None
        return self.subject.opened.model

    @property
    def trace(self) -> ModelTrace:
        """The run."""
        assert self.subject.trace is not None
        return self.subject.trace

    @property
    def inputs(self) -> dict[str, NDArray[Any]]:
        """The input of the sequence in question."""
        at = self.question.sequence
        fed = self.trace.inputs

        return {name: value[at : at + 1] for name, value in fed.items()}

    @property
    def states(self) -> dict[str, NDArray[Any]]:
        """The states that the user lets the sequence start from."""
        at = self.question.sequence
        return {
            key: value[at : at + 1] if value.ndim > 1 else value
            for key, value in self.subject.states.items()
        }

    @property
    def own_trace(self) -> ModelTrace | None:
        """The run, where it is of the sequence in question alone."""
        fed = self.trace.inputs.values()
        if all(len(value) == 1 for value in fed):
            return self.trace

        return None

    @cached_property
    def target(self) -> Target:
        """The target that was asked for; the model's own where none was."""
        from rnn_tui.analysis.target import default_target, parse_target

        if self.question.target:
            return parse_target(self.question.target, self.model)

        return default_target(self.model, self.trace)

    @property
    def method(self) -> str:
        """The method of an influence."""
        return self.question.method.partition(" ")[0]

    @cached_property
    def baseline(self) -> str | Mapping[str, NDArray[Any]]:
        """The baseline that was asked for: its name, or the arrays of a
        sequence of the user's.
        """
        from rnn_tui.analysis.baseline import is_named
        from rnn_tui.sequences.baseline import read_baseline

        text = self.question.method.partition(" ")[2]
        if is_named(text):
            return text

        return read_baseline(text, self.model.inputs, self.typed_words)

    @property
    def typed_words(self) -> Mapping[str, int] | None:
        """The vocabulary that typed text is read with; None where the model
        has its own.
        """
        if self.subject.vocab is None:
            return None

        return self.subject.vocabulary

    def beside(self) -> Beside:
        """Return the series of the run beside the state of the cell."""
        from rnn_tui.analysis.series import beside

        return beside(
            self.model,
            self.trace,
            self.cell,
            token=self._token,
            sequence=self.question.sequence,
        )

    def _token(self, token: int) -> str:
        from rnn_tui.tui.session.tokens import shown_names

        vocabulary = self.subject.vocabulary
        if vocabulary is None:
            return str(token)

        return shown_names(vocabulary).get(token, str(token))


def answer(asked: Asked) -> Any:
    """Return the result of an analysis. Raises RnnTuiError.

    A run with NaN or infinity is analysed as it is: the result says so.
    """
    with np.errstate(all="ignore"):
        return ANALYSES[asked.question.kind](asked)


def _units(asked: Asked) -> Any:
    from rnn_tui.analysis.units import unit_statistics

    found = asked.beside()

    return unit_statistics(
        asked.cell,
        found.series,
        found.tokens,
        asked.question.sequence,
    )


def _columns(asked: Asked) -> Any:
    """Return how each unit goes with the user's columns."""
    from rnn_tui.analysis.series import Series
    from rnn_tui.analysis.units import unit_statistics

    series = {
        column.name: column.values
        for column in asked.subject.columns
        if len(column.values) == asked.cell.timesteps
    }

    return unit_statistics(
        asked.cell,
        Series(series),
        sequence=asked.question.sequence,
    )


def _saturation(asked: Asked) -> Any:
    from rnn_tui.analysis.saturation import saturation

    return saturation(asked.cell, asked.question.sequence)


@dataclass(frozen=True, eq=False)
class UnitsOff:
    """The effect of each unit on the target: it is switched off, by zero and by
    mean.
    """

    zero: Effects
    mean: Effects


def _effects(asked: Asked) -> UnitsOff:
    from rnn_tui.analysis.changes import MEAN, ZERO
    from rnn_tui.analysis.effects import effects
    from rnn_tui.engine.trace.paths import without_calls

    cell = asked.cell
    if cell.units**3 * cell.timesteps > MOST_PRODUCTS:
        raise RnnTuiError(
            f"switching off each of {cell.units:,} units takes long here: x "
            "does it for one, rnn-tui analyze --show effects for all"
        )

    found = {
        kind: effects(
            asked.model,
            asked.inputs,
            without_calls(cell.key),
            asked.target,
            kind=kind,
            states=asked.states,
            cancelled=asked.cancelled,
        )
        for kind in (ZERO, MEAN)
    }

    return UnitsOff(found[ZERO], found[MEAN])


def _influence(asked: Asked) -> Mapping[str, Influence]:
    from rnn_tui.analysis.influence import influences

    found = influences(
        asked.model,
        asked.inputs,
        asked.target,
        asked.method,
        asked.baseline,
        trace=asked.own_trace,
        initial_state=asked.states,
        vocabulary=asked.subject.vocabulary,
        cancelled=asked.cancelled,
    )

    return {name: _as_typed(one, asked) for name, one in found.items()}


def _as_typed(found: Influence, asked: Asked) -> Influence:
    """Return the influence with the typed text beside its baseline in words,
    where that is a sequence of the user's.
    """
    if isinstance(asked.baseline, str) or not found.baseline:
        return found

    typed = clean(asked.question.method.partition(" ")[2], MOST_TYPED)

    return replace(found, baseline=f"{found.baseline} ({typed})")


def _features(asked: Asked) -> NDArray[Any]:
    """Return the change of the target with each feature of one timestep, which
    is the question's `cell`; of every timestep where that is empty.
    """
    from rnn_tui.analysis.influence import feature_changes

    timestep = None
    if asked.question.cell:
        timestep = int(asked.question.cell)

    return feature_changes(
        asked.model,
        asked.inputs,
        timestep,
        asked.target,
        asked.baseline,
        trace=asked.own_trace,
        initial_state=asked.states,
        vocabulary=asked.subject.vocabulary,
        cancelled=asked.cancelled,
    )


def _influence_map(asked: Asked) -> InfluenceMap:
    from rnn_tui.analysis.influence import influence_map

    timesteps = asked.target.among(asked.trace).array.shape[1]
    every = -(-timesteps // MOST_ROWS)
    rows = range((timesteps - 1) % every, timesteps, every)

    return influence_map(
        asked.model,
        asked.inputs,
        asked.target,
        rows=rows,
        trace=asked.own_trace,
        initial_state=asked.states,
        cancelled=asked.cancelled,
    )


def _lint(asked: Asked) -> Findings:
    from rnn_tui.analysis.lint import lint

    return lint(asked.model, asked.trace)


def _memory(asked: Asked) -> Any:
    from rnn_tui.analysis.felt import input_norms
    from rnn_tui.analysis.memory import memory

    sequence = asked.question.sequence
    try:
        norms = input_norms(asked.model, asked.trace, asked.target, sequence)
        felt = norms.by_lag(asked.cell)
    except RnnTuiError:  # the target isn't differentiated: two numbers are left
        felt = None

    return memory(asked.cell, sequence, felt)


def _so_far(asked: Asked) -> SoFar:
    from rnn_tui.analysis.so_far import Options, so_far

    options = Options(states=asked.subject.states, cancelled=asked.cancelled)

    return so_far(asked.model, asked.trace, options)


def _trajectory(asked: Asked) -> Any:
    from rnn_tui.tui.session.trajectory import trajectory

    return trajectory(
        asked.cell,
        asked.beside().tokens,
        asked.question.sequence,
    )


def _weight_difference(asked: Asked) -> Table:
    """Return the differences between the weights of the other model, whose path
    is the question's `target`, and those of this one.
    """
    from rnn_tui.analysis.compare_weights import compare_weights, weights_table

    other = asked.other
    if other is None:
        raise RnnTuiError(
            "this model is compared with no other: rnn-tui OTHER MODEL does"
        )

    return weights_table(compare_weights(other, asked.model))


def _share(asked: Asked) -> DirectShare:
    from rnn_tui.analysis.direct_share import direct_share

    found = direct_share(
        asked.trace,
        asked.cell,
        asked.target,
        asked.question.sequence,
    )
    if found is None:
        raise RnnTuiError(
            f"no direct share: {asked.target} isn't a Dense layer's that reads "
            "these units"
        )

    return found


ANALYSES: Mapping[str, Callable[[Asked], Any]] = {
    "units": _units,
    "columns": _columns,
    "weight difference": _weight_difference,
    "saturation": _saturation,
    "effects": _effects,
    "influence": _influence,
    "influence map": _influence_map,
    "influence of features": _features,
    "lint": _lint,
    "memory": _memory,
    "share": _share,
    "so far": _so_far,
    "trajectory": _trajectory,
}
"""The function that answers each kind of question."""
