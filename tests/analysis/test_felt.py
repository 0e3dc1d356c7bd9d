"""What a target feels of earlier inputs."""

from __future__ import annotations

import numpy as np
import pytest
from sample_runs import sample_run

from rnn_tui.analysis.felt import FeltByLag, input_norms
from rnn_tui.analysis.target import default_target, parse_target


def felt(name: str, target: str | None = None, cell: int = 0) -> FeltByLag:
    trace = sample_run(name)
    model = trace.model.model
    if target is None:
        asked = default_target(model, trace)
    else:
        asked = parse_target(target, model)

    found = input_norms(model, trace, asked).by_lag(trace.cells[cell])
    assert found is not None
    return found


def test_the_bracket_counter_feels_every_bracket_alike() -> None:
    found = felt("brackets")

    # lags 21, 20, 2, 1, 0: timesteps 0, 1, 19, 20, 21
    assert found.values[[21, 20, 2, 1, 0]] == pytest.approx(
        [0.80195018, 0.94065251, 1.06130157, 0.91632761, 1.01611507], abs=1e-8
    )
    assert found.reach == 21
    assert found.by == "characters"


def test_of_one_feature_it_is_the_size_of_the_closed_form() -> None:
    found = felt("simplernn-1", "simple_rnn.h[0]@11")

    golden = [-0.01050377, 0.07348702, -0.15659475, 0.25556374, -0.3678864]
    assert found.values[::-1][:5] == pytest.approx(np.abs(golden), abs=1e-7)


def test_it_is_the_change_of_the_target_per_change_of_the_input() -> None:
    trace = sample_run("sine-gru")
    model = trace.model.model
    target = parse_target("next[0]@20", model)
    x = np.array(trace.inputs["signal"][0])
    found = input_norms(model, trace, target).by_lag(trace.cells[0])

    for lag in (0, 1, 5):
        changed = []
        for step in (1e-5, -1e-5):
            other = x.copy()
            other[20 - lag, 0] += step
            changed.append(target.value(model.run(other, dtype="float64")))

        slope = (changed[0] - changed[1]) / 2e-5
        assert found.values[lag] == pytest.approx(abs(slope), rel=1e-6)

    assert len(found.values) == 21


def test_a_skipped_timestep_is_not_felt() -> None:
    found = felt("lstm-masked")

    # 3 1 0 0 4 2 0 5: read from the end
    assert (found.values == 0).tolist() == [
        False,
        True,
        False,
        False,
        True,
        True,
        False,
        False,
    ]


def test_a_backward_direction_counts_its_lags_from_the_first_timestep() -> None:
    trace = sample_run("bilstm-4")
    model = trace.model.model
    target = parse_target("bidirectional/backward.h[1]@0", model)

    norms = input_norms(model, trace, target)
    forward, backward = (norms.by_lag(cell) for cell in trace.cells)

    assert len(backward.values) == 5
    assert backward.values[0] == norms.norms["input"][0]
    assert len(forward.values) == 1


def test_what_feels_nothing_says_so() -> None:
    nothing = FeltByLag("open[0]", np.zeros(4))

    assert nothing.reach is None
    assert nothing.note == "open[0] feels no input"
