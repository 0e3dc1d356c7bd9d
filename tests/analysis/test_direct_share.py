"""The direct share of each unit in an output."""

from __future__ import annotations

import numpy as np
import pytest
from sample_runs import sample_run

from rnn_tui.analysis.direct_share import direct_share
from rnn_tui.analysis.target import default_target, parse_target


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
