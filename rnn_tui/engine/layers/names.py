"""Keras's feed-forward layers by name: the module of this folder that computes
each, and the reason why some aren't computed.

A module is imported when a model first has one of its layers.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module

MODULES: Mapping[str, str] = {
    "activation": "Activation ELU LeakyReLU PReLU ReLU Softmax ThresholdedReLU",
    "adaptive": """
        AdaptiveAveragePooling1D AdaptiveAveragePooling2D
        AdaptiveAveragePooling3D AdaptiveMaxPooling1D AdaptiveMaxPooling2D
        AdaptiveMaxPooling3D""",
    "attention": "AdditiveAttention Attention",
    "augmentation": """
        AugMix CenterCrop CutMix MaxNumBoundingBoxes MixUp RandAugment
        RandomBrightness RandomColorDegeneration RandomColorJitter
        RandomContrast RandomElasticTransform RandomErasing RandomFlip
        RandomGaussianBlur RandomGrayscale RandomHeight RandomHue
        RandomInvert RandomPerspective RandomPosterization RandomRotation
        RandomSaturation RandomSharpness RandomShear RandomTranslation
        RandomWidth RandomZoom Solarization""",
    "categories": "CategoryEncoding Discretization",
    "convolution": """
        Conv1D Conv2D Conv3D DepthwiseConv1D DepthwiseConv2D SeparableConv1D
        SeparableConv2D""",
    "dense": "Dense Embedding TimeDistributedDense",
    "einsum": "EinsumDense",
    "groupquery": "GroupQueryAttention GroupedQueryAttention",
    "identity": """
        ActivityRegularization AlphaDropout Dropout GaussianDropout
        GaussianNoise Identity InputLayer Masking SpatialDropout1D
        SpatialDropout2D SpatialDropout3D""",
    "legacy": "Highway MaxoutDense",
    "local": "LocallyConnected1D LocallyConnected2D",
    "merge": "Add Average Concatenate Dot Maximum Minimum Multiply Subtract",
    "multihead": "MultiHeadAttention",
    "normalisation": """
        BatchNormalization GroupNormalization LayerNormalization Normalization
        RMSNormalization Rescaling UnitNormalization""",
    "operators": "SlicingOpLambda TFOpLambda",
    "pooling": """
        AveragePooling1D AveragePooling2D AveragePooling3D
        GlobalAveragePooling1D GlobalAveragePooling2D GlobalAveragePooling3D
        GlobalMaxPooling1D GlobalMaxPooling2D GlobalMaxPooling3D
        MaxPooling1D MaxPooling2D MaxPooling3D""",
    "shape": """
        Cropping1D Cropping2D Cropping3D Flatten Permute RepeatVector Reshape
        UpSampling1D UpSampling2D UpSampling3D ZeroPadding1D ZeroPadding2D
        ZeroPadding3D""",
    "text": "TextVectorization",
    "transposed": "Conv1DTranspose Conv2DTranspose Conv3DTranspose",
    "wrappers": "SpectralNormalization TimeDistributed",
}
"""The class names of each module, by the module's name."""

REFUSED: Mapping[str, str] = {
    "Lambda": "a Lambda's code is in the file and is never run",
    "StringLookup": "it reads text, not numbers",
    "IntegerLookup": "the table it looks ids up in is not reproduced",
    **dict.fromkeys(
        ("Hashing", "HashedCrossing"),
        "TensorFlow's hash is not reproduced",
    ),
    **dict.fromkeys(
        ("Resizing", "RandomCrop"),
        "how it scales pictures differs between versions of Keras",
    ),
    **dict.fromkeys(
        (
            "AutoContrast",
            "Equalization",
            "ContrastLimitedAdaptiveHistogramEqualization",
        ),
        "what it makes of a picture's histogram is not reproduced",
    ),
    **dict.fromkeys(
        ("STFTSpectrogram", "MelSpectrogram"),
        "its Fourier transform is not reproduced",
    ),
    "ReversibleEmbedding": (
        "an embedding that is also read backwards is not reproduced"
    ),
    "PruneLowMagnitude": (
        "it masks the weights of what it wraps; tfmot's strip_pruning leaves "
        "a plain layer to save"
    ),
}
"""Why a layer is never computed, by its class name."""

OPERATION = "ops."
"""The prefix that tells one of keras.ops from a layer of the same name."""

_MODULE_OF = {
    name: module for module, names in MODULES.items() for name in names.split()
}


def known(class_name: str) -> bool:
    """Return whether the table has this class name."""
    return class_name in _MODULE_OF


def class_names() -> tuple[str, ...]:
    """Return every class name of the table."""
    return tuple(_MODULE_OF)


def load(class_name: str) -> None:
    """Import the module that a class name belongs to; a name without one is
    left.
    """
    if class_name.startswith(OPERATION):
        module = "operators"
    elif class_name in _MODULE_OF:
        module = _MODULE_OF[class_name]
    else:
        return

    import_module(f"rnn_tui.engine.layers.{module}")
