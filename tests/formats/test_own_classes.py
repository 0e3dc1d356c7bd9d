"""Somebody's own classes are told from Keras's, shown with their gates, and
computed only as what the user names.
"""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from model_files import CONFIG, write_h5, write_keras, zip_members
from test_build import FULL, LSTM, layer, write

from rnn_tui import open_model
from rnn_tui.analysis.gates import gate_blocks
from rnn_tui.engine.layers.names import REFUSED, class_names
from rnn_tui.errors import (
    ConfigError,
    RnnTuiError,
    UnsupportedLayerError,
    VerifyError,
)
from rnn_tui.formats.architecture.custom_classes import WRAPPERS
from rnn_tui.formats.architecture.keras_classes import ever_keras, is_keras
from rnn_tui.formats.data.spec import Era
from rnn_tui.verify import verify

X = np.linspace(-1, 1, 10, dtype=np.float32).reshape(5, 2)
KEYS = {**LSTM, "unit_forget_bias": True, "return_sequences": False}
ENTRY = {"batch_input_shape": [None, 5, 2]}


@pytest.mark.parametrize(
    ("class_name", "version", "own"),
    [
        ("LSTM", "0.3.3", False),
        ("LSTM", "2.1.6-tf", False),
        ("Attention", "2.2.4", True),
        ("Attention", "2.2.4-tf", False),
        ("Attention", "3.0.0", False),
        ("RMSNormalization", "3.5.0", False),
        ("LayerNormalization", "2.1.6-tf", True),
        ("LayerNormalization", "2.3.1", True),
        ("MultiHeadAttention", "2.3.0-tf", True),
        ("MultiHeadAttention", "2.4.0", False),
        ("UnitNormalization", "2.8.0", True),
        ("UnitNormalization", "2.9.0", False),
        ("GroupNormalization", "2.10.0", True),
        ("GroupNormalization", "2.11.0", False),
        ("EinsumDense", "2.3.0-tf", True),
        ("CuDNNLSTM", "2.0.8", True),
        ("CuDNNLSTM", "2.2.4", False),
        ("CuDNNLSTM", "3.0.0", True),
        ("Highway", "1.2.2", False),
        ("Highway", "2.4.0", True),
        ("Merge", "2.1.0", False),
        ("TimeDistributedDense", "1.2.2", False),
        ("TimeDistributedDense", "2.0.0", True),
        ("AtrousConvolution1D", "1.1.2", False),
        ("MaxPool1D", "2.2.4", False),
        ("Convolution2D", "2.0.0", False),
        ("UnifiedLSTM", "2.2.4-tf", False),
        ("QLSTM", "2.2.4", True),
        ("Addons>LayerNormLSTMCell", "2.4.0", True),
    ],
)
def test_a_name_is_keras_own_in_the_versions_that_have_it(
    class_name: str, version: str, own: bool
) -> None:
    assert is_keras(class_name, Era.of(version)) is not own


@pytest.mark.parametrize(
    ("version", "class_name", "known"),
    [("2", "Attention", True), ("2", "Add", True), ("2", "TimeDistributedDense", False), ("2", "MelSpectrogram", False),
     ("1", "Highway", True), ("1", "Add", False), (None, "Attention", True), (None, "CRF", False)],
)  # fmt: skip
def test_a_file_that_tells_no_version_may_be_of_any_of_its_generation(
    version: str | None, class_name: str, known: bool
) -> None:
    assert is_keras(class_name, Era.of(version)) is known


@pytest.mark.tensorflow
@pytest.mark.parametrize("home", ["keras", "tf_keras"])
def test_every_layer_of_keras_that_is_known_is_in_the_table(home: str) -> None:
    """One that isn't counts as a class that no Keras has."""
    layers = pytest.importorskip(home).layers
    known = {*class_names(), *REFUSED, *WRAPPERS}
    assert {
        name for name in known if hasattr(layers, name) and not ever_keras(name)
    } == set()


@pytest.mark.tensorflow
def test_every_layer_that_tf_keras_exports_is_its_own() -> None:
    tf_keras = pytest.importorskip("tf_keras")
    layer_class = tf_keras.layers.Layer
    classes = [
        cls for cls in vars(tf_keras.layers).values() if isinstance(cls, type)
    ]
    exported = {cls.__name__ for cls in classes if issubclass(cls, layer_class)}
    abstract = {"Layer", "Wrapper", "AbstractRNNCell"}
    assert {
        name
        for name in exported - abstract
        if not is_keras(name, Era.of("2.15.0"))
    } == set()


def own(class_name: str = "QLSTM", **more: Any) -> dict[str, Any]:
    return layer(class_name, **{**KEYS, **ENTRY, **more})


def test_a_class_of_somebodys_own_is_listed_with_its_gates_and_refused_in_one_line(
    tmp_path: Path,
) -> None:
    path = write(
        tmp_path / "m.h5", [own(kernel_quantizer="bits")], {"lstm": FULL}
    )
    opened = open_model(path)
    (info,) = opened.layers
    assert (
        info.class_name,
        info.recurrent,
        info.reproducible,
        info.parameters,
    ) == (
        "QLSTM",
        True,
        False,
        72,
    )
    assert [
        block.gate
        for block in gate_blocks(opened.model)
        if block.part == "kernel"
    ] == list("ifco")
    with pytest.raises(UnsupportedLayerError) as refusal:
        opened.run(X)
    assert str(refusal.value) == (
        "layer 'lstm' can't be reproduced: the class QLSTM is not one of Keras's own;"
        " --as lstm=LSTM computes it as Keras's LSTM"
    )


def test_it_is_computed_as_what_the_user_names_and_says_so_everywhere(
    tmp_path: Path,
) -> None:
    plain = open_model(
        write(tmp_path / "plain.h5", [own("LSTM")], {"lstm": FULL})
    )
    opened = open_model(
        write(
            tmp_path / "m.h5", [own(kernel_quantizer="bits")], {"lstm": FULL}
        ),
        as_={"lstm": "LSTM"},
    )
    trace = opened.run(X)
    np.testing.assert_array_equal(trace["lstm"].c, plain.run(X)["lstm"].c)
    (said,) = opened.warnings
    assert "'lstm' is computed as Keras's LSTM" in said
    assert "QLSTM" in said
    assert trace.warnings == opened.assumptions == opened.warnings
    (info,) = opened.layers
    assert (info.class_name, info.reproducible) == ("QLSTM", True)
    assert any("as was asked" in note for note in info.notes)
    assert any("kernel_quantizer" in note for note in info.notes)
    assert plain.run(X).warnings == ()
    with pytest.raises(
        VerifyError,
        match="Keras itself can't be asked about a custom class",
    ):
        verify(tmp_path / "m.h5", {"lstm_input": X[None]}, opened=opened)


@pytest.mark.parametrize("class_name", ["LSTM", "GRU", "SimpleRNN"])
def test_a_class_that_has_keras_name_and_a_key_of_its_own_is_somebodys(
    tmp_path: Path, class_name: str
) -> None:
    gates = {"LSTM": 4, "GRU": 3, "SimpleRNN": 1}[class_name]
    shapes = [(2, 3 * gates), (3, 3 * gates), (3 * gates,)]
    layers = [
        layer(
            class_name,
            **{
                **KEYS,
                **ENTRY,
                "recurrent_initializer": "zeros",
                "peepholes": True,
            },
        )
    ]
    path = write(tmp_path / "m.h5", layers, {"lstm": shapes})
    why_not = open_model(path).layers[0].why_not or ""
    assert "has peepholes, which no Keras writes" in why_not
    assert f"--as lstm={class_name}" in why_not
    assert open_model(path, as_={"lstm": class_name}).run(X)[
        "lstm"
    ].h.shape == (5, 3)


def test_a_name_newer_than_the_files_keras_is_somebodys(tmp_path: Path) -> None:
    layers = [
        own("LSTM", return_sequences=True),
        layer("LayerNormalization", name="norm", axis=-1),
    ]
    arrays: dict[str, list[tuple[int, ...]]] = {
        "lstm": FULL,
        "norm": [(3,), (3,)],
    }
    old = open_model(
        write(tmp_path / "old.h5", layers, arrays, "2.3.1")
    ).layers[1]
    assert (
        old.why_not
        == "Keras 2.3.1 has no class LayerNormalization: it is its author's own"
    )
    assert old.parameters == 6
    assert (
        open_model(write(tmp_path / "new.h5", layers, arrays, "2.3.0-tf"))
        .layers[1]
        .reproducible
    )


@pytest.mark.parametrize(
    ("shapes", "config", "shown", "gates"),
    [
        ([(2, 12), (3, 12), (12,)], {"hidden": 3}, True, "ifco"),
        ([(2, 9), (3, 9), (2, 9)], {"hidden": 3}, True, "zrh"),
        ([(3, 3, 1, 8), (3, 3, 2, 8), (8,)], {"hidden": 3}, True, "ifco"),
        ([(3, 3), (3, 3), (3,)], {"hidden": 3}, False, ""),
        (
            [(3, 3), (3, 3), (3,)],
            {"hidden": 3, "return_sequences": True},
            True,
            "h",
        ),
        (
            [(2, 12), (3, 12), (12,)],
            {
                "units": 3,
                "recurrent_activation": "sigmoid",
                "reset_after": True,
            },
            True,
            "ifco",
        ),
    ],
)
def test_where_keys_say_nothing_or_something_else_the_arrays_tell_the_gates(
    tmp_path: Path,
    shapes: list[tuple[int, ...]],
    config: dict[str, Any],
    shown: bool,
    gates: str,
) -> None:
    opened = open_model(
        write(
            tmp_path / "m.h5",
            [layer("Mine", name="mine", **config, **ENTRY)],
            {"mine": shapes},
        )
    )
    assert opened.layers[0].recurrent is shown
    found = [
        block.gate
        for block in gate_blocks(opened.model)
        if block.part == "kernel"
    ]
    assert found == list(gates)
    assert ("--as" in (opened.layers[0].why_not or "")) is shown


def test_what_a_configuration_does_not_say_is_taken_as_keras_takes_it_and_noted(
    tmp_path: Path,
) -> None:
    path = write(
        tmp_path / "m.h5",
        [layer("Mine", name="mine", hidden=3, **ENTRY)],
        {"mine": FULL},
        "2.4.0",
    )
    notes = open_model(path, as_={"mine": "LSTM"}).layers[0].notes
    assert any(
        "activation tanh, return_sequences False, recurrent_activation sigmoid"
        in note
        for note in notes
    )


def inside(kind: str, name: str) -> dict[str, Any]:
    """A layer around somebody's own LSTM."""
    inner = {"class_name": name, "config": {**KEYS, "return_sequences": True}}
    if kind == "nested":
        config = {
            "name": "outer",
            "layers": [{**inner, "config": {**inner["config"], **ENTRY}}],
        }
        return {"class_name": "Sequential", "name": "outer", "config": config}
    return layer(
        kind,
        name="outer",
        layer=inner,
        **({"batch_input_shape": [None, 4, 5, 2]} if "Time" in kind else ENTRY),
    )


@pytest.mark.parametrize(
    ("kind", "paths"),
    [
        ("Bidirectional", ["outer", "outer/forward", "outer/backward"]),
        ("TimeDistributed", ["outer", "outer/lstm"]),
        ("nested", ["outer/lstm"]),
    ],
)
def test_inside_wrappers_and_models_it_is_named_by_its_path(
    tmp_path: Path, kind: str, paths: list[str]
) -> None:
    shapes = FULL * (2 if kind == "Bidirectional" else 1)
    path = write(tmp_path / "m.h5", [inside(kind, "QLSTM")], {"outer": shapes})
    plain = open_model(
        write(tmp_path / "plain.h5", [inside(kind, "LSTM")], {"outer": shapes})
    )
    x = np.stack([X] * 4)[None] if "Time" in kind else X
    refused = open_model(path)
    assert {entry.key for entry in refused.cells} == {
        entry.key for entry in plain.cells
    }
    with pytest.raises(UnsupportedLayerError, match="--as outer"):
        refused.run(x)
    for name in paths:
        opened = open_model(path, as_={name: "LSTM"})
        np.testing.assert_array_equal(
            opened.run(x).outputs[0], plain.run(x).outputs[0]
        )
        assert len(opened.assumptions) == 1


def stacked(*names: str, one: bool = False) -> dict[str, Any]:
    keys = {
        key: value
        for key, value in KEYS.items()
        if key not in ("name", "return_sequences")
    }
    cells = [{"class_name": name, "config": dict(keys)} for name in names]
    cell: Any = (
        cells[0]
        if one
        else {"class_name": "StackedRNNCells", "config": {"cells": cells}}
    )
    return layer("RNN", name="rnn", cell=cell, return_sequences=False, **ENTRY)


@pytest.mark.parametrize("one", [True, False])
def test_cells_of_somebodys_own_are_named_by_the_layer_that_runs_them(
    tmp_path: Path, one: bool
) -> None:
    names = ["MyCell"] if one else ["MyCell", "LSTMCell"]
    shapes = FULL if one else [*FULL, (3, 12), (3, 12), (12,)]
    path = write(tmp_path / "m.h5", [stacked(*names, one=one)], {"rnn": shapes})
    plain = write(
        tmp_path / "p.h5",
        [stacked(*["LSTMCell"] * len(names), one=one)],
        {"rnn": shapes},
    )
    with pytest.raises(
        UnsupportedLayerError,
        match="MyCell is not one of Keras's own; --as rnn=LSTMCell",
    ):
        open_model(path).run(X)
    for name in ["rnn", *([] if one else ["rnn/cells/0"])]:
        ours = open_model(path, as_={name: "LSTMCell"}).run(X)
        np.testing.assert_array_equal(
            ours.outputs[0], open_model(plain).run(X).outputs[0]
        )


@pytest.mark.parametrize("cell", ["LSTMCell", "MyCell"])
def test_a_layer_of_somebodys_own_that_runs_cells_is_keras_rnn_on_request(
    tmp_path: Path, cell: str
) -> None:
    layers = [{**stacked(cell, "LSTMCell"), "class_name": "MyRNN"}]
    shapes = [*FULL, (3, 12), (3, 12), (12,)]
    path = write(tmp_path / "m.h5", layers, {"rnn": shapes})
    plain = write(
        tmp_path / "p.h5", [stacked("LSTMCell", "LSTMCell")], {"rnn": shapes}
    )
    with pytest.raises(
        UnsupportedLayerError,
        match="MyRNN is not one of Keras's own; --as rnn=LSTMCell",
    ):
        open_model(path).run(X)
    ours = open_model(path, as_={"rnn": "LSTMCell"}).run(X)
    np.testing.assert_array_equal(
        ours.outputs[0], open_model(plain).run(X).outputs[0]
    )
    with pytest.raises(RnnTuiError, match="--as rnn=GRUCell: "):
        open_model(path, as_={"rnn": "GRUCell"})


@pytest.mark.parametrize(
    ("layer_name", "class_name", "said"),
    [
        (
            "other",
            "LSTM",
            "there is no such layer; the custom classes are those of 'lstm'",
        ),
        ("dense", "LSTM", "this layer is Keras's own Dense"),
        ("lstm", "Dense", "a layer can be computed as SimpleRNN, LSTM, GRU"),
        (
            "lstm",
            "GRU",
            r"the arrays of this layer, \(2, 12\), \(3, 12\), \(12,\), don't make a GRU",
        ),
        ("lstm", "ConvLSTM2D", "don't make a ConvLSTM2D"),
        ("lstm", "LSTMCell", "this is a layer, not a cell; it can be LSTM"),
        ("rnn", "LSTM", "one can be SimpleRNNCell, LSTMCell, GRUCell"),
    ],
)
def test_a_name_or_class_that_cannot_be_meant_is_one_line(
    tmp_path: Path, layer_name: str, class_name: str, said: str
) -> None:
    layers = [
        own(return_sequences=True),
        stacked("MyCell", one=True),
        layer("Dense", name="dense", units=1),
    ]
    path = write(
        tmp_path / "m.h5",
        layers,
        {
            "lstm": FULL,
            "rnn": [(3, 12), (3, 12), (12,)],
            "dense": [(3, 1), (1,)],
        },
    )
    with pytest.raises(
        RnnTuiError, match=f"^--as {layer_name}={class_name}: .*{said}"
    ):
        open_model(path, as_={layer_name: class_name})


def test_a_weights_file_with_a_configuration_follows_the_same_rule(
    tmp_path: Path,
) -> None:
    path = write(tmp_path / "w.h5", None, {"lstm": FULL})
    config = tmp_path / "other.json"
    config.write_text(
        json.dumps(
            {
                "class_name": "Sequential",
                "config": {"name": "m", "layers": [own()]},
            }
        )
    )
    with pytest.raises(UnsupportedLayerError, match="--as lstm=LSTM"):
        open_model(path, config=config).run(X)
    assert open_model(path, config=config, as_={"lstm": "LSTM"}).run(X)[
        "lstm"
    ].h.shape == (5, 3)
    with pytest.raises(ConfigError, match="told by their arrays"):
        open_model(path, as_={"lstm": "LSTM"})


def test_a_choice_can_be_taken_back(tmp_path: Path) -> None:
    opened = open_model(
        write(tmp_path / "m.h5", [own()], {"lstm": FULL}), as_={"lstm": "LSTM"}
    )
    back = opened.assuming(**{"lstm.class": "not run"})
    assert not back.layers[0].reproducible
    assert dict(back.assumed) == {}


@pytest.mark.parametrize("registered", ["keras>LSTM", None])
def test_a_class_that_keras_registers_is_keras_own(
    tmp_path: Path, registered: str | None
) -> None:
    config = copy.deepcopy(CONFIG)
    config["config"]["layers"][0] |= {
        "module": None,
        "registered_name": registered,
    }
    write_h5(tmp_path / "m.h5", config=config)
    assert open_model(tmp_path / "m.h5").layers[0].reproducible
    config["config"]["layers"][0] |= {
        "module": "mine",
        "registered_name": registered,
    }
    write_h5(tmp_path / "n.h5", config=config)
    assert not open_model(tmp_path / "n.h5").layers[0].reproducible


def test_a_module_of_keras_says_more_than_the_table(tmp_path: Path) -> None:
    config = copy.deepcopy(CONFIG)
    config["config"]["layers"][0] |= {
        "module": "keras.layers",
        "registered_name": None,
    }
    config["config"]["layers"][0]["config"]["brand_new_key"] = 1
    write_h5(tmp_path / "m.h5", config=config)
    assert open_model(tmp_path / "m.h5").layers[0].reproducible


def archive(
    path: Path, config: dict[str, Any], groups: dict[str, list[tuple[int, ...]]]
) -> Path:
    rng = np.random.default_rng(3)
    weights = path.with_suffix(".inner")
    with h5py.File(weights, "w") as file:
        for group, shapes in groups.items():
            for k, shape in enumerate(shapes):
                file[f"{group}/vars/{k}"] = rng.normal(size=shape).astype("f4")
    members = {
        "config.json": json.dumps(config).encode(),
        "model.weights.h5": weights.read_bytes(),
    }
    write_keras(path, {**zip_members(), **members})
    return path


TAGGER = {
    "class_name": "Tagger",
    "registered_name": "Mine>Tagger",
    "module": "mine",
    "config": {"name": "t", "size": 3},
}


def test_a_model_of_its_authors_own_class_opens_by_the_paths_of_its_arrays(
    tmp_path: Path,
) -> None:
    groups = {
        "embed": [(20, 2)],
        "gru/cell": [(2, 9), (3, 9), (2, 9)],
        "head": [(3, 1), (1,)],
    }
    opened = open_model(archive(tmp_path / "m.keras", TAGGER, groups))
    assert (
        opened.file.container,
        opened.model.class_name,
        opened.model.name,
    ) == (
        "keras-zip",
        "Tagger",
        "t",
    )
    assert [info.path for info in opened.layers] == ["embed", "gru", "head"]
    assert "its structure is not in the file" in opened.warnings[0]
    assert "told by the shapes of their arrays" in opened.warnings[0]
    assert not any("weights only" in line for line in opened.warnings)
    assert opened.deduced
    whole = opened.assuming(**{"gru.return_sequences": "true"}).run(
        np.array([1, 2, 3])
    )
    assert whole.outputs[0].shape == (1, 3, 1)
    assert whole.warnings


def test_a_model_of_its_authors_own_class_without_a_recurrent_layer_is_refused_in_one_line(
    tmp_path: Path,
) -> None:
    path = archive(tmp_path / "m.keras", TAGGER, {"head": [(3, 1), (1,)]})
    with pytest.raises(
        ConfigError,
        match="own class Tagger: its structure is not in the file, and the weights hold no",
    ):
        open_model(path)


def test_inside_another_model_it_is_listed_by_its_paths_and_not_run(
    tmp_path: Path,
) -> None:
    groups: dict[str, list[tuple[int, ...]]] = {
        "layers/tagger/gru/cell": [(2, 9), (3, 9), (2, 9)],
        "layers/tagger/head": [(3, 2), (2,)],
        "layers/lstm/cell": FULL,
    }
    layers = [
        {**TAGGER, "build_config": {"input_shape": [None, 5, 2]}},
        layer("LSTM", **KEYS),
    ]
    config = {
        "class_name": "Sequential",
        "config": {"name": "s", "layers": layers},
    }
    opened = open_model(archive(tmp_path / "m.keras", config, groups))
    assert [info.path for info in opened.layers] == [
        "t",
        "t/gru",
        "t/head",
        "lstm",
    ]
    assert opened.model.parameters == 18 + 27 + 18 + 6 + 2 + 72
    assert {block.layer for block in gate_blocks(opened.model)} == {
        "t/gru",
        "lstm",
    }
    with pytest.raises(UnsupportedLayerError, match="'t' can't be reproduced"):
        opened.run(X)


@pytest.mark.parametrize("nested", [False, True])
def test_a_class_derived_from_sequential_is_computed_as_its_layers_and_says_so(
    tmp_path: Path, nested: bool
) -> None:
    config = copy.deepcopy(CONFIG)
    plain = copy.deepcopy(CONFIG)
    config |= {"class_name": "Mine>Net"}
    groups: dict[str, list[tuple[int, ...]]] = {
        "lstm/cell": [(3, 16), (4, 16), (16,)],
        "dense": [(4, 2), (2,)],
    }
    if nested:
        groups = {
            f"layers/NAME/layers/{name}": shapes
            for name, shapes in groups.items()
        }
        config = {
            "class_name": "Sequential",
            "config": {"name": "s", "layers": [config]},
        }
        plain = {
            "class_name": "Sequential",
            "config": {"name": "s", "layers": [plain]},
        }
    else:
        groups = {f"layers/{name}": shapes for name, shapes in groups.items()}
    found = []
    for name, model in (("net", config), ("sequential", plain)):
        here = {
            group.replace("NAME", name): shapes
            for group, shapes in groups.items()
        }
        found.append(
            open_model(archive(tmp_path / f"{name}.keras", model, here))
        )
    ours, theirs = (opened.run(np.ones((3, 3))) for opened in found)
    np.testing.assert_array_equal(ours.outputs[0], theirs.outputs[0])
    (said,) = ours.warnings
    assert "its author's own class Mine>Net" in said
    assert said in found[0].warnings
    assert theirs.warnings == ()
    assert nested or found[0].model.class_name == "Net"
