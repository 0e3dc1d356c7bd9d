"""The outputs of two runs in one figure of the Output view: curves and dashes
over time, bars side by side.
"""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
from exploring import Sample, Settle, explore
from textual.widgets import Static

from rnn_tui import open_model
from rnn_tui.analysis.changes import Hold
from rnn_tui.analysis.timeline import Timeline
from rnn_tui.tui.renderables.numbers import aligned
from rnn_tui.tui.screens.explorer import ExplorerScreen
from rnn_tui.tui.text.curves import DASH, legend, over_time
from rnn_tui.tui.text.model_outputs import bars
from rnn_tui.tui.text.other_run import Other, beside, others_of

NAMES = ("this", "that")


def lines_of(parts: Any) -> list[str]:
    return "".join(text for text, _ in parts).splitlines()


def section(explorer: ExplorerScreen, name: str) -> str:
    return str(explorer.query_one(f"#{name}", Static).render())


def test_the_other_run_s_curve_is_dashes_below_the_shown_one() -> None:
    shown = np.full((30, 1), 1.0)
    other = Other(np.zeros((30, 1)), NAMES)
    lines = lines_of(over_time(shown, 0, 74, 12, False, other))
    assert len(lines) == 12 + 2
    plot = [line[10:] for line in lines[:12]]
    assert len(plot[0].strip()) == 60
    assert " " not in plot[0].strip()
    # without a colour, dashes tell which is which
    runs = re.findall(r"\S+", plot[11])
    assert len(runs) == 60 // (2 * DASH)
    assert {len(run) for run in runs} == {DASH}
    assert lines[12].split() == ["t", "0", "1.00000", "this"]
    assert lines[13].split() == ["0.00000", "that"]


def test_a_steep_part_has_dashes_too() -> None:
    shown = np.full((4, 1), 0.0)
    other = Other(np.array([[0.0], [9.0], [0.0], [9.0]]), NAMES)
    lines = lines_of(over_time(shown, 0, 24, 40, False, other))
    drawn = sum(line[10:].strip() != "" for line in lines[:40])
    assert drawn > 30


def test_in_plain_letters_the_marks_differ() -> None:
    shown = np.full((8, 1), 1.0)
    other = Other(np.zeros((8, 1)), NAMES)
    text = "\n".join(lines_of(over_time(shown, 0, 60, 9, True, other)))
    assert "****" in text
    assert ".." in text
    named = "".join(text for text, _ in legend(other, 1, True))
    assert named == "   ***** this   ..  . that"


def test_both_curves_are_on_one_scale() -> None:
    shown = np.linspace(0, 1, 9)[:, None]
    other = Other(4 * shown, NAMES)
    lines = lines_of(over_time(shown, 8, 60, 9, False, other))
    assert lines[0].split()[0] == "4.00"
    assert lines[8].split()[0] == "0"


def test_where_the_other_run_has_ended_it_is_said() -> None:
    shown = np.arange(5.0)[:, None]
    found = beside(shown, np.arange(3.0)[:, None], NAMES)
    assert found is not None
    np.testing.assert_array_equal(found.values[:3], shown[:3])
    assert np.isnan(found.values[3:]).all()
    lines = lines_of(over_time(shown, 4, 60, 9, False, found))
    assert lines[-1].split() == ["–", "that", "has", "ended"]
    assert found.at(4) is None


def test_each_timestep_is_beside_its_own_where_one_is_held() -> None:
    timeline = Timeline(5, (Hold(1, 3),))
    other = np.arange(5.0)[:, None]
    shown = np.array([0.0, 1, 1, 1, 2, 3, 4])[:, None]
    found = beside(shown, other, NAMES, timeline)
    assert found is not None
    assert np.isnan(found.values[2:4]).all()
    kept = [0, 1, 4, 5, 6]
    np.testing.assert_array_equal(found.values[kept], shown[kept])
    lines = lines_of(over_time(shown, 2, 60, 9, False, found))
    assert lines[-1].split() == ["–", "that", "reads", "it", "once"]
    assert found.at(3) is None
    # of other timesteps, as it comes
    early = beside(shown[:6], other, NAMES, timeline)
    assert early is not None
    np.testing.assert_array_equal(early.values[:5], other)


def test_outputs_of_other_widths_are_not_compared() -> None:
    assert beside(np.zeros((5, 2)), np.zeros((5, 3)), NAMES) is None
    assert beside(np.zeros((5, 2)), np.zeros(2), NAMES) is None


@pytest.mark.parametrize("width", [76, 156])
def test_bars_of_both_runs_are_side_by_side(width: int) -> None:
    shown = np.array([0.5, 0.25, 0.25])
    other = Other(np.array([0.125, 0.625, 0.25]), NAMES)
    lines = lines_of(bars(shown, (width, 10), False, {}, other))
    assert lines[0].split() == ["this", "that"]
    assert max(map(len, lines)) <= width
    numbers = [re.findall(r"0\.\d+", line) for line in lines[1:]]
    assert numbers == [
        ["0.5000", "0.1250"],
        ["0.2500", "0.6250"],
        ["0.2500", "0.2500"],
    ]
    start = lines[0].index("that")
    full = [line[start:].count("█") for line in lines[1:]]
    assert full[1] > full[2] > full[0] > 0


def test_a_change_is_seen_beside_the_run_without_until_b_hides_it(
    sample: Sample, settle: Settle
) -> None:
    path = sample("brackets.h5")

    async def look(pilot: Any, explorer: ExplorerScreen) -> None:
        assert explorer.trace is not None
        fed = explorer.trace.inputs
        before = open_model(path).run(fed).outputs[0][0]
        await pilot.press("3", "down", "down", "x", "5", "dollar_sign")
        await settle(pilot)
        text = section(explorer, "outputs")
        assert "⠒⠒⠒⠒⠒⠒ with the change   ⠒⠒  ⠒⠒ without" in text
        last = [line.split() for line in text.rstrip().splitlines()[-2:]]
        # unit 2 off: the golden number; and the run without any change
        assert last[0] == ["t", "21", "−0.31657", "with", "the", "change"]
        shown = aligned(float(before[-1, 0]), 5, whole=4, room=5).strip()
        assert last[1] == [shown, "without"]
        [other] = others_of(explorer.session)
        assert other is not None
        np.testing.assert_allclose(other.values, before, atol=1e-6)
        await pilot.press("b")
        await settle(pilot)
        assert "without" not in section(explorer, "outputs")
        assert others_of(explorer.session) == []
        assert "0.0828 → −0.317" in section(explorer, "changes")

    explore(look, path, settle, (120, 40))


@pytest.mark.filterwarnings("ignore:.* has . timesteps in the model")
@pytest.mark.parametrize("name", ["lstm-4-last.h5", "gru-reset-before.h5"])
def test_the_prediction_so_far_has_both_runs(
    sample: Sample, settle: Settle, name: str
) -> None:
    path = sample(name)

    async def look(pilot: Any, explorer: ExplorerScreen) -> None:
        assert explorer.trace is not None
        [(fed_name, fed)] = explorer.trace.inputs.items()
        await pilot.press("3", "x", "5", "0", "right")
        await settle(pilot)
        text = section(explorer, "so-far")
        assert "with the change" in text
        last = text.rstrip().splitlines()[-2:]
        model = open_model(path)
        ended = model.run({fed_name: fed[:, :2]}).outputs[0][0]
        off = model.edited(off=f"{explorer.trace.cells[0].key}:0")
        ended_off = off.run({fed_name: fed[:, :2]}).outputs[0][0]
        for line, values in zip(last, (ended_off, ended), strict=True):
            numbers = re.findall(r"−?\d+\.\d+", line)
            shown = [float(one.replace("−", "-")) for one in numbers]
            assert shown == pytest.approx(values.tolist(), abs=6e-6)

    explore(look, path, settle, (120, 44))


def test_both_runs_are_exported_while_both_are_shown(
    sample: Sample, settle: Settle
) -> None:
    path = sample("brackets.h5")

    async def look(pilot: Any, explorer: ExplorerScreen) -> None:
        assert explorer.trace is not None
        before = open_model(path).run(explorer.trace.inputs).outputs[0][0, :, 0]
        await pilot.press("3", "x", "5")
        await settle(pilot)
        table = explorer.current.shown_table()
        assert table is not None
        other = [row[-1] for row in table.rows if row[0] == "compared"]
        assert other == pytest.approx(before.tolist(), abs=1e-6)
        own = [row[-1] for row in table.rows if row[0] == "output"]
        wanted = explorer.trace.outputs[0][0, :, 0].tolist()
        assert own == pytest.approx(wanted, abs=1e-7)
        await pilot.press("b")
        await settle(pilot)
        table = explorer.current.shown_table()
        assert table is not None
        assert {row[0] for row in table.rows} == {"output"}

    explore(look, path, settle, (120, 40))


def test_a_vector_s_bars_are_of_both_runs(
    sample: Sample, settle: Settle
) -> None:
    path = sample("lstm-4-last.h5")

    async def look(pilot: Any, explorer: ExplorerScreen) -> None:
        assert explorer.trace is not None
        before = open_model(path).run(explorer.trace.inputs).outputs[0][0]
        await pilot.press("3", "x", "5")
        await settle(pilot)
        after = explorer.trace.outputs[0][0]
        lines = section(explorer, "outputs").splitlines()
        assert lines[1].split() == ["with", "the", "change", "without"]
        for k in range(4):
            numbers = re.findall(r"−?\d+\.\d{4}", lines[2 + k])
            shown = [float(one.replace("−", "-")) for one in numbers]
            wanted = [float(after[k]), float(before[k])]
            assert shown == pytest.approx(wanted, abs=6e-5)

    explore(look, path, settle, (120, 40))
