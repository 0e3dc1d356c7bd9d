"""SavedModel folders and TensorFlow checkpoints open as models, and give the
numbers of the Keras that wrote them.
"""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import numpy as np
import pytest
from tensorflow_files import lstm_checkpoint, write_bundle

from rnn_tui import open_model
from rnn_tui.errors import FileError
from rnn_tui.formats.opened import OpenedModel

pytestmark = pytest.mark.skipif(
    os.name != "posix",
    reason="folders are opened where files open below a folder",
)
DATA = Path(__file__).parents[1] / "data" / "tensorflow"
CHECKPOINTS = DATA / "checkpoints"


def equal(opened: OpenedModel, golden: Path) -> None:
    """Hold a model's outputs against those that Keras returned."""
    expected = np.load(golden)
    trace = opened.run(expected["input_0"])
    np.testing.assert_allclose(
        trace.outputs[0], expected["output_0"], rtol=1e-5, atol=1e-6
    )


def copied(name: str, tmp_path: Path) -> Path:
    """A copy of one of the models, to be damaged."""
    return Path(shutil.copytree(DATA / name, tmp_path / name))


@pytest.mark.parametrize("name", ["plain", "wired", "no_traces", "old"])
def test_a_saved_model_opens_and_equals_keras(name: str) -> None:
    opened = open_model(DATA / name)
    assert opened.file.container == "savedmodel"
    assert opened.file.facts["tensorflow"].startswith("2.")
    assert opened.warnings == ()
    equal(opened, DATA / f"{name}.npz")


def test_each_part_of_a_saved_model_that_is_named_opens_the_whole() -> None:
    for part in ("saved_model.pb", "keras_metadata.pb"):
        equal(open_model(DATA / "plain" / part), DATA / "plain.npz")


def test_an_optimizers_slots_are_no_arrays_of_the_model() -> None:
    opened = open_model(DATA / "wired")
    names = [
        array.name for group in opened.file.groups for array in group.arrays
    ]
    assert names
    assert not any("Adam" in name for name in names)


def test_a_model_of_somebodys_own_class_lists_its_layers_with_their_settings() -> (
    None
):
    opened = open_model(DATA / "own")
    listed = [(layer.path, layer.class_name) for layer in opened.layers]
    assert listed == [
        ("table", "Embedding"),
        ("reader", "GRU"),
        ("heads/0", "Dense"),
        ("heads/1", "LSTM"),
    ]
    assert opened.model.class_name == "Tagger"
    assert opened.model.graph.layers["reader"].config["activation"] == "relu"
    assert any(
        "order of its attributes is assumed" in w for w in opened.warnings
    )
    equal(opened, DATA / "own.npz")


def test_what_keras_3_exported_lists_its_arrays_and_says_where_the_model_is() -> (
    None
):
    opened = open_model(DATA / "exported")
    assert [layer.class_name for layer in opened.layers] == ["LSTM", "Dense"]
    assert any("holds no Keras model" in line for line in opened.warnings)


@pytest.mark.parametrize(
    "part",
    ["chain", "chain.index", "chain.data-00000-of-00001", "checkpoint", ""],
)
def test_every_name_of_a_checkpoint_opens_it(part: str) -> None:
    path = CHECKPOINTS / part if part else CHECKPOINTS
    opened = open_model(path)
    assert opened.file.container == "tf-checkpoint"
    classes = [layer.class_name for layer in opened.layers]
    assert classes == ["Embedding", "LSTM", "SimpleRNN", "Dense"]
    assert [layer.path for layer in opened.layers][:2] == [
        "embedding",
        "lstm_1",
    ]


def test_a_folder_of_checkpoints_says_which_it_opened_and_which_there_are() -> (
    None
):
    (line,) = [
        w for w in open_model(CHECKPOINTS).warnings if "checkpoints in" in w
    ]
    assert "the newest, chain, is opened" in line
    assert "first, tagger, wired" in line


def test_without_the_text_file_the_checkpoint_written_last_is_the_newest(
    tmp_path: Path,
) -> None:
    lstm_checkpoint(tmp_path / "b")
    lstm_checkpoint(tmp_path / "a")
    os.utime(tmp_path / "b.index", (1, 1))
    assert any("the newest, a, is" in w for w in open_model(tmp_path).warnings)


def test_a_text_file_is_never_followed_out_of_its_folder(
    tmp_path: Path,
) -> None:
    lstm_checkpoint(tmp_path / "elsewhere" / "secret")
    (tmp_path / "run").mkdir()
    text = f'model_checkpoint_path: "{tmp_path}/elsewhere/secret"\n'
    (tmp_path / "run" / "checkpoint").write_text(text)
    with pytest.raises(FileError, match="aren't beside"):
        open_model(tmp_path / "run" / "checkpoint")


def test_a_checkpoint_with_its_configuration_is_the_whole_model() -> None:
    equal(open_model(CHECKPOINTS / "wired"), CHECKPOINTS / "wired.npz")
    opened = open_model(CHECKPOINTS / "chain", config=DATA / "plain")
    equal(opened, CHECKPOINTS / "chain.npz")


def test_a_folder_finds_the_configuration_of_the_checkpoint_that_it_opens(
    tmp_path: Path,
) -> None:
    for path in CHECKPOINTS.glob("wired.*"):
        shutil.copy(path, tmp_path)
    equal(open_model(tmp_path), CHECKPOINTS / "wired.npz")


def test_a_checkpoint_that_holds_its_configuration_is_the_whole_model(
    tmp_path: Path,
) -> None:
    layers = [
        {
            "class_name": "LSTM",
            "config": {
                "name": "reader",
                "units": 3,
                "return_sequences": True,
                "batch_input_shape": {
                    "class_name": "__tuple__",
                    "items": [None, 4, 2],
                },
            },
        }
    ]
    config = {
        "class_name": "Sequential",
        "config": {"name": "whole", "layers": layers},
    }
    key = "/.ATTRIBUTES/OBJECT_CONFIG_JSON"
    lstm_checkpoint(tmp_path / "old", {key: json.dumps(config).encode()})
    opened = open_model(tmp_path / "old")
    assert opened.model.name == "whole"
    assert [layer.path for layer in opened.layers] == ["reader"]
    assert opened.run(np.ones((1, 4, 2), "f4")).output.shape == (1, 4, 3)
    assert opened.warnings == ()


def test_a_checkpoint_of_several_models_lists_the_layers_of_each() -> None:
    opened = open_model(CHECKPOINTS / "tagger")
    assert [layer.path for layer in opened.layers] == [
        "tagger/table",
        "tagger/reader",
        "tagger/heads/0",
        "tagger/heads/1",
    ]


def test_a_cell_of_tensorflow_1_is_listed_with_what_makes_it_another() -> None:
    opened = open_model(CHECKPOINTS / "first")
    by_path = {layer.path: layer for layer in opened.layers}
    cell = by_path["rnn/basic_lstm_cell"]
    assert cell.class_name == "BasicLSTMCell"
    assert "forget bias, 1" in (cell.why_not or "")


def test_a_variable_in_slices_is_put_together() -> None:
    opened = open_model(CHECKPOINTS / "first")
    (group,) = [
        group for group in opened.file.groups if group.name == "variables"
    ]
    (array,) = group.arrays
    assert array.shape == (9, 4)
    values = opened.file.read([array.key])[array.key]
    assert len(np.unique(values)) == 36


def test_a_damaged_variable_is_named_when_it_is_read_and_listed_before(
    tmp_path: Path,
) -> None:
    folder = copied("plain", tmp_path)
    data = folder / "variables" / "variables.data-00000-of-00001"
    file = open_model(folder).file
    (key,) = [
        array.key
        for group in file.groups
        for array in group.arrays
        if array.name.endswith("simple_rnn_cell/recurrent_kernel")
    ]
    value = file.read([key])[key].tobytes()[:8]
    content = bytearray(data.read_bytes())
    content[content.index(value)] ^= 1
    data.write_bytes(content)
    opened = open_model(folder)
    assert len(opened.layers) == 4
    with pytest.raises(
        FileError, match=r"simple_rnn_cell/recurrent_kernel.*damaged"
    ):
        equal(opened, DATA / "plain.npz")


@pytest.mark.parametrize(
    ("missing", "says"),
    [
        ("variables/variables.index", "without its variables/variables.index"),
        (
            "variables/variables.data-00000-of-00001",
            "without its variables/variables",
        ),
        ("saved_model.pb", "without its saved_model.pb"),
    ],
)
def test_a_saved_model_without_a_part_says_which(
    missing: str, says: str, tmp_path: Path
) -> None:
    folder = copied("plain", tmp_path)
    (folder / missing).unlink()
    with pytest.raises(FileError, match=says):
        open_model(folder)


def test_a_saved_model_without_its_metadata_lists_its_variables(
    tmp_path: Path,
) -> None:
    whole = open_model(DATA / "plain")
    folder = copied("plain", tmp_path)
    (folder / "keras_metadata.pb").unlink()
    opened = open_model(folder)
    assert opened.model.parameters == whole.model.parameters
    assert any("without keras_metadata.pb" in w for w in opened.warnings)
    assert opened.file.facts["objects"] == "of tf.keras"
    assert any("Keras 2 (keras 2)" in w for w in opened.warnings)
    (folder / "keras_metadata.pb").touch()
    opened = open_model(folder)
    assert any("says nothing of the model" in w for w in opened.warnings)


def test_a_saved_model_whose_values_are_cut_short_lists_its_layers(
    tmp_path: Path,
) -> None:
    folder = copied("plain", tmp_path)
    data = folder / "variables" / "variables.data-00000-of-00001"
    data.write_bytes(data.read_bytes()[:400])
    opened = open_model(folder)
    assert len(opened.layers) == len(open_model(DATA / "plain").layers)
    assert any("cut short" in line for line in opened.warnings)
    assert opened.lacks


def test_a_checkpoint_without_a_name_opens_by_its_folder(
    tmp_path: Path,
) -> None:
    # save_weights("folder/") calls it nothing
    lstm_checkpoint(tmp_path / "x")
    for end in (".index", ".data-00000-of-00001"):
        (tmp_path / f"x{end}").rename(tmp_path / end)
    for path in (tmp_path, tmp_path / ".index"):
        assert [layer.class_name for layer in open_model(path).layers] == [
            "LSTM"
        ]


def test_the_graph_beside_a_checkpoint_of_tensorflow_1_opens_it(
    tmp_path: Path,
) -> None:
    lstm_checkpoint(tmp_path / "ckpt")
    (tmp_path / "ckpt.meta").write_bytes(b"\x0a\x05Const")
    assert open_model(tmp_path / "ckpt.meta").file.container == "tf-checkpoint"


def test_a_checkpoint_without_its_index_says_so(tmp_path: Path) -> None:
    lstm_checkpoint(tmp_path / "ckpt")
    (tmp_path / "ckpt.index").unlink()
    with pytest.raises(FileError, match=r"without ckpt\.index"):
        open_model(tmp_path / "ckpt.data-00000-of-00001")
    with pytest.raises(FileError, match=r"copy its \.index"):
        open_model(tmp_path)


def test_a_checkpoint_without_its_values_says_so(tmp_path: Path) -> None:
    lstm_checkpoint(tmp_path / "ckpt")
    (tmp_path / "ckpt.data-00000-of-00001").unlink()
    with pytest.raises(FileError, match=r"ckpt\.data-00000-of-00001"):
        open_model(tmp_path / "ckpt.index")
    with pytest.raises(FileError, match="without its weights"):
        open_model(tmp_path)


def test_a_pointer_of_git_lfs_in_the_place_of_a_part_is_named(
    tmp_path: Path,
) -> None:
    folder = copied("plain", tmp_path)
    pointer = (
        b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 9\n"
    )
    for part in ("saved_model.pb", "variables/variables.data-00000-of-00001"):
        kept = (folder / part).read_bytes()
        (folder / part).write_bytes(pointer)
        with pytest.raises(FileError, match="Git LFS"):
            open_model(folder)
        (folder / part).write_bytes(kept)


def test_names_that_two_programs_gave_are_matched_by_number(
    tmp_path: Path,
) -> None:
    # the checkpoint says lstm_1, the configuration of a fresh program lstm
    config = json.loads(
        json.dumps(dict(open_model(DATA / "plain").file.config or {}))
    )
    for layer in config["config"]["layers"]:
        layer["config"]["name"] = layer["config"]["name"].rstrip("_0123456789")
    (tmp_path / "fresh.json").write_text(json.dumps(config))
    opened = open_model(CHECKPOINTS / "chain", config=tmp_path / "fresh.json")
    equal(opened, CHECKPOINTS / "chain.npz")


def test_a_bundle_of_nothing_is_refused_in_one_line(tmp_path: Path) -> None:
    write_bundle(tmp_path / "empty", {})
    with pytest.raises(FileError, match="no recurrent layer"):
        open_model(tmp_path / "empty")
