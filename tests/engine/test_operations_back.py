"""Every operation that is differentiated, against central differences, and
which are not.
"""

from __future__ import annotations

import numpy as np
import pytest
from gradient_models import STEP, layer

from rnn_tui.engine.gradients.graph_back import Seeds, graph_back
from rnn_tui.engine.gradients.operations_back import (
    ALONG,
    MOVES,
    OF_SHAPES,
    SAME,
)
from rnn_tui.engine.gradients.products_back import PRODUCTS
from rnn_tui.engine.gradients.several_back import SEVERAL
from rnn_tui.engine.gradients.values_back import ACTIVATIONS, ONE, TWO
from rnn_tui.engine.graph.graph import Graph
from rnn_tui.engine.graph.nodes import Node, Ref, refs_in
from rnn_tui.engine.layers.registry import class_for
from rnn_tui.engine.model import Model
from rnn_tui.engine.operations.keras_table import KERAS
from rnn_tui.engine.operations.tensorflow_table import TENSORFLOW
from rnn_tui.errors import NotThroughError

B, T, F = 2, 4, 3
X, Y = Ref("x"), Ref("y")
"""The model's inputs, (batch, timesteps, features)."""
SMALL, BIG, ABOVE = (Ref(name) for name in ("small", "big", "above"))
"""Made of x in its shape: values within ±1, above 1, and truth values."""
FLAT, FIRST, EVEN, TURNED = (
    Ref(name) for name in ("flat", "first", "even", "turned")
)
"""The first timestep of x without and with its axis, x beside y, and y with its
last axes swapped.
"""
HOLES, VECTOR, SQUARE, PLANE = (
    Ref(name) for name in ("holes", "vector", "diagonals", "plane")
)
"""x with NaN in places, one of its features at all timesteps, its first three
timesteps, and its first two features.
"""
EACH, UNIT, ROWS, ZEROS = (
    Ref(name) for name in ("each", "unit", "rows", "zeros")
)
"""Of the first timestep a number for each feature: any, and above 1; three
timesteps; and x with zeros in it.
"""
IDS = [0, 2]
"""Segments of the two sequences; none is in segment 1."""
PLACES = [[0, 1], [1, 2], [0, 1]]
"""Two of them are the same."""
W = np.random.default_rng(8).normal(size=(3, 4)).tolist()


def words(text):
    return text.split()


CALLS: dict[str, list[tuple]] = {
    # by operation: arguments, keywords and, where it needs one, configuration
    **{
        name: [((X,), {})]
        for name in words(
            "Abs Absolute Fabs Negative Square Exp Exp2 Expm1 Sin Cos Tan Sinh Cosh Tanh Arcsinh Arctan Deg2rad Rad2deg Erf Erfc Relu Relu6 Sigmoid HardSigmoid SparseSigmoid LogSigmoid Softplus SparsePlus Squareplus Softsign Silu HardSilu Elu Selu Celu Gelu HardTanh TanhShrink SoftShrink HardShrink LeakyRelu Cbrt Reciprocal NanToNum Sinc Real Conj Conjugate Copy Ravel Fliplr Flipud Rot90"
        )
    },
    **{
        name: [((BIG,), {})]
        for name in words("Log Log10 Log1p Log2 Sqrt Rsqrt Arccosh")
    },
    **{name: [((SMALL,), {})] for name in words("Arcsin Arccos Arctanh")},
    **{
        name: [((X, Y), {}), ((X, 0.5), {}), ((0.5, Y), {}), ((X, X), {})]
        for name in words("Add Subtract Multiply")
    },
    **{
        name: [((X, Y), {}), ((X, 0.5), {})]
        for name in words(
            "Maximum Minimum Fmax Fmin Hypot Arctan2 Logaddexp Logaddexp2"
        )
    },
    **{
        name: [((X, BIG), {}), ((0.5, BIG), {}), ((X, FIRST), {})]
        for name in words("Divide TrueDivide DivideNoNan")
    },
    "Mod": [((X, BIG), {})],
    "Fmod": [((X, BIG), {}), ((BIG, 0.7), {})],
    "Power": [((BIG, Y), {}), ((X, 3.0), {}), ((2.0, X), {})],
    "Clip": [((X,), {"x_min": -0.5, "x_max": 0.4})],
    "Threshold": [((X,), {"threshold": 0.2, "default_value": 1.0})],
    **{
        name: [
            ((X,), {}),
            ((X,), {"axis": 1}),
            ((X,), {"axis": [1, 2], "keepdims": True}),
            ((X,), {"axis": -1, "keepdims": False}),
        ]
        for name in words(
            "Sum Mean Var Std Max Min Amax Amin Prod Logsumexp Norm Ptp Median"
        )
    },
    **{
        name: [
            ((HOLES,), {}),
            ((HOLES,), {"axis": 1}),
            ((HOLES,), {"axis": [1, 2], "keepdims": True}),
            ((X,), {"axis": 1}),
        ]
        for name in words(
            "Nansum Nanprod Nanmean Nanvar Nanstd Nanmax Nanmin Nanmedian"
        )
    },
    "Nancumsum": [((HOLES,), {"axis": 1}), ((HOLES,), {})],
    "Nancumprod": [((HOLES,), {"axis": 1}), ((HOLES,), {})],
    "Norm": [
        ((X,), {}),
        ((X,), {"axis": [1, 2], "ord": "fro", "keepdims": True}),
        ((X,), {"axis": 1, "ord": 1}),
        ((X,), {"axis": 2, "ord": 3, "keepdims": True}),
        ((X,), {"axis": 1, "ord": "inf"}),
        ((X,), {"axis": 1, "ord": "-inf"}),
        ((VECTOR,), {"ord": 3}),
    ],
    "Average": [
        ((X,), {"axis": 1}),
        ((X, BIG), {"axis": 1}),
        ((X, BIG), {}),
        ((X, UNIT), {"axis": 2}),
        ((X, [1.0, 2.0, 3.0, 4.0]), {"axis": 1}),
        ((X, UNIT), {}),
    ],
    "Quantile": [
        ((X, 0.3), {}),
        ((X, [0.0, 0.3, 1.0]), {"axis": 1}),
        ((X, [0.2, 0.7]), {"axis": [0, 2], "keepdims": True}),
    ],
    "Percentile": [
        ((X, 30.0), {"axis": 1, "method": method})
        for method in words("linear lower higher nearest midpoint")
    ],
    "Trapezoid": [
        ((X,), {"axis": 1}),
        ((X,), {"dx": 0.5}),
        ((X, Y), {"axis": 1}),
        ((X, EACH), {}),
    ],
    "Trace": [
        ((X,), {}),
        ((X,), {"offset": -1, "axis1": 1, "axis2": 2}),
    ],
    "Vander": [((VECTOR,), {}), ((VECTOR,), {"N": 3, "increasing": True})],
    "Linspace": [
        ((X, Y), {"num": 5}),
        ((X, Y), {"num": 3, "endpoint": False, "axis": -1}),
        ((X, 2.0), {"num": 1, "axis": 1}),
    ],
    "Logspace": [
        ((X, Y), {"num": 3}),
        ((X, Y), {"num": 4, "base": 2.0, "endpoint": False, "axis": 1}),
    ],
    "Geomspace": [
        ((BIG, 3.0), {"num": 4}),
        ((0.5, BIG), {"num": 3, "axis": -1}),
    ],
    "BatchNorm": [
        ((X, [0.1, 0.2, 0.3], [1.0, 0.5, 2.0]), {"axis": -1}),
        ((X, EACH, UNIT, EACH, UNIT), {"axis": 2, "epsilon": 0.1}),
        ((X, EACH, UNIT), {"axis": -1}),
    ],
    "LayerNorm": [
        ((X,), {}),
        ((X, EACH, UNIT), {}),
        ((X, EACH, UNIT), {"rms_scaling": True, "epsilon": 0.1}),
        ((X, SMALL, BIG), {"axis": [1, 2]}),
    ],
    "RMSNorm": [
        ((X,), {}),
        ((X, EACH), {"epsilon": 0.1}),
        ((X, BIG), {"axis": [1, 2]}),
    ],
    **{
        name: [
            ((X, IDS), {"num_segments": 4}),
            ((ZEROS, [1, 1]), {"num_segments": 2}),
            ((X, [-1, 0]), {"num_segments": 1}),
        ]
        for name in words("SegmentSum SegmentProd")
    },
    **{
        name: [
            ((X, [1, 0]), {"num_segments": 2}),
            ((X, [0, 0]), {"num_segments": 1}),
            ((X, [-1, 0]), {"num_segments": 1}),
        ]
        for name in words("SegmentMax SegmentMin")
    },
    "Scatter": [
        (([[1], [0]], X), {"shape": [3, 4, 3]}),
        (([[1], [1]], X), {"shape": [2, 4, 3]}),
    ],
    "ScatterUpdate": [
        ((X, PLACES, ROWS), {"reduction": reduction})
        for reduction in (None, "add", "max", "min")
    ],
    "Moments": [((X,), {"axes": [1]}), ((X,), {"axes": [0, 2]})],
    "Softmax": [
        ((X,), {}),
        ((X,), {"axis": 1}),
        ((X,), {"axis": [1, 2]}),
        ((X,), {"axis": None}),
    ],
    "LogSoftmax": [((X,), {}), ((X,), {"axis": 1}), ((X,), {"axis": None})],
    "Sparsemax": [((X,), {}), ((X,), {"axis": 1})],
    "Glu": [((EVEN,), {}), ((EVEN,), {"axis": 2})],
    "Normalize": [((X,), {}), ((X,), {"axis": 1, "epsilon": 10.0})],
    "Cumsum": [((X,), {"axis": 1}), ((X,), {})],
    "Cumprod": [((X,), {"axis": 1}), ((X,), {}), ((ZEROS,), {"axis": 1})],
    "Diff": [((X,), {"axis": 1}), ((X,), {"n": 2, "axis": 1})],
    "Sort": [((X,), {"axis": 1}), ((X,), {})],
    "TopK": [((X,), {"k": 2})],
    # moves
    "Reshape": [((X,), {"newshape": [-1, 12]})],
    "Transpose": [((X,), {"axes": [0, 2, 1]}), ((X,), {})],
    "Swapaxes": [((X,), {"axis1": 1, "axis2": 2})],
    "Moveaxis": [((X,), {"source": 1, "destination": 2})],
    "ExpandDims": [((X,), {"axis": 1})],
    "Squeeze": [((FIRST,), {"axis": 1})],
    "BroadcastTo": [((FIRST,), {"shape": [2, 4, 3]})],
    "Flip": [((X,), {"axis": 1})],
    "Roll": [((X,), {"shift": 2, "axis": 1})],
    "Repeat": [((X,), {"repeats": 2, "axis": 1})],
    "Tile": [((X,), {"repeats": [1, 2, 1]})],
    "Pad": [
        ((X,), {"pad_width": [[0, 0], [1, 2], [0, 0]]}),
        (
            (X,),
            {
                "pad_width": [[0, 0], [1, 2], [0, 0]],
                "constant_values": 3.0,
            },
        ),
        ((X,), {"pad_width": [[0, 0], [1, 2], [0, 1]], "mode": "reflect"}),
    ],
    "Concatenate": [(([X, Y, X],), {"axis": -1})],
    "Append": [((X, Y), {"axis": 1}), ((X, Y), {})],
    "Stack": [(([X, Y],), {"axis": 1})],
    "Hstack": [(([X, Y],), {})],
    "Vstack": [(([X, Y],), {})],
    "Dstack": [(([X, Y],), {})],
    "Unstack": [((X,), {"num": 4, "axis": 1})],
    "Split": [((X,), {"indices_or_sections": [2], "axis": 1})],
    "ArraySplit": [((X,), {"indices_or_sections": 2, "axis": 1})],
    "Hsplit": [((X,), {"indices_or_sections": [2]})],
    "Vsplit": [((X,), {"indices_or_sections": 2})],
    "Dsplit": [((X,), {"indices_or_sections": 3})],
    "Diag": [((FLAT,), {})],
    "Diagflat": [((FLAT,), {})],
    "Diagonal": [((X,), {"axis1": 1, "axis2": 2})],
    "Tril": [((X,), {"k": -1})],
    "Triu": [((X,), {})],
    "Meshgrid": [((FLAT, FIRST), {})],
    "Rearrange": [((X,), {"pattern": "b t f -> b (f t)"})],
    "ExtractSequences": [((X,), {"sequence_length": 2, "sequence_stride": 1})],
    "GetItem": [((X, [{"start": None, "stop": None, "step": None}, 1]), {})],
    "Slice": [((X, [0, 1, 0]), {"shape": [2, 3, -1]})],
    "SliceUpdate": [((X, [0, 1, 0], FIRST), {})],
    "Take": [((X, [1, 1, 3]), {"axis": 1})],
    "TakeAlongAxis": [((X, [[[1, 0, 0]], [[0, 2, 2]]]), {"axis": 1})],
    "Where": [((ABOVE, X, Y), {}), ((ABOVE, X, 2.0), {})],
    "Select": [(([ABOVE], [X]), {"default": 3.0})],
    "Full": [((FLAT,), {"shape": [4, 2, 3]})],
    "FullLike": [((X, FIRST), {})],
    "StopGradient": [],
    "Cast": [((X,), {"dtype": "float64"})],
    "ConvertToTensor": [((X,), {"dtype": "float64"})],
    "Array": [((X,), {"dtype": "float64"})],
    # products
    "Matmul": [
        ((X, W), {}),
        ((X, TURNED), {}),
        ((X, [0.5, -1.0, 2.0]), {}),
        ((FLAT, TURNED), {}),
    ],
    "Dot": [((X, W), {}), ((X, 0.5), {}), ((X, TURNED), {})],
    "Inner": [((X, Y), {}), ((X, [1.0, 2.0, -1.0]), {})],
    "Outer": [((FLAT, FIRST), {})],
    "Vdot": [((X, Y), {})],
    "Tensordot": [
        ((X, Y), {"axes": [[0, 2], [0, 2]]}),
        ((X, Y), {"axes": [[2, 0, 1], [2, 0, 1]]}),
        ((X, Y), {"axes": [[2, 1], [2, 1]]}),
        ((X, W), {"axes": 1}),
    ],
    "Einsum": [
        ((X, Y), {"subscripts": "btf,bsf->bts"}),
        ((X, W), {"subscripts": "btf,fu->btu"}),
        ((X, Y), {"subscripts": "btf,bsg->bg"}),
        ((X, W), {"subscripts": "...f,fu->...u"}),
        ((X, Y), {"subscripts": "...f,...f"}),
        ((X,), {"subscripts": "btf->bf"}),
        ((X, Y, W), {"subscripts": "btf,btf,fu->bu"}),
        ((X, FIRST), {"subscripts": "btf,btf->btf"}),
        ((SQUARE,), {"subscripts": "bii->bi"}),
        ((SQUARE,), {"subscripts": "bii"}),
        ((SQUARE,), {"subscripts": "...ii->..."}),
        ((SQUARE, X), {"subscripts": "bii,bti->bt"}),
        ((SQUARE, SQUARE), {"subscripts": "bij,cii->bj"}),
    ],
    "Kron": [((X, W), {}), ((FLAT, X), {}), ((X, 2.0), {}), ((X, X), {})],
    "Cross": [
        ((X, Y), {}),
        ((X, [0.5, -1.0, 2.0]), {}),
        ((SQUARE, SQUARE), {"axis": 1}),
        ((PLANE, X), {}),
        ((PLANE, [1.0, 2.0]), {}),
        ((X, EACH), {"axisc": 0}),
    ],
}


LENGTHS = [2, 3]
TENSORFLOW_CALLS = [
    # function, arguments, keywords
    ("nn.bias_add", (X,), {"bias": [1.0, 2.0, 3.0]}),
    ("math.add_n", ([X, Y, X],), {}),
    ("math.squared_difference", (X,), {"y": Y}),
    ("math.multiply_no_nan", (X,), {"y": Y}),
    ("math.reciprocal_no_nan", (BIG,), {}),
    ("math.reduce_mean", (X,), {"axis": 1}),
    ("math.reduce_mean", (X,), {"axis": [1, 2], "keepdims": True}),
    ("norm", (X,), {"axis": 1}),
    ("norm", (X,), {"axis": 2, "ord": 2, "keepdims": True}),
    ("math.reduce_euclidean_norm", (X,), {"axis": 1}),
    ("math.cumsum", (X,), {"axis": 1}),
    ("math.cumsum", (X,), {"axis": 1, "exclusive": True}),
    ("math.cumsum", (X,), {"axis": 2, "exclusive": True, "reverse": True}),
    ("math.cumsum", (X,), {}),
    ("math.cumprod", (X,), {"axis": 1}),
    ("math.cumprod", (X,), {"axis": 1, "exclusive": True}),
    ("math.cumprod", (X,), {"axis": 2, "exclusive": True, "reverse": True}),
    ("math.cumprod", (X,), {"axis": 2, "reverse": True}),
    ("math.cumprod", (X,), {}),
    ("math.xlogy", (X,), {"y": BIG}),
    ("linalg.trace", (X,), {}),
    ("linalg.norm", (X,), {"ord": 1}),
    ("linalg.norm", (X,), {"ord": 3, "axis": 1}),
    ("linalg.norm", (X,), {"ord": float("inf"), "axis": 1}),
    ("linspace", (X,), {"stop": Y, "num": 3, "axis": 1}),
    (
        "nn.batch_normalization",
        (X,),
        {
            "mean": EACH,
            "variance": UNIT,
            "offset": None,
            "scale": EACH,
            "variance_epsilon": 0.1,
        },
    ),
    ("scatter_nd", ([[1], [1]],), {"updates": X, "shape": [2, 4, 3]}),
    (
        "tensor_scatter_nd_add",
        (X,),
        {"indices": PLACES, "updates": ROWS},
    ),
    ("tensor_scatter_nd_update", (X,), {"indices": [[1], [1]], "updates": Y}),
    ("nn.softmax", (X,), {}),
    ("nn.softmax", (X,), {"axis": 1}),
    ("nn.log_softmax", (X,), {}),
    ("math.l2_normalize", (X,), {"axis": 1}),
    ("math.l2_normalize", (X,), {"axis": 1, "epsilon": 100.0}),
    ("math.l2_normalize", (X,), {}),
    ("gather", (X,), {"indices": [3, 0, 0], "axis": 1}),
    ("gather", (X,), {"indices": [[3, 0], [1, 1]], "batch_dims": 1}),
    ("gather_nd", (X,), {"indices": [[[3], [0]], [[1], [1]]], "batch_dims": 1}),
    ("split", (X,), {"num_or_size_splits": [1, 3], "axis": 1}),
    ("reverse", (X,), {"axis": [1]}),
    ("reverse_sequence", (X,), {"seq_lengths": LENGTHS, "seq_axis": 1}),
    ("linalg.matrix_transpose", (X,), {}),
    ("linalg.diag", (X,), {}),
    ("linalg.diag_part", (X,), {}),
    ("linalg.band_part", (X,), {"num_lower": 1, "num_upper": 0}),
    ("keras.backend.batch_flatten", (X,), {}),
    ("ensure_shape", (X,), {"shape": [None, T, F]}),
    ("linalg.matvec", (X,), {"b": [1.0, 2.0, -1.0]}),
    ("linalg.matvec", (X,), {"b": FLAT}),
    ("linalg.matmul", (X,), {"b": Y, "transpose_b": True}),
    ("linalg.matmul", (X,), {"b": Y, "transpose_a": True}),
    ("clip_by_value", (X,), {"clip_value_min": -0.5, "clip_value_max": 0.4}),
    ("clip_by_value", (X,), {"clip_value_min": Y, "clip_value_max": 0.4}),
    ("sort", (X,), {"axis": 1, "direction": "DESCENDING"}),
    ("math.top_k", (X,), {"k": 2}),
    ("nn.gelu", (X,), {}),
    ("nn.leaky_relu", (X,), {"alpha": 0.3}),
    ("keras.activations.mish", (X,), {}),
]


HELPERS = {
    "small": ("Tanh", {}, (X,)),
    "square": ("Square", {}, (X,)),
    "big": ("Add", {}, (Ref("square"), 1.5)),
    "flat": ("GetItem", {}, (X, [{}, 0])),
    "first": ("GetItem", {}, (X, [{}, {"stop": 1}])),
    "holes": ("Where", {}, (ABOVE, X, float("nan"))),
    "vector": ("GetItem", {}, (BIG, [0, {}, 0])),
    "diagonals": ("GetItem", {}, (X, [{}, {"stop": 3}])),
    "plane": ("GetItem", {}, (X, [{}, {}, {"stop": 2}])),
    "each": ("GetItem", {}, (Y, [0, 0])),
    "unit": ("GetItem", {}, (BIG, [0, 0])),
    "rows": ("GetItem", {}, (Y, [0, {"stop": 3}])),
    "zeros": ("Relu", {}, (X,)),
    "even": ("Concatenate", {"axis": -1}, ([X, Y],)),
    "turned": ("Transpose", {"axes": [0, 2, 1]}, (Y,)),
    "above": ("Greater", {}, (X, 0.1)),
}


def made_model(args, op, kwargs=None):
    """A model with one operation in it, which it need not return: a model
    returns no number for all sequences.
    """
    layers = {
        key: layer("InputLayer", {"batch_shape": (None, T, F)}, name=key)
        for key in ("x", "y")
    }
    nodes = []

    def add(refs):
        for ref in refs_in(refs):
            if ref.layer in layers:
                continue
            helper, settings, reads = HELPERS[ref.layer]
            add(reads)
            made = class_for(f"ops.{helper}")(ref.layer, helper, settings)
            layers[ref.layer] = made
            nodes.append(Node(ref.layer, 0, reads))

    add((args, kwargs))
    layers["op"] = op
    layers["end"] = layer("Identity", name="end")
    nodes += [Node("op", 0, args, kwargs or {}), Node("end", 0, (X,))]
    graph = Graph(layers, nodes, [X, Y], [Ref("end")])

    return Model("model", "Functional", graph)


def by_differences(model, fed, name, bars):
    """The derivative of each row's sum of the operation's outputs by one
    input.
    """

    def sums(moved):
        trace = model.run({**fed, name: moved}, dtype="float64")
        made = trace.layers["op"].outputs
        parts = [
            (bar * made[k]).reshape(len(bar), -1).sum(axis=1)
            for (_, k), bar in bars.items()
        ]
        return sum(parts)

    found = np.empty((2, *fed[name].shape))
    for place in np.ndindex(fed[name].shape):
        moved = fed[name].copy()
        moved[place] += STEP
        above = sums(moved)
        moved[place] -= 2 * STEP
        found[(slice(None), *place)] = (above - sums(moved)) / (2 * STEP)
    return found


EVERY = [
    pytest.param(name, *call, id=f"{name} {number}")
    for name, calls in CALLS.items()
    for number, call in enumerate(calls)
]


@pytest.mark.parametrize(("name", "args", "config"), EVERY)
def test_an_operation(name, args, config):
    check(made_model(args, class_for(f"ops.{name}")("op", name, config)))


@pytest.mark.parametrize(
    ("function", "args", "kwargs"),
    TENSORFLOW_CALLS,
    ids=[f"{call[0]} {call[2]}" for call in TENSORFLOW_CALLS],
)
def test_a_function_of_tensorflow(function, args, kwargs):
    config = {"function": function}
    op = class_for("TFOpLambda")("op", "TFOpLambda", config)
    check(made_model(args, op, kwargs))


def check(model):
    """Hold the gradients of two random sums of all outputs of the operation
    against central differences.
    """
    fed = {
        name: np.random.default_rng(k).normal(size=(B, T, F))
        for k, name in enumerate("xy")
    }
    outputs = model.run(fed, dtype="float64").layers["op"].outputs
    rng = np.random.default_rng(5)
    bars = {
        ("op", k): rng.normal(size=(2, *y.shape))
        for k, y in enumerate(outputs)
        if y.dtype.kind == "f"
    }
    trace = model.run(fed, dtype="float64")
    found = graph_back(model.graph, trace, Seeds(2, bars))
    assert found.inputs
    for input_name, bar in found.inputs.items():
        wanted = by_differences(model, fed, input_name, bars)
        assert bar == pytest.approx(wanted, rel=1e-6, abs=1e-7)


@pytest.mark.parametrize("name", ["ZerosLike", "OnesLike", "Size"])
def test_of_the_shape_of_its_input_alone_nothing_depends(name):
    """First states of zeros are made so."""
    model = made_model((X,), class_for(f"ops.{name}")("op", name, {}))
    x = np.random.default_rng(1).normal(size=(B, T, F))
    trace = model.run({"x": x, "y": x}, dtype="float64")
    bars = np.ones((1, *trace.layers["op"].outputs[0].shape))
    seeds = Seeds(1, {("op", 0): bars, ("end", 0): np.ones((1, B, T, F))})
    found = graph_back(model.graph, trace, seeds)
    assert (found.inputs["x"] == 1).all()


def test_an_operation_on_truth_values_ends_the_way():
    """A mask that is computed from the input and multiplied with it."""
    entry = layer("InputLayer", {"batch_shape": (None, T, F)}, name="x")
    layers = {"x": entry}
    for name, kind, config in (
        ("above", "Greater", {}),
        ("mask", "Cast", {"dtype": "float64"}),
        ("op", "Multiply", {}),
    ):
        layers[name] = class_for(f"ops.{kind}")(name, kind, config)
    nodes = [
        Node("above", 0, (X, 0.1)),
        Node("mask", 0, (Ref("above"),)),
        Node("op", 0, (X, Ref("mask"))),
    ]
    graph = Graph(layers, nodes, [X], [Ref("op")])
    model = Model("model", "Functional", graph)
    x = np.random.default_rng(1).normal(size=(B, T, F))
    trace = model.run(x, dtype="float64")
    bar = np.ones((1, B, T, F))
    found = graph_back(graph, trace, Seeds(1, {("op", 0): bar}))
    assert (found.inputs["x"][0] == (x > 0.1)).all()


@pytest.mark.parametrize(
    ("name", "config"),
    [
        ("Norm", {"ord": 1, "axis": [1, 2]}),
        ("Normalize", {"order": 1}),
        ("Cumprod", {"axis": 1, "dtype": "float64"}),
    ],
    ids=str,
)
def test_settings_with_which_an_operation_is_not_differentiated(name, config):
    model = made_model((X,), class_for(f"ops.{name}")("op", name, config))
    x = np.random.default_rng(1).normal(size=(B, T, F))
    trace = model.run({"x": x, "y": x}, dtype="float64")
    bars = np.ones((1, *trace.layers["op"].outputs[0].shape))
    with pytest.raises(NotThroughError, match=f"'op': {name} isn't"):
        graph_back(model.graph, trace, Seeds(1, {("op", 0): bars}))


WITHOUT_DERIVATIVE = words("""
all all_equal any arange argmax argmax_first argmin argmin_first argsort
bitwise_and bitwise_or bitwise_xor count_nonzero digitize equal eye filled
floor_divide gcd greater greater_equal heaviside in_top_k in_top_k_of invert
isclose isfinite isin isinf isnan isneginf isposinf isreal lcm left_shift less
less_equal logical_and logical_not logical_or logical_xor multi_hot nextafter
not_equal one_hot ones right_shift searchsorted sequence_mask sign signbit
tensorflow_one_hot unravel_index zero_fraction zeros ceil floor rounded trunc
""")
"""Steps, counts, places, truth values and constants."""
NOT_YET = words("i0")
"""Functions that no gradient passes through yet."""


def test_which_operations_no_gradient_passes_through():
    passed = {*MOVES, *SAME, *ONE, *TWO, *ACTIVATIONS, *ALONG, *PRODUCTS}
    passed |= {"add_n", "clip", *OF_SHAPES, *SEVERAL}
    functions = {
        row.function for row in (*KERAS.values(), *TENSORFLOW.values())
    }
    left = functions - passed
    assert sorted(left - {*WITHOUT_DERIVATIVE}) == sorted(NOT_YET)
