"""Friendly files of every container, width, byte order, compression and layout
open with the right values.
"""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from model_files import (
    CONFIG,
    Arrays,
    arrays,
    write_h5,
    write_keras,
    write_weights,
    zip_members,
)

from rnn_tui.formats.client.process import start_reading
from rnn_tui.formats.data.description import FileDescription

CORPUS = Path(__file__).parents[3] / "shared" / "corpus" / "models"


def read_all(
    path: Path,
) -> tuple[FileDescription, dict[str, dict[str, np.ndarray]]]:
    """The description and every array, by group and name."""
    found = start_reading(path).result()
    keys = [array.key for group in found.groups for array in group.arrays]
    values = found.read(keys)
    return found, {
        g.name: {a.name: values[a.key] for a in g.arrays}
        for g in found.groups
        if g.arrays
    }


def assert_equal(
    found: dict[str, dict[str, np.ndarray]], expected: Arrays
) -> None:
    assert list(found) == list(expected)
    for layer, parts in expected.items():
        assert list(found[layer]) == list(parts)
        for name, values in parts.items():
            assert found[layer][name].shape == values.shape
            assert np.array_equal(found[layer][name], values)


@pytest.mark.parametrize(
    "dtype",
    [
        "<f2",
        ">f2",
        "<f4",
        ">f4",
        "<f8",
        ">f8",
        "<i1",
        "<i2",
        ">i4",
        "<i8",
        "<u2",
        ">u8",
        "g",
    ],
)
def test_every_width_and_byte_order_opens(dtype: str, tmp_path: Path) -> None:
    weights = arrays(
        dtype if not dtype.startswith("<u") and dtype != ">u8" else "<i4"
    )
    if "u" in dtype:
        weights = {
            g: {n: np.abs(v).astype(dtype) for n, v in parts.items()}
            for g, parts in weights.items()
        }
    write_h5(tmp_path / "m.h5", weights)
    found, values = read_all(tmp_path / "m.h5")
    assert_equal(values, weights)
    stored = {"g": "float64"}.get(dtype, str(np.dtype(dtype).newbyteorder("=")))
    assert {
        array.dtype for group in found.groups for array in group.arrays
    } == {stored}


@pytest.mark.parametrize(
    "dataset",
    [
        {"compression": "gzip"},
        {"compression": "gzip", "compression_opts": 9, "shuffle": True},
        {"compression": "gzip", "shuffle": True, "fletcher32": True},
        {"compression": "lzf"},
        {"fletcher32": True},
        {"chunks": True},
        {"chunks": (1,), "only": 1},
        {"scaleoffset": 0, "integers": True},
    ],
    ids=str,
)
def test_every_compression_opens(
    dataset: dict[str, Any], tmp_path: Path
) -> None:
    options = dict(dataset)
    weights = arrays("<i4" if options.pop("integers", False) else "<f4")
    if options.pop("only", None):
        weights = {"lstm": {"bias": weights["lstm"]["lstm/lstm_cell/bias:0"]}}
    write_h5(tmp_path / "m.h5", weights, **options)
    assert_equal(read_all(tmp_path / "m.h5")[1], weights)


def test_szip_opens_where_the_library_has_it(tmp_path: Path) -> None:
    try:
        write_h5(tmp_path / "m.h5", compression="szip")
    except ValueError:
        pytest.skip("this h5py can't write szip")
    assert_equal(read_all(tmp_path / "m.h5")[1], arrays())


def test_a_compact_dataset_opens(tmp_path: Path) -> None:
    kernel = arrays()["lstm"]["lstm/lstm_cell/kernel:0"]

    def compact(root: h5py.File) -> None:
        del root["model_weights/lstm/lstm/lstm_cell/kernel:0"]
        plan = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        plan.set_layout(h5py.h5d.COMPACT)
        home = root["model_weights/lstm/lstm/lstm_cell"].id
        space = h5py.h5s.create_simple(kernel.shape)
        made = h5py.h5d.create(
            home, b"kernel:0", h5py.h5t.IEEE_F32LE, space, plan
        )
        made.write(h5py.h5s.ALL, h5py.h5s.ALL, kernel)

    write_h5(tmp_path / "m.h5", edit=compact)
    assert_equal(read_all(tmp_path / "m.h5")[1], arrays())


@pytest.mark.parametrize(
    "file",
    [
        {"libver": "earliest"},
        {"libver": "latest"},
        {"userblock_size": 512},
        {"userblock_size": 4096},
        {"track_order": True},
    ],
    ids=str,
)
def test_every_superblock_and_user_block_opens(
    file: dict[str, Any], tmp_path: Path
) -> None:
    write_h5(tmp_path / "m.h5", file=file)
    assert_equal(read_all(tmp_path / "m.h5")[1], arrays())


@pytest.mark.parametrize("marked", [True, False])
def test_bfloat16_opens_with_and_without_a_marker(
    marked: bool, tmp_path: Path
) -> None:
    values = np.array([1.0, -2.5, 3.140625, 0.0], "f4")

    def edit(root: h5py.File) -> None:
        group = root["model_weights"].create_group("half")
        group["w"] = (values.view("u4") >> 16).astype("u2").view("V2")
        if marked:
            group["w"].attrs["dtype"] = "bfloat16"
        group.attrs["weight_names"] = ["w"]
        root["model_weights"].attrs["layer_names"] = ["half"]

    write_h5(tmp_path / "m.h5", edit=edit)
    found, read = read_all(tmp_path / "m.h5")
    assert found.groups[0].arrays[0].dtype == "bfloat16"
    assert read["half"]["w"].dtype == np.float32
    assert np.array_equal(read["half"]["w"], values)


def test_a_scalar_and_a_flag_open(tmp_path: Path) -> None:
    write_h5(
        tmp_path / "m.h5",
        {"norm": {"count": np.array(7, "i8"), "flag": np.array([True, False])}},
    )
    values = read_all(tmp_path / "m.h5")[1]["norm"]
    assert values["count"] == 7
    assert values["count"].shape == ()
    assert values["flag"].tolist() == [True, False]


def test_the_description_of_a_full_model(tmp_path: Path) -> None:
    write_h5(tmp_path / "m.h5")
    found = start_reading(tmp_path / "m.h5").result()
    assert (found.container, found.layout) == ("keras-h5", "layer_names")
    assert (found.keras_version, found.backend) == ("2.15.0", "tensorflow")
    assert found.config == CONFIG
    assert found.bytes == (tmp_path / "m.h5").stat().st_size
    assert found.warnings == ()
    assert len(found.facts["sha256"]) == 64


def test_a_config_of_bytes_equals_one_of_text(tmp_path: Path) -> None:
    write_h5(tmp_path / "m.h5", config=np.bytes_(json.dumps(CONFIG).encode()))
    assert start_reading(tmp_path / "m.h5").result().config == CONFIG


def test_a_file_of_keras_1_says_nothing_of_its_version(tmp_path: Path) -> None:
    cell = {
        "class_name": "LSTM",
        "config": {"name": "lstm", "output_dim": 4, "inner_init": "orthogonal"},
    }
    write_h5(
        tmp_path / "m.h5",
        config={"class_name": "Sequential", "config": [cell]},
        version=None,
    )
    assert start_reading(tmp_path / "m.h5").result().keras_version == "1"


def test_without_a_version_the_words_of_the_configuration_tell_it(
    tmp_path: Path,
) -> None:
    write_h5(tmp_path / "m.h5", version=None)
    assert start_reading(tmp_path / "m.h5").result().keras_version == "2"


def test_names_may_be_text_and_chunked(tmp_path: Path) -> None:
    def edit(root: h5py.File) -> None:
        home = root["model_weights"]
        del home.attrs["layer_names"]
        home.attrs["layer_names0"] = ["lstm"]
        home.attrs["layer_names1"] = ["dense"]
        names = list(home["lstm"].attrs["weight_names"])
        del home["lstm"].attrs["weight_names"]
        for index, name in enumerate(names):
            home["lstm"].attrs[f"weight_names{index}"] = [
                name if isinstance(name, str) else name.decode()
            ]

    write_h5(tmp_path / "m.h5", edit=edit)
    assert_equal(read_all(tmp_path / "m.h5")[1], arrays())


def test_layers_come_in_the_order_the_file_lists_them(tmp_path: Path) -> None:
    weights = {name: {"w": np.ones(1, "f4")} for name in ("z", "a", "m")}
    write_h5(tmp_path / "m.h5", weights)
    assert [
        group.name for group in start_reading(tmp_path / "m.h5").result().groups
    ] == ["z", "a", "m"]


def test_a_layer_without_weights_is_listed(tmp_path: Path) -> None:
    write_h5(tmp_path / "m.h5", {"input_1": {}, **arrays()})
    first = start_reading(tmp_path / "m.h5").result().groups[0]
    assert (first.name, first.arrays, first.problem) == ("input_1", (), None)


def test_a_nested_home_of_the_model_is_found(tmp_path: Path) -> None:
    write_h5(tmp_path / "inner.h5")
    with (
        h5py.File(tmp_path / "m.h5", "w") as root,
        h5py.File(tmp_path / "inner.h5") as inner,
    ):
        home = root.create_group("model/kerasmodel")
        inner.copy("model_weights", home)
        for name, value in inner.attrs.items():
            home.attrs[name] = value
    assert_equal(read_all(tmp_path / "m.h5")[1], arrays())


def test_weights_of_the_old_layout(tmp_path: Path) -> None:
    write_h5(tmp_path / "anything.at.all", config=None)
    found, values = read_all(tmp_path / "anything.at.all")
    assert (found.container, found.layout, found.config) == (
        "weights-h5",
        "layer_names",
        None,
    )
    assert_equal(values, arrays())


def test_weights_of_keras_0(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "m.h5", "w") as root:
        root.attrs["nb_layers"] = 11
        for layer in range(11):
            group = root.create_group(f"layer_{layer}")
            group.attrs["nb_params"] = 12
            for index in range(12):
                group[f"param_{index}"] = np.full(1, index + 100 * layer, "f4")
    found, values = read_all(tmp_path / "m.h5")
    assert (found.container, found.layout, found.keras_version) == (
        "weights-h5",
        "nb_layers",
        "0",
    )
    assert list(values) == [f"layer_{layer}" for layer in range(11)]
    assert [int(v[0]) for v in values["layer_10"].values()] == [
        1000 + index for index in range(12)
    ]


@pytest.mark.parametrize("names", [True, False])
@pytest.mark.parametrize("separator", ["/", "\\"])
@pytest.mark.parametrize(
    "top", ["layers/", "_layer_checkpoint_dependencies/", ""]
)
def test_weights_of_the_new_layout(
    top: str, separator: str, names: bool, tmp_path: Path
) -> None:
    expected = write_weights(
        tmp_path / "m.weights.h5", top=top, names=names, separator=separator
    )
    found, values = read_all(tmp_path / "m.weights.h5")
    assert (found.container, found.layout, found.config) == (
        "weights-h5",
        "paths",
        None,
    )
    assert_equal(dict(sorted(values.items())), dict(sorted(expected.items())))
    named = {
        group.name: group.layer_name
        for group in found.groups
        if group.layer_name
    }
    assert named == (
        {f"{top}{layer}": f"my_{layer}" for layer in ("lstm", "dense")}
        if names
        else {}
    )


def test_paths_are_sorted_as_people_count(tmp_path: Path) -> None:
    names = ["lstm", *(f"lstm_{index}" for index in range(1, 12))]
    with h5py.File(tmp_path / "m.h5", "w") as root:
        for name in reversed(names):
            for index in range(11):
                root[f"layers/{name}/cell/vars/{index}"] = np.full(
                    1, index, "f4"
                )
        for direction in ("backward_layer", "forward_layer"):
            root[f"layers/bidirectional/{direction}/cell/vars/0"] = np.zeros(
                1, "f4"
            )
    found, values = read_all(tmp_path / "m.h5")
    both = [
        f"layers/bidirectional/{direction}/cell"
        for direction in ("forward_layer", "backward_layer")
    ]
    assert [group.name for group in found.groups] == [
        *both,
        *(f"layers/{name}/cell" for name in names),
    ]
    assert [
        int(value[0]) for value in values["layers/lstm_3/cell"].values()
    ] == list(range(11))


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_a_keras_archive_opens_stored_and_packed(
    method: int, tmp_path: Path
) -> None:
    write_keras(tmp_path / "m.keras", method=method)
    expected = write_weights(tmp_path / "same.h5")
    found, values = read_all(tmp_path / "m.keras")
    assert (found.container, found.layout, found.keras_version) == (
        "keras-zip",
        "paths",
        "3.5.0",
    )
    assert found.config == CONFIG
    assert_equal(values, dict(sorted(expected.items())))


def test_numpy_weights_in_an_archive_open_without_unpickling(
    tmp_path: Path,
) -> None:
    weights = {
        "layers/lstm_10/cell": {
            "1": np.arange(6, dtype="f2"),
            "0": np.arange(6, dtype=">f4").reshape(2, 3),
        },
        "layers/lstm_2/cell": {
            "0": np.asfortranarray(np.arange(6, dtype="f8").reshape(2, 3)),
            "1": np.ones((), "f4"),
        },
    }
    packed = io.BytesIO()
    np.savez(packed, **weights, __root__={})
    write_keras(
        tmp_path / "m.keras",
        {
            **zip_members(model_weights_h5=None),
            "model.weights.npz": packed.getvalue(),
        },
    )
    _, values = read_all(tmp_path / "m.keras")
    first, second = (
        weights["layers/lstm_2/cell"],
        weights["layers/lstm_10/cell"],
    )
    assert_equal(
        values,
        {
            "layers/lstm_2/cell": first,
            "layers/lstm_10/cell": dict(sorted(second.items())),
        },
    )


def test_sharded_weights_open_as_one(tmp_path: Path) -> None:
    kernel, recurrent, bias = arrays()["lstm"].values()
    with h5py.File(tmp_path / "m_00000.weights.h5", "w") as first:
        first["layers/lstm/cell/vars/0"] = kernel
        first["layers/lstm/cell/vars/1"] = recurrent
    with h5py.File(tmp_path / "m_00001.weights.h5", "w") as second:
        second["layers/lstm/cell/vars/2"] = bias
        second["layers/dense/vars/0"] = np.ones((4, 2), "f4")
    index = {
        "metadata": {"total_size": 1},
        "weight_map": {
            "/layers/lstm/cell/vars": [
                "m_00000.weights.h5",
                "m_00001.weights.h5",
            ],
            "/layers/dense/vars": "m_00001.weights.h5",
        },
    }
    (tmp_path / "m.weights.json").write_text(json.dumps(index))
    found, values = read_all(tmp_path / "m.weights.json")
    assert (found.container, found.layout) == ("weights-h5", "paths")
    assert_equal(
        values,
        {
            "layers/dense": {"0": np.ones((4, 2), "f4")},
            "layers/lstm/cell": {"0": kernel, "1": recurrent, "2": bias},
        },
    )


def test_an_archive_without_metadata_opens(tmp_path: Path) -> None:
    write_keras(tmp_path / "m.keras", zip_members(metadata_json=None))
    assert start_reading(tmp_path / "m.keras").result().keras_version is None


def test_an_archive_without_weights_shows_its_configuration(
    tmp_path: Path,
) -> None:
    write_keras(tmp_path / "m.keras", zip_members(model_weights_h5=None))
    found = start_reading(tmp_path / "m.keras").result()
    assert found.config == CONFIG
    assert "no weights" in found.warnings[0]


@pytest.mark.parametrize("name", ["m.keras", "m.model", "m", "m.txt"])
def test_the_content_decides_not_the_name(name: str, tmp_path: Path) -> None:
    write_h5(tmp_path / name)
    assert start_reading(tmp_path / name).result().container == "keras-h5"


def test_a_file_damaged_in_one_place_shows_the_rest(tmp_path: Path) -> None:
    def edit(root: h5py.File) -> None:
        del root["model_weights/dense"]

    write_h5(tmp_path / "m.h5", edit=edit)
    lstm, dense = start_reading(tmp_path / "m.h5").result().groups
    assert [array.problem for array in lstm.arrays] == [None, None, None]
    assert (
        dense.problem
        == "the group of layer 'dense' is missing from the file; save the model again"
    )


@pytest.mark.skipif(
    not CORPUS.is_dir(), reason="the shared corpus isn't beside the repository"
)
def test_every_array_of_the_corpus_equals_what_h5py_reads() -> None:
    for path in sorted(CORPUS.iterdir()):
        found = start_reading(path).result()
        keys = [
            array.key
            for group in found.groups
            for array in group.arrays
            if array.problem is None
        ]
        assert {
            values.astype("f8").tobytes()
            for values in found.read(keys).values()
        } == stored_arrays(path), path.name


def stored_arrays(path: Path) -> set[bytes]:
    """The bytes of every array of a file, the optimizer's aside, read by h5py
    itself.
    """
    data = path.read_bytes()
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            data = archive.read("model.weights.h5")
    stored: set[bytes] = set()

    def note(name: str, item: object) -> None:
        if isinstance(item, h5py.Dataset) and "optimizer" not in name:
            stored.add(item[()].astype("f8").tobytes())

    with h5py.File(io.BytesIO(data)) as root:
        root.visititems(note)
    return stored
