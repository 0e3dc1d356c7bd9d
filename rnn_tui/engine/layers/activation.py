"""Activation layers: Activation itself and those with parameters of their
own.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from rnn_tui.engine.core import lazy_numpy as np
from rnn_tui.engine.core.activation_functions import (
    elu,
    leaky_relu,
    prelu,
    relu,
    softmax,
)
from rnn_tui.engine.core.arrays import Mask, Shape, Tensor
from rnn_tui.engine.core.fits import check_slopes, check_stretches
from rnn_tui.engine.layers.base import Elementwise, as_numbers, axes_named
from rnn_tui.engine.layers.keys import ANYTHING
from rnn_tui.engine.layers.layer import Run
from rnn_tui.engine.layers.registry import computes
from rnn_tui.engine.layers.schema import (
    ALONE,
    ALONG_LAST,
    KEEPS,
    Schema,
    Stored,
    at_least,
)
from rnn_tui.errors import MisfitError

if TYPE_CHECKING:
    from numpy.typing import NDArray


@computes(
    Activation=Schema(
        "Applies an activation to every value.",
        rank=at_least(0),
        reach=ALONE,
        mask=KEEPS,
        defaults={"activation": "linear"},
        back="dense_back:activation",
    )
)
class ActivationLayer(Elementwise):
    """The named activation of every value."""

    def compute(self, x: NDArray[Any], run: Run) -> Any:
        """Return φ(x)."""
        return self.activation()(x)


@computes(
    ReLU=Schema(
        "Sets negative values to 0, or to a small slope of themselves.",
        reach=ALONE,
        mask=KEEPS,
        defaults={"max_value": None, "negative_slope": 0.0, "threshold": 0.0},
        back="dense_back:relu",
    )
)
class ReLU(Elementwise):
    """max(x, 0), with an optional ceiling, slope and threshold."""

    def compute(self, x: NDArray[Any], run: Run) -> Any:
        """Return the rectified `x`."""
        return relu(x, **self.settings())

    def settings(self) -> dict[str, Any]:
        """Return the slope, the ceiling and the threshold."""
        config = self.config

        return {
            "negative_slope": float(config.get("negative_slope") or 0),
            "max_value": config.get("max_value"),
            "threshold": float(config.get("threshold") or 0),
        }


@computes(
    ThresholdedReLU=Schema(
        "Sets values up to a threshold to 0.",
        reach=ALONE,
        mask=KEEPS,
        defaults={"theta": 1.0},
        back="dense_back:thresholded_relu",
    )
)
class ThresholdedReLU(Elementwise):
    """x where x > θ, else 0."""

    def compute(self, x: NDArray[Any], run: Run) -> Any:
        """Return `x` where it is above θ."""
        return np.where(
            x > run.dtype.type(self.config.get("theta", 1.0)),
            x,
            run.dtype.type(0),
        )


@computes(
    LeakyReLU=Schema(
        "Multiplies negative values by a small slope.",
        never_null=("negative_slope",),
        reach=ALONE,
        mask=KEEPS,
        defaults={"negative_slope": 0.3},
        back="dense_back:leaky_relu",
    )
)
class LeakyReLU(Elementwise):
    """x, or a small slope of it below 0."""

    def compute(self, x: NDArray[Any], run: Run) -> Any:
        """Return `x` with its negative part on the slope."""
        return leaky_relu(
            x,
            negative_slope=float(self.config.get("negative_slope", 0.3)),
        )


@computes(
    PReLU=Schema(
        "Multiplies negative values by slopes that were learnt.",
        arrays=(Stored("alpha"),),
        keys={"alpha": ANYTHING},
        mask=KEEPS,
        defaults={},
        back="dense_back:prelu",
    )
)
class PReLU(Elementwise):
    """x, or a learnt slope of it below 0; the slope is shared along
    `shared_axes`.
    """

    def check(self, inputs: Sequence[Shape]) -> None:
        """Check that there is a slope for each value of a sequence, or for each
        along the axes that aren't shared.
        """
        super().check(inputs)
        check_slopes(self.weights[0].shape, inputs[0])

    def compute(self, x: NDArray[Any], run: Run) -> Any:
        """Return max(x, 0) + α·min(x, 0)."""
        return prelu(x, self.value("alpha", run))

    def formula(self) -> str:
        """Return the slopes' sides."""
        return " × ".join(str(side) for side in self.weights[0].shape)


@computes(
    ELU=Schema(
        "Bends negative values towards a limit, by an exponential.",
        reach=ALONE,
        mask=KEEPS,
        defaults={"alpha": 1.0},
        back="dense_back:elu",
    )
)
class ELU(Elementwise):
    """x, or α·(eˣ − 1) below 0."""

    def compute(self, x: NDArray[Any], run: Run) -> Any:
        """Return the exponential linear `x`."""
        return elu(x, alpha=float(self.config.get("alpha", 1.0)))


@computes(
    Softmax=Schema(
        "Turns values into shares that sum to 1.",
        reach=ALONG_LAST,
        mask=KEEPS,
        with_softmax=True,
        defaults={"axis": -1},
        back="dense_back:softmax",
    )
)
class Softmax(Elementwise):
    """Shares that add up to 1 along `axis`; masked places get none."""

    def axes(self, rank: int) -> tuple[int, ...]:
        """Return the axes whose values add up to 1, counted from 0."""
        axes = axes_named(self.config.get("axis"), rank)
        if not axes or len(set(axes)) < len(axes):
            raise MisfitError(f"its axes {axes} are none, or one of them twice")

        return tuple(axes)

    def check(self, inputs: Sequence[Shape]) -> None:
        """Check that there are such axes."""
        super().check(inputs)
        self.axes(len(inputs[0]))

    def call(self, inputs: Sequence[Tensor], run: Run) -> list[Tensor]:
        """Return the shares."""
        x, mask = inputs[0]
        x = as_numbers(x, run)
        axes = self.axes(x.ndim)
        kept = None
        if mask is not None:
            kept = self._kept(mask, x.shape)

        if kept is not None:
            hidden = 1.0 - kept.astype(x.dtype)
            x = x + hidden * self._lowered(run)

        if len(axes) == 1:
            y = softmax(x, axis=axes[0])
        else:
            largest = x.max(axis=axes, keepdims=True)
            e = np.exp(x - largest)
            total = e.sum(axis=axes, keepdims=True)
            y = e / total

        if kept is not None and self.config.get("masked_to_zero"):
            nothing = run.dtype.type(0)
            y = np.where(kept, y, nothing)

        return [Tensor(y, mask)]

    def _lowered(self, run: Run) -> Any:
        """Return the number that is added to a masked value."""
        if self.generation < 3:
            return run.dtype.type(-1e9)

        return run.dtype.type(-3.4028235e38 / 2)

    def _kept(self, mask: Mask, shape: tuple[int, ...]) -> Mask | None:
        """Return which values take part, None where the Keras of the file
        doesn't ask: the last axes are laid together.

        A mask of timesteps is so laid over features, where there are as many.
        Raises MisfitError where it doesn't fit, as no Keras runs that.
        """
        if self.config.get("ignores_mask"):
            return None

        check_stretches(mask.shape, shape, "the mask that it is given")

        return np.broadcast_to(mask, shape)
