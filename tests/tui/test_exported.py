"""`e` in every view: the numbers that the command line writes, the picture, the
run as an animation.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from exploring import Sample, Settle, explore, state_text
from textual.widgets import Input

from rnn_tui.cli import main
from rnn_tui.tui.screens.explorer import ExplorerScreen
from rnn_tui.tui.screens.exporting import ExportPrompt
from rnn_tui.tui.session.jobs import write_table


async def written(pilot: Any, settle: Settle, path: Path) -> None:
    """Type the path of an export and wait until it is there."""
    await pilot.press("e")
    await settle(pilot)
    assert isinstance(pilot.app.screen, ExportPrompt)
    pilot.app.screen.query_one(Input).value = str(path)
    await pilot.press("enter")
    await settle(pilot)


@pytest.mark.parametrize(
    ("view", "layers"), [("states", ("lstm",)), ("output", ("output",))]
)
def test_states_and_output_write_the_lines_of_a_trace(
    sample: Sample,
    settle: Settle,
    tmp_path: Path,
    view: str,
    layers: tuple[str],
) -> None:
    async def scenario(pilot: Any, explorer: ExplorerScreen) -> None:
        await written(pilot, settle, tmp_path / "shown.csv")

    path = sample("lstm-25.h5")
    explore(scenario, path, settle, view=view, inputs=("sine:9",))
    whole = tmp_path / "trace.csv"
    assert main(["trace", path, "--input", "sine:9", "-o", str(whole)]) == 0
    head, *lines = whole.read_text().splitlines()
    shown_head, *shown = (tmp_path / "shown.csv").read_text().splitlines()
    assert shown_head == head
    assert shown
    assert set(shown) <= set(lines)
    if view == "states":
        wanted = [
            line for line in lines if line.startswith(("lstm,,h,", "lstm,,c,"))
        ]
    else:
        wanted = [line for line in lines if line.startswith("output,")]
    assert sorted(shown) == sorted(wanted)


def test_the_json_of_states_has_the_paths_of_a_trace(
    sample: Sample, settle: Settle, tmp_path: Path
) -> None:
    async def scenario(pilot: Any, explorer: ExplorerScreen) -> None:
        table = explorer.current.shown_table()
        assert table is not None
        write_table(table, str(tmp_path / "shown.json"), False)

    path = sample("bilstm-4.keras")
    explore(scenario, path, settle, view="states", inputs=("random:5",))
    whole = tmp_path / "trace.json"
    assert main(["trace", path, "--input", "random:5", "-o", str(whole)]) == 0
    shown = json.loads((tmp_path / "shown.json").read_text())
    expected = json.loads(whole.read_text())
    for side in ("forward", "backward"):
        one = shown["bidirectional"][side]
        assert set(one) == {"h"}
        assert one["h"] == expected["bidirectional"][side]["h"]


@pytest.mark.parametrize(
    "view", ["layers", "weights", "states", "step", "output"]
)
def test_every_view_is_written_as_a_picture(
    sample: Sample, settle: Settle, tmp_path: Path, view: str
) -> None:
    path = tmp_path / "x.svg"

    async def scenario(pilot: Any, explorer: ExplorerScreen) -> None:
        await written(pilot, settle, path)
        assert pilot.app.screen is explorer
        assert "wrote the picture to" in state_text(explorer)

    explore(scenario, sample("lstm-4-last.h5"), settle, view=view)
    text = path.read_text()
    assert ">lstm-4-last.h5<" in text
    # the dialog is not in it
    assert "Export" not in text


def test_the_run_is_written_as_an_animation_and_the_place_stays(
    sample: Sample, settle: Settle, tmp_path: Path
) -> None:
    path = tmp_path / "x.cast"

    async def scenario(pilot: Any, explorer: ExplorerScreen) -> None:
        await pilot.press("right", "right")
        await written(pilot, settle, path)
        assert explorer.place.t == 2
        assert not explorer.playing
        assert "wrote 7 pictures" in state_text(explorer)

    explore(
        scenario,
        sample("lstm-25.h5"),
        settle,
        view="states",
        inputs=("ramp:7",),
    )
    assert len(path.read_text().splitlines()) == 1 + 7 + 1


def test_a_file_that_exists_is_replaced_on_a_second_enter(
    sample: Sample, settle: Settle, tmp_path: Path
) -> None:
    path = tmp_path / "x.svg"
    path.write_text("mine")

    async def scenario(pilot: Any, explorer: ExplorerScreen) -> None:
        await written(pilot, settle, path)
        assert path.read_text() == "mine"
        await pilot.press("enter")
        await settle(pilot)
        assert path.read_text().startswith("<svg")

    explore(scenario, sample("lstm-1.h5"), settle)


@pytest.mark.parametrize("kind", ["csv", "json"])
def test_layers_write_what_the_command_line_writes(
    sample: Sample, settle: Settle, tmp_path: Path, kind: str
) -> None:
    ours, theirs = tmp_path / f"ours.{kind}", tmp_path / f"theirs.{kind}"

    async def scenario(pilot: Any, explorer: ExplorerScreen) -> None:
        table = explorer.current.shown_table()
        assert table is not None
        write_table(table, str(ours), False)

    path = sample("bilstm-4.keras")
    explore(scenario, path, settle)
    assert main(["layers", path, "-o", str(theirs)]) == 0
    if kind == "csv":
        assert ours.read_text() == theirs.read_text()
        return

    found = json.loads(ours.read_text())["layers"]
    assert found == json.loads(theirs.read_text())["layers"]


@pytest.mark.parametrize("suffix", ["csv", "json"])
def test_the_assumptions_go_with_the_numbers_of_a_view(
    settle: Settle, tmp_path: Path, suffix: str
) -> None:
    data = Path(__file__).parents[1] / "data" / "pytorch"
    path = str(data / "tagger.safetensors")
    shown = tmp_path / f"shown.{suffix}"

    async def scenario(pilot: Any, explorer: ExplorerScreen) -> None:
        await written(pilot, settle, shown)

    explore(scenario, path, settle, view="states", inputs=("1 2 3",))
    whole = tmp_path / f"trace.{suffix}"
    assert main(["trace", path, "--input", "1 2 3", "-o", str(whole)]) == 0
    if suffix == "json":
        of_trace = json.loads(whole.read_text())["warnings"]
        of_view = json.loads(shown.read_text())["warnings"]
    else:
        of_trace, of_view = (
            [line for line in lines if line.startswith("warning,")]
            for lines in (
                whole.read_text().splitlines(),
                shown.read_text().splitlines(),
            )
        )
    assert of_view == of_trace
    assert of_view
