"""The Units view: a row for each unit, sorted by the question one asks; and the
trajectory.
"""

from __future__ import annotations

import re
from pathlib import Path as Path_
from typing import Any

import numpy as np
import pytest
from exploring import Sample, Settle, explore
from made_traces import lstm_trace

from rnn_tui import open_model
from rnn_tui.analysis.edited_cells import OFF_BY_MEAN
from rnn_tui.analysis.series import Series
from rnn_tui.analysis.units import unit_statistics
from rnn_tui.tui.renderables.palette import Look
from rnn_tui.tui.renderables.rows import parts
from rnn_tui.tui.renderables.trajectory import Path, drawn
from rnn_tui.tui.screens.explorer import ExplorerScreen
from rnn_tui.tui.screens.trajectory import TrajectoryScreen
from rnn_tui.tui.units_page.known import Known, known_of
from rnn_tui.tui.units_page.notes import named_unit, purpose
from rnn_tui.tui.units_page.rankings import (
    Ranking,
    rankings,
    share,
    timesteps,
)
from rnn_tui.tui.units_page.rows import UnitRows, columns_that_fit, courses
from rnn_tui.tui.views.units import UnitsView
from rnn_tui.tui.widgets.table import RowTable


def table_of(explorer: ExplorerScreen) -> RowTable:
    return explorer.query_one(UnitsView).query_one(RowTable)


def first_column(explorer: ExplorerScreen) -> list[str]:
    return [parts(row[0])[0] for row in table_of(explorer).rows]


def test_the_units_are_sorted_by_how_much_their_state_varies(
    sample: Sample, settle: Settle
) -> None:
    path = sample("brackets.h5")
    trace = open_model(path).run(_tokens(path))
    spread = trace.cells[0].read("c")[0].std(axis=0)
    wanted = np.argsort(-spread, kind="stable").tolist()

    async def look(pilot: Any, explorer: ExplorerScreen) -> None:
        await pilot.press("6")
        await settle(pilot)
        components = ["PC1", "PC2", "PC3"]
        units = [str(unit) for unit in wanted]
        assert first_column(explorer) == units + components
        await pilot.press("home")
        await settle(pilot)
        assert explorer.session.cursor.unit == wanted[0]

    explore(look, path, settle, (120, 40))


def _tokens(path: str) -> Any:
    from rnn_tui.samples import samples
    from rnn_tui.sequences import parse_sequence
    from rnn_tui.sequences.tokens import load_vocabulary

    found = next(one for one in samples() if str(one.path) == path)
    vocabulary = load_vocabulary(str(found.vocab))
    inputs = open_model(path).model.inputs

    return parse_sequence(found.input, inputs, vocab=vocabulary).arrays


def test_s_sorts_by_the_next_column_and_the_cursor_stays_on_its_unit(
    sample: Sample, settle: Settle
) -> None:
    async def look(pilot: Any, explorer: ExplorerScreen) -> None:
        await pilot.press("6")
        await settle(pilot)
        await pilot.press("down", "down")
        await settle(pilot)
        unit = explorer.session.cursor.unit
        before = first_column(explorer)
        await pilot.press("S")
        await settle(pilot)
        after = first_column(explorer)
        assert sorted(before) == sorted(after)
        assert before != after
        assert explorer.session.cursor.unit == unit
        assert after[table_of(explorer).row] == str(unit)

    explore(look, sample("brackets.h5"), settle, (120, 40))


def test_enter_shows_the_states_of_the_unit(
    sample: Sample, settle: Settle
) -> None:
    async def look(pilot: Any, explorer: ExplorerScreen) -> None:
        await pilot.press("6")
        await settle(pilot)
        await pilot.press("down", "enter")
        await settle(pilot)
        assert explorer.view == "states"

    explore(look, sample("brackets.h5"), settle, (120, 40))


def test_another_run_is_analysed_anew(sample: Sample, settle: Settle) -> None:
    async def look(pilot: Any, explorer: ExplorerScreen) -> None:
        await pilot.press("6")
        await settle(pilot)
        before = dict(explorer.session.subject.answers)
        assert before
        await pilot.press("s", *"zeros:5", "enter")
        await settle(pilot)
        after = explorer.session.subject.answers
        for question, answer in after.items():
            assert before.get(question) is not answer

        text = str(explorer.query_one("#heading").render())
        assert "5 timesteps" in text

    explore(look, sample("lstm-25.h5"), settle, (120, 40))


def test_a_unit_without_a_number_is_sorted_last() -> None:
    values = np.array([0.5, np.nan, -2.0, np.inf])
    ranking = Ranking("a", "a", "", values, timesteps)
    assert ranking.order().tolist() == [3, 2, 0, 1]


@pytest.mark.parametrize(
    ("value", "text"),
    [(np.inf, "∞"), (0.0, "0"), (1.9321, "1.9"), (1234.5, "1,234")],
)
def test_times_are_written_short(value: float, text: str) -> None:
    assert timesteps(value) == text


def test_a_share_of_nothing_is_a_point() -> None:
    assert (share(0.0), share(-0.5), share(np.nan)) == ("·", "−0.50", "–")


def test_columns_that_have_no_room_are_left_out() -> None:
    ranking = Ranking("a", "a title", "", np.zeros(3), share)
    few, _ = columns_that_fit([ranking] * 9, 50, 2)
    many, room = columns_that_fit([ranking] * 9, 200, 2)
    assert len(few) < 9 == len(many)
    assert room >= 12


def test_the_trajectory_goes_to_the_timestep_it_is_left_at(
    sample: Sample, settle: Settle
) -> None:
    async def look(pilot: Any, explorer: ExplorerScreen) -> None:
        await pilot.press("T")
        await settle(pilot)
        assert isinstance(pilot.app.screen, TrajectoryScreen)
        await pilot.press("home", "right", "right", "escape")
        await settle(pilot)
        assert explorer.session.cursor.t == 2

    explore(look, sample("brackets.h5"), settle, (100, 30))


def test_a_trajectory_of_one_unit_is_refused_in_words(
    sample: Sample, settle: Settle
) -> None:
    async def look(pilot: Any, explorer: ExplorerScreen) -> None:
        await pilot.press("T")
        await settle(pilot)
        assert "two units" in explorer.frame.message

    explore(look, sample("lstm-1.h5"), settle, (100, 30))


def test_a_path_has_a_mark_for_each_point_and_one_for_now() -> None:
    corners = np.array([[0.0, 0.0], [1.0, 1.0], [np.nan, np.nan], [0.0, 1.0]])
    path = Path(corners, np.array([0, 1, 0, 0]))
    lines = drawn(path, 1, 20, 6, Look())
    text = ["".join(segment.text for segment in line) for line in lines]
    assert [len(line) for line in text] == [20] * 6
    assert text[0][0] == "•"
    assert text[0][19] == "●"
    assert text[5][0] == "•"
    # no line to or from a timestep that wasn't read
    assert set(text[0][1:10]) == {" "}


def test_what_is_exported_has_every_ranking_with_its_meaning(
    sample: Sample, settle: Settle
) -> None:
    async def look(pilot: Any, explorer: ExplorerScreen) -> None:
        await pilot.press("6")
        await settle(pilot)
        table = explorer.query_one(UnitsView).shown_table()
        assert table is not None
        assert table.columns[0] == "unit"
        assert len(table.rows) == 4
        assert table.tree is not None
        found = table.tree["units"]["lstm"]["rankings"]
        assert list(found) == list(table.columns[1:])
        off = found["off"]["values"]
        assert int(np.argmax(np.abs(off))) == 0
        assert "h = 0" in found["off"]["meaning"]

    explore(look, sample("counter.keras"), settle, (160, 44))


def test_gates_that_are_never_saturated_have_no_plot(
    sample: Sample, settle: Settle
) -> None:
    seen: list[bool] = []

    async def look(pilot: Any, explorer: ExplorerScreen) -> None:
        await pilot.press("6")
        await settle(pilot)
        seen.append(explorer.query_one("#shares").display)

    explore(look, sample("brackets.h5"), settle, (160, 60))
    explore(look, sample("counter.keras"), settle, (160, 60))
    assert seen == [False, True]


@pytest.mark.parametrize("size", [(160, 48), (80, 24), (40, 12)])
def test_the_selected_row_is_always_in_sight(
    sample: Sample, settle: Settle, size: tuple[int, int]
) -> None:
    async def look(pilot: Any, explorer: ExplorerScreen) -> None:
        await pilot.press("6")
        await settle(pilot)
        await pilot.press("G")
        await settle(pilot)
        table = table_of(explorer)
        assert table.row == 63
        first = round(table.scroll_y)
        seen = table.scrollable_content_region.height - 1
        assert first <= table.row < first + seen
        assert table.region.bottom <= explorer.query_one("#view").region.bottom

    explore(look, sample("char-lstm.h5"), settle, size)


def test_on_a_low_terminal_tab_shows_the_sentences(
    sample: Sample, settle: Settle
) -> None:
    async def look(pilot: Any, explorer: ExplorerScreen) -> None:
        await pilot.press("6")
        await settle(pilot)
        reading = explorer.query_one("#reading")
        notes = explorer.query_one("#notes")
        assert not reading.display
        await pilot.press("tab")
        await settle(pilot)
        assert reading.display
        assert reading.has_focus
        assert "off: open[0]" in str(notes.render())  # type: ignore[attr-defined]

    explore(look, sample("counter.keras"), settle, (60, 13))


def test_pictures_have_their_means_over_time() -> None:
    path = Path_(__file__).parent.parent / "data" / "2.13.1__movie.h5"
    trace = open_model(path).run("random:12")
    cell = trace.cells[0]
    assert cell.initial["h"].ndim > 2
    whole = courses(cell, "h", 0, 40)
    assert whole.shape == (12, cell.units)
    assert courses(cell, "h", 0, 7).shape == (7, cell.units)


def test_the_unit_that_counts_is_named_with_what_proves_it(
    sample: Sample, settle: Settle
) -> None:
    said: list[str] = []

    async def look(pilot: Any, explorer: ExplorerScreen) -> None:
        await pilot.press("6")
        await settle(pilot)
        said.append(text_of(explorer, "notes").replace("\n", " "))

    explore(look, sample("counter.keras"), settle, (160, 48))
    explore(look, sample("brackets.h5"), settle, (160, 48))
    assert "open[0] goes best with c of unit 3 (r −0.96)" in said[0]
    assert "no other unit comes near" in said[0]
    assert "no single unit does it alone" in said[1]
    assert "nearly as well with 7 (+0.98)" in said[1]
    assert "PC1 of h" in said[1]


@pytest.mark.parametrize(
    ("name", "unit"),
    [("counter.keras", 3), ("brackets.h5", 0), ("sine-gru.keras", 7)],
)
def test_the_cursor_starts_on_the_unit_that_is_named(
    sample: Sample, settle: Settle, name: str, unit: int
) -> None:
    async def look(pilot: Any, explorer: ExplorerScreen) -> None:
        assert explorer.session.cursor.unit == 0
        await pilot.press("6")
        await settle(pilot)
        assert explorer.session.cursor.unit == unit
        assert first_column(explorer)[table_of(explorer).row] == str(unit)

    explore(look, sample(name), settle, (120, 40))


def test_the_cursor_stays_on_a_unit_that_was_chosen(
    sample: Sample, settle: Settle
) -> None:
    async def look(pilot: Any, explorer: ExplorerScreen) -> None:
        await pilot.press("3", "down", "down", "6")
        await settle(pilot)
        assert explorer.session.cursor.unit == 2
        await pilot.press("3", "up", "up", "6")
        await settle(pilot)
        assert explorer.session.cursor.unit == 0

    explore(look, sample("counter.keras"), settle, (120, 40))


def test_time_alone_chooses_no_unit(sample: Sample, settle: Settle) -> None:
    async def look(pilot: Any, explorer: ExplorerScreen) -> None:
        await pilot.press("3", "home", "right", "6")
        await settle(pilot)
        assert explorer.session.cursor.unit == 3

    explore(look, sample("counter.keras"), settle, (120, 40))


def text_of(explorer: ExplorerScreen, part: str) -> str:
    found = explorer.query_one(UnitsView).query_one(f"#{part}")
    assert found.display

    return str(found.render())  # type: ignore[attr-defined]


@pytest.mark.parametrize("size", [(160, 48), (80, 24)])
def test_switching_the_named_unit_off_is_proved_over_time(
    sample: Sample, settle: Settle, size: tuple[int, int]
) -> None:
    async def look(pilot: Any, explorer: ExplorerScreen) -> None:
        await pilot.press("6")
        await settle(pilot)
        assert not explorer.query_one(UnitsView).query_one("#proof").display
        await pilot.press("x")
        await settle(pilot)

        session = explorer.session
        assert session.cursor.unit == 3
        assert first_column(explorer)[3] == "3 off"
        assert session.reference is not None
        assert session.subject.trace is not None
        after = session.subject.trace.outputs[0][0, :, 0]
        before = session.reference.trace.outputs[0][0, :, 0]
        t = int(np.abs(after - before).argmax())
        moved = int((after != before).sum())

        notes = text_of(explorer, "notes").replace("\n", " ")
        assert f"moves open[0] at {moved} of 22 timesteps" in notes
        assert f"most at t {t}: {before[t]:.3g} → ".replace("-", "−") in notes
        assert "5 shows both over time" in notes
        proof = text_of(explorer, "proof")
        assert "with the change" in proof
        assert "without" in proof
        assert ("5", "over time") in explorer.query_one(UnitsView).footer

        table = table_of(explorer)
        first = round(table.scroll_y)
        seen = table.scrollable_content_region.height - 1
        assert first <= table.row < first + seen

        # what goes with the output is said of the units that are on
        known = known_of(session)
        assert list(known.off) == [3]
        assert named_unit(known) != 3
        for ranking in rankings(known):
            assert ranking.order()[-1] == 3

        await pilot.press("b")
        await settle(pilot)
        assert not explorer.query_one(UnitsView).query_one("#proof").display
        assert "b shows the difference" in text_of(explorer, "notes")

        await pilot.press("x")
        await settle(pilot)
        assert explorer.session.cursor.unit == 3
        assert "without" not in text_of(explorer, "notes")

    explore(look, sample("counter.keras"), settle, size)


@pytest.mark.parametrize(
    ("count", "words"),
    [(4, "too few to name a unit"), (5, "goes")],
)
def test_a_column_of_the_users_that_is_rare_names_no_unit(
    count: int, words: str
) -> None:
    cell = lstm_trace(2, 20).cells[0]
    label = (np.arange(20) < count).astype(float)
    columns = unit_statistics(cell, Series({"label": label}))
    known = Known(columns=columns)

    (sentence,) = purpose(known)

    assert words in sentence
    assert sentence.startswith("your column label")


def test_rare_tokens_come_after_the_others_and_have_no_column(
    sample: Sample, settle: Settle
) -> None:
    async def look(pilot: Any, explorer: ExplorerScreen) -> None:
        await pilot.press("6")
        await settle(pilot)
        units = known_of(explorer.session).units
        assert units is not None
        assert min(units.counts.values()) == 1
        notes = text_of(explorer, "notes").replace("\n", " ")
        changes = notes.partition("by token: ")[2].partition("memory")[0]
        counts = list(map(int, re.findall(r"\(n (\d+)\)", changes)))
        often = [count >= 5 for count in counts]
        assert True in often
        assert False in often
        assert often == sorted(often, reverse=True)

        titles = [one.title for one in rankings(known_of(explorer.session))]
        of_tokens = [title for title in titles if title.startswith("r “")]
        assert of_tokens
        for title in of_tokens:
            assert units.counts[title[3:-1]] >= 5

        assert "not ranked, for at fewer than 5 timesteps: “a” 1" in notes

    explore(look, sample("char-lstm.h5"), settle, (160, 48))


def test_of_many_outputs_the_one_that_moves_most_is_shown(
    sample: Sample, settle: Settle
) -> None:
    async def look(pilot: Any, explorer: ExplorerScreen) -> None:
        await pilot.press("6", "x")
        await settle(pilot)
        session = explorer.session
        assert session.reference is not None
        assert session.subject.trace is not None
        after = session.subject.trace.outputs[0][0].astype("f8")
        before = session.reference.trace.outputs[0][0].astype("f8")
        away = np.abs(after - before)
        t, unit = np.unravel_index(int(away.argmax()), away.shape)
        name = f"next “{known_of(session).classes[int(unit)]}”"

        notes = text_of(explorer, "notes").replace("\n", " ")
        assert f"the change moves {name} at " in notes
        assert f"most at t {t}: {before[t, unit]:.3g} → " in notes
        assert "5 shows all at each timestep" in notes
        assert text_of(explorer, "proof").startswith(name)

    explore(look, sample("char-lstm.h5"), settle, (160, 48))


def test_a_clamped_unit_is_told_from_one_that_is_off() -> None:
    rows = UnitRows(
        (),
        np.arange(3),
        np.zeros((2, 3)),
        np.zeros((2, 0)),
        4,
        off={1: OFF_BY_MEAN, 2: "clamped at 0.5"},
    )
    assert [parts(row[0])[0] for row in rows] == ["0", "1 off", "2 set"]


def test_a_table_that_is_not_laid_out_yet_has_its_columns(
    sample: Sample, settle: Settle
) -> None:
    async def look(pilot: Any, explorer: ExplorerScreen) -> None:
        view = explorer.query_one(UnitsView)
        shown = len(view.body.sorting(explorer.session).shown)
        assert shown > 5
        table = view.body.table
        table.display = False
        await settle(pilot)
        assert table.size.width == 0
        view.drawing.now()
        assert len(view.body.sorting(explorer.session).shown) == shown
        await settle(pilot)
        assert parts(table.rows[0][1])[0] == "0.956"

    explore(look, sample("counter.keras"), settle, (160, 48), view="units")
