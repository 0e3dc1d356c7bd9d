"""How many axes a layer reads, as Keras's input_spec has it: NumPy would compute with
more, Keras refuses them.
"""

from __future__ import annotations

import re

from rnn_tui.engine.core.arrays import Shape
from rnn_tui.errors import MisfitError

MANY = re.compile(r"Conv([123])D")
"""Classes that read a batch of one or more axes, the spatial axes of their name, and
channels.
"""
SPATIAL = re.compile(
    r"(?:Conv|LocallyConnected|SeparableConv|DepthwiseConv|MaxPooling|AveragePooling|AdaptiveMaxPooling|AdaptiveAveragePooling|GlobalMaxPooling|GlobalAveragePooling"
    r"|ZeroPadding|Cropping|UpSampling|SpatialDropout)([123])D(?:Transpose)?"
)
"""Classes that read a batch, the spatial axes of their name, and channels."""
OTHERS = {"RepeatVector": 2, "MaxoutDense": 2, "Highway": 2, "CenterCrop": 4}
PICTURES = re.compile(
    r"(?:Random[A-Z]\w+|AugMix|CutMix|MixUp|RandAugment|Solarization|MaxNumBoundingBoxes)"
)
"""Classes that read pictures: three axes or a batch of them; RandomContrast of tf.keras
takes any number.
"""


def check_rank(class_name: str, shape: Shape) -> None:
    """Raise MisfitError when a layer of this class can't read an array of this
    shape.
    """
    many = MANY.fullmatch(class_name)
    spatial = SPATIAL.fullmatch(class_name)
    if many:
        if len(shape) < int(many[1]) + 2:
            raise MisfitError(
                f"{class_name} reads {int(many[1]) + 2} axes or more, batch included"
            )

        return

    if (
        PICTURES.fullmatch(class_name)
        and len(shape) not in (3, 4)
        and class_name != "RandomContrast"
    ):
        raise MisfitError(f"{class_name} reads 3 or 4 axes")

    wanted: int | None
    if spatial:
        wanted = int(spatial[1]) + 2
    else:
        wanted = OTHERS.get(class_name)

    if wanted is not None and len(shape) != wanted:
        raise MisfitError(f"{class_name} reads {wanted} axes, batch included")
