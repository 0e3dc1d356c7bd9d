"""Hostile and damaged files, one function each, with what the reader must make
of them.

`refused` means one clear line with the given words in it; `part` means that the
file opens and says, with those words, which array or group of it can't be
shown; `opens` means that it opens and nothing bad comes out.
"""

from __future__ import annotations

import io
import json
import os
import pickle
import warnings
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import h5py
import numpy as np
from model_files import CONFIG, arrays, write_h5, write_keras, zip_members

Outcome = Literal["refused", "part", "opens"]
CANARY = "CANARY-a81f-outside-the-file"
KERNEL = "model_weights/lstm/lstm/lstm_cell/kernel:0"


@dataclass(frozen=True)
class Case:
    """A hostile file: how it is made and what must come of it."""

    name: str
    make: Callable[[Path], None]
    outcome: Outcome
    words: str


CASES: list[Case] = []


def case(
    outcome: Outcome, words: str = ""
) -> Callable[[Callable[[Path], None]], Callable[[Path], None]]:
    def note(make: Callable[[Path], None]) -> Callable[[Path], None]:
        CASES.append(Case(make.__name__, make, outcome, words))
        return make

    return note


def canary(path: Path) -> Path:
    """A file beside the hostile one whose content must never be seen."""
    outside = path.parent / "canary.bin"
    outside.write_bytes(CANARY.encode() * 64)
    return outside


def _replace(
    path: Path, put: Callable[[h5py.File], None], name: str = KERNEL
) -> None:
    def edit(root: h5py.File) -> None:
        del root[name]
        put(root)

    write_h5(path, edit=edit)


# --- things outside the file --------------------------------------------------


@case("part", "another file")
def external_link(path: Path) -> None:
    with h5py.File(path.parent / "other.h5", "w") as other:
        other["x"] = np.full((3, 16), 7, "f4")
    _replace(
        path,
        lambda root: root.__setitem__(
            KERNEL, h5py.ExternalLink("other.h5", "/x")
        ),
    )


@case("part", "another file")
def external_link_group(path: Path) -> None:
    with h5py.File(path.parent / "other.h5", "w") as other:
        other["x"] = np.full((3, 16), 7, "f4")
    name = "model_weights/lstm"
    _replace(
        path,
        lambda root: root.__setitem__(name, h5py.ExternalLink("other.h5", "/")),
        name,
    )


@case("refused", "another file")
def external_link_model_weights(path: Path) -> None:
    name = "model_weights"
    _replace(
        path,
        lambda root: root.__setitem__(name, h5py.ExternalLink("other.h5", "/")),
        name,
    )


def _soft(target: str, name: str = KERNEL) -> Callable[[Path], None]:
    return lambda path: _replace(
        path, lambda root: root.__setitem__(name, h5py.SoftLink(target)), name
    )


for _name, _target, _words in (
    ("soft_link_to_a_group", "/model_weights/dense", "where an array"),
    ("soft_link_to_nothing", "/model_weights/nobody", "missing"),
    ("soft_link_upwards", "../../../dense/dense/kernel:0", "refused"),
    ("soft_link_to_itself", f"/{KERNEL}", "too many others"),
    (
        "soft_link_through_an_array",
        "/model_weights/dense/dense/bias:0/x",
        "leads nowhere",
    ),
):
    CASES.append(Case(_name, _soft(_target), "part", _words))


@case("part", "too many others")
def soft_link_loop(path: Path) -> None:
    _soft("/model_weights/lstm", "model_weights/lstm")(path)


@case("part", "another file")
def soft_link_through_an_external_one(path: Path) -> None:
    with h5py.File(path.parent / "other.h5", "w") as other:
        other["x"] = np.full((3, 16), 7, "f4")

    def put(root: h5py.File) -> None:
        root["away"] = h5py.ExternalLink("other.h5", "/")
        root[KERNEL] = h5py.SoftLink("/away/x")

    _replace(path, put)


@case("part", "too many others")
def soft_links_that_multiply(path: Path) -> None:
    """Each link passes through the one before a hundred times: a hundred to the
    seventh steps.
    """

    def put(root: h5py.File) -> None:
        root["0"] = h5py.SoftLink("/")
        for k in range(1, 8):
            root[str(k)] = h5py.SoftLink("/" + f"{k - 1}/" * 100)
        root[KERNEL] = h5py.SoftLink("/7/model_weights/dense/dense/kernel:0")

    _replace(path, put)


@case("part", "loop of links")
def soft_link_to_the_group_above(path: Path) -> None:
    with h5py.File(path, "w") as root:
        root["layers/lstm/cell/vars/0"] = np.zeros((3, 16), "f4")
        root["layers/lstm/again"] = h5py.SoftLink("/layers")


@case("part", "stored in another file")
def external_storage(path: Path) -> None:
    outside = canary(path)
    _replace(
        path,
        lambda root: root.create_dataset(
            KERNEL, (3, 16), "f4", external=[(str(outside), 0, 192)]
        ),
    )


@case("part", "stored in another file")
def external_storage_proc(path: Path) -> None:
    _replace(
        path,
        lambda root: root.create_dataset(
            KERNEL, (3, 16), "f4", external=[("/proc/self/environ", 0, 192)]
        ),
    )


@case("part", "virtual dataset")
def virtual_dataset(path: Path) -> None:
    with h5py.File(path.parent / "source.h5", "w") as other:
        other["x"] = np.full((3, 16), 7, "f4")

    def put(root: h5py.File) -> None:
        layout = h5py.VirtualLayout((3, 16), "f4")
        layout[:] = h5py.VirtualSource(
            str(path.parent / "source.h5"), "x", (3, 16)
        )
        root.create_virtual_dataset(KERNEL, layout)

    _replace(path, put)


@case("part", "virtual dataset")
def virtual_dataset_of_itself(path: Path) -> None:
    def put(root: h5py.File) -> None:
        layout = h5py.VirtualLayout((3, 16), "f4")
        layout[:] = h5py.VirtualSource(".", KERNEL, (3, 16))
        root.create_virtual_dataset(KERNEL, layout)

    _replace(path, put)


@case("part", "filter plugin")
def foreign_filter(path: Path) -> None:
    def put(root: h5py.File) -> None:
        plan = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        plan.set_chunk((3, 16))
        plan.set_filter(32008, h5py.h5z.FLAG_OPTIONAL, ())
        group = root["model_weights/lstm/lstm/lstm_cell"]
        space = h5py.h5s.create_simple((3, 16))
        h5py.h5d.create(group.id, b"kernel:0", h5py.h5t.IEEE_F32LE, space, plan)

    _replace(path, put)


# --- bombs --------------------------------------------------------------------


@case("part", "declares")
def shape_bomb(path: Path) -> None:
    _replace(
        path,
        lambda root: root.create_dataset(
            KERNEL, (1 << 20, 1 << 20), "f4", chunks=(1024, 1024)
        ),
    )


@case("part", "declares")
def shape_bomb_contiguous(path: Path) -> None:
    _replace(
        path, lambda root: root.create_dataset(KERNEL, (1 << 20, 1 << 12), "f4")
    )


@case("part", "more data than")
def many_arrays_below_the_floor(path: Path) -> None:
    weights = {f"layer{i}": {"w": np.zeros((1, 1), "f4")} for i in range(40)}
    side = 1 << 12
    packed = zlib.compress(bytes(4 * side * side))

    def edit(root: h5py.File) -> None:
        for name in weights:
            del root[f"model_weights/{name}/w"]
            made = root.create_dataset(
                f"model_weights/{name}/w",
                (side, side),
                "f4",
                chunks=(side, side),
                compression=9,
            )
            made.id.write_direct_chunk((0, 0), packed)

    write_h5(path, weights, edit=edit)


@case("part", "more data than")
def one_array_under_many_names(path: Path) -> None:
    weights = {f"layer{i}": {"w": np.zeros((1, 1), "f4")} for i in range(300)}

    def edit(root: h5py.File) -> None:
        big = root.create_dataset(
            "big", data=np.zeros((1 << 18, 8), "f4"), compression=9
        )
        for name in weights:
            del root[f"model_weights/{name}/w"]
            root[f"model_weights/{name}/w"] = big

    write_h5(path, weights, edit=edit)


@case("part", "")
def gzip_bomb(path: Path) -> None:
    def put(root: h5py.File) -> None:
        zeros = np.zeros((1 << 13, 1 << 13), "f4")
        root.create_dataset(
            KERNEL,
            data=zeros,
            chunks=(1 << 13, 1 << 10),
            compression=9,
            maxshape=(None, 1 << 13),
        )

    _replace(path, put)


@case("part", "filter twice")
def gzip_twice(path: Path) -> None:
    def put(root: h5py.File) -> None:
        plan = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        plan.set_chunk((3, 16))
        plan.set_deflate(9)
        plan.set_filter(h5py.h5z.FILTER_DEFLATE, h5py.h5z.FLAG_OPTIONAL, (9,))
        group = root["model_weights/lstm/lstm/lstm_cell"]
        space = h5py.h5s.create_simple((3, 16))
        h5py.h5d.create(group.id, b"kernel:0", h5py.h5t.IEEE_F32LE, space, plan)

    _replace(path, put)


@case("refused", "unpacks to")
def zip_bomb(path: Path) -> None:
    write_keras(
        path,
        zip_members(model_weights_h5=bytes(100 << 20)),
        zipfile.ZIP_DEFLATED,
    )


@case("refused", "longer than")
def zip_config_bomb(path: Path) -> None:
    write_keras(
        path,
        zip_members(config_json=b'{"a": "' + b" " * (60 << 20) + b'"}'),
        zipfile.ZIP_DEFLATED,
    )


@case("refused", "members")
def zip_of_many(path: Path) -> None:
    write_keras(
        path, {**zip_members(), **{f"assets/{i}": b"" for i in range(10_001)}}
    )


@case("refused", "nested")
def deep_json(path: Path) -> None:
    write_h5(path, config='{"a":' + "[" * 100_000 + "]" * 100_000 + "}")


@case("refused", "nested deeper")
def rather_deep_json(path: Path) -> None:
    write_h5(path, config='{"a":' + "[" * 300 + "]" * 300 + "}")


@case("refused", "values")
def wide_json(path: Path) -> None:
    write_h5(path, config='{"a":[' + "[]," * 2_000_000 + "[]]}")


@case("refused", "longer than")
def long_json(path: Path) -> None:
    write_h5(path, config='{"a":"' + "x" * (26 << 20) + '"}')


@case("refused", "a number of thousands of digits")
def long_number(path: Path) -> None:
    write_h5(path, config='{"a":' + "9" * 1_000_000 + "}")


@case("refused", "names")
def many_layer_names(path: Path) -> None:
    def edit(root: h5py.File) -> None:
        del root["model_weights"].attrs["layer_names"]
        names = np.full(2_000_000, b"l", "S1")
        root["model_weights"].attrs.create("layer_names0", names[:60_000])

    write_h5(path, edit=edit)


@case("part", "loop of links")
def group_loop(path: Path) -> None:
    with h5py.File(path, "w") as root:
        root["layers/lstm/cell/vars/0"] = np.zeros((3, 16), "f4")
        root["layers/lstm/again"] = root["layers"]


@case("part", "deeper than")
def deep_groups(path: Path) -> None:
    with h5py.File(path, "w") as root:
        root["layers/lstm/cell/vars/0"] = np.zeros((3, 16), "f4")
        root["layers/" + "/".join("a" * 200) + "/vars/0"] = np.zeros(3, "f4")


@case("part", "loop of links")
def wide_links(path: Path) -> None:
    """Two names for each group, 16 deep: 65,536 ways to the end, one group
    each.
    """
    with h5py.File(path, "w") as root:
        group = root.create_group("layers")
        for _ in range(16):
            below = group.create_group("a")
            group["b"] = below
            group = below
        group["vars/0"] = np.zeros(3, "f4")


# --- configurations -----------------------------------------------------------


@case("refused", "JSON")
def config_is_no_json(path: Path) -> None:
    write_h5(
        path, config="{'class_name': __import__('os').system('touch PWNED')}"
    )


@case("refused", "isn't text")
def config_is_a_number(path: Path) -> None:
    write_h5(path, edit=lambda root: root.attrs.__setitem__("model_config", 7))


@case("refused", "no JSON object")
def config_is_a_list(path: Path) -> None:
    write_h5(path, config="[1, 2]")


@case("opens")
def config_is_not_utf8(path: Path) -> None:
    write_h5(
        path,
        config=np.bytes_(
            b'{"class_name": "Sequential", "config": {"name": "\xff\xfe", "layers": []}}'
        ),
    )


@case("opens")
def config_with_code(path: Path) -> None:
    layer = {
        "module": "os",
        "class_name": "system",
        "registered_name": "os>system",
        "config": {
            "name": "x",
            "function": ["4wEAAAAAAAAA", None, None],
            "command": "touch PWNED",
        },
    }
    write_h5(
        path,
        config={
            "class_name": "Sequential",
            "config": {"name": "s", "layers": [layer]},
        },
    )


# --- weights ------------------------------------------------------------------


@case("part", "was never written")
def weights_never_written(path: Path) -> None:
    _replace(path, lambda root: root.create_dataset(KERNEL, (3, 16), "f4"))


@case("part", "in part only: 11 of its 12 pieces")
def weights_written_in_part(path: Path) -> None:
    def put(root: h5py.File) -> None:
        root.create_dataset(KERNEL, (3, 16), "f4", chunks=(1, 4))[0, :4] = 1

    _replace(path, put)


def _kernel_of(values: Any) -> Callable[[Path], None]:
    return lambda path: _replace(
        path, lambda root: root.create_dataset(KERNEL, data=values)
    )


for _name, _values, _words in (
    ("complex_weights", np.zeros((3, 16), "c8"), "complex"),
    ("text_weights", np.full((3, 16), b"x", "S4"), "text"),
    ("compound_weights", np.zeros(3, [("a", "f4"), ("b", "i4")]), "compound"),
    ("varying_text_weights", np.array(["a", "b"], dtype=object), "text"),
    ("opaque_weights", np.zeros(3, "V7"), "no known type"),
    ("empty_dataspace", h5py.Empty("f4"), "no values"),
    ("many_axes", np.zeros((1,) * 12, "f4"), "axes"),
):
    _make = _kernel_of(_values)
    _make.__name__ = _name
    CASES.append(Case(_name, _make, "part", _words))


@case("part", "references")
def reference_weights(path: Path) -> None:
    def put(root: h5py.File) -> None:
        root.create_dataset(
            KERNEL, data=[root["model_weights"].ref], dtype=h5py.ref_dtype
        )

    _replace(path, put)


@case("part", "missing")
def missing_array(path: Path) -> None:
    _replace(path, lambda root: None)


@case("part", "missing")
def missing_group(path: Path) -> None:
    _replace(path, lambda root: None, "model_weights/lstm")


@case("part", "where an array")
def group_for_an_array(path: Path) -> None:
    _replace(path, lambda root: root.create_group(KERNEL))


@case("part", "where a group")
def array_for_a_group(path: Path) -> None:
    _replace(
        path,
        lambda root: root.__setitem__("model_weights/lstm", 1.0),
        "model_weights/lstm",
    )


@case("part", "neither a group nor an array")
def type_for_an_array(path: Path) -> None:
    _replace(path, lambda root: root.__setitem__(KERNEL, np.dtype("f4")))


@case("part", "refused")
def dots_in_a_name(path: Path) -> None:
    def edit(root: h5py.File) -> None:
        root["model_weights/lstm"].attrs["weight_names"] = [
            b"../dense/dense/kernel:0"
        ]

    write_h5(path, edit=edit)


@case("opens")
def not_a_number(path: Path) -> None:
    write_h5(path, {"lstm": {"k": np.array([np.nan, np.inf, -np.inf], "f4")}})


@case("opens")
def zero_units(path: Path) -> None:
    write_h5(
        path,
        {
            "lstm": {
                "k": np.zeros((3, 0), "f4"),
                "u": np.zeros((0, 0), "f4"),
                "b": np.zeros(0, "f4"),
            }
        },
    )


@case("refused", "no Keras model")
def no_weights(path: Path) -> None:
    with h5py.File(path, "w") as root:
        root.create_group("layers")


# --- names --------------------------------------------------------------------

NASTY = {
    "csi": "a\x1b[2J\x1b[31mb",
    "osc": "a\x1b]0;PWNTITLE\x07b",
    "c1": "a\x9b31m\x9d0;x\x9cb",
    "bidi": "a\u202eb\u2066c",
    "zero_width": "a\u200bb\ufeffc\u2060d",
    "newline": "a\nb\r\nrnn-tui: error: fake",
    "marks": "a" + "\u0301" * 500,
    "markup": "[@click=app.screenshot('PWNED.svg','/tmp')]lstm[/]",
    "broken_markup": "x[/]y[",
    "long": "x" * 60_000,
    "formula": "=cmd|'/c calc'!A1",
    "del": "a\x7fb",
    "separators": "a\u2028b\u2029c",
}


def _named(name: str) -> Callable[[Path], None]:
    def make(path: Path) -> None:
        config = {
            "class_name": "Sequential",
            "config": {
                "name": name,
                "layers": [
                    {"class_name": name, "config": {"name": name, name: [name]}}
                ],
            },
        }
        kernel = arrays()["dense"]["dense/kernel:0"]
        with h5py.File(path, "w") as root:
            root.attrs["model_config"] = json.dumps(config, ensure_ascii=False)
            root.attrs["keras_version"] = name[:100]
            root.attrs["backend"] = name[:100]
            weights = root.create_group("model_weights")
            weights.attrs["layer_names"] = np.array([name.encode()])
            group = weights.create_group(name)
            if len(name) < 1000:
                group.attrs["weight_names"] = np.array([name.encode()])
                group[name] = kernel

    return make


for _name, _text in NASTY.items():
    _make = _named(_text)
    CASES.append(Case(f"name_{_name}", _make, "opens", ""))


# --- containers ---------------------------------------------------------------


def _bytes(name: str, data: bytes, words: str) -> None:
    CASES.append(
        Case(
            name, lambda path: path.write_bytes(data) and None, "refused", words
        )
    )


_bytes("empty_file", b"", "empty")
_bytes("zeros", bytes(5000), "zero bytes")
_bytes(
    "lfs_pointer",
    b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n",
    "git lfs pull",
)
_bytes("html_page", b"<!DOCTYPE html>\n<html><body>404</body></html>", "HTML")
_bytes("a_pickle", pickle.dumps({"a": 1}), "pickle")
_bytes("an_old_pickle", pickle.dumps({"a": 1}, 0), "neither")
_bytes("some_text", b"hello, this is no model\n" * 9, "neither")
_bytes("some_json", json.dumps(CONFIG).encode(), "JSON")
_bytes("safetensors", (2).to_bytes(8, "little") + b"{}", "safetensors")
_bytes("gzip_file", b"\x1f\x8b\x08" + bytes(99), "gunzip")
_bytes("tar_file", b"model".ljust(257, b"\0") + b"ustar" + bytes(300), "tar")
_bytes("tflite", b"\x1c\0\0\0TFL3" + bytes(50), "TensorFlow Lite")
_bytes("hdf5_magic_only", b"\x89HDF\r\n\x1a\n" + bytes(500), "HDF5")
_bytes("zip_magic_only", b"PK\x03\x04" + bytes(500), "zip")
_bytes("checkpoint", b'model_checkpoint_path: "ckpt-1"\n', "checkpoint")
_bytes(
    "checkpoint_index",
    bytes(80) + b"x" * 10 + bytes.fromhex("57fb808b247547db"),
    "checkpoint",
)
_bytes(
    "onnx", b"\x08\x07\x12\x07pytorch\x1a\x051.9.0" + bytes(range(256)), "ONNX"
)
_bytes(
    "old_pytorch",
    b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19." + bytes(99),
    "PyTorch",
)
_bytes(
    "pickled_pytorch",
    b"\x80\x04\x95\x20\0\0\0\0\0\0\0\x8c\x05torch" + bytes(40),
    "torch.save(model.state_dict()",
)
_bytes(
    "joblib_dump",
    b"\x80\x04\x95\x20\0\0\0\0\0\0\0\x8c\x06joblib" + bytes(40),
    "joblib",
)
_bytes("packed_joblib_dump", b"ZF0x2c" + bytes(99), "joblib")
_bytes("gguf", b"GGUF\x03\0\0\0" + bytes(99), "GGUF")
_bytes("mxnet", b"\x12\x01" + bytes(99), "MXNet")
_bytes("executorch", b"\x1c\0\0\0ET12" + bytes(50), "ExecuTorch")
_bytes("openvino", b'<?xml version="1.0"?>\n<net name="x">', "OpenVINO")
_bytes(
    "frozen_graph",
    b"\x0a\x2a\x0a\x01x\x12\x0bPlaceholder" + bytes(50),
    "frozen TensorFlow graph",
)
_bytes("numpy_array", b"\x93NUMPY\x01\0v\0{}" + bytes(99), "NumPy")
_bytes(
    "shards_elsewhere",
    b'{"weight_map": {"/a/vars": "../x_00000.weights.h5"}}',
    "refused",
)
_bytes(
    "shards_missing",
    b'{"weight_map": {"/a/vars": ["x_00000.weights.h5"]}}',
    "no such file",
)
_bytes(
    "shards_without_end",
    json.dumps(
        {"weight_map": {str(k): f"x_{k:05}.weights.h5" for k in range(9000)}}
    ).encode(),
    "9,000 shards",
)
_bytes("shards_damaged", b'{"weight_map": [".weights.h5"]}', "damaged index")
_bytes("png", b"\x89PNG\r\n\x1a\n" + bytes(500), "picture")


@case("refused", "cut short")
def truncated_h5(path: Path) -> None:
    write_h5(path)
    path.write_bytes(path.read_bytes()[:-2000])


@case("refused", "cut short")
def truncated_keras(path: Path) -> None:
    write_keras(path)
    path.write_bytes(path.read_bytes()[:-300])


@case("refused", "no Keras model")
def another_hdf5(path: Path) -> None:
    with h5py.File(path, "w") as root:
        root.create_group("images")


@case("refused", "encrypted")
def encrypted_zip(path: Path) -> None:
    write_keras(path)
    data = bytearray(path.read_bytes())
    for magic, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        start = -1
        while (start := data.find(magic, start + 1)) >= 0:
            data[start + place] |= 1
    path.write_bytes(data)


@case("refused", "one name")
def duplicate_member(path: Path) -> None:
    write_keras(path)
    with zipfile.ZipFile(path, "a") as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        archive.writestr("config.json", b"{}")


class _Evil:
    def __reduce__(self) -> Any:
        return os.system, ("touch PWNED",)


@case("part", "can't be read")
def pickled_call_in_numpy_weights(path: Path) -> None:
    packed = io.BytesIO()
    np.savez(packed, **{"layers/lstm/cell": np.array(_Evil(), dtype=object)})
    write_keras(
        path,
        {
            **zip_members(model_weights_h5=None),
            "model.weights.npz": packed.getvalue(),
        },
    )


@case("part", "no numbers")
def pickled_call_for_an_array(path: Path) -> None:
    packed = io.BytesIO()
    np.savez(packed, **{"layers/lstm/cell": {"0": _Evil(), "1": np.zeros(3)}})
    write_keras(
        path,
        {
            **zip_members(model_weights_h5=None),
            "model.weights.npz": packed.getvalue(),
        },
    )


@case("refused", "outside")
def member_outside(path: Path) -> None:
    write_keras(path, {**zip_members(), "../../PWNED": b"x"})


@case("refused", "packed in a way")
def odd_zip_method(path: Path) -> None:
    write_keras(path, method=zipfile.ZIP_LZMA)


@case("refused", "checksum")
def wrong_checksum(path: Path) -> None:
    write_keras(path)
    data = bytearray(path.read_bytes())
    with zipfile.ZipFile(io.BytesIO(bytes(data))) as archive:
        info = archive.getinfo("model.weights.h5")
    data[info.header_offset + 30 + len(info.filename) + info.file_size - 1] ^= 1
    path.write_bytes(data)


@case("refused", "no .keras model")
def other_zip(path: Path) -> None:
    write_keras(path, {"hello.txt": b"hello"})


@case("refused", "PyTorch")
def pytorch_zip(path: Path) -> None:
    write_keras(path, {"archive/data.pkl": b"x", "archive/version": b"3"})


@case("refused", "TorchServe")
def torch_serve_archive(path: Path) -> None:
    write_keras(path, {"MAR-INF/MANIFEST.json": b"{}", "m.pt": b"x"})


@case("refused", "torch.export")
def torch_export(path: Path) -> None:
    write_keras(path, {"m/archive_format": b"pt2", "m/data/w": b"x"})


@case("refused", "around a model")
def zipped_model(path: Path) -> None:
    write_keras(path, {"my/model.h5": b"x"})


@case("opens", "")
def keras_without_weights(path: Path) -> None:
    write_keras(path, zip_members(model_weights_h5=None))


@case("refused", "pipe")
def a_fifo(path: Path) -> None:
    os.mkfifo(path)


@case("refused", "directory")
def a_directory(path: Path) -> None:
    path.mkdir()


@case("refused", "SavedModel")
def a_saved_model(path: Path) -> None:
    path.mkdir()
    (path / "saved_model.pb").write_bytes(b"")


@case("refused", "device")
def a_device(path: Path) -> None:
    path.symlink_to("/dev/zero")


@case("refused", "can't be opened")
def a_link_loop(path: Path) -> None:
    path.symlink_to(path)


@case("refused", "no such file")
def nothing_there(path: Path) -> None:
    pass


# --- what makes HDF5 itself spin or crash -------------------------------------


@case("refused", "")
def global_heap_spin(path: Path) -> None:
    """The first object of the global heap has size 0: HDF5 never gets past
    it.
    """
    write_h5(path)
    data = bytearray(path.read_bytes())
    at = data.find(b"GCOL")
    data[at + 16 : at + 32] = bytes(16)
    path.write_bytes(data)


@case("refused", "")
def no_such_string_kind(path: Path) -> None:
    """A variable-length type of an invalid kind: HDF5 crashes on reading the
    attribute.
    """
    write_h5(path)
    data = bytearray(path.read_bytes())
    start = -1
    while (start := data.find(b"\x19\x01", start + 1)) >= 0:
        data[start + 1] = 0x0F
    path.write_bytes(data)
