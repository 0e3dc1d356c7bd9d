"""The words for one number of a run: which they are, and what is said of those
that name nothing.
"""

import numpy as np
import pytest

from rnn_tui import open_model
from rnn_tui.analysis.target import default_target, parse_target
from rnn_tui.engine.core.arrays import Weight
from rnn_tui.engine.graph.graph import Graph
from rnn_tui.engine.graph.nodes import Node, Ref
from rnn_tui.engine.layers.registry import class_for
from rnn_tui.engine.layers.wrappers import NestedModel, TimeDistributed
from rnn_tui.engine.model import Model
from rnn_tui.engine.recurrent.bidirectional import bidirectional_layer
from rnn_tui.engine.recurrent.factory import recurrent_layer
from rnn_tui.errors import RnnTuiError
from rnn_tui.samples import find_sample

RNG = np.random.default_rng(5)


def weights(*shapes):
    return [
        Weight.of(name, RNG.standard_normal(shape))
        for name, shape in zip(
            ("kernel", "recurrent_kernel", "bias"), shapes, strict=False
        )
    ]


def lstm(name, features, units, **config):
    arrays = weights((features, 4 * units), (units, 4 * units), (4 * units,))
    return recurrent_layer(
        name, "LSTM", {"units": units, "use_bias": True, **config}, arrays
    )


def dense(name, features, units, activation="linear"):
    kernel, bias = weights((features, units), (units,))
    bias = Weight.of("bias", bias.value)
    return class_for("Dense")(
        name,
        "Dense",
        {"units": units, "activation": activation},
        (kernel, bias),
    )


def graph_of(*layers, shape=(None, None, 3)):
    entry = class_for("InputLayer")(
        "input", "InputLayer", {"batch_shape": shape}
    )
    nodes = []
    before = Ref("input")
    calls: dict[str, int] = {}
    for layer in layers:
        call = calls.get(layer.name, 0)
        calls[layer.name] = call + 1
        nodes.append(Node(layer.name, call, (before,)))
        before = Ref(layer.name, call)
    return Graph(
        {"input": entry, **{layer.name: layer for layer in layers}},
        nodes,
        [Ref("input")],
        [before],
    )


def model_of(*layers, **how):
    return Model("model", "Functional", graph_of(*layers, **how))


@pytest.fixture(scope="module")
def tagger():
    """Sequences in, a softmax for every timestep, through a nested model."""
    inner = NestedModel(
        "inner",
        "Functional",
        graph=graph_of(lstm("deep", 4, 4, return_sequences=True)),
    )
    shared = lstm("twice", 3, 3, return_sequences=True)
    both = bidirectional_layer(
        "both",
        {},
        lstm("f", 3, 2, return_sequences=True),
        lstm("b", 3, 2, return_sequences=True, go_backwards=True),
    )
    head = TimeDistributed(
        "head", "TimeDistributed", inner=dense("words", 4, 5, "softmax")
    )
    return model_of(shared, shared, both, inner, head)


@pytest.fixture(scope="module")
def run(tagger):
    x = np.random.default_rng(1).standard_normal((7, 3))
    return tagger.run(x, dtype="float64")


def test_an_output_and_its_unit_and_timestep(tagger, run):
    target = parse_target("head[3]@2", tagger)
    assert str(target) == "head[3]@2"
    assert target.value(run) == run.layers["head"].outputs[0][0, 2, 3]
    assert target.at(run) == 2


def test_unit_and_timestep_may_be_left_out(tagger, run):
    target = parse_target("head", tagger)
    assert str(target) == "head[0]"
    assert target.value(run) == run.layers["head"].outputs[0][0, 6, 0]
    assert target.at(run) == 6


def test_a_negative_timestep_counts_from_the_end(tagger, run):
    assert parse_target("head@-2", tagger).at(run) == 5


@pytest.mark.parametrize(
    ("text", "path", "name", "reads"),
    [
        ("twice.c[1]@3", "twice", "c", 3),
        ("twice@1.h[2]@0", "twice@1", "h", 0),
        ("both/backward.pre_f[1]@4", "both/backward", "pre_f", 4),
        ("both/forward.o", "both/forward", "o", 6),
        ("both/backward.o", "both/backward", "o", 0),
        ("inner/deep.c_tilde[3]@1", "inner/deep", "c_tilde", 1),
    ],
)
def test_a_quantity_of_a_cell_wherever_it_is(
    tagger, run, text, path, name, reads
):
    target = parse_target(text, tagger)
    cell = next(cell for cell in run.cells if cell.key == path)
    assert target.value(run) == cell.read(name)[0, reads, target.unit]
    assert target.at(run) == reads
    again = parse_target(str(target), tagger)
    assert again == target


def test_a_stacked_cell(tagger):
    config = {
        "cell": [
            {"class_name": "GRUCell", "config": {"units": 2}},
            {"class_name": "SimpleRNNCell", "config": {"units": 3}},
        ],
        "return_sequences": True,
    }
    arrays = [*weights((3, 6), (2, 6), (6,)), *weights((2, 3), (3, 3), (3,))]
    model = model_of(recurrent_layer("rnn", "RNN", config, arrays))
    trace = model.run(np.ones((4, 3)))
    target = parse_target("rnn/cells/0.z[1]@2", model)
    assert target.value(trace) == trace.cells[0].read("z")[0, 2, 1]
    with pytest.raises(RnnTuiError, match="its cells are rnn/cells/0, rnn"):
        parse_target("rnn.h", model)


def test_the_last_timestep_that_was_read_is_that_of_the_mask(tagger):
    mask = class_for("Masking")("mask", "Masking", {})
    model = model_of(mask, lstm("lstm", 3, 2, return_sequences=True))
    x = np.ones((2, 6, 3))
    x[0, 4:] = 0
    x[1, :3] = 0
    trace = model.run(x)
    target = parse_target("lstm.h", model)
    assert target.timesteps(trace).tolist() == [3, 5]
    assert target.values(trace).tolist() == [
        trace["lstm"].h[0, 3, 0],
        trace["lstm"].h[1, 5, 0],
    ]


def test_a_logit_is_the_value_before_the_activation(tagger, run):
    row = parse_target("head.logit[1]@4", tagger).rows(run)[0]
    read = run.layers["inner"].outputs[0][0, 4]
    words = tagger.graph.layers["head"].inner
    kernel, bias = (weight.value for weight in words.weights)
    assert row == pytest.approx(read @ kernel + bias, rel=1e-12)
    shares = np.exp(row) / np.exp(row).sum()
    assert run.layers["head"].outputs[0][0, 4] == pytest.approx(shares)


def test_the_margin_is_the_distance_to_the_runner_up(tagger, run):
    target = parse_target("head.margin[1]@4", tagger)
    row = target.rows(run)[0]
    others = np.delete(row, 1)
    assert target.value(run) == pytest.approx(row[1] - others.max())
    assert row[target.runner_up(run)[0]] == others.max()


def test_the_default_of_a_softmax_is_the_logit_of_the_class_it_predicts(
    tagger, run
):
    target = default_target(tagger, run)
    predicted = run.layers["head"].outputs[0][0, -1].argmax()
    assert str(target) == f"head.logit[{predicted}]"


def test_a_softmax_that_is_a_layer_of_its_own_reads_its_logits():
    softmax = class_for("Activation")(
        "share", "Activation", {"activation": "softmax"}
    )
    model = model_of(lstm("lstm", 3, 4), softmax)
    trace = model.run(np.ones((5, 3)))
    target = default_target(model, trace)
    read = trace["lstm"].output
    assert str(target) == f"share.logit[{read.argmax()}]"
    assert target.value(trace) == read.max()


def test_the_default_of_any_other_output_is_its_first_unit():
    sample = find_sample("brackets")
    model = open_model(sample.path)
    trace = model.run(np.eye(3)[[0, 1, 2, 0]])
    target = default_target(model, trace)
    assert target.unit == 0
    assert target.quantity == ""
    assert target.value(trace) == trace.output[-1, 0]


def test_an_output_without_timesteps_takes_none():
    model = model_of(lstm("lstm", 3, 4), dense("out", 4, 2))
    trace = model.run(np.ones((5, 3)))
    assert parse_target("out[1]", model).value(trace) == trace.output[1]
    assert parse_target("out[1]@-1", model).at(trace) is None
    with pytest.raises(RnnTuiError, match="without timesteps"):
        parse_target("out[1]@2", model).value(trace)


def test_the_longest_name_that_exists_wins():
    model = model_of(
        lstm("a", 3, 3, return_sequences=True),
        lstm("a.h", 3, 2, return_sequences=True),
        dense("a.h[1]", 2, 1),
    )
    trace = model.run(np.ones((4, 3)))
    assert parse_target("a.c@1", model).path == "a"
    assert parse_target("a.h", model).path == "a.h"
    assert parse_target("a.h.h", model).quantity == "h"
    assert parse_target("a.h[1]", model).path == "a.h[1]"
    assert parse_target("a.h[0]@1", model).value(trace) == pytest.approx(
        trace["a.h"].output[1, 0]
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("haed[0]", "no layer or output 'haed'; did you mean 'head'?"),
        ("deep.h", "did you mean 'inner/deep'"),
        ("both.h", "its cells are both/forward, both/backward"),
        ("both/forward[1]", "is a cell, which has pre_i"),
        ("twice.z", "no quantity 'z'; it has pre_i"),
        ("twice.h[3]", "units of 'twice' are 0 to 2"),
        ("head.loss", "has logit and margin"),
        ("both.logit", "no quantity 'logit'"),
        ("head[x]", "after 'head' comes"),
        ("", "no layer or output ''"),
    ],
)
def test_a_target_that_does_not_exist_is_told_in_one_line(
    tagger, text, message
):
    with pytest.raises(RnnTuiError) as error:
        parse_target(text, tagger)
    assert message in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("head[5]", "the units of 'head' are 0 to 4"),
        ("head@7", "timesteps of 'head' are 0 to 6"),
        ("head@-8", "timesteps of 'head' are 0 to 6"),
        ("head.logit[9]", "the units of 'head' are 0 to 4"),
    ],
)
def test_a_target_outside_the_run_is_told_in_one_line(
    tagger, run, text, message
):
    with pytest.raises(RnnTuiError, match=message):
        parse_target(text, tagger).value(run)


def test_a_layer_that_the_run_did_not_reach_is_named(tagger, run):
    from dataclasses import replace

    cut = replace(run, layers={}, stopped=("both", "it is broken"))
    with pytest.raises(RnnTuiError, match="no values of 'head': it stopped at"):
        parse_target("head", tagger).value(cut)


def test_a_cell_inside_a_time_distributed_is_no_target():
    model = model_of(
        TimeDistributed("each", "TimeDistributed", inner=lstm("inner", 3, 2)),
        shape=(None, None, None, 3),
    )
    with pytest.raises(RnnTuiError, match="no layer or output"):
        parse_target("each/inner.h", model)
