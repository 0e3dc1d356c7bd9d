"""The statistics of each unit: its spread, what it goes together with, how a
token changes it, and the principal components of the state.
"""

from __future__ import annotations

import numpy as np
import pytest
from sample_runs import alice_run, depth_of, given_cell, sample_run

from rnn_tui.analysis.components import component_series
from rnn_tui.analysis.moments import Moments
from rnn_tui.analysis.series import MOST, Series, Tokens, beside, frequent
from rnn_tui.analysis.units import unit_statistics


def analysed(name: str, token=str, columns=None):
    trace = sample_run(name)
    found = beside(
        trace.model.model,
        trace,
        trace.cells[0],
        columns=columns(trace) if columns else None,
        token=token,
    )
    return trace, unit_statistics(trace.cells[0], found.series, found.tokens)


def test_the_units_that_follow_the_depth() -> None:
    _, found = analysed("brackets", columns=lambda t: {"depth": depth_of(t)})

    r = found.states["c"].correlation["depth"]

    assert r[[0, 2, 7]] == pytest.approx(
        [0.971666, 0.955067, 0.965911], abs=1e-6
    )
    assert found.main == "c"
    assert found.chance == pytest.approx(2 / 22**0.5)


def test_every_number_is_that_of_numpy_on_the_whole_arrays() -> None:
    trace, found = analysed("char-lstm")
    ids = np.asarray(trace.inputs["letters"][0], int)
    for state in ("h", "c"):
        values = trace["lstm"][state]
        one = found.states[state]
        assert one.std == pytest.approx(values.std(axis=0), rel=1e-9)
        np.testing.assert_array_equal(one.peak, abs(values).argmax(axis=0))
        output = trace.output[:, 3]
        for unit in (0, 17, 63):
            assert one.correlation["next[3]"][unit] == pytest.approx(
                np.corrcoef(values[:, unit], output)[0, 1], abs=1e-12
            )
            assert one.correlation["t"][unit] == pytest.approx(
                np.corrcoef(values[:, unit], np.arange(len(ids)))[0, 1],
                abs=1e-12,
            )
        change = np.diff(values, axis=0, prepend=np.zeros((1, 64)))
        for token in np.unique(ids):
            assert one.change[str(token)] == pytest.approx(
                change[ids == token].mean(axis=0), abs=1e-12
            )
            assert found.counts[str(token)] == (ids == token).sum()

        covariance = np.cov(values.T, bias=True)
        variances = np.linalg.eigvalsh(covariance)[::-1]
        pcs = one.components
        assert pcs.effective_dimension == pytest.approx(
            variances.sum() ** 2 / (variances**2).sum()
        )
        assert pcs.share == pytest.approx(variances[:3] / variances.sum())
        series = component_series(trace.cells[0], state, pcs)
        assert series.var(axis=0) == pytest.approx(variances[:3])
        assert one.component_correlation["t"][0] == pytest.approx(
            np.corrcoef(series[:, 0], np.arange(len(ids)))[0, 1], abs=1e-9
        )


def test_a_direction_of_the_state_counts_where_no_unit_does() -> None:
    _, found = analysed("brackets", columns=lambda t: {"depth": depth_of(t)})

    h = found.states["h"]

    assert abs(h.component_correlation["depth"][0]) > np.nanmax(
        abs(h.correlation["depth"])
    )
    assert h.components.effective_dimension == pytest.approx(1.7, abs=0.05)
    assert "moves in 1.9 of 16 dimensions" in found.dimension_note


def test_the_reader_of_alice_uses_many_dimensions_and_marks_spaces_in_some() -> (
    None
):
    trace, letters = alice_run()
    cell = trace.cells[0]
    found = beside(trace.model.model, trace, cell, token=lambda k: letters[k])

    units = unit_statistics(cell, found.series, found.tokens)

    of_space = units.states["h"].correlation[" "]
    assert of_space[[31, 47, 39, 52, 24]] == pytest.approx(
        [0.631, -0.621, 0.604, -0.564, 0.564], abs=5e-4
    )
    for state, dimension in (("h", 16.6), ("c", 11.1)):
        pcs = units.states[state].components
        assert pcs.effective_dimension == pytest.approx(dimension, abs=0.05)


def test_one_unit_of_the_counter_follows_the_depth_and_its_tokens() -> None:
    _, found = analysed(
        "counter",
        token=lambda k: "()x"[k],
        columns=lambda t: {"depth": depth_of(t)},
    )
    c = found.states["c"]

    assert int(np.argmax(abs(c.correlation["depth"]))) == 3
    assert c.correlation["depth"][3] < -0.97
    assert c.change["("][3] < -0.7 < 0.5 < c.change[")"][3]
    assert found.counts == {"(": 6, ")": 6, "x": 10}
    assert "few, so r is rough: “(” 6, “)” 6 timesteps" in found.note


def test_skipped_timesteps_are_left_out_of_every_number() -> None:
    rng = np.random.default_rng(0)
    h = rng.standard_normal((30, 2))
    read = rng.random(30) > 0.4
    held = h.copy()
    for t in range(30):
        if not read[t]:
            held[t] = held[t - 1] if t else 0
    series = Series({"noise": rng.standard_normal(30)})
    ids = rng.integers(0, 2, 30)
    tokens = Tokens(ids, np.array([0, 1]), ("a", "b"))
    masked = unit_statistics(
        given_cell({"h": held}, kind="simple_rnn", mask=read), series, tokens
    )
    kept = unit_statistics(
        given_cell({"h": h[read]}, kind="simple_rnn"),
        Series({"noise": series.values["noise"][read]}),
        Tokens(ids[read], tokens.shown, tokens.names),
    )

    assert masked.timesteps == kept.timesteps == read.sum()
    assert masked.counts == kept.counts
    for key in ("std", "peak"):
        ours, theirs = (
            getattr(masked.states["h"], key),
            getattr(kept.states["h"], key),
        )
        if key == "peak":
            theirs = np.flatnonzero(read)[theirs]
        np.testing.assert_allclose(ours, theirs)
    for name in ("noise", "a"):
        np.testing.assert_allclose(
            masked.states["h"].correlation[name],
            kept.states["h"].correlation[name],
        )
    np.testing.assert_allclose(
        masked.states["h"].change["b"], kept.states["h"].change["b"]
    )


def test_the_change_of_a_backward_direction_is_against_the_timestep_read_before() -> (
    None
):
    backward = sample_run("bilstm-4").cells[1]
    ids = np.array([0, 1, 0, 1, 1])
    tokens = Tokens(ids, np.array([0]), ("a",))

    found = unit_statistics(backward, tokens=tokens)

    c = backward.read("c")[0]
    change = [c[0] - c[1], c[2] - c[3]]
    assert found.states["c"].change["a"] == pytest.approx(
        np.mean(change, axis=0), abs=1e-15
    )


def test_a_constant_goes_with_nothing() -> None:
    h = np.full((40, 2), 0.1, np.float32)
    h[:, 1] = np.arange(40)
    series = Series({"flat": np.full(40, 7.0), "t": np.arange(40)})

    found = unit_statistics(
        given_cell({"h": h}, kind="simple_rnn"), series
    ).states["h"]

    assert found.std[0] == 0
    assert np.isnan(found.correlation["t"][0])
    assert np.isnan(found.correlation["flat"]).all()
    assert found.correlation["t"][1] == pytest.approx(1)
    assert found.components.effective_dimension == pytest.approx(1)


def test_a_state_that_never_varies_has_no_dimension() -> None:
    found = unit_statistics(
        given_cell({"h": np.zeros((20, 3))}, kind="simple_rnn")
    )

    assert np.isnan(found.states["h"].components.effective_dimension)
    assert found.dimension_note == "h doesn't vary"


def test_nan_is_shown_as_nan_and_not_raised() -> None:
    h = np.ones((20, 2))
    h[3] = np.nan

    found = unit_statistics(
        given_cell({"h": h}, kind="simple_rnn"), Series({"t": np.arange(20)})
    )

    assert np.isnan(found.states["h"].std).all()
    assert np.isnan(found.states["h"].components.effective_dimension)


def test_few_timesteps_are_said_to_be_too_few() -> None:
    _, found = analysed("gru-reset-before")

    assert found.note == "too few: a correlation over 6 timesteps says nothing"


def test_ids_and_one_hot_rows_are_tokens_and_numbers_are_features() -> None:
    ids = beside(*of("char-lstm"))
    onehot = beside(*of("counter"))
    numbers = beside(*of("bilstm-4"))

    assert ids.tokens is not None
    assert len(ids.tokens.names) == 14
    assert onehot.tokens is not None
    assert onehot.tokens.names == ("0", "1", "2")
    assert numbers.tokens is None
    assert numbers.series.names == ("t", "input[0]", "input[1]")
    # the output of a layer that returns its last timestep is no series
    assert "open[0]" in onehot.series.names


def of(name: str):
    trace = sample_run(name)
    return trace.model.model, trace, trace.cells[0]


def test_of_many_tokens_the_most_frequent_are_compared() -> None:
    ids = np.concatenate([np.arange(100), np.arange(40, 100)])

    found = frequent(ids)

    assert len(found.names) == MOST
    assert set(range(40, 100)) <= set(found.shown.tolist())
    # only those that are compared have a column
    assert found.at(np.array([30, 99, 45])).sum(axis=1).tolist() == [0, 1, 1]


def test_moments_added_up_in_parts_are_those_of_the_whole() -> None:
    rows = np.random.default_rng(1).standard_normal((1000, 4)) + 1e6
    parts = Moments(4)
    for part in np.array_split(rows, 7):
        parts.add(part)

    assert parts.mean == pytest.approx(rows.mean(axis=0), rel=1e-14)
    assert parts.std() == pytest.approx(rows.std(axis=0), rel=1e-9)
    both = slice(0, 2), slice(2, 4)
    assert parts.correlation(*both) == pytest.approx(
        np.corrcoef(rows.T)[:2, 2:], abs=1e-9
    )


def test_the_table_names_its_series() -> None:
    _, found = analysed("counter", columns=lambda t: {"depth": depth_of(t)})

    table = found.table()

    assert table.columns[:5] == ["layer", "state", "unit", "std", "peak"]
    assert "r(depth)" in table.columns
    assert "change(0)" in table.columns
    assert len(table.rows) == 4
