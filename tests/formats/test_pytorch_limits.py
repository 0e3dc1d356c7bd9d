"""What PyTorch's files and safetensors may ask of the reader: each limit met by
a crafted file, refused in one line.
"""

from __future__ import annotations

import json
import pickle
import struct
import tarfile
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from torch_files import (
    Called,
    Global,
    Reference,
    Stored,
    lstm_state,
    pickled,
    state_dict,
    tensor,
    write_old,
    write_safetensors,
    write_zip,
)

from rnn_tui import open_model
from rnn_tui.errors import FileError
from rnn_tui.formats.client.process import start_reading
from rnn_tui.formats.reader.inert_pickle import Call, Inert, Name, Persistent
from rnn_tui.formats.wire.problems import ProblemError


def refused(path: Path) -> str:
    """The line in which a file is refused."""
    with pytest.raises(FileError) as error:
        open_model(path)
    line = str(error.value)
    assert "\n" not in line
    return line


def problem_of(path: Path) -> str:
    """What is wrong with the one array of a file that is read all the same."""
    (group,) = start_reading(path).result().groups
    (array,) = group.arrays
    assert array.problem is not None
    return array.problem


# The pickle -------------------------------------------------------------------


def run(program: bytes, most: int = 1000) -> Any:
    """What the inert machine makes of a program."""
    return Inert(program, most).run()


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_data_is_read_as_python_reads_it(protocol: int) -> None:
    data = {
        "a": [1, -5, 255, 70_000, 1 << 40, -(1 << 40), 1.5, None, True, False],
        "é": ("x" * 300, (), (1,), (1, 2), (1, 2, 3), (1, 2, 3, 4)),
        3: {"b": [], "c": {}},
    }
    assert run(pickle.dumps(data, protocol)) == data


def test_bytes_are_bytes() -> None:
    data = [b"ab", b"c" * 300]
    assert run(pickle.dumps(data, 4)) == data
    assert run(pickle.dumps(bytearray(b"ab"), 5)) == b"ab"


def test_a_list_in_itself_ends() -> None:
    again: list[Any] = []
    again.append(again)
    found = run(pickle.dumps(again, 2))
    assert found[0] is found
    pair = ([],)
    pair[0].append(pair)
    assert run(pickle.dumps(pair, 2))[0][0][0] is not None


def test_a_name_and_a_call_stay_what_they_are() -> None:
    found = run(pickled(Called("os", "system", ("x",), {"a": 1})))
    assert isinstance(found, Call)
    assert found.function == Name("os", "system")
    assert (found.arguments, found.state) == (("x",), {"a": 1})
    assert run(pickled(Global("os", "system"))) == Name("os", "system")
    assert run(pickled(Reference(("a", 1)))) == Persistent(("a", 1))


@pytest.mark.parametrize(
    ("program", "words"),
    [
        (b"\x80\x02(lp0\n.", "more than hold data"),  # LIST
        (b"(ios\nsystem\n.", "more than hold data"),  # INST
        (b"(cos\nsystem\no.", "more than hold data"),  # OBJ
        (b"\x82\x01.", "more than hold data"),  # EXT1
        (b"Pabc\n.", "more than hold data"),  # PERSID
        (b"I1\n.", "more than hold data"),  # INT
        (b"\x80\x02", "cut short"),
        (b".", "cut short"),
        (b"", "cut short"),
        (b"0.", "cut short"),
        (b"(0(1t.", "cut short"),
        (b"t.", "cut short"),
        (b"(\x86.", "cut short"),
        (b"}K\x01s.", "cut short"),
        (b"(K\x01u.", "cut short"),
        (b"K\x01K\x02a.", "cut short"),
        (b"K\x01K\x02b.", "cut short"),
        (b"h\x00.", "cut short"),
        (b"X\xff\xff\xff\x7fa.", "cut short"),
        (b"\x8d" + b"\xff" * 8 + b".", "cut short"),
        (b"X\x01\0\0\0\xff.", "cut short"),
        (b"K\x01K\x02\x93.", "cut short"),
        (b"cos\nsystem", "cut short"),
        (b"c" + b"x" * 5000 + b"\ny\n.", "cut short"),
        (b"\x8a\x41" + b"\x01" * 65 + b".", "without end"),
        (b"N0" * 600 + b"N.", "instructions"),
    ],
)
def test_a_program_that_does_more_or_is_damaged_is_refused(
    program: bytes, words: str
) -> None:
    with pytest.raises(ProblemError, match=words):
        run(program)


def test_a_key_that_takes_for_ever_to_hash_is_left_out() -> None:
    doubled = b")" + b"2\x86" * 100  # a pair of the same pair, 100 deep
    assert run(b"}" + doubled + b"K\x01s.") == {}


def test_a_file_of_instructions_without_end_is_refused(tmp_path: Path) -> None:
    program = b"\x80\x02" + b"N0" * 600_000 + b"N."
    path = write_zip(tmp_path / "m", program, {})
    assert "more instructions" in refused(path) or "of more" in refused(path)


def test_tuples_that_double_end(tmp_path: Path) -> None:
    program = b"\x80\x02)" + b"2\x86" * 100_000 + b"."
    assert "no tensors" in refused(write_zip(tmp_path / "m", program, {}))


def test_dictionaries_in_one_another_without_end_are_left_out(
    tmp_path: Path,
) -> None:
    tensors, storages = state_dict(lstm_state())
    deep: Any = {"x": tensors}
    for _ in range(60):
        deep = {"a": deep}
    path = write_zip(tmp_path / "m", {"in": deep, "rnn": tensors}, storages)
    assert len(start_reading(path).result().groups) == 1


def test_a_pickle_that_is_longer_than_allowed_is_refused(
    tmp_path: Path,
) -> None:
    path = tmp_path / "m"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("m/data.pkl", bytes((64 << 20) + 1))
    assert "longer than 67,108,864" in refused(path)


# Tensors ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("made", "words"),
    [
        (tensor(Stored("0", 6), (2, 4)), "beyond the end of its storage"),
        (tensor(Stored("0", 6), (2, 3), offset=1), "beyond the end"),
        (tensor(Stored("0", 6), (2, 3), (4, 1)), "beyond the end"),
        (tensor(Stored("0", 6), (1 << 40, 0, 3)), ""),
        (tensor(Stored("0", 6), (2, 3), offset=-1), "no number"),
        (tensor(Stored("0", 6), (2, 3), offset=True), "no number"),
        (tensor(Stored("0", 6), (2, -3)), "no numbers"),
        (tensor(Stored("0", 6), (2, 3), (-3, 1)), "no numbers"),
        (tensor(Stored("0", 6), (2, "3"), (3, 1)), "no numbers"),
        (tensor(Stored("0", 6), (2, 3), (1,)), "more or fewer strides"),
        (tensor(Stored("0", 6), (1,) * 9), "9 axes"),
        (tensor(Stored("9", 6), (2, 3)), "missing from the file"),
        (tensor(Stored("0", 7), (7,)), "declares 28 bytes and has 24"),
        (tensor(Stored("0", -6), (6,)), "no known length"),
        (tensor(Stored("0", 6, "QUInt8Storage"), (6,)), "type that isn't read"),
        (tensor(Reference(("storage",)), (6,)), "has no storage"),
        (tensor(Reference(5), (6,)), "has no storage"),
        (tensor(Global("os", "x"), (6,)), "has no storage"),
        (
            Called("torch._utils", "_rebuild_qtensor", (1, 2, 3, 4, 5)),
            "a quantized tensor",
        ),
        (Called("torch._utils", "_rebuild_tensor_v2", ()), "no tensor"),
        (Called("torch._utils", "_rebuild_parameter", (5,)), "no tensor"),
    ],
)
def test_a_tensor_is_held_against_its_storage(
    tmp_path: Path, made: Any, words: str
) -> None:
    whole = {"a.weight": made}
    path = write_zip(tmp_path / "m", whole, {"0": bytes(24)})
    if not words:
        (group,) = start_reading(path).result().groups
        assert group.arrays[0].problem is None
        return
    assert words in problem_of(path)


def test_parameters_in_parameters_end(tmp_path: Path) -> None:
    made = tensor(Stored("0", 6), (6,))
    for _ in range(9):
        made = Called("torch._utils", "_rebuild_parameter", (made, True, 1))
    path = write_zip(tmp_path / "m", {"a.w": made}, {"0": bytes(24)})
    assert "without end" in problem_of(path)


def test_a_value_that_is_repeated_without_end_is_refused(
    tmp_path: Path,
) -> None:
    made = tensor(Stored("0", 1), (1 << 20, 1 << 20), (0, 0))
    path = write_zip(tmp_path / "m", {"a.w": made}, {"0": bytes(4)})
    assert "more data than a file of this size" in problem_of(path)


def test_many_views_of_one_storage_are_counted_together(
    tmp_path: Path,
) -> None:
    stored = Stored("0", 1 << 20)
    tensors = {
        f"a.{k}": tensor(stored, (8, 1 << 20), (0, 1)) for k in range(20)
    }
    path = write_zip(tmp_path / "m", tensors, {"0": bytes(4 << 20)})
    (group,) = start_reading(path).result().groups
    assert sum(array.problem is None for array in group.arrays) == 4


def test_strides_are_followed(tmp_path: Path) -> None:
    values = np.arange(12, dtype="f4")
    made = {
        "a.w": tensor(Stored("0", 12), (3, 2), (1, 6), 2),
        "b.w": tensor(Stored("0", 12), (3, 2), (0, 1), 4),
    }
    path = write_zip(tmp_path / "m", made, {"0": values.tobytes()})
    found = start_reading(path).result()
    first, second = (group.arrays[0].key for group in found.groups)
    read = found.read([first, second])
    np.testing.assert_array_equal(read[first], [[2, 8], [3, 9], [4, 10]])
    np.testing.assert_array_equal(read[second], [[4, 5]] * 3)


def test_a_storage_that_is_said_to_be_two_is_refused(tmp_path: Path) -> None:
    whole = {
        "a.w": tensor(Stored("0", 6), (6,)),
        "a.v": tensor(Stored("0", 3, "DoubleStorage"), (3,)),
    }
    path = write_zip(tmp_path / "m", whole, {"0": bytes(24)})
    (group,) = start_reading(path).result().groups
    assert [array.problem for array in group.arrays] == [
        None,
        "has a storage that is said to be two",
    ]


def test_more_tensors_than_a_model_may_have_are_refused(
    tmp_path: Path,
) -> None:
    shared = b"h\x00"
    program = pickled([tensor(Stored("0", 6), (6,))])[2:-1]
    program = b"\x80\x02" + program + b"0"
    body = b"".join(
        b"X" + struct.pack("<I", 6) + f"a{k:05d}".encode() + shared
        for k in range(50_001)
    )
    one = pickled(tensor(Stored("0", 6), (6,)))[2:-1]
    program = b"\x80\x02" + one + b"q\x000}(" + body + b"u."
    path = write_zip(tmp_path / "m", program, {"0": bytes(24)})
    assert "more than 50,000 arrays" in refused(path)


# The containers ---------------------------------------------------------------


def test_a_wrong_checksum_is_told_and_names_the_storage(tmp_path: Path) -> None:
    tensors, storages = state_dict(lstm_state())
    path = write_zip(tmp_path / "m", tensors, storages)
    data = bytearray(path.read_bytes())
    place = data.index(storages["1"])
    data[place] ^= 1
    path.write_bytes(data)
    (group,) = start_reading(path).result().groups
    problems = [array.problem or "" for array in group.arrays]
    assert problems[0] == problems[2] == problems[3] == ""
    assert "checksum of m/data/1" in problems[1]


def test_a_storage_packed_as_a_bomb_is_refused(tmp_path: Path) -> None:
    count = (1 << 26) + (1 << 20)
    whole = {"a.w": tensor(Stored("0", count, "ByteStorage"), (count,))}
    path = tmp_path / "m"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("m/data.pkl", pickled(whole))
        with archive.open("m/data/0", "w") as member:
            for _ in range(count >> 20):
                member.write(bytes(1 << 20))
    assert "refused as a bomb" in problem_of(path)


def test_a_big_endian_file_is_named(tmp_path: Path) -> None:
    tensors, storages = state_dict(lstm_state())
    path = write_zip(tmp_path / "m", tensors, storages, {"m/byteorder": b"big"})
    assert "big-endian" in refused(path)
    path = write_old(
        tmp_path / "n", tensors, storages, system={"little_endian": False}
    )
    assert "big-endian" in refused(path)


def test_two_pickles_in_one_file_are_refused(tmp_path: Path) -> None:
    tensors, storages = state_dict(lstm_state())
    path = write_zip(tmp_path / "m", tensors, storages, {"n/data.pkl": b"."})
    assert "2 members data.pkl" in refused(path)


def test_an_old_file_that_is_cut_short_is_refused(tmp_path: Path) -> None:
    path = write_old(tmp_path / "m", *state_dict(lstm_state()))
    data = path.read_bytes()
    for end in (40, 200, len(data) - 4, len(data) - 200):
        path.write_bytes(data[:end])
        assert "PyTorch" in refused(path)


def test_an_old_file_with_other_storages_than_it_lists_is_refused(
    tmp_path: Path,
) -> None:
    tensors, storages = state_dict(lstm_state())
    for keys, words in (
        (["0", "1", "2"], "missing from the file"),
        (["0", "0", "1", "2"], "says nothing of"),
        (["0", "1", "2", "9"], "says nothing of"),
        ([0, 1, 2, 3], "no list of storages"),
        ("0123", "no list of storages"),
    ):
        path = write_old(tmp_path / "m", tensors, storages, keys=keys)
        try:
            found = start_reading(path).result()
        except FileError as error:
            line = str(error)
        else:
            line = str([a.problem for g in found.groups for a in g.arrays])
        assert words in line


def test_an_old_storage_that_is_not_in_its_place_is_told(
    tmp_path: Path,
) -> None:
    tensors, storages = state_dict(lstm_state())
    path = write_old(tmp_path / "m", tensors, storages, {"1": 2})
    (group,) = start_reading(path).result().groups
    assert "isn't where it should be" in (group.arrays[1].problem or "")


def test_an_old_file_of_another_version_is_named(tmp_path: Path) -> None:
    path = write_old(tmp_path / "m", *state_dict(lstm_state()))
    data = path.read_bytes().replace(b"M\xe9\x03.", b"M\xea\x03.", 1)
    path.write_bytes(data)
    assert "of a version that isn't known" in refused(path)


def test_a_file_that_changes_after_it_was_opened_is_not_read_on(
    tmp_path: Path,
) -> None:
    big = {"a.w": np.zeros(5 << 20, "f4"), **lstm_state()}
    path = write_zip(tmp_path / "m", *state_dict(big))
    found = start_reading(path).result()
    path.write_bytes(path.read_bytes() + b"x")
    with pytest.raises(FileError, match="has changed"):
        found.read([found.groups[0].arrays[0].key])


# Safetensors ------------------------------------------------------------------

LIES = {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"b": LIES}, "lie on one another"),
        ({"b": {**LIES, "data_offsets": [28, 36]}}, "beyond its end"),
        ({"b": {**LIES, "data_offsets": [8, 0]}}, "beyond its end"),
        ({"b": {**LIES, "data_offsets": [0]}}, "says nothing"),
        ({"b": {**LIES, "data_offsets": [0, True]}}, "says nothing"),
        ({"b": {**LIES, "data_offsets": [-8, 0]}}, "says nothing"),
        ({"b": {**LIES, "shape": [-2]}}, "says nothing"),
        ({"b": {**LIES, "shape": "ab"}}, "says nothing"),
        ({"b": 5}, "says nothing"),
        ({"a": {**LIES, "shape": [7]}}, "declares 28 bytes and has 8"),
        ({"a": {**LIES, "shape": [1 << 40]}}, "declares"),
        ({"a": {**LIES, "shape": [1] * 9}}, "take 8"),
        ({"a": {**LIES, "dtype": "F4"}}, "take 8"),
    ],
)
def test_a_header_is_held_against_the_file(
    tmp_path: Path, change: dict[str, Any], words: str
) -> None:
    arrays = {"a": np.zeros(6, "f4")}
    assert words in refused(write_safetensors(tmp_path / "m", arrays, change))


def test_tensors_of_another_type_or_rank_are_listed_with_the_reason(
    tmp_path: Path,
) -> None:
    arrays = {"a.w": np.zeros(6, "f4")}
    whole = {"shape": [6], "data_offsets": [0, 24]}
    path = write_safetensors(
        tmp_path / "m", arrays, {"a.w": {**whole, "dtype": "F8_E4M3"}}
    )
    assert "type 'F8_E4M3'" in problem_of(path)
    many = {**whole, "shape": [1] * 8 + [6], "dtype": "F32"}
    path = write_safetensors(tmp_path / "m", arrays, {"a.w": many})
    assert "9 axes" in problem_of(path)


def test_bytes_of_no_tensor_are_refused(tmp_path: Path) -> None:
    arrays = {"a": np.zeros(6, "f4")}
    path = write_safetensors(tmp_path / "m", arrays, more=b"hidden")
    assert "of 30 bytes of values whose tensors take 24" in refused(path)


@pytest.mark.parametrize(
    ("header", "words"),
    [
        (b"{", "damaged"),
        (b"{" + b"[" * 5000, "damaged"),
        (b'{"a": 1, "a": 2}', "damaged"),
        (b'{"x":' + b"[" * 30_000 + b"]" * 30_000 + b"}", "damaged"),
        (b'{"x":[' + b"1," * 1_000_001 + b"1]}", "more than 1,000,000 values"),
        (b"{" + b" " * (25 << 20), "longer than 25,165,824"),
        (
            json.dumps({f"a{k}": LIES for k in range(50_001)}).encode(),
            "more than 50,000 arrays",
        ),
    ],
    ids=[
        "cut",
        "brackets",
        "a key twice",
        "deep",
        "many values",
        "long",
        "many tensors",
    ],
)
def test_a_header_that_is_damaged_or_too_long_is_refused(
    tmp_path: Path, header: bytes, words: str
) -> None:
    path = tmp_path / "m"
    path.write_bytes(struct.pack("<Q", len(header)) + header + b"x" * 8)
    assert words in refused(path)


def test_a_safetensors_file_that_is_cut_short_is_told(tmp_path: Path) -> None:
    path = write_safetensors(tmp_path / "m", lstm_state())
    data = path.read_bytes()
    path.write_bytes(data[:-5])
    assert "beyond its end" in refused(path)


def without_sums(path: Path) -> Path:
    """Take the checksums out of an archive, as PyTorch leaves them out when it
    is asked to.
    """
    data = bytearray(path.read_bytes())
    with zipfile.ZipFile(path) as archive:
        heads = [info.header_offset for info in archive.infolist()]
        entry = archive.start_dir
    for head in heads:
        data[head + 14 : head + 18] = bytes(4)
    while (entry := data.find(b"PK\x01\x02", entry)) >= 0:
        data[entry + 16 : entry + 20] = bytes(4)
        entry += 4
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("units", [3, 600])
def test_an_archive_without_checksums_opens_and_says_so(
    tmp_path: Path, units: int
) -> None:
    arrays = lstm_state(units)
    path = without_sums(write_zip(tmp_path / "m", *state_dict(arrays)))
    opened = open_model(path)
    assert opened.file.facts["checksum"] == "none in the file"
    kernel = opened.model.graph.layers["rnn"].weights[0].value
    np.testing.assert_array_equal(kernel, arrays["rnn.weight_ih_l0"].T)


def test_a_checksum_of_zero_among_others_is_a_wrong_one(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "m", *state_dict(lstm_state()))
    data = bytearray(path.read_bytes())
    entry = data.index(b"PK\x01\x02")
    data[entry + 16 : entry + 20] = bytes(4)
    path.write_bytes(data)
    assert "checksum" in refused(path)


def test_torchscript_of_pytorch_1_3_is_named(tmp_path: Path) -> None:
    path = tmp_path / "m.pt"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("m/model.json", "{}")
        archive.writestr("m/tensors/0", bytes(8))
    assert "TorchScript file of PyTorch 1.3 or before" in refused(path)


def test_a_tar_archive_of_pytorchs_is_named(tmp_path: Path) -> None:
    path = tmp_path / "m.pt"
    with tarfile.open(path, "w") as archive:
        for name in ("sys_info", "pickle", "tensors", "storages"):
            archive.addfile(tarfile.TarInfo(name))
    assert "PyTorch's first versions" in refused(path)
