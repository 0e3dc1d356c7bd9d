"""A file that is either the old one or the whole new one: written beside its place, then renamed."""

from __future__ import annotations

import contextlib
import io
import os
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, TextIO

from rnn_tui.errors import ExportError
from rnn_tui.text import clean


@contextlib.contextmanager
def replacing(path: str | os.PathLike[str], *, force: bool = False) -> Iterator[BinaryIO]:
    """Yield a file whose content takes its place at `path` when the block ends well, and vanishes when it doesn't.

    Raises ExportError when `path` exists, isn't empty and `force` is not set, and for whatever the file system says
    against it.
    """
    shown = clean(path)
    try:
        target = Path(path).expanduser().resolve()
        exists, regular = target.exists(), target.is_file()
    except (OSError, ValueError, RuntimeError) as error:
        raise ExportError(f"{shown}: this is no path to write to: {clean(error)}") from None
    try:
        with _beside(target, shown, force) if regular or not exists else _in_place(target, shown) as file:
            yield file
    except BrokenPipeError:
        raise
    except OSError as error:
        raise ExportError(f"{shown}: can't be written: {clean(error.strerror or error)}") from error


@contextlib.contextmanager
def as_text(file: BinaryIO) -> Iterator[TextIO]:
    """Yield `file` as UTF-8 text; the file itself stays open when the block ends."""
    text = io.TextIOWrapper(file, encoding="utf-8", newline="")
    try:
        yield text
    finally:
        text.detach()


@contextlib.contextmanager
def _beside(target: Path, shown: str, force: bool) -> Iterator[BinaryIO]:
    """Yield a temporary file in the target's folder, which takes the target's place at the end."""
    _refuse_to_overwrite(target, shown, force)
    temporary = target.with_name(f".{target.name[:100]}.{secrets.token_hex(4)}.part")
    try:
        with open(temporary, "xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        _refuse_to_overwrite(target, shown, force)
        os.replace(temporary, target)
    finally:
        temporary.unlink(missing_ok=True)


@contextlib.contextmanager
def _in_place(target: Path, shown: str) -> Iterator[BinaryIO]:
    """Yield a device or a pipe (`/dev/stdout`), which can't be replaced."""
    if target.is_dir():
        raise ExportError(f"{shown}: this is a folder; give the name of a file in it")
    with open(target, "wb") as file:
        yield file


def _refuse_to_overwrite(target: Path, shown: str, force: bool) -> None:
    # An empty file holds nothing to lose: `mktemp` makes one to keep a name.
    if target.exists() and not force and target.stat().st_size:
        raise ExportError(f"{shown}: this file exists already; --force replaces it")
