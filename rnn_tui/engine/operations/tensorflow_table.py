"""TensorFlow's functions in graphs of tf.keras: the function that computes
each, or the reason why it isn't computed.

A TFOpLambda holds a function's canonical name; a call of the older interface
has `compat.v1.` before it, and some words of its own for the same arguments.
The graph gives the first argument by its place, all others by their names.
"""

from __future__ import annotations

from collections.abc import Mapping

from rnn_tui.engine.operations.keras_table import (
    AS_LAYER,
    CODE,
    COMPLEX,
    DEPENDS,
    FOURIER,
    KERAS,
    LOSS,
    MATRIX,
    PICTURES,
)
from rnn_tui.engine.operations.rows import Row, own, spelled


def _as(name: str, names: str, result: str | None = None) -> Row:
    """Return the row of an operation of Keras 3 for a function of TensorFlow
    that has other names for its arguments.
    """
    row = spelled(KERAS[name], names)
    if result is None:
        return row

    return row._replace(result=result)


_OF_ONE = {
    **dict.fromkeys(("abs", "math.abs"), "Absolute"),
    "math.acos": "Arccos",
    "math.acosh": "Arccosh",
    "math.asin": "Arcsin",
    "math.asinh": "Arcsinh",
    "math.atan": "Arctan",
    "math.atanh": "Arctanh",
    "math.ceil": "Ceil",
    "math.cos": "Cos",
    "math.cosh": "Cosh",
    "math.erf": "Erf",
    "math.erfc": "Erfc",
    "math.exp": "Exp",
    "math.expm1": "Expm1",
    "math.floor": "Floor",
    "math.is_finite": "Isfinite",
    "math.is_inf": "Isinf",
    "math.is_nan": "Isnan",
    "math.log": "Log",
    "math.log1p": "Log1p",
    "math.log_sigmoid": "LogSigmoid",
    "math.logical_not": "LogicalNot",
    "math.negative": "Negative",
    "math.reciprocal": "Reciprocal",
    "math.rsqrt": "Rsqrt",
    **dict.fromkeys(("math.sigmoid", "nn.sigmoid"), "Sigmoid"),
    "math.sign": "Sign",
    "math.sin": "Sin",
    "math.sinh": "Sinh",
    "math.sqrt": "Sqrt",
    "math.square": "Square",
    "math.tan": "Tan",
    **dict.fromkeys(("math.tanh", "nn.tanh"), "Tanh"),
    **dict.fromkeys(("math.softplus", "nn.softplus"), "Softplus"),
    **dict.fromkeys(("math.softsign", "nn.softsign"), "Softsign"),
    "nn.relu": "Relu",
    "nn.relu6": "Relu6",
    "nn.elu": "Elu",
    "nn.selu": "Selu",
    **dict.fromkeys(("nn.silu", "nn.swish"), "Silu"),
}
"""Functions of one tensor and the operation of Keras 3 that computes the
same.
"""
_OF_TWO = {
    **dict.fromkeys(("math.add", "__operators__.add", "add"), "Add"),
    **dict.fromkeys(("math.subtract", "__operators__.sub"), "Subtract"),
    "math.multiply": "Multiply",
    **dict.fromkeys(("math.divide", "math.truediv", "realdiv"), "TrueDivide"),
    "math.divide_no_nan": "DivideNoNan",
    **dict.fromkeys(("math.floordiv", "floor_div"), "FloorDivide"),
    **dict.fromkeys(("math.floormod", "math.mod"), "Mod"),
    "truncatemod": "Fmod",
    "math.pow": "Power",
    "math.maximum": "Maximum",
    "math.minimum": "Minimum",
    "math.equal": "Equal",
    "math.not_equal": "NotEqual",
    "math.greater": "Greater",
    "math.greater_equal": "GreaterEqual",
    "math.less": "Less",
    "math.less_equal": "LessEqual",
    "math.logical_and": "LogicalAnd",
    "math.logical_or": "LogicalOr",
    "math.logical_xor": "LogicalXor",
    "bitwise.bitwise_and": "BitwiseAnd",
    "bitwise.bitwise_or": "BitwiseOr",
    "bitwise.bitwise_xor": "BitwiseXor",
    "bitwise.left_shift": "LeftShift",
    "bitwise.right_shift": "RightShift",
}
"""Functions of two tensors, `x` and `y`."""
_REDUCTIONS = {
    "math.reduce_sum": "Sum",
    "math.reduce_prod": "Prod",
    "math.reduce_max": "Amax",
    "math.reduce_min": "Amin",
    "math.reduce_any": "Any",
    "math.reduce_all": "All",
    "math.reduce_std": "Std",
    "math.reduce_variance": "Var",
    "math.reduce_logsumexp": "Logsumexp",
}
"""Functions over `axis` of `input_tensor`."""

_ROWS: Mapping[str, Row] = {
    **{
        name: _as(keras, "x|features|input|a|tensor")
        for name, keras in _OF_ONE.items()
    },
    **{name: _as(keras, "x|self y|other") for name, keras in _OF_TWO.items()},
    **{
        name: _as(keras, "input_tensor|x axis keepdims")
        for name, keras in _REDUCTIONS.items()
    },
    # arithmetic
    "math.atan2": _as("Arctan2", "y x"),
    "math.add_n": own("add_n", "inputs*:common"),
    "math.accumulate_n": own("add_n", "inputs*:common"),
    "math.scalar_mul": _as("Multiply", "scalar x"),
    "math.squared_difference": own("squared_difference", "x:common y:common"),
    "math.multiply_no_nan": own("multiply_no_nan", "x:common y:common"),
    "math.reciprocal_no_nan": own("reciprocal_no_nan", "x:real"),
    "math.xlogy": own("xlogy", "x:real y:real"),
    "math.round": own("rounded", "x"),
    "math.rint": own("rounded", "x"),
    "math.bessel_i0": _as("I0", "x"),
    "math.real": _as("Real", "input"),
    "math.conj": _as("Conj", "x"),
    "bitwise.invert": _as("BitwiseInvert", "x"),
    "clip_by_value": own(
        "clip",
        "t:common x_min=clip_value_min:common x_max=clip_value_max:common",
    ),
    # over whole axes
    "math.reduce_mean": own("mean_kept", "input_tensor; axis keepdims"),
    "math.reduce_euclidean_norm": own(
        "norm",
        "input_tensor:real; axis keepdims",
    ),
    "math.count_nonzero": own(
        "count_nonzero",
        "input; axis keepdims dtype",
        "int64",
    ),
    "math.zero_fraction": own("zero_fraction", "value"),
    "math.argmax": own(
        "argmax_first",
        "input; axis=axis|dimension dtype=output_type",
        "int64",
    ),
    "math.argmin": own(
        "argmin_first",
        "input; axis=axis|dimension dtype=output_type",
        "int64",
    ),
    "math.cumsum": own("tensorflow_cumsum", "x; axis exclusive reverse"),
    "math.cumprod": own("tensorflow_cumprod", "x; axis exclusive reverse"),
    "norm": own("tensorflow_norm", "tensor:real; ord axis keepdims"),
    "nn.moments": own("moments", "x:real; axes! keepdims ~shift"),
    # another shape
    "reshape": own("reshape", "tensor; shape!"),
    "transpose": _as("Transpose", "a perm"),
    "linalg.matrix_transpose": own("matrix_transpose", "a"),
    "expand_dims": _as("ExpandDims", "input axis|dim"),
    "squeeze": _as("Squeeze", "input axis|squeeze_dims"),
    "broadcast_to": _as("BroadcastTo", "input shape"),
    "ensure_shape": own("ensure_shape", "x; shape!"),
    "reverse": own("reverse", "tensor; axis!"),
    "reverse_sequence": own(
        "reverse_sequence",
        "input seq_lengths:whole; seq_axis=seq_axis|seq_dim "
        "batch_axis=batch_axis|batch_dim",
    ),
    "roll": _as("Roll", "input shift axis"),
    "repeat": _as("Repeat", "input repeats axis"),
    "tile": _as("Tile", "input multiples"),
    "pad": own("pad", "tensor; pad_width!=paddings mode constant_values"),
    "concat": _as("Concatenate", "values axis"),
    "stack": _as("Stack", "values axis"),
    "unstack": _as("Unstack", "value num axis"),
    "split": own("split_sizes", "value; num_or_size_splits! axis num"),
    "linalg.diag_part": own(
        "matrix_diagonal",
        "input; k ~padding_value ~align",
    ),
    "linalg.diag": own(
        "matrix_diag",
        "diagonal; k num_rows num_cols padding_value ~align",
    ),
    "linalg.band_part": own("band_part", "input; num_lower! num_upper!"),
    "linalg.trace": own("matrix_trace", "x"),
    "shape": own("shape_of", "input; dtype=out_type"),
    "rank": own("rank_of", "input"),
    "size": own("size_of", "input; dtype=out_type"),
    # parts and places
    "__operators__.getitem": own("get_item", "x; key!=slice_spec"),
    "slice": own("slice_at", "input_ begin:whole; shape!=size"),
    "gather": own("gather", "params indices:whole; axis batch_dims"),
    "gather_nd": own("gather_nd", "params indices:whole; batch_dims"),
    "where": own("where", "condition:truth x1?=x:common x2?=y:common"),
    "sort": own("sort", "values; axis direction"),
    "argsort": own("argsort", "values; axis direction ~stable", "int32"),
    "math.top_k": own("top_k", "input; k sorted"),
    "math.in_top_k": _as("InTopK", "targets predictions k"),
    "compat.v1.math.in_top_k": own(
        "in_top_k_of",
        "predictions:real targets:whole; k!",
    ),
    "searchsorted": own(
        "searchsorted",
        "sorted_sequence:common values:common; side dtype=out_type",
        "int32",
    ),
    "one_hot": own(
        "tensorflow_one_hot",
        "indices:whole; num_classes!=depth on_value off_value axis dtype",
        "float32",
    ),
    "sequence_mask": own(
        "sequence_mask",
        "lengths:whole; maxlen dtype",
        "bool",
    ),
    "math.unsorted_segment_sum": own(
        "segment_sum",
        "data segment_ids:whole; num_segments!",
        "like",
    ),
    "math.unsorted_segment_max": own(
        "segment_max",
        "data segment_ids:whole; num_segments!",
        "like",
    ),
    "math.unsorted_segment_min": own(
        "segment_min",
        "data segment_ids:whole; num_segments!",
        "like",
    ),
    "math.unsorted_segment_prod": own(
        "segment_prod",
        "data segment_ids:whole; num_segments!",
        "like",
    ),
    "scatter_nd": own("scatter", "indices:whole updates; shape!"),
    "tensor_scatter_nd_update": _as("ScatterUpdate", "tensor indices updates"),
    "tensor_scatter_nd_add": own("scatter_add", "tensor indices:whole updates"),
    # arrays of little
    "zeros": own("zeros", "; shape! dtype", "float32"),
    "ones": own("ones", "; shape! dtype", "float32"),
    "fill": own("filled", "; shape!=dims value!"),
    "eye": own(
        "eye",
        "; rows!=num_rows columns=num_columns batch_shape dtype",
        "float32",
    ),
    "zeros_like": _as("ZerosLike", "input|tensor dtype"),
    "ones_like": _as("OnesLike", "input|tensor dtype"),
    "range": own(
        "arange",
        "start:common stop?=limit:common step?=delta:common; dtype",
    ),
    "linspace": own("linspace", "start:common stop:common; num! axis"),
    # as it is
    "identity": own("identity", "input"),
    "stop_gradient": own("identity", "input"),
    "convert_to_tensor": own("cast", "value; dtype"),
    "cast": own("cast", "x; dtype!"),
    # products
    "linalg.matmul": own(
        "matmul",
        "a:common b:common; transpose_a=transpose_a|adjoint_a "
        "transpose_b=transpose_b|adjoint_b",
    ),
    "linalg.matvec": own(
        "matvec",
        "a:common b:common; transpose_a=transpose_a|adjoint_a",
    ),
    "tensordot": own("tensordot", "a:common b:common; axes!"),
    "linalg.cross": _as("Cross", "a b"),
    # activations
    "nn.leaky_relu": own("leaky_relu", "features:real; negative_slope=alpha"),
    "nn.gelu": own("gelu", "features:real; approximate"),
    "nn.softmax": own("tensorflow_softmax", "logits:real; axis=axis|dim"),
    "nn.log_softmax": own(
        "tensorflow_log_softmax",
        "logits:real; axis=axis|dim",
    ),
    "math.softmax": own("tensorflow_softmax", "logits:real; axis"),
    "math.log_softmax": own("tensorflow_log_softmax", "logits:real; axis"),
    "nn.bias_add": own("bias_add", "value:common bias:common"),
    "nn.batch_normalization": own(
        "batch_norm",
        "x:real mean:real variance:real offset?:real scale?:real; "
        "epsilon!=variance_epsilon",
    ),
    "math.l2_normalize": own("l2_normalize", "x:real; axis=axis|dim epsilon"),
    "nn.l2_normalize": own("l2_normalize", "x:real; axis=axis|dim epsilon"),
    "linalg.l2_normalize": own("l2_normalize", "x:real; axis=axis|dim epsilon"),
    "keras.activations.mish": own("mish", "x:real"),
    "keras.backend.batch_flatten": own("batch_flatten", "x"),
    "keras.backend.cast_to_floatx": own("cast_to_fractions", "x:real"),
    "linalg.norm": own("tensorflow_norm", "tensor:real; ord axis keepdims"),
}

TENSORFLOW: Mapping[str, Row] = {
    name: row._replace(widens=False) for name, row in _ROWS.items()
}
"""The functions that are computed, by TensorFlow's canonical name."""

LOST = (
    "tf.keras saves it without all the tensors it reads, and can't load it "
    "back either"
)
RANDOM = "it draws random numbers"
SETS = "sparse and ragged tensors are not reproduced"
TEXT = "text is not reproduced"

TENSORFLOW_REFUSED: Mapping[str, str] = {
    **dict.fromkeys(
        ("einsum", "meshgrid", "__operators__.eq", "__operators__.ne"),
        LOST,
    ),
    **dict.fromkeys(("boolean_mask", "math.bincount"), DEPENDS),
    **{
        f"math.segment_{what}": DEPENDS
        for what in ("sum", "mean", "max", "min", "prod")
    },
    **dict.fromkeys(
        ("unique", "unique_with_counts", "dynamic_partition", "dynamic_stitch"),
        DEPENDS,
    ),
    **dict.fromkeys(
        (
            "map_fn",
            "scan",
            "foldl",
            "foldr",
            "cond",
            "while_loop",
            "case",
            "switch_case",
        ),
        CODE,
    ),
    **dict.fromkeys(
        ("vectorized_map", "py_function", "numpy_function", "function"),
        CODE,
    ),
    "nn.dropout": (
        f"{RANDOM}: a Dropout layer is off at inference, this function never is"
    ),
    "nn.experimental.stateless_dropout": RANDOM,
    **dict.fromkeys(
        (
            "nn.conv1d",
            "nn.conv2d",
            "nn.conv3d",
            "nn.convolution",
            "nn.conv_transpose",
        ),
        AS_LAYER,
    ),
    **dict.fromkeys(
        (
            "nn.max_pool",
            "nn.max_pool1d",
            "nn.max_pool2d",
            "nn.avg_pool",
            "nn.avg_pool1d",
        ),
        AS_LAYER,
    ),
    **dict.fromkeys(
        (
            "nn.avg_pool2d",
            "nn.pool",
            "nn.depthwise_conv2d",
            "nn.separable_conv2d",
        ),
        AS_LAYER,
    ),
    **dict.fromkeys(
        ("nn.ctc_loss", "nn.l2_loss", "nn.nce_loss", "nn.sampled_softmax_loss"),
        LOSS,
    ),
    **dict.fromkeys(
        (
            "nn.softmax_cross_entropy_with_logits",
            "nn.sparse_softmax_cross_entropy_with_logits",
            "nn.sigmoid_cross_entropy_with_logits",
        ),
        LOSS,
    ),
    **{
        f"keras.backend.{name}": LOSS
        for name in (
            "binary_crossentropy",
            "categorical_crossentropy",
            "categorical_focal_crossentropy",
            "ctc_decode",
        )
    },
    **dict.fromkeys(("complex", "math.imag", "math.angle"), COMPLEX),
    **dict.fromkeys(
        (
            "linalg.inv",
            "linalg.det",
            "linalg.svd",
            "linalg.qr",
            "linalg.cholesky",
        ),
        MATRIX,
    ),
    **dict.fromkeys(
        (
            "linalg.eigh",
            "linalg.solve",
            "linalg.lu",
            "linalg.expm",
            "linalg.logdet",
        ),
        MATRIX,
    ),
    **dict.fromkeys(
        (
            "space_to_batch",
            "batch_to_space",
            "nn.depth_to_space",
            "nn.space_to_depth",
        ),
        PICTURES,
    ),
    "nn.embedding_lookup": (
        "whether its table is whole or in parts can't be told from the file"
    ),
    "keras.backend.print_tensor": "it prints, which nothing here does",
    "strided_slice": "a slice written with masks is not reproduced; x[a:b] is",
    "dtypes.saturate_cast": "a cast that saturates is not reproduced",
}
"""The functions that are not computed, and why."""

FAMILIES: Mapping[str, str] = {
    "random.": RANDOM,
    "keras.losses.": LOSS,
    "keras.metrics.": LOSS,
    "image.": PICTURES,
    "signal.": FOURIER,
    "strings.": TEXT,
    "sparse.": SETS,
    "ragged.": SETS,
    "sets.": SETS,
    "io.": TEXT,
    "audio.": TEXT,
    "quantization.": "quantised numbers are not reproduced",
}
"""Families of functions that aren't computed."""

OLD = "compat.v1."
OLD_WORDS: Mapping[str, str] = {
    "keep_dims": "keepdims",
    "reduction_indices": "axis",
    "dimension": "axis",
}
"""Words of the older interface for the same arguments."""


def function_of(name: object) -> str:
    """Return a function's name in the tables."""
    return str(name).removeprefix(OLD)


def tensorflow_row(name: object) -> Row | None:
    """Return the row of a TFOpLambda's function, None when it isn't computed;
    an older one may have its own.
    """
    return TENSORFLOW.get(str(name)) or TENSORFLOW.get(function_of(name))


def tensorflow_why_not(name: object) -> str | None:
    """Return why a TFOpLambda's function isn't computed, None when it is."""
    function = function_of(name)
    if function in TENSORFLOW:
        return None

    reason = TENSORFLOW_REFUSED.get(function)
    if reason is None:
        reason = next(
            (
                why
                for family, why in FAMILIES.items()
                if function.startswith(family)
            ),
            None,
        )

    if reason:
        return f"TensorFlow's {name}: {reason}"

    return f"TensorFlow's {name} is not reproduced"
