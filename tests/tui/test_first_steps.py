"""What a newcomer met: units that can be gone to, numbers and titles that are
whole, values that can be copied, errors in the dialog's own words.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from exploring import Sample, Settle, explore, state_text
from rich.cells import cell_len
from textual.widgets import Input, Static

from rnn_tui.cli import main
from rnn_tui.errors import EditError
from rnn_tui.tui.renderables.rows import fitted, parts
from rnn_tui.tui.screens.explorer import ExplorerScreen
from rnn_tui.tui.screens.influence_map import InfluenceMapScreen
from rnn_tui.tui.session.possible_changes import Possible, possible_changes
from rnn_tui.tui.units_page.rankings import Ranking, correlation, signed
from rnn_tui.tui.units_page.rows import (
    UnitRows,
    columns_that_fit,
    titles_of,
    unit_columns,
)
from rnn_tui.tui.widgets.table import RowTable


def of_series(name: str) -> Ranking:
    return Ranking(f"r {name}", f"r {name}", "", np.zeros(3), correlation)


def test_titles_of_columns_are_never_the_same() -> None:
    rankings = [of_series(f"character[{k}]") for k in (0, 3, 13)]
    titles = titles_of(rankings)
    assert len(set(titles)) == 3
    assert all(title.startswith("r ch") for title in titles)
    assert [title[-4:-1] for title in titles] == ["r[0", "r[3", "[13"]

    twins = [of_series("a" * 20 + middle + "b" * 20) for middle in "xy"]
    assert len(set(titles_of(twins))) == 2

    columns = unit_columns(rankings, 0, 12, ascii_only=False)
    for column in columns:
        assert cell_len(column.title) <= column.width


def test_no_number_of_a_column_is_cut() -> None:
    """The extremes are short here, the numbers between them long."""
    values = np.array([-9.0, -0.00123, 0.0456, 8.0, np.nan, np.inf, 0.0])
    ranking = Ranking("off", "off: Δ", "", values, signed, (-0.00456,))
    shown, room = columns_that_fit([ranking], 100, 2)
    columns = unit_columns(shown, 0, room, ascii_only=False)
    rows = UnitRows(
        shown,
        np.arange(len(values)),
        np.zeros((2, len(values))),
        np.zeros((2, 1)),
        room,
    )
    for row in rows:
        text = parts(row[1])[0]
        assert fitted(text, columns[1]).strip() == text


def test_g_and_find_go_to_a_unit_of_the_units_view(
    sample: Sample, settle: Settle
) -> None:
    async def scenario(pilot: Any, explorer: ExplorerScreen) -> None:
        t = explorer.place.t
        await pilot.press("g")
        await settle(pilot)
        meaning = pilot.app.screen.query_one("#meaning", Static)
        assert "0 to 15; −1 is the last one" in str(meaning.render())
        await pilot.press("1", "6", "enter")
        assert "units go from 0 to 15" in str(meaning.render())
        await pilot.press("backspace", "1", "enter")
        await settle(pilot)
        assert (explorer.place.unit, explorer.place.t) == (11, t)
        table = explorer.current.query_one(RowTable)
        assert parts(table.rows[table.row][0])[0] == "11"

        await pilot.press("slash")
        await settle(pilot)
        pilot.app.screen.query_one(Input).value = "unit 7"
        await settle(pilot)
        meaning = pilot.app.screen.query_one("#meaning", Static)
        assert "spread c" in str(meaning.render())
        await pilot.press("enter")
        await settle(pilot)
        assert explorer.place.unit == 7

    explore(scenario, sample("brackets.h5"), settle, (120, 40), view="units")


def test_each_direction_has_the_effects_of_its_units(
    sample: Sample, settle: Settle
) -> None:
    async def scenario(pilot: Any, explorer: ExplorerScreen) -> None:
        for path in ("bidirectional/forward", "bidirectional/backward"):
            assert explorer.cell is not None
            assert explorer.cell.key == path
            table = explorer.current.shown_table()
            assert table is not None
            assert "off" in table.columns
            assert not any("several cells" in line for line in notes(explorer))
            await pilot.press("right_square_bracket")
            await settle(pilot)

    explore(scenario, sample("bilstm-4.keras"), settle, (160, 48), view="units")


def notes(explorer: ExplorerScreen) -> list[str]:
    page = explorer.current.query_one("#notes", Static)

    return str(page.render()).splitlines()


def test_y_copies_the_value_under_the_cursor_of_the_influence_map(
    sample: Sample, settle: Settle
) -> None:
    async def scenario(pilot: Any, explorer: ExplorerScreen) -> None:
        await pilot.press("end", "I")
        await settle(pilot)
        screen = pilot.app.screen
        assert isinstance(screen, InfluenceMapScreen)
        await pilot.press("left", "y")
        value = float(screen._found.values[screen._row, screen._column])
        assert pilot.app.clipboard == repr(value)
        place = screen.query_one("#place", Static)
        assert "copied t 21, s 20" in str(place.render())
        assert "y copy" in str(screen.query_one("#keys", Static).render())

    explore(scenario, sample("brackets.h5"), settle, view="states")


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("read it several times", "0", "type a whole number from 1"),
        ("read it several times", "two", "'two' is not how many times"),
        ("clamp f", "abc", "'abc' is not a value of f: type a number"),
        ("clamp h", "inf", "type a number"),
        ("another value", "", "type the new value"),
    ],
)
def test_a_change_is_refused_in_the_words_of_its_dialog(
    sample: Sample, settle: Settle, name: str, text: str, words: str
) -> None:
    async def scenario(pilot: Any, explorer: ExplorerScreen) -> None:
        change = named(explorer, name)
        with pytest.raises(EditError, match=words) as raised:
            change.make(text)

        assert "lstm:" not in str(raised.value)
        assert "t=" not in str(raised.value)

    explore(scenario, sample("brackets.h5"), settle, view="states")


def named(explorer: ExplorerScreen, name: str) -> Possible:
    found = [
        one
        for one in possible_changes(explorer.session)
        if one.name.endswith(name)
    ]

    return found[0]


@pytest.mark.parametrize(("lines", "said"), [(12, True), (17, False)])
def test_influence_without_room_is_said(
    sample: Sample, settle: Settle, lines: int, said: bool
) -> None:
    async def scenario(pilot: Any, explorer: ExplorerScreen) -> None:
        await pilot.press("i")
        await settle(pilot)
        words = "no room for influence: 17 lines needed"
        assert (words in state_text(explorer)) is said

    explore(scenario, sample("brackets.h5"), settle, (40, lines), view="states")


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (["layers", "--format", "json", "-o", "x.csv"], "--format json"),
        (["weights", "--format", "csv", "-o", "x.npz"], "contradicts .npz"),
        (["trace", "--format", "table", "-o", "x.json"], "contradicts .json"),
        (["analyze", "--format", "csv", "-o", "x.txt"], "contradicts .txt"),
        (["weights", "-o", "x.xyz"], ".json, .csv, .txt, .npz, .npy"),
    ],
)
def test_an_output_file_that_cant_be_is_refused_in_words(
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    argv: list[str],
    words: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    command, *options = argv
    assert main([command, "brackets", *options]) == 2
    captured = capsys.readouterr()
    assert words in captured.err
    assert captured.err.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_a_format_that_the_extension_says_too_is_taken(tmp_path: Path) -> None:
    for name in ("x.csv", "x.data"):
        path = tmp_path / name
        argv = ["layers", "brackets", "--format", "csv", "-o", str(path)]
        assert main(argv) == 0
        assert path.read_text().startswith("name,class,")
