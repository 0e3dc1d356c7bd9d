"""What if: changes of the input, the states and the units of a model, and what
they did.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rnn_tui import open_model
from rnn_tui.analysis.changes import (
    Change,
    Clamp,
    Hold,
    Off,
    SetValue,
    StartFrom,
    parse_clamp,
    parse_hold,
    parse_off,
    parse_set,
)
from rnn_tui.analysis.compare import Comparison, compare_traces
from rnn_tui.analysis.edited_cells import mean_over_time
from rnn_tui.analysis.edited_input import MOST_VALUES, EditedInput
from rnn_tui.analysis.what_if import Baseline, WhatIf, what_if
from rnn_tui.engine.model import InputInfo
from rnn_tui.errors import EditError
from rnn_tui.samples import find_sample
from rnn_tui.sequences import parse_sequence, signals
from rnn_tui.sequences.tokens import load_vocabulary

SAMPLES = Path(__file__).parents[2] / "sample_models"


def baseline_of(name: str, text: str | None = None) -> Baseline:
    """A sample and its own sequence, or another one."""
    sample = find_sample(name)
    assert sample is not None
    model = open_model(sample.path).model
    words = load_vocabulary(str(sample.vocab)) if sample.vocab else None
    parsed = parse_sequence(text or sample.input, model.inputs, vocab=words)
    return Baseline(model, parsed.arrays, model.inputs, words)


def both(
    changes: list[Change], baseline: Baseline, dtype: str = "float64"
) -> tuple[WhatIf, Any, Any]:
    """What is run for changes, the run without them, the run with them."""
    found = what_if(changes, baseline)
    before = found.reference.run(
        baseline.arrays, dtype=dtype, initial_state=baseline.states
    )
    after = found.model.run(
        found.arrays, dtype=dtype, initial_state=found.states
    )
    return found, before, after


def compared(changes: list[Change], baseline: Baseline) -> Comparison:
    _, before, after = both(changes, baseline)
    return compare_traces(before, after, baseline.model.output_names)


def test_another_token_changes_the_outputs_from_there_on() -> None:
    baseline = baseline_of("brackets")
    found, before, after = both([parse_set("t=1:x")], baseline)
    assert found.words == ("t=1 is 'x' instead of '('",)
    y, was = after.output[:, 0], before.output[:, 0]
    assert (y[1], y[21]) == pytest.approx((-0.002112, -0.475812), abs=5e-7)
    assert (was[1], was[21]) == pytest.approx((0.927633, 0.082768), abs=5e-7)
    comparison = compare_traces(before, after, ("open",))
    assert comparison.first == 1
    (change,) = comparison.outputs
    assert change.name == "open"
    assert change.last() == (
        [pytest.approx(was[21])],
        [pytest.approx(y[21])],
    )


def test_a_unit_that_is_off_is_the_measured_run() -> None:
    baseline = baseline_of("brackets")
    found, before, after = both([parse_off("lstm:2")], baseline)
    np.testing.assert_allclose(
        after.output[-4:, 0],
        [-0.34152321, 0.43716341, 0.33717178, -0.3165681],
        atol=5e-9,
    )
    assert found.words == ("unit 2 of lstm is off: h is zero",)
    assert compare_traces(before, after).first == 0


def test_a_held_timestep_drifts_to_the_one_stable_point() -> None:
    """The model counts by a leaky line: it forgets a count that nothing
    refreshes.
    """
    deep = "(()(((()"
    baseline = baseline_of("brackets", f"text: {deep}x")
    found, _, after = both([parse_hold("t=-1:1000")], baseline)
    y = after.output[:, 0]
    assert len(y) == len(deep) + 1000
    at = len(deep) - 1
    drift = [float(y[at + steps]) for steps in (0, 10, 50, 200, 1000)]
    assert drift[:3] == pytest.approx([4.02, 3.83, 2.54], abs=5e-3)
    assert drift[3:] == pytest.approx([0.096, 0.0149], abs=5e-4)
    assert found.words == ("t=8 is held: it is read 1,000 times",)


def test_a_held_timestep_is_the_sequence_typed_out() -> None:
    baseline = baseline_of("brackets", "text: (x)(")
    typed = baseline_of("brackets", "text: (xxx)((((")
    found, _, after = both([Hold(1, 3), Hold(-1, 4)], baseline)
    np.testing.assert_array_equal(
        next(iter(found.arrays.values())),
        next(iter(typed.arrays.values())),
    )
    run_typed = typed.model.run(typed.arrays, dtype="float64")
    np.testing.assert_allclose(after.output, run_typed.output, atol=1e-12)


def test_timesteps_before_a_held_one_keep_every_bit() -> None:
    comparison = compared([Hold(7, 30)], baseline_of("brackets"))
    assert comparison.timesteps == (22, 51)
    of_cells = [
        one for one in comparison.quantities if one.quantity != "output"
    ]
    assert min(one.first or 99 for one in of_cells) >= 8


def test_a_unit_at_its_mean_is_clamped_to_the_mean_of_the_run() -> None:
    baseline = baseline_of("brackets")
    trace = baseline.model.run(baseline.arrays)
    mean = float(trace["lstm"].h[:, 2].astype("f8").mean())
    off, _, after = both([Off("lstm", 2, "mean")], baseline, "float32")
    _, _, clamped = both([Clamp("lstm", "h", 2, mean)], baseline, "float32")
    np.testing.assert_array_equal(after.output, clamped.output)
    assert off.words[0].endswith(f"{mean:.6g}")


def test_a_mean_leaves_out_the_timesteps_that_were_skipped() -> None:
    baseline = baseline_of("lstm-masked")
    trace = baseline.model.run(baseline.arrays)
    (cell,) = trace.cells
    assert cell.mask is not None
    h = cell.read("h")
    wanted = h[0][cell.mask[0]].astype("f8").mean(axis=0)
    np.testing.assert_allclose(mean_over_time(cell, "h")[0], wanted)
    assert not np.allclose(wanted, h[0].mean(axis=0))


def test_a_mean_is_of_the_run_that_is_given() -> None:
    baseline = baseline_of("lstm-25")
    asked = []

    def trace() -> Any:
        asked.append(True)
        return baseline.model.run(baseline.arrays)

    what_if([Off("lstm", 0), SetValue(0, "1")], baseline, trace)
    assert asked == []
    what_if([Off("lstm", 0, "mean"), Off("lstm", 1, "mean")], baseline, trace)
    assert asked == [True]


def test_numbers_are_set_in_a_copy() -> None:
    baseline = baseline_of("lstm-4-last")
    (array,) = baseline.arrays.values()
    before = array.copy()
    found = what_if([parse_set("t=-1:1,2.5,-3")], baseline)
    (changed,) = found.arrays.values()
    assert changed[2].tolist() == [1.0, 2.5, -3.0]
    np.testing.assert_array_equal(changed[:2], before[:2])
    np.testing.assert_array_equal(array, before)
    assert found.words == ("t=2 is 1,2.5,-3 instead of -0.8,0.9,-0.8",)


def test_ids_and_tokens_are_set_where_the_model_reads_ids() -> None:
    chars = baseline_of("char-lstm")
    known = dict(chars.vocabulary or {})
    found = what_if([parse_set("t=2:q"), parse_set("t=3:id:4")], chars)
    (ids,) = found.arrays.values()
    assert ids[2:4].tolist() == [known["q"], 4]

    without = baseline_of("lstm-masked")
    (ids,) = what_if([parse_set("t=0:4")], without).arrays.values()
    assert ids[0] == 4


def test_every_sequence_of_a_batch_is_changed() -> None:
    one = baseline_of("lstm-1")
    (name,) = one.arrays
    batch = np.arange(12, dtype="f4").reshape(3, 4, 1)
    baseline = Baseline(one.model, {name: batch}, one.infos)
    found = what_if([SetValue(1, "7"), Hold(0, 2)], baseline)
    wanted = batch.copy()
    wanted[:, 1] = 7
    np.testing.assert_array_equal(
        found.arrays[name], wanted[:, [0, 0, 1, 2, 3]]
    )


def test_states_replace_those_of_the_baseline() -> None:
    baseline = baseline_of("lstm-25")
    start = StartFrom({"lstm/h": np.ones(25)}, "s.npz")
    found, _, after = both([start], baseline)
    assert found.words == ("the cells start from s.npz",)
    assert after["lstm"].cells[0].previous("h", 0).tolist() == [[1.0] * 25]


def test_a_run_with_changes_again_is_the_same_to_the_last_bit() -> None:
    baseline = baseline_of("gru-reset-before")
    changes: list[Change] = [Off("gru", 1), SetValue(2, "1,1")]
    _, _, one = both(changes, baseline)
    _, _, other = both(changes, baseline)
    for name in one["gru"].names:
        np.testing.assert_array_equal(one["gru"][name], other["gru"][name])


def test_a_change_that_changes_nothing_differs_in_no_bit() -> None:
    baseline = baseline_of("lstm-25")
    nothing = compared([Clamp("lstm", "i", 0, 0.5)], baseline)
    assert nothing.first == 0
    _, before, _ = both([Clamp("lstm", "i", 0, 0.5)], baseline)
    assert compare_traces(before, before).first is None
    assert compare_traces(before, before).largest == 0.0


@pytest.mark.parametrize(
    ("text", "change"),
    [
        ("t=1:x", SetValue(1, "x")),
        ("t=-1: ", SetValue(-1, " ")),
        ("t=2::", SetValue(2, ":")),
        ("a:t=2:0.5,-1", SetValue(2, "0.5,-1", "a")),
        ("t=2:id:4", SetValue(2, "id:4")),
    ],
)
def test_a_set_timestep_is_read(text: str, change: SetValue) -> None:
    assert parse_set(text) == change
    assert str(change) == text


def test_units_and_clamps_are_read() -> None:
    assert parse_off("lstm:2") == Off("lstm", 2, "zero")
    assert parse_off("a:b/cells/1:3=mean") == Off("a:b/cells/1", 3, "mean")
    assert parse_clamp("both/backward:f:0=-1e2") == Clamp(
        "both/backward", "f", 0, -100.0
    )
    assert parse_clamp(str(Clamp("l", "f", 0, 0.1))) == Clamp("l", "f", 0, 0.1)
    assert parse_off(str(Off("l", 3))) == Off("l", 3)
    assert parse_hold(str(Hold(3, 4))) == Hold(3, 4)


@pytest.mark.parametrize(
    ("read", "text"),
    [
        (parse_set, "1:x"),
        (parse_set, "t=:x"),
        (parse_set, "t=1"),
        (parse_set, f"t={'9' * 400}:x"),
        (parse_hold, "t=1:0"),
        (parse_hold, "t=1:-4"),
        (parse_hold, f"t=1:{'9' * 5000}"),
        (parse_off, "lstm"),
        (parse_off, "lstm:x"),
        (parse_off, "lstm:-1"),
        (parse_off, "lstm:2=median"),
        (parse_off, "lstm:2="),
        (parse_clamp, "lstm:f:2"),
        (parse_clamp, "lstm:f:2=nan"),
        (parse_clamp, "lstm:f:2=1e999"),
        (parse_clamp, "lstm:f=1"),
        (parse_clamp, ""),
    ],
)
def test_anything_else_is_refused_with_an_example(read: Any, text: str) -> None:
    with pytest.raises(EditError, match="write ") as raised:
        read(text)
    assert "\n" not in str(raised.value)
    assert len(str(raised.value)) < 200


@pytest.mark.parametrize(
    ("name", "changes", "words"),
    [
        ("brackets", [SetValue(22, "x")], "they are 0 to 21"),
        ("brackets", [SetValue(0, "?")], "3 numbers with commas, or a token"),
        ("brackets", [SetValue(0, "1,2")], "3 numbers with commas"),
        ("brackets", [SetValue(0, "id:3")], "none of the 3 features"),
        ("brackets", [SetValue(0, "x", "y")], "no input is named 'y'"),
        ("brackets", [SetValue(0, "x"), SetValue(-22, "x")], "changed twice"),
        ("brackets", [Hold(3, 2), Hold(3, 4)], "changed twice"),
        ("brackets", [Hold(0, 10**11)], "the most is 268,435,456"),
        ("brackets", [Off("lstm", 16)], "units 0 to 15; unit 16 is none"),
        ("brackets", [Off("open", 0)], "has no cell that runs"),
        ("brackets", [Off("lstn", 0)], "did you mean 'lstm'"),
        ("brackets", [Off("lstm", 2), Off("lstm", 2, "mean")], "set twice"),
        ("brackets", [Off("lstm", 2), Clamp("lstm", "h", 2, 1.0)], "set twice"),
        ("brackets", [Clamp("lstm", "z", 0, 1.0)], "no quantity 'z'"),
        ("bilstm-4", [Off("bidirectional", 0)], "bidirectional/forward"),
        ("char-lstm", [SetValue(0, "§")], "no token '§'; id:4 is an id"),
        ("char-lstm", [SetValue(0, "id:99999")], "knows the token ids 0 to"),
        ("lstm-masked", [SetValue(0, "x")], "write id:4, or give --vocab"),
        ("conv-lstm-video", [SetValue(0, "1")], "64 numbers with commas"),
    ],
)
def test_a_change_that_does_not_fit_is_refused(
    name: str, changes: list[Change], words: str
) -> None:
    with pytest.raises(EditError, match=words) as raised:
        what_if(changes, baseline_of(name))
    assert "\n" not in str(raised.value)


def test_a_picture_is_not_set_by_numbers() -> None:
    pictures = EditedInput(
        InputInfo("x", (None, 4, 4, 1)), np.zeros((3, 4, 4, 1), "f4"), None
    )
    with pytest.raises(EditError, match="'x' is no row of features"):
        pictures.with_value(SetValue(0, "1"))
    assert pictures.held(Hold(1, 3)).array.shape == (5, 4, 4, 1)


def test_a_held_sequence_is_as_long_as_a_generated_one_may_be() -> None:
    assert MOST_VALUES == signals.MOST_VALUES


def test_each_direction_is_named() -> None:
    baseline = baseline_of("bilstm-4")
    key = baseline.model.called_cells()[1].key
    _, before, after = both([Off(key, 1)], baseline)
    rows = {
        (one.layer, one.quantity): one
        for one in compare_traces(before, after).quantities
    }
    assert rows[key, "h"].largest > 0
    assert rows[baseline.model.called_cells()[0].key, "h"].largest == 0


def test_a_difference_has_its_place_and_nan_differs_from_any_number() -> None:
    baseline = baseline_of("lstm-25")
    _, before, after = both([Clamp("lstm", "c", 4, 2.0)], baseline)
    rows = {
        (one.layer, one.quantity): one
        for one in compare_traces(before, after).quantities
    }
    found = rows["lstm", "c"]
    apart = np.abs(after["lstm"].c - before["lstm"].c)
    assert found.largest == apart.max()
    assert (found.timestep, found.unit) == np.unravel_index(
        apart.argmax(), apart.shape
    )
    table = compare_traces(before, after).table()
    assert tuple(table.columns) == (
        "layer",
        "quantity",
        "first",
        "largest",
        "timestep",
        "unit",
    )
