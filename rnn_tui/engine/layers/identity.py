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
from rnn_tui.engine.layers.schema import (
    ALONE,
    BEGINS,
    KEEPS,
    Mask,
    Schema,
    at_least,
    exactly,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray


def _in_training(sentence: str) -> Schema:
    """Return the schema of a layer that acts in training alone."""
    return Schema(
        f"{sentence}; passes everything on here.",
        mask=KEEPS,
        defaults={},
        back="shape_back:identity",
    )


def _dropping(axes: int) -> Schema:
    """Return the schema of one that drops whole features over so many axes."""
    dropping = _in_training("Drops whole features at random in training")
    return dropping._replace(rank=exactly(axes + 2), spatial=axes)


@computes(
    Identity=Schema(
        "Passes everything on.",
        mask=Mask(keeps=True, ends_in=(2,)),
        defaults={},
        back="shape_back:identity",
    ),
    ActivityRegularization=_in_training("Adds to the loss in training"),
    Dropout=_in_training("Drops values at random in training"),
    SpatialDropout1D=_dropping(1)._replace(reads_time=True),
    SpatialDropout2D=_dropping(2),
    SpatialDropout3D=_dropping(3),
    GaussianNoise=_in_training("Adds noise in training"),
    GaussianDropout=_in_training("Multiplies by noise in training"),
    AlphaDropout=_in_training(
        "Drops values in training, mean and variance kept"
    ),
    InputLayer=Schema(
        "Where the sequence enters.",
        mask=KEEPS,
        defaults={},
        back="shape_back:identity",
    ),
)
class Identity(Elementwise):
    """Returns its input: these layers act in training only."""

    views: ClassVar[bool] = True

    def compute(self, x: NDArray[Any], run: Run) -> Any:
        """Return `x`."""
        return x


@computes(
    Masking=Schema(
        "Marks the timesteps that hold nothing but one value, so that "
        "recurrent layers skip them.",
        rank=at_least(2),
        reach=ALONE,
        mask=BEGINS,
        defaults={"mask_value": 0.0},
        back="shape_back:masking",
    )
)
class Masking(Elementwise):
    """Timesteps whose every feature is `mask_value` are masked, and their
    features become 0.
    """

    def call(self, inputs: Sequence[Tensor], run: Run) -> list[Tensor]:
        """Return the input with masked timesteps at 0, and the mask."""
        x = inputs[0].value  # (batch, timesteps, …, features)
        zero = run.dtype.type(0)
        mask = self.shown(x, run)
        y = np.where(mask[..., None], x, zero)

        return [Tensor(y, mask)]

    def shown(self, x: NDArray[Any], run: Run) -> NDArray[Any]:
        """Return which timesteps aren't masked."""
        value = run.dtype.type(self.config.get("mask_value", 0.0))
        shown: NDArray[Any] = np.any(x != value, axis=-1)

        return shown
