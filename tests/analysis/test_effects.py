"""The effect of switching off each unit on a target."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from rnn_tui import open_model
from rnn_tui.analysis import effects as module
from rnn_tui.analysis.changes import Off
from rnn_tui.analysis.effects import effects
from rnn_tui.analysis.target import default_target, parse_target
from rnn_tui.analysis.what_if import Baseline, what_if
from rnn_tui.engine.core.edits import Edit
from rnn_tui.errors import EditError
from rnn_tui.samples import find_sample
from rnn_tui.sequences import parse_sequence


def sample(name: str) -> tuple[Any, Any]:
    """The model and the own sequence of a sample."""
    found = find_sample(name)
    assert found is not None
    model = open_model(found.path).model
    vocab = str(found.vocab) if found.vocab else None
    return model, parse_sequence(found.input, model.inputs, vocab=vocab).arrays


@pytest.mark.parametrize("kind", ["zero", "mean"])
@pytest.mark.parametrize(
    ("name", "layer", "target"),
    [
        ("brackets", "lstm", "open[0]@-1"),
        ("brackets", "lstm", "lstm.c[3]@10"),
        ("char-lstm", "lstm", None),
        ("gru-reset-before", "gru", "gru.h[1]"),
        ("bilstm-4", "bidirectional/backward", "bidirectional[5]"),
        ("lstm-masked", "lstm", None),
    ],
)
def test_each_effect_is_that_of_a_run_with_the_unit_off(
    name: str, layer: str, target: str | None, kind: str
) -> None:
    model, arrays = sample(name)
    trace = model.run(arrays, dtype="float64")
    if target is None:
        aim = default_target(model, trace)
    else:
        aim = parse_target(target, model)
    found = effects(model, arrays, layer, aim, kind=kind, dtype="float64")
    units = len(found.change)
    np.testing.assert_allclose(
        found.value + found.change, found.off, atol=1e-12
    )
    (entry,) = (e for e in model.called_cells() if e.key == layer)
    assert units == entry.cell.units
    for unit in {0, units // 2, units - 1}:
        one = what_if(
            [Off(layer, unit, kind)],
            Baseline(model, arrays, model.inputs),
            lambda: trace,
        )
        off = aim.value(one.model.run(one.arrays, dtype="float64"))
        assert found.change[unit] == pytest.approx(
            off - aim.value(trace), abs=1e-10
        )
    assert found.value == aim.value(trace)


def test_the_measured_effect() -> None:
    model, arrays = sample("brackets")
    aim = parse_target("open[0]@-1", model)
    found = effects(model, arrays, "lstm", aim, dtype="float64")
    assert found.value + found.change[2] == pytest.approx(-0.3165681, abs=5e-8)
    assert found.order()[0] == 4
    table = found.table()
    assert tuple(table.columns) == (
        "layer",
        "unit",
        "kind",
        "target",
        "value",
        "off",
        "change",
    )
    assert len(table.rows) == 16
    assert table.rows[2][:4] == ["lstm", 2, "zero", "open[0]@-1"]
    assert "h = 0" in found.note


def test_units_that_do_not_count_have_next_to_no_effect() -> None:
    """The sample counter counts in unit 3; units 1 and 2 do nothing. The end of
    its own sequence is at depth 0.
    """
    model, arrays = sample("counter")
    aim = default_target(model, model.run(arrays))
    layer = model.called_cells()[0].key
    zero, mean = (
        effects(model, arrays, layer, aim, kind=kind)
        for kind in ("zero", "mean")
    )
    assert set(zero.order()[:2]) == set(mean.order()[:2]) == {0, 3}
    assert mean.order()[0] == 3
    assert np.all(np.abs(zero.change[[1, 2]]) < 0.1)
    assert np.all(np.abs(zero.change[[0, 3]]) > 1)


def test_many_units_are_several_batches(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    model, arrays = sample("brackets")
    aim = parse_target("open[0]@-1", model)
    at_once = effects(model, arrays, "lstm", aim, dtype="float64")
    monkeypatch.setattr(module, "BATCH_BYTES", 3 * 22 * 16 * 8 * 2 + 3)
    apart = effects(model, arrays, "lstm", aim, dtype="float64")
    np.testing.assert_allclose(apart.change, at_once.change, atol=1e-12)


def test_the_effects_on_states_from_which_the_cells_start() -> None:
    model, arrays = sample("lstm-25")
    aim = parse_target("lstm.h[0]@0", model)
    states = {"lstm/h": np.linspace(-1, 1, 25)}
    found = effects(model, arrays, "lstm", aim, states=states, dtype="float64")
    without = effects(model, arrays, "lstm", aim, dtype="float64")
    assert np.all(without.change[1:] == 0)
    assert np.all(found.change[1:12] != 0)


def test_a_run_with_edits_may_keep_few_quantities() -> None:
    model, arrays = sample("brackets")
    whole = model.edited({"lstm": ()}).run(arrays)
    few = model.edited({"lstm": ()}).run(arrays, kept=("f",))
    cell = few["lstm"].cells[0]
    np.testing.assert_array_equal(
        cell.read("f"), whole["lstm"].cells[0].read("f")
    )
    np.testing.assert_array_equal(few.output, whole.output)
    assert few["lstm"].cells[0].values.scan.slots == ("f", "h")
    plain = model.run(arrays, kept=("f",))
    assert plain["lstm"].c.shape == (22, 16)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"layer": "open"}, "has no cell that runs"),
        ({"kind": "median"}, "zero or mean, not median"),
        ({"batch": 2}, "of one sequence"),
    ],
)
def test_effects_that_are_none_are_refused(change: Any, words: str) -> None:
    model, arrays = sample("brackets")
    aim = parse_target("open[0]@-1", model)
    if "batch" in change:
        arrays = {name: np.stack([value] * 2) for name, value in arrays.items()}
    with pytest.raises(EditError, match=words):
        effects(
            model,
            arrays,
            change.get("layer", "lstm"),
            aim,
            kind=change.get("kind", "zero"),
        )


def test_edits_of_a_model_stay_while_its_units_are_off() -> None:
    model, arrays = sample("brackets")
    mask = np.arange(16) == 5
    edited = model.edited({"lstm": [Edit("h", mask, np.zeros(16))]})
    aim = parse_target("open[0]@-1", edited)
    found = effects(edited, arrays, "lstm", aim)
    assert found.change[5] == 0


def test_the_target_of_a_unit_that_is_off_is_the_runs_own_value() -> None:
    """In float32 the run with every unit on may end in another digit in a
    batch: a value and a change of two runs don't make it.
    """
    model, arrays = sample("brackets")
    for unit in range(4):
        aim = parse_target(f"lstm.h[{unit}]@-1", model)
        found = effects(model, arrays, "lstm", aim)
        assert found.off[unit] == 0

        row = found.table().rows[unit]
        assert row[-2] == 0
