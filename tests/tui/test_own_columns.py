"""A column of the user's in the explorer: read from a file or as typed,
correlated with every unit, seen over time, and dropped where it doesn't fit.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from exploring import Sample, Settle, explore
from textual.widgets import Input, Static

from rnn_tui.errors import SequenceError
from rnn_tui.sequences.columns import named, read_column
from rnn_tui.tui.renderables.palette import Look
from rnn_tui.tui.renderables.rows import parts
from rnn_tui.tui.screens.explorer import ExplorerScreen
from rnn_tui.tui.screens.path_names import completed
from rnn_tui.tui.screens.reading_prompt import ReadingPrompt
from rnn_tui.tui.states_page.column_lanes import column_lanes
from rnn_tui.tui.states_page.unit_notes import unit_notes
from rnn_tui.tui.views.units import UnitsView
from rnn_tui.tui.widgets.table import RowTable

DEPTH = [0, 1, 1, 2, 2, 2, 1, 2, 2, 3, 4, 4, 3, 3, 2, 1, 0, 0, 0, 1, 1, 0]
"""How deep the brackets of the sample's own sequence are nested."""
WRITTEN = "depth=" + " ".join(map(str, DEPTH))


async def column(pilot: Any, settle: Settle, text: str) -> None:
    """Type a column and have it taken."""
    await pilot.press("C")
    await settle(pilot)
    pilot.app.screen.query_one(Input).value = text
    await settle(pilot)
    await pilot.press("enter")
    await settle(pilot)


def said(pilot: Any) -> str:
    """What the prompt says below its line."""
    return str(pilot.app.screen.query_one("#meaning", Static).render())


def titles(explorer: ExplorerScreen) -> list[str]:
    table = explorer.query_one(UnitsView).query_one(RowTable)
    return [shown.title for shown in table.columns]


def test_a_typed_column_is_a_column_of_the_table_and_sorts_it(
    sample: Sample, settle: Settle
) -> None:
    async def look(pilot: Any, explorer: ExplorerScreen) -> None:
        await pilot.press("6")
        await column(pilot, settle, WRITTEN)
        assert explorer.cell is not None
        c = explorer.cell.read("c")[0].astype("f8")
        wanted = [float(np.corrcoef(c[:, k], DEPTH)[0, 1]) for k in range(4)]
        table = explorer.query_one(UnitsView).shown_table()
        assert table is not None
        at = table.columns.index("r depth")
        shown = {row[0]: row[at] for row in table.rows}
        assert [shown[k] for k in range(4)] == pytest.approx(wanted, abs=1e-9)
        assert table.tree is not None
        exported = table.tree["units"]["lstm"]["rankings"]["r depth"]
        assert "your column depth" in exported["meaning"]

        assert titles(explorer)[2] == "r depth"
        await pilot.press("S")
        await settle(pilot)
        assert titles(explorer)[2] == "▾r depth"
        order = np.argsort(-np.abs(wanted), kind="stable").tolist()
        rows = explorer.query_one(UnitsView).query_one(RowTable).rows
        assert [parts(row[0])[0] for row in rows][:4] == list(map(str, order))
        assert explorer.session.order.units == tuple(order)
        notes = str(explorer.query_one("#notes").render())  # type: ignore[attr-defined]
        assert f"your column depth goes best with c of unit {order[0]}" in notes

    explore(look, sample("counter.keras"), settle, (120, 40))


def test_the_column_of_the_command_line_has_the_same_numbers(
    sample: Sample, settle: Settle, capsys: pytest.CaptureFixture[str]
) -> None:
    import json

    from rnn_tui.cli import main

    main(["analyze", "counter", "--column", WRITTEN, "--format", "json"])
    tree = json.loads(capsys.readouterr().out)
    wanted = tree["units"]["lstm"]["correlation"]["depth"]

    async def look(pilot: Any, explorer: ExplorerScreen) -> None:
        await pilot.press("6")
        await column(pilot, settle, WRITTEN)
        table = explorer.query_one(UnitsView).shown_table()
        assert table is not None
        at = table.columns.index("r depth")
        shown = [row[at] for row in sorted(table.rows)]
        assert shown == pytest.approx(wanted, abs=1e-12)

    explore(look, sample("counter.keras"), settle, (120, 40))


def test_a_file_s_path_is_completed_and_its_name_is_the_column_s(
    sample: Sample,
    settle: Settle,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    lines = "\n".join(map(str, DEPTH))
    (tmp_path / "how_deep.csv").write_text(f"{lines}\n", encoding="utf-8")

    async def look(pilot: Any, explorer: ExplorerScreen) -> None:
        await pilot.press("3", "C", *"how", "tab")
        await settle(pilot)
        assert pilot.app.screen.query_one(Input).value == "how_deep.csv"
        assert "how_deep: 22 numbers" in said(pilot)
        await pilot.press("enter")
        await settle(pilot)
        [lane] = column_lanes(explorer.session)
        np.testing.assert_array_equal(lane.row.read(0, 22, 0), DEPTH)
        assert lane.caption == "your column how_deep, from 0 to 4.00"
        notes = unit_notes(explorer.session, 60, Look())
        text = "".join(part.text for part in notes[-1])
        assert text.startswith("like   how_deep ")

    explore(look, sample("counter.keras"), settle, (140, 40))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("depth=1 2 3", "it has 3 numbers, the sequence 22 timesteps"),
        ("depth=nowhere.csv", "nowhere.csv"),
        ("depth=a b c", "depth"),
    ],
)
def test_what_is_no_column_of_this_run_is_refused_in_words(
    sample: Sample, settle: Settle, text: str, words: str
) -> None:
    async def look(pilot: Any, explorer: ExplorerScreen) -> None:
        await column(pilot, settle, text)
        assert isinstance(pilot.app.screen, ReadingPrompt)
        assert words in said(pilot)
        assert explorer.session.subject.columns == ()
        await pilot.press("escape")

    explore(look, sample("counter.keras"), settle, (120, 40))


def test_it_stays_with_a_sequence_of_its_length_and_goes_with_another(
    sample: Sample, settle: Settle
) -> None:
    async def look(pilot: Any, explorer: ExplorerScreen) -> None:
        await pilot.press("6")
        await column(pilot, settle, WRITTEN)
        await pilot.press("s", *"zeros:22", "enter")
        await settle(pilot)
        assert "r depth" in titles(explorer)
        await pilot.press("s", *"zeros:5", "enter")
        await settle(pilot)
        assert "r depth" not in titles(explorer)
        assert "dropped" in explorer.frame.message
        assert "depth (22 numbers)" in explorer.frame.message

    explore(look, sample("counter.keras"), settle, (120, 40))


def test_a_changed_run_has_it_and_the_run_without_the_change_too(
    sample: Sample, settle: Settle
) -> None:
    async def look(pilot: Any, explorer: ExplorerScreen) -> None:
        await pilot.press("3", "x")
        await settle(pilot)
        await column(pilot, settle, WRITTEN)
        assert len(column_lanes(explorer.session)) == 1
        await pilot.press("W")
        await settle(pilot)
        assert explorer.session.reference is None
        assert len(column_lanes(explorer.session)) == 1

    explore(look, sample("counter.keras"), settle, (120, 40))


def test_one_of_the_same_name_takes_its_place_and_an_empty_line_takes_all(
    sample: Sample, settle: Settle
) -> None:
    async def look(pilot: Any, explorer: ExplorerScreen) -> None:
        await pilot.press("6")
        await column(pilot, settle, WRITTEN)
        await column(pilot, settle, "other=ramp:22")
        await column(pilot, settle, "depth=sine:22")
        columns = explorer.session.subject.columns
        assert [one.name for one in columns] == ["other", "depth"]
        assert titles(explorer)[2:4] == ["r other", "r depth"]
        table = explorer.query_one(UnitsView).shown_table()
        assert table is not None
        assert explorer.cell is not None
        c = explorer.cell.read("c")[0, :, 0].astype("f8")
        wanted = float(np.corrcoef(c, columns[1].values)[0, 1])
        shown = next(row for row in table.rows if row[0] == 0)
        at = table.columns.index("r depth")
        assert shown[at] == pytest.approx(wanted, abs=1e-6)
        await column(pilot, settle, "")
        assert explorer.session.subject.columns == ()
        assert "r depth" not in titles(explorer)

    explore(look, sample("counter.keras"), settle, (140, 40))


def test_a_column_named_like_an_input_has_a_name_of_its_own(
    sample: Sample, settle: Settle
) -> None:
    async def look(pilot: Any, explorer: ExplorerScreen) -> None:
        await pilot.press("6")
        await column(pilot, settle, "t=sine:22")
        table = explorer.query_one(UnitsView).shown_table()
        assert table is not None
        assert "r t (yours)" in table.columns
        assert "r t" in table.columns

    explore(look, sample("counter.keras"), settle, (160, 40))


@pytest.mark.parametrize("words", ["column", "correlate", "csv label"])
def test_the_palette_finds_it(
    sample: Sample, settle: Settle, words: str
) -> None:
    async def look(pilot: Any, explorer: ExplorerScreen) -> None:
        await pilot.press("ctrl+p")
        await settle(pilot)
        pilot.app.screen.query_one(Input).value = words
        await settle(pilot)
        assert "Correlate with your own column  (C)" in said(pilot)
        await pilot.press("escape")

    explore(look, sample("counter.keras"), settle, (120, 40))


def test_a_name_is_before_the_equals_sign_or_the_file_s() -> None:
    assert named("depth = 1 2") == ("depth", "1 2")
    assert named("1 2") == ("column", "1 2")
    assert named("data/deep.npy") == ("deep", "data/deep.npy")
    assert named("runs/a=1/deep.npy") == ("deep", "runs/a=1/deep.npy")


def test_a_batch_is_no_column() -> None:
    with pytest.raises(SequenceError, match="2 sequences, a column is one"):
        read_column("a", "[[[1],[2]],[[3],[4]]]", 4)


def test_names_are_completed_as_far_as_they_agree(tmp_path: Path) -> None:
    for name in ("deep_1.csv", "deep_2.csv", "deep.h5"):
        (tmp_path / name).touch()

    assert completed("de", str(tmp_path)) == "deep_"
    assert completed("deep_1", str(tmp_path)) == "deep_1.csv"
    assert completed("0.1 0.2", str(tmp_path)) == "0.1 0.2"
