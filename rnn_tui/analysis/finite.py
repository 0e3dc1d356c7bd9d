"""Weights that aren't numbers: NaN and infinity in an array make everything
that depends on it worthless.
"""

from __future__ import annotations

from rnn_tui.analysis.arrays import stored_weights
from rnn_tui.engine.core import lazy_numpy as np
from rnn_tui.engine.core.arrays import Weight
from rnn_tui.engine.model import Model


def not_finite(model: Model) -> list[str]:
    """Return a line for each array that was read and holds NaN or infinity;
    values that weren't read yet stay unread.
    """
    lines = []
    for path, weight in stored_weights(model):
        found = None
        if weight.loaded:
            found = _counted(weight)

        if found is not None:
            lines.append(
                f"layer {path!r}: its array {weight.name!r} holds {found}: "
                "nothing computed with it is right"
            )

    return lines


def _counted(weight: Weight) -> str | None:
    """Return how many values of an array are NaN and how many infinite, in
    words; None when none is.
    """
    values = weight.value
    if np.isfinite(values).all():
        return None

    shown = []
    nan = int(np.isnan(values).sum())
    if nan:
        shown.append(f"{nan:,} NaN")

    infinite = int(np.isinf(values).sum())
    if infinite:
        shown.append(f"{infinite:,} infinite")

    return f"{' and '.join(shown)} of {values.size:,} values"
