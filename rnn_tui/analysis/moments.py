"""Means and co-moments of columns, added up a stretch of rows at a time (Chan,
Golub and LeVeque 1979): no row is kept, and nothing cancels.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Float = NDArray[np.float64]

CONSTANT = 1e-12
"""A standard deviation below this share of the mean is rounding."""


class Moments:
    """The mean of each column, and the sum of products of deviations of each
    two.
    """

    def __init__(self, columns: int) -> None:
        self.count = 0
        self.mean = np.zeros(columns)
        self.products = np.zeros((columns, columns))

    def add(self, rows: Float) -> None:
        """Add rows, `(n, columns)`."""
        added = len(rows)
        if not added:
            return

        mean = rows.mean(axis=0)
        deviations = rows - mean
        shift = mean - self.mean
        count = self.count + added
        weight = self.count * added / count

        self.products += deviations.T @ deviations
        self.products += np.outer(shift, shift) * weight
        self.mean += shift * (added / count)
        self.count = count

    def std(self) -> Float:
        """Return the standard deviation of each column, 0 where it is constant
        but for rounding; NaN without a row.
        """
        if not self.count:
            return np.full(len(self.mean), np.nan)

        variance = np.diag(self.products) / self.count
        std = np.sqrt(variance)
        rounding = CONSTANT * np.abs(self.mean)

        return np.where(std <= rounding, 0.0, std)

    def covariance(self, columns: slice) -> Float:
        """Return the covariance of some columns."""
        products: Float = self.products[columns, columns]
        return products / max(1, self.count)

    def correlation(self, one: slice, other: slice) -> Float:
        """Return Pearson's r of each of some columns with each of others; NaN
        where one is constant.
        """
        std = self.std()
        count = max(1, self.count)
        covariance = self.products[one, other] / count
        spreads = np.outer(std[one], std[other])
        constant = spreads == 0
        spreads[constant] = 1.0

        correlation = np.clip(covariance / spreads, -1, 1)
        correlation[constant] = np.nan

        return correlation
