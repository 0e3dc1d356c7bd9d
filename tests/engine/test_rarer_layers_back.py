"""The rarer layers that are differentiated, against central differences: every
setting that changes their formula.
"""

from __future__ import annotations

import numpy as np
import pytest
from gradient_models import chain, differences, layer, recurrent

from rnn_tui.analysis.influence import influence_map, influences
from rnn_tui.engine.core.arrays import Weight
from rnn_tui.engine.gradients.graph_back import Seeds, graph_back
from rnn_tui.engine.graph.graph import Graph
from rnn_tui.engine.graph.nodes import Node, Ref
from rnn_tui.engine.layers.names import class_names
from rnn_tui.engine.layers.quantized import in_float8
from rnn_tui.engine.layers.registry import class_for, schema
from rnn_tui.engine.model import Model
from rnn_tui.engine.trace.paths import called

B = 2


def values(*shape, seed=1):
    return np.random.default_rng(seed).normal(size=(B, *shape))


def check(model, x, masked=None):
    """Hold the gradients of two random sums of the output at each input against
    central differences.
    """
    if not isinstance(x, dict):
        x = {"input": x}
    trace = model.run(x, dtype="float64")
    path = called(*model.graph.outputs[0][:2])
    y = trace.outputs[0]
    bars = np.random.default_rng(5).normal(size=(2, *y.shape))
    found = graph_back(model.graph, trace, Seeds(2, {(path, 0): bars}))
    for name, value in x.items():
        for row in range(2):

            def target(moved, name=name, row=row):
                y = model.run({**x, name: moved}, dtype="float64").outputs[0]
                return float((y * bars[row]).sum())

            wanted = differences(target, value)
            if masked is not None:
                wanted[masked[name]] = 0
            assert found.inputs[name][row] == pytest.approx(
                wanted, rel=1e-6, abs=1e-7
            )


SPREAD = {"kernel": (3, 4, 2), "bias": (4,)}
SPREAD_2 = {"kernel": (2, 3, 4, 2), "bias": (4,)}
UP = {"filters": 4, "kernel_size": 3}
UP_2 = {"filters": 4, "kernel_size": [2, 3]}
LOCAL = {"filters": 3, "kernel_size": 3}
HIGHWAY = {
    "kernel": (3, 3),
    "kernel_carry": (3, 3),
    "bias": (3,),
    "bias_carry": (3,),
}

LAYERS = [
    # class, configuration, shapes of the arrays, shape of a sequence
    (
        "GroupNormalization",
        {"groups": 3},
        {"gamma": (6,), "beta": (6,)},
        (5, 6),
    ),
    ("GroupNormalization", {"groups": -1, "epsilon": 0.1}, {}, (5, 4)),
    ("GroupNormalization", {"groups": 1}, {"gamma": (4,)}, (4,)),
    (
        "GroupNormalization",
        {"groups": 2, "axis": 1},
        {"gamma": (4,), "beta": (4,)},
        (4, 3),
    ),
    (
        "GroupNormalization",
        {"groups": 2, "axis": 2, "scale": False},
        {"beta": (4,)},
        (3, 4, 2),
    ),
    ("Conv1DTranspose", UP, SPREAD, (5, 2)),
    ("Conv1DTranspose", {**UP, "strides": 2}, SPREAD, (5, 2)),
    (
        "Conv1DTranspose",
        {**UP, "strides": 2, "padding": "same", "activation": "tanh"},
        SPREAD,
        (5, 2),
    ),
    (
        "Conv1DTranspose",
        {**UP, "strides": 2, "output_padding": 1, "padding": "same"},
        SPREAD,
        (5, 2),
    ),
    (
        "Conv1DTranspose",
        {**UP, "strides": 2, "output_padding": 1},
        SPREAD,
        (5, 2),
    ),
    ("Conv1DTranspose", {**UP, "dilation_rate": 2}, SPREAD, (5, 2)),
    ("Conv1DTranspose", {**UP, "strides": 5}, SPREAD, (3, 2)),
    (
        "Conv1DTranspose",
        {**UP, "use_bias": False, "padding": "same"},
        {"kernel": (3, 4, 2)},
        (5, 2),
    ),
    (
        "Conv1DTranspose",
        {**UP, "data_format": "channels_first", "activation": "softmax"},
        SPREAD,
        (2, 5),
    ),
    (
        "Conv2DTranspose",
        {**UP_2, "strides": [2, 1], "padding": "same", "activation": "elu"},
        SPREAD_2,
        (3, 4, 2),
    ),
    (
        "Conv2DTranspose",
        {**UP_2, "data_format": "channels_first"},
        SPREAD_2,
        (2, 3, 4),
    ),
    (
        "Conv3DTranspose",
        {"filters": 2, "kernel_size": 2, "strides": [1, 2, 1]},
        {"kernel": (2, 2, 2, 2, 1), "bias": (2,)},
        (2, 2, 2, 1),
    ),
    (
        "LocallyConnected1D",
        LOCAL,
        {"kernel": (4, 6, 3), "bias": (4, 3)},
        (6, 2),
    ),
    (
        "LocallyConnected1D",
        {**LOCAL, "strides": 2, "activation": "tanh"},
        {"kernel": (2, 6, 3), "bias": (2, 3)},
        (6, 2),
    ),
    (
        "LocallyConnected1D",
        {**LOCAL, "data_format": "channels_first", "activation": "softmax"},
        {"kernel": (4, 6, 3), "bias": (4, 3)},
        (2, 6),
    ),
    (
        "LocallyConnected1D",
        {**LOCAL, "implementation": 2, "padding": "same"},
        {"kernel": (6, 2, 6, 3), "bias": (6, 3)},
        (6, 2),
    ),
    (
        "LocallyConnected1D",
        {**LOCAL, "implementation": 3, "use_bias": False},
        {"kernel": (72,)},
        (6, 2),
    ),
    (
        "LocallyConnected2D",
        {"filters": 2, "kernel_size": [2, 2], "strides": [1, 2]},
        {"kernel": (4, 8, 2), "bias": (2, 2, 2)},
        (3, 4, 2),
    ),
    ("AdaptiveAveragePooling1D", {"output_size": 3}, None, (7, 2)),
    ("AdaptiveAveragePooling1D", {"output_size": 9}, None, (7, 2)),
    (
        "AdaptiveAveragePooling1D",
        {"output_size": 3, "data_format": "channels_first"},
        None,
        (2, 7),
    ),
    ("AdaptiveMaxPooling1D", {"output_size": 3}, None, (7, 2)),
    ("AdaptiveMaxPooling2D", {"output_size": [2, 3]}, None, (5, 4, 2)),
    ("AdaptiveAveragePooling2D", {"output_size": 2}, None, (5, 3, 2)),
    ("AdaptiveMaxPooling3D", {"output_size": [2, 1, 2]}, None, (3, 2, 3, 1)),
    (
        "AdaptiveMaxPooling2D",
        {"output_size": 2, "data_format": "channels_first"},
        None,
        (2, 5, 3),
    ),
    ("Highway", {"activation": "tanh"}, HIGHWAY, (3,)),
    (
        "Highway",
        {"use_bias": False},
        {"kernel": (3, 3), "kernel_carry": (3, 3)},
        (3,),
    ),
    (
        "MaxoutDense",
        {"units": 4},
        {"kernel": (3, 5, 4), "bias": (3, 4)},
        (5,),
    ),
    ("RandomFlip", {}, None, (4, 5, 2)),
    ("CenterCrop", {"height": 2, "width": 3}, None, (5, 4, 2)),
    (
        "CenterCrop",
        {"height": 2, "width": 3, "data_format": "channels_first"},
        None,
        (2, 5, 4),
    ),
    ("UpSampling2D", {"size": [2, 3]}, None, (2, 3, 2)),
    (
        "UpSampling2D",
        {"size": [2, 3], "interpolation": "bilinear"},
        None,
        (2, 3, 2),
    ),
    (
        "UpSampling2D",
        {
            "size": 2,
            "interpolation": "bilinear",
            "data_format": "channels_first",
        },
        None,
        (2, 1, 3),
    ),
]


@pytest.mark.parametrize(
    ("class_name", "config", "arrays", "shape"),
    [pytest.param(*case, id=f"{case[0]} {case[1]}") for case in LAYERS],
)
def test_a_layer_alone(class_name, config, arrays, shape):
    made = layer(class_name, config, arrays)
    check(chain(made, shape=(None, *shape)), values(*shape))


def test_a_transposed_convolution_with_slopes_of_its_own():
    arrays = {**SPREAD, "alpha": (7, 4)}
    config = {**UP, "activation": {"class_name": "PReLU", "config": {}}}
    made = layer("Conv1DTranspose", config, arrays)
    check(chain(made, shape=(None, 5, 2)), values(5, 2))


@pytest.mark.parametrize("axes", [1, -1, [1, 2]], ids=str)
def test_an_old_cosine(axes):
    names = ("left", "right")
    entries = {
        name: layer("InputLayer", {"batch_shape": (None, 3, 3)}, name=name)
        for name in names
    }
    config = {"axes": axes, "merged_by_cosine": True}
    met = layer("Dot", config, name="met", generation=1)
    graph = Graph(
        {**entries, "met": met},
        [Node("met", 0, ([Ref(name) for name in names],))],
        [Ref(name) for name in names],
        [Ref("met")],
    )
    # far enough from where a product of lengths is 0
    x = {name: 2 + values(3, 3, seed=k) / 4 for k, name in enumerate(names)}
    check(Model("model", "Functional", graph), x)


def masked_extreme(class_name, masked, count=3):
    """A model of three inputs, of which those in `masked` have a mask."""
    names = [f"in{k}" for k in range(count)]
    layers = {}
    nodes = []
    read = []
    for k, name in enumerate(names):
        layers[name] = layer(
            "InputLayer", {"batch_shape": (None, None, 3)}, name=name
        )
        read.append(Ref(name))
        if k in masked:
            layers[f"mask{k}"] = layer("Masking", name=f"mask{k}")
            nodes.append(Node(f"mask{k}", 0, (Ref(name),)))
            read[-1] = Ref(f"mask{k}")

    layers["met"] = layer(class_name, name="met")
    nodes.append(Node("met", 0, (read,)))
    graph = Graph(layers, nodes, [Ref(name) for name in names], [Ref("met")])
    x = {name: values(6, 3, seed=k) for k, name in enumerate(names)}
    for k, name in enumerate(names):
        if k in masked:
            x[name][0, k : k + 3] = 0
            x[name][1, 4] = 0

    return Model("model", "Functional", graph), x


@pytest.mark.parametrize(
    "masked", [(0,), (1,), (0, 1), (1, 2), (0, 1, 2)], ids=str
)
@pytest.mark.parametrize("class_name", ["Maximum", "Minimum"])
def test_an_extreme_of_masked_tensors(class_name, masked):
    model, x = masked_extreme(class_name, masked)
    # a moved value of a masked timestep would end the mask
    hidden = {
        name: np.broadcast_to(
            (value == 0).all(axis=-1, keepdims=True), value.shape
        )
        for name, value in x.items()
    }
    check(model, x, hidden)


GROUPS = {
    "query_kernel": (3, 4, 2),
    "query_bias": (4, 2),
    "key_kernel": (3, 2, 2),
    "key_bias": (2, 2),
    "value_kernel": (3, 2, 2),
    "value_bias": (2, 2),
    "output_kernel": (4, 2, 3),
    "output_bias": (3,),
}
GATE = {"gate_kernel": (3, 4, 2), "gate_bias": (4, 2)}


@pytest.mark.parametrize("keys", [False, True])
@pytest.mark.parametrize(
    ("config", "arrays", "kwargs"),
    [
        ({}, {}, {}),
        ({}, {}, {"use_causal_mask": True}),
        ({"use_gate": True}, GATE, {}),
        ({"sliding_window": 2}, {}, {}),
    ],
    ids=str,
)
def test_an_attention_of_shared_keys(config, arrays, kwargs, keys):
    config = {
        "head_dim": 2,
        "num_query_heads": 4,
        "num_key_value_heads": 2,
        **config,
    }
    made = layer(
        "GroupQueryAttention", config, {**GROUPS, **arrays}, name="met"
    )
    entry = layer("InputLayer", {"batch_shape": (None, None, 3)}, name="input")
    far = layer("Rescaling", {"scale": 0.5, "offset": 1.0}, name="far")
    mask = layer("Masking", name="mask")
    args = (Ref("mask"), Ref("far"), Ref("mask"))
    graph = Graph(
        {"input": entry, "mask": mask, "far": far, "met": made},
        [
            Node("mask", 0, (Ref("input"),)),
            Node("far", 0, (Ref("mask"),)),
            Node("met", 0, args if keys else args[:2], kwargs),
        ],
        [Ref("input")],
        [Ref("met")],
    )
    x = values(4, 3)
    x[0, 3] = 0
    hidden = (x == 0).all(axis=-1)
    check(Model("model", "Functional", graph), x, {"input": hidden})


def rounded_dense(how, activation):
    """A quantized Dense whose input is rounded as well, and its dequantized
    kernel.
    """
    rng = np.random.default_rng(4)
    bias = Weight.of("bias", rng.normal(size=4))
    config = {"units": 4, "activation": activation, "quantized": how}
    if how == "float8":
        kernel, scale = rng.normal(size=(3, 4)), np.array(0.004)
        weights = [
            Weight.of("kernel", kernel),
            bias,
            Weight.of("kernel_scale", scale),
            Weight.of("inputs_scale", np.array(0.01)),
        ]
        return config, weights, in_float8(kernel, scale)

    kernel = rng.integers(-127, 128, (3, 4)).astype("f8")
    scale = rng.uniform(40, 90, 4)
    config["inputs_epsilon"] = 1e-7
    stored = kernel
    if how == "int4":
        kernel = rng.integers(-7, 8, (3, 4))
        low, high = kernel[:, ::2], kernel[:, 1::2]
        stored = (low & 15) | (high << 4)

    weights = [
        Weight.of("kernel", stored.astype("i1")),
        bias,
        Weight.of("kernel_scale", scale),
    ]

    return config, weights, kernel / scale


@pytest.mark.parametrize("activation", ["linear", "tanh", "softmax"])
@pytest.mark.parametrize("how", ["int8", "int4", "float8"])
def test_a_quantized_dense_is_passed_straight_through(how, activation):
    config, weights, kernel = rounded_dense(how, activation)
    made = class_for("Dense")("dense", "Dense", config, tuple(weights))
    x = values(5, 3)
    model = chain(made)
    trace = model.run(x, dtype="float64")
    y = trace.outputs[0]
    bars = np.random.default_rng(5).normal(size=(2, *y.shape))
    found = graph_back(model.graph, trace, Seeds(2, {("dense", 0): bars}))

    pre_bars = bars
    if activation == "tanh":
        pre_bars = bars * (1 - y**2)
    elif activation == "softmax":
        pre_bars = y * (bars - (bars * y).sum(axis=-1, keepdims=True))
    assert found.inputs["input"] == pytest.approx(pre_bars @ kernel.T)
    assert found.notes == (
        "'dense' is quantized: its gradient is that of the dequantized "
        "weights, straight through the rounding",
    )


def test_a_quantized_einsum_dense_is_passed_straight_through():
    rng = np.random.default_rng(4)
    kernel = rng.normal(size=(3, 4))
    config = {
        "equation": "abc,cd->abd",
        "bias_axes": "d",
        "activation": "tanh",
        "quantized": "float8",
    }
    weights = (
        Weight.of("kernel", kernel),
        Weight.of("bias", rng.normal(size=4)),
        Weight.of("kernel_scale", np.array(0.004)),
        Weight.of("inputs_scale", np.array(0.01)),
    )
    made = class_for("EinsumDense")("einsum", "EinsumDense", config, weights)
    model = chain(made)
    trace = model.run(values(5, 3), dtype="float64")
    y = trace.outputs[0]
    bars = np.random.default_rng(5).normal(size=(1, *y.shape))
    found = graph_back(model.graph, trace, Seeds(1, {("einsum", 0): bars}))
    wanted = (bars * (1 - y**2)) @ in_float8(kernel, np.array(0.004)).T
    assert found.inputs["input"] == pytest.approx(wanted)
    assert len(found.notes) == 1


def test_the_note_on_a_quantized_layer_is_in_every_answer():
    config, weights, _ = rounded_dense("int8", "linear")
    made = class_for("Dense")("dense", "Dense", config, tuple(weights))
    model = chain(recurrent("GRU", 3, 3, return_sequences=True), made)
    x = values(5, 3)[:1]
    for method in ("gradient", "ig"):
        found = influences(model, x, "dense[0]@3", method)
        assert "'dense' is quantized" in found["input"].note
    assert "'dense' is quantized" in influence_map(model, x, "dense[0]").note
    assert "quantized" not in influences(model, x, "dense[0]@3")["input"].note


WITHOUT = (
    "CategoryEncoding Discretization Embedding TextVectorization"  # of ids
    " SpectralNormalization TimeDistributed"  # through the layer that it holds
)


def test_which_layers_no_gradient_passes_through():
    left = [name for name in class_names() if not schema(name).back]
    assert sorted(left) == sorted(WITHOUT.split())
