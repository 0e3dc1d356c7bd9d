"""Keras's image augmentation, which acts in training only, and the crops that act
always.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from rnn_tui.engine.core.arrays import Shape
from rnn_tui.engine.layers.base import Elementwise, Plain
from rnn_tui.engine.layers.layer import Run
from rnn_tui.engine.layers.registry import computes
from rnn_tui.errors import MisfitError

if TYPE_CHECKING:
    from numpy.typing import NDArray


@computes(
    "AugMix",
    "CutMix",
    "MaxNumBoundingBoxes",
    "MixUp",
    "RandAugment",
    "RandomBrightness",
    "RandomColorDegeneration",
    "RandomColorJitter",
    "RandomContrast",
    "RandomElasticTransform",
    "RandomErasing",
    "RandomFlip",
    "RandomGaussianBlur",
    "RandomGrayscale",
    "RandomHue",
    "RandomInvert",
    "RandomPerspective",
    "RandomPosterization",
    "RandomRotation",
    "RandomSaturation",
    "RandomSharpness",
    "RandomShear",
    "RandomTranslation",
    "RandomZoom",
    "Solarization",
)
class Augmentation(Elementwise):
    """What comes in goes out; Keras 3 lets the mask end, tf.keras returns the very
    tensor that came in.
    """

    views: ClassVar[bool] = True

    def compute(self, x: NDArray[Any], run: Run) -> Any:
        """Return `x`."""
        return x

    def hands_on_mask(self) -> bool:
        """Whether the mask passes in the Keras that wrote the file."""
        return self.generation < 3


@computes("RandomHeight", "RandomWidth")
class RandomSide(Augmentation):
    """What comes in goes out, of a height or width that tf.keras leaves open."""

    def output_shapes(self, inputs: Sequence[Shape]) -> list[Shape]:
        """Return the shape that came in with the side open that training changes."""
        shape = list(inputs[0])
        shape[-3 if self.class_name == "RandomHeight" else -2] = None

        return [tuple(shape)]


@computes("CenterCrop")
class CenterCrop(Plain):
    """The middle of a picture; a smaller picture would be enlarged, which is not
    reproduced.
    """

    views: ClassVar[bool] = True

    def _wanted(self, rank: int) -> list[tuple[int, str, int]]:
        """Return each axis that is cut, its name and how long it becomes."""
        first = rank - (2 if self.channels_first() else 3)
        names = enumerate(("height", "width"), first)

        return [(axis, name, int(self.config[name])) for axis, name in names]

    def check(self, inputs: Sequence[Shape]) -> None:
        """Check that the picture is large enough."""
        super().check(inputs)
        for axis, name, wanted in self._wanted(len(inputs[0])):
            side = inputs[0][axis]
            if side is not None and side < wanted:
                raise MisfitError(
                    f"a picture of {name} {side} would be enlarged to {wanted}"
                )

    def compute(self, x: NDArray[Any], run: Run) -> Any:
        """Return the middle `height` × `width` of `x`; an odd one is left behind it."""
        cut = [slice(None)] * x.ndim
        for axis, _, wanted in self._wanted(x.ndim):
            spare = x.shape[axis] - wanted
            cut[axis] = slice(spare // 2, spare // 2 + wanted)

        return x[tuple(cut)]

    def output_shapes(self, inputs: Sequence[Shape]) -> list[Shape]:
        """Return the shape that came in with `height` and `width` in it."""
        shape = list(inputs[0])
        for axis, _, wanted in self._wanted(len(shape)):
            shape[axis] = wanted

        return [tuple(shape)]
