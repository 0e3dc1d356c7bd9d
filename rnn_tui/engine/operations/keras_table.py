"""The operations of Keras 3 (keras.src.ops): the function that computes each,
or the reason why it isn't computed.

One row an operation; rows.py explains its marks. An operation in
neither table is newer than them, and is refused by its name.
"""

from __future__ import annotations

from collections.abc import Mapping

from rnn_tui.engine.operations.rows import Row, numpy, own

KERAS: Mapping[str, Row] = {
    # one number after the other
    "Abs": numpy("absolute", "x:number"),
    "Absolute": numpy("absolute", "x:number"),
    "Fabs": numpy("absolute", "x:real"),
    "Negative": numpy("negative", "x"),
    "Square": numpy("square", "x:number"),
    "Sign": own("sign", "x:number"),
    "Signbit": numpy("signbit", "x:real"),
    "Reciprocal": numpy("reciprocal", "x:real"),
    "Round": own("rounded", "x:number; decimals"),
    "Floor": numpy("floor", "x:real"),
    "Ceil": numpy("ceil", "x:real"),
    "Trunc": numpy("trunc", "x:number", "like"),
    "Exp": numpy("exp", "x:real"),
    "Exp2": numpy("exp2", "x:real"),
    "Expm1": numpy("expm1", "x:real"),
    "Log": numpy("log", "x:real"),
    "Log10": numpy("log10", "x:real"),
    "Log1p": numpy("log1p", "x:real"),
    "Log2": numpy("log2", "x:real"),
    "Sqrt": numpy("sqrt", "x:real"),
    "Rsqrt": own("rsqrt", "x:real"),
    "Cbrt": numpy("cbrt", "x:real"),
    "Sin": numpy("sin", "x:real"),
    "Cos": numpy("cos", "x:real"),
    "Tan": numpy("tan", "x:real"),
    "Arcsin": numpy("arcsin", "x:real"),
    "Arccos": numpy("arccos", "x:real"),
    "Arctan": numpy("arctan", "x:real"),
    "Sinh": numpy("sinh", "x:real"),
    "Cosh": numpy("cosh", "x:real"),
    "Tanh": own("tanh", "x:real"),
    "Arcsinh": numpy("arcsinh", "x:real"),
    "Arccosh": numpy("arccosh", "x:real"),
    "Arctanh": numpy("arctanh", "x:real"),
    "Sinc": own("sinc", "x:real"),
    "I0": numpy("i0", "x:real"),
    "Deg2rad": numpy("deg2rad", "x:real"),
    "Rad2deg": numpy("rad2deg", "x:real"),
    "Erf": own("erf", "x:real"),
    "Erfc": own("erfc", "x:real"),
    "Isnan": numpy("isnan", "x"),
    "Isinf": numpy("isinf", "x"),
    "Isfinite": numpy("isfinite", "x"),
    "Isneginf": numpy("isneginf", "x:real"),
    "Isposinf": numpy("isposinf", "x:real"),
    "Isreal": numpy("isreal", "x"),
    "Real": own("identity", "x"),
    "Conj": own("identity", "x"),
    "Conjugate": own("identity", "x"),
    "Copy": own("identity", "x"),
    "StopGradient": own("identity", "variable=variable|x"),
    "Cast": own("cast", "x; dtype!"),
    "ConvertToTensor": own("cast", "x; dtype"),
    "Array": own("cast", "x; dtype"),
    "NanToNum": own("nan_to_num", "x; nan posinf neginf"),
    "Clip": own("clip", "x:number; x_min x_max", "like"),
    # two arrays stretched to one shape
    "Add": numpy("add", "x1:common x2:common"),
    "Subtract": numpy("subtract", "x1:common x2:common"),
    "Multiply": numpy("multiply", "x1:common x2:common"),
    "Divide": numpy("true_divide", "x1:real x2:real"),
    "TrueDivide": numpy("true_divide", "x1:real x2:real"),
    "DivideNoNan": own("divide_no_nan", "x1:real x2:real"),
    "FloorDivide": own("floor_divide", "x1:common x2:common"),
    "Mod": own("mod", "x1:common x2:common"),
    "Fmod": own("fmod", "x1:common x2:common"),
    "Power": own("power", "x1:common x2:common"),
    "Maximum": numpy("maximum", "x1:common x2:common"),
    "Minimum": numpy("minimum", "x1:common x2:common"),
    "Fmax": numpy("fmax", "x1:common x2:common"),
    "Fmin": numpy("fmin", "x1:common x2:common"),
    "Hypot": numpy("hypot", "x1:real x2:real"),
    "Arctan2": numpy("arctan2", "x1:real x2:real"),
    "Logaddexp": numpy("logaddexp", "x1:real x2:real"),
    "Logaddexp2": numpy("logaddexp2", "x1:real x2:real"),
    "Heaviside": own("heaviside", "x1:real x2:real"),
    "Nextafter": numpy("nextafter", "x1:real x2:real"),
    "Gcd": numpy("gcd", "x1:bits x2:bits"),
    "Lcm": numpy("lcm", "x1:bits x2:bits"),
    "Equal": numpy("equal", "x1:common x2:common"),
    "NotEqual": numpy("not_equal", "x1:common x2:common"),
    "Greater": numpy("greater", "x1:common x2:common"),
    "GreaterEqual": numpy("greater_equal", "x1:common x2:common"),
    "Less": numpy("less", "x1:common x2:common"),
    "LessEqual": numpy("less_equal", "x1:common x2:common"),
    "LogicalAnd": numpy("logical_and", "x1:truth x2:truth"),
    "LogicalOr": numpy("logical_or", "x1:truth x2:truth"),
    "LogicalXor": numpy("logical_xor", "x1:truth x2:truth"),
    "LogicalNot": numpy("logical_not", "x:truth"),
    "BitwiseAnd": numpy("bitwise_and", "x:bits y:bits"),
    "BitwiseOr": numpy("bitwise_or", "x:bits y:bits"),
    "BitwiseXor": numpy("bitwise_xor", "x:bits y:bits"),
    "BitwiseInvert": numpy("invert", "x:bits"),
    "BitwiseNot": numpy("invert", "x:bits"),
    "BitwiseLeftShift": numpy("left_shift", "x:bits y:bits"),
    "LeftShift": numpy("left_shift", "x:bits y:bits"),
    "BitwiseRightShift": numpy("right_shift", "x:bits y:bits"),
    "RightShift": numpy("right_shift", "x:bits y:bits"),
    "Isclose": own("isclose", "x1:common x2:common; rtol atol equal_nan"),
    "AllClose": own("all_equal", "x1:common x2:common; rtol atol equal_nan"),
    "IsIn": own("isin", "x1:common x2:common; invert ~assume_unique"),
    # over whole axes
    "Sum": numpy("sum", "x:sum; axis keepdims", "like"),
    "Prod": numpy("prod", "x:sum; axis keepdims ~dtype", "like"),
    "Mean": numpy("mean", "x:real; axis keepdims"),
    "Var": numpy("var", "x:real; axis keepdims"),
    "Std": numpy("std", "x:real; axis keepdims"),
    "Max": own("largest", "x; axis keepdims initial"),
    "Min": own("smallest", "x; axis keepdims initial"),
    "Amax": own("largest", "x; axis keepdims"),
    "Amin": own("smallest", "x; axis keepdims"),
    "Ptp": own("ptp", "x; axis keepdims"),
    "Any": numpy("any", "x:truth; axis keepdims"),
    "All": numpy("all", "x:truth; axis keepdims"),
    "CountNonzero": own("count_nonzero", "x; axis", "int32"),
    "Argmax": own("argmax", "x; axis keepdims", "int32"),
    "Argmin": own("argmin", "x; axis keepdims", "int32"),
    "Average": own("average", "x:real weights?:real; axis"),
    "Median": own("median", "x:real; axis keepdims"),
    "Quantile": own("keras_quantile", "x:real q:real; axis method keepdims"),
    "Percentile": own("percentile", "x:real q:real; axis method keepdims"),
    "Logsumexp": own("logsumexp", "x:real; axis keepdims"),
    "Norm": own("norm", "x:real; ord axis keepdims"),
    "Moments": own("moments", "x:real; axes! keepdims ~synchronized"),
    "Nansum": numpy("nansum", "x:sum; axis keepdims", "like"),
    "Nanprod": numpy("nanprod", "x:sum; axis keepdims", "like"),
    "Nanmean": numpy("nanmean", "x:real; axis keepdims"),
    "Nanvar": numpy("nanvar", "x:real; axis keepdims"),
    "Nanstd": numpy("nanstd", "x:real; axis keepdims"),
    "Nanmax": numpy("nanmax", "x; axis keepdims"),
    "Nanmin": numpy("nanmin", "x; axis keepdims"),
    "Nanmedian": numpy("nanmedian", "x:real; axis keepdims"),
    "Cumsum": own("cumsum", "x:typed; axis dtype", "like"),
    "Cumprod": own("cumprod", "x:typed; axis dtype", "like"),
    "Nancumsum": numpy("nancumsum", "x:typed; axis dtype", "like"),
    "Nancumprod": numpy("nancumprod", "x:typed; axis dtype", "like"),
    "Diff": own("diff", "a; n axis"),
    "Trapezoid": own("trapezoid", "y:real x?:real; dx axis"),
    # another shape
    "Reshape": own("reshape", "x; shape!=newshape|shape"),
    "Ravel": own("ravel", "x"),
    "Transpose": numpy("transpose", "x; axes"),
    "Swapaxes": numpy("swapaxes", "x; axis1! axis2!"),
    "Moveaxis": numpy("moveaxis", "x; source! destination!"),
    "ExpandDims": numpy("expand_dims", "x; axis!"),
    "Squeeze": own("squeeze", "x; axis"),
    "BroadcastTo": own("broadcast_to", "x; shape!"),
    "Flip": numpy("flip", "x; axis"),
    "Fliplr": numpy("fliplr", "x"),
    "Flipud": numpy("flipud", "x"),
    "Rot90": numpy("rot90", "array; k axes"),
    "Roll": own("roll", "x; shift! axis"),
    "Repeat": own("repeat", "x; repeats! axis"),
    "Tile": own("tile", "x; repeats!"),
    "Pad": own("pad", "x; constant_values pad_width! mode"),
    "Concatenate": own("concatenate", "xs*:common; axis"),
    "Append": own("append", "x1:common x2:common; axis"),
    "Stack": numpy("stack", "xs*:common; axis"),
    "Hstack": numpy("hstack", "xs*:common"),
    "Vstack": numpy("vstack", "xs*:common"),
    "Dstack": numpy("dstack", "xs*:common"),
    "Unstack": own("unstack", "x; num axis"),
    "Split": own("split", "x; sections!=indices_or_sections axis"),
    "ArraySplit": own("array_split", "x; indices_or_sections! axis"),
    "Hsplit": own("hsplit", "x; indices_or_sections!"),
    "Vsplit": own("vsplit", "x; indices_or_sections!"),
    "Dsplit": own("dsplit", "x; indices_or_sections!"),
    "Diag": own("diagonal_part", "x; k"),
    "Diagflat": numpy("diagflat", "x; k"),
    "Diagonal": numpy("diagonal", "x; offset axis1 axis2"),
    "Trace": numpy("trace", "x:sum; offset axis1 axis2", "like"),
    "Tril": own("tril", "x; k"),
    "Triu": own("triu", "x; k"),
    "Meshgrid": own("meshgrid", "x**; indexing"),
    "Rearrange": own("rearrange", "tensor; pattern! lengths**"),
    "ExtractSequences": own(
        "extract_sequences",
        "x; sequence_length! sequence_stride!",
    ),
    "Size": own("size_of", "x"),
    # parts and places
    "GetItem": own("get_item", "x; key!"),
    "Slice": own("slice_at", "inputs start_indices:whole; shape!"),
    "SliceUpdate": own("slice_update", "inputs start_indices:whole updates"),
    "Scatter": own("scatter", "indices:whole values; shape!"),
    "ScatterUpdate": own(
        "scatter_update",
        "inputs indices:whole updates; reduction",
    ),
    "Take": own("take", "x indices:whole; axis"),
    "TakeAlongAxis": own("take_along_axis", "x indices:whole; axis"),
    "Where": own("where", "condition:truth x1?:common x2?:common"),
    "Select": own("select", "condlist*:truth choicelist*:common; default"),
    "Sort": own("sort", "x; axis"),
    "Argsort": own("argsort", "x; axis", "int32"),
    "TopK": own("top_k", "x; k! sorted"),
    "InTopK": own("in_top_k", "targets:whole predictions:real; k!"),
    "SearchSorted": own(
        "searchsorted",
        "sorted_sequence:common values:common; side",
        "int32",
    ),
    "Digitize": own("digitize", "x bins:real", "int32"),
    "OneHot": own("one_hot", "x:whole; num_classes! axis dtype"),
    "MultiHot": own("multi_hot", "inputs:whole; num_classes! axis dtype"),
    "SegmentSum": own(
        "segment_sum",
        "data segment_ids:number; num_segments ~sorted",
        "like",
    ),
    "SegmentProd": own(
        "segment_prod",
        "data segment_ids:number; num_segments ~sorted",
        "like",
    ),
    "SegmentMax": own(
        "segment_max",
        "data segment_ids:number; num_segments ~sorted",
        "like",
    ),
    "SegmentMin": own(
        "segment_min",
        "data segment_ids:number; num_segments ~sorted",
        "like",
    ),
    "UnravelIndex": own("unravel_index", "indices:whole; shape!"),
    # arrays of little
    "ZerosLike": own("zeros_like", "x; dtype"),
    "OnesLike": own("ones_like", "x; dtype"),
    "FullLike": own("full_like", "x fill_value; dtype"),
    "Full": own("full", "fill_value; shape! dtype", "float32"),
    "Linspace": own(
        "linspace",
        "start:real stop:real; num endpoint dtype axis",
    ),
    "Logspace": own(
        "logspace",
        "start:real stop:real; num endpoint base dtype axis",
    ),
    "Geomspace": own(
        "geomspace",
        "start:real stop:real; num endpoint dtype axis",
    ),
    "Vander": numpy("vander", "x; N increasing"),
    # products
    "Matmul": own("matmul", "x1:common x2:common"),
    "Dot": own("dot", "x1:common x2:common"),
    "Inner": own("inner", "x1:common x2:common"),
    "Outer": own("outer", "x1:common x2:common"),
    "Vdot": own("vdot", "x1:common x2:common"),
    "Kron": own("kron", "x1:common x2:common"),
    "Cross": own("cross", "x1:common x2:common; axisa axisb axisc axis"),
    "Tensordot": own("tensordot", "x1:common x2:common; axes"),
    "Einsum": own("einsum", "operands**:common; subscripts!"),
    # activations
    "Relu": own("relu", "x:number"),
    "Relu6": own("relu6", "x:number"),
    "Sigmoid": own("sigmoid", "x:real"),
    "HardSigmoid": own("hard_sigmoid_3", "x:real"),
    "SparseSigmoid": own("sparse_sigmoid", "x:real"),
    "LogSigmoid": own("log_sigmoid", "x:real"),
    "Softplus": own("softplus", "x:real"),
    "SparsePlus": own("sparse_plus", "x:real"),
    "Squareplus": own("squareplus", "x:real; b"),
    "Softsign": own("softsign", "x:real"),
    "Silu": own("silu", "x:real"),
    "HardSilu": own("hard_silu", "x:real"),
    "LeakyRelu": own("leaky_relu", "x:real; negative_slope"),
    "Elu": own("elu", "x:real; alpha"),
    "Selu": own("selu", "x:real"),
    "Celu": own("celu", "x:real; alpha"),
    "Gelu": own("keras_gelu", "x:real; approximate"),
    "Glu": own("glu", "x:real; axis"),
    "HardTanh": own("hard_tanh", "x:real"),
    "TanhShrink": own("tanh_shrink", "x:real"),
    "SoftShrink": own("soft_shrink", "x:real; threshold"),
    "HardShrink": own("hard_shrink", "x:real; threshold"),
    "Threshold": own("threshold", "x:real; threshold! default_value!"),
    "Softmax": own("softmax", "x:real; axis"),
    "LogSoftmax": own("log_softmax", "x:real; axis"),
    "Sparsemax": own("sparsemax", "x:real; axis"),
    "Normalize": own("normalize", "x:real; axis order epsilon"),
    "LayerNorm": own(
        "layer_norm",
        "x:real gamma?:real beta?:real; axis epsilon rms_scaling",
    ),
    "RMSNorm": own("rms_norm", "x:real scale?:real; axis epsilon"),
    "BatchNorm": own(
        "batch_norm",
        "x:real mean:real variance:real offset?:real scale?:real; axis! "
        "epsilon",
    ),
}
"""The operations that are computed, by Keras's name of their class."""

CODE = "what it calls is code, which is never run"
MATRIX = "decompositions and inverses of matrices are not reproduced"
PICTURES = "operations on pictures are not reproduced"
FOURIER = "Fourier transforms are not reproduced"
COMPLEX = "complex numbers are not reproduced"
LOSS = "losses are not reproduced: they belong to training"
DEPENDS = "how many values it returns depends on the values it reads"
AS_LAYER = (
    "convolutions and pooling are reproduced as layers, not as operations"
)
BATCH_STATISTICS = "statistics over all values of a batch are not reproduced"

KERAS_REFUSED: Mapping[str, str] = {
    **dict.fromkeys(
        (
            "Map",
            "Scan",
            "AssociativeScan",
            "Switch",
            "WhileLoop",
            "ForiLoop",
            "Cond",
        ),
        CODE,
    ),
    **dict.fromkeys(("VectorizedMap", "JVP"), CODE),
    **dict.fromkeys(
        (
            "Cholesky",
            "CholeskyInverse",
            "Det",
            "Eig",
            "Eigh",
            "Inv",
            "LuFactor",
            "Qr",
            "Solve",
        ),
        MATRIX,
    ),
    **dict.fromkeys(
        (
            "SolveTriangular",
            "SVD",
            "Lstsq",
            "MatrixRank",
            "Pinv",
            "Slogdet",
            "Logdet",
        ),
        MATRIX,
    ),
    **dict.fromkeys(
        (
            "RGBToGrayscale",
            "RGBToHSV",
            "HSVToRGB",
            "Resize",
            "AffineTransform",
            "ExtractPatches",
        ),
        PICTURES,
    ),
    **dict.fromkeys(
        (
            "MapCoordinates",
            "PadImages",
            "CropImages",
            "PerspectiveTransform",
            "GaussianBlur",
        ),
        PICTURES,
    ),
    **dict.fromkeys(
        ("ElasticTransform", "ScaleAndTranslate", "SobelEdges", "SSIM", "PSNR"),
        PICTURES,
    ),
    **dict.fromkeys(
        ("DepthToSpace", "SpaceToDepth", "Fold", "Unfold"),
        PICTURES,
    ),
    **dict.fromkeys(
        ("FFT", "FFT2", "IFFT2", "RFFT", "IRFFT", "STFT", "ISTFT"),
        FOURIER,
    ),
    **dict.fromkeys(
        ("ViewAsComplex", "ViewAsReal", "Polar", "Imag", "Angle"),
        COMPLEX,
    ),
    **dict.fromkeys(
        (
            "BinaryCrossentropy",
            "CategoricalCrossentropy",
            "SparseCategoricalCrossentropy",
        ),
        LOSS,
    ),
    **dict.fromkeys(
        ("CTCLoss", "CTCDecode"),
        "connectionist temporal classification is not reproduced",
    ),
    **dict.fromkeys(("Nonzero", "Unique", "Bincount", "Arange"), DEPENDS),
    **dict.fromkeys(
        ("MaxPool", "AveragePool", "AdaptiveMaxPool", "AdaptiveAveragePool"),
        AS_LAYER,
    ),
    **dict.fromkeys(
        ("Conv", "DepthwiseConv", "SeparableConv", "ConvTranspose"),
        AS_LAYER,
    ),
    **dict.fromkeys(("Corrcoef", "Histogram", "CDist"), BATCH_STATISTICS),
    "Correlate": "correlations of signals are not reproduced",
    "DotProductAttention": (
        "attention is reproduced as a layer (MultiHeadAttention, Attention), "
        "not as an operation"
    ),
    "Argpartition": "the order within its parts is not defined",
    "EmptyLike": "the values of an empty array are not defined",
    "View": "the bits of a number read as another dtype are not reproduced",
    "SaturateCast": "a cast that saturates is not reproduced",
    "Ldexp": "powers of two by an exponent are not reproduced",
    "Erfinv": "the inverse error function is not reproduced",
    **dict.fromkeys(
        ("Nanargmax", "Nanargmin"),
        "places of extremes among NaNs are not reproduced",
    ),
    **dict.fromkeys(
        ("Nanquantile", "Nanpercentile"),
        "quantiles among NaNs are not reproduced",
    ),
    "Ndim": "how many axes there are is no tensor that Keras computes",
    "SegmentReduction": "it is the base of the segment operations, none itself",
}
"""The operations that are not computed, and why."""


def why_not(name: str) -> str | None:
    """Return why an operation of Keras 3 isn't computed, None when it is."""
    if name in KERAS:
        return None

    reason = KERAS_REFUSED.get(name)
    if reason:
        return f"keras.ops {name}: {reason}"

    return f"keras.ops {name} is not reproduced"


def is_operation(name: str) -> bool:
    """Whether Keras 3 has an operation of this name."""
    return name in KERAS or name in KERAS_REFUSED
