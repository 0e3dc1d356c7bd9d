"""Which feature mattered: one feature at a time is swapped for the baseline at
every timestep, and the model is run again.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from rnn_tui.analysis.baseline import Baseline
from rnn_tui.analysis.reruns import Reruns
from rnn_tui.analysis.series import token_ids
from rnn_tui.analysis.target import Target
from rnn_tui.engine.core import lazy_numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from rnn_tui.engine.model import Model
    from rnn_tui.engine.trace.trace import ModelTrace

MOST_FEATURES = 256
"""Features of an input that are told apart, at most."""


def has_features(model: Model, trace: ModelTrace, name: str) -> bool:
    """Return whether a timestep of an input is some numbers, of which one may
    matter more than another: not one number, a token or a picture.
    """
    value = trace.inputs[name]
    if value.ndim != 3 or not 1 < value.shape[2] <= MOST_FEATURES:
        return False

    infos = {info.name: info for info in model.inputs}

    return token_ids(value[0], infos.get(name)) is None


def changes_by_feature(
    reruns: Reruns,
    target: Target,
    baseline: Baseline,
) -> NDArray[np.float64]:
    """Return the change of the target (own − swapped) when a feature has the
    baseline's values at every timestep that isn't padding, for each feature of
    an input, `(features,)`.
    """
    other = baseline.array
    assert other is not None
    own = reruns.trace.inputs[baseline.input]
    features = own.shape[2]
    fixed = replace(target, timestep=target.at(reruns.trace))
    swapped_timesteps = np.flatnonzero(~np.asarray(baseline.kept))

    found = np.zeros(features)
    at_once = reruns.at_once()
    for start in range(0, features, at_once):
        stop = min(start + at_once, features)

        # the sequence itself is the first row of each batch
        arrays = {
            name: np.repeat(value, 1 + stop - start, axis=0)
            for name, value in reruns.trace.inputs.items()
        }
        rows = arrays[baseline.input]
        for row, feature in zip(rows[1:], range(start, stop), strict=True):
            new = other[0, swapped_timesteps, feature]
            row[swapped_timesteps, feature] = new

        values = fixed.values(reruns.run(arrays, {}))
        found[start:stop] = values[0] - values[1:]

    return found
