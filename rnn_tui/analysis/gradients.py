"""The total derivative of a target by everything that its run read."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from rnn_tui.analysis.target import MARGIN, Opened, Target, Values, bare
from rnn_tui.engine.core import lazy_numpy as np
from rnn_tui.engine.core.arrays import Array
from rnn_tui.engine.gradients.graph_back import Gradients, Seeds, graph_back
from rnn_tui.engine.memory.large_arrays import roomy
from rnn_tui.engine.model import Model

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from rnn_tui.engine.trace.trace import ModelTrace


def gradients(
    model: Model | Opened,
    trace: ModelTrace,
    target: Target,
    timesteps: Sequence[int] | None = None,
) -> Gradients:
    """Return the total derivatives of a target in a run, through time.

    With `timesteps` there is a row for each of them: the target at that
    timestep. Without, there is one: the target as it is. Raises RnnTuiError
    where the run has no such value, NotThroughError where a layer isn't
    differentiated.
    """
    return graph_back(bare(model).graph, trace, seeds(trace, target, timesteps))


def seeds(
    trace: ModelTrace,
    target: Target,
    timesteps: Sequence[int] | None = None,
) -> Seeds:
    """Return the cotangents with which a target begins."""
    targets = [target]
    if timesteps is not None:
        targets = [replace(target, timestep=t) for t in timesteps]

    count = len(targets)
    among = target.among(trace)
    target.check_unit(among.array.shape[-1])
    bars = roomy((count, *among.array.shape), _kind(among.array))
    for bar, one in zip(bars, targets, strict=True):
        _enter(bar, one, among)

    if target.cell is not None:
        whole = _over_pictures(bars, target.sides_of_picture(trace))
        quantities = {target.quantity: whole}
        return Seeds(count, cells={target.path: quantities})

    if target.head is not None:
        path = target.head.call.path
        return Seeds(count, logits={path: (target.head, bars)})

    output = (target.path, 0)

    return Seeds(count, outputs={output: bars})


def _over_pictures(bars: Array, sides: tuple[int, ...]) -> Array:
    """Return the cotangents of means, `(…, units)`, as those of the pictures
    that they are of, `(…, *sides, units)`.
    """
    if not sides:
        return bars

    ones = [1] * len(sides)
    deep = bars.reshape(*bars.shape[:-1], *ones, bars.shape[-1])
    shape = (*bars.shape[:-1], *sides, bars.shape[-1])

    return np.broadcast_to(deep / math.prod(sides), shape)


def _kind(among: NDArray[Any]) -> Any:
    """Return the dtype of the cotangents of these values."""
    if among.dtype.kind == "f":
        return among.dtype

    return np.dtype("float32")


def _enter(bar: NDArray[Any], target: Target, among: Values) -> None:
    """Write 1 where the target is, and −1 where the runner-up of a margin
    is.
    """
    timesteps = target.timesteps_in(among)
    sequences = np.arange(len(bar))
    place: tuple[Any, ...] = (sequences,)
    if timesteps is not None:
        place = (sequences, timesteps)

    bar[(*place, target.unit)] = 1
    if target.quantity == MARGIN:
        bar[(*place, target.runner_up_in(among))] -= 1
