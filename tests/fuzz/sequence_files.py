"""Sequence, vocabulary, initial-state and state files that nobody sound wrote,
each read in a process of its own.

`python tests/fuzz/sequence_files.py --count 5000 --seed 1` makes so many of
each kind and prints what broke a promise: a file is a sequence or one clean
line, after at most two seconds of the processor and with at most 300 MB.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import random
import resource
import signal
import struct
import sys
import tempfile
import time
import traceback
import warnings
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

from forked import forget_peak, own_peak

from rnn_tui.engine.core.text_reader import TextReader
from rnn_tui.engine.model import InputInfo
from rnn_tui.errors import RnnTuiError
from rnn_tui.sequences import parse_sequence
from rnn_tui.sequences.initial_states import load_states
from rnn_tui.sequences.preview import preview_sequence
from rnn_tui.sequences.tokens import load_vocabulary
from rnn_tui.tui.session.state_file import Remembered

SECONDS = 2.0
MEMORY = 300 << 20
PATIENCE = 120
"""Seconds on the clock after which a process is ended."""

NO_CELLS: Any = SimpleNamespace(called_cells=lambda: ())
"""Stands for a model that a file's states are for."""
READER = TextReader("text", load=lambda: {"": 0, "[UNK]": 1, "a": 2})
INPUTS: tuple[tuple[InputInfo, ...], ...] = (
    (InputInfo("x", (None, 2)),),
    (InputInfo("x", (None, 1)),),
    (InputInfo("ids", (None,), tokens=10),),
    (InputInfo("any", (None,), tokens=10, any_id=True),),
    (InputInfo("text", (None,), tokens=10, text=READER),),
    (InputInfo("a", (None, 2)), InputInfo("b", (3,))),
)
KINDS = ("npy", "npz", "csv", "tsv", "json", "txt", "vocabulary", "state")

Rng = random.Random


def npy(rng: Rng) -> bytes:
    """A .npy file whose header says anything."""
    descr = rng.choice(
        ["'<f4'", "'<f8'", "'|b1'", "'>i2'", "'|O'", "'<c8'", "'|S5'", "'<U3'", "'<f16'", "'V2'", "'f4'", "float",
         "('<f4', (3,))", "[('a', '<f4')]", "[('a', '|O'), ('b', [('c', '<f4')])]", "(", "'<f4", "{}", "None",
         "__import__('os').system('true')", "'" + "a" * 9000 + "'", "'<f4'" + " " * 3000, "'\\x1b[2J'", "'<i99'"]
    )  # fmt: skip
    shape = rng.choice(
        ["(4, 2)", "(8,)", "()", "(8)", "(,)", "(4, 2, )", "(-4, 2)", "(True, 2)", "(4.0, 2)", "(0, 2)", "(2**40, 2)",
         f"({10**18}, 0)", f"({10**30}, 2)", f"({1 << 40}, 2)", "(4L, 2L)", "((4, 2))", "[4, 2]", "None", "(4; 2)",
         "(" + "1," * 40 + ")", "(" + "9" * 5000 + ",)", "(" * 2000, "(4,,2)", "(٤, ٢)", "('4', 2)", "(1, 4, 2)"]
    )  # fmt: skip
    order = rng.choice(["False", "False", "True", "0", "None", "'False'", "[]"])
    pairs = [
        f"'descr': {descr}",
        f"'fortran_order': {order}",
        f"'shape': {shape}",
    ]
    if rng.random() < 0.2:
        rng.shuffle(pairs)
    if rng.random() < 0.1:
        pairs.append(
            rng.choice([pairs[0], "'more': 1", "**{}", "1: 2", "'shape': (1,)"])
        )
    text = rng.choice(
        [
            "{%s, }",
            "{%s}",
            "{%s",
            "(%s)",
            "{%s}}",
            "{{%s}",
            "%s",
            "{ %s ,} #",
            "dict(%s)",
        ]
    ) % ", ".join(pairs)
    if rng.random() < 0.5:
        text = f"{{'descr': {descr}, 'fortran_order': {order}, 'shape': {shape}, }}"
    if rng.random() < 0.5:
        text = "{'descr': '<f4', 'fortran_order': False, 'shape': (4, 2), }"
    packed = text.encode("utf-8")
    version = rng.choice([1, 1, 2, 3, 0, 4, 255])
    length = rng.choice(
        [len(packed), len(packed), len(packed), 0, 3, 40, 65535, 0xFFFFFFF0]
    )
    width = "<H" if version == 1 else "<I"
    start = (
        b"\x93NUMPY"
        + bytes([version, 0])
        + struct.pack(width, min(length, 0xFFFF if version == 1 else length))
    )
    values = rng.randbytes(rng.choice([32, 32, 64, 31, 0, 8, 5000]))
    return start + packed + values


BOMB = zlib.compressobj(9, zlib.DEFLATED, -15)
BOMB_BYTES = 400 << 20
BOMB_PACKED = (
    b"".join(BOMB.compress(bytes(1 << 20)) for _ in range(BOMB_BYTES >> 20))
    + BOMB.flush()
)


def npz(rng: Rng) -> bytes:
    """A .npz file of odd members."""
    out = io.BytesIO()
    method = rng.choice(
        [
            zipfile.ZIP_STORED,
            zipfile.ZIP_DEFLATED,
            zipfile.ZIP_BZIP2,
            zipfile.ZIP_LZMA,
        ]
    )
    names = [
        "x",
        "input/x",
        "ids",
        "a",
        "b",
        "lstm/h",
        "../../x",
        "/etc/passwd",
        "\x1b[2J",
        "x" * 5000,
        "é",
        "x\0y",
    ]
    count = rng.choice([0, 1, 1, 1, 2, 2, 5, 50])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # names that occur twice
        with zipfile.ZipFile(out, "w", method) as archive:
            for _ in range(count):
                name = rng.choice(names) + rng.choice(
                    [".npy", ".npy", ".npy", ".txt", ".npz"]
                )
                archive.writestr(
                    name, npy(rng) if rng.random() < 0.9 else rng.randbytes(300)
                )
            archive.comment = rng.randbytes(
                rng.choice([0, 0, 3, 60000])
            ).replace(b"PK", b"pk")
    data = bytearray(out.getvalue())
    match rng.randrange(8):
        case 0 if (
            count
        ):  # another flag, method or size in the first entry of the list
            place = data.index(b"PK\x01\x02") + rng.choice(
                [8, 9, 10, 11, 16, 20, 24, 28, 30, 32, 42]
            )
            data[place] = rng.randrange(256)
        case 1:  # the end of the list says anything
            place = data.rindex(b"PK\x05\x06") + rng.randrange(4, 22)
            data[place : place + 2] = rng.randbytes(2)
        case 2 if rng.random() < 0.05:
            return many_members(rng.choice([20_001, 60_000]))
        case 3 if rng.random() < 0.05:
            return bomb(rng.choice([4 * 8, BOMB_BYTES]))
    return bytes(data)


def many_members(count: int) -> bytes:
    """An archive of so many empty members that share one place."""
    local = (
        struct.pack("<4s5H3I2H", b"PK\x03\x04", 20, 0, 0, 0, 0, 0, 0, 0, 5, 0)
        + b"x.npy"
    )
    names = [b"%06x.npy" % k for k in range(count)]
    entries = [
        struct.pack(
            "<4s6H3I5H2I",
            b"PK\x01\x02",
            20,
            20,
            0,
            0,
            0,
            0,
            0,
            0,
            0,
            len(name),
            0,
            0,
            0,
            0,
            0,
            0,
        )
        + name
        for name in names
    ]
    listed = b"".join(entries)
    end = struct.pack(
        "<4s4H2IH",
        b"PK\x05\x06",
        0,
        0,
        count & 0xFFFF,
        count & 0xFFFF,
        len(listed),
        len(local),
        0,
    )
    return local + listed + end


def bomb(declared: int) -> bytes:
    """An archive of one member that unpacks to 400 MB, whatever it declares."""
    name = b"x.npy"
    sizes = (0, len(BOMB_PACKED), min(declared, 0xFFFFFFFE))
    local = (
        struct.pack(
            "<4s5H3I2H", b"PK\x03\x04", 20, 0, 8, 0, 0, *sizes, len(name), 0
        )
        + name
    )
    entry = (
        struct.pack(
            "<4s6H3I5H2I",
            b"PK\x01\x02",
            20,
            20,
            0,
            8,
            0,
            0,
            *sizes,
            len(name),
            0,
            0,
            0,
            0,
            0,
            0,
        )
        + name
    )
    start = local + BOMB_PACKED
    end = struct.pack(
        "<4s4H2IH", b"PK\x05\x06", 0, 0, 1, 1, len(entry), len(start), 0
    )
    return start + entry + end


CELLS = [
    "0.1", "1", "-2", "1e999", "-1e-999", "nan", "inf", "0x10", "1_0", "٣", "−1", "1,5", "", " ", "a", '"1"', "'",
    "\x1b[2J", "\u202e", "\x00", "1" * 5000, "é", "1;2", "=1+1", "True", "None", "[1]", "1e5", "9" * 400,
    "\x85", "\x0b",
]  # fmt: skip


def table(rng: Rng, delimiter: str) -> bytes:
    """A table of odd cells, rows and ends."""
    if rng.random() < 0.02:  # one line without an end
        return (
            rng.choice(["1", "0.5", "x"]) + rng.choice([delimiter, ""])
        ).encode() * (8 << 20)
    if rng.random() < 0.02:
        return rng.choice([b"\n", b"1\n", b"\r", b" \n", b"1,2\n"]) * (2 << 20)
    sound = rng.random() < 0.5
    width = rng.choice([1, 2, 2, 3, 1000])
    rows = []
    for _ in range(rng.choice([0, 1, 2, 5, 30])):
        cells = [
            str(rng.random())
            if sound or rng.random() < 0.8
            else rng.choice(CELLS)
            for _ in range(width)
        ]
        if rng.random() < 0.05:
            cells.append("1")
        rows.append(delimiter.join(cells))
    if rng.random() < 0.3:
        rows.insert(
            0,
            delimiter.join(
                rng.choice(["a", "b", "nan", "1", '"x"', ""])
                for _ in range(width)
            ),
        )
    end = rng.choice(["\n", "\r\n", "\r", "\n\n"])
    return end.join(rows).encode(
        rng.choice(["utf-8", "utf-8", "utf-8", "utf-8-sig", "utf-16", "utf-7"]),
        "replace",
    )


def json_value(rng: Rng, depth: int = 0) -> str:
    """JSON of odd values."""
    kind = rng.randrange(12 if depth < 6 else 6)
    if kind < 6:
        return rng.choice(
            ["1", "0.5", "-1e999", "NaN", "Infinity", "null", "true", '"a"', '"\\ud800"', '"\\u001b[2J"', "1e5", "{}",
             "9" * 400, "9" * 5000, "[]", "-", "01", '"' + "a" * 5000 + '"']
        )  # fmt: skip
    if kind < 10:
        return (
            "["
            + ",".join(
                json_value(rng, depth + 1)
                for _ in range(rng.choice([0, 1, 2, 3]))
            )
            + "]"
        )
    names = ['"x"', '"a"', '"b"', '"ids"', '"input/x"', '"\\u001b"', '""', "x"]
    pairs = [
        f"{rng.choice(names)}:{json_value(rng, depth + 1)}"
        for _ in range(rng.choice([0, 1, 2]))
    ]
    return "{" + ",".join(pairs) + "}"


def json_text(rng: Rng) -> bytes:
    """A JSON file: odd, deep, or of very many parts."""
    if rng.random() < 0.03:
        part = rng.choice(
            [
                "[",
                "[],",
                "1,",
                "{},",
                '"",',
                '"ab",',
                '{"a":',
                "[[1]],",
                "[0.123],",
                "\U0001f600",
                '"\\u0041",',
            ]
        )
        size = rng.choice([100_000, 1 << 20, 12 << 20, 31 << 20, 40 << 20])
        return (
            "["
            + part * (size // len(part.encode()))
            + rng.choice(["", "1]", "]"])
        ).encode()
    if rng.random() < 0.4:
        rows = [
            [rng.random() for _ in range(2)]
            for _ in range(rng.choice([1, 2, 30]))
        ]
        return json.dumps(
            rng.choice([rows, {"x": rows}, {"a": rows, "b": [1, 2, 3]}])
        ).encode()
    return json_value(rng).encode(
        rng.choice(["utf-8", "utf-8", "utf-16", "utf-32", "utf-8-sig"]),
        "replace",
    )


def text(rng: Rng) -> bytes:
    """A .txt file: numbers, words, JSON, or a great many of them."""
    if rng.random() < 0.03:
        part = rng.choice(
            [
                "1 ",
                "1\n",
                "12;",
                "a ",
                "é",
                "\U0001f600 ",
                "\n",
                ",",
                "1,2\n",
                "a",
                "-1 2\r",
                "\x0b",
            ]
        )
        start = rng.choice(["", "", "text: ", "words: ", "onehot: "])
        return (
            start
            + part
            * (
                rng.choice([1 << 20, 8 << 20, 30 << 20, 40 << 20])
                // len(part.encode())
            )
        ).encode()
    start = rng.choice(
        [
            "",
            "",
            "",
            "text: ",
            "words:",
            "onehot: ",
            "random:5",
            "-",
            "[",
            "x.npy",
            "a=1 | b=",
        ]
    )
    cells = [
        str(rng.randrange(10)) if rng.random() < 0.8 else rng.choice(CELLS)
        for _ in range(rng.choice([0, 1, 4, 40]))
    ]
    between = rng.choice([" ", ",", ";", "\n", " ; ", "\r\n", "\t"])
    return (start + between.join(cells)).encode(
        rng.choice(["utf-8", "utf-8", "utf-8-sig", "utf-16"]), "replace"
    )


def vocabulary(rng: Rng) -> bytes:
    """A vocabulary: a list of tokens, a map, or neither."""
    if rng.random() < 0.05:
        part = rng.choice(['"%d",', '"%d":%d,', '"tökén %d",'])
        size = rng.choice([10_000, 300_000, 1_100_000])
        listed = "".join(part % ((k,) * part.count("%d")) for k in range(size))
        return (
            f"[{listed[:-1]}]" if ":" not in part else f"{{{listed[:-1]}}}"
        ).encode()
    if rng.random() < 0.5:
        return json_text(rng)
    return json.dumps(
        {
            rng.choice(CELLS): rng.choice(
                [0, 1, -1, 2**31, 2**70, 1.5, None, "1", [1]]
            )
            for _ in range(5)
        }
    ).encode()


def state(rng: Rng) -> bytes:
    """What the explorer remembers, or something else."""
    if rng.random() < 0.5:
        return json_text(rng)
    odd = [None, 1, "x", [], ["\x1b[2J", 1, None], {}, ["a" * 5000] * 50, True]
    return json.dumps(
        {
            key: rng.choice(odd)
            for key in ("theme", "files", "sequences", "low_bandwidth")
        }
    ).encode()


MAKERS: dict[str, Callable[[Rng], bytes]] = {
    "npy": npy, "npz": npz, "csv": lambda rng: table(rng, ","), "tsv": lambda rng: table(rng, "\t"), "json": json_text,
    "txt": text, "vocabulary": vocabulary, "state": state,
}  # fmt: skip


def make(kind: str, rng: Rng) -> bytes:
    """Return a file of a kind, in one case of three with some bytes changed."""
    data = MAKERS[kind](rng)
    if len(data) > 1 << 20 or rng.random() < 0.65:
        return data
    spoilt = bytearray(data)
    for _ in range(rng.choice([1, 1, 2, 8])):
        place = rng.randrange(len(spoilt) + 1)
        match rng.randrange(5):
            case 0:
                spoilt[place : place + 1] = rng.randbytes(1)
            case 1:
                spoilt[place:place] = rng.randbytes(rng.choice([1, 4]))
            case 2:
                del spoilt[place : place + rng.choice([1, 8, 100])]
            case 3:
                spoilt = spoilt[:place]
            case 4:
                spoilt[place:place] = spoilt[: rng.randrange(1, 200)]
    return bytes(spoilt)


def write(kind: str, seed: str, folder: Path) -> Path:
    """Write a file of a kind and return its path; in a process of its own, for
    its memory isn't the reader's.
    """
    extension = "json" if kind in ("vocabulary", "state") else kind
    path = folder / f"x.{extension}"
    pid = os.fork()
    if pid == 0:
        try:
            _write(kind, Rng(seed), path)
        except BaseException:
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    assert os.waitpid(pid, 0)[1] == 0, f"{kind} {seed} can't be made"
    return path


def _write(kind: str, rng: Rng, path: Path) -> None:
    """Write a file; sometimes one of gigabytes that takes no room on the
    disk.
    """
    path.write_bytes(make(kind, rng))
    if kind != "npy" and rng.random() < 0.02:
        os.truncate(path, rng.choice([33 << 20, 1 << 30, 1 << 40]))


def use(kind: str, path: Path) -> None:
    """Read a file as the program would. Raises whatever it shouldn't."""
    if kind == "state":
        remembered = Remembered(path)
        found = (
            remembered.files,
            remembered.sequences,
            remembered.theme,
            remembered.low_bandwidth,
        )
        assert all(isinstance(one, str) for one in (*found[0], *found[1]))
        return
    if kind == "vocabulary":
        _sound(lambda: str(len(load_vocabulary(path))))
        _sound(
            lambda: (
                parse_sequence(
                    "text: a 1", INPUTS[2], vocab=str(path)
                ).understood
            )
        )
        return
    for inputs in INPUTS:
        _sound(lambda inputs=inputs: preview_sequence(str(path), inputs).line)
        _sound(
            lambda inputs=inputs: parse_sequence(str(path), inputs).understood
        )
    with path.open("rb") as file:
        file.seek(0, os.SEEK_END)
        if file.tell() > 64 << 20:  # what is copied takes its time
            return
        file.seek(0)
        _sound(lambda: parse_sequence("-", INPUTS[0], stdin=file).understood)
    if kind == "npz":
        _sound(
            lambda: str(
                list(load_states(str(path), NO_CELLS, print).values())[:0]
            )
        )


def _sound(what: Callable[[], str]) -> None:
    """Ask for a line, or a refusal: each takes its own two seconds."""
    start = time.process_time()
    try:
        line = what()
    except RnnTuiError as error:
        line = str(error)
    took = time.process_time() - start
    assert line.isprintable(), f"foreign bytes: {line!r}"
    assert took <= SECONDS, f"{took:.1f} seconds: {line[:200]}"


def attack(kind: str, path: Path) -> str | None:
    """Read a file in a fork of this process; return what broke a promise, None
    when all were kept.
    """
    with tempfile.TemporaryFile() as said:
        pid = os.fork()
        if pid == 0:
            _become(kind, path, said.fileno())
        until = time.monotonic() + PATIENCE
        status = 0
        while True:
            done, status = os.waitpid(pid, os.WNOHANG)
            if done:
                break
            if time.monotonic() > until:
                os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, 0)
                return f"still reading after {PATIENCE} seconds"
            time.sleep(0.001)
        said.seek(0)
        words = said.read().decode("utf-8", "replace")
        if words or status:
            return words or f"ended with {os.waitstatus_to_exitcode(status)}"
        return None


def _become(kind: str, path: Path, said: int) -> None:
    """Read the file in this process, write what went wrong, and end."""
    try:
        os.dup2(said, 2)  # a warning of NumPy's would be found there, too
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        warnings.simplefilter("error")
        forget_peak()
        use(kind, path)
        if own_peak() > MEMORY:
            os.write(said, f"{own_peak() >> 20} MB".encode())
    except BaseException:
        os.write(
            said, traceback.format_exc(limit=-6).encode("utf-8", "replace")
        )
    finally:
        os._exit(0)


def main() -> int:
    """Attack with so many files of each kind; keep those that broke a
    promise.
    """
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--count", type=int, default=2000, help="files of each kind"
    )
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--kinds", nargs="*", default=KINDS, choices=KINDS)
    parser.add_argument(
        "--keep",
        type=Path,
        default=Path("found"),
        help="where files that broke a promise are kept",
    )
    options = parser.parse_args()
    broken = 0
    with tempfile.TemporaryDirectory() as name:
        for kind in options.kinds:
            for index in range(options.count):
                path = write(kind, f"{options.seed}/{kind}/{index}", Path(name))
                words = attack(kind, path)
                if words is not None:
                    broken += 1
                    print(
                        f"{kind} {index} ({path.stat().st_size:,} bytes): {words}",
                        flush=True,
                    )
                    options.keep.mkdir(exist_ok=True)
                    if path.stat().st_size < 1 << 20:
                        (
                            options.keep / f"{kind}-{index}{path.suffix}"
                        ).write_bytes(path.read_bytes())
                path.unlink()
            print(f"{kind}: {options.count} files", flush=True)
    print(f"{broken} broke a promise")
    return int(broken > 0)


if __name__ == "__main__":
    sys.exit(main())
