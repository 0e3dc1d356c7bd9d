"""Integrated Gradients: the mean gradient on the straight way from the baseline
to the input, times the way (Sundararajan, Taly and Yan 2017).

The mean is taken at Gauss–Legendre nodes, which are run as a batch.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from rnn_tui.analysis.baseline import Baseline
from rnn_tui.analysis.gradients import gradients
from rnn_tui.analysis.reruns import Reruns, changed
from rnn_tui.analysis.target import Target
from rnn_tui.engine.core import lazy_numpy as np
from rnn_tui.engine.core.arrays import Array, Mask
from rnn_tui.errors import RnnTuiError

if TYPE_CHECKING:
    from numpy.typing import NDArray

NODES = 32
"""Nodes at which the gradient is taken. On a smooth model 20 leave nothing but
rounding.
"""


@dataclass(frozen=True, eq=False)
class Integrated:
    """The attribution of each input, `(timesteps, features)`, by name, and the
    part of the target's change that their sum lacks.
    """

    values: Mapping[str, NDArray[np.float64]]
    change: float
    """The target's value of the input less that of the baseline."""
    notes: tuple[str, ...] = ()
    """Those of the gradients, each once."""

    @property
    def residual(self) -> float:
        """The sum of all attributions less the target's change."""
        sums = [float(value.sum()) for value in self.values.values()]
        total = sum(sums)

        return total - self.change


def integrated(
    reruns: Reruns,
    target: Target,
    found: Mapping[str, Baseline],
    nodes: int = NODES,
) -> Integrated:
    """Return the attributions of all inputs together.

    Raises RnnTuiError where an input has no way from its baseline: ids whose
    baseline is another id.
    """
    for baseline in found.values():
        _check_way(reruns, baseline)

    way = _Way(reruns, target, found)
    places, weights = _nodes(nodes)
    count = len(places)
    at_once = reruns.at_once()
    ends: list[float] = []
    for start in range(0, count, at_once):
        stop = min(start + at_once, count)
        values = way.add(places[start:stop], weights[start:stop])
        ends += values.tolist()
        reruns.tell(stop, count)

    change = ends[1] - ends[0]

    return Integrated(way.attributed(), change, tuple(way.notes))


def _nodes(
    count: int,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return both ends of the way with the weight 0, and the nodes between."""
    places, weights = np.polynomial.legendre.leggauss(count)
    inner = (places + 1) / 2

    return (
        np.concatenate([[0.0, 1.0], inner]),
        np.concatenate([[0.0, 0.0], weights / 2]),
    )


def _check_way(reruns: Reruns, baseline: Baseline) -> None:
    value = reruns.trace.inputs[baseline.input]
    if baseline.array is not None and value.dtype.kind != "f":
        raise RnnTuiError(
            f"there is no way from one id of {baseline.input!r} to another: "
            "compare with zeros or mean, or swap them"
        )


class _Way:
    """The straight way from the baseline to the input, and the mean of the
    gradient on it: by the input's name, or the path of the call that looks up
    its ids.
    """

    def __init__(
        self,
        reruns: Reruns,
        target: Target,
        found: Mapping[str, Baseline],
    ) -> None:
        self.reruns = reruns
        self.found = found
        self.target = replace(target, timestep=target.at(reruns.trace))
        self.means: dict[str, NDArray[np.float64]] = {}
        self.notes: dict[str, None] = {}

    def add(
        self,
        places: NDArray[np.float64],
        weights: NDArray[np.float64],
    ) -> Array:
        """Add the weighted gradients at some places to their means; return the
        target's values there.
        """
        reruns = self.reruns
        arrays = {}
        changes = {}
        for name, value in reruns.trace.inputs.items():
            baseline = self.found[name]
            between = partial(_between, kept=baseline.kept, places=places)
            rows = np.repeat(value, len(places), axis=0)
            if baseline.array is not None:
                rows = between(rows, base=baseline.array)

            arrays[name] = rows
            for path, vectors in baseline.vectors.items():
                changes[path] = partial(between, base=vectors)

        trace = reruns.run(arrays, changes)
        model = changed(reruns.model, changes)
        made = gradients(model, trace, self.target)
        self.notes |= dict.fromkeys(made.notes)
        self._add_weighted(made.inputs, weights)
        self._add_weighted(made.vectors, weights)

        return self.target.values(trace)

    def _add_weighted(
        self,
        bars: Mapping[str, Array],
        weights: NDArray[np.float64],
    ) -> None:
        """Add the gradients at some places, each times its weight, to the
        means.
        """
        for key, bar in bars.items():
            of_target = bar[0].astype(np.float64)  # (places, …)
            part = np.tensordot(weights, of_target, 1)
            self.means[key] = self.means.get(key, 0) + part

    def attributed(self) -> dict[str, NDArray[np.float64]]:
        """Return the mean gradient times the way, by input."""
        every = {}
        for name, baseline in self.found.items():
            flat = [
                part.reshape(baseline.timesteps, -1)
                for part in self._parts(name, baseline)
            ]
            if flat:
                every[name] = np.concatenate(flat, axis=-1)

        return every

    def _parts(
        self,
        name: str,
        baseline: Baseline,
    ) -> Iterator[NDArray[np.float64]]:
        """Yield the attributions of an input's values and of its vectors."""
        trace = self.reruns.trace
        if baseline.array is not None and name in self.means:
            value = trace.inputs[name]
            way = _way(value, baseline.array, baseline)
            yield self.means[name] * way

        for path, vectors in baseline.vectors.items():
            if path in self.means:
                own = trace.layers[path].outputs[0]
                way = _way(own, vectors, baseline)
                yield self.means[path] * way


def _way(
    own: NDArray[Any],
    base: NDArray[Any],
    baseline: Baseline,
) -> NDArray[np.float64]:
    """Return the way of one sequence, 0 at padding."""
    end = own[0].astype(np.float64)
    way: NDArray[np.float64] = end - base[0]
    if baseline.has_time:
        way[baseline.kept] = 0

    return way


def _between(
    rows: NDArray[Any],
    *,
    base: NDArray[Any],
    kept: Mask,
    places: NDArray[np.float64],
) -> NDArray[Any]:
    """Return each row at its place on the way from the baseline; padding is
    left as it is. The place 1 is the input to the last bit.
    """
    ones = [1] * (rows.ndim - 1)
    share = places.reshape(-1, *ones)
    way = rows - base
    moved = base + share * way
    moved = moved.astype(rows.dtype)
    whole = np.where(share == 1, rows, moved)
    has_time = rows.ndim > 1 and len(kept) == rows.shape[1]
    if has_time and kept.any():
        whole[:, kept] = rows[:, kept]

    return whole
