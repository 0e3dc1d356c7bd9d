"""A trace as .npz, .json and .csv."""

from __future__ import annotations

import csv
import io
import json
import os
import stat
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from rnn_tui.engine.trace.trace import CellTrace, LayerTrace, ModelTrace
from rnn_tui.engine.trace.values import GivenValues
from rnn_tui.errors import ExportError, RunCancelledError
from rnn_tui.export import (
    Selection,
    json_tree,
    members,
    npz,
    replacing,
    write_csv,
    write_json,
    write_trace,
)
from rnn_tui.export.numbers import digits

RNG = np.random.default_rng(0)
UNITS = 3


def cell_trace(
    key: str, batch: int = 1, timesteps: int = 4, **more: Any
) -> CellTrace:
    names = ("pre_h", "h")
    values = {
        name: RNG.normal(size=(batch, timesteps, UNITS)).astype("f4")
        for name in names
    }
    cell: Any = SimpleNamespace(quantities=names, units=UNITS)
    x = np.zeros((batch, timesteps, 2), "f4")
    return CellTrace(
        key, key.partition("/")[0], cell, x, GivenValues(values), {}, **more
    )


def trace_of(batch: int = 1, timesteps: int = 4) -> ModelTrace:
    mask = np.ones((batch, timesteps), bool)
    mask[0, -1] = False
    sides = tuple(
        cell_trace(f"bi/{side}", batch, timesteps, direction=side)
        for side in ("forward", "backward")
    )
    layers = [
        LayerTrace(
            "rnn",
            (np.ones((batch, UNITS), "f4"), np.zeros((batch, UNITS), "f4")),
            (cell_trace("rnn", batch, timesteps, mask=mask),),
        ),
        LayerTrace(
            "bi", (np.ones((batch, timesteps, 2 * UNITS), "f4"),), sides
        ),
        LayerTrace(
            "outer/inner",
            (np.ones((batch, UNITS), "f4"),),
            (cell_trace("outer/inner", batch, timesteps),),
        ),
        LayerTrace(
            "rnn@1",
            (np.ones((batch, UNITS), "f4"),),
            (cell_trace("rnn@1", batch, timesteps),),
        ),
        LayerTrace("dense", (np.ones((batch, 1), "f4"),)),
    ]
    inputs = {
        "x": RNG.normal(size=(batch, timesteps, 2)).astype("f4"),
        "ids": np.arange(batch * timesteps).reshape(batch, timesteps),
    }
    return ModelTrace(
        inputs,
        (np.ones((batch, 1), "f4"),),
        {layer.path: layer for layer in layers},
    )


KEYS = {
    "input/x", "input/ids", "output/0",
    "rnn/output", "rnn/output_1", "rnn/mask", "rnn/pre_h", "rnn/h",
    "bi/output", "bi/forward/pre_h", "bi/forward/h", "bi/backward/pre_h", "bi/backward/h",
    "outer/inner/output", "outer/inner/pre_h", "outer/inner/h",
    "rnn@1/output", "rnn@1/pre_h", "rnn@1/h",
}  # fmt: skip


def read_npz(path: Path) -> dict[str, Any]:
    with np.load(path, allow_pickle=False) as found:
        return dict(found)


def test_npz_keys_are_the_paths_of_the_arrays(tmp_path: Path):
    trace = trace_of()
    write_trace(trace, tmp_path / "t.npz")
    found = read_npz(tmp_path / "t.npz")
    assert set(found) == KEYS
    assert found["rnn/h"].shape == (1, 4, UNITS)
    np.testing.assert_array_equal(
        found["bi/backward/h"], trace["bi"].cells[1].read("h")
    )
    assert found["rnn/mask"].tolist() == [[1, 1, 1, 0]]


def test_all_layers_adds_the_outputs_of_the_others(tmp_path: Path):
    write_trace(trace_of(), tmp_path / "t.npz", Selection(all_layers=True))
    assert set(read_npz(tmp_path / "t.npz")) == {*KEYS, "dense/output"}


@pytest.mark.parametrize(
    ("layer", "expected"),
    [
        ("rnn", {key for key in KEYS if key.startswith("rnn")}),
        ("outer", {key for key in KEYS if key.startswith("outer")}),
        ("bi/forward", {"bi/forward/h", "bi/forward/pre_h"}),
    ],
)
def test_a_selection_leaves_inputs_and_outputs_and_the_layer(
    tmp_path: Path, layer: str, expected: set[str]
):
    write_trace(trace_of(), tmp_path / "t.npz", Selection((layer,)))
    assert set(read_npz(tmp_path / "t.npz")) == expected | {
        "input/x",
        "input/ids",
        "output/0",
    }


@pytest.mark.parametrize("batch", [1, 3])
@pytest.mark.parametrize("piece", [1, 40, 100, 1 << 20])
def test_windows_and_pieces_change_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, batch: int, piece: int
):
    trace = trace_of(batch, timesteps=11)
    write_trace(trace, tmp_path / "whole.npz")
    write_trace(trace, tmp_path / "whole.json")
    monkeypatch.setattr(members, "WINDOW_BYTES", 40)
    monkeypatch.setattr(npz, "PIECE", piece)
    monkeypatch.setattr(json_tree, "PIECE", piece)
    write_trace(trace, tmp_path / "windows.npz")
    write_trace(trace, tmp_path / "windows.json")
    whole, windows = (
        read_npz(tmp_path / "whole.npz"),
        read_npz(tmp_path / "windows.npz"),
    )
    for key, value in whole.items():
        np.testing.assert_array_equal(windows[key], value)
    assert json.loads((tmp_path / "windows.json").read_text()) == json.loads(
        (tmp_path / "whole.json").read_text()
    )


def flat(tree: Mapping[str, Any], above: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in tree.items():
        found.update(
            flat(value, f"{above}{name}/")
            if isinstance(value, Mapping)
            else {f"{above}{name}": value}
        )
    return found


def test_json_nests_the_same_paths_and_values(tmp_path: Path):
    trace = trace_of(batch=2)
    write_trace(trace, tmp_path / "t.json")
    write_trace(trace, tmp_path / "t.npz")
    found = flat(json.loads((tmp_path / "t.json").read_text()))
    assert set(found) == KEYS
    for key, value in read_npz(tmp_path / "t.npz").items():
        np.testing.assert_array_equal(
            np.array(found[key], dtype=value.dtype), value
        )


def test_json_writes_null_for_what_is_no_number():
    value = np.array([[np.nan, np.inf, -np.inf, 0.1]], "f4")
    file = io.StringIO()
    write_json(ModelTrace({}, (value,)), file, Selection())
    assert json.loads(file.getvalue()) == {
        "output": {"0": [[None, None, None, 0.1]]}
    }


def test_what_is_true_is_1_and_one_number_is_a_list_of_one(tmp_path: Path):
    layers = {
        "equal": LayerTrace(
            "equal",
            (np.array([[True, False]]), np.array(7.0, "f4"), np.arange(2)),
        )
    }
    trace = ModelTrace({}, (np.zeros((1, 1), "f4"),), layers)
    text, table = io.StringIO(), io.StringIO()
    write_json(trace, text, Selection((), True))
    write_csv(trace, table, Selection((), True))
    assert json.loads(text.getvalue())["equal"] == {
        "output": [[1, 0]],
        "output_1": [7],
        "output_2": [0, 1],
    }
    rows = [
        row
        for row in csv.DictReader(io.StringIO(table.getvalue()))
        if row["layer"] == "equal"
    ]
    assert [row["value"] for row in rows] == ["1", "0", "7", "0", "1"]
    write_trace(trace, tmp_path / "t.npz", Selection((), True))
    assert read_npz(tmp_path / "t.npz")["equal/output"].dtype == bool


def test_csv_has_a_line_for_each_value():
    trace = trace_of(batch=2)
    file = io.StringIO()
    write_csv(trace, file, Selection())
    rows = list(csv.DictReader(io.StringIO(file.getvalue())))
    assert list(rows[0]) == [
        "layer",
        "direction",
        "quantity",
        "batch",
        "timestep",
        "unit",
        "value",
    ]
    backward = [
        row
        for row in rows
        if (row["layer"], row["direction"], row["quantity"])
        == ("bi", "backward", "h")
    ]
    assert len(backward) == 2 * 4 * UNITS
    expected = trace["bi"].cells[1].read("h")
    for row in backward:
        place = int(row["batch"]), int(row["timestep"]), int(row["unit"])
        assert np.float32(row["value"]) == expected[place]
    outputs = [row for row in rows if row["layer"] == "output"]
    assert [
        (row["quantity"], row["timestep"], row["unit"]) for row in outputs
    ] == [("0", "", "0")] * 2
    ids = [row for row in rows if row["quantity"] == "ids"]
    assert [
        (row["timestep"], row["unit"], row["value"]) for row in ids[:2]
    ] == [
        ("0", "", "0"),
        ("1", "", "1"),
    ]


@pytest.mark.parametrize("name", ["=1+2", "+x", "-x", "@x", 'a"b,c'])
def test_csv_text_is_never_a_formula(name: str):
    file = io.StringIO()
    trace = ModelTrace(
        {},
        (),
        {name: LayerTrace(name, (np.ones((1, 1), "f4"),), (cell_trace(name),))},
    )
    write_csv(trace, file, Selection())
    cells = [row[0] for row in csv.reader(io.StringIO(file.getvalue()))][1:]
    assert {cell.removeprefix("'") for cell in cells} == {name}
    assert all(cell[0] not in "=+-@" for cell in cells)


@settings(deadline=None)
@given(arrays(np.float32, st.integers(0, 20), elements=st.floats(width=32)))
def test_digits_read_back_as_the_same_float32(values: Any):
    back = np.array(
        [float(text) for text in digits(values)], dtype=np.float64
    ).astype(np.float32)
    np.testing.assert_array_equal(back, values)


def test_digits_are_few_where_few_say_it():
    values = np.array(
        [0.1, 1, -2.5, 1e-7, 0, 1234567, 0.33333334, np.nan, -np.inf], "f4"
    )
    assert digits(values) == [
        "0.1",
        "1",
        "-2.5",
        "1e-07",
        "0",
        "1234567",
        "0.333333343",
        "nan",
        "-inf",
    ]
    assert digits(np.array([0.1, 1 / 3])) == ["0.1", "0.3333333333333333"]


def test_another_extension_is_refused(tmp_path: Path):
    with pytest.raises(ExportError, match=r"\.npz, \.json, \.csv"):
        write_trace(trace_of(), tmp_path / "t.xlsx")


def test_an_existing_file_is_replaced_only_by_force(tmp_path: Path):
    path = tmp_path / "t.csv"
    path.write_text("mine")
    with pytest.raises(ExportError, match="--force"):
        write_trace(trace_of(), path)
    assert path.read_text() == "mine"
    write_trace(trace_of(), path, force=True)
    assert path.read_text().startswith("layer,")
    assert os.listdir(tmp_path) == ["t.csv"]


@pytest.mark.parametrize("name", ["t.npz", "t.json", "t.csv"])
def test_a_stopped_export_leaves_nothing_behind(tmp_path: Path, name: str):
    calls = iter(range(3))

    def check() -> None:
        if next(calls, None) is None:
            raise RunCancelledError

    with pytest.raises(RunCancelledError):
        write_trace(trace_of(), tmp_path / name, check=check)
    assert os.listdir(tmp_path) == []


def test_an_empty_file_that_keeps_a_name_is_replaced(tmp_path: Path):
    path = tmp_path / "t.csv"
    path.touch()
    write_trace(trace_of(), path)
    assert path.read_text().startswith("layer,")


def test_a_full_disk_is_said_and_the_old_file_stays(tmp_path: Path):
    path = tmp_path / "t.csv"
    path.write_text("mine")
    with (
        pytest.raises(ExportError, match="No space left"),
        replacing(path, force=True),
    ):
        raise OSError(28, "No space left on device")
    assert path.read_text() == "mine"
    assert os.listdir(tmp_path) == ["t.csv"]


def test_a_replaced_file_keeps_its_permissions(tmp_path: Path):
    path = tmp_path / "t.csv"
    path.write_text("mine")
    path.chmod(0o604)

    write_trace(trace_of(), path, force=True)

    assert path.read_text().startswith("layer,")
    assert stat.S_IMODE(path.stat().st_mode) == 0o604


def test_a_link_is_never_followed_to_a_file(tmp_path: Path):
    target = tmp_path / "elsewhere"
    target.write_text("mine")
    link = tmp_path / "t.csv"
    link.symlink_to(target)
    with pytest.raises(
        ExportError, match=r"a link to .*elsewhere; --force replaces the link"
    ):
        write_trace(trace_of(), link)

    write_trace(trace_of(), link, force=True)

    assert target.read_text() == "mine"
    assert not link.is_symlink()
    assert link.read_text().startswith("layer,")


def test_a_link_that_leads_nowhere_makes_no_file_there(tmp_path: Path):
    link = tmp_path / "t.csv"
    link.symlink_to(tmp_path / "nowhere")

    with pytest.raises(ExportError, match="a link to"):
        write_trace(trace_of(), link)

    assert not (tmp_path / "nowhere").exists()


@pytest.mark.skipif(sys.platform == "win32", reason="locks by fcntl")
def test_what_a_killed_export_left_is_removed_by_the_next_one_beside_it(
    tmp_path: Path,
):
    code = (
        "import os, signal, sys\n"
        "from rnn_tui.export import replacing\n"
        "with replacing(sys.argv[1]) as file:\n"
        "    file.write(b'x' * 100_000)\n"
        "    file.flush()\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    environ = {
        **os.environ,
        "PYTHONPATH": str(Path(__file__).resolve().parents[2]),
    }
    subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "killed.npz")],
        check=False,
        env=environ,
    )
    (abandoned,) = os.listdir(tmp_path)
    others = tmp_path / ".notes.part"
    others.touch()

    # its own part is being written, and stays
    with replacing(tmp_path / "b.csv") as file:
        write_trace(trace_of(), tmp_path / "a.csv")
        file.write(b"1")

    assert sorted(os.listdir(tmp_path)) == [".notes.part", "a.csv", "b.csv"]
    assert abandoned.endswith(".part")


def test_a_missing_folder_and_a_folder_are_said(tmp_path: Path):
    with pytest.raises(ExportError, match="No such file"):
        write_trace(trace_of(), tmp_path / "none" / "t.csv")
    (tmp_path / "t.csv").mkdir()
    with pytest.raises(ExportError, match="folder"):
        write_trace(trace_of(), tmp_path / "t.csv")
