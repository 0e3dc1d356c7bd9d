"""Which timesteps mattered: the golden numbers, and the properties that the
pictures rest on.
"""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from rnn_tui import open_model
from rnn_tui.analysis.gradients import gradients
from rnn_tui.analysis.influence import (
    feature_changes,
    influence,
    influence_map,
    influences,
)
from rnn_tui.analysis.target import default_target, parse_target
from rnn_tui.engine.graph.graph import Graph
from rnn_tui.engine.graph.nodes import Node, Ref
from rnn_tui.engine.layers.registry import class_for
from rnn_tui.engine.layers.wrappers import NestedModel, TimeDistributed
from rnn_tui.engine.model import Model
from rnn_tui.errors import NotThroughError, RnnTuiError
from rnn_tui.samples import find_sample
from rnn_tui.sequences.parse import parse_sequence

sys.path.insert(0, str(Path(__file__).parents[1] / "engine"))

from gradient_models import (
    CHANNELS,
    SIDES,
    both_ways,
    chain,
    conv_lstm,
    differences,
    layer,
    recurrent,
)


def sample(name):
    found = find_sample(name)
    model = open_model(found.path)
    read = parse_sequence(found.input, model.model.inputs, vocab=found.vocab)
    trace = model.model.run(read.arrays, dtype="float64")
    return model.model, read.arrays, trace


@pytest.fixture(scope="module")
def brackets():
    return sample("brackets")


def vocabulary(name):
    words = json.loads(Path(find_sample(name).vocab).read_text())
    return {word: k for k, word in enumerate(words)}


# Golden numbers ---------------------------------------------------------------


def near(values):
    return pytest.approx(values, abs=6e-9)


def test_gradient_of_brackets(brackets):
    model, x, trace = brackets
    found = influence(model, x, "open[0]@21", "gradient", trace=trace)
    assert found.by_timestep[[0, 1, 19, 20, 21]] == near(
        [0.80195018, 0.94065251, 1.06130157, 0.91632761, 1.01611507]
    )
    assert found.values[1] == near([0.68792088, -0.63570606, -0.08642816])
    assert found.residual is None
    assert found.baseline == ""


def test_integrated_gradients_of_brackets(brackets):
    model, x, trace = brackets
    found = influence(
        model,
        x,
        "open[0]@-1",
        "ig",
        "token:x",
        trace=trace,
        dtype="float64",
        vocabulary=vocabulary("brackets"),
    )
    assert found.by_timestep[[1, 6, 19, 21]] == pytest.approx(
        [0.604, -0.600, 0.721, -0.628], abs=5e-4
    )
    assert found.sum == near(0.04004715)
    assert abs(found.residual) < 1e-12
    assert found.baseline == "token 'x'"
    zeros = influence(model, x, None, "ig", trace=trace, dtype="float64")
    # out(x) − out(0), which the golden number is near
    ends = [
        model.run({"characters": fed}, dtype="float64").outputs[0][0, -1, 0]
        for fed in (x["characters"], np.zeros_like(x["characters"]))
    ]
    assert zeros.sum == pytest.approx(ends[0] - ends[1], abs=1e-13)
    assert zeros.sum == pytest.approx(0.52291231, abs=2e-8)


def test_a_swap_in_brackets(brackets):
    model, x, trace = brackets
    found = influence(
        model,
        x,
        None,
        baseline="token:x",
        trace=trace,
        dtype="float64",
        vocabulary=vocabulary("brackets"),
    )
    swapped = found.value - found.by_timestep[1]
    assert found.value == pytest.approx(0.082768, abs=5e-7)
    assert swapped == pytest.approx(-0.475812, abs=5e-7)


def test_gradient_of_an_impulse_through_a_simple_rnn():
    model = open_model(find_sample("simplernn-1").path).model
    x = np.zeros((12, 1))
    x[0] = 1
    x = parse_sequence("impulse:12", model.inputs).arrays
    trace = model.run(x, dtype="float64")
    key = trace.cells[0].key
    found = influence(model, x, f"{key}.h@11", "gradient", trace=trace)
    wanted = [
        -0.01050377, 0.07348702, -0.15659475, 0.25556374, -0.3678864,
        0.49223781, -0.62727653, 0.77245271, -0.92676863, 1.09004953,
        -1.26141889, 1.44094078,
    ]  # fmt: skip
    assert found.values[:, 0] == near(wanted)


def test_gradients_of_the_notebook_lstm():
    model, _, trace = sample("lstm-notebook")
    key = trace.cells[0].key
    found = gradients(model, trace, parse_target(f"{key}.h", model))
    (x_bar,) = found.inputs.values()
    assert x_bar[0, 0, 0] == near([-0.07040279, -0.01250234])
    assert found.initial[f"{key}/h"].item() == near(-0.0058726)
    assert found.initial[f"{key}/c"].item() == near(0.03682669)


def test_gradients_of_one_lstm_unit():
    model, x, trace = sample("lstm-1")
    key = trace.cells[0].key
    h = influence(model, x, f"{key}.h@4", "gradient", trace=trace)
    c = influence(model, x, f"{key}.c@4", "gradient", trace=trace)
    assert h.values[:, 0] == near(
        [0.00183908, 0.00202847, 0.00230772, 0.00307311, -0.01438944]
    )
    assert c.values[:, 0] == near(
        [0.00884375, 0.00975396, 0.01113184, 0.01290741, 0.02110176]
    )


def test_gradients_of_a_gru_whose_reset_gate_comes_before():
    model, x, trace = sample("gru-reset-before")
    key = trace.cells[0].key
    found = influence(model, x, f"{key}.h[0]@5", "gradient", trace=trace)
    assert found.values[0] == near([-0.00324964, 0.00772767])
    assert found.values[5] == near([-0.02977836, 0.09363154])


# Properties -------------------------------------------------------------------


def embedded(mask_zero=True):
    return layer(
        "Embedding",
        {"input_dim": 6, "output_dim": 3, "mask_zero": mask_zero},
        {"embeddings": (6, 3)},
    )


def dense(units, features, activation="linear", name="out"):
    return layer(
        "Dense",
        {"units": units, "activation": activation},
        {"kernel": (features, units), "bias": (units,)},
        name,
    )


def models():
    """Models of each way in which variants are run, with their input."""
    rng = np.random.default_rng(3)
    x = rng.normal(size=(9, 3))
    gaps = x.copy()
    gaps[[0, 4, 8]] = 0
    ids = np.array([2, 0, 4, 1, 1, 5, 3, 0, 0])
    gru = {"reset_after": True}
    inner = chain(recurrent("LSTM", 3, 3, return_sequences=True))
    nested = NestedModel("inner", "Functional", graph=inner.graph)
    each = TimeDistributed(
        "each", "TimeDistributed", inner=dense(3, 3, "tanh", "d")
    )
    yield (
        "two layers, one head",
        chain(
            recurrent("LSTM", 3, 4, return_sequences=True, name="one"),
            recurrent("GRU", 4, 3, name="two", **gru),
            dense(4, 3, "softmax"),
        ),
        x,
    )
    yield (
        "an output at every timestep",
        chain(
            nested,
            each,
            recurrent("SimpleRNN", 3, 3, return_sequences=True),
            dense(2, 3),
        ),
        x,
    )
    yield (
        "a mask with gaps",
        chain(
            layer("Masking"),
            recurrent("GRU", 3, 3, return_sequences=True, name="one", **gru),
            recurrent("LSTM", 3, 3, name="two", return_sequences=True),
            dense(2, 3),
        ),
        gaps,
    )
    yield (
        "ids with padding",
        chain(
            embedded(),
            recurrent("LSTM", 3, 3, name="one", return_sequences=True),
            recurrent("LSTM", 3, 3, name="two"),
            dense(1, 3),
            shape=(None, None),
        ),
        ids,
    )
    yield (
        "a decoder behind a vector",
        chain(
            recurrent("LSTM", 3, 3, name="one"),
            layer("RepeatVector", {"n": 4}),
            recurrent("GRU", 3, 2, return_sequences=True, name="two", **gru),
        ),
        x,
    )
    yield (
        "both directions",
        chain(
            both_ways("LSTM", 3, 2, "concat", return_sequences=True),
            recurrent("LSTM", 4, 2, name="two"),
        ),
        x,
    )
    yield (
        "a convolution",
        chain(
            layer(
                "Conv1D",
                {"filters": 3, "kernel_size": 3, "padding": "same"},
                {"kernel": (3, 3, 3), "bias": (3,)},
            ),
            recurrent("LSTM", 3, 2),
        ),
        x,
    )


CASES = [pytest.param(model, x, id=name) for name, model, x in models()]


def by_hand(model, x, target, t, zeros_of_vectors=None):
    """The target's value with one timestep swapped for zeros, in a full run."""
    swapped = x.copy()
    if x.ndim == 1:  # the id's vector is zeros, whatever its mask
        table = model.graph.layers["embedding"].weights[0]
        own = table.value.copy()
        extra = np.vstack([own, np.zeros(own.shape[1])])
        other = layer(
            "Embedding",
            {"input_dim": 7, "output_dim": 3, "mask_zero": True},
            {"embeddings": extra.shape},
        )
        other.weights[0]._value = extra
        layers = {**model.graph.layers, "embedding": other}
        graph = Graph(
            layers, model.graph.nodes, model.graph.inputs, model.graph.outputs
        )
        swapped[t] = 6
        model = Model("other", "Functional", graph)
    else:
        swapped[t] = 0
    return target.value(model.run(swapped, dtype="float64"))


@pytest.mark.parametrize(("model", "x"), CASES)
def test_a_swap_from_stored_states_is_a_run_of_the_whole(model, x):
    trace = model.run(x, dtype="float64")
    asked = [default_target(model, trace)]
    for cell in trace.cells:
        asked += [
            parse_target(f"{cell.key}.{name}[1]@{t}", model)
            for name in cell.names[-1:]
            for t in (2, -1)
            if cell.timesteps > 3
        ]
    for target in asked:
        found = influence(model, x, target, trace=trace, dtype="float64")
        own = target.value(trace)
        fixed = replace(target, timestep=target.at(trace))
        for t in range(len(x)):
            padding = x.ndim == 1 and x[t] == 0
            change = 0 if padding else own - by_hand(model, x, fixed, t)
            assert found.by_timestep[t] == pytest.approx(change, abs=1e-12)
        assert found.value == own
        assert found.sum == pytest.approx(found.by_timestep.sum())


@pytest.fixture
def shapes(monkeypatch):
    """The shape `(batch, timesteps)` of each run of a model."""
    found = []
    run = Model.run

    def counted(self, x, **options):
        found.extend(value.shape[:2] for value in x.values())
        return run(self, x, **options)

    monkeypatch.setattr(Model, "run", counted)
    return found


def test_what_looks_back_alone_is_run_in_a_batch_that_grows(shapes):
    models_by_name = {name: (model, x) for name, model, x in models()}
    model, _ = models_by_name["two layers, one head"]
    x = np.random.default_rng(1).normal(size=(80, 3))
    trace = model.run({"input": x[None]})
    shapes.clear()
    influence(model, {"input": x}, trace=trace)
    assert shapes == [(1 + t, 10) for t in range(10, 81, 10)]
    shapes.clear()
    influence(model, {"input": x}, "one.c[0]@39", trace=trace)
    assert shapes == [(1 + t, 10) for t in range(10, 41, 10)]

    # the last one to begin leaves the rest of the sequence, as one stretch
    shapes.clear()
    feature_changes(model, {"input": x}, 15, trace=trace)
    assert shapes == [(4, 65)]

    model, _ = models_by_name["both directions"]
    trace = model.run({"input": x[None]})
    shapes.clear()
    influence(model, {"input": x}, trace=trace)
    assert {length for _, length in shapes} == {80}


def test_with_a_mask_blocks_are_run_from_stored_states(shapes):
    models_by_name = {name: (model, x) for name, model, x in models()}
    model, _ = models_by_name["a mask with gaps"]
    x = np.random.default_rng(1).normal(size=(80, 3))
    x[20] = 0
    trace = model.run({"input": x[None]})
    shapes.clear()
    influence(model, {"input": x}, trace=trace)
    # ten variants each, that of timestep 20 left out; each block begins with
    # the last timestep before its first variant's that is read
    starts = [80 - length for _, length in shapes]
    assert starts == [0, 9, 19, 30, 40, 50, 60, 70]


@pytest.mark.parametrize(("model", "x"), CASES)
def test_batches_of_any_size_give_the_same_swaps(model, x, monkeypatch):
    options = {"dtype": "float64"}
    whole = influence(model, x, **options)
    blocks = "rnn_tui.analysis.swap_blocks"
    for together, stretch in ((2, 1 << 24), (256, 1), (3, 2000)):
        monkeypatch.setattr(f"{blocks}.TOGETHER", together)
        monkeypatch.setattr(f"{blocks}.STRETCH", stretch)
        monkeypatch.setattr(f"{blocks}.LEAST", 2)
        parts = influence(model, x, **options)
        assert parts.by_timestep == pytest.approx(
            whole.by_timestep, rel=1e-10, abs=1e-14
        )


def test_a_swap_for_the_same_value_is_not_run(shapes):
    model, x = next((m, x) for name, m, x in models() if "every" in name)
    x = x.copy()
    x[[1, 4]] = 0
    trace = model.run({"input": x[None]})
    shapes.clear()
    found = influence(model, {"input": x}, trace=trace)
    assert np.flatnonzero(found.by_timestep == 0).tolist() == [1, 4]
    assert max(batch for batch, _ in shapes) == 1 + len(x) - 2
    shapes.clear()
    influence(model, {"input": x}, trace=trace, baseline=x)
    assert shapes == []


def test_timesteps_behind_the_target_have_no_influence():
    model, x = next((m, x) for name, m, x in models() if "every" in name)
    found = influence(model, x, "out[1]@4")
    assert (found.by_timestep[5:] == 0).all()
    assert (found.by_timestep[:5] != 0).all()


@pytest.mark.parametrize("baseline", ["zeros", "mean"])
@pytest.mark.parametrize(("model", "x"), CASES)
def test_integrated_gradients_add_up_to_the_change(model, x, baseline):
    found = influence(model, x, None, "ig", baseline, dtype="float64")
    if baseline == "zeros" and (x == 0).all(axis=-1).any() and x.ndim > 1:
        assert "a mask skips the baseline: the target jumps" in found.note
        return
    assert abs(found.residual) < 1e-9
    assert "not converged" not in found.note
    if x.ndim == 1:
        assert (found.by_timestep[x == 0] == 0).all()
        assert "3 timesteps of padding" in found.note


def test_a_sum_that_misses_by_more_than_a_hundredth_is_said_so():
    steep = chain(
        recurrent("SimpleRNN", 3, 3, activation="relu", return_sequences=True),
        recurrent("SimpleRNN", 3, 3, activation="relu", name="two"),
        layer("Rescaling", {"scale": 1.0, "offset": 0.0}),
    )
    bad = []
    for seed in range(12):
        x = np.random.default_rng(seed).normal(size=(12, 3))
        found = influence(steep, x, None, "ig", dtype="float64")
        change = found.sum - found.residual
        missed = abs(found.residual) > 0.01 * abs(change)
        bad.append(missed)
        assert ("not converged" in found.note) == missed
    assert any(bad)
    assert not all(bad)


@pytest.mark.parametrize(("model", "x"), CASES)
def test_a_row_of_the_map_is_the_gradient_of_its_target(model, x):
    trace = model.run(x, dtype="float64")
    cell = trace.cells[-1].key
    rows = [0, 2, trace.cells[-1].timesteps - 1]
    found = influence_map(model, x, f"{cell}.h[1]", rows=rows, trace=trace)
    assert found.values.shape == (3, len(x))
    for k, t in enumerate(rows):
        alone = influence(model, x, f"{cell}.h[1]@{t}", "gradient", trace=trace)
        assert found.values[k] == pytest.approx(alone.by_timestep, abs=1e-14)
    if x.ndim == 1:
        assert (found.values[:, x == 0] == 0).all()


def test_a_map_in_parts_is_the_same_map(monkeypatch):
    model, x = next((m, x) for name, m, x in models() if "every" in name)
    whole = influence_map(model, x, "out")
    monkeypatch.setattr("rnn_tui.analysis.influence.AT_ONCE", 1)
    told = []
    parts = influence_map(
        model, x, "out", progress=lambda done, total: told.append((done, total))
    )
    assert parts.values == pytest.approx(whole.values, rel=1e-5)
    assert told == [(k + 1, 9) for k in range(9)]
    assert np.triu(whole.values, 1).max() == 0
    assert whole.target == "out[0]"
    table = whole.table()
    assert len(table.rows) == 9
    assert len(table.rows[0]) == len(table.columns) == 10


def test_a_backward_reading_has_its_triangle_mirrored():
    model = chain(both_ways("GRU", 3, 2, "concat", return_sequences=True))
    x = np.random.default_rng(1).normal(size=(6, 3))
    ahead = influence_map(model, x, "both/backward.h")
    assert np.tril(ahead.values, -1).max() == 0
    assert np.diag(ahead.values).min() > 0


def test_several_inputs_are_each_by_its_name():
    entries = {
        "left": layer("InputLayer", {"batch_shape": (None, 5, 3)}, name="left"),
        "right": layer("InputLayer", {"batch_shape": (None, 4)}, name="right"),
    }
    rnn = recurrent("LSTM", 3, 3)
    join = layer("Concatenate", name="join")
    graph = Graph(
        {**entries, "rnn": rnn, "join": join, "out": dense(1, 7)},
        [
            Node("rnn", 0, (Ref("left"),)),
            Node("join", 0, ([Ref("rnn"), Ref("right")],)),
            Node("out", 0, (Ref("join"),)),
        ],
        [Ref("left"), Ref("right")],
        [Ref("out")],
    )
    model = Model("model", "Functional", graph)
    rng = np.random.default_rng(2)
    x = {"left": rng.normal(size=(5, 3)), "right": rng.normal(size=4)}
    for method in ("swap", "gradient", "ig"):
        every = influences(model, x, None, method, dtype="float64")
        assert list(every) == ["left", "right"]
        assert len(every["left"].by_timestep) == 5
        assert len(every["right"].by_timestep) == 1
        assert every["right"].by_timestep[0] != 0
    change = sum(found.sum for found in every.values())
    zeros = {name: np.zeros_like(value) for name, value in x.items()}
    ends = [
        model.run(fed, dtype="float64").outputs[0].item() for fed in (x, zeros)
    ]
    assert change == pytest.approx(ends[0] - ends[1])
    with pytest.raises(RnnTuiError, match="several inputs: name one of left"):
        influence(model, x)
    assert influence(model, x, of="right").input == "right"


def test_the_features_of_one_timestep():
    model, x = next((m, x) for name, m, x in models() if "two" in name)
    found = feature_changes(model, x, 3, dtype="float64")
    trace = model.run(x, dtype="float64")
    target = default_target(model, trace)
    for feature in range(3):
        moved = x.copy()
        moved[3, feature] = 0
        again = target.value(model.run(moved, dtype="float64"))
        assert found[feature] == pytest.approx(target.value(trace) - again)


# Baselines --------------------------------------------------------------------


def test_baselines_are_named_in_words():
    by_name = {name: (model, x) for name, model, x in models()}
    model, x = by_name["two layers, one head"]
    assert influence(model, x).baseline == "zeros"
    assert influence(model, x, baseline="mean").baseline == (
        "the mean over the sequence"
    )
    assert influence(model, x, baseline=x[::-1]).baseline == (
        "a sequence of your own"
    )
    model, x = by_name["ids with padding"]
    assert influence(model, x).baseline == "the vector of zeros"
    assert influence(model, x, baseline="mean").baseline == (
        "the mean of the sequence's vectors"
    )
    model, x = by_name["a mask with gaps"]
    assert "a timestep that a mask skips" in influence(model, x).note
    assert "skips" not in influence(model, x, baseline="mean").note


def test_a_number_and_one_timestep_are_baselines_of_every_timestep():
    by_name = {name: (model, x) for name, model, x in models()}
    model, x = by_name["two layers, one head"]
    for own, words in (
        (np.float32(0.25), "the number 0.25"),
        (x[3], "one timestep of your own"),
        (x[3:4], "one timestep of your own"),
    ):
        whole = np.broadcast_to(own, x.shape)
        wanted = influence(model, x, baseline=whole)
        found = influence(model, x, baseline=own)
        np.testing.assert_array_equal(found.by_timestep, wanted.by_timestep)
        assert found.baseline == words


def test_a_token_is_swapped_itself():
    model, x = next((m, x) for name, m, x in models() if "ids" in name)
    trace = model.run(x, dtype="float64")
    found = influence(
        model,
        x,
        baseline="token:word",
        vocabulary={"word": 3},
        trace=trace,
        dtype="float64",
    )
    target = default_target(model, trace)
    for t, own in enumerate(x):
        swapped = x.copy()
        swapped[t] = 3
        again = target.value(model.run(swapped, dtype="float64"))
        change = 0 if own == 0 else target.value(trace) - again
        assert found.by_timestep[t] == pytest.approx(change, abs=1e-12)


@pytest.mark.parametrize(
    ("name", "baseline", "message"),
    [
        ("two layers", "token:1", "reads numbers, not tokens"),
        ("two layers", "ones", "no baseline 'ones': it is zeros, mean"),
        ("two layers", np.ones((4, 3)), r"has the shape \(4, 3\)"),
        ("ids", "token:tree", "no token 'tree'"),
        ("ids", "token:9", "knows the ids 0 to 5; 9 is none"),
    ],
)
def test_a_baseline_that_does_not_fit_is_told(name, baseline, message):
    model, x = next((m, x) for n, m, x in models() if n.startswith(name))
    with pytest.raises(RnnTuiError, match=message):
        influence(model, x, baseline=baseline)


def test_there_is_no_way_from_one_id_to_another():
    model, x = next((m, x) for name, m, x in models() if "ids" in name)
    with pytest.raises(RnnTuiError, match="no way from one id"):
        influence(model, x, None, "ig", "token:3")


def test_a_batch_and_an_unknown_method_are_told():
    model, x = next((m, x) for name, m, x in models() if "two" in name)
    with pytest.raises(RnnTuiError, match="one sequence, not of a batch"):
        influence(model, np.stack([x, x]))
    with pytest.raises(RnnTuiError, match="no method 'shap': the methods are"):
        influence(model, x, None, "shap")


def test_swapping_works_through_a_layer_without_a_gradient():
    rounded = class_for("ops.Round")("rounded", "Round", {"decimals": 1})
    model = chain(rounded, recurrent("LSTM", 3, 2))
    x = np.random.default_rng(1).normal(size=(6, 3))
    with pytest.raises(NotThroughError, match="swap passes"):
        influence(model, x, None, "gradient")
    trace = model.run(x, dtype="float64")
    target = default_target(model, trace)
    found = influence(model, x, dtype="float64")
    for t in range(6):
        assert found.value - found.by_timestep[t] == pytest.approx(
            by_hand(model, x, target, t)
        )


def test_cells_that_start_from_a_users_state():
    model, x = next((m, x) for name, m, x in models() if "two" in name)
    own = {"one/h": np.full(4, 0.5), "one/c": np.full(4, -0.5)}
    trace = model.run(x, dtype="float64", initial_state=own)
    target = parse_target("two.h[1]", model)
    found = influence(model, x, target, dtype="float64", initial_state=own)
    for t in range(9):
        swapped = x.copy()
        swapped[t] = 0
        again = model.run(swapped, dtype="float64", initial_state=own)
        assert found.by_timestep[t] == pytest.approx(
            target.value(trace) - target.value(again), abs=1e-12
        )


def test_a_table_has_a_row_for_each_timestep():
    model, x = next((m, x) for name, m, x in models() if "two" in name)
    table = influence(model, x).table()
    assert list(table.columns) == ["timestep", "swap"]
    assert len(table.rows) == 9
    table = influence(model, x, None, "gradient").table()
    assert list(table.columns)[2:] == ["feature 0", "feature 1", "feature 2"]
    assert {len(row) for row in table.rows} == {5}


def test_a_run_that_is_cancelled_stops():
    from rnn_tui.errors import RunCancelledError

    model, x = next((m, x) for name, m, x in models() if "two" in name)
    with pytest.raises(RunCancelledError):
        influence(model, x, trace=model.run(x), cancelled=lambda: True)
    with pytest.raises(RunCancelledError):
        influence_map(
            model, x, "one.h", trace=model.run(x), cancelled=lambda: True
        )


@pytest.mark.parametrize(
    "name", ["keras__plain", "keras__nested", "tf_keras__nested"]
)
def test_the_words_of_a_text_have_an_influence(name):
    texts = Path(__file__).parents[1] / "data" / "texts"
    model = open_model(texts / f"{name}.keras").model
    trace = model.run("the cat sat on the mat", dtype="float64")
    for method in ("swap", "gradient", "ig"):
        found = influence(
            model, trace.inputs, None, method, trace=trace, dtype="float64"
        )
        assert (found.by_timestep != 0).all()
    assert abs(found.residual) < 1e-9


def test_a_unit_that_is_a_picture_is_its_mean():
    rnn = conv_lstm(1, padding="same", return_sequences=True)
    model = chain(rnn, shape=(None, None, *SIDES[1], CHANNELS))
    x = np.random.default_rng(1).normal(size=(1, 4, *SIDES[1], CHANNELS))
    for name in ("h", "c", "f", "pre_o"):
        target = parse_target(f"rnn.{name}[1]@2", model)

        def value(moved, name=name):
            cell = model.run(moved, dtype="float64").cells[0]
            return float(cell.read(name)[0, 2, :, 1].mean())

        trace = model.run(x, dtype="float64")
        assert target.value(trace) == pytest.approx(value(x), rel=1e-9)
        found = influence(model, x, target, "gradient", trace=trace)
        wanted = differences(value, x)[0].reshape(4, -1)
        assert found.values == pytest.approx(wanted, rel=1e-6, abs=1e-9)
        assert found.note.endswith(
            "the target is the mean over the unit's picture"
        )
        ig = influence(model, x, target, "ig", dtype="float64")
        assert abs(ig.residual) < 1e-6
        assert ig.note.endswith(
            "the target is the mean over the unit's picture"
        )
    every = influence_map(model, x, "rnn.c[0]", dtype="float64")
    assert every.values.shape == (4, 4)
    assert every.note.endswith("the target is the mean over the unit's picture")
