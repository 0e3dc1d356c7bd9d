"""The prediction so far: what a model would return if its sequence ended at
each timestep.

Where a recurrent layer hands on its last state alone, the layers after it are
applied to the state after every timestep, in nested models as well. Where
another layer looks across time (a backward direction, an attention, a pooling),
every prefix of the sequence is a run of its own, of which there is a limit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from rnn_tui.analysis.after_every_step import (
    AfterEveryStep,
    LooksAcrossTimeError,
)
from rnn_tui.engine.core import lazy_numpy as np
from rnn_tui.errors import RnnTuiError, SequenceError, UnsupportedLayerError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from rnn_tui.engine.core.arrays import Array
    from rnn_tui.engine.graph.input_info import InputInfo
    from rnn_tui.engine.model import Model
    from rnn_tui.engine.trace.trace import ModelTrace

MOST_STEPS = 250_000
"""Timesteps that the runs of all prefixes may have together: 706 timesteps of
one sequence.
"""


@dataclass(frozen=True, eq=False)
class SoFar:
    """The outputs had the sequence ended at each timestep, by the output's
    name, each `(batch, timesteps, …)`.

    `prefixes` is the number of runs where each prefix was one, and `why` the
    reason; 0 where the layers after the recurrent one were applied.
    """

    outputs: Mapping[str, Array]
    prefixes: int = 0
    why: str = ""

    @property
    def note(self) -> str:
        """The method in words."""
        if not self.prefixes:
            return "the layers after the recurrent one, after every timestep"

        return f"{self.prefixes} runs, one for each prefix: {self.why}"


@dataclass(frozen=True, eq=False)
class Options:
    """How the run was made whose predictions are asked for."""

    dtype: str = "float32"
    start_at: str | None = None
    states: Mapping[str, NDArray[Any]] = field(default_factory=dict)
    cancelled: Callable[[], bool] | None = None


def so_far(
    model: Model,
    trace: ModelTrace,
    options: Options | None = None,
) -> SoFar:
    """Return the outputs of `model` had the sequence of `trace` ended at each
    timestep.

    Raises RnnTuiError where a prefix can't be run, or there are too many.
    """
    chosen = options or Options()
    if trace.stopped is not None:
        raise RnnTuiError(
            f"there is no prediction so far: the run stopped at layer "
            f"{trace.stopped[0]!r}"
        )

    try:
        if chosen.start_at is not None:
            raise LooksAcrossTimeError("the run starts within the model")

        after = AfterEveryStep(model, trace, chosen.states)
        return SoFar(after.outputs(chosen.dtype, chosen.cancelled))
    except LooksAcrossTimeError as reason:
        return _of_prefixes(model, trace, chosen, str(reason))


def _of_prefixes(
    model: Model,
    trace: ModelTrace,
    options: Options,
    why: str,
) -> SoFar:
    """Return the outputs of a run of every prefix."""
    infos = model.inputs_of(options.start_at)
    timesteps = _length(trace, infos, why)
    batch = len(next(iter(trace.inputs.values())))
    steps = batch * timesteps * (timesteps + 1) // 2
    if steps > MOST_STEPS:
        raise RnnTuiError(
            f"there is no prediction so far: {why}, so every prefix is a run, "
            f"{steps:,} timesteps together; at most {MOST_STEPS:,} are run"
        )

    runs = []
    for length in range(1, timesteps + 1):
        fed = dict(_cut(trace.inputs, infos, length))
        runs.append(_run(model, fed, options, why))

    outputs = {
        name: _last_rows([run.outputs[number] for run in runs], why)
        for number, name in enumerate(model.output_names)
    }

    return SoFar(outputs, timesteps, why)


def _run(
    model: Model,
    fed: Mapping[str, NDArray[Any]],
    options: Options,
    why: str,
) -> ModelTrace:
    """Return the run of a prefix; one that can't be run says why."""
    try:
        return model.run(
            fed,
            dtype=options.dtype,
            start_at=options.start_at,
            initial_state=options.states,
            cancelled=options.cancelled,
        )
    except (UnsupportedLayerError, SequenceError) as error:
        raise RnnTuiError(
            f"there is no prediction so far: {why}, and a prefix can't be run: "
            f"{error}"
        ) from error


def _length(
    trace: ModelTrace,
    infos: tuple[InputInfo, ...],
    why: str,
) -> int:
    """Return how many timesteps the inputs have."""
    lengths = {
        trace.inputs[info.name].shape[1] for info in infos if info.has_time
    }
    if len(lengths) != 1:
        raise RnnTuiError(
            f"there is no prediction so far: {why}, and the inputs have no one "
            "length"
        )

    return int(lengths.pop())


def _cut(
    inputs: Mapping[str, NDArray[Any]],
    infos: tuple[InputInfo, ...],
    length: int,
) -> Iterator[tuple[str, NDArray[Any]]]:
    """Yield the inputs of a prefix."""
    for info in infos:
        value = inputs[info.name]
        if info.has_time:
            value = value[:, :length]

        yield info.name, value


def _last_rows(values: list[Array], why: str) -> Array:
    """Return one output of every prefix as `(batch, timesteps, …)`: of one that
    has a row for each timestep the last row.
    """
    shapes = {value.shape for value in values}
    each_has_a_row = [value.shape[1:2] for value in values] == [
        (length,) for length in range(1, len(values) + 1)
    ]
    if each_has_a_row and values[0].ndim > 2:
        values = [value[:, -1] for value in values]
    elif len(shapes) > 1:
        raise RnnTuiError(
            f"there is no prediction so far: {why}, and an output has other "
            "timesteps than the input"
        )

    return np.stack(values, axis=1)
