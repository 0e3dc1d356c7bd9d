"""What a user types as a sequence, and what comes of it."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from rnn_tui.engine.memory import large_arrays as room
from rnn_tui.engine.model import InputInfo
from rnn_tui.errors import SequenceError
from rnn_tui.sequences import parse_sequence
from rnn_tui.sequences.numpy_files import load_array

ONE = (InputInfo("x", (None, 1)),)
TWO = (InputInfo("x", (None, 2)),)
THREE_STEPS = (InputInfo("x", (3, 1)),)
TOKENS = (InputInfo("ids", (None,), tokens=10),)
PAIR = (InputInfo("a", (None, 2)), InputInfo("b", (3,)))
VIDEO = (InputInfo("v", (None, 4, 5, 1)),)
EVERY = (ONE, TWO, THREE_STEPS, TOKENS, PAIR, VIDEO)


def array(text: Any, inputs: tuple[InputInfo, ...], **options: Any) -> Any:
    (found,) = parse_sequence(text, inputs, **options).arrays.values()
    return found


@pytest.mark.parametrize(
    "text",
    [
        "0.1 0.2 0.3",
        "0.1, 0.2, 0.3",
        "0.1,0.2,0.3",
        "0.1; 0.2; 0.3",
        "[0.1, 0.2, 0.3]",
    ],
)
def test_numbers_are_timesteps_of_one_feature(text: str):
    assert array(text, ONE).tolist() == [[0.1], [0.2], [0.3]]


def test_a_row_of_numbers_is_one_timestep_of_several_features():
    assert array("0.1 0.2", TWO).tolist() == [[0.1, 0.2]]


def test_semicolons_part_timesteps():
    assert array("0.1 0.2; 0.3 0.1; 0.2 0.3", TWO).tolist() == [
        [0.1, 0.2],
        [0.3, 0.1],
        [0.2, 0.3],
    ]


def test_json_lists_are_a_sequence_or_a_batch():
    assert array("[[0.1, 0.2], [0.3, 0.1]]", TWO).shape == (2, 2)
    assert array("[[[0.1, 0.2]], [[0.3, 0.1]]]", TWO).shape == (2, 1, 2)


def test_token_ids_are_whole_numbers():
    found = array("4 7 8 4", TOKENS)
    assert (found.dtype, found.tolist()) == (np.int32, [4, 7, 8, 4])


def test_onehot_rows_are_as_wide_as_the_features():
    assert array("onehot: 1 0", TWO).tolist() == [[0, 1], [1, 0]]


def test_text_goes_through_the_vocabulary(tmp_path: Path):
    path = tmp_path / "vocab.json"
    path.write_text(json.dumps(["a", "b", " "]))
    assert array("text: ab a", TOKENS, vocab=path).tolist() == [0, 1, 2, 0]
    assert array(
        "words: yes no", TOKENS, vocab={"no": 3, "yes": 5}
    ).tolist() == [5, 3]
    assert array("text: ba", TWO, vocab=["a", "b"]).tolist() == [[0, 1], [1, 0]]


def test_text_that_ends_like_a_path_stays_text():
    assert array("text:.txt", TOKENS, vocab=[".", "t", "x"]).tolist() == [
        0,
        1,
        2,
        1,
    ]


def test_random_depends_on_its_seed_alone():
    assert np.array_equal(array("random:50", TWO), array("random:50:0", TWO))
    assert not np.array_equal(
        array("random:50", TWO), array("random:50:7", TWO)
    )
    assert array("random:50:7", TOKENS).max() < 10


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("zeros:3", [0, 0, 0]),
        ("ones:3", [1, 1, 1]),
        ("ramp:3", [0, 0.5, 1]),
        ("impulse:3", [1, 0, 0]),
        ("step:4", [0, 0, 1, 1]),
    ],
)
def test_a_signal_is_in_every_feature(text: str, values: list[float]):
    assert array(text, TWO).tolist() == [[value, value] for value in values]


def test_signals_fill_images_and_token_ids():
    assert array("random:6", VIDEO).shape == (6, 4, 5, 1)
    assert array("ramp:10", TOKENS).tolist() == list(range(10))
    assert array("sine:20", TOKENS).max() == 9


@pytest.mark.parametrize(("inputs", "timesteps"), [(ONE, 20), (THREE_STEPS, 3)])
def test_without_a_text_the_sequence_is_random_and_as_long_as_the_model(
    inputs: Any, timesteps: int
):
    assert array(None, inputs).shape == (timesteps, 1)


def test_a_length_that_is_not_fixed_is_only_a_default():
    loose = (InputInfo("x", (3, 1), fixed=False),)
    assert array(None, loose).shape == (3, 1)
    assert array("random:50", loose).shape == (50, 1)
    assert array("1 2 3 4", loose).shape == (4, 1)


def test_what_was_understood_is_one_line():
    assert (
        parse_sequence("0.1 0.2 0.3", ONE).understood
        == "3 timesteps × 1 feature: 0.1 0.2 0.3"
    )
    assert (
        parse_sequence("4 7", TOKENS).understood
        == "2 timesteps × token ids: 4 7"
    )
    many = InputInfo("ids", (None,), 100_000)
    assert (
        parse_sequence("49731 12", [many]).understood
        == "2 timesteps × token ids: 49731 12"
    )
    assert (
        parse_sequence("zeros:2", VIDEO).understood
        == "2 timesteps × 4×5×1: 0 0 0 0 0 0 …"
    )
    assert (
        parse_sequence("[[[1, 2]], [[3, 4]]]", TWO).understood
        == "2 sequences × 1 timestep × 2 features: 1 2 3 4"
    )


@pytest.mark.parametrize(
    ("text", "inputs", "message"),
    [
        (
            "0.1 0.2; 0.3 0.1; 0.4",
            TWO,
            "the model reads 2 features a timestep; row 3 has 1",
        ),
        (
            "0.1 0.2 0.3",
            TWO,
            "the model reads 2 features a timestep; row 1 has 3",
        ),
        (
            "0.1 0.2; 0.3 0.4",
            ONE,
            "the model reads 1 feature a timestep; row 1 has 2",
        ),
        (
            "[[1, 2], [3]]",
            TWO,
            "rows differ: row 1 has 2 values, row 2 has 1 value",
        ),
        (
            "1 2 3 4",
            THREE_STEPS,
            "the model reads 3 timesteps; the sequence has 4",
        ),
        ("random:50", THREE_STEPS, "random:3 fits"),
        (
            "4 99",
            TOKENS,
            "the model knows the token ids 0 to 9; 99 is none of them",
        ),
        ("-1", TOKENS, "-1 is none of them"),
        ("1.5", TOKENS, "1.5 is none"),
        ("onehot: 4", TWO, "ids go from 0 to 1; 4 doesn't"),
        ("onehot: 4", TOKENS, "without onehot:"),
        ("text: hello", TOKENS, "--vocab FILE"),
        ("hello", ONE, "'hello' is not a number"),
        ("", ONE, "the sequence is empty"),
        ("random:0", ONE, "no timesteps"),
        ("random:x", ONE, "whole numbers"),
        ("random:99999999999999", ONE, "the most is"),
        ("sine:5:1", ONE, "too many parts"),
        ("[1, null]", ONE, "the JSON holds null"),
        ('["1"]', ONE, "where a number should be"),
        ("[" * 5000, ONE, "JSON"),
        ("[1e999999, 1" + "0" * 400 + "]", ONE, "too large"),
        ("nothing.npy", ONE, "no such file"),
        ("-", ONE, "standard input"),
        ("c=1 2", PAIR, "no input is named 'c'; the model has 'a', 'b'"),
        ("a=1 2", PAIR, "no sequence for 'b'"),
        ("1 2", PAIR, "give each as NAME=SEQ"),
        (
            "[[[[1]]]]",
            TWO,
            "the model reads (timesteps, 2 features); this has shape (1, 1, 1, 1)",
        ),
    ],
)
def test_an_error_says_what_was_found_and_what_would_work(
    text: str, inputs: Any, message: str
):
    with pytest.raises(SequenceError) as raised:
        parse_sequence(text, inputs)
    assert message in str(raised.value)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    "text",
    [
        ["a=0.1 0.2; 3 4", "b=1 2 3"],
        "a=0.1 0.2; 3 4 | b=1 2 3",
        '{"a": [[0.1, 0.2], [3, 4]], "b": [1, 2, 3]}',
    ],
)
def test_several_inputs_are_given_by_name(text: Any):
    found = parse_sequence(text, PAIR).arrays
    assert {name: value.shape for name, value in found.items()} == {
        "a": (2, 2),
        "b": (3,),
    }


def test_a_signal_without_a_name_feeds_every_input():
    found = parse_sequence("random:7", PAIR).arrays
    assert {name: value.shape for name, value in found.items()} == {
        "a": (7, 2),
        "b": (3,),
    }


def test_a_single_sequence_is_fed_to_every_one_of_a_batch():
    found = parse_sequence(["a=[[[1, 2]], [[3, 4]]]", "b=1 2 3"], PAIR)
    assert found.batched
    assert found.arrays["b"].shape == (2, 3)


@pytest.mark.parametrize(
    "name", ["seq.npy", "seq.csv", "seq.tsv", "seq.json", "seq.txt", "seq.npz"]
)
def test_every_kind_of_file_holds_the_same_sequence(tmp_path: Path, name: str):
    values = np.array([[0.5, 1.0], [1.5, -2.0], [0.0, 3.25]])
    path = tmp_path / name
    match path.suffix:
        case ".npy":
            np.save(path, values)
        case ".npz":
            np.savez(path, values)
        case ".json":
            path.write_text(json.dumps(values.tolist()))
        case ".csv":
            path.write_text(
                "left,right\r\n"
                + "\r\n".join(
                    ",".join(map(str, row)) for row in values.tolist()
                )
            )
        case ".tsv":
            path.write_text(
                "\n".join("\t".join(map(str, row)) for row in values.tolist())
                + "\n\n"
            )
        case ".txt":
            path.write_text(
                "\n".join(" ".join(map(str, row)) for row in values.tolist())
            )
    assert np.array_equal(array(str(path), TWO), values)


@pytest.mark.parametrize("limit", [1, 1 << 20])
def test_a_npy_file_that_changes_later_changes_no_sequence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: int
) -> None:
    monkeypatch.setattr(room.roomy, "__defaults__", (limit,))
    values = np.arange(40, dtype="f4").reshape(20, 2)
    np.save(tmp_path / "x.npy", values)
    found = array(str(tmp_path / "x.npy"), TWO)
    (tmp_path / "x.npy").write_bytes(b"")
    np.testing.assert_array_equal(found, values)


@pytest.mark.parametrize(
    "kind", ["|b1", "|i1", "<u2", ">i4", "<i8", "<f2", ">f4", "<f8"]
)
@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("pieces", [8, 1 << 20])
def test_every_kind_of_number_is_read_as_numpy_reads_it(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    kind: str,
    order: Any,
    pieces: int,
) -> None:
    monkeypatch.setattr("rnn_tui.sequences.numpy_files.BLOCK", pieces)
    values = np.asarray(
        np.random.default_rng(0).integers(0, 100, (7, 2)), kind, order=order
    )
    np.save(tmp_path / "x.npy", values)
    with open(tmp_path / "x.npy", "rb") as file:
        found = load_array(file)
    expected = np.load(tmp_path / "x.npy")
    assert found.dtype == expected.dtype.newbyteorder("=")
    np.testing.assert_array_equal(found, expected)


def test_a_npz_file_is_read_by_the_inputs_names_as_trace_writes_them(
    tmp_path: Path,
):
    np.savez(
        tmp_path / "x.npz",
        **{
            "input/a": np.ones((1, 2, 2)),
            "input/b": np.ones((1, 3)),
            "output/0": np.ones(1),
        },
    )
    assert parse_sequence(str(tmp_path / "x.npz"), PAIR).batched


def test_stdin_is_text_json_or_npy():
    def read(data: bytes) -> Any:
        return array("-", TWO, stdin=io.BytesIO(data)).tolist()

    buffer = io.BytesIO()
    np.save(buffer, np.array([[1.0, 2.0]]))
    assert (
        read(b"1 2\n3 4\n")
        == read(b"1,2;3,4")
        == read(b"[[1, 2], [3, 4]]")
        == [[1, 2], [3, 4]]
    )
    assert read(buffer.getvalue()) == [[1, 2]]


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.npy", b"not a npy"),
        ("a.npy", b""),
        ("a.npz", b"PK\x03\x04 broken"),
        ("a.csv", b"a,b\nc,d\n"),
        ("a.csv", b""),
        ("a.csv", b"1,2\n3\n"),
        ("a.csv", b"\xff\xfe\x00"),
        ("a.json", b"{"),
        ("a.json", b"\xff"),
        ("a.txt", b"\x1b]52;c;aGk=\x07"),
    ],
)
def test_a_broken_file_is_one_clean_line(
    tmp_path: Path, name: str, data: bytes
):
    (tmp_path / name).write_bytes(data)
    with pytest.raises(SequenceError) as raised:
        parse_sequence(str(tmp_path / name), TWO)
    assert str(raised.value).isprintable()


def test_pickled_arrays_are_refused(tmp_path: Path):
    np.save(
        tmp_path / "x.npy",
        np.array([{"a": 1}], dtype=object),
        allow_pickle=True,
    )
    with pytest.raises(SequenceError):
        parse_sequence(str(tmp_path / "x.npy"), TWO)


def test_a_folder_is_no_sequence(tmp_path: Path):
    (tmp_path / "x.csv").mkdir()
    with pytest.raises(SequenceError, match="not a regular file"):
        parse_sequence(str(tmp_path / "x.csv"), TWO)


@settings(max_examples=100, deadline=None)
@given(
    arrays(
        np.float64,
        st.tuples(st.integers(1, 5), st.just(2)),
        elements=st.floats(-1e9, 1e9),
    )
)
def test_numbers_survive_being_typed(values: Any):
    rows = "; ".join(" ".join(map(repr, row)) for row in values.tolist()) + ";"
    assert np.array_equal(array(rows, TWO), values)
    assert np.array_equal(array(json.dumps(values.tolist()), TWO), values)


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=40), st.sampled_from(EVERY))
def test_any_text_is_a_sequence_or_one_clean_line(text: str, inputs: Any):
    check(text, inputs)


PIECES = st.sampled_from(
    [
        *"0123456789.,;-+eE[]{}:=| \n\t\x1b",
        "random",
        "text:",
        "onehot:",
        "words:",
        "sine:",
        "a=",
        "nan",
        "inf",
        ".csv",
    ]
)


@settings(max_examples=500, deadline=None)
@given(st.lists(PIECES, max_size=12).map("".join), st.sampled_from(EVERY))
def test_anything_like_a_sequence_is_one_or_one_clean_line(
    text: str, inputs: Any
):
    check(text, inputs)


def check(text: str, inputs: Any) -> None:
    message = ""
    try:
        found = parse_sequence(text, inputs, vocab=["a", "b"])
    except SequenceError as error:
        message = str(error)
    assert message.isprintable(), message
    if message:
        return
    assert set(found.arrays) == {info.name for info in inputs}
    for info in inputs:
        value = found.arrays[info.name]
        assert value.ndim == len(info.shape) + found.batched
        assert value.size > 0
    assert found.understood.isprintable()


def test_a_long_table_is_parsed_part_by_part(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rnn_tui.sequences.table.ROWS_AT_ONCE", 3)
    rows = np.arange(20.0).reshape(10, 2)
    (tmp_path / "long.csv").write_text(
        "a,b\n" + "\n".join(f"{x},{y}" for x, y in rows.tolist())
    )
    info = InputInfo("x", (None, 2))
    parsed = parse_sequence(str(tmp_path / "long.csv"), [info])
    np.testing.assert_array_equal(parsed.arrays["x"], rows)


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("info", [ONE[0], TOKENS[0]])
def test_a_table_of_one_column_keeps_its_first_line(
    tmp_path: Path, info: InputInfo, end: str
) -> None:
    (tmp_path / "x.csv").write_bytes(end.join(["5", "6", "7", ""]).encode())
    found = parse_sequence(str(tmp_path / "x.csv"), [info]).arrays[info.name]
    assert np.asarray(found).reshape(-1).tolist() == [5, 6, 7]


@pytest.mark.parametrize("names", ["nancy,infant", "x,y", '"a","b"', "name"])
def test_a_line_of_names_is_skipped(tmp_path: Path, names: str) -> None:
    (tmp_path / "x.csv").write_text(
        f"{names}\n" + ("1\n2\n" if names == "name" else "1,2\n3,4\n")
    )
    parsed = parse_sequence(
        str(tmp_path / "x.csv"), ONE if names == "name" else TWO
    )
    assert len(np.asarray(parsed.arrays["x"])) == 2


@pytest.mark.parametrize(
    "text", ["−0.5 1 −2e−1", "[[−0.5], [1], [−2e−1]]", "−.5; 1; −0.2"]
)
def test_the_minus_that_is_shown_can_be_typed(text: str):
    np.testing.assert_allclose(array(text, ONE)[:, 0], [-0.5, 1, -0.2])


@pytest.mark.parametrize("extension", ["csv", "tsv", "txt"])
def test_the_minus_that_is_shown_can_be_in_a_file(
    extension: str, tmp_path: Path
):
    path = tmp_path / f"x.{extension}"
    path.write_text("−0.5\n1\n−2e−1\n", encoding="utf-8")
    np.testing.assert_allclose(array(str(path), ONE)[:, 0], [-0.5, 1, -0.2])
