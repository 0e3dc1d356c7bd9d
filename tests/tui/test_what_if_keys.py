"""What if, in the explorer: a unit that is off, another token, a clamped gate;
the difference, and one key back.
"""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from exploring import Sample, Settle, explore
from made_traces import lstm_trace
from textual.widgets import Input, Static

from rnn_tui.analysis.changes import Clamp, Hold, Off, SetValue
from rnn_tui.analysis.compare import Comparison
from rnn_tui.tui.renderables.numbers import short
from rnn_tui.tui.screens.explorer import ExplorerScreen
from rnn_tui.tui.screens.table_screen import TableScreen
from rnn_tui.tui.screens.what_if import ValueDialog
from rnn_tui.tui.session import session
from rnn_tui.tui.session.question import Question
from rnn_tui.tui.session.session import Reference, Session, Subject
from rnn_tui.tui.states_page.channels import Quantity
from rnn_tui.tui.states_page.difference import Difference
from rnn_tui.tui.text.changes import first_difference
from rnn_tui.tui.text.state_line import Playing, right_end
from rnn_tui.tui.views.states_body import offer_of
from rnn_tui.tui.widgets.lines import StateLine
from rnn_tui.tui.widgets.table import RowTable

UNIT = Off("lstm", 2)


def last_output(explorer: ExplorerScreen) -> float:
    trace = explorer.trace
    assert trace is not None
    return float(trace.outputs[0][0, -1, 0])


def right_text(explorer: ExplorerScreen) -> str:
    explorer.frame.catch_up()
    return "".join(text for text, _ in explorer.query_one(StateLine).right)


def test_x_switches_the_unit_off_and_w_back_is_one_key(
    sample: Sample, settle: Settle
) -> None:
    async def look(pilot: Any, explorer: ExplorerScreen) -> None:
        await pilot.press("3", "down", "down", "x")
        await settle(pilot)
        # the golden numbers of brackets with unit 2 off
        assert last_output(explorer) == pytest.approx(-0.3165681, abs=1e-6)
        assert "0.0828 → −0.317" in explorer.frame.message
        assert "1 change" in right_text(explorer)
        assert explorer.session.differing
        changed = explorer.trace
        await pilot.press("W")
        await settle(pilot)
        assert explorer.trace is not changed
        assert last_output(explorer) == pytest.approx(0.082768, abs=1e-6)
        assert explorer.session.reference is None
        assert "change" not in right_text(explorer)

    explore(look, sample("brackets.h5"), settle, (160, 40))


def test_x_twice_leaves_the_run_as_it_was(
    sample: Sample, settle: Settle
) -> None:
    async def look(pilot: Any, explorer: ExplorerScreen) -> None:
        before = explorer.trace
        await pilot.press("3", "x", "x")
        await settle(pilot)
        assert explorer.trace is before
        assert explorer.session.changes == ()

    explore(look, sample("brackets.h5"), settle, (120, 40))


def test_another_token_is_typed_in_one_burst(
    sample: Sample, settle: Settle
) -> None:
    async def look(pilot: Any, explorer: ExplorerScreen) -> None:
        await pilot.press("3", "right", "w", "enter", "x", "enter")
        await settle(pilot)
        assert explorer.session.changes == (SetValue(1, "x"),)
        assert last_output(explorer) == pytest.approx(-0.475812, abs=1e-6)
        assert "from t 1 on" in explorer.frame.message

    explore(look, sample("brackets.h5"), settle, (120, 40))


def test_a_gate_is_clamped_and_a_wrong_number_is_asked_for_again(
    sample: Sample, settle: Settle
) -> None:
    async def look(pilot: Any, explorer: ExplorerScreen) -> None:
        await pilot.press("3", "w", *"clamp f", "enter", *"much", "enter")
        await settle(pilot)
        assert explorer.session.changes == ()
        for _ in "much":
            await pilot.press("backspace")

        await pilot.press("1", "enter")
        await settle(pilot)
        assert explorer.session.changes == (Clamp("lstm", "f", 0, 1.0),)
        assert explorer.cell is not None
        assert np.all(explorer.cell.read("f")[..., 0] == 1)

    explore(look, sample("brackets.h5"), settle, (120, 40))


def test_a_value_that_is_none_is_said_and_the_prompt_stays(
    sample: Sample, settle: Settle
) -> None:
    async def look(pilot: Any, explorer: ExplorerScreen) -> None:
        before = explorer.trace
        await pilot.press("3", "w", "enter", "?", "enter")
        await settle(pilot)
        assert explorer.session.changes == ()
        assert explorer.trace is before
        dialog = pilot.app.screen
        assert isinstance(dialog, ValueDialog)
        said = str(dialog.query_one("#meaning", Static).render())
        assert "vocabulary" in said
        dialog.query_one(Input).value = "("
        await pilot.press("enter")
        await settle(pilot)
        assert explorer.session.changes == (SetValue(0, "(", ""),)

    explore(look, sample("brackets.h5"), settle, (120, 40))


def test_one_feature_is_changed_and_the_others_keep_every_bit(
    sample: Sample, settle: Settle
) -> None:
    async def look(pilot: Any, explorer: ExplorerScreen) -> None:
        assert explorer.trace is not None
        (before,) = explorer.trace.inputs.values()
        await pilot.press("3", "right", "w", "enter")
        await settle(pilot)
        line = pilot.app.screen.query_one(Input)
        first, *others = line.value.split(",")
        assert np.float32(first) == before[0, 1, 0]
        line.value = ",".join(["9", *others])
        await pilot.press("enter")
        await settle(pilot)
        assert explorer.trace is not None
        (after,) = explorer.trace.inputs.values()
        assert after[0, 1, 0] == 9
        assert np.array_equal(after[0, 1, 1:], before[0, 1, 1:])

    explore(look, sample("bilstm-4.keras"), settle, (120, 40))


def test_changes_of_the_layer_stay_with_another_sequence(
    sample: Sample, settle: Settle
) -> None:
    async def look(pilot: Any, explorer: ExplorerScreen) -> None:
        await pilot.press("3", "x", "w", "enter", "x", "enter")
        await settle(pilot)
        assert len(explorer.session.changes) == 2
        await pilot.press("s", *"text: (((", "enter")
        await settle(pilot)
        assert explorer.session.changes == (Off("lstm", 0),)
        assert explorer.cell is not None
        assert explorer.cell.timesteps == 3
        assert np.all(explorer.cell.read("h")[..., 0] == 0)
        assert explorer.session.reference is not None
        assert explorer.session.reference.trace.cells[0].timesteps == 3

    explore(look, sample("brackets.h5"), settle, (120, 40))


def test_states_are_carried_into_the_next_run(
    sample: Sample, settle: Settle
) -> None:
    async def look(pilot: Any, explorer: ExplorerScreen) -> None:
        assert explorer.trace is not None
        end = explorer.trace.cells[0].read("h")[:, -1]
        await pilot.press("3", "w", *"from the end", "enter")
        await settle(pilot)
        assert explorer.cell is not None
        np.testing.assert_array_equal(explorer.cell.initial["h"], end)

    explore(look, sample("brackets.h5"), settle, (120, 40))


def test_keras_is_not_asked_about_a_changed_run(
    sample: Sample, settle: Settle
) -> None:
    async def look(pilot: Any, explorer: ExplorerScreen) -> None:
        await pilot.press("3", "x")
        await settle(pilot)
        await pilot.press("v")
        await settle(pilot)
        assert "W takes them back" in explorer.frame.message

    explore(look, sample("brackets.h5"), settle, (120, 40))


def test_changes_that_nobody_wants_any_more_are_not_shown() -> None:
    here = replace(Session(), changes=(UNIT,))
    assert session.as_made(here).changes == ()


def test_changes_of_the_sequence_go_with_it() -> None:
    all_kinds = (UNIT, SetValue(1, "x"), Hold(0, 3), Clamp("lstm", "f", 0, 1.0))
    assert session.lasting(all_kinds) == (UNIT, all_kinds[3])


def test_nothing_is_said_of_changes_where_there_are_none() -> None:
    words = [text for text, _ in right_end(Session(), 200, True, Playing())]
    assert not any("change" in text for text in words)


def test_the_maps_show_what_the_changed_run_has_more(
    sample: Sample, settle: Settle
) -> None:
    async def look(pilot: Any, explorer: ExplorerScreen) -> None:
        assert explorer.cell is not None
        before = explorer.cell.read("h")[0]
        await pilot.press("3", "x")
        await settle(pilot)
        after = explorer.cell.read("h")[0]
        [channel, *_] = offer_of(explorer.session)(explorer.cell, None)
        assert isinstance(channel, Difference)
        shown = channel.read(0, 22)
        np.testing.assert_allclose(shown, after - before, atol=1e-6)
        assert channel.scale().signed
        await pilot.press("b")
        await settle(pilot)
        [channel, *_] = offer_of(explorer.session)(explorer.cell, None)
        np.testing.assert_array_equal(channel.read(0, 22), after)

    explore(look, sample("brackets.h5"), settle, (120, 40))


def test_the_maps_show_each_timestep_less_its_own_where_one_is_held(
    sample: Sample, settle: Settle
) -> None:
    async def look(pilot: Any, explorer: ExplorerScreen) -> None:
        await pilot.press("3")
        await settle(pilot)
        reference = explorer.session.reference
        assert explorer.cell is not None
        assert reference is not None
        before = reference.trace.cells[0].read("h")[0]
        after = explorer.cell.read("h")[0]
        [channel, *_] = offer_of(explorer.session)(explorer.cell, None)
        shown = channel.read(0, 27)
        assert np.isnan(shown[5:10]).all()
        np.testing.assert_array_equal(shown[:5], 0)
        np.testing.assert_allclose(shown[10:], after[10:] - before[5:])
        [again, *_] = offer_of(explorer.session)(explorer.cell, None)
        assert again.key == channel.key
        assert reference.comparison.first_after == 10
        assert first_difference(reference) == (
            "differs from t 5 on, which is t 10 here; each timestep is "
            "compared with its own, which comes from t 5 on 5 later"
        )

    explore(
        look,
        sample("brackets.h5"),
        settle,
        (120, 40),
        changes=(Hold(4, 6),),
    )


def test_where_the_other_run_has_ended_there_is_no_difference() -> None:
    longer, shorter = (lstm_trace(3, n).cells[0] for n in (9, 5))
    found = Difference(Quantity(longer, "h"), Quantity(shorter, "h")).read(3, 8)
    assert np.isfinite(found[:2]).all()
    assert np.isnan(found[2:]).all()
    assert np.isfinite(found).sum() == 2 * 3


def test_two_models_are_compared_on_every_sequence(
    sample: Sample, settle: Settle, tmp_path: Path
) -> None:
    other = str(tmp_path / "other.h5")
    shutil.copy(sample("brackets.h5"), other)
    with h5py.File(other, "r+") as file:
        biases: list[Any] = []
        file.visititems(
            lambda name, item: biases.append(item) if "bias" in name else None
        )
        for bias in biases:
            if isinstance(bias, h5py.Dataset):
                bias[...] = bias[...] + 0.5

    async def look(pilot: Any, explorer: ExplorerScreen) -> None:
        reference = explorer.session.reference
        assert reference is not None
        assert reference.other_model
        assert "compared with" in explorer.frame.message
        assert "Δ to other.h5" in right_text(explorer)
        await pilot.press("s", *"text: (((", "enter")
        await settle(pilot)
        again = explorer.session.reference
        assert again is not None
        assert again is not reference
        assert again.trace.cells[0].timesteps == 3
        # a change stands between, and taking it back compares anew
        await pilot.press("3", "x", "W")
        await settle(pilot)
        back = explorer.session.reference
        assert back is not None
        assert back.other_model
        # of the weights, what differs is a table
        await pilot.press("2", "b")
        await settle(pilot)
        assert isinstance(pilot.app.screen, TableScreen)
        rows = pilot.app.screen.query_one(RowTable).rows
        changed = [row for row in rows if row[6] == "0.500"]
        assert {row[3] for row in changed} == {"bias"}
        await pilot.press("escape")

    explore(look, sample("brackets.h5"), settle, (160, 40), compared=other)


def test_a_model_of_other_inputs_is_not_compared(
    sample: Sample, settle: Settle
) -> None:
    async def look(pilot: Any, explorer: ExplorerScreen) -> None:
        assert explorer.session.reference is None
        assert explorer.trace is not None
        assert "can't be compared" in explorer.frame.message

    explore(
        look,
        sample("brackets.h5"),
        settle,
        (160, 40),
        compared=sample("sine-gru.keras"),
    )


def test_the_command_line_can_ask_for_changes(
    sample: Sample, settle: Settle
) -> None:
    async def look(pilot: Any, explorer: ExplorerScreen) -> None:
        assert explorer.session.changes == (SetValue(1, "x"),)
        assert last_output(explorer) == pytest.approx(-0.475812, abs=1e-6)
        await pilot.press("W")
        await settle(pilot)
        assert last_output(explorer) == pytest.approx(0.082768, abs=1e-6)

    explore(
        look,
        sample("brackets.h5"),
        settle,
        (120, 40),
        changes=(SetValue(1, "x"),),
    )


def test_first_states_that_can_t_be_read_are_said(
    sample: Sample, settle: Settle
) -> None:
    async def look(pilot: Any, explorer: ExplorerScreen) -> None:
        assert "nothing-there.npz" in explorer.frame.message
        assert explorer.session.reference is None

    explore(
        look,
        sample("brackets.h5"),
        settle,
        (120, 40),
        initial_state="nothing-there.npz",
    )


def test_the_effect_is_that_of_the_sequence_that_is_shown(
    sample: Sample, settle: Settle
) -> None:
    batch = "[[[1,0,0],[0,1,0],[0,0,1]],[[0,1,0],[0,1,0],[0,0,1]]]"

    async def look(pilot: Any, explorer: ExplorerScreen) -> None:
        await pilot.press("3", "right_curly_bracket", "x")
        await settle(pilot)
        assert explorer.trace is not None
        after = float(explorer.trace.outputs[0][1, -1, 0])
        assert f"→ {short(after)}" in explorer.frame.message

    explore(look, sample("counter.keras"), settle, (160, 40), inputs=(batch,))


def test_where_the_run_stops_nothing_is_said_to_be_equal(
    sample: Sample, settle: Settle
) -> None:
    async def look(pilot: Any, explorer: ExplorerScreen) -> None:
        assert "no value differs" not in explorer.frame.message

    explore(
        look,
        sample("conv-lstm-video.keras"),
        settle,
        (160, 40),
        changes=(Hold(2, 5),),
    )


def test_an_answer_that_arrives_meanwhile_doesn_t_lose_the_change() -> None:
    trace = lstm_trace(3, 5)
    here = Session(Subject(trace=trace), changes=(UNIT,))
    question = Question("units", "lstm")
    answered = session.answered(here, trace, question, "known")
    found = session.changed(
        answered,
        (UNIT,),
        Subject(trace=lstm_trace(3, 5)),
        Reference(here.subject, trace, Comparison((), (), (5, 5))),
    )
    assert found.reference is not None
    assert found.unchanged.answers == {question: "known"}
