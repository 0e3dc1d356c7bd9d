"""Odd but real: attributes of another kind, gates of layers that can't run,
wrappers of somebody's own.
"""

from __future__ import annotations

import json
import os
import socket
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from model_files import CONFIG, write_h5, write_keras, zip_members
from test_build import FULL, LSTM, layer, write

from rnn_tui import open_model
from rnn_tui.analysis.gates import gate_blocks
from rnn_tui.errors import FileError, UnsupportedLayerError

ODD = [
    7,
    np.arange(3),
    np.array([], "S1"),
    h5py.Empty("S1"),
    b"",
    np.bytes_(b"\xff\xfe2"),
    np.float32(2.2),
]


@pytest.mark.parametrize("value", ODD, ids=lambda value: repr(value)[:20])
def test_a_version_that_is_no_text_is_unknown_and_the_file_opens(
    tmp_path: Path, value: Any
) -> None:
    layers = [layer("LSTM", **LSTM, batch_input_shape=[None, 5, 2])]
    path = write(tmp_path / "m.h5", layers, {"lstm": FULL})
    with h5py.File(path, "r+") as file:
        for place in (file, file["model_weights"]):
            for name in ("keras_version", "backend"):
                del place.attrs[name]
                place.attrs[name] = value
    opened = open_model(path)
    assert opened.file.backend is None
    assert opened.run(np.ones((5, 2))).output.shape == (3,)
    if np.size(value) and not isinstance(value, (bytes, h5py.Empty)):
        assert any(
            "keras_version" in line and "unknown" in line
            for line in opened.warnings
        )


def gates(path: Path) -> set[tuple[str, str | None, str]]:
    """The gates that can be shown, by layer and direction."""
    return {
        (block.layer, block.direction, block.gate)
        for block in gate_blocks(open_model(path).model)
    }


def test_a_cell_that_cannot_run_shows_its_gates_and_refuses_to_run(
    tmp_path: Path,
) -> None:
    odd = {**LSTM, "activation": "someones_own"}
    path = write(
        tmp_path / "m.h5",
        [layer("LSTM", **odd, batch_input_shape=[None, 5, 2])],
        {"lstm": FULL},
    )
    assert gates(path) == {("lstm", None, gate) for gate in "ifco"}
    opened = open_model(path)
    (entry,) = opened.cells
    assert not entry.runs
    with pytest.raises(UnsupportedLayerError):
        entry.cell.activation(np.ones(2))
    with pytest.raises(UnsupportedLayerError, match="someones_own"):
        opened.run(np.ones((5, 2)))


def test_both_directions_of_a_layer_that_cannot_run_show_their_gates(
    tmp_path: Path,
) -> None:
    inner = {
        "class_name": "LSTM",
        "config": {**LSTM, "activation": "someones_own"},
    }
    both = layer(
        "Bidirectional",
        name="both",
        layer=inner,
        batch_input_shape=[None, 5, 2],
    )
    assert gates(
        write(tmp_path / "m.h5", [both], {"both": [*FULL, *FULL]})
    ) == {
        ("both", side, gate)
        for side in ("forward", "backward")
        for gate in "ifco"
    }


@pytest.mark.parametrize(
    ("class_name", "config", "shapes", "inside"),
    [
        ("LSTM", LSTM, [*FULL, (2, 12), (), ()], 3),
        (
            "GRU",
            {**LSTM, "reset_after": True},
            [(2, 9), (3, 9), (2, 9), (2, 9), ()],
            3,
        ),
        ("Dense", {"units": 3}, [(2, 3), (3,), (2, 3), ()], 2),
        ("Dense", {"units": 3}, [(4, 4), (2, 3), (3,)], 0),
    ],
)
def test_a_wrapper_of_someones_own_lists_what_it_wraps_by_its_shapes(
    tmp_path: Path,
    class_name: str,
    config: dict[str, Any],
    shapes: list[tuple[int, ...]],
    inside: int,
) -> None:
    inner = {"class_name": class_name, "config": {**config, "name": "inner"}}
    layers = [
        layer(
            "PruneLowMagnitude",
            name="prune",
            layer=inner,
            batch_input_shape=[None, 5, 2],
        ),
        layer("LSTM", **{**LSTM, "name": "after"}),
    ]
    opened = open_model(
        write(
            tmp_path / "m.h5",
            layers,
            {"prune": shapes, "after": [(3, 12), (3, 12), (12,)]},
        )
    )
    outer, wrapped, after = opened.layers
    assert (len(outer.weights), len(wrapped.weights)) == (
        len(shapes) - inside,
        inside,
    )
    assert outer.parameters == sum(int(np.prod(shape)) for shape in shapes)
    assert "strip_pruning" in (outer.why_not or "")
    assert {entry.key for entry in opened.cells} == {"after"} | (
        {"prune/inner"} if class_name != "Dense" else set()
    )
    assert after.parameters == opened.model.trainable - sum(
        int(np.prod(shape)) for _, shape, _ in wrapped.weights
    )
    with pytest.raises(UnsupportedLayerError, match="prune"):
        opened.run(np.ones((5, 2)))
    assert opened.run(np.ones((5, 3)), start_at="after")["after"].h.shape == (
        5,
        3,
    )


def test_a_convlstm_alone_is_listed_with_its_gates(tmp_path: Path) -> None:
    shapes: dict[str, list[tuple[int, ...]]] = {
        "pictures": [(3, 3, 1, 16), (3, 3, 4, 16), (16,)]
    }
    path = write(tmp_path / "w.h5", None, shapes)
    opened = open_model(path)
    assert opened.layers[0].class_name == "ConvLSTM2D"
    assert "give the configuration" in (opened.layers[0].why_not or "")
    assert opened.model.inputs[0].shape == (None, None, None, 1)
    assert gates(path) == {("pictures", None, gate) for gate in "ifco"}


@pytest.mark.parametrize(("features", "said"), [(3, True), (2, False)])
def test_an_order_that_widths_alone_do_not_tell_is_said_once(
    tmp_path: Path, features: int, said: bool
) -> None:
    groups = {
        "layers/lstm/cell": [(features, 12), (3, 12), (12,)],
        "layers/lstm_1/cell": FULL[1:2] * 2 + FULL[2:],
        "layers/gru/cell": [(3, 9), (3, 9), (2, 9)],
        "layers/dense": [(3, 1), (1,)],
    }
    if not said:
        del groups["layers/gru/cell"]
    path = tmp_path / "w.weights.h5"
    with h5py.File(path, "w") as file:
        for group, shapes in groups.items():
            for k, shape in enumerate(shapes):
                file[f"{group}/vars/{k}"] = np.ones(shape, "f4")
    lines = [
        line
        for line in open_model(path).warnings
        if "more than one order" in line
    ]
    assert len(lines) == said


YAML = """class_name: Sequential
config:
- class_name: LSTM
  config: {name: lstm, output_dim: 3, activation: tanh, inner_activation: hard_sigmoid, consume_less: gpu,
    batch_input_shape: !!python/tuple [null, 5, 2]}
keras_version: 1.2.2
"""


def test_yaml_as_keras_1_writes_it_is_a_configuration(tmp_path: Path) -> None:
    pytest.importorskip("yaml", reason="PyYAML isn't here")
    path = write(tmp_path / "w.h5", None, {"lstm": FULL}, version="1.2.2")
    (tmp_path / "other.yaml").write_text(YAML)
    assert open_model(path, config=tmp_path / "other.yaml").model.inputs[
        0
    ].shape == (
        5,
        2,
    )


def test_json_written_twice_over_is_a_configuration(tmp_path: Path) -> None:
    path = write(tmp_path / "w.h5", None, {"lstm": FULL})
    inner = {
        "name": "m",
        "layers": [layer("LSTM", **LSTM, batch_input_shape=[None, 5, 2])],
    }
    (tmp_path / "w.json").write_text(
        json.dumps(json.dumps({"class_name": "Sequential", "config": inner}))
    )
    assert open_model(path).model.inputs[0].shape == (5, 2)


def test_json_that_begins_with_a_mark_of_its_encoding_is_a_configuration(
    tmp_path: Path,
) -> None:
    path = write(tmp_path / "w.h5", None, {"lstm": FULL})
    inner = {
        "name": "m",
        "layers": [layer("LSTM", **LSTM, batch_input_shape=[None, 5, 2])],
    }
    text = json.dumps({"class_name": "Sequential", "config": inner})
    (tmp_path / "architecture").write_text(text, encoding="utf-8-sig")
    assert open_model(path, config=tmp_path / "architecture").model.inputs[
        0
    ].shape == (
        5,
        2,
    )


@pytest.mark.skipif(os.name != "posix", reason="needs FIFOs and devices")
@pytest.mark.parametrize("name", ["config.json", "config.yaml", "config"])
@pytest.mark.parametrize("kind", ["pipe", "device", "socket"])
def test_a_configuration_that_is_no_regular_file_is_refused_without_waiting(
    kind: str, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path / "w.h5", None, {"lstm": FULL})
    config = tmp_path / name
    if kind == "pipe":
        os.mkfifo(config)
    elif kind == "device":
        config.symlink_to("/dev/zero")
    else:
        monkeypatch.chdir(tmp_path)  # a socket's path must be short
        with socket.socket(socket.AF_UNIX) as bound:
            bound.bind(name)
    with pytest.raises(FileError) as refused:
        open_model(path, config=config)
    assert str(config) in str(refused.value)


def test_a_configuration_that_is_too_long_is_refused_unread(
    tmp_path: Path,
) -> None:
    path = write(tmp_path / "w.h5", None, {"lstm": FULL})
    with open(tmp_path / "config.json", "wb") as file:
        file.truncate(1 << 34)
    with pytest.raises(FileError, match="longer than"):
        open_model(path, config=tmp_path / "config.json")


def test_weights_of_layers_that_the_configuration_leaves_out_are_named(
    tmp_path: Path,
) -> None:
    config = {
        **CONFIG,
        "config": {
            **CONFIG["config"],
            "layers": CONFIG["config"]["layers"][:1],
        },
    }
    write_h5(tmp_path / "m.h5", config=config)
    assert [
        line
        for line in open_model(tmp_path / "m.h5").warnings
        if "left out" in line
    ] == [
        "the file has weights of 'dense', of which the configuration says nothing: they are left out"
    ]


def test_a_layer_whose_arrays_are_too_many_is_not_said_to_be_left_out(
    tmp_path: Path,
) -> None:
    def edit(root: h5py.File) -> None:
        group = root["model_weights/dense"]
        group["more"] = np.zeros(3, "f4")
        group.attrs["weight_names"] = [
            b"dense/kernel:0",
            b"dense/bias:0",
            b"more",
        ]

    write_h5(tmp_path / "m.h5", edit=edit)
    opened = open_model(tmp_path / "m.h5")
    assert not any("left out" in line for line in opened.warnings)
    assert opened.layers[-1].why_not is not None


@pytest.mark.parametrize("archive", [False, True])
def test_wrappers_in_wrappers_are_read_once_and_listed(
    tmp_path: Path, archive: bool
) -> None:
    """Both directions of a Bidirectional come from one layer: forty of them in
    one another would be 2 to the 40.
    """
    inner: dict[str, Any] = {
        "class_name": "LSTM",
        "config": {"name": "lstm", "units": 4},
    }
    for depth in range(40):
        inner = {
            "class_name": "Bidirectional",
            "config": {"name": f"b{depth}", "layer": inner},
        }
    inner["config"]["batch_input_shape"] = [None, 3, 3]
    config = {
        "class_name": "Sequential",
        "config": {"name": "s", "layers": [inner]},
    }
    path = tmp_path / "m"
    if archive:
        write_keras(
            path, {**zip_members(), "config.json": json.dumps(config).encode()}
        )
    else:
        write_h5(path, config=config)
    opened = open_model(path)
    assert len(opened.layers) == 42
    assert (
        opened.layers[0].why_not
        == "a Bidirectional around Bidirectional is not reproduced"
    )
