"""Which timesteps of the input a number of a run depends on: by swapping each
for a baseline, by the gradient, or by Integrated Gradients.

Swapping (occlusion) runs the model again, so it is exact and works through
every layer. The gradient is the total derivative through time. Integrated
Gradients (Sundararajan, Taly and Yan 2017) is the mean of the gradient on the
straight way from the baseline to the input, times the way; its sum is the
change of the target.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from rnn_tui.analysis.baseline import Baseline, baselines
from rnn_tui.analysis.feature_swaps import changes_by_feature, has_features
from rnn_tui.analysis.gradients import gradients
from rnn_tui.analysis.input_gradient import by_input
from rnn_tui.analysis.integrated import Integrated, integrated
from rnn_tui.analysis.plain import number, plain
from rnn_tui.analysis.reruns import Reruns
from rnn_tui.analysis.swap import changes_by_place, every_timestep
from rnn_tui.analysis.swap_blocks import Place
from rnn_tui.analysis.table import Table
from rnn_tui.analysis.target import (
    Opened,
    Target,
    bare,
    default_target,
    parse_target,
)
from rnn_tui.engine.core import lazy_numpy as np
from rnn_tui.engine.core.arrays import Array
from rnn_tui.engine.model import Model
from rnn_tui.errors import RnnTuiError, RunCancelledError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from rnn_tui.engine.trace.trace import ModelTrace

SWAP, GRADIENT, IG = METHODS = ("swap", "gradient", "ig")
"""The methods, the default first."""
TOLERATED = 0.01
"""The share of the target's change up to which Integrated Gradients may miss
it.
"""
AT_ONCE = 64 << 20
"""Bytes of the largest tensor of a run, once for each row of a map, that are
worked on at a time.
"""

NOTES: Mapping[str, str] = {
    SWAP: (
        "the change of the target when one timestep is swapped; the changes "
        "need not add up, for timesteps act together"
    ),
    GRADIENT: (
        "how fast the target changes with each timestep, through time; small "
        "where the model saturates, whatever the timestep means"
    ),
    IG: "adds up to the change of the target from the baseline to the input",
}
"""How to read the numbers of each method."""
FEATURE_NOTES: Mapping[str, str] = {
    SWAP: (
        "the change of the target when one feature is swapped at every timestep"
    ),
    GRADIENT: "how fast the target changes with each feature, over all time",
    IG: "the sum over the timesteps",
}
"""How to read the numbers by feature of each method."""
OF_PICTURE = "the target is the mean over the unit's picture"


@dataclass(frozen=True, eq=False)
class Influence:
    """The influence of one input's timesteps on a target.

    `values` are `(timesteps, features)`: for "swap" the change with each whole
    timestep in one column, for the others a number for each feature, or each
    dimension of an id's vector. `by_timestep` is for "swap" the change of the
    target (own − swapped), for "ig" the sum over the features, for "gradient"
    their Euclidean norm. `residual` is for "ig" the part of the target's change
    that the sum of all inputs lacks, None for the others.

    `by_feature` is `(features,)`: for "swap" the change with one feature
    swapped at every timestep, for "ig" the sum over the timesteps, for
    "gradient" their Euclidean norm. None where a timestep is a token or one
    number, where there are more than `MOST_FEATURES`, and for "swap" where
    it wasn't asked for.
    """

    input: str
    target: str
    value: float
    method: str
    baseline: str
    """The baseline in words; empty for the gradient, which needs none."""
    values: Array
    by_timestep: Array
    residual: float | None = None
    note: str = ""
    by_feature: Array | None = None

    @property
    def sum(self) -> float:
        """The sum over the timesteps."""
        return float(self.by_timestep.sum())

    def tree(self) -> dict[str, Any]:
        """Return it as JSON."""
        residual = None
        if self.residual is not None:
            residual = number(self.residual)

        by_feature = None
        if self.by_feature is not None:
            by_feature = plain(self.by_feature)

        return {
            "input": self.input,
            "target": self.target,
            "value": number(self.value),
            "method": self.method,
            "baseline": self.baseline,
            "values": plain(self.values),
            "by_timestep": plain(self.by_timestep),
            "by_feature": by_feature,
            "sum": number(self.sum),
            "residual": residual,
            "note": self.note,
        }

    def table(self) -> Table:
        """Return a row for each timestep."""
        features = self.values.shape[1]
        columns = ["timestep", self.method]
        parts: Sequence[Sequence[object]] = [[] for _ in self.by_timestep]
        if self.method != SWAP and features > 1:
            columns += [f"feature {k}" for k in range(features)]
            parts = self.values.tolist()

        rows = [
            [t, value, *part]
            for t, (value, part) in enumerate(
                zip(self.by_timestep.tolist(), parts, strict=True)
            )
        ]

        return Table(
            "influence",
            columns,
            rows,
            "",
            frozenset(columns),
            tree={"schema": 1, "influence": self.tree()},
        )


@dataclass(frozen=True, eq=False)
class InfluenceMap:
    """The influence of every timestep of an input on a target at several
    timesteps: `values` is `(rows, timesteps)`, each the Euclidean norm of a
    gradient; row k is the target at timestep `rows[k]`.
    """

    input: str
    target: str
    """The target without its timestep."""
    rows: tuple[int, ...]
    values: Array
    note: str = NOTES[GRADIENT]

    def table(self) -> Table:
        """Return a row for each timestep of the target."""
        timesteps = range(self.values.shape[1])
        columns = ["target at", *map(str, timesteps)]
        rows = [
            [t, *row]
            for t, row in zip(self.rows, self.values.tolist(), strict=True)
        ]

        return Table(
            "influence-map",
            columns,
            rows,
            "",
            frozenset(columns),
            tree={"schema": 1, "influence_map": self.tree()},
        )

    def tree(self) -> dict[str, Any]:
        """Return it as JSON."""
        return {
            "input": self.input,
            "target": self.target,
            "method": GRADIENT,
            "rows": list(self.rows),
            "values": plain(self.values),
            "note": self.note,
        }


def influence(
    model: Model | Opened,
    x: NDArray[Any] | Mapping[str, NDArray[Any]],
    target: str | Target | None = None,
    method: str = SWAP,
    baseline: str | NDArray[Any] | Mapping[str, NDArray[Any]] = "zeros",
    *,
    of: str | None = None,
    **options: Any,
) -> Influence:
    """Return the influence of the model's only input, or of the input `of`: see
    `influences`.
    """
    every = influences(model, x, target, method, baseline, **options)
    if of is not None and of in every:
        return every[of]
    if of is None and len(every) == 1:
        return next(iter(every.values()))

    asked = "the model has several inputs"
    if of is not None:
        asked = f"no input {of!r}"

    names = ", ".join(every)

    raise RnnTuiError(f"{asked}: name one of {names}")


def influences(
    model: Model | Opened,
    x: NDArray[Any] | Mapping[str, NDArray[Any]],
    target: str | Target | None = None,
    method: str = SWAP,
    baseline: str | NDArray[Any] | Mapping[str, NDArray[Any]] = "zeros",
    *,
    trace: ModelTrace | None = None,
    dtype: str = "float32",
    initial_state: Mapping[str, NDArray[Any]] | None = None,
    vocabulary: Mapping[str, int] | None = None,
    whole_features: bool = False,
    cancelled: Callable[[], bool] | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> dict[str, Influence]:
    """Return the influence of each input's timesteps on a target, by input.

    `x` is one sequence as `Model.run` takes it, `trace` its run where there is
    one already, of the same `dtype` and `initial_state`. `baseline` is "zeros"
    (for an id the vector of zeros), "mean" (over the sequence), "token:X" (a
    token of `vocabulary`, or an id), or arrays as long as the inputs or as one
    timestep. `whole_features` asks "swap" for `by_feature`, too: as many more
    runs as there are features. `progress(done, total)` counts runs of the
    model.

    Raises RnnTuiError for a batch, a target that doesn't exist, a baseline that
    doesn't fit; NotThroughError where the method needs a gradient through a
    layer that isn't differentiated.
    """
    if method not in METHODS:
        raise RnnTuiError(
            f"no method {method!r}: the methods are {', '.join(METHODS)}"
        )

    own = bare(model)
    if trace is None:
        trace = own.run(
            x, dtype=dtype, initial_state=initial_state, cancelled=cancelled
        )

    chosen = chosen_target(own, trace, target)
    if method == GRADIENT:
        every = _by_gradient(own, trace, chosen)
        return _of_pictures(every, chosen, trace)

    found = baselines(own, trace, baseline, vocabulary)
    reruns = Reruns(own, trace, dtype, initial_state, cancelled, progress)
    if method == IG:
        every = _by_integration(reruns, chosen, found)
    else:
        every = _by_swapping(reruns, chosen, found, whole_features)

    return _of_pictures(every, chosen, trace)


def _of_pictures(
    every: dict[str, Influence],
    target: Target,
    trace: ModelTrace,
) -> dict[str, Influence]:
    """Return the influences with a note on a target that is the mean over a
    picture.
    """
    if not target.sides_of_picture(trace):
        return every

    return {
        name: replace(found, note=f"{found.note}; {OF_PICTURE}")
        for name, found in every.items()
    }


def chosen_target(
    model: Model,
    trace: ModelTrace,
    target: str | Target | None,
) -> Target:
    """Return the target that was asked for, in a run of one sequence."""
    lengths = {len(value) for value in trace.inputs.values()}
    if lengths != {1}:
        raise RnnTuiError("influence is that of one sequence, not of a batch")
    if target is None:
        return default_target(model, trace)
    if isinstance(target, str):
        return parse_target(target, model)

    return target


def influence_map(
    model: Model | Opened,
    x: NDArray[Any] | Mapping[str, NDArray[Any]],
    target: str | Target | None = None,
    *,
    rows: Sequence[int] | None = None,
    of: str | None = None,
    trace: ModelTrace | None = None,
    dtype: str = "float32",
    initial_state: Mapping[str, NDArray[Any]] | None = None,
    cancelled: Callable[[], bool] | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> InfluenceMap:
    """Return how much a target at each timestep of `rows` (without: at each of
    all) depends on each timestep of an input, every row exactly.

    `of` is the input, without it the first that the target depends on;
    `progress(done, total)` counts rows. Raises RnnTuiError for a target without
    timesteps, NotThroughError for a layer that isn't differentiated.
    """
    own = bare(model)
    if trace is None:
        trace = own.run(
            x, dtype=dtype, initial_state=initial_state, cancelled=cancelled
        )

    chosen = chosen_target(own, trace, target)
    among = chosen.among(trace).array
    if among.ndim < 3:
        raise RnnTuiError(
            f"{chosen.path!r} returns one vector: a map is of a target at "
            "every timestep"
        )

    if rows is None:
        rows = range(among.shape[1])

    count = len(rows)
    widest = max(left.outputs[0].nbytes for left in trace.layers.values())
    at_once = max(1, AT_ONCE // max(1, widest))
    found: list[Array] = []
    notes: dict[str, None] = {NOTES[GRADIENT]: None}  # each once, in order
    if chosen.sides_of_picture(trace):
        notes[OF_PICTURE] = None

    name = of or ""
    for start in range(0, count, at_once):
        if cancelled is not None and cancelled():
            raise RunCancelledError

        stop = min(start + at_once, count)
        derivatives = gradients(own, trace, chosen, rows[start:stop])
        every = by_input(own, trace, derivatives)
        notes |= dict.fromkeys(derivatives.notes)
        name = _asked(name, every, own)
        squares = every[name] ** 2
        found.append(np.sqrt(squares.sum(axis=-1)))
        if progress is not None:
            progress(stop, count)

    before_timestep, _, _ = str(chosen).rpartition("]")
    words = f"{before_timestep}]"
    values = np.concatenate(found)

    return InfluenceMap(name, words, tuple(rows), values, "; ".join(notes))


def _asked(name: str, every: Mapping[str, Array], model: Model) -> str:
    """Return the input that a map is of."""
    if name in every:
        return name
    if not name and every:
        return next(iter(every))

    known = ", ".join(info.name for info in model.inputs)
    if name:
        raise RnnTuiError(f"no input {name!r}: name one of {known}")

    raise RnnTuiError("the target doesn't depend on an input")


def feature_changes(
    model: Model | Opened,
    x: NDArray[Any] | Mapping[str, NDArray[Any]],
    t: int | None,
    target: str | Target | None = None,
    baseline: str | NDArray[Any] | Mapping[str, NDArray[Any]] = "zeros",
    *,
    of: str | None = None,
    trace: ModelTrace | None = None,
    dtype: str = "float32",
    initial_state: Mapping[str, NDArray[Any]] | None = None,
    vocabulary: Mapping[str, int] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> NDArray[np.float64]:
    """Return the change of a target when one feature of timestep `t` is swapped
    for the baseline, or of every timestep where that is None, for each feature;
    see `influences`.
    """
    own = bare(model)
    if trace is None:
        trace = own.run(
            x, dtype=dtype, initial_state=initial_state, cancelled=cancelled
        )

    chosen = chosen_target(own, trace, target)
    found = baselines(own, trace, baseline, vocabulary)
    name = of or next(iter(found))
    if name not in found:
        raise RnnTuiError(f"no input {name!r}: name one of {', '.join(found)}")

    swapped_for = found[name]
    value = trace.inputs[name]
    if swapped_for.array is None or value.ndim != 3:
        raise RnnTuiError(f"a timestep of {name!r} has no features to swap")

    reruns = Reruns(own, trace, dtype, initial_state, cancelled)
    if t is None:
        return changes_by_feature(reruns, chosen, swapped_for)

    _, timesteps, features = value.shape
    if not 0 <= t < timesteps:
        raise RnnTuiError(f"the timesteps of {name!r} are 0 to {timesteps - 1}")

    places = [Place(t, feature) for feature in range(features)]

    return changes_by_place(reruns, chosen, swapped_for, places)


def _by_swapping(
    reruns: Reruns,
    target: Target,
    found: Mapping[str, Baseline],
    whole_features: bool,
) -> dict[str, Influence]:
    """Return the change of the target with each timestep."""
    every = {}
    for name, baseline in found.items():
        by_feature = None
        if whole_features and has_features(reruns.model, reruns.trace, name):
            by_feature = changes_by_feature(reruns, target, baseline)

        places = every_timestep(baseline)
        changes = changes_by_place(reruns, target, baseline, places)
        note = NOTES[SWAP]
        if baseline.skips:
            note = f"{note}; the baseline is a timestep that a mask skips"

        every[name] = Influence(
            name,
            str(target),
            target.value(reruns.trace),
            SWAP,
            baseline.words,
            changes[:, None],
            changes,
            None,
            _with_padding(note, baseline),
            by_feature,
        )

    return every


def _by_gradient(
    model: Model,
    trace: ModelTrace,
    target: Target,
) -> dict[str, Influence]:
    """Return the gradient by each input, 0 for one that the target doesn't
    depend on.
    """
    derivatives = gradients(model, trace, target)
    found = by_input(model, trace, derivatives)
    note = "; ".join([NOTES[GRADIENT], *derivatives.notes])
    every = {}
    for info in model.inputs:
        length = 1
        if info.has_time:
            length = trace.inputs[info.name].shape[1]

        values = np.zeros((length, 1))
        if info.name in found:
            values = found[info.name][0]

        squares = values.astype(np.float64) ** 2
        by_feature = None
        if has_features(model, trace, info.name):
            by_feature = np.sqrt(squares.sum(axis=0))

        every[info.name] = Influence(
            info.name,
            str(target),
            target.value(trace),
            GRADIENT,
            "",
            values,
            np.sqrt(squares.sum(axis=-1)),
            None,
            note,
            by_feature,
        )

    return every


def _by_integration(
    reruns: Reruns,
    target: Target,
    found: Mapping[str, Baseline],
) -> dict[str, Influence]:
    """Return the Integrated Gradients of each input."""
    whole = integrated(reruns, target, found)
    note = "; ".join([_of_sum(whole), *whole.notes])
    if any(baseline.skips for baseline in found.values()):
        note = f"{note}; a mask skips the baseline: the target jumps there"

    every = {}
    for name, baseline in found.items():
        nothing = np.zeros((baseline.timesteps, 1))
        values = whole.values.get(name, nothing)
        by_feature = None
        if has_features(reruns.model, reruns.trace, name):
            by_feature = values.sum(axis=0)

        every[name] = Influence(
            name,
            str(target),
            target.value(reruns.trace),
            IG,
            baseline.words,
            values,
            values.sum(axis=-1),
            whole.residual,
            _with_padding(note, baseline),
            by_feature,
        )

    return every


def _of_sum(whole: Integrated) -> str:
    """Return in words how near the sum comes to the target's change."""
    missed = abs(whole.residual)
    if missed <= TOLERATED * abs(whole.change):
        return NOTES[IG]

    return (
        f"not converged: the sum misses the target's change of "
        f"{whole.change:.4g} by {whole.residual:.2g}"
    )


def _with_padding(note: str, baseline: Baseline) -> str:
    """Return a note with the number of timesteps that are left as they are."""
    count = int(baseline.kept.sum())
    if not count:
        return note

    return f"{note}; {count} timesteps of padding are left as they are"
