"""Weights without a configuration: names decide before shapes, what the file
only names counts, nothing is silent.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from rnn_tui import open_model
from rnn_tui.cli import main
from rnn_tui.errors import ConfigError, UnsupportedLayerError
from rnn_tui.formats.opened import OpenedModel
from rnn_tui.tui.session.assumptions import assumptions

Named = dict[str, dict[str, tuple[int, ...]]]
Paths = dict[str, list[tuple[int, ...]]]

LSTM_CELL = {"kernel": (2, 12), "recurrent_kernel": (3, 12), "bias": (12,)}


def cell(
    name: str,
    reads: int,
    units: int,
    gates: int = 4,
    bias: tuple[int, ...] | None = None,
) -> Named:
    """A recurrent layer's arrays as tf.keras names them."""
    wide = gates * units
    shapes = {
        "kernel": (reads, wide),
        "recurrent_kernel": (units, wide),
        "bias": bias or (wide,),
    }
    return {
        name: {
            f"{name}/lstm_cell/{part}:0": shape
            for part, shape in shapes.items()
        }
    }


def dense(name: str, reads: int, units: int) -> Named:
    """A Dense layer's arrays."""
    return {
        name: {f"{name}/kernel:0": (reads, units), f"{name}/bias:0": (units,)}
    }


def by_names(
    path: Path, layers: Named, version: str = "2.15.0", config: Any = None
) -> Path:
    """Write weights under their layers' names, in this order; with a
    configuration, a whole model.
    """
    rng = np.random.default_rng(4)
    with h5py.File(path, "w") as file:
        root = file
        if config is not None:
            file.attrs["model_config"] = json.dumps(config)
            root = file.create_group("model_weights")
        for place in (file, root):
            place.attrs["keras_version"], place.attrs["backend"] = (
                version,
                "tensorflow",
            )
        root.attrs["layer_names"] = [name.encode() for name in layers]
        for name, arrays in layers.items():
            group = root.create_group(name)
            group.attrs["weight_names"] = [array.encode() for array in arrays]
            for array, shape in arrays.items():
                group[array] = np.abs(rng.normal(scale=0.4, size=shape)).astype(
                    "f4"
                )
    return path


def by_paths(
    path: Path, groups: Paths, called: dict[str, str] | None = None
) -> Path:
    """Write weights by path, in the order in which Keras walks over the
    layers.
    """
    rng = np.random.default_rng(4)
    with h5py.File(path, "w") as file:
        for place, shapes in groups.items():
            group = file.create_group(f"{place}/vars")
            if called is not None:
                group.attrs["name"] = called.get(
                    place, place.rpartition("/")[2]
                )
            for number, shape in enumerate(shapes):
                group[str(number)] = np.abs(
                    rng.normal(scale=0.4, size=shape)
                ).astype("f4")
    return path


def path_cell(place: str, reads: int, units: int, gates: int = 4) -> Paths:
    """A recurrent layer's arrays by path."""
    wide = gates * units
    return {f"{place}/cell": [(reads, wide), (units, wide), (wide,)], place: []}


def classes(opened: OpenedModel) -> dict[str, str]:
    """Return the class of each layer at the top."""
    return {
        info.path: info.class_name for info in opened.layers if info.depth == 0
    }


def note(opened: OpenedModel, layer: str) -> str:
    """Return what is assumed of a layer; the warnings say the same."""
    info = next(info for info in opened.layers if info.path == layer)
    (found,) = [note for note in info.notes if note.startswith("assumed: ")]
    assert f"layer {layer!r}: {found}" in opened.warnings
    return found


# Recurrent layers -------------------------------------------------------------


@pytest.mark.parametrize("kind", ["LSTM", "GRU"])
def test_a_bidirectional_of_cudnn_layers_has_cudnn_gates(
    kind: str, tmp_path: Path
) -> None:
    gates = 4 if kind == "LSTM" else 3
    wide = 3 * gates
    arrays = {
        f"both/{side}_cu_dnn/{part}:0": shape
        for side in ("forward", "backward")
        for part, shape in {
            "kernel": (2, wide),
            "recurrent_kernel": (3, wide),
            "bias": (2 * wide,),
        }.items()
    }
    inner = {
        "class_name": f"CuDNN{kind}",
        "config": {"name": "cu_dnn", "units": 3, "return_sequences": False},
    }
    layers = [
        {
            "class_name": "Bidirectional",
            "config": {
                "name": "both",
                "layer": inner,
                "merge_mode": "concat",
                "batch_input_shape": [None, None, 2],
            },
        }
    ]
    config = {
        "class_name": "Sequential",
        "config": {"name": "m", "layers": layers},
    }
    whole = open_model(
        by_names(tmp_path / "m.h5", {"both": arrays}, "2.2.4", config)
    )
    alone = open_model(by_names(tmp_path / "w.h5", {"both": arrays}, "2.2.4"))
    x = np.linspace(-3, 3, 12).reshape(6, 2)
    np.testing.assert_array_equal(alone.run(x).output, whole.run(x).output)
    assert "activation" not in note(alone, "both")


@pytest.mark.parametrize(
    ("after", "sequences"),
    [
        ({}, "false"),
        (dense("dense", 3, 2), "false"),
        (dense("time_distributed", 3, 2), "true"),
        ({"dropout": {}, **dense("time_distributed", 3, 2)}, "true"),
        (
            dense("dense", 3, 2) | {"conv1d": {"conv1d/kernel:0": (2, 2, 4)}},
            "true",
        ),
        ({"global_max_pooling1d": {}, **dense("dense", 3, 2)}, "true"),
        ({"flatten": {}, **dense("dense", 15, 2)}, "true"),
        ({"flatten": {}, **dense("dense", 3, 2)}, "false"),
        ({"repeat_vector": {}, **cell("lstm_1", 3, 4)}, "false"),
        ({"attention": {"attention/att_weight:0": (3, 1)}}, "true"),
    ],
)
def test_what_reads_nothing_but_sequences_says_that_the_layer_before_returns_them(
    after: Named, sequences: str, tmp_path: Path
) -> None:
    opened = open_model(
        by_names(tmp_path / "w.h5", {**cell("lstm", 2, 3), **after})
    )
    assert f"return_sequences {sequences}" in note(opened, "lstm")


def test_the_next_width_says_how_a_bidirectional_merges(tmp_path: Path) -> None:
    arrays = {
        f"both/{side}_lstm/{part}:0": shape
        for side in ("forward", "backward")
        for part, shape in LSTM_CELL.items()
    }
    for width, mode in ((6, "concat"), (3, "sum")):
        opened = open_model(
            by_names(
                tmp_path / f"w{width}.h5",
                {"both": arrays, **dense("dense", width, 1)},
            )
        )
        assert f"merge_mode {mode}" in note(opened, "both")
        assert opened.run(np.ones((4, 2))).output.shape == (1,)


def test_two_layers_of_a_nested_model_are_no_bidirectional(
    tmp_path: Path,
) -> None:
    arrays = {
        f"{name}/lstm_cell/{part}:0": shape
        for name in ("lstm", "lstm_1")
        for part, shape in {
            "kernel": (3, 12),
            "recurrent_kernel": (3, 12),
            "bias": (12,),
        }.items()
    }
    opened = open_model(
        by_names(tmp_path / "w.h5", {"inner": arrays, **dense("dense", 3, 1)})
    )
    assert classes(opened) == {
        "inner/lstm": "LSTM",
        "inner/lstm_1": "LSTM",
        "dense": "Dense",
    }


def test_stacked_cells_are_one_layer_in_the_order_in_which_they_feed_each_other(
    tmp_path: Path,
) -> None:
    groups = {
        "layers/rnn/cell/cells/gru_cell": [(4, 9), (3, 9), (2, 9)],
        "layers/rnn/cell/cells/lstm_cell": [(2, 16), (4, 16), (16,)],
        "layers/rnn": [],
        "layers/dense": [(3, 1), (1,)],
    }
    opened = open_model(by_paths(tmp_path / "w.weights.h5", groups))
    assert [cell.class_name for cell in opened.cells] == ["LSTM", "GRU"]
    assert opened.run(np.ones((4, 2))).output.shape == (1,)


def test_a_convlstm_says_what_is_missing_whatever_it_is_fed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    groups = {
        "layers/conv_lstm2d/cell": [(2, 2, 2, 8), (2, 2, 2, 8), (8,)],
        "layers/conv_lstm2d": [],
        "layers/flatten": [],
        "layers/dense": [(18, 2), (2,)],
    }
    path = by_paths(tmp_path / "w.weights.h5", groups, {})
    assert main(["trace", str(path), "--input", "1 2 3"]) == 2
    line = capsys.readouterr().err.splitlines()[-1]
    assert "conv_lstm2d" in line
    assert "padding, strides, data_format" in line
    assert "--config" in line
    with pytest.raises(UnsupportedLayerError, match="--config"):
        open_model(path).run(np.ones((4, 3)))


# Names before shapes ----------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "arrays", "class_name"),
    [
        ("embedding", {"embedding/embeddings:0": (2, 5)}, "Embedding"),
        ("embedding_3", {"w": (2, 5)}, "Embedding"),
        ("words", {"words/embeddings:0": (2, 5)}, "Embedding"),
        ("conv1d", {"conv1d/kernel:0": (3, 2, 4)}, "Conv1D"),
        ("filters", {"filters/kernel:0": (3, 2, 4)}, "Conv1D"),
        (
            "time_distributed",
            {"time_distributed/kernel:0": (2, 5)},
            "TimeDistributed",
        ),
        (
            "layer_normalization",
            {"layer_normalization/gamma:0": (2,)},
            "LayerNormalization",
        ),
        (
            "batch_normalization",
            {
                f"b/{part}:0": (2,)
                for part in ("beta", "moving_mean", "moving_variance")
            },
            "Batch",
        ),
        ("p_re_lu", {"p_re_lu/alpha:0": (1, 2)}, "PReLU"),
        ("dense", {"dense/kernel:0": (7, 2)}, "Dense"),
    ],
)
def test_a_layer_is_what_its_name_or_its_arrays_names_say(
    name: str,
    arrays: dict[str, tuple[int, ...]],
    class_name: str,
    tmp_path: Path,
) -> None:
    opened = open_model(
        by_names(tmp_path / "w.h5", {name: arrays, **cell("lstm", 5, 3)})
    )
    assert classes(opened)[name].startswith(class_name)
    assert all(info.reproducible for info in opened.layers)


@pytest.mark.parametrize(
    "arrays",
    [
        {"attention_W:0": (9, 3)},
        {"attention/W_attention:0": (3, 3), "attention/b:0": (3,)},
        {
            "attention/dense/kernel:0": (3, 3),
            "attention/score/kernel:0": (3, 1),
        },
        {"attention/kernel:0": (3, 3), "attention/bias:0": (3,)},
    ],
)
def test_the_arrays_of_somebodys_own_layer_are_no_dense_layer(
    arrays: dict[str, tuple[int, ...]], tmp_path: Path
) -> None:
    layers = {**cell("lstm", 2, 3), "attention": arrays, **dense("dense", 3, 1)}
    opened = open_model(by_names(tmp_path / "w.h5", layers))
    info = next(info for info in opened.layers if info.path == "attention")
    assert not info.reproducible
    with pytest.raises(UnsupportedLayerError, match="'attention'"):
        opened.run(np.ones((4, 2)))
    assert opened.run(np.ones((4, 2)), partial=True)["lstm"].h.shape == (4, 3)


def test_a_class_in_a_path_that_is_not_kerass_is_never_computed(
    tmp_path: Path,
) -> None:
    groups = {
        "layers/my_lstm/cell": [(2, 12), (3, 12), (12,)],
        "layers/my_lstm": [],
        **path_cell("layers/lstm", 3, 3),
        "layers/my_dense": [(3, 2), (2,)],
    }
    opened = open_model(by_paths(tmp_path / "w.weights.h5", groups))
    reasons = {info.path: info.why_not or "" for info in opened.layers}
    assert "not one of Keras's own" in reasons["my_lstm"]
    assert "not one of Keras's own" in reasons["my_dense"]
    assert opened.run(np.ones((4, 3)), start_at="lstm", partial=True)[
        "lstm"
    ].h.shape == (4, 3)


def test_whole_numbers_are_no_kernel(tmp_path: Path) -> None:
    path = by_paths(
        tmp_path / "w.weights.h5",
        {
            **path_cell("layers/lstm", 2, 3),
            "layers/dense": [(3, 2), (2,), (2,)],
        },
    )
    with h5py.File(path, "r+") as file:
        del file["layers/dense/vars/0"]
        file["layers/dense/vars/0"] = np.ones((3, 2), "i1")
    info = open_model(path).layers[-1]
    assert not info.reproducible
    assert "whole numbers" in (info.why_not or "")


# Layers without arrays --------------------------------------------------------


@pytest.mark.parametrize("layout", ["names", "paths"])
@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("repeat_vector", "n"),
        ("max_pooling1d", "pool_size"),
        ("reshape", "target_shape"),
        ("up_sampling1d", "size"),
    ],
)
def test_a_layer_whose_size_decides_is_refused_by_name_until_it_is_given(
    name: str, key: str, layout: str, tmp_path: Path
) -> None:
    if layout == "names":
        layers = {**cell("lstm", 2, 3), name: {}, **cell("lstm_1", 3, 4)}
        path = by_names(tmp_path / "w.h5", layers)
    else:
        groups = {
            **path_cell("layers/lstm", 2, 3),
            f"layers/{name}": [],
            **path_cell("layers/lstm_1", 3, 4),
        }
        path = by_paths(tmp_path / "w.weights.h5", groups)
    with pytest.raises(
        UnsupportedLayerError, match=f"'{name}'.*{key}.*--config.*{name}.{key}="
    ):
        open_model(path).run(np.ones((4, 2)))
    alone = open_model(path).run(np.ones((4, 3)), start_at="lstm_1")
    assert alone["lstm_1"].h.shape == (4, 4)
    value = {"n": "5", "pool_size": "2", "target_shape": "[2, 3]", "size": "2"}[
        key
    ]
    whole = open_model(
        path,
        assume={
            f"{name}.{key}": value,
            **({"lstm.return_sequences": "true"} if key != "n" else {}),
        },
    )
    steps = {"n": 5, "pool_size": 2, "target_shape": 2, "size": 8}[key]
    x = np.ones((2 if key == "target_shape" else 4, 2))
    assert whole.run(x)["lstm_1"].h.shape == (steps, 4)


@pytest.mark.parametrize(
    "name",
    [
        "concatenate",
        "lambda",
        "dot",
        "tf.math.multiply",
        "my_layer",
        "time_distributed_2",
    ],
)
def test_a_layer_whose_effect_is_unknown_is_refused_or_named(
    name: str, tmp_path: Path
) -> None:
    opened = open_model(
        by_names(
            tmp_path / "w.h5",
            {**cell("lstm", 2, 3), name: {}, **dense("dense", 3, 1)},
        )
    )
    if name == "my_layer":
        assert any(
            "my_layer" in line and "change nothing" in line
            for line in opened.warnings
        )
    else:
        with pytest.raises(UnsupportedLayerError, match=name):
            opened.run(np.ones((4, 2)))


def test_flatten_and_pooling_are_computed_and_what_acts_in_training_alone_changes_nothing(
    tmp_path: Path,
) -> None:
    middle: Named = {"dropout": {}, "spatial_dropout1d": {}, "flatten": {}}
    path = by_names(
        tmp_path / "w.h5",
        {**cell("lstm", 2, 3), **middle, **dense("dense", 12, 1)},
    )
    opened = open_model(path)
    assert opened.model.inputs[0].shape == (4, 2)
    trace = opened.run(np.ones((4, 2)))
    kernel, bias = (
        weight.value for weight in opened.model.graph.layers["dense"].weights
    )
    np.testing.assert_allclose(
        trace.output, trace["lstm"].h.reshape(-1) @ kernel + bias, rtol=1e-5
    )

    pooled = open_model(
        by_names(
            tmp_path / "p.h5",
            {**cell("lstm", 2, 3), "global_max_pooling1d": {}},
        )
    )
    trace = pooled.run(np.ones((4, 2)))
    np.testing.assert_array_equal(trace.output, trace["lstm"].h.max(axis=0))


def test_a_mask_begins_where_the_file_names_a_masking_layer(
    tmp_path: Path,
) -> None:
    opened = open_model(
        by_names(tmp_path / "w.h5", {"masking": {}, **cell("lstm", 2, 3)})
    )
    assert "mask_value 0.0" in note(opened, "masking")
    x = np.array([[1.0, 2], [0, 0], [3, 4]])
    h = opened.run(x)["lstm"].h
    np.testing.assert_array_equal(h[0], h[1])


# Order and wiring -------------------------------------------------------------


def test_the_order_of_writing_decides_where_widths_dont(tmp_path: Path) -> None:
    orders = (
        ("dense", "lstm", "gru"),
        ("gru", "lstm", "dense"),
        ("lstm", "gru", "dense"),
    )
    for number, order in enumerate(orders):
        known = {
            "dense": {"layers/dense": [(3, 3), (3,)]},
            "lstm": path_cell("layers/lstm", 3, 3),
            "gru": {
                "layers/gru/cell": [(3, 9), (3, 9), (2, 9)],
                "layers/gru": [],
            },
        }
        groups = {
            place: shapes
            for name in order
            for place, shapes in known[name].items()
        }
        opened = open_model(by_paths(tmp_path / f"{number}.weights.h5", groups))
        assert tuple(classes(opened)) == order
        assert any("more than one order" in line for line in opened.warnings)


def test_numbers_give_the_order_of_a_class_and_dense_layers_come_last_without_one(
    tmp_path: Path,
) -> None:
    path = tmp_path / "w.weights.h5"
    groups = {
        "layers/dense": [(3, 3), (3,)],
        **path_cell("layers/lstm_10", 3, 3),
        **path_cell("layers/lstm_2", 3, 3),
        **path_cell("layers/lstm", 3, 3),
    }
    opened = open_model(by_paths(path, groups))
    assert list(classes(opened)) == ["lstm", "lstm_2", "lstm_10", "dense"]


def test_several_inputs_that_no_chain_has_leave_each_layer_on_its_own(
    tmp_path: Path,
) -> None:
    layers: Named = {
        "input_1": {},
        "input_2": {},
        **cell("lstm", 2, 3),
        **cell("lstm_1", 3, 3),
        **dense("dense", 3, 1),
    }
    opened = open_model(by_names(tmp_path / "w.h5", layers))
    assert [info.name for info in opened.model.inputs] == [
        "lstm_input",
        "lstm_1_input",
        "dense_input",
    ]
    assert any(
        "input_1, input_2" in line and "isn't in it" in line
        for line in opened.warnings
    )
    assert opened.run(np.ones((4, 3)), start_at="lstm_1")["lstm_1"].h.shape == (
        4,
        3,
    )


# What is assumed, and what is given -------------------------------------------


def test_every_layer_with_a_setting_names_it_in_its_notes_the_warnings_and_the_explorer(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    layers: Named = {
        "embedding": {"embedding/embeddings:0": (7, 2)},
        **cell("lstm", 2, 3),
        **dense("dense", 3, 2),
    }
    path = by_names(tmp_path / "w.h5", {**layers, "activation": {}})
    opened = open_model(path)
    assert note(opened, "dense") == "assumed: activation linear"
    assert note(opened, "embedding") == "assumed: mask_zero false"
    offered = {one.name for one in assumptions(opened)}
    assert {
        "dense.activation",
        "activation.activation",
        "embedding.mask_zero",
        "lstm.return_sequences",
    } <= offered
    assert main(["layers", str(path), "--format", "json"]) == 0
    said = json.loads(capsys.readouterr().out)["warnings"]
    assert "layer 'dense': assumed: activation linear" in said
    assert any("each layer reads the one before it" in line for line in said)


def test_assume_speaks_of_one_layer_or_of_every_recurrent_one(
    tmp_path: Path,
) -> None:
    path = by_names(
        tmp_path / "w.h5", {**cell("lstm", 2, 3), **dense("dense", 3, 2)}
    )
    plain = open_model(path).run(np.ones((4, 2))).output
    relu = open_model(path, assume={"activation": "relu"})
    assert "activation relu" in note(relu, "lstm")
    assert note(relu, "dense") == "assumed: activation linear"
    soft = (
        open_model(path, assume={"dense.activation": "softmax"})
        .run(np.ones((4, 2)))
        .output
    )
    np.testing.assert_allclose(
        soft, np.exp(plain) / np.exp(plain).sum(), rtol=1e-5
    )


@pytest.mark.parametrize(
    ("key", "value", "match"),
    [
        ("lstm.return_sequences", "maybe", "return_sequences"),
        ("nothing.activation", "relu", "no layer is called 'nothing'"),
        (
            "dense.return_sequences",
            "true",
            "what can be set of 'dense' is activation",
        ),
        ("keras", "4", "keras is 2"),
    ],
)
def test_assume_says_what_doesnt_fit(
    key: str, value: str, match: str, tmp_path: Path
) -> None:
    path = by_names(
        tmp_path / "w.h5", {**cell("lstm", 2, 3), **dense("dense", 3, 2)}
    )
    with pytest.raises(ConfigError, match=match):
        open_model(path, assume={key: value})


def test_a_name_that_keras_wrote_beside_a_path_finds_the_layer_and_never_another(
    tmp_path: Path,
) -> None:
    groups = {
        **path_cell("layers/lstm", 2, 2),
        **path_cell("layers/lstm_1", 2, 2),
    }
    called = {"layers/lstm": "lstm_1", "layers/lstm_1": "decoder"}
    path = by_paths(tmp_path / "w.weights.h5", groups, called)
    by_path = open_model(path, assume={"lstm_1.activation": "relu"})
    assert "activation relu" in note(by_path, "lstm_1")
    assert "activation tanh" in note(by_path, "lstm")
    assert "activation relu" in note(
        open_model(path, assume={"decoder.activation": "relu"}), "lstm_1"
    )


def test_the_keras_that_wrote_a_file_is_assumed_where_the_file_doesnt_say(
    tmp_path: Path,
) -> None:
    path = by_paths(tmp_path / "w.weights.h5", path_cell("layers/lstm", 2, 3))
    assert any(
        "written by Keras 3" in line for line in open_model(path).warnings
    )
    older = open_model(
        path, assume={"keras": "2", "recurrent_activation": "hard_sigmoid"}
    )
    assert any("written by Keras 2" in line for line in older.warnings)
    assert older.hard_sigmoid == 2


def test_a_group_normalization_alone_may_lack_its_scale(tmp_path: Path) -> None:
    """The name of its one array says which it is; before, its configuration
    asked for both.
    """
    one = {"group_normalization": {"group_normalization/beta:0": (3,)}}
    path = by_names(tmp_path / "w.h5", {**cell("lstm", 2, 3), **one})
    opened = open_model(path, assume={"group_normalization.groups": "1"})
    layer = opened.model.graph.layers["group_normalization"]
    assert layer.why_not is None
    assert [weight.name for weight in layer.weights] == ["beta"]
    assert (layer.config["scale"], layer.config["center"]) == (False, True)
