"""The direct share of each unit in an output."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
from sample_runs import sample_run

from rnn_tui.analysis.direct_share import direct_share
from rnn_tui.analysis.target import default_target, parse_target

sys.path.insert(0, str(Path(__file__).parents[1] / "engine"))
from gradient_models import both_ways, chain, layer


def shares(name: str, target: str | None = None, cell: int = 0):
    trace = sample_run(name)
    model = trace.model.model
    asked = (
        default_target(model, trace)
        if target is None
        else parse_target(target, model)
    )
    return trace, asked, direct_share(trace, trace.cells[cell], asked)


@pytest.mark.parametrize(
    ("name", "target"),
    [
        ("brackets", None),
        ("counter", "open[0]@3"),
        ("char-lstm", None),
        ("char-lstm", "next.logit[7]@0"),
        ("lstm-32-tagger", None),
        ("conv-lstm-video", None),
        ("sine-gru", "next[0]@-2"),
    ],
)
def test_the_shares_and_the_bias_are_the_output(
    name: str, target: str | None
) -> None:
    trace, asked, found = shares(name, target)

    assert found.value == pytest.approx(asked.value(trace), rel=1e-12)
    assert found.rest == 0


def test_a_share_is_h_times_its_weight() -> None:
    trace, _, found = shares("counter", "open[0]@5")

    kernel, bias = (
        weight.value
        for weight in trace.model.model.graph.layers["open"].weights
    )
    assert found.values == pytest.approx(trace["lstm"].h[5] * kernel[:, 0])
    assert found.bias == float(bias[0])
    assert found.target == "open[0]@5"


def test_of_an_output_with_an_activation_the_shares_are_of_its_logit() -> None:
    trace, _, found = shares("char-lstm", "next[3]@4")

    assert found.target == "next.logit[3]@4"
    logit = parse_target("next.logit[3]@4", trace.model.model)
    assert found.value == pytest.approx(logit.value(trace), rel=1e-12)


@pytest.mark.parametrize("whole", [True, False])
def test_of_two_directions_each_has_its_own_columns(whole: bool) -> None:
    both = both_ways("GRU", 3, 2, "concat", return_sequences=whole)
    dropout = layer("Dropout", {"rate": 0.5})
    arrays = {"kernel": (4, 5), "bias": (5,)}
    config = {"units": 5, "activation": "softmax"}
    model = chain(both, dropout, layer("Dense", config, arrays, name="head"))
    x = np.random.default_rng(0).standard_normal((6, 3))
    trace = model.run(x, dtype="float64")
    target = parse_target("head.logit[3]", model)

    forward, backward = (
        direct_share(trace, cell, target) for cell in trace.cells
    )

    # the backward direction has read the first timestep last
    row = 5 if whole else 0
    h = trace.cells[1].read("h")[0, row]
    kernel = trace_weights(model)["kernel"]
    assert backward.values == pytest.approx(h * kernel[2:, 3])
    assert forward.rest == pytest.approx(backward.values.sum())
    value = pytest.approx(target.value(trace), rel=1e-12)
    assert forward.value == value
    assert backward.value == value


@pytest.mark.parametrize("merge", ["sum", "mul"])
def test_of_merged_directions_there_is_no_share(merge: str) -> None:
    arrays = {"kernel": (2, 1), "bias": (1,)}
    both = both_ways("LSTM", 3, 2, merge, return_sequences=True)
    model = chain(both, layer("Dense", {"units": 1}, arrays, name="head"))
    trace = model.run(np.zeros((4, 3)), dtype="float64")

    target = parse_target("head[0]", model)

    assert direct_share(trace, trace.cells[0], target) is None


def trace_weights(model) -> dict[str, np.ndarray]:
    head = model.graph.layers["head"]
    return {weight.name: weight.value for weight in head.weights}


def test_a_target_that_no_dense_layer_reads_off_has_no_shares() -> None:
    assert shares("bilstm-4")[2] is None
    assert shares("counter", "lstm.c[2]@3")[2] is None
    assert shares("char-lstm", "next.margin[3]")[2] is None


def test_the_table_has_a_row_for_each_unit() -> None:
    _, _, found = shares("counter")

    table = found.table()

    assert [row[2] for row in table.rows] == [0, 1, 2, 3]
    assert np.isclose(
        sum(row[3] for row in table.rows) + found.bias, found.value
    )
