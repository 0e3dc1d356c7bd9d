"""A trace as a NumPy archive, written member by member so that no array is held
whole.
"""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from typing import Any, BinaryIO

import numpy as np

from rnn_tui.engine.memory.large_arrays import release
from rnn_tui.engine.trace.trace import ModelTrace
from rnn_tui.export.members import Member, Selection, groups
from rnn_tui.export.spool import spooled

PIECE = 4 << 20
"""Bytes that are written at a time."""


def write_npz(
    trace: ModelTrace,
    file: BinaryIO,
    selection: Selection,
    folder: str | None,
    check: Callable[[], None],
) -> int:
    """Write every array under its key and return how many there were; `check`
    may stop it between windows.

    Assumptions beside the file, where there are any, are an array of texts
    called `warnings`.
    """
    count = 0
    with zipfile.ZipFile(
        file,
        "w",
        zipfile.ZIP_STORED,
        allowZip64=True,
    ) as archive:
        for group in groups(trace, selection):
            with spooled(group, folder) as members:
                for member in members:
                    _write_member(archive, member, check)
                    count += 1

        if trace.warnings:
            with archive.open(entry_of("warnings"), "w") as entry:
                np.lib.format.write_array(
                    entry,
                    np.array(trace.warnings),
                    allow_pickle=False,
                )

    return count


def entry_of(key: str) -> zipfile.ZipInfo:
    """Return an archive's entry without a date: the same trace is the same
    file.
    """
    return zipfile.ZipInfo(f"{key}.npy", date_time=(1980, 1, 1, 0, 0, 0))


def _write_member(
    archive: zipfile.ZipFile,
    member: Member,
    check: Callable[[], None],
) -> None:
    with archive.open(entry_of(member.key), "w", force_zip64=True) as entry:
        header: dict[str, Any] = {
            "descr": np.lib.format.dtype_to_descr(member.dtype),
            "fortran_order": False,
            "shape": member.shape,
        }
        np.lib.format.write_array_header_1_0(entry, header)
        for piece in member.pieces(PIECE):
            check()
            values = member.part(*piece)
            entry.write(
                np.ascontiguousarray(values).reshape(-1).view(np.uint8).data
            )
            release(values)
