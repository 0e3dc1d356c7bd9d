"""Keras's image augmentation, which acts in training only, and the crops that
act always.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from rnn_tui.engine.core.arrays import Shape
from rnn_tui.engine.layers.base import Elementwise, Plain
from rnn_tui.engine.layers.keys import COUNT
from rnn_tui.engine.layers.layer import Run
from rnn_tui.engine.layers.registry import computes
from rnn_tui.engine.layers.schema import (
    PICTURE,
    Mask,
    Rank,
    Schema,
    at_least,
    exactly,
)
from rnn_tui.errors import MisfitError

if TYPE_CHECKING:
    from numpy.typing import NDArray


def _augmenting(sentence: str) -> Schema:
    """Return the schema of a layer that changes pictures in training alone.

    Keras 3 lets the mask end, tf.keras returns the very tensor that it read.
    """
    return Schema(
        f"{sentence}; passes everything on here.",
        rank=PICTURE,
        mask=Mask(keeps=True, ends_in=(3,)),
        back="shape_back:identity",
    )


def _drawn(sentence: str, rank: Rank = PICTURE) -> Schema:
    """Return the schema of one that draws at random in training."""
    return _augmenting(sentence)._replace(rank=rank, in_training=True)


@computes(
    AugMix=_augmenting(
        "Mixes a picture with changed copies of itself in training"
    ),
    CutMix=_augmenting(
        "Pastes parts of other pictures into a picture in training"
    ),
    MaxNumBoundingBoxes=_augmenting("Pads lists of bounding boxes in training"),
    MixUp=_augmenting("Mixes pairs of pictures in training"),
    RandAugment=_augmenting(
        "Changes pictures in ways drawn at random in training"
    ),
    RandomBrightness=_drawn(
        "Changes the brightness of pictures at random in training"
    ),
    RandomColorDegeneration=_drawn(
        "Takes colour out of pictures at random in training"
    ),
    RandomColorJitter=_drawn(
        "Changes the colours of pictures at random in training"
    ),
    RandomContrast=_drawn(
        "Changes the contrast of pictures at random in training",
        rank=at_least(1),
    ),
    RandomElasticTransform=_drawn("Distorts pictures at random in training"),
    RandomErasing=_drawn("Erases parts of pictures at random in training"),
    RandomFlip=_drawn("Mirrors pictures at random in training"),
    RandomGaussianBlur=_drawn("Blurs pictures at random in training"),
    RandomGrayscale=_drawn("Turns pictures grey at random in training"),
    RandomHue=_drawn("Shifts the hue of pictures at random in training"),
    RandomInvert=_drawn(
        "Inverts the colours of pictures at random in training"
    ),
    RandomPerspective=_drawn(
        "Changes the perspective of pictures at random in training"
    ),
    RandomPosterization=_drawn(
        "Leaves pictures fewer tones at random in training"
    ),
    RandomRotation=_drawn("Turns pictures at random in training"),
    RandomSaturation=_drawn(
        "Changes the saturation of pictures at random in training"
    ),
    RandomSharpness=_drawn(
        "Changes the sharpness of pictures at random in training"
    ),
    RandomShear=_drawn("Shears pictures at random in training"),
    RandomTranslation=_drawn("Shifts pictures at random in training"),
    RandomZoom=_drawn("Zooms into pictures at random in training"),
    Solarization=_augmenting(
        "Inverts the bright parts of pictures in training"
    ),
)
class Augmentation(Elementwise):
    """Returns its input: a layer that acts in training alone."""

    views: ClassVar[bool] = True

    def compute(self, x: NDArray[Any], run: Run) -> Any:
        """Return `x`."""
        return x


@computes(
    RandomHeight=_drawn("Stretches pictures in height at random in training"),
    RandomWidth=_drawn("Stretches pictures in width at random in training"),
)
class RandomSide(Augmentation):
    """Returns its input, with a height or width that tf.keras leaves open."""

    def output_shapes(self, inputs: Sequence[Shape]) -> list[Shape]:
        """Return the shape that came in with the side open that training
        changes.
        """
        shape = list(inputs[0])
        shape[-3 if self.class_name == "RandomHeight" else -2] = None

        return [tuple(shape)]


@computes(
    CenterCrop=Schema(
        "Keeps the middle of a picture.",
        keys={"height": COUNT, "width": COUNT},
        needs=("height", "width"),
        rank=exactly(4),
        back="shape_back:center_crop",
    )
)
class CenterCrop(Plain):
    """The middle of a picture; a smaller picture would be enlarged, which is
    not reproduced.
    """

    views: ClassVar[bool] = True

    def _wanted(self, rank: int) -> list[tuple[int, str, int]]:
        """Return each axis that is cut, its name and how long it becomes."""
        first = rank - 3
        if self.channels_first():
            first = rank - 2

        wanted = []
        for axis, name in enumerate(("height", "width"), first):
            side = int(self.config[name])
            wanted.append((axis, name, side))

        return wanted

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
        """Return the middle `height` × `width` of `x`; an odd one is left
        behind it.
        """
        return x[self.middle(x.shape)]

    def middle(self, shape: Sequence[int]) -> tuple[slice, ...]:
        """Return the part that it keeps of an array of this shape."""
        cut = [slice(None)] * len(shape)
        for axis, _, wanted in self._wanted(len(shape)):
            spare = shape[axis] - wanted
            start = spare // 2
            cut[axis] = slice(start, start + wanted)

        return tuple(cut)

    def output_shapes(self, inputs: Sequence[Shape]) -> list[Shape]:
        """Return the shape that came in with `height` and `width` in it."""
        shape = list(inputs[0])
        for axis, _, wanted in self._wanted(len(shape)):
            shape[axis] = wanted

        return [tuple(shape)]
