"""Named arrays as a NumPy archive, read and written one by one."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterable
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from rnn_tui.export.npz import entry_of


def write_arrays(
    named: Iterable[tuple[str, Callable[[], NDArray[Any]]]],
    file: BinaryIO,
) -> int:
    """Write each array under its key and return how many there were; of two
    with one key the later is called `KEY@1`.
    """
    seen: dict[str, int] = {}
    with zipfile.ZipFile(
        file,
        "w",
        zipfile.ZIP_STORED,
        allowZip64=True,
    ) as archive:
        for key, read in named:
            number = seen.get(key, 0)
            seen[key] = number + 1
            if number:
                key = f"{key}@{number}"

            with archive.open(entry_of(key), "w", force_zip64=True) as entry:
                np.lib.format.write_array(
                    entry,
                    np.ascontiguousarray(read()),
                    allow_pickle=False,
                )

    return sum(seen.values())
