"""The rows of the start screen: samples, files opened lately, the files of a
folder.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from rnn_tui.formats.client.source_file import is_model_folder
from rnn_tui.samples import samples
from rnn_tui.text import clean
from rnn_tui.tui.screens.path import ENDINGS
from rnn_tui.tui.widgets.table import Cell

FEW = 5
"""Samples that are shown beside files of the user's own."""
ALL = ""
"""The name that the row of the other samples opens."""
MOST_ENTRIES = 2000
"""Entries of a folder that are listed."""


class StartRow(NamedTuple):
    """A line of the list.

    `path` is the file that it opens, None for a heading and the line before
    one; `about` is its full description.
    """

    cells: tuple[Cell, ...]
    path: str | None = None
    about: str = ""

    @property
    def name(self) -> str:
        """The name of the row."""
        cell = self.cells[0]
        if isinstance(cell, str):
            return cell

        return cell[0]


BLANK = StartRow(("", ""))


def start_rows(
    recent: Sequence[str],
    folder: str,
    all_samples: bool = False,
) -> list[StartRow]:
    """Return every row, for files opened lately and a folder.

    Where there are files of the user's own, the first samples represent all of
    them, so that both are in sight, unless `all_samples` are wanted.
    """
    entries = _entries(folder)
    has_own = recent or any(not is_folder for _, is_folder in entries)
    samples_shown = list(sample_rows())
    if has_own and not all_samples and len(samples_shown) > FEW:
        more = f"… all {len(samples_shown)} samples"
        about = "Show every bundled sample"
        samples_shown[FEW:] = [StartRow(((more, "muted"), ""), ALL, about)]

    rows = [_heading("samples"), *samples_shown]
    if recent:
        rows += [BLANK, _heading("opened lately"), *recent_rows(recent)]

    rows += [BLANK, _heading(clean(folder))]
    for path, is_folder in entries:
        rows.append(_folder(path, folder) if is_folder else _file(path))

    return rows


def _heading(text: str) -> StartRow:
    return StartRow(((text, "muted"), ""))


def sample_rows() -> Iterator[StartRow]:
    """Yield a row for each bundled sample."""
    for sample in samples():
        name: Cell = (sample.name, "accent")
        about = sample.description
        yield StartRow((name, about), str(sample.path), about)


def recent_rows(paths: Sequence[str]) -> Iterator[StartRow]:
    """Yield a row for each file opened lately."""
    for path in paths:
        name = clean(os.path.basename(path))
        folder = clean(os.path.dirname(path))
        yield StartRow((name, (folder, "muted")), path, clean(path))


def _folder(path: str, inside: str) -> StartRow:
    """Return the row of a folder, or of the one above."""
    name = clean(os.path.basename(path))
    if path == os.path.dirname(inside):
        name = ".."

    return StartRow(((name + "/", "muted"), ("", "")), path, clean(path))


def _file(path: str) -> StartRow:
    name = clean(os.path.basename(path))

    return StartRow((name, (_size(path), "muted")), path, clean(path))


def _entries(folder: str) -> list[tuple[str, bool]]:
    """Return the folders and model files in a folder, the folder above
    first.
    """
    found: list[tuple[str, bool]] = []
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                if len(found) >= MOST_ENTRIES:
                    break

                if _is_listed(entry):
                    found.append((entry.path, is_only_folder(entry.path)))
    except OSError:
        # a folder that can't be read is shown empty, the one above still leads
        # out
        found = []

    found.sort(
        key=lambda item: (not item[1], os.path.basename(item[0]).lower())
    )
    above = os.path.dirname(folder)
    if above != folder:
        return [(above, True), *found]

    return found


def is_only_folder(path: str) -> bool:
    """Return whether a path is a folder that is no model by itself."""
    return os.path.isdir(path) and not is_model_folder(path)


def _is_listed(entry: os.DirEntry[str]) -> bool:
    """Whether an entry is a folder or a model file, and isn't hidden."""
    if entry.name.startswith("."):
        return False

    return entry.is_dir() or entry.name.lower().endswith(ENDINGS)


def _size(path: str) -> str:
    if os.path.isdir(path):
        return "SavedModel"

    try:
        size = os.path.getsize(path)
    except OSError:
        return ""

    if size >= 100_000:
        return f"{size / 1e6:.1f} MB"

    return f"{size / 1e3:.1f} kB"
