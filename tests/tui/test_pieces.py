"""The explorer's small parts, without an app: explanations, tables, memory,
options.
"""

from __future__ import annotations

import json
import math
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from fakes import FakeModel, info, lstm_cell, opened

from rnn_tui.analysis.gates import gate_blocks
from rnn_tui.analysis.table import Table
from rnn_tui.engine.cells.kinds import KINDS
from rnn_tui.errors import ExportError
from rnn_tui.tui.renderables.gates import drawing
from rnn_tui.tui.renderables.rows import MatrixRows
from rnn_tui.tui.renderables.symbols import PARTS
from rnn_tui.tui.session.cursor import Place
from rnn_tui.tui.session.jobs import fingerprint, write_table
from rnn_tui.tui.session.state_file import MOST, Remembered
from rnn_tui.tui.session.tokens import fitting_names, visible
from rnn_tui.tui.startup.options import (
    ExplorerOptions,
    prepare_environment,
    wants_no_color,
)
from rnn_tui.tui.terminal.character_set import needs_ascii
from rnn_tui.tui.text.downstream import behind, stretches
from rnn_tui.tui.text.layer_help import (
    explanation,
    parts_by_shape,
    stored_parts,
)
from rnn_tui.tui.text.layer_outputs import arrays, choice_table
from rnn_tui.tui.text.model_outputs import picture
from rnn_tui.tui.weights_page.gate_rows import gate_rows
from rnn_tui.tui.weights_page.statistics_job import Measured, measure


def test_stored_arrays_fall_into_gates_and_a_constant_bias_is_written() -> None:
    parts = stored_parts(lstm_cell(features=1, units=25))
    lines = [
        line for line, _ in drawing(parts, ("i", "f", "c", "o"), PARTS, 120)
    ]
    assert lines == [
        "kernel             1 × 100  ┃ i 0–24  ┃ f 25–49 ┃ c 50–74 ┃ o 75–99 ┃  x·W     input → gates",
        "recurrent kernel  25 × 100  ┃ i       ┃ f       ┃ c       ┃ o       ┃  h·U     state → gates",
        "bias                   100  ┃ i = 0   ┃ f = 1   ┃ c = 0   ┃ o = 0   ┃  + b     a constant for each gate",
    ]


def test_the_drawing_takes_two_lines_a_part_where_it_is_narrow() -> None:
    lines = drawing(stored_parts(lstm_cell()), ("i", "f", "c", "o"), PARTS, 50)
    assert len(lines) == 6
    assert all(len(line) <= 50 for line, _ in lines)


def test_a_layer_is_explained_with_its_formula_worked_out() -> None:
    model = FakeModel(units=25, features=1)
    cells = [(model.cells[0], stored_parts(model.cells[0].cell))]
    text = "".join(
        part if isinstance(part, str) else part[0]
        for part in explanation(model.layers[1], cells, 100, opened())
    )
    assert "4 × ((1 + 25) × 25 + 25) = 2,700" in text
    assert "· returns the whole sequence" in text


def test_the_choice_of_return_sequences_and_return_state_is_marked() -> None:
    layer = info(
        "x", "LSTM", config={"return_sequences": True, "return_state": True}
    )
    text = "".join(part for part, _ in choice_table(layer, ("h", "c"), 78))
    assert text.splitlines()[2].endswith("● h at every timestep, h, c")
    assert text.count("●") == 1


def test_blocks_are_measured_on_one_scale_and_laid_out_by_part() -> None:
    *_, rows = measure(FakeModel(), "lstm_1", lambda: False)
    assert len(rows) == 12
    assert {(row.low, row.high) for row in rows} == {
        (rows[0].low, rows[0].high)
    }
    assert all(
        row.statistics is not None and sum(row.counts) == row.statistics.count
        for row in rows
    )
    for width in (76, 100, 150):
        columns, cells, index = gate_rows(
            rows, KINDS["LSTM"].purposes, PARTS, width, False
        )
        assert sum(column.width + 2 for column in columns) - 2 <= width
        assert [at for at in index if at >= 0] == list(range(12))
        assert cells[0] == (("kernel   x·W   input → gates", "muted"),)


@pytest.mark.parametrize(
    ("sides", "width", "shape", "titles"),
    [
        ((3, 3, 1, 4), 76, "3×3×1×4", ["mean", "std", "min", "max", "zeros"]),
        ((3, 3, 16, 64), 76, "3×3×16×64", ["mean", "std", "min", "max"]),
        (
            (3, 3, 1, 4),
            100,
            "3 × 3 × 1 × 4",
            ["mean", "std", "min", "max", "norm", "zeros"],
        ),
        (
            (3, 3, 1, 4),
            40,
            "3 × 3 × 1 × 4",
            ["mean", "std", "min", "max", "zeros"],
        ),
    ],
)
def test_the_gates_of_a_convolution_fit_where_it_takes_no_more_than_a_column(
    sides: tuple[int, ...], width: int, shape: str, titles: list[str]
) -> None:
    *_, rows = measure(FakeModel(), "lstm_1", lambda: False)
    rows = [replace(row, block=replace(row.block, shape=sides)) for row in rows]
    columns, cells, index = gate_rows(
        rows, KINDS["LSTM"].purposes, PARTS, width, False
    )
    assert (
        width == 40 or sum(column.width + 2 for column in columns) - 2 <= width
    )
    assert [column.title for column in columns if column.title] == [
        "shape",
        *titles,
    ]
    lines = [cells[k] for k, at in enumerate(index) if at >= 0]
    assert all(
        len(line) == len(columns) and line[1] == (shape, "muted")
        for line in lines
    )


def test_what_is_not_measured_yet_says_so_in_its_place() -> None:
    rows = [Measured(block) for block in gate_blocks(FakeModel(), "lstm_1")]
    _, cells, index = gate_rows(rows, KINDS["LSTM"].purposes, PARTS, 100, False)
    assert all(
        cells[k][-1] == ("computing …", "faint")
        for k, at in enumerate(index)
        if at >= 0
    )


def test_layers_behind_are_written_in_stretches_cut_where_the_graph_forks_and_joins() -> (
    None
):
    model = FakeModel()
    model.layers = (
        info("a", "LSTM", recurrent=True),
        info("b", "Dense", inputs=("a",)),
        info("c", "Dense", inputs=("b",)),
        info("d", "Dense", inputs=("a",)),
        info("e", "Add", inputs=("c", "d")),
        info("x", "Dense", inputs=("input",)),
    )
    assert [
        [layer.path for layer in one] for one in stretches(model, "a/forward")
    ] == [
        ["a"],
        ["b", "c"],
        ["d"],
        ["e"],
    ]
    text = "".join(part for part, _ in behind(model, "a", 78))
    assert text.splitlines()[-1].startswith("c, d  →  e ")


def test_a_long_chain_is_shortened_and_breaks_behind_its_arrows() -> None:
    model = FakeModel()
    names = [f"layer_{k}" for k in range(60)]
    model.layers = tuple(
        info(name, "LSTM", inputs=(names[k - 1],) if k else ())
        for k, name in enumerate(names)
    )
    lines = "".join(
        part for part, _ in behind(model, "layer_0", 60)
    ).splitlines()
    assert len(lines) <= 5
    assert max(map(len, lines)) <= 60
    assert all(
        line.rstrip().endswith(("→", ")"))
        and line.count("(") == line.count(")")
        for line in lines
    )
    assert "→ 53 more layers →" in " ".join(" ".join(lines).split())
    assert lines[-1].endswith("layer_59 (·, ·, 4)")


@pytest.mark.parametrize(
    ("width", "lines", "numbers"), [(75, 2, 6), (140, 1, 8)]
)
def test_an_arrays_numbers_stand_below_it_where_few_fit_beside(
    width: int, lines: int, numbers: int
) -> None:
    model = FakeModel(units=20)
    trace = model.run(np.zeros((9, 2), np.float32))
    text = "".join(
        part
        for part, _ in arrays(
            model.layers[1], trace.layers["lstm_1"], Place(), width
        )
    ).rstrip("\n")
    assert len(text.splitlines()) == lines
    assert text.count("0.000") == numbers
    assert text.endswith("…")


def test_many_arrays_take_a_line_each() -> None:
    model = FakeModel(units=20)
    run = model.run(np.zeros((9, 2), np.float32)).layers["lstm_1"]
    layer = info(
        "lstm_1",
        "LSTM",
        config={"return_sequences": True, "return_state": True},
    )
    three = replace(
        run,
        outputs=(run.outputs[0], run.outputs[0][:, -1], run.outputs[0][:, -1]),
    )
    text = "".join(
        part for part, _ in arrays(layer, three, Place(), 75)
    ).rstrip("\n")
    assert [line.split("]")[0] for line in text.splitlines()] == [
        "[0",
        "[1",
        "[2",
    ]


def test_a_token_is_shown_so_that_a_blank_is_seen_and_the_terminal_obeys_nothing() -> (
    None
):
    assert [visible(token) for token in (" ", "\n", "", "a", "\x1b[2J")] == [
        "␣",
        "⏎",
        "·",
        "a",
        "\\x1b[2J",
    ]


def test_class_names_are_the_vocabularys_only_where_it_is_as_long_as_the_output() -> (
    None
):
    names = {0: "a", 1: "b", 2: "c"}
    assert fitting_names(names, 3) == names
    assert fitting_names(names, 15) == {}
    assert fitting_names(names, 2) == {}


def test_an_image_is_drawn_with_its_scale() -> None:
    text = "".join(
        part for part, _ in picture(np.eye(4)[..., None], 60, 8, True)
    )
    assert text.splitlines()[0].strip() == "4 × 4 × 1 values"
    assert text.splitlines()[1].strip() == "99......"
    assert text.splitlines()[-1].strip().endswith("1.0")


def test_a_layer_too_large_to_read_is_explained_by_its_shapes() -> None:
    assert [part.name for part in parts_by_shape(FakeModel().layers[1])] == [
        "kernel",
        "recurrent_kernel",
        "bias",
    ]


def test_a_matrix_is_formatted_only_where_it_is_looked_at() -> None:
    rows = MatrixRows(np.arange(6, dtype=np.float32).reshape(2, 3) / 2)
    assert len(rows) == 2
    assert [str(cell).strip() for cell in rows[1][1:]] == [
        "1.50000",
        "2.00000",
        "2.50000",
    ]


def test_a_table_is_written_as_csv_fit_for_a_spreadsheet_and_as_json(
    tmp_path: Path,
) -> None:
    table = Table("layers", ("name", "n"), [("=1+1", 2), ("b", 3)])
    write_table(table, str(tmp_path / "t.csv"), False)
    assert (tmp_path / "t.csv").read_bytes() == b"name,n\n'=1+1,2\nb,3\n"
    write_table(table, str(tmp_path / "t.json"), False)
    assert json.loads((tmp_path / "t.json").read_text())["layers"][1] == {
        "name": "b",
        "n": 3,
    }
    with pytest.raises(ExportError, match="exists already"):
        write_table(table, str(tmp_path / "t.csv"), False)
    with pytest.raises(ExportError, match=r"\.csv or \.json"):
        write_table(table, str(tmp_path / "t.doc"), False)


def test_what_is_not_finite_is_null_in_a_tables_json(tmp_path: Path) -> None:
    values = [(math.nan, math.inf), (0.5, -math.inf)]
    table = Table("output", ("0", "1"), values)
    write_table(table, str(tmp_path / "t.json"), False)
    rows = json.loads(
        (tmp_path / "t.json").read_text(), parse_constant=pytest.fail
    )
    assert rows["output"] == [{"0": None, "1": None}, {"0": 0.5, "1": None}]


def test_what_is_remembered_comes_back_newest_first_and_is_limited(
    tmp_path: Path,
) -> None:
    memory = Remembered(tmp_path / "deep" / "state.json")
    for number in range(MOST + 5):
        memory.keep_sequence(str(number))
    memory.keep_sequence("7")
    memory.keep_theme("light")
    again = Remembered(tmp_path / "deep" / "state.json")
    assert again.theme == "light"
    assert again.sequences[:2] == ["7", str(MOST + 4)]
    assert len(again.sequences) == MOST


@pytest.mark.parametrize(
    "content", ["", "[]", "{", '{"files": 3, "theme": []}', "[" * 10_000]
)
def test_a_damaged_memory_is_an_empty_one(tmp_path: Path, content: str) -> None:
    path = tmp_path / "state.json"
    path.write_text(content)
    memory = Remembered(path)
    assert memory.files == []
    assert memory.theme is None


def test_two_explorers_keep_each_others_files(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    one, other = Remembered(path), Remembered(path)

    one.keep_file("/a.h5")
    other.keep_file("/b.h5")
    one.keep_theme("light")

    again = Remembered(path)
    assert again.files == ["/b.h5", "/a.h5"]
    assert again.theme == "light"


def test_the_null_device_keeps_nothing_and_is_not_replaced() -> None:
    memory = Remembered(Path(os.devnull))

    memory.keep_file("/a.h5")

    assert memory.files == ["/a.h5"]
    assert memory.trouble_to_tell() is None
    assert not Path(os.devnull).is_file()


def test_a_state_that_cannot_be_written_is_said_once(tmp_path: Path) -> None:
    memory = Remembered(tmp_path)  # a folder

    memory.keep_file("/a.h5")
    memory.keep_file("/b.h5")

    assert memory.files == ["/b.h5", "/a.h5"]
    assert "no regular file" in str(memory.trouble_to_tell())
    assert memory.trouble_to_tell() is None
    assert list(tmp_path.iterdir()) == []


def test_what_the_environment_says_of_another_terminal_is_not_believed() -> (
    None
):
    environ = {
        "COLUMNS": "100000",
        "LINES": "x",
        "TEXTUAL_DRIVER": "os:system",
        "TEXTUAL_COLOR_SYSTEM": "none such",
    }
    prepare_environment(ExplorerOptions(), environ)
    assert not environ.keys() & {
        "COLUMNS",
        "LINES",
        "TEXTUAL_DRIVER",
        "TEXTUAL_COLOR_SYSTEM",
    }
    chosen = {"TEXTUAL_COLOR_SYSTEM": "standard"}
    prepare_environment(ExplorerOptions(low_bandwidth=True), chosen)
    assert chosen["TEXTUAL_COLOR_SYSTEM"] == "standard"


def test_the_environment_is_prepared_before_textual_reads_it() -> None:
    environ = {"NO_COLOR": "", "TEXTUAL_FPS": "30"}
    assert not wants_no_color(environ)
    prepare_environment(ExplorerOptions(low_bandwidth=True), environ)
    assert environ == {
        "TEXTUAL_ANIMATIONS": "none",
        "TEXTUAL_COLOR_SYSTEM": "256",
        "TEXTUAL_FPS": "30",
        "TEXTUAL_SMOOTH_SCROLL": "0",
    }
    assert wants_no_color({"NO_COLOR": "1"})
    assert all(
        wants_no_color({"TERM": term})
        for term in ("vt100", "vt220", "xterm-mono", "linux-m")
    )
    assert not any(
        wants_no_color({"TERM": term})
        for term in ("", "xterm", "linux", "screen-256color", "tmux")
    )
    assert not wants_no_color({"TERM": "vt220", "COLORTERM": "truecolor"})


@pytest.mark.parametrize(
    ("encoding", "environ", "ascii_only"),
    [
        ("utf-8", {"LC_ALL": "C"}, True),
        ("utf-8", {"LC_ALL": "POSIX", "LANG": "de_DE.UTF-8"}, True),
        ("utf-8", {}, True),
        ("utf-8", {"LANG": ""}, True),
        ("utf-8", {"LANG": "C", "LC_ALL": ""}, True),
        ("utf-8", {"LANG": "de_DE.ISO-8859-1"}, True),
        ("utf-8", {"LANG": "de_DE"}, True),
        ("utf-8", {"LANG": "de_DE.UTF-8", "LC_CTYPE": "C"}, True),
        ("latin-1", {"LANG": "C.UTF-8"}, True),
        ("utf-8", {"LANG": "C.UTF-8"}, False),
        ("UTF-8", {"LANG": "de_DE.utf8@euro"}, False),
        ("utf-8", {"LC_CTYPE": "UTF-8"}, False),
        ("utf-8", {"LC_ALL": "en_US.UTF-8", "LANG": "C"}, False),
        ("utf-8", {"PYTHONIOENCODING": "utf-8"}, False),
    ],
)
def test_the_locale_says_whether_the_terminal_shows_more_than_ascii(
    encoding: str, environ: dict[str, str], ascii_only: bool
) -> None:
    assert needs_ascii(encoding, environ, "posix") is ascii_only


def test_windows_says_by_its_encoding_what_it_shows() -> None:
    assert needs_ascii("cp1252", {}, "nt")
    assert not needs_ascii("utf-8", {}, "nt")


def test_a_changed_file_has_another_fingerprint(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_text("a")
    before = fingerprint(str(path))
    path.write_text("ab")
    assert fingerprint(str(path)) != before
    path.unlink()
    assert fingerprint(str(path)) is None
