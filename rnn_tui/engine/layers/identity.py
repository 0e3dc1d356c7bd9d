"""Layers that do nothing at inference, and the two that make tensors or masks:
InputLayer and Masking.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from rnn_tui.engine.core import lazy_numpy as np
from rnn_tui.engine.core.arrays import Tensor
from rnn_tui.engine.layers.base import Elementwise
from rnn_tui.engine.layers.layer import Run
from rnn_tui.engine.layers.registry import computes

if TYPE_CHECKING:
    from numpy.typing import NDArray


@computes(
    "Identity",
    "ActivityRegularization",
    "Dropout",
    "SpatialDropout1D",
    "SpatialDropout2D",
    "SpatialDropout3D",
    "GaussianNoise",
    "GaussianDropout",
    "AlphaDropout",
    "InputLayer",
)
class Identity(Elementwise):
    """What comes in goes out: these layers act in training only."""

    views: ClassVar[bool] = True

    def compute(self, x: NDArray[Any], run: Run) -> Any:
        """Return `x`."""
        return x


@computes("Masking")
class Masking(Elementwise):
    """Timesteps whose every feature is `mask_value` are masked, and their features
    become 0.
    """

    keeps_mask: ClassVar[bool] = False
    least_axes: ClassVar[int] = 2

    def call(self, inputs: Sequence[Tensor], run: Run) -> list[Tensor]:
        """Return the input with masked timesteps at 0, and the mask."""
        x = inputs[0].value
        mask = np.any(x != run.dtype.type(self.config.get("mask_value", 0.0)), axis=-1)

        return [Tensor(np.where(mask[..., None], x, run.dtype.type(0)), mask)]
