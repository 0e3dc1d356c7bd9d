"""What TensorFlow's files may ask of the reader: each limit met by a crafted
file whose checksums are right, refused in one line.
"""

from __future__ import annotations

import json
import os
import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from tensorflow_files import (
    HEADER,
    entry,
    field,
    lstm_checkpoint,
    object_graph,
    table,
    texts,
    varint,
    write_bundle,
)

from rnn_tui import open_model
from rnn_tui.errors import FileError
from rnn_tui.formats.client.process import start_reading
from rnn_tui.formats.reader.bundle_slices import Extent, Slice, slice_key, tiled
from rnn_tui.formats.reader.crc32c import _bytewise, extended
from rnn_tui.formats.reader.leveldb_table import read_table
from rnn_tui.formats.reader.object_graphs import (
    joined,
    saved_object_graph,
    walked,
)
from rnn_tui.formats.reader.protobuf import Fields
from rnn_tui.formats.wire.limits import Limits
from rnn_tui.formats.wire.problems import ProblemError

pytestmark = pytest.mark.skipif(
    os.name != "posix",
    reason="folders are opened where files open below a folder",
)
DATA = Path(__file__).parents[1] / "data" / "tensorflow"
GRAPH = "_CHECKPOINTABLE_OBJECT_GRAPH"
VALUE = "layer_with_weights-0/cell/kernel/.ATTRIBUTES/VARIABLE_VALUE"


def refused(path: Path) -> str:
    """The line in which a model is refused."""
    with pytest.raises(FileError) as error:
        open_model(path)
    line = str(error.value)
    assert "\n" not in line
    return line


def problem_of(path: Path, name: str = "kernel") -> str:
    """What is wrong with an array of a model that opens all the same."""
    found = start_reading(path).result()
    problems = [
        array.problem
        for group in found.groups
        for array in group.arrays
        if array.name == name
    ]
    assert problems
    assert problems[0] is not None
    return problems[0]


@pytest.mark.parametrize("length", [0, 1, 3, 4, 1023, 4095, 4096, 4097, 70_001])
def test_lanes_give_the_checksum_of_the_plain_table(length: int) -> None:
    data = memoryview(np.random.default_rng(length).bytes(length))
    plain = _bytewise(0xFFFFFFFF, data) ^ 0xFFFFFFFF
    assert extended(0, data) == plain
    assert (
        extended(extended(0, data[: length // 3]), data[length // 3 :]) == plain
    )


def test_the_checksum_is_castagnolis() -> None:
    assert extended(0, memoryview(b"123456789")) == 0xE3069283


def test_more_fields_than_the_limit_are_refused(tmp_path: Path) -> None:
    graph = field(1, b"") * 1_000_001
    lstm_checkpoint(tmp_path / "ckpt", {GRAPH: graph})
    assert "graph of more than 200,000 objects" in refused(tmp_path / "ckpt")
    graph = field(1, field(7, 0) * 1_000_001)
    lstm_checkpoint(tmp_path / "ckpt", {GRAPH: graph})
    assert "more than 1,000,000 protobuf fields" in refused(tmp_path / "ckpt")


@pytest.mark.parametrize(
    "graph",
    [
        varint(1 << 3 | 2) + varint(1 << 40) + b"x",
        field(1, field(1, field(1, 1 << 40) + field(2, b"child"))),
        varint(1 << 3 | 3),
        b"\xff" * 11,
    ],
    ids=["length", "child", "group", "varint"],
)
def test_a_graph_that_points_beyond_itself_is_refused(
    graph: bytes, tmp_path: Path
) -> None:
    lstm_checkpoint(tmp_path / "ckpt", {GRAPH: graph})
    assert "damaged" in refused(tmp_path / "ckpt")


def test_objects_in_a_circle_are_walked_once() -> None:
    child = field(1, field(1, 0) + field(2, b"parent"))
    child += field(1, field(1, 1) + field(2, b"child"))
    nodes = saved_object_graph(
        memoryview(field(1, child) * 2), Fields(1000), Limits()
    )
    assert [place for _, place in walked(nodes)] == [0, 1]
    assert joined(nodes, nodes) == {0: 0, 1: 1}


def test_keys_that_grow_with_each_entry_are_refused_before_they_are_made(
    tmp_path: Path,
) -> None:
    shared = varint(0) + varint(4000) + varint(0) + b"k" * 4000
    tail = varint(4000) + varint(2) + varint(0)
    more = b"".join(tail + struct.pack(">H", k) for k in range(15_000))
    content = shared + more + struct.pack("<II", 0, 1)
    write_bundle(tmp_path / "ckpt", {})
    (tmp_path / "ckpt.index").write_bytes(table({}, content))
    assert "keys far longer than the file" in refused(tmp_path / "ckpt")


def test_a_longer_key_than_any_path_is_refused(tmp_path: Path) -> None:
    write_bundle(tmp_path / "ckpt", {}, {b"k" * 5000: b""})
    assert "keys far longer" in refused(tmp_path / "ckpt")


def test_more_entries_than_the_limit_are_refused(tmp_path: Path) -> None:
    many = {f"{k:05d}".encode(): b"" for k in range(20_001)}
    write_bundle(tmp_path / "ckpt", {}, many)
    assert "more than 20,000 entries" in refused(tmp_path / "ckpt")


def test_a_block_that_snappy_packed_is_refused(tmp_path: Path) -> None:
    write_bundle(tmp_path / "ckpt", {})
    packed = table({b"": HEADER}, kind=1)
    (tmp_path / "ckpt.index").write_bytes(packed)
    assert "Snappy" in refused(tmp_path / "ckpt")


def test_an_index_with_a_wrong_checksum_says_so(tmp_path: Path) -> None:
    lstm_checkpoint(tmp_path / "ckpt")
    index = tmp_path / "ckpt.index"
    content = bytearray(index.read_bytes())
    content[20] ^= 1
    index.write_bytes(content)
    assert "its ckpt.index is damaged: a checksum in it is wrong" in refused(
        index
    )


@pytest.mark.parametrize("cut", [1, 47, 100])
def test_an_index_that_is_cut_short_says_so(cut: int, tmp_path: Path) -> None:
    lstm_checkpoint(tmp_path / "ckpt")
    index = tmp_path / "ckpt.index"
    index.write_bytes(index.read_bytes()[:-cut])
    assert "cut short" in refused(index)


def test_a_big_endian_checkpoint_is_refused_by_name(tmp_path: Path) -> None:
    write_bundle(tmp_path / "ckpt", {}, header=field(1, 1) + field(2, 1))
    assert "big-endian" in refused(tmp_path / "ckpt")


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        (
            entry(1, (1 << 20, 1 << 20), 0, 96, 0),
            "declares 4,398,046,511,104 bytes",
        ),
        (entry(1, (2, 12), 1 << 40, 96, 0), "beyond the end"),
        (entry(1, (1 << 60,), 0, 96, 0), "declares a side"),
        (entry(1, (1,) * 9, 0, 4, 0), "declares 9 axes"),
        (entry(8, (2, 12), 0, 96, 0), "type 8"),
        (entry(1, (2, 12), 0, 96, 0, shard=1), "ckpt.data-00001-of-00001"),
        (b"\xff\xff", "protobuf message"),
    ],
    ids=["shape", "offset", "side", "axes", "type", "shard", "message"],
)
def test_an_array_that_declares_what_is_not_there_has_a_problem(
    changed: bytes, says: str, tmp_path: Path
) -> None:
    lstm_checkpoint(tmp_path / "ckpt")
    stem = tmp_path / "ckpt"
    index = stem.with_name("ckpt.index")
    entries = {
        key: bytes(value)
        for key, value in read_table(
            memoryview(index.read_bytes()), Limits()
        ).items()
    }
    data = stem.with_name("ckpt.data-00000-of-00001")
    # the others move behind, so that no two lie on one another
    moved = {
        key: value for key, value in entries.items() if key != VALUE.encode()
    }
    index.write_bytes(table({**moved, VALUE.encode(): changed}))
    data.write_bytes(data.read_bytes())
    assert says in problem_of(index)


def test_two_arrays_of_the_same_bytes_are_refused(tmp_path: Path) -> None:
    same = entry(1, (4,), 0, 16, 0)
    write_bundle(tmp_path / "ckpt", {"a": np.ones(4, "f4")}, {b"b": same})
    assert "two variables the same bytes" in refused(tmp_path / "ckpt")


def test_more_texts_than_there_are_bytes_are_refused(tmp_path: Path) -> None:
    stored, checksum = texts([b"abc"])
    write_bundle(
        tmp_path / "ckpt",
        {GRAPH: b"abc"},
        {GRAPH.encode(): entry(7, (1 << 40,), 0, len(stored), checksum)},
    )
    assert "more texts than it holds" in refused(tmp_path / "ckpt")


WHOLE = Extent(0, -1)


@pytest.mark.parametrize(
    "slices",
    [
        [(0, 3), (4, 2)],
        [(0, 3), (2, 4)],
        [(0, 3)],
        [(0, 1 << 50), (3, 3)],
        [(-1, 3), (2, 4)],
        [],
    ],
)
def test_slices_that_do_not_fill_an_array_are_refused(
    slices: list[tuple[int, int]],
) -> None:
    parts = tuple(Slice((Extent(*one), WHOLE)) for one in slices)
    with pytest.raises(ProblemError, match="slices that don't make it up"):
        tiled((6, 4), parts)


def test_slices_are_held_against_the_whole_before_it_is_made() -> None:
    tiled((6, 4), (Slice((Extent(0, 3), WHOLE)), Slice((Extent(3, 3), WHOLE))))
    with pytest.raises(ProblemError):
        tiled((1 << 40, 1 << 40), (Slice((WHOLE, Extent(0, 4))),))
    with pytest.raises(ProblemError, match="more than 4,096 slices"):
        tiled((6, 4), (Slice((WHOLE, WHOLE)),) * 5000)


def test_a_slices_key_is_the_one_that_tensorflow_stored() -> None:
    index = memoryview((DATA / "checkpoints" / "first.index").read_bytes())
    stored = [
        key for key in read_table(index, Limits()) if key.startswith(b"\0\1")
    ]
    parts = [Slice((Extent(start, 3), WHOLE)) for start in (0, 3, 6)]
    assert [
        slice_key("table", part) for part in parts
    ] == stored or stored == []


def test_numbers_of_a_key_sort_as_they_are() -> None:
    starts = (-70_000, -65, -64, -1, 0, 1, 63, 64, 8191, 8192, 1 << 40)
    keys = [slice_key("a", Slice((Extent(start, 1),))) for start in starts]
    assert keys == sorted(keys)


def saved_model(
    folder: Path, nodes: bytes, metadata: bytes | None = None
) -> Path:
    """Write a SavedModel of a graph of objects."""
    write_bundle(
        folder / "variables" / "variables",
        {GRAPH: object_graph([({}, {})])},
    )
    (folder / "saved_model.pb").write_bytes(
        field(1, 1) + field(2, field(7, nodes))
    )
    if metadata is not None:
        (folder / "keras_metadata.pb").write_bytes(metadata)
    return folder


def said(place: int, kind: str, text: str) -> bytes:
    """What Keras says of an object, as a field of keras_metadata.pb."""
    return field(
        1, field(2, place) + field(4, kind.encode()) + field(5, text.encode())
    )


def test_configurations_are_bounded_by_their_sum(tmp_path: Path) -> None:
    text = json.dumps({"name": "x" * (5 << 20)})
    metadata = b"".join(said(k, "_tf_keras_layer", text) for k in range(5))
    saved_model(tmp_path / "m", field(1, b"") * 5, metadata)
    assert "configurations that are longer" in refused(tmp_path / "m")
    many = json.dumps([0] * 300_000)
    metadata = b"".join(said(k, "_tf_keras_layer", many) for k in range(4))
    saved_model(tmp_path / "n", field(1, b"") * 5, metadata)
    assert "more than 1,000,000 values" in refused(tmp_path / "n")


@pytest.mark.parametrize("opened", ['{"a":', "["])
def test_a_configuration_nested_without_end_is_refused(
    opened: str, tmp_path: Path
) -> None:
    closed = {"{": "}", "[": "]"}[opened[0]]
    for depth in (150, 900, 200_000):
        deep = opened * depth + "0" + closed * depth
        text = (
            '{"class_name": "Sequential", "config": {"layers": [' + deep + "]}}"
        )
        folder = saved_model(
            tmp_path / f"m{depth}",
            field(1, b""),
            said(0, "_tf_keras_sequential", text),
        )
        assert refused(folder)


def test_more_objects_than_the_limit_are_refused(tmp_path: Path) -> None:
    saved_model(tmp_path / "m", field(1, b"") * 200_001)
    assert "more than 200,000 objects" in refused(tmp_path / "m")


def test_more_files_of_values_than_their_sizes_speak_for_are_refused(
    tmp_path: Path,
) -> None:
    lstm_checkpoint(tmp_path / "ckpt")
    for k in range(40):
        (tmp_path / f"ckpt.data-{k:05d}-of-00040").touch()
    assert "41 files of values" in refused(tmp_path / "ckpt.index")


Odd = Callable[[Path, Path], None]


def to_elsewhere(member: Path, real: Path) -> None:
    """Put a link that leads out of the folder in a member's place."""
    member.symlink_to(real)


def pipe(member: Path, real: Path) -> None:
    """Put a pipe in a member's place."""
    os.mkfifo(member)


@pytest.mark.parametrize("odd", [to_elsewhere, pipe])
@pytest.mark.parametrize("name", ["ckpt.data-00000-of-00001", "checkpoint"])
def test_a_member_that_is_no_regular_file_inside_is_refused_by_name(
    name: str, odd: Odd, tmp_path: Path
) -> None:
    folder = tmp_path / "folder"
    lstm_checkpoint(folder / "ckpt")
    (folder / "checkpoint").write_text('model_checkpoint_path: "ckpt"')
    real = tmp_path / "outside"
    (folder / name).rename(real)
    odd(folder / name, real)
    assert f"its {name} is" in refused(folder)


def test_a_folder_of_variables_that_is_a_link_is_not_entered(
    tmp_path: Path,
) -> None:
    folder = saved_model(tmp_path / "m", field(1, b""))
    (folder / "variables").rename(tmp_path / "outside")
    (folder / "variables").symlink_to(tmp_path / "outside")
    assert "its variables is a link" in refused(folder)


@pytest.mark.parametrize("odd", [to_elsewhere, pipe])
@pytest.mark.parametrize("end", [".index", ".data-00000-of-00001"])
def test_a_variable_file_that_is_no_regular_file_is_refused_by_name(
    end: str, odd: Odd, tmp_path: Path
) -> None:
    folder = saved_model(tmp_path / "m", field(1, b""))
    name = f"variables/variables{end}"
    real = tmp_path / "outside"
    (folder / name).rename(real)
    odd(folder / name, real)
    assert f"its {name} is" in refused(folder)


def test_a_graph_without_objects_is_damaged(tmp_path: Path) -> None:
    write_bundle(tmp_path / "ckpt", {GRAPH: b""})
    assert "its graph of objects is empty" in refused(tmp_path / "ckpt")


def test_a_saved_model_of_no_bytes_is_damaged(tmp_path: Path) -> None:
    folder = saved_model(tmp_path / "m", field(1, b""))
    (folder / "saved_model.pb").write_bytes(b"")
    assert "its saved_model.pb holds no model" in refused(folder)


def test_objects_nested_without_end_are_refused(tmp_path: Path) -> None:
    chain = [({"a" * 50: at + 1}, {}) for at in range(500)]
    graph = object_graph([*chain, ({}, {})])
    write_bundle(tmp_path / "ckpt", {GRAPH: graph})
    assert "paths are longer" in refused(tmp_path / "ckpt")


def cached(tmp_path: Path, target: str) -> Path:
    """A checkpoint as the Hugging Face cache keeps it: links to where each file
    is.
    """
    home = tmp_path / "models--someone--model"
    snapshot = home / "snapshots" / "0123"
    (home / "blobs").mkdir(parents=True)
    lstm_checkpoint(snapshot / "ckpt")
    for k, name in enumerate(("ckpt.index", "ckpt.data-00000-of-00001")):
        blob = f"abcdef0123456789abcdef0123456789abcdef0{k}"
        (snapshot / name).rename(home / "blobs" / blob)
        (snapshot / name).symlink_to(target.format(blob=blob, home=home))
    return snapshot


def test_the_links_of_the_hugging_face_cache_are_followed(
    tmp_path: Path,
) -> None:
    snapshot = cached(tmp_path, "../../blobs/{blob}")
    assert open_model(snapshot).model.parameters == 72
    assert open_model(snapshot / "ckpt.index").model.parameters == 72
    assert open_model(snapshot / "ckpt").model.parameters == 72


@pytest.mark.parametrize(
    "target",
    ["{home}/blobs/{blob}", "../../../models--someone--model/blobs/{blob}"],
)
def test_other_links_out_of_a_cache_are_refused(
    target: str, tmp_path: Path
) -> None:
    assert "leads out of the folder" in refused(cached(tmp_path, target))


def test_a_link_is_no_caches_where_the_folder_is_no_snapshot(
    tmp_path: Path,
) -> None:
    snapshot = cached(tmp_path, "../../blobs/{blob}")
    snapshot.parent.rename(snapshot.parent.with_name("versions"))
    moved = snapshot.parent.with_name("versions") / "0123"
    assert "leads out of the folder" in refused(moved)


def test_a_blob_that_is_a_link_itself_is_refused(tmp_path: Path) -> None:
    snapshot = cached(tmp_path, "../../blobs/{blob}")
    for blob in (snapshot.parent.parent / "blobs").iterdir():
        blob.rename(tmp_path / blob.name)
        blob.symlink_to(tmp_path / blob.name)
    assert "can't be opened" in refused(snapshot)


def test_a_checkpoint_of_the_first_version_is_refused_by_name(
    tmp_path: Path,
) -> None:
    (tmp_path / "model.ckpt").write_bytes(table({b"": b""}))
    assert "first version" in refused(tmp_path / "model.ckpt")
