"""The series beside a state: a number or a token for each timestep of the
input, with which the state of each unit is compared.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from rnn_tui.engine.model import InputInfo, Model
    from rnn_tui.engine.trace.trace import CellTrace, ModelTrace

Float = NDArray[np.float64]

MOST = 64
"""Features, outputs or tokens that are compared, at most: of more tokens the
most frequent ones.
"""


@dataclass(frozen=True, eq=False)
class Series:
    """Series by their names, each `(timesteps,)`, in the input's time."""

    values: Mapping[str, NDArray[Any]]

    @property
    def names(self) -> tuple[str, ...]:
        """The names, in order."""
        return tuple(self.values)

    def at(self, times: NDArray[np.int64]) -> Float:
        """Return the values at some timesteps, `(n, series)`."""
        found = np.empty((len(times), len(self.values)))
        for column, values in enumerate(self.values.values()):
            found[:, column] = values[times]

        return found


@dataclass(frozen=True, eq=False)
class Tokens:
    """The token of each timestep: `ids` is `(timesteps,)`, `shown` the ids that
    are compared, `names` their names.
    """

    ids: NDArray[np.int64]
    shown: NDArray[np.int64]
    names: tuple[str, ...]

    def at(self, times: NDArray[np.int64]) -> Float:
        """Return 1 where a token is, 0 elsewhere, `(n, tokens)`."""
        present = self.ids[times][:, None] == self.shown
        return np.asarray(present, dtype=np.float64)


@dataclass(frozen=True, eq=False)
class Beside:
    """The series and tokens of a run beside the state of a cell."""

    series: Series
    tokens: Tokens | None = None


def beside(
    model: Model,
    trace: ModelTrace,
    cell: CellTrace,
    *,
    columns: Mapping[str, NDArray[Any]] | None = None,
    token: Callable[[int], str] = str,
    sequence: int = 0,
) -> Beside:
    """Return the series of a run that have a value for each timestep of a cell:
    t, the features or the tokens of each input, the outputs, and the user's
    `columns`.

    `token` names a token id.
    """
    timesteps = cell.timesteps
    found: dict[str, NDArray[Any]] = {"t": np.arange(timesteps)}
    tokens = None
    several = len(trace.inputs) > 1
    infos = {info.name: info for info in model.inputs}
    for name, batch in trace.inputs.items():
        value = batch[sequence]
        ids = token_ids(value, infos.get(name))
        if ids is None:
            found |= _columns(value, name, timesteps)
        elif len(ids) == timesteps and tokens is None:
            prefix = ""
            if several:
                prefix = name

            tokens = frequent(ids, token, prefix)

    outputs = zip(model.output_names, trace.outputs, strict=False)
    for name, batch in outputs:
        found |= _columns(batch[sequence], name, timesteps)

    found |= columns or {}

    return Beside(Series(found), tokens)


def token_ids(
    values: NDArray[Any],
    info: InputInfo | None,
) -> NDArray[np.int64] | None:
    """Return the token of each timestep of an input, from ids or from one-hot
    rows; None where it has numbers.
    """
    if info is not None and info.tokens is not None and values.ndim == 1:
        return np.asarray(values, dtype=np.int64)
    if values.ndim != 2 or values.shape[1] < 2:
        return None

    is_one = values == 1
    is_binary = (is_one | (values == 0)).all()
    if not is_binary or not (is_one.sum(axis=1) == 1).all():
        return None

    return np.asarray(np.argmax(values, axis=1), dtype=np.int64)


def frequent(
    ids: NDArray[np.int64],
    token: Callable[[int], str] = str,
    prefix: str = "",
) -> Tokens:
    """Return the tokens of a sequence, of which the most frequent are
    compared.
    """
    present, counts = np.unique(ids, return_counts=True)
    order = np.argsort(-counts, kind="stable")[:MOST]
    shown = np.sort(present[order])
    names: list[str] = []
    for one in shown.tolist():
        name = token(one)
        if prefix:
            name = f"{prefix}: {name}"

        # of two tokens that are shown alike each keeps its column
        if name in names:
            name = f"{name} ({one})"

        names.append(name)

    return Tokens(ids, shown, tuple(names))


def _columns(
    values: NDArray[Any],
    name: str,
    timesteps: int,
) -> dict[str, NDArray[Any]]:
    """Return the columns of `(timesteps, features)` by their names; none of
    another shape.
    """
    if values.ndim != 2 or len(values) != timesteps:
        return {}

    count = min(MOST, values.shape[1])

    return {f"{name}[{k}]": values[:, k] for k in range(count)}
