"""The settings `--assume` may set of a file of weights only, and hard_sigmoid
of any.
"""

from __future__ import annotations

RECURRENT_KEYS = (
    "activation",
    "recurrent_activation",
    "go_backwards",
    "return_sequences",
    "merge_mode",
    "reset_after",
    "zero_output_for_mask",
)
"""Without a layer's name these speak of every recurrent layer."""

LAYER_KEYS = (
    "mask_zero",
    "mask_value",
    "padding",
    "strides",
    "dilation_rate",
    "epsilon",
    "center",
    "alpha",
    "negative_slope",
    "max_value",
    "threshold",
    "theta",
    "axis",
    "groups",
    "n",
    "pool_size",
    "size",
    "cropping",
    "target_shape",
    "dims",
    "scale",
    "offset",
)
"""These need a layer's name (`embedding.mask_zero=true`), as does the
`activation` of a layer that isn't recurrent.
"""

MODEL_KEYS = ("keras", "hard_sigmoid")
"""These speak of the whole model: which Keras wrote weights that don't say it,
and whose hard_sigmoid holds, 2 or 3.
"""

ASSUMABLE = (*RECURRENT_KEYS, *LAYER_KEYS, *MODEL_KEYS)
