"""Every layer that is differentiated, against central differences."""

from __future__ import annotations

import numpy as np
import pytest
from gradient_models import (
    both_ways,
    chain,
    differences,
    layer,
    recurrent,
    weights,
)

from rnn_tui.engine.gradients.graph_back import Seeds, graph_back
from rnn_tui.engine.graph.graph import Graph
from rnn_tui.engine.graph.nodes import Node, Ref
from rnn_tui.engine.layers.registry import class_for
from rnn_tui.engine.layers.wrappers import NestedModel, TimeDistributed
from rnn_tui.engine.model import Model
from rnn_tui.engine.trace.paths import called
from rnn_tui.errors import NotThroughError

B = 2
SEQUENCE = (5, 3)


def check(model, x, rows=2, masked=None):
    """Hold the gradient of `rows` random sums of the output at each input
    against central differences.
    """
    if not isinstance(x, dict):
        x = {"input": x}
    trace = model.run(x, dtype="float64")
    path = called(*model.graph.outputs[0][:2])
    y = trace.outputs[0]
    bars = np.random.default_rng(5).normal(size=(rows, *y.shape))
    found = graph_back(model.graph, trace, Seeds(rows, {(path, 0): bars}))
    for name, value in x.items():
        for row in range(rows):

            def target(moved, name=name, row=row):
                y = model.run({**x, name: moved}, dtype="float64").outputs[0]
                return float((y * bars[row]).sum())

            wanted = differences(target, value)
            if masked is not None:
                wanted[masked] = 0
                assert (found.inputs[name][row][masked] == 0).all()
            assert found.inputs[name][row] == pytest.approx(
                wanted, rel=1e-6, abs=1e-7
            )
    return found


def values(*shape, seed=1):
    return np.random.default_rng(seed).normal(size=(B, *shape))


def one(class_name, config=None, arrays=None, generation=3):
    return layer(class_name, config, arrays, generation=generation)


CONV = {"filters": 4, "kernel_size": 3}
CONV_ARRAYS = {"kernel": (3, 3, 4), "bias": (4,)}
NORM = {"gamma": (3,), "beta": (3,)}
MOVING = {**NORM, "moving_mean": (3,), "moving_variance": (3,)}

LAYERS = [
    ("Dense", {"units": 4}, {"kernel": (3, 4), "bias": (4,)}, SEQUENCE),
    (
        "Dense",
        {"units": 4, "activation": "softmax"},
        {"kernel": (3, 4)},
        SEQUENCE,
    ),
    (
        "Dense",
        {"units": 4, "activation": "gelu"},
        {"kernel": (3, 4), "bias": (4,)},
        (3,),
    ),
    (
        "Dense",
        {"units": 4, "activation": {"class_name": "PReLU", "config": {}}},
        {"kernel": (3, 4), "bias": (4,), "alpha": (4,)},
        (3,),
    ),
    (
        "EinsumDense",
        {"equation": "abc,cd->abd", "bias_axes": "d", "activation": "tanh"},
        {"kernel": (3, 4), "bias": (4,)},
        SEQUENCE,
    ),
    ("Activation", {"activation": "silu"}, None, SEQUENCE),
    ("Activation", {"activation": "log_softmax"}, None, SEQUENCE),
    ("ReLU", {"negative_slope": 0.2, "max_value": 0.9}, None, SEQUENCE),
    ("ThresholdedReLU", {"theta": 0.3}, None, SEQUENCE),
    ("LeakyReLU", {"negative_slope": 0.3}, None, SEQUENCE),
    ("PReLU", {}, {"alpha": (5, 3)}, SEQUENCE),
    ("ELU", {"alpha": 0.8}, None, SEQUENCE),
    ("Softmax", {}, None, SEQUENCE),
    ("Softmax", {"axis": [1, 2]}, None, SEQUENCE),
    ("Dropout", {"rate": 0.5}, None, SEQUENCE),
    ("GaussianNoise", {"stddev": 0.5}, None, SEQUENCE),
    ("Flatten", {}, None, SEQUENCE),
    ("Flatten", {"data_format": "channels_first"}, None, SEQUENCE),
    ("Reshape", {"target_shape": [3, 5]}, None, SEQUENCE),
    ("Permute", {"dims": [2, 1]}, None, SEQUENCE),
    ("Permute", {"dims": [3, 1, 2]}, None, (2, 3, 4)),
    ("RepeatVector", {"n": 4}, None, (3,)),
    ("ZeroPadding1D", {"padding": [1, 2]}, None, SEQUENCE),
    ("Cropping1D", {"cropping": [1, 2]}, None, SEQUENCE),
    ("Cropping1D", {"cropping": [1, 0]}, None, SEQUENCE),
    ("UpSampling1D", {"size": 3}, None, SEQUENCE),
    ("BatchNormalization", {}, MOVING, SEQUENCE),
    (
        "BatchNormalization",
        {"scale": False, "center": False},
        {"moving_mean": (3,), "moving_variance": (3,)},
        SEQUENCE,
    ),
    ("LayerNormalization", {}, NORM, SEQUENCE),
    ("LayerNormalization", {"axis": [1, 2]}, {}, SEQUENCE),
    ("LayerNormalization", {"rms_scaling": True}, {"gamma": (3,)}, SEQUENCE),
    ("RMSNormalization", {}, {"gamma": (3,)}, SEQUENCE),
    ("UnitNormalization", {}, None, SEQUENCE),
    ("Rescaling", {"scale": 0.3, "offset": 1.0}, None, SEQUENCE),
    (
        "Normalization",
        {"mean": 0.3, "variance": 2.0, "axis": None},
        None,
        SEQUENCE,
    ),
    (
        "Normalization",
        {"mean": 0.3, "variance": 2.0, "axis": None, "invert": True},
        None,
        SEQUENCE,
    ),
    ("Conv1D", CONV, CONV_ARRAYS, (7, 3)),
    ("Conv1D", {**CONV, "padding": "same", "strides": 2}, CONV_ARRAYS, (7, 3)),
    (
        "Conv1D",
        {**CONV, "padding": "causal", "dilation_rate": 2, "activation": "tanh"},
        CONV_ARRAYS,
        (7, 3),
    ),
    (
        "Conv1D",
        {**CONV, "groups": 2, "use_bias": False},
        {"kernel": (3, 2, 4)},
        (7, 4),
    ),
    (
        "Conv1D",
        {**CONV, "data_format": "channels_first", "activation": "softmax"},
        CONV_ARRAYS,
        (3, 7),
    ),
    (
        "Conv2D",
        {"filters": 2, "kernel_size": [2, 3], "padding": "same"},
        {"kernel": (2, 3, 3, 2), "bias": (2,)},
        (3, 4, 3),
    ),
    (
        "DepthwiseConv1D",
        {"kernel_size": 3, "depth_multiplier": 2},
        {"depthwise_kernel": (3, 3, 2), "bias": (6,)},
        (7, 3),
    ),
    (
        "SeparableConv1D",
        {"filters": 4, "kernel_size": 3, "activation": "relu"},
        {
            "depthwise_kernel": (3, 3, 2),
            "pointwise_kernel": (1, 6, 4),
            "bias": (4,),
        },
        (7, 3),
    ),
    ("MaxPooling1D", {"pool_size": 2}, None, (7, 3)),
    (
        "MaxPooling1D",
        {"pool_size": 3, "strides": 2, "padding": "same"},
        None,
        (7, 3),
    ),
    ("AveragePooling1D", {"pool_size": 2}, None, (7, 3)),
    (
        "AveragePooling1D",
        {"pool_size": 3, "strides": 1, "padding": "same"},
        None,
        (7, 3),
    ),
    ("MaxPooling2D", {"pool_size": 2}, None, (4, 5, 2)),
    (
        "AveragePooling1D",
        {"pool_size": 2, "data_format": "channels_first"},
        None,
        (3, 7),
    ),
    ("GlobalMaxPooling1D", {}, None, SEQUENCE),
    ("GlobalAveragePooling1D", {}, None, SEQUENCE),
    ("GlobalAveragePooling1D", {"keepdims": True}, None, SEQUENCE),
    ("GlobalMaxPooling1D", {"data_format": "channels_first"}, None, SEQUENCE),
]


def positive(one):
    """The layer with variances above 0."""
    for weight in one.weights:
        if weight.name == "moving_variance":
            weight._value = np.abs(weight.value) + 0.1
    return one


@pytest.mark.parametrize(
    ("class_name", "config", "arrays", "shape"),
    [pytest.param(*case, id=f"{case[0]} {case[1]}") for case in LAYERS],
)
def test_a_layer_alone(class_name, config, arrays, shape):
    model = chain(
        positive(one(class_name, config, arrays)),
        shape=(None, *[None] * (len(shape) - 1), shape[-1])
        if class_name != "PReLU"
        else (None, *shape),
    )
    check(model, values(*shape))


RECURRENT = [
    ("LSTM", {}),
    ("GRU", {"reset_after": True}),
    ("GRU", {"reset_after": False}),
    ("SimpleRNN", {}),
]
OF_RECURRENT = [
    {"return_sequences": True},
    {"return_sequences": False},
    {"return_sequences": True, "go_backwards": True},
    {"return_sequences": False, "go_backwards": True},
    {"return_sequences": True, "zero_output_for_mask": True},
    {"return_sequences": False, "zero_output_for_mask": True},
    {"return_sequences": True, "go_backwards": True, "unroll": True},
    {
        "return_sequences": True,
        "go_backwards": True,
        "unroll": True,
        "zero_output_for_mask": True,
    },
]


def with_gaps():
    x = values(*SEQUENCE)
    x[0, 0] = 0
    x[0, 3] = 0
    x[1, 3:] = 0
    return x, (x == 0).all(axis=-1)


@pytest.mark.parametrize("how", OF_RECURRENT, ids=str)
@pytest.mark.parametrize(("kind", "config"), RECURRENT)
def test_a_recurrent_layer_as_keras_returns_it(kind, config, how):
    check(chain(recurrent(kind, 3, 4, **config, **how)), values(*SEQUENCE))


@pytest.mark.parametrize("how", OF_RECURRENT, ids=str)
@pytest.mark.parametrize(("kind", "config"), RECURRENT)
def test_a_recurrent_layer_behind_a_mask(kind, config, how):
    model = chain(one("Masking"), recurrent(kind, 3, 4, **config, **how))
    x, masked = with_gaps()
    check(model, x, masked=masked)


@pytest.mark.parametrize("sequences", [True, False])
@pytest.mark.parametrize("masking", [True, False])
@pytest.mark.parametrize("merge", ["concat", "sum", "ave", "mul"])
def test_a_bidirectional(merge, masking, sequences):
    both = both_ways("LSTM", 3, 4, merge, return_sequences=sequences)
    if not masking:
        check(chain(both), values(*SEQUENCE))
        return
    x, masked = with_gaps()
    check(chain(one("Masking"), both), x, masked=masked)


def test_a_bidirectional_that_keeps_both_sides():
    both = both_ways("GRU", 3, 4, None, return_sequences=True, reset_after=True)
    join = layer("Concatenate")
    graph = Graph(
        {
            "input": layer(
                "InputLayer", {"batch_shape": (None, None, 3)}, name="input"
            ),
            "both": both,
            "join": join,
        },
        [
            Node("both", 0, (Ref("input"),)),
            Node("join", 0, ([Ref("both"), Ref("both", 0, 1)],)),
        ],
        [Ref("input")],
        [Ref("join")],
    )
    check(Model("model", "Functional", graph), values(*SEQUENCE))


def stacked(residual=0, sequences=True, **config):
    cells = [
        {"class_name": "GRUCell", "config": {"units": 3, "reset_after": True}},
        {"class_name": "LSTMCell", "config": {"units": 3}},
    ]
    arrays = (
        *weights(
            1,
            {
                "kernel": (3, 9),
                "recurrent_kernel": (3, 9),
                "bias": (2, 9),
            },
        ),
        *weights(
            2,
            {
                "kernel": (3, 12),
                "recurrent_kernel": (3, 12),
                "bias": (12,),
            },
        ),
    )
    from rnn_tui.engine.recurrent.factory import recurrent_layer

    for cell in cells:
        cell["config"]["residual"] = residual
    return recurrent_layer(
        "rnn",
        "RNN",
        {"cell": cells, "return_sequences": sequences, **config},
        arrays,
    )


@pytest.mark.parametrize("how", OF_RECURRENT, ids=str)
@pytest.mark.parametrize("residual", [0, 2])
def test_stacked_cells(residual, how):
    how = dict(how)
    sequences = how.pop("return_sequences")
    check(chain(stacked(residual, sequences, **how)), values(*SEQUENCE))
    x, masked = with_gaps()
    model = chain(one("Masking"), stacked(residual, sequences, **how))
    check(model, x, masked=masked)


@pytest.mark.parametrize("reverse_state_order", [True, False])
def test_states_that_the_graph_hands_over(reverse_state_order):
    """An encoder's last states start a decoder that reads another input."""
    flat = {"return_state": True, "reverse_state_order": reverse_state_order}
    encoder = stacked(0, False, **flat)
    encoder.name = "encoder"
    decoder = stacked(0, True, reverse_state_order=reverse_state_order)
    decoder.name = "decoder"
    layers = {
        name: layer("InputLayer", {"batch_shape": (None, None, 3)}, name=name)
        for name in ("input", "other")
    }
    states = [Ref("encoder", 0, k) for k in range(1, 4)]
    graph = Graph(
        {**layers, "encoder": encoder, "decoder": decoder},
        [
            Node("encoder", 0, (Ref("input"),)),
            Node("decoder", 0, (Ref("other"),), {"initial_state": states}),
        ],
        [Ref("input"), Ref("other")],
        [Ref("decoder")],
    )
    model = Model("model", "Functional", graph)
    x = {"input": values(*SEQUENCE), "other": values(4, 3, seed=2)}
    check(model, x)


def test_a_user_state_in_the_place_of_the_graphs_cuts_it_off():
    encoder = recurrent("GRU", 3, 3, name="encoder", reset_after=True)
    decoder = recurrent("GRU", 3, 3, name="decoder", reset_after=True)
    entry = layer("InputLayer", {"batch_shape": (None, None, 3)}, name="input")
    graph = Graph(
        {"input": entry, "encoder": encoder, "decoder": decoder},
        [
            Node("encoder", 0, (Ref("input"),)),
            Node("decoder", 0, (Ref("input"), Ref("encoder"))),
        ],
        [Ref("input")],
        [Ref("decoder")],
    )
    model = Model("model", "Functional", graph)
    x = values(*SEQUENCE)
    own = {"decoder/h": np.full((B, 3), 0.25)}
    trace = model.run(x, dtype="float64", initial_state=own)
    bar = np.ones((1, *trace.outputs[0].shape))
    found = graph_back(graph, trace, Seeds(1, {("decoder", 0): bar}))
    wanted = differences(
        lambda moved: float(
            model.run(moved, dtype="float64", initial_state=own)
            .outputs[0]
            .sum()
        ),
        x,
    )
    assert found.inputs["input"][0] == pytest.approx(wanted, rel=1e-6, abs=1e-8)
    assert found.initial["decoder/h"].shape == (1, B, 3)


def merged(class_name, config=None, shapes=(SEQUENCE, SEQUENCE)):
    names = [f"in{k}" for k in range(len(shapes))]
    entries = {
        name: layer("InputLayer", {"batch_shape": (None, *shape)}, name=name)
        for name, shape in zip(names, shapes, strict=True)
    }
    met = layer(class_name, config, name="met")
    graph = Graph(
        {**entries, "met": met},
        [Node("met", 0, ([Ref(name) for name in names],))],
        [Ref(name) for name in names],
        [Ref("met")],
    )
    x = {
        name: values(*shape, seed=k)
        for k, (name, shape) in enumerate(zip(names, shapes, strict=True))
    }
    return Model("model", "Functional", graph), x


@pytest.mark.parametrize(
    ("class_name", "config", "shapes"),
    [
        ("Add", {}, (SEQUENCE, SEQUENCE, SEQUENCE)),
        ("Add", {}, (SEQUENCE, (1, 3))),
        ("Subtract", {}, (SEQUENCE, (3,))),
        ("Multiply", {}, (SEQUENCE, SEQUENCE, (5, 1))),
        ("Average", {}, (SEQUENCE, SEQUENCE, SEQUENCE)),
        ("Maximum", {}, (SEQUENCE, SEQUENCE, SEQUENCE)),
        ("Minimum", {}, (SEQUENCE, (1, 3))),
        ("Concatenate", {}, (SEQUENCE, (5, 2))),
        ("Concatenate", {"axis": 1}, (SEQUENCE, (2, 3))),
        ("Dot", {"axes": -1}, (SEQUENCE, (4, 3))),
        ("Dot", {"axes": [1, 2]}, (SEQUENCE, (4, 5))),
        ("Dot", {"axes": 1, "normalize": True}, ((3,), (3,))),
        ("Attention", {}, (SEQUENCE, (4, 3))),
        ("Attention", {}, (SEQUENCE, (4, 2), (4, 3))),
        ("AdditiveAttention", {"use_scale": False}, (SEQUENCE, (4, 3))),
    ],
    ids=str,
)
def test_a_layer_of_several_inputs(class_name, config, shapes):
    check(*merged(class_name, config, shapes))


def attention(class_name, config, arrays, **kwargs):
    """A masked sequence attends to the states of a recurrent layer and, as its
    keys, to itself.
    """
    entry = layer("InputLayer", {"batch_shape": (None, None, 3)}, name="input")
    mask = layer("Masking", name="mask")
    rnn = recurrent("GRU", 3, 3, return_sequences=True, reset_after=True)
    met = layer(class_name, config, arrays, name="met")
    refs = [Ref("mask"), Ref("rnn"), Ref("mask")]
    args = tuple(refs) if class_name == "MultiHeadAttention" else (refs,)
    graph = Graph(
        {"input": entry, "mask": mask, "rnn": rnn, "met": met},
        [
            Node("mask", 0, (Ref("input"),)),
            Node("rnn", 0, (Ref("mask"),)),
            Node("met", 0, args, kwargs),
        ],
        [Ref("input")],
        [Ref("met")],
    )
    return Model("model", "Functional", graph)


HEADS = {
    "query_kernel": (3, 2, 4),
    "query_bias": (2, 4),
    "key_kernel": (3, 2, 4),
    "key_bias": (2, 4),
    "value_kernel": (3, 2, 5),
    "value_bias": (2, 5),
    "output_kernel": (2, 5, 3),
    "output_bias": (3,),
}


@pytest.mark.parametrize(
    ("class_name", "config", "arrays", "kwargs"),
    [
        ("Attention", {"use_scale": True}, {"scale": ()}, {}),
        ("Attention", {}, {}, {"use_causal_mask": True}),
        (
            "Attention",
            {"score_mode": "concat", "use_scale": True},
            {"scale": (), "concat_score_weight": ()},
            {},
        ),
        ("AdditiveAttention", {}, {"scale": (3,)}, {}),
        (
            "MultiHeadAttention",
            {"num_heads": 2, "key_dim": 4, "value_dim": 5},
            HEADS,
            {},
        ),
        (
            "MultiHeadAttention",
            {"num_heads": 2, "key_dim": 4, "value_dim": 5},
            HEADS,
            {"use_causal_mask": True},
        ),
    ],
    ids=str,
)
def test_an_attention_with_masks(class_name, config, arrays, kwargs):
    model = attention(class_name, config, arrays, **kwargs)
    x, masked = with_gaps()
    check(model, x, masked=masked)


def test_a_nested_model_that_is_called_twice():
    inner = chain(
        recurrent("LSTM", 3, 3, return_sequences=True), one("Dropout")
    )
    nested = NestedModel("inner", "Functional", graph=inner.graph)
    check(chain(nested, nested, recurrent("GRU", 3, 2)), values(*SEQUENCE))


def test_a_shared_layer():
    shared = recurrent("SimpleRNN", 3, 3, return_sequences=True)
    check(
        chain(shared, one("Activation", {"activation": "elu"}), shared),
        values(*SEQUENCE),
    )


def test_a_layer_for_every_timestep():
    dense = layer(
        "Dense",
        {"units": 4, "activation": "softmax"},
        {"kernel": (3, 4), "bias": (4,)},
    )
    each = TimeDistributed("each", "TimeDistributed", inner=dense)
    check(chain(each), values(*SEQUENCE))


@pytest.mark.parametrize("masks", ["outer", "kept", "joined"])
def test_a_recurrent_layer_for_every_timestep(masks):
    lstm = recurrent("LSTM", 3, 2)
    each = TimeDistributed(
        "each", "TimeDistributed", {"time_masks": masks}, inner=lstm
    )
    mask = one("Masking")
    shape = (None, None, None, 3)
    x = values(3, 4, 3)
    check(chain(each, shape=shape), x)
    x[0, 1, 2:] = 0
    x[1, 0, 0] = 0
    masked = (x == 0).all(axis=-1)
    check(chain(mask, each, shape=shape), x, masked=masked)


def test_a_model_for_every_timestep():
    inner = chain(
        recurrent("LSTM", 3, 3, return_sequences=True),
        one("GlobalAveragePooling1D"),
    )
    nested = NestedModel("inner", "Functional", graph=inner.graph)
    each = TimeDistributed("each", "TimeDistributed", inner=nested)
    after = recurrent("GRU", 3, 2, name="after", reset_after=True)
    check(chain(each, after, shape=(None, None, None, 3)), values(3, 4, 3))


def test_a_mean_that_leaves_masked_timesteps_out():
    x, masked = with_gaps()
    model = chain(
        one("Masking"),
        recurrent("LSTM", 3, 2, return_sequences=True),
        one("GlobalAveragePooling1D"),
    )
    check(model, x, masked=masked)


def test_time_before_the_batch():
    model = chain(
        recurrent("LSTM", 3, 2, return_sequences=True, time_major=True)
    )
    trace = model.run(values(*SEQUENCE), dtype="float64")
    bar = np.random.default_rng(1).normal(size=(1, *trace.outputs[0].shape))
    found = graph_back(model.graph, trace, Seeds(1, {("rnn", 0): bar}))
    wanted = differences(
        lambda moved: float(
            (model.run(moved, dtype="float64").outputs[0] * bar[0]).sum()
        ),
        values(*SEQUENCE),
    )
    assert found.inputs["input"][0] == pytest.approx(wanted, rel=1e-6, abs=1e-8)


def test_the_gradient_of_ids_is_that_of_their_vectors():
    embedding = layer(
        "Embedding",
        {"input_dim": 6, "output_dim": 3, "mask_zero": True},
        {"embeddings": (6, 3)},
    )
    rnn = recurrent("LSTM", 3, 4, return_sequences=True)
    model = chain(embedding, rnn, shape=(None, None))
    ids = np.array([[1, 4, 4, 0, 2], [3, 0, 5, 1, 0]])
    trace = model.run(ids, dtype="float64")
    bar = np.random.default_rng(1).normal(size=(1, *trace.outputs[0].shape))
    found = graph_back(model.graph, trace, Seeds(1, {("rnn", 0): bar}))
    assert not found.inputs
    of_vectors = found.vectors["embedding"][0]
    assert (of_vectors[ids == 0] == 0).all()

    behind = chain(rnn)
    vectors = trace.layers["embedding"].outputs[0]

    def target(moved):
        read = np.array(moved)
        y = chain(one("Masking", {"mask_value": 9.0}), rnn).run(
            np.where((ids == 0)[..., None], 9.0, read), dtype="float64"
        )
        return float((y.outputs[0] * bar[0]).sum())

    wanted = differences(target, vectors)
    assert behind is not model
    assert of_vectors == pytest.approx(wanted, rel=1e-6, abs=1e-8)


@pytest.mark.parametrize("class_name", ["Add", "Multiply"])
@pytest.mark.parametrize("generation", [2, 3])
def test_masked_tensors_that_meet(class_name, generation):
    names = ("left", "right")
    entries = {
        name: layer("InputLayer", {"batch_shape": (None, None, 3)}, name=name)
        for name in names
    }
    masks = {
        f"mask_{name}": layer("Masking", name=f"mask_{name}") for name in names
    }
    met = layer(class_name, name="met", generation=generation)
    graph = Graph(
        {**entries, **masks, "met": met},
        [
            *(Node(f"mask_{name}", 0, (Ref(name),)) for name in names),
            Node("met", 0, ([Ref(name) for name in masks],)),
        ],
        [Ref(name) for name in names],
        [Ref("met")],
    )
    x, masked = with_gaps()
    other = values(*SEQUENCE, seed=2)
    other[0, 3:] = 0
    trace = Model("model", "Functional", graph).run(
        {"left": x, "right": other}, dtype="float64"
    )
    bar = np.random.default_rng(1).normal(size=(1, *trace.outputs[0].shape))
    found = graph_back(graph, trace, Seeds(1, {("met", 0): bar}))

    def target(moved):
        y = Model("model", "Functional", graph).run(
            {"left": moved, "right": other}, dtype="float64"
        )
        return float((y.outputs[0] * bar[0]).sum())

    wanted = differences(target, x)
    wanted[masked] = 0
    assert found.inputs["left"][0] == pytest.approx(wanted, rel=1e-6, abs=1e-8)


def test_a_layer_that_is_not_differentiated_is_named():
    bins = {"bin_boundaries": [0.0, 1.0], "output_mode": "one_hot"}
    model = chain(one("Discretization", bins), shape=(None, 1))
    trace = model.run(values(1), dtype="float64")
    bar = np.ones((1, *trace.outputs[0].shape))
    path = model.graph.outputs[0].layer
    with pytest.raises(NotThroughError) as error:
        graph_back(model.graph, trace, Seeds(1, {(path, 0): bar}))
    assert f"{path!r}: Discretization isn't differentiated" in str(error.value)
    assert "swap" in str(error.value)


X, H = Ref("input"), Ref("rnn")


@pytest.mark.parametrize(
    ("name", "config", "args", "kwargs"),
    [
        ("Multiply", {}, (H, 2.0), {}),
        ("Multiply", {}, (H, H), {}),
        ("Add", {}, (X, H), {}),
        ("Subtract", {}, (1.0, H), {}),
        ("TrueDivide", {}, (X, Ref("far")), {}),
        ("Maximum", {}, (X, H), {}),
        ("Minimum", {}, (H, 0.1), {}),
        ("Negative", {}, (H,), {}),
        ("Square", {}, (H,), {}),
        ("Abs", {}, (X,), {}),
        ("Exp", {}, (H,), {}),
        ("Sqrt", {}, (Ref("far"),), {}),
        ("Rsqrt", {}, (Ref("far"),), {}),
        ("Log", {}, (Ref("far"),), {}),
        ("Reciprocal", {}, (Ref("far"),), {}),
        ("Sin", {}, (X,), {}),
        ("Cos", {}, (X,), {}),
        ("Tanh", {}, (X,), {}),
        ("Sigmoid", {}, (X,), {}),
        ("Relu", {}, (X,), {}),
        ("Sum", {"axis": 1}, (H,), {}),
        ("Mean", {"axis": [1, 2], "keepdims": True}, (H,), {}),
        ("Mean", {"axis": -1}, (H,), {}),
        ("Reshape", {"newshape": [-1, 15]}, (H,), {}),
        ("Transpose", {"axes": [0, 2, 1]}, (H,), {}),
        ("ExpandDims", {"axis": 1}, (H,), {}),
        ("Flip", {"axis": 1}, (H,), {}),
        ("Repeat", {"repeats": 2, "axis": 1}, (H,), {}),
        ("Concatenate", {"axis": -1}, ([X, H, X],), {}),
        ("Stack", {"axis": 1}, ([X, H],), {}),
        ("Cast", {"dtype": "float64"}, (H,), {}),
    ],
    ids=str,
)
def test_an_operation(name, config, args, kwargs):
    entry = layer("InputLayer", {"batch_shape": (None, None, 3)}, name="input")
    rnn = recurrent("GRU", 3, 3, return_sequences=True, reset_after=True)
    far = layer("Rescaling", {"scale": 0.2, "offset": 3.0}, name="far")
    made = class_for(f"ops.{name}")("op", name, config)
    graph = Graph(
        {"input": entry, "rnn": rnn, "far": far, "op": made},
        [
            Node("rnn", 0, (X,)),
            Node("far", 0, (H,)),
            Node("op", 0, args, kwargs),
        ],
        [X],
        [Ref("op")],
    )
    check(Model("model", "Functional", graph), values(*SEQUENCE))


def test_a_slice_of_tf_keras():
    entry = layer("InputLayer", {"batch_shape": (None, None, 3)}, name="input")
    rnn = recurrent("LSTM", 3, 3, return_sequences=True)
    part = class_for("SlicingOpLambda")(
        "part", "SlicingOpLambda", {"function": "__operators__.getitem"}
    )
    key = [
        {"start": None, "stop": None, "step": None},
        -1,
        {"start": 1, "stop": None, "step": None},
    ]
    graph = Graph(
        {"input": entry, "rnn": rnn, "part": part},
        [Node("rnn", 0, (X,)), Node("part", 0, (H, key))],
        [X],
        [Ref("part")],
    )
    check(Model("model", "Functional", graph), values(*SEQUENCE))


@pytest.mark.parametrize(
    ("name", "config"),
    [("I0", {}), ("Round", {}), ("StopGradient", {})],
)
def test_an_operation_that_is_not_differentiated_is_named(name, config):
    entry = layer("InputLayer", {"batch_shape": (None, None, 3)}, name="input")
    made = class_for(f"ops.{name}")("op", name, config)
    graph = Graph(
        {"input": entry, "op": made},
        [Node("op", 0, (X,))],
        [X],
        [Ref("op")],
    )
    model = Model("model", "Functional", graph)
    trace = model.run(values(*SEQUENCE), dtype="float64")
    bar = np.ones((1, *trace.outputs[0].shape))
    with pytest.raises(NotThroughError, match=f"'op': {name} isn't"):
        graph_back(graph, trace, Seeds(1, {("op", 0): bar}))
