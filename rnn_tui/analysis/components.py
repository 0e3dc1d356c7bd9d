"""The principal components of a state: the directions along which it varies
most, and how many dimensions it uses in all.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from rnn_tui.analysis.moments import Moments
    from rnn_tui.engine.trace.trace import CellTrace

Float = NDArray[np.float64]

COMPONENTS = 3
"""How many components are kept."""


@dataclass(frozen=True, eq=False)
class Components:
    """PC1, PC2, PC3 of a state.

    `directions` is `(components, units)`, each of length 1, its largest entry
    positive; `share` is the part of all variance that each has, `mean` the
    state's mean, `variances` the variance along each.
    `effective_dimension` is the participation ratio (Σλ)² / Σλ² of all
    variances λ: 1 where everything varies together, NaN where nothing varies.
    """

    mean: Float
    directions: Float
    variances: Float
    share: Float
    effective_dimension: float

    def project(self, states: NDArray[np.floating]) -> Float:
        """Return the components of states `(n, units)`, `(n, components)`."""
        return (states - self.mean) @ self.directions.T


def components(moments: Moments, units: int) -> Components:
    """Return the components of the first `units` columns of some moments."""
    covariance = moments.covariance(slice(0, units))
    varies = moments.std()[:units] > 0
    covariance = np.where(np.outer(varies, varies), covariance, 0.0)

    # NaN and infinity have no directions
    if not np.isfinite(covariance).all():
        count = min(COMPONENTS, units)
        unknown = np.full(count, np.nan)
        directions = np.full((count, units), np.nan)
        return Components(
            moments.mean[:units],
            directions,
            unknown,
            unknown,
            np.nan,
        )

    variances, vectors = np.linalg.eigh(covariance)  # the smallest first
    largest_first = vectors.T[::-1]
    largest = largest_first[:COMPONENTS]
    total = float(np.trace(covariance))
    squares = float(np.sum(covariance**2))  # Σλ²
    dimension = np.nan
    share = np.full(len(largest), np.nan)
    falling = variances[::-1]
    kept = np.maximum(falling[:COMPONENTS], 0.0)
    if total > 0:
        dimension = total**2 / squares
        share = kept / total

    return Components(
        moments.mean[:units].copy(),
        _signed(largest),
        kept,
        share,
        dimension,
    )


def _signed(directions: Float) -> Float:
    """Return directions, each with the sign that makes its largest entry
    positive.
    """
    rows = np.arange(len(directions))
    largest = np.argmax(np.abs(directions), axis=1)
    entries = directions[rows, largest]
    signs = np.sign(entries)

    return np.asarray(directions * signs[:, None])


def component_series(
    cell: CellTrace,
    state: str,
    found: Components,
    start: int = 0,
    stop: int | None = None,
    sequence: int = 0,
) -> Float:
    """Return the components of the state at timesteps `start` to `stop`,
    `(stop - start, components)`; of pictures those of the means.
    """
    return found.project(cell.means(state, start, stop)[sequence])
