"""What if: the same model and sequence with changes, and their effect.

`what_if` turns a list of changes into a model, arrays and initial states to
run; `compared` returns the differences of two runs. The explorer and the
command line both use them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

from rnn_tui.analysis.changes import (
    MEAN,
    Change,
    Clamp,
    Hold,
    Off,
    SetValue,
    StartFrom,
)
from rnn_tui.analysis.edited_cells import cells_named, edit_of
from rnn_tui.analysis.edited_input import EditedInput, input_named
from rnn_tui.errors import EditError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from rnn_tui.engine.core.edits import Edit
    from rnn_tui.engine.graph.input_info import InputInfo
    from rnn_tui.engine.model import Model
    from rnn_tui.engine.trace.trace import ModelTrace


@dataclass(frozen=True, eq=False)
class Baseline:
    """A run without changes, before it runs: the model, its inputs by name as
    `parse_sequence` returns them, and the states that it starts from.
    """

    model: Model
    arrays: Mapping[str, NDArray[Any]]
    infos: tuple[InputInfo, ...]
    vocabulary: Mapping[str, int] | None = None
    states: Mapping[str, NDArray[Any]] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class WhatIf:
    """A run with changes, before it runs.

    `reference` is the model without changes whose cells run as those of `model`
    do, by their page: where no change has an effect, a run of it on the
    baseline's arrays and states has the same bits. `words` says each change in
    a sentence, `holds` which timesteps are held, counted from 0.
    """

    model: Model
    reference: Model
    arrays: Mapping[str, NDArray[Any]]
    states: Mapping[str, NDArray[Any]]
    words: tuple[str, ...]
    holds: tuple[Hold, ...] = ()


def what_if(
    changes: Sequence[Change],
    baseline: Baseline,
    trace: Callable[[], ModelTrace] | None = None,
) -> WhatIf:
    """Return the model, arrays and states of a run with changes.

    Timesteps are those of the sequence without changes. `trace` returns the run
    without changes, which is asked for where a unit is set to its mean; without
    it the baseline is run. Raises EditError where a change doesn't fit the
    model, or is there twice.
    """
    inputs = _Inputs(baseline)
    words = inputs.applied(changes)

    units = _Units(baseline.model, cache(trace or _run_of(baseline)))
    for change in changes:
        if isinstance(change, Off | Clamp):
            words.append(units.applied(change))

    states = dict(baseline.states)
    for change in changes:
        if isinstance(change, StartFrom):
            states.update(change.states)
            words.append(f"the cells start from {change.source}")

    # of another length, the loops may round the same timesteps otherwise
    by_page = units.by_page(every_cell=bool(inputs.holds))

    return WhatIf(
        baseline.model.edited(by_page).edited(units.edits),
        baseline.model.edited(by_page),
        inputs.arrays,
        states,
        tuple(words),
        tuple(inputs.holds),
    )


def edited_model(
    model: Model,
    changes: Sequence[Off | Clamp],
    trace: ModelTrace | None = None,
) -> tuple[Model, tuple[str, ...]]:
    """Return a model with units off or clamped, and each change in words.

    `trace` is the run of which a unit that is off by its mean has the mean.
    Raises EditError.
    """

    def given() -> ModelTrace:
        if trace is None:
            raise EditError(
                "a unit's mean is that of a run: give it as over=model.run(…)"
            )

        return trace

    units = _Units(model, given)
    words = tuple(units.applied(change) for change in changes)

    return model.edited(units.edits), words


def _run_of(baseline: Baseline) -> Callable[[], ModelTrace]:
    """Return the function that runs the baseline."""

    def run() -> ModelTrace:
        return baseline.model.run(
            baseline.arrays,
            initial_state=baseline.states,
        )

    return run


class _Units:
    """The edits of a model's cells, as the changes are applied one by one."""

    def __init__(
        self,
        model: Model,
        trace: Callable[[], ModelTrace],
    ) -> None:
        self.model = model
        self.trace = trace
        self.edits: dict[str, list[Edit]] = {}
        self._taken: set[tuple[str, str, int]] = set()

    def applied(self, change: Off | Clamp) -> str:
        """Add the edits of a change; return it in words."""
        said = []
        for entry in cells_named(change.layer, self.model):
            edit = edit_of(change, entry, self.trace)
            self._take(entry.key, edit.quantity, change.unit)
            self.edits.setdefault(entry.key, []).append(edit)
            said.append(_unit_in_words(change, entry.key, edit))

        return "; ".join(said)

    def by_page(self, every_cell: bool) -> dict[str, tuple[Edit, ...]]:
        """Return no edits for each cell that runs by its page."""
        keys = list(self.edits)
        if every_cell:
            keys = [entry.key for entry in self.model.called_cells()]

        return dict.fromkeys(keys, ())

    def _take(self, key: str, quantity: str, unit: int) -> None:
        place = (key, quantity, unit)
        if place in self._taken:
            raise EditError(f"{quantity} of unit {unit} of {key} is set twice")

        self._taken.add(place)


def _unit_in_words(change: Off | Clamp, key: str, edit: Edit) -> str:
    """Return a change of a unit as a sentence."""
    units = edit.value.shape[-1]
    rows = edit.value.reshape(-1, units)
    value = rows[0, change.unit]
    if isinstance(change, Clamp):
        return (
            f"{change.quantity} of unit {change.unit} of {key} is clamped to "
            f"{value:.6g}"
        )
    if change.kind == MEAN:
        return (
            f"unit {change.unit} of {key} is off: h is its mean over the run "
            f"without changes, {value:.6g}"
        )

    return f"unit {change.unit} of {key} is off: h is zero"


class _Inputs:
    """The inputs of a run, as the changes are applied one by one."""

    def __init__(self, baseline: Baseline) -> None:
        self.infos = baseline.infos
        self.inputs = {
            info.name: EditedInput(
                info,
                baseline.arrays[info.name],
                baseline.vocabulary,
            )
            for info in baseline.infos
        }
        self.holds: list[Hold] = []

    @property
    def arrays(self) -> dict[str, NDArray[Any]]:
        """The arrays by the inputs' names."""
        return {name: found.array for name, found in self.inputs.items()}

    def applied(self, changes: Sequence[Change]) -> list[str]:
        """Apply the changes of inputs; return each in words.

        The last timestep is held first: the others keep their numbers.
        """
        sets: list[SetValue] = []
        holds: list[Hold] = []
        for change in changes:
            if isinstance(change, SetValue):
                sets.append(self._set_at(change))
            elif isinstance(change, Hold):
                holds.append(self._hold_at(change))

        set_places = [(change.input, change.timestep) for change in sets]
        held_places = [("the input", change.timestep) for change in holds]
        _check_once(set_places)
        _check_once(held_places)

        words = [self._set(change) for change in sets]
        holds.sort(key=lambda hold: -hold.timestep)
        words += [self._hold(change) for change in holds]
        self.holds = sorted(holds)

        return words

    def _set_at(self, change: SetValue) -> SetValue:
        """Return a change with its input's name and its timestep from 0."""
        name = input_named(change.input, self.infos)
        t = self.inputs[name].timestep(change.timestep)

        return SetValue(t, change.value, name)

    def _hold_at(self, change: Hold) -> Hold:
        """Return a change with its timestep from 0."""
        timed = self._timed()
        return Hold(timed[0].timestep(change.timestep), change.times)

    def _set(self, change: SetValue) -> str:
        before = self.inputs[change.input]
        after = before.with_value(change)
        self.inputs[change.input] = after

        t = change.timestep
        of_input = ""
        if len(self.infos) > 1:
            of_input = f" of {change.input!r}"

        now = after.shown(t)
        was = before.shown(t)

        return f"t={t}{of_input} is {now} instead of {was}"

    def _hold(self, change: Hold) -> str:
        for found in self._timed():
            self.inputs[found.info.name] = found.held(change)

        return f"t={change.timestep} is held: it is read {change.times:,} times"

    def _timed(self) -> list[EditedInput]:
        """Return the inputs that are sequences; raise EditError where they
        aren't of one length.
        """
        timed = [one for one in self.inputs.values() if one.info.has_time]
        lengths = {one.timesteps for one in timed}
        if len(lengths) != 1:
            raise EditError(
                "a timestep can be held where the inputs have timesteps, and "
                "the same number of them"
            )

        return timed


def _check_once(places: Sequence[tuple[str, int]]) -> None:
    """Raise EditError where two changes are of one timestep."""
    seen = set()
    for place in places:
        name, t = place
        if place in seen:
            raise EditError(f"t={t} of {name} is changed twice")

        seen.add(place)
