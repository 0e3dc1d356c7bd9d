"""A file that shows only in part says so where a script looks: which arrays, in
which layers, how many parameters.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from model_files import CONFIG, arrays, write_h5

from rnn_tui import open_model
from rnn_tui.cli import main

KERNEL = "model_weights/lstm/lstm/lstm_cell/kernel:0"
BIAS = "model_weights/dense/dense/bias:0"
WHOLE = 4 * 4 * (3 + 4 + 1) + 2 * (4 + 1)
Edit = Callable[[h5py.File], None]


def without(name: str) -> Edit:
    return lambda root: root.__delitem__(name)


def replaced(name: str, put: Callable[[h5py.File], Any]) -> Edit:
    def edit(root: h5py.File) -> None:
        del root[name]
        put(root)

    return edit


LACKING: dict[str, tuple[Edit, str, int]] = {
    "a missing kernel": (without(KERNEL), "is missing from the file", 48),
    "a missing bias": (without(BIAS), "is missing from the file", 2),
    "a missing group": (
        without("model_weights/lstm"),
        "is missing from the file",
        128,
    ),
    "text": (
        replaced(KERNEL, lambda root: root.create_dataset(KERNEL, data=[b"x"])),
        "holds text, not numbers",
        48,
    ),
    "a kernel that was never written": (
        replaced(
            KERNEL, lambda root: root.create_dataset(KERNEL, (3, 16), "f4")
        ),
        "was never written",
        48,
    ),
    "a bomb": (
        replaced(
            KERNEL,
            lambda root: root.create_dataset(
                KERNEL, (1 << 20, 1 << 20), "f4", chunks=(1024, 1024)
            ),
        ),
        "declares 4,398,046,511,104 bytes",
        48,
    ),
    "a link elsewhere": (
        replaced(
            KERNEL,
            lambda root: root.__setitem__(
                KERNEL, h5py.ExternalLink("other.h5", "/x")
            ),
        ),
        "is a link to another file",
        48,
    ),
}


@pytest.mark.parametrize("name", LACKING)
def test_what_a_file_lacks_is_a_warning_and_is_counted(
    name: str, tmp_path: Path
) -> None:
    edit, words, lost = LACKING[name]
    write_h5(tmp_path / "m.h5", edit=edit)
    opened = open_model(tmp_path / "m.h5")
    (line,) = [line for line in opened.warnings if words in line]
    assert line.startswith(
        ("layer 'lstm' isn't computed", "layer 'dense' isn't computed")
    )
    assert opened.readable is not None
    assert (opened.readable.parameters, opened.readable.of) == (
        WHOLE - lost,
        WHOLE,
    )
    assert opened.model.parameters == WHOLE - lost
    assert opened.lacks


def test_a_whole_file_lacks_nothing(tmp_path: Path) -> None:
    write_h5(tmp_path / "m.h5")
    opened = open_model(tmp_path / "m.h5")
    assert opened.warnings == ()
    assert opened.readable == (WHOLE, WHOLE, 5, 5)
    assert not opened.lacks


def test_a_damaged_array_is_said_in_a_sentence(tmp_path: Path) -> None:
    def edit(root: h5py.File) -> None:
        del root[KERNEL]
        made = root.create_dataset(
            KERNEL, data=np.ones((3, 16), "f4"), chunks=(3, 16), fletcher32=True
        )
        made.id.write_direct_chunk((0, 0), bytes(3 * 16 * 4 + 4 - 1) + b"x")

    write_h5(tmp_path / "m.h5", edit=edit)
    (line,) = open_model(tmp_path / "m.h5").warnings
    assert line.endswith(
        "its array 'lstm/lstm_cell/kernel:0' is damaged: HDF5 can't read it; copy or download the file again"
    )


def test_an_array_of_another_shape_is_a_warning(tmp_path: Path) -> None:
    weights = arrays()
    weights["lstm"]["lstm/lstm_cell/bias:0"] = np.zeros(7, "f4")
    write_h5(tmp_path / "m.h5", weights)
    opened = open_model(tmp_path / "m.h5")
    assert any(
        line.startswith("layer 'lstm' isn't computed: ")
        for line in opened.warnings
    )


def test_an_array_of_no_layer_that_cant_be_read_is_named_all_the_same(
    tmp_path: Path,
) -> None:
    weights = {**arrays(), "other": {"other/w": np.zeros((2, 2), "f4")}}
    write_h5(
        tmp_path / "m.h5", weights, edit=without("model_weights/other/other/w")
    )
    opened = open_model(tmp_path / "m.h5")
    assert any(
        "left out, and counted for no layer: the array 'other/w' of 'other'"
        in line
        for line in opened.warnings
    )


def test_the_command_line_says_it_on_standard_error_in_json_and_in_the_table(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "m.h5"
    write_h5(path, edit=without(KERNEL))
    assert main(["layers", str(path), "--format", "json"]) == 0
    shown = capsys.readouterr()
    found = json.loads(shown.out)
    assert len(found["warnings"]) == 1
    assert shown.err == f"rnn-tui: warning: {found['warnings'][0]}\n"
    assert found["model"]["readable"] == {
        "parameters": 90,
        "of": 138,
        "arrays": 4,
        "of_arrays": 5,
    }
    assert main(["layers", str(path)]) == 0
    assert "90 of 138 parameters readable" in capsys.readouterr().out


def test_no_more_than_twenty_warnings_are_written_and_all_are_in_the_json(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    layers = [
        {"class_name": "Dense", "config": {"name": f"d{k}", "units": 1}}
        for k in range(30)
    ]
    layers[0]["config"]["batch_input_shape"] = [None, 1]
    config = {
        "class_name": "Sequential",
        "config": {"name": "s", "layers": layers},
    }
    weights = {
        f"d{k}": {"kernel": np.ones((1, 1), "f4"), "bias": np.zeros(1, "f4")}
        for k in range(30)
    }

    def edit(root: h5py.File) -> None:
        for name in weights:
            del root[f"model_weights/{name}/bias"]

    write_h5(tmp_path / "m.h5", weights, config=config, edit=edit)
    assert main(["layers", str(tmp_path / "m.h5"), "--format", "json"]) == 0
    shown = capsys.readouterr()
    assert len(json.loads(shown.out)["warnings"]) == 30
    lines = shown.err.splitlines()
    assert len(lines) == 21
    assert "and 10 more" in lines[-1]


@pytest.mark.parametrize("command", ["weights", "trace"])
def test_values_that_are_no_numbers_are_warned_of_by_what_reads_them(
    command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    weights = arrays()
    weights["lstm"]["lstm/lstm_cell/kernel:0"][0, :3] = np.nan, np.nan, np.inf
    path = tmp_path / "m.h5"
    write_h5(path, weights)
    more = ["--input", "ones:3"] if command == "trace" else []
    assert main([command, str(path), *more]) == 0
    line = "layer 'lstm': its array 'kernel' holds 2 NaN and 1 infinite of 48 values"
    assert line in capsys.readouterr().err
    assert main(["layers", str(path)]) == 0
    assert "NaN" not in capsys.readouterr().err


def test_the_models_configuration_is_the_one_these_tests_count_by() -> None:
    assert [
        layer["config"].get("units") for layer in CONFIG["config"]["layers"]
    ] == [
        4,
        2,
    ]
