"""Odd but honest files open, whole and with the right values: only what must be
refused is refused.
"""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from model_files import CONFIG, arrays, write_h5, write_keras, zip_members

from rnn_tui.formats.opened import OpenedModel, open_model

KERNEL = "lstm/lstm_cell/kernel:0"
PARAMETERS = 138


def check(opened: OpenedModel) -> None:
    """Every weight has its values and nothing was odd."""
    assert opened.model.parameters == PARAMETERS
    assert not opened.warnings
    assert all(layer.reproducible for layer in opened.layers)
    found = [
        weight.value
        for layer in opened.model.graph.layers.values()
        for weight in layer.weights
    ]
    wanted = [
        values for parts in arrays().values() for values in parts.values()
    ]
    assert all(np.array_equal(a, b) for a, b in zip(found, wanted, strict=True))
    assert np.isfinite(opened.run(np.ones((3, 3), "f4")).outputs[0]).all()


def with_optimizer(root: h5py.File) -> None:
    root.attrs["training_config"] = json.dumps(
        {"loss": "mse", "optimizer_config": {"class_name": "Adam"}}
    )
    home = root.create_group("optimizer_weights")
    home.attrs["weight_names"] = [b"Adam/iterations:0", b"Adam/lstm/kernel/m:0"]
    home["Adam/iterations:0"] = np.int64(12)
    home["Adam/lstm/kernel/m:0"] = np.zeros((3, 16), "f4")


def with_more_groups(root: h5py.File) -> None:
    root["history/loss"] = np.arange(5.0)
    root["notes"] = "trained on a Tuesday"
    root["records"] = np.zeros(3, [("epoch", "i4"), ("name", "S8")])
    root.create_dataset(
        "names",
        data=np.array(["a", "b"], dtype=object),
        dtype=h5py.string_dtype(),
    )
    root["model_weights"].attrs["author"] = h5py.Empty("f4")
    root.create_group("model_weights/top_level_model_weights").attrs[
        "weight_names"
    ] = np.zeros(0, "S1")


def with_pytables_marks(root: h5py.File) -> None:
    root.attrs["CLASS"], root.attrs["TITLE"] = np.bytes_("GROUP"), np.bytes_("")
    root.attrs["VERSION"], root.attrs["PYTABLES_FORMAT_VERSION"] = (
        np.bytes_("1.0"),
        np.bytes_("2.1"),
    )
    data = root[f"model_weights/lstm/{KERNEL}"]
    data.attrs["CLASS"], data.attrs["TITLE"] = (
        np.bytes_("CARRAY"),
        np.bytes_(""),
    )


def with_dimension_scales(root: h5py.File) -> None:
    root["columns"] = np.arange(16)
    root["columns"].make_scale("columns")
    root[f"model_weights/lstm/{KERNEL}"].dims[1].attach_scale(root["columns"])


def with_hard_links(root: h5py.File) -> None:
    root["best/kernel"] = root[f"model_weights/lstm/{KERNEL}"]
    root["again"] = root["model_weights/lstm"]


def with_soft_links(root: h5py.File) -> None:
    """The kernel and a whole layer lie elsewhere in the file, behind links that
    lead on.
    """
    root["store/kernel"] = root[f"model_weights/lstm/{KERNEL}"]
    del root[f"model_weights/lstm/{KERNEL}"]
    root["kernel"] = h5py.SoftLink("store/./kernel")
    root[f"model_weights/lstm/{KERNEL}"] = h5py.SoftLink("/kernel")
    root.move("model_weights/dense", "store/dense")
    root["model_weights/dense"] = h5py.SoftLink("/store/dense")


def with_texts_of(dtype: Any, shape: tuple[int, ...]) -> Any:
    def edit(root: h5py.File) -> None:
        for name in ("model_config", "keras_version", "backend"):
            value = root.attrs[name]
            del root.attrs[name]
            text = value if dtype is None else value.encode()
            kind = (
                h5py.string_dtype()
                if dtype is None
                else h5py.string_dtype("utf-8", len(text) + 3)
            )
            root.attrs.create(
                name,
                np.full(shape, text, dtype=object if dtype is None else kind),
                dtype=kind,
            )

    edit.__name__ = (
        f"with_texts_{'varying' if dtype is None else 'fixed'}_{shape}"
    )
    return edit


@pytest.mark.parametrize(
    "edit",
    [with_optimizer, with_more_groups, with_pytables_marks, with_dimension_scales, with_hard_links,
     with_soft_links,
     *(with_texts_of(dtype, shape) for dtype in (None, bytes) for shape in ((), (1,)))],
    ids=lambda edit: edit.__name__,
)  # fmt: skip
def test_what_else_is_in_an_hdf5_file_does_no_harm(
    edit: Any, tmp_path: Path
) -> None:
    write_h5(tmp_path / "m.h5", edit=edit)
    check(open_model(tmp_path / "m.h5"))


@pytest.mark.parametrize(
    "name",
    [
        "größe",
        "第一层",
        "my lstm",
        "block/lstm",
        "50%.d",
        "a.b.c",
        "lstm:0",
        "'q' [x]",
        "-",
    ],
)
def test_a_layer_may_be_called_anything(name: str, tmp_path: Path) -> None:
    config = json.loads(json.dumps(CONFIG))
    config["config"]["layers"][0]["config"]["name"] = name
    weights = {name: arrays()["lstm"], "dense": arrays()["dense"]}
    with h5py.File(tmp_path / "m.h5", "w") as root:
        root.attrs["model_config"] = json.dumps(config)
        root.attrs["keras_version"] = "2.15.0"
        home = root.create_group("model_weights")
        home.attrs["layer_names"] = [layer.encode() for layer in weights]
        for layer, parts in weights.items():
            group = home.create_group(layer)
            group.attrs["weight_names"] = [
                f"{layer}/{part}".encode() for part in parts
            ]
            for part, values in parts.items():
                group[f"{layer}/{part}"] = values
    opened = open_model(tmp_path / "m.h5")
    check(opened)
    assert opened.layers[0].path == name


@pytest.mark.parametrize(
    "name",
    [
        "modell größe.h5",
        "第.h5",
        "a b%20c.h5",
        "-x.h5",
        "[x].h5",
        "no extension",
    ],
)
def test_a_file_may_be_called_anything(name: str, tmp_path: Path) -> None:
    write_h5(tmp_path / name)
    check(open_model(tmp_path / name))


def archive(path: Path, **options: Any) -> None:
    """Write an archive with folders, assets and one more file, as Keras does
    with vocabularies.
    """
    members = {
        "assets/": b"",
        "assets/vocabulary.txt": b"a\nb\n",
        "__MACOSX/._config.json": b"\0",
        **zip_members(),
    }
    with zipfile.ZipFile(
        path, "w", options.pop("method", zipfile.ZIP_STORED)
    ) as made:
        for name, data in members.items():
            with made.open(
                name, "w", force_zip64=bool(options.get("zip64"))
            ) as member:
                member.write(data)
        if options.get("comment"):
            made.comment = b"made by hand"


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"zip64": True},
        {"method": zipfile.ZIP_DEFLATED},
        {"comment": True},
        {"zip64": True, "method": 8},
    ],
)
def test_what_else_is_in_an_archive_does_no_harm(
    options: dict[str, Any], tmp_path: Path
) -> None:
    archive(tmp_path / "m.keras", **options)
    check_archive(tmp_path / "m.keras")


def test_half_of_an_archive_may_be_packed(tmp_path: Path) -> None:
    write_keras(tmp_path / "m.keras", {})
    with zipfile.ZipFile(tmp_path / "m.keras", "w") as made:
        for k, (name, data) in enumerate(zip_members().items()):
            made.writestr(
                name,
                data,
                zipfile.ZIP_DEFLATED if k % 2 else zipfile.ZIP_STORED,
            )
    check_archive(tmp_path / "m.keras")


def check_archive(path: Path) -> None:
    opened = open_model(path)
    assert opened.model.parameters == PARAMETERS
    assert not opened.warnings
    wanted = list(arrays()["lstm"].values())
    found = [
        weight.value for weight in opened.model.graph.layers["lstm"].weights
    ]
    assert all(np.array_equal(a, b) for a, b in zip(found, wanted, strict=True))
