"""The session as pure functions, without a screen; and how often a sequence is
parsed where there is one.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from exploring import Sample, Settle, explore
from fakes import FakeModel, opened
from made_traces import bidirectional_trace, lstm_trace
from textual.widgets import Input

from rnn_tui.analysis.changes import Off
from rnn_tui.engine.model import LayerInfo
from rnn_tui.sequences import parse, tokens
from rnn_tui.tui.screens.explorer import ExplorerScreen
from rnn_tui.tui.session import session
from rnn_tui.tui.session.pasted import joint, on_one_line
from rnn_tui.tui.session.session import Session, Subject
from rnn_tui.tui.text.nothing import NO_STATE, why_nothing


def on(trace: Any, **subject: Any) -> Session:
    """A session with a run."""
    return Session(Subject(trace=trace, **subject))


def test_moves_add_up_and_stop_at_the_ends() -> None:
    here = on(lstm_trace(4, 30))
    for _ in range(7):
        here = session.stepped(here, t=1)
    assert here.cursor.t == 7
    assert session.stepped(here, t=100, unit=-1).cursor.t == 29
    assert session.at_end(here).cursor.t == 29
    assert session.moved(here, unit=99).cursor.unit == 3


def test_a_unit_that_a_view_names_gives_way_to_one_that_was_chosen() -> None:
    here = on(lstm_trace(4, 30))
    in_time = session.stepped(here, t=3, sequence=0)
    assert not in_time.unit_is_chosen
    named = session.at_named_unit(in_time, 2)
    assert (named.cursor.unit, named.cursor.t) == (2, 3)
    # the next name doesn't move it again
    assert session.at_named_unit(named, 1) is named

    chosen = session.stepped(here, unit=1)
    assert session.at_named_unit(chosen, 2) is chosen
    stayed = session.moved(here, unit=0)
    assert session.at_named_unit(stayed, 2) is stayed
    changed = session.changing(here, (Off("lstm", 0),))
    assert session.at_named_unit(changed, 2) is changed


def test_in_another_cell_no_unit_was_chosen_yet() -> None:
    here = session.moved(on(bidirectional_trace()), unit=1)
    assert here.unit_is_chosen
    there = session.at_cell(here, 1)
    assert not there.unit_is_chosen
    assert session.at_named_unit(there, 2).cursor.unit == 2


def test_a_move_to_where_one_is_leaves_the_session_as_it_is() -> None:
    here = on(lstm_trace(4, 30))
    here = session.clamped(here)
    assert session.stepped(here, t=-5) is here


def test_another_run_keeps_the_place_as_far_as_there_is_one() -> None:
    here = session.moved(on(lstm_trace(8, 30)), t=20, unit=6)
    shorter = session.filled(here, lstm_trace(8, 10))
    assert (shorter.cursor.t, shorter.cursor.unit) == (9, 6)
    assert shorter.subject.partial


def test_before_a_run_moves_count_too() -> None:
    here = session.stepped(Session(), t=12, unit=2)
    ran = session.filled(here, lstm_trace(4, 30))
    assert (ran.cursor.t, ran.cursor.unit) == (12, 2)


def test_cells_are_gone_round() -> None:
    here = session.clamped(on(bidirectional_trace()))
    assert session.at_cell(here, 1).cursor.cell == 1
    assert session.at_cell(here, 2).cursor.cell == 0
    assert session.at_cell(Session(), 1).cursor.cell == 0


def test_a_recurrent_layer_that_can_not_be_computed_is_named() -> None:
    model = FakeModel("x")
    found = opened(model)
    trace = replace(lstm_trace(4, 5), layers={})
    layer: LayerInfo = next(layer for layer in model.layers if layer.recurrent)
    object.__setattr__(model, "cells", ())
    assert why_nothing(on(trace, opened=found)) == NO_STATE
    why_not = "its cell is somebody's own."
    model.layers = tuple(
        one._replace(why_not=why_not) if one is layer else one
        for one in model.layers
    )
    said = why_nothing(on(trace, opened=found))
    assert said.startswith(
        f"{layer.path} ({layer.class_name}) can't be computed: its"
    )
    assert "no recurrent layer" not in said


@pytest.mark.parametrize(
    ("pasted", "line"),
    [
        ("0.1\n0.2\r\n0.3\n", "0.1 0.2 0.3"),
        ("0.1,\n0.2,\n", "0.1 0.2"),
        ("0.1 0.2\r0.3 0.4", "0.1 0.2; 0.3 0.4"),
        ("0.1,0.2;\n0.3,0.4;\n", "0.1,0.2; 0.3,0.4"),
        ("[[1, 2],\n[3, 4]]", "[[1, 2], [3, 4]]"),
        ("text: hello", "text: hello"),
        ("", ""),
    ],
)
def test_pasted_lines_are_put_on_one(pasted: str, line: str) -> None:
    assert on_one_line(pasted) == line


@pytest.mark.parametrize(
    ("ahead", "goes_on", "between"),
    [
        ("", False, None),
        ("0.2\r", False, " "),
        ("0.2 0.3\r", False, "; "),
        ("3", False, None),
        ("3\r", False, None),
        ("3\r", True, " "),
        ("3\r4\r", False, " "),
        ("0.2", True, None),
        ("q\r", True, None),
        ("g12\r", False, None),
    ],
)
def test_enter_ends_a_line_unless_a_line_of_numbers_was_typed_ahead(
    ahead: str, goes_on: bool, between: str | None
) -> None:
    assert joint(ahead, goes_on) == between


@pytest.mark.parametrize("at_once", [True, False])
def test_a_typed_sequence_is_parsed_once_and_its_vocabulary_read_once(
    at_once: bool,
    sample: Sample,
    settle: Settle,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    parsed: list[object] = []
    read: list[object] = []
    really_parse, really_read = parse.parse_sequence, tokens._read

    def count(text: Any, *args: Any, **options: Any) -> Any:
        parsed.append(text)
        return really_parse(text, *args, **options)

    def count_files(*args: Any) -> Any:
        read.append(args)
        return really_read(*args)

    monkeypatch.setattr("rnn_tui.sequences.parse_sequence", count)
    monkeypatch.setattr("rnn_tui.sequences.preview.parse_sequence", count)
    monkeypatch.setattr(tokens, "_read", count_files)

    async def scenario(pilot: Any, explorer: ExplorerScreen) -> None:
        await pilot.press("s")
        await settle(pilot)
        parsed.clear()
        line = pilot.app.screen.query_one(Input)
        line.value = "text: (()())"
        if not at_once:
            await settle(pilot)
        await pilot.press("enter")
        await settle(pilot)
        assert explorer.cell is not None
        assert explorer.cell.timesteps == 6
        assert parsed == ["text: (()())"]

    explore(scenario, sample("brackets.h5"), settle)
    assert len(read) == 1
