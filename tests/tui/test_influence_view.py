"""Which timesteps mattered, in the explorer: the lane below the input, the map,
and what was written when; and the health of a layer.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from exploring import Sample, Settle, explore
from made_traces import lstm_trace

from rnn_tui.analysis.influence import Influence, influence
from rnn_tui.formats.opened import open_model
from rnn_tui.tui.renderables.influence_map import (
    Window,
    bars,
    drawn,
    floor_of,
    shares,
)
from rnn_tui.tui.renderables.palette import Look
from rnn_tui.tui.screens.explorer import ExplorerScreen
from rnn_tui.tui.screens.influence_map import InfluenceMapScreen
from rnn_tui.tui.session.influence import next_choice, preview_of, question_of
from rnn_tui.tui.session.session import Session
from rnn_tui.tui.states_page.influence_lane import caption, influence_lanes
from rnn_tui.tui.states_page.written import written_channels
from rnn_tui.tui.text.quantities import quantities_of
from rnn_tui.tui.units_page.rankings import signed


def lane_text(explorer: ExplorerScreen) -> str:
    return " ".join(
        lane.caption for lane in influence_lanes(explorer.session, Look())
    )


def test_i_shows_how_each_timestep_moved_the_output_then_the_unit_then_nothing(
    sample: Sample, settle: Settle
) -> None:
    path = sample("brackets.h5")

    async def look(pilot: Any, explorer: ExplorerScreen) -> None:
        await pilot.press("3", "end", "i")
        await settle(pilot)
        assert explorer.trace is not None
        [lane] = influence_lanes(explorer.session, Look())
        fed = explorer.trace.inputs
        wanted = influence(open_model(path), fed, "open[0]@21")
        shown = lane.row.read(0, 22, 0)
        np.testing.assert_allclose(shown, wanted.by_timestep, atol=1e-6)
        assert lane.caption.startswith("open[0]@21 = 0.0828")
        assert "zeros" in lane.caption
        await pilot.press("i")
        await settle(pilot)
        assert lane_text(explorer).startswith("lstm.c[0]@21 = ")
        await pilot.press("i")
        await settle(pilot)
        assert influence_lanes(explorer.session, Look()) == ()

    explore(look, path, settle, (140, 40))


def test_the_target_is_where_the_cursor_is(
    sample: Sample, settle: Settle
) -> None:
    async def look(pilot: Any, explorer: ExplorerScreen) -> None:
        await pilot.press("3", "i", "i", "home", "right", "right", "down")
        await settle(pilot)
        assert lane_text(explorer).startswith("lstm.c[1]@2 = ")
        [lane] = influence_lanes(explorer.session, Look())
        values = lane.row.read(0, 22, 0)
        # what is read later can't have moved it
        assert np.all(values[3:] == 0)
        assert np.any(values[:3] != 0)

    explore(look, sample("brackets.h5"), settle, (140, 40))


def test_a_softmax_is_asked_for_the_logit_of_the_class_it_predicts(
    sample: Sample, settle: Settle
) -> None:
    async def look(pilot: Any, explorer: ExplorerScreen) -> None:
        await pilot.press("3", "home", "i")
        await settle(pilot)
        assert explorer.trace is not None
        predicted = int(explorer.trace.outputs[0][0, 0].argmax())
        start = f"next.logit[{predicted}]@0 = "
        assert lane_text(explorer).startswith(start)

    explore(look, sample("char-lstm.h5"), settle, (140, 40))


def test_integrated_gradients_say_what_their_sum_misses(
    sample: Sample, settle: Settle
) -> None:
    async def look(pilot: Any, explorer: ExplorerScreen) -> None:
        explorer.commands.influence_by("ig")
        await settle(pilot)
        await pilot.press("end")
        await settle(pilot)
        assert "Integrated Gradients from" in lane_text(explorer)
        assert "Σ misses" in lane_text(explorer)

    explore(look, sample("brackets.h5"), settle, (140, 40))


def test_pictures_that_a_layer_before_reads_are_swapped_too(
    sample: Sample, settle: Settle
) -> None:
    async def look(pilot: Any, explorer: ExplorerScreen) -> None:
        await pilot.press("3", "i")
        await settle(pilot)
        assert "swapped" in lane_text(explorer)

    explore(look, sample("conv-lstm-video.keras"), settle, (140, 40))


def test_the_map_is_left_at_the_timestep_of_its_target(
    sample: Sample, settle: Settle
) -> None:
    async def look(pilot: Any, explorer: ExplorerScreen) -> None:
        await pilot.press("3", "home", "I")
        await settle(pilot)
        assert isinstance(pilot.app.screen, InfluenceMapScreen)
        await pilot.press("down", "down", "escape")
        await settle(pilot)
        assert explorer.session.cursor.t == 2

    explore(look, sample("brackets.h5"), settle, (100, 30))


def test_the_gradient_is_asked_for_first() -> None:
    assert question_of(Session()) is None
    assert next_choice(Session()).influence is not None
    asked = question_of_brackets()
    assert preview_of(asked).method.startswith("gradient")


def question_of_brackets() -> Any:
    from dataclasses import replace

    from rnn_tui.samples import find_sample
    from rnn_tui.tui.session.session import Subject

    sample = find_sample("brackets")
    assert sample is not None
    opened = open_model(sample.path)
    trace = opened.run(np.zeros((1, 4, 3), "f4"))
    session = Session(Subject(opened=opened, trace=trace))

    return question_of(replace(next_choice(session)))


def test_a_caption_says_how_to_read_the_bars() -> None:
    values = np.zeros((3, 1))
    found = Influence(
        "x", "open[0]@2", 0.5, "gradient", "", values, values[:, 0]
    )
    words = caption(found, 1, Look())
    assert words.startswith("open[0]@2 = 0.500 · t 1 moves it 0 · how fast")


def test_the_map_is_logarithmic_above_its_printed_floor() -> None:
    values = np.array([[1.0, 1e-9], [0.01, 0.0]])
    floor = floor_of(values)
    assert floor == pytest.approx(1e-4)
    found = shares(values, floor, 1.0)
    np.testing.assert_allclose(found, [[1, 0], [0.5, 0]], atol=1e-12)


@pytest.mark.parametrize("look", [Look(), Look("none"), Look(ascii=True)])
def test_a_map_has_a_cell_for_each_row_and_column(look: Look) -> None:
    values = np.tril(np.ones((9, 5)))
    window = Window.around(values.shape, (8, 4), (5, 12), half=look.half)
    lines = drawn(values, window, (0.5, 1.0), look)
    assert len(lines) == 5
    widths = {sum(len(segment.text) for segment in line) for line in lines}
    assert widths == {10}
    assert len(bars(values[8], window, 3, look)) == 3


def test_what_was_written_adds_up_to_the_last_state() -> None:
    cell = lstm_trace(3, 12).cells[0]
    [channel] = written_channels(cell)
    total = channel.read(0, 12).sum(axis=0)
    last = cell.read("c")[0, -1]
    start = cell.initial["c"][0]
    kept = np.prod(cell.read("f")[0].astype("f8"), axis=0)
    np.testing.assert_allclose(total + kept * start, last, atol=1e-5)
    assert channel.scale().signed


def test_the_health_of_a_layer_is_told_beside_it(
    sample: Sample, settle: Settle
) -> None:
    async def look(pilot: Any, explorer: ExplorerScreen) -> None:
        await pilot.press("1")
        await settle(pilot)
        text = str(explorer.query_one("#explanation").render())
        assert "never trained" in text

    explore(look, sample("lstm-25.h5"), settle, (140, 40))


def test_the_features_of_all_timesteps_and_of_the_cursors_are_told(
    sample: Sample, settle: Settle
) -> None:
    async def look(pilot: Any, explorer: ExplorerScreen) -> None:
        await pilot.press("3", "i", "home", "right")
        await settle(pilot)
        words = lane_text(explorer)
        assert "features at t 1: [" in words
        [lane] = influence_lanes(explorer.session, Look())
        assert lane.height == 4

        question = question_of(explorer.session)
        assert question is not None
        assert explorer.trace is not None
        found = influence(
            open_model(sample("bilstm-4.keras")),
            explorer.trace.inputs,
            question.target,
            whole_features=True,
        )
        assert found.by_feature is not None
        largest = int(np.argmax(np.abs(found.by_feature)))
        moved = signed(float(found.by_feature[largest]))
        assert f"features: [{largest}] {moved}" in words

    explore(look, sample("bilstm-4.keras"), settle, (140, 40))


@pytest.mark.parametrize("size", [(40, 12), (45, 11), (40, 10)])
def test_the_map_has_room_on_a_small_terminal(
    sample: Sample, settle: Settle, size: tuple[int, int]
) -> None:
    async def look(pilot: Any, explorer: ExplorerScreen) -> None:
        await pilot.press("3", "I")
        await settle(pilot)
        screen = pilot.app.screen
        assert isinstance(screen, InfluenceMapScreen)
        assert screen.query_one("#keys").region.bottom <= size[1]
        assert screen.query_one("#map").region.height >= 2
        await pilot.press("escape")

    explore(look, sample("brackets.h5"), settle, size)


@pytest.mark.parametrize(
    ("scale", "written"),
    [("margin", "next.margin["), ("probability", "next["), ("logit", "next.l")],
)
def test_a_softmax_is_asked_for_its_margin_or_p_on_request(
    sample: Sample, settle: Settle, scale: str, written: str
) -> None:
    async def look(pilot: Any, explorer: ExplorerScreen) -> None:
        explorer.commands.influence_on(scale)
        await settle(pilot)
        assert lane_text(explorer).startswith(written)
        assert " = " in lane_text(explorer)

    explore(look, sample("char-lstm.h5"), settle, (140, 40))


def test_what_was_written_when_is_one_key_away_and_has_a_name_to_look_for(
    sample: Sample, settle: Settle
) -> None:
    async def look(pilot: Any, explorer: ExplorerScreen) -> None:
        await pilot.press("3", "m")
        await settle(pilot)
        stage = explorer.views.current.stage  # type: ignore[attr-defined]
        assert stage.maps[0].channel.symbol == "→c"

        cell = explorer.cell
        assert cell is not None
        [found] = [one for one in quantities_of(cell) if one.symbol == "→c"]
        assert "written and still there" in found.words

    explore(look, sample("counter.keras"), settle, (120, 40))


def test_where_the_unit_is_alone_it_is_said_where_the_influence_is(
    sample: Sample, settle: Settle
) -> None:
    async def look(pilot: Any, explorer: ExplorerScreen) -> None:
        await pilot.press("3", "u", "i")
        await settle(pilot)
        assert "u shows it" in explorer.frame.message

    explore(look, sample("brackets.h5"), settle, (80, 24))
