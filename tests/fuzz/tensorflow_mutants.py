"""Damaged SavedModels, checkpoints and TensorFlow.js models: one file of several
is changed, and in half of them the checksums are made right again where there
are any, so that what lies behind them is reached.
"""

from __future__ import annotations

import random
import shutil
import struct
from collections.abc import Callable
from pathlib import Path

from tensorflow_files import HEADER, entry, table, texts

from rnn_tui.formats.reader.crc32c import masked
from rnn_tui.formats.reader.leveldb_table import read_table
from rnn_tui.formats.reader.protobuf import Fields, varint
from rnn_tui.formats.reader.tensor_bundle import Entry, _parsed
from rnn_tui.formats.wire.limits import Limits
from rnn_tui.formats.wire.problems import ProblemError

DATA = Path(__file__).parents[1] / "data" / "tensorflow"
OF_JAVASCRIPT = Path(__file__).parents[1] / "data" / "tfjs"
FOLDERS = (
    "plain",
    "wired",
    "no_traces",
    "old",
    "own",
    "exported",
    "texts/adapted",
    "texts/listed",
)
CHECKPOINTS = ("chain", "wired", "tagger", "first")
Files = dict[str, bytes]
Change = Callable[[bytes, random.Random], tuple[str, bytes]]


def models() -> dict[str, Files]:
    """The files of every sound model, by their names below its folder."""
    found: dict[str, Files] = {}
    for name in FOLDERS:
        found[f"savedmodel-{name.replace('/', '-')}"] = _folder(DATA / name)
    for name in ("words", "wired"):
        files = _folder(OF_JAVASCRIPT / name)
        del files["expected.json"]
        found[f"tfjs-{name}"] = files
    for stem in CHECKPOINTS:
        found[f"checkpoint-{stem}"] = {
            path.name: path.read_bytes()
            for path in sorted((DATA / "checkpoints").glob(f"{stem}.*"))
            if ".data-" in path.name or path.suffix == ".index"
        }
    return found


def _folder(home: Path) -> Files:
    return {
        path.relative_to(home).as_posix(): path.read_bytes()
        for path in sorted(home.rglob("*"))
        if path.is_file()
    }


def damaged(
    files: Files, rng: random.Random, change: Change
) -> tuple[str, Files]:
    """The files with one of them changed, and what was done."""
    which = rng.choice(list(files))
    kind, data = change(files[which], rng)
    changed = {**files, which: data}
    if rng.random() < 0.5 or "model.json" in files:
        return f"{kind} of {which}", changed
    index = next(name for name in files if name.endswith(".index"))
    values = next(name for name in files if ".data-" in name)
    if which == index:
        changed[index] = _blocks_summed(data, files[index])
    elif which == values:
        changed[index] = _values_summed(files[index], changed, values)
    return f"{kind} of {which}, sums repaired", changed


def written(files: Files, folder: Path) -> Path:
    """Write the files and return the path that opens them."""
    shutil.rmtree(folder, ignore_errors=True)
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return folder


def _blocks_summed(changed: bytes, sound: bytes) -> bytes:
    """A changed index with right checksums behind the blocks that the sound one
    has.
    """
    data = bytearray(changed)
    if len(data) < len(sound):
        return changed
    footer = memoryview(sound)[-48:]
    place = 0
    handles = []
    for _ in range(2):
        offset, place = varint(footer, place)
        size, place = varint(footer, place)
        handles.append((offset, size))
    # the only block of values comes first, right before the metaindex
    handles.append((0, handles[0][0] - 5))
    for offset, size in handles:
        end = offset + size + 1
        data[end : end + 4] = struct.pack(
            "<I", masked(memoryview(data)[offset:end])
        )
    return bytes(data)


def _values_summed(index: bytes, files: Files, values: str) -> bytes:
    """An index that has the checksums of changed values."""
    data = files[values]
    entries: dict[bytes, bytes] = {}
    for key, message in read_table(memoryview(index), Limits()).items():
        if key == b"":
            entries[key] = HEADER
            continue
        found = _parsed(Fields(1_000_000), message, Limits())
        if found.slices or found.dtype == 7:
            entries[key] = _text_summed(found, data) or bytes(message)
            continue
        part = memoryview(data)[found.offset : found.offset + found.size]
        entries[key] = entry(
            found.dtype, found.shape, found.offset, found.size, masked(part)
        )
    return table(entries)


def _text_summed(found: Entry, data: bytes) -> bytes | None:
    """An entry with the checksum of a changed text; None where its length
    changed or is no number any more.
    """
    part = memoryview(data)[found.offset : found.offset + found.size]
    if found.dtype != 7 or found.shape or len(part) < found.size:
        return None
    try:
        length, place = varint(part, 0)
    except ProblemError:
        return None
    if place + 4 + length != found.size:
        return None
    _, checksum = texts([bytes(part[place + 4 :])])
    return entry(7, (), found.offset, found.size, checksum)
