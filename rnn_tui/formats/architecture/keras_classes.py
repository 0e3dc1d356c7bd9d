"""Which class names are Keras's own, and in which versions: any other name in a
file is its author's own class.

Read from the sources: keras 0.3.3 to 2.3.1 and 3.0 to 3.14 (one line), and
TensorFlow's own Keras, 2.0.8-tf to 2.15 and tf_keras after it (the other). Both
lines have a 2.2.4 and they differ: `Attention` is in TensorFlow's alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from rnn_tui.engine.layers.names import known
from rnn_tui.formats.architecture.keras3_names import CLASSES
from rnn_tui.formats.data.spec import Era

Version = tuple[int, ...]
Names = Mapping[Version, str]

ENTERED: Names = {
    (0,): """
        Activation ActivityRegularization AutoEncoder AveragePooling1D
        AveragePooling2D AveragePooling3D BatchNormalization Convolution1D
        Convolution2D Convolution3D Dense Dropout ELU Embedding Flatten GRU
        GaussianDropout GaussianNoise Graph Highway LSTM Lambda LambdaMerge
        LeakyReLU MaskedLambda Masking MaxPooling1D MaxPooling2D
        MaxPooling3D MaxoutDense Merge PReLU ParametricSoftplus Permute
        RepeatVector Reshape SReLU SemiSupervizedConvolution2D Sequential
        SimpleRNN ThresholdedLinear ThresholdedReLU TimeDistributed
        TimeDistributedDense TimeDistributedMerge UpSampling1D UpSampling2D
        UpSampling3D ZeroPadding1D ZeroPadding2D ZeroPadding3D""",
    (1,): """
        AtrousConvolution1D AtrousConvolution2D Bidirectional ConvLSTM2D
        Cropping1D Cropping2D Cropping3D Deconvolution2D
        GlobalAveragePooling1D GlobalAveragePooling2D GlobalAveragePooling3D
        GlobalMaxPooling1D GlobalMaxPooling2D GlobalMaxPooling3D InputLayer
        LocallyConnected1D LocallyConnected2D Model SeparableConvolution2D
        SpatialDropout1D SpatialDropout2D SpatialDropout3D""",
    (2, 0, 0): """
        Add Average Concatenate Conv1D Conv2D Conv2DTranspose Conv3D Dot Maximum
        Multiply SeparableConv2D""",
    (2, 0, 6): "AlphaDropout Conv3DTranspose",
    (2, 0, 7): "Subtract",
    (2, 0, 9): (
        "CuDNNGRU CuDNNLSTM GRUCell LSTMCell Minimum RNN SimpleRNNCell "
        "StackedRNNCells"
    ),
    (2, 1, 3): "SeparableConv1D Softmax",
    (2, 1, 5): "ConvLSTM2DCell DepthwiseConv2D",
    (2, 2, 0): "ReLU",
    (3, 0): """
        AdditiveAttention Attention CategoryEncoding CenterCrop
        Conv1DTranspose ConvLSTM1D ConvLSTM3D ConvLSTMCell DepthwiseConv1D
        Discretization EinsumDense FeatureSpace Functional
        GroupNormalization GroupQueryAttention GroupedQueryAttention
        HashedCrossing Hashing Identity IntegerLookup LayerNormalization
        MultiHeadAttention Normalization RandomBrightness RandomContrast
        RandomCrop RandomFlip RandomHeight RandomRotation RandomTranslation
        RandomWidth RandomZoom Rescaling Resizing SpectralNormalization
        StringLookup TFSMLayer TextVectorization TorchModuleWrapper
        FlaxLayer JaxLayer UnitNormalization""",
    (3, 1): "MelSpectrogram",
    (3, 6): "AutoContrast Pipeline RandomShear Solarization",
    (3, 7): "MaxNumBoundingBoxes STFTSpectrogram",
    (3, 8): """
        Equalization MixUp RandAugment RandomColorDegeneration RandomColorJitter
        RandomGrayscale RandomHue RandomPosterization RandomSaturation
        RandomSharpness""",
    (3, 9): """
        AugMix CutMix RMSNormalization RandomErasing RandomGaussianBlur
        RandomInvert RandomPerspective""",
    (3, 10): "RandomElasticTransform",
    (3, 12): "ReversibleEmbedding",
    (3, 13): """
        AdaptiveAveragePooling1D AdaptiveAveragePooling2D
        AdaptiveAveragePooling3D AdaptiveMaxPooling1D AdaptiveMaxPooling2D
        AdaptiveMaxPooling3D""",
    (3, 14): "CLAHE ContrastLimitedAdaptiveHistogramEqualization",
}
"""The names of Keras itself, by the version that brought them."""

LEFT: Names = {
    (1,): (
        "AutoEncoder LambdaMerge MaskedLambda SemiSupervizedConvolution2D "
        "ThresholdedLinear TimeDistributedMerge"
    ),
    (1, 1): "Graph",
    (2,): """
        AtrousConvolution1D AtrousConvolution2D Deconvolution2D
        ParametricSoftplus SReLU SeparableConvolution2D TimeDistributedDense""",
    (2, 3): "Merge",
    (3,): (
        "ConvLSTM2DCell CuDNNGRU CuDNNLSTM Highway LocallyConnected1D "
        "LocallyConnected2D MaxoutDense"
    ),
}
"""The names of Keras itself that are gone, by the first version without them.

Keras 2.2 has no `Merge` any more, but files that it wrote from older models are
met.
"""

ENTERED_TENSORFLOW: Names = {
    (2,): """
        Activation ActivityRegularization Add AlphaDropout Average
        AveragePooling1D AveragePooling2D AveragePooling3D
        BatchNormalization Bidirectional Concatenate Conv1D Conv2D
        Conv2DTranspose Conv3D Conv3DTranspose ConvLSTM2D ConvLSTM2DCell
        Cropping1D Cropping2D Cropping3D CuDNNGRU CuDNNLSTM Dense
        DepthwiseConv2D Dot Dropout ELU Embedding Flatten GRU GRUCell
        GaussianDropout GaussianNoise GlobalAveragePooling1D
        GlobalAveragePooling2D GlobalAveragePooling3D GlobalMaxPooling1D
        GlobalMaxPooling2D GlobalMaxPooling3D InputLayer LSTM LSTMCell
        Lambda LeakyReLU LocallyConnected1D LocallyConnected2D Masking
        MaxPooling1D MaxPooling2D MaxPooling3D Maximum Minimum Model
        Multiply PReLU Permute RNN ReLU RepeatVector Reshape SeparableConv1D
        SeparableConv2D Sequential SimpleRNN SimpleRNNCell Softmax
        SpatialDropout1D SpatialDropout2D SpatialDropout3D StackedRNNCells
        Subtract ThresholdedReLU TimeDistributed UpSampling1D UpSampling2D
        UpSampling3D ZeroPadding1D ZeroPadding2D ZeroPadding3D""",
    (2, 2, 4): """
        AddLoss AddMetric AdditiveAttention Attention BatchNormalizationV1
        BatchNormalizationV2 CenterCrop DeviceWrapper DropoutWrapper
        LayerNormalization Normalization PeepholeLSTMCell RandomCrop
        RandomFourierFeatures ResidualWrapper Resizing TensorFlowOpLayer
        TextVectorization UnifiedGRU UnifiedLSTM""",
    (2, 3, 0): """
        CategoryCrossing Discretization Hashing RandomContrast RandomFlip
        RandomHeight RandomRotation RandomTranslation RandomWidth RandomZoom
        Rescaling SyncBatchNormalization""",
    (2, 4, 0): """
        BasicLSTMCell BasicRNNCell CategoryEncoding ClassMethod Conv1DTranspose
        DenseFeatures EinsumDense Functional InstanceMethod InstanceProperty
        IntegerLookup ModuleWrapper MultiHeadAttention MultiRNNCell RNNCell
        SequenceFeatures SlicingOpLambda StringLookup TFOpLambda""",
    (2, 6): "ConvLSTM1D ConvLSTM3D ConvLSTMCell",
    (2, 7): "DepthwiseConv1D",
    (2, 8): "HashedCrossing",
    (2, 9): "RandomBrightness UnitNormalization",
    (2, 11): "GroupNormalization",
    (2, 12): "Identity",
    (2, 13): "SpectralNormalization",
}
"""The names of TensorFlow's Keras, by the version that brought them; those
before 2.4 are its `-tf` versions.
"""

LEFT_TENSORFLOW: Names = {
    (
        2,
        3,
        0,
    ): "BatchNormalizationV1 BatchNormalizationV2 UnifiedGRU UnifiedLSTM",
    (2, 6): "ConvLSTM2DCell SequenceFeatures",
    (2, 8): "CategoryCrossing",
    (2, 9): "PeepholeLSTMCell",
}
"""The names of TensorFlow's Keras that are gone, by the first version without
them.
"""

FIRST, LAST = (0,), (9,)


@cache
def _spans(tensorflow: bool) -> Mapping[str, tuple[Version, Version]]:
    """Return for each name of one line the first version that has it and the
    first that has it no more.
    """
    entered = ENTERED_TENSORFLOW if tensorflow else ENTERED
    left = LEFT_TENSORFLOW if tensorflow else LEFT
    gone = {
        name: version
        for version, names in left.items()
        for name in names.split()
    }

    return {
        name: (version, gone.get(name, LAST))
        for version, names in entered.items()
        for name in names.split()
    }


def ever_keras(class_name: str) -> bool:
    """Whether some Keras has, or had, a class of this name."""
    return (
        any(class_name in _spans(tensorflow) for tensorflow in (False, True))
        or class_name in CLASSES
    )


def added_layer(class_name: str) -> str | None:
    """Return the name in the engine's table of a feed-forward class that no
    Keras has, None for every other.

    A file has such a class as its own program registers it: `Mine>ScaleShift`
    is a ScaleShift.
    """
    name = class_name.rpartition(">")[2]
    if ever_keras(name) or not known(name):
        return None

    return name


def is_keras(class_name: str, era: Era) -> bool:
    """Whether a class of this name was Keras's own in the Keras that wrote the
    file.

    Other spellings of a layer that Keras reads as well (`MaxPool1D`) go with
    it. Where a file tells no more than the generation, any Keras of it may have
    written the name; so may any Keras 3, whose files say of every class where
    it comes from: a file without that was written by hand, and is not held to
    3.4 or 3.9.
    """
    if class_name not in _spans(False) and class_name not in _spans(True):
        return class_name in CLASSES
    if len(era.version) == 1:
        return any(
            _in_generation(class_name, era, tensorflow)
            for tensorflow in (False, True)
        )
    if era.generation == 3:
        return _in_generation(class_name, era, tensorflow=False)

    first, gone = _spans(era.tensorflow).get(class_name, (LAST, LAST))

    return first <= era.version < gone


def _in_generation(class_name: str, era: Era, tensorflow: bool) -> bool:
    """Whether some Keras of the file's generation has the name; a file that
    names no version is taken for Keras 3.
    """
    if era.version == (3,):
        return class_name in _spans(tensorflow)

    first, gone = _spans(tensorflow).get(class_name, (LAST, LAST))
    if era.generation > 1:
        begins = (era.generation,)
    else:
        begins = FIRST

    return first < (era.generation + 1,) and gone > begins
