"""Holding inserts timesteps: each timestep is compared with its own, later
one.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from rnn_tui import open_model
from rnn_tui.analysis.changes import Hold
from rnn_tui.analysis.compare import compare_traces
from rnn_tui.analysis.timeline import NONE, Timeline
from rnn_tui.analysis.what_if import Baseline, what_if
from rnn_tui.engine.trace.downsampled import zoomed_out
from rnn_tui.samples import find_sample
from rnn_tui.sequences import parse_sequence
from rnn_tui.sequences.tokens import load_vocabulary

sys.path.insert(0, str(Path(__file__).parents[1] / "engine"))
from gradient_models import both_ways, chain, layer, recurrent

HOLDS = (Hold(7, 1), Hold(1, 3), Hold(4, 2))


def by_hand(timesteps, holds, reverse):
    """The timesteps of the run with holds as the ones that they were, the
    further readings None.
    """
    times = dict(holds)
    read = []
    for t in range(timesteps):
        more = [None] * (times.get(t, 1) - 1)
        read += [*more, t] if reverse else [t, *more]
    return read


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("holds", [(), HOLDS, (Hold(0, 2), Hold(8, 3))])
def test_each_timestep_is_where_it_was_read_first(holds, reverse):
    timeline = Timeline(9, holds)
    read = by_hand(9, holds, reverse)
    assert timeline.timesteps_after == len(read)
    assert timeline.places(reverse).tolist() == [
        read.index(t) for t in range(9)
    ]
    origins = timeline.origins(reverse).tolist()
    assert origins == [NONE if t is None else t for t in read]


def test_the_shifts_are_said_in_one_line():
    timeline = Timeline(9, HOLDS)
    assert timeline.shifts == ((2, 2), (5, 3))
    assert timeline.words == (
        "each timestep is compared with its own, which comes from t 2 on 2 "
        "later, from t 5 on 3 later"
    )
    assert not Timeline(9, (Hold(3, 1),)).moves
    assert Timeline(9, (Hold(3, 1),)).words == ""


def sample(name):
    found = find_sample(name)
    model = open_model(found.path).model
    words = load_vocabulary(str(found.vocab)) if found.vocab else None
    parsed = parse_sequence(found.input, model.inputs, vocab=words)
    return Baseline(model, parsed.arrays, model.inputs, words)


def built(*layers, timesteps=9):
    model = chain(*layers)
    x = np.random.default_rng(3).normal(size=(1, timesteps, 3))
    return Baseline(model, {"input": x}, model.inputs)


def runs(baseline, holds):
    found = what_if(list(holds), baseline)
    before = found.reference.run(baseline.arrays, dtype="float64")
    after = found.model.run(found.arrays, dtype="float64")
    return found, before, after


@pytest.mark.parametrize(
    "baseline",
    [
        lambda: sample("brackets"),
        lambda: built(
            recurrent("GRU", 3, 4, return_sequences=True),
            layer("Dense", {"units": 2}, {"kernel": (4, 2)}),
        ),
        lambda: built(both_ways("LSTM", 3, 2, "concat", return_sequences=True)),
        lambda: built(recurrent("LSTM", 3, 2, go_backwards=True)),
    ],
)
def test_the_differences_are_those_of_the_same_timesteps(baseline):
    baseline = baseline()
    found, before, after = runs(baseline, HOLDS)
    assert found.holds == tuple(sorted(HOLDS))
    comparison = compare_traces(before, after, holds=found.holds)
    rows = {(one.layer, one.quantity): one for one in comparison.quantities}
    others = {cell.key: cell for cell in after.cells}
    for cell in before.cells:
        read = by_hand(cell.timesteps, HOLDS, cell.reverse)
        for name in cell.names:
            one = cell.read(name)
            other = others[cell.key].read(name)
            apart = np.stack(
                [
                    np.abs(other[:, read.index(t)] - one[:, t])
                    for t in range(cell.timesteps)
                ],
                axis=1,
            )
            row = rows[cell.key, name]
            assert row.largest == apart.max()
            differs = [t for t in range(cell.timesteps) if apart[:, t].any()]
            assert row.first == min(differs, default=None)
            if cell.reverse:
                # what was read before the held timestep is as it was
                assert not apart[:, 5:].any()
            else:
                assert not apart[:, :2].any()


def test_what_holding_doesn_t_change_is_equal_to_the_last_bit():
    """A timestep that is masked is skipped, however often it is held."""
    baseline = sample("lstm-masked")
    (cell,) = baseline.model.run(baseline.arrays).cells
    masked = int(np.flatnonzero(~cell.mask[0])[0])
    found, before, after = runs(baseline, [Hold(masked, 5)])
    comparison = compare_traces(before, after, holds=found.holds)
    of_states = [
        one for one in comparison.quantities if one.quantity in ("h", "c")
    ]
    assert of_states
    assert all(one.first is None for one in of_states)
    # timestep by timestep as they come, they are not the same
    unshifted = compare_traces(before, after)
    assert any(one.first is not None for one in unshifted.quantities)


def test_a_difference_is_found_where_it_is_shown():
    baseline = sample("brackets")
    found, before, after = runs(baseline, [Hold(4, 6)])
    comparison = compare_traces(before, after, holds=found.holds)
    assert comparison.timesteps == (22, 27)
    assert comparison.first == 5
    assert comparison.first_after == 10
    assert comparison.how == (
        "each timestep is compared with its own, which comes from t 5 on 5 "
        "later"
    )


def test_rows_that_are_no_timesteps_of_the_input_are_not_compared():
    baseline = built(
        recurrent("LSTM", 3, 4, return_sequences=True),
        layer("MaxPooling1D", {"pool_size": 2}, name="pool"),
        timesteps=8,
    )
    found, before, after = runs(baseline, [Hold(2, 3)])
    comparison = compare_traces(before, after, holds=found.holds)
    layers = {one.layer for one in comparison.quantities}
    assert "rnn" in layers
    assert "pool" not in layers

    backwards = recurrent(
        "LSTM", 3, 4, go_backwards=True, return_sequences=True
    )
    dense = layer("Dense", {"units": 2}, {"kernel": (4, 2)}, name="dense")
    found, before, after = runs(built(backwards, dense), [Hold(2, 3)])
    comparison = compare_traces(before, after, holds=found.holds)
    of_outputs = [
        one.layer for one in comparison.quantities if one.quantity == "output"
    ]
    assert of_outputs == []
    assert comparison.first == 0


def test_a_cell_on_the_timeline_of_the_run_with_holds():
    baseline = built(recurrent("GRU", 3, 4, return_sequences=True))
    _, before, after = runs(baseline, HOLDS)
    cell = before.cells[0]
    timeline = Timeline(9, HOLDS)
    placed = timeline.with_held(cell)
    assert placed.timesteps == after.cells[0].timesteps == 12
    h = cell.read("h")
    read = by_hand(9, HOLDS, reverse=False)
    for start, stop in ((0, 12), (2, 4), (3, 3), (1, 9), (11, 12)):
        found = placed.read("h", start, stop)
        assert found.shape == (1, stop - start, 4)
        for k, t in enumerate(read[start:stop]):
            if t is None:
                assert np.isnan(found[:, k]).all()
            else:
                np.testing.assert_array_equal(found[:, k], h[:, t])


def test_zoomed_out_only_what_holds_further_readings_is_unknown():
    baseline = built(
        recurrent("GRU", 3, 4, return_sequences=True), timesteps=40
    )
    cell = baseline.model.run(baseline.arrays).cells[0]
    placed = Timeline(40, (Hold(9, 11),)).with_held(cell)
    shown = zoomed_out(placed, 10).read("h")  # 50 timesteps, 5 in each column
    unknown = np.isnan(shown[0]).all(axis=-1).tolist()
    assert unknown == [False] * 2 + [True] * 2 + [False] * 6
    plain = zoomed_out(cell, 8).read("h")
    np.testing.assert_array_equal(shown[:, :2], plain[:, :2])
    np.testing.assert_array_equal(shown[:, 4:], plain[:, 2:])
