"""The bundled sample models: what there is, where it lies, and how to copy it."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rnn_tui.errors import ExportError, RnnTuiError
from rnn_tui.text import clean

PACKAGE = Path(__file__).resolve().parent
HOMES = (PACKAGE / "sample_models", PACKAGE.parent / "sample_models")
"""Where samples lie: in an installed wheel, in a checkout."""


@dataclass(frozen=True)
class Sample:
    """One bundled model: its file, what to look at, and a sequence (as typed) that shows it."""

    name: str
    path: Path
    description: str
    input: str | None = None
    vocab: Path | None = None


def samples() -> tuple[Sample, ...]:
    """Return the bundled samples in the order they are meant to be looked at; none where none are installed."""
    home = next((home for home in HOMES if (home / "index.json").is_file()), None)
    if home is None:
        return ()
    found = json.loads((home / "index.json").read_text(encoding="utf-8"))
    return tuple(
        Sample(
            name=entry["name"],
            path=home / entry["file"],
            description=entry["description"],
            input=entry.get("input"),
            vocab=home / entry["vocab"] if entry.get("vocab") else None,
        )
        for entry in found
    )


def find_sample(name: str) -> Sample | None:
    """Return the sample of that name (with or without its extension), or None."""
    if os.sep in name or (os.altsep and os.altsep in name):
        return None
    return next((sample for sample in samples() if name in (sample.name, sample.path.name)), None)


def copy_samples(folder: str | os.PathLike[str], names: Sequence[str] = (), *, force: bool = False) -> list[Path]:
    """Copy the samples (all, or those named) and their vocabularies into `folder` and return the copies.

    Raises ExportError when a file exists already (without `force`) or can't be written.
    """
    wanted = [sample for sample in samples() if not names or sample.name in names]
    unknown = [name for name in names if name not in [sample.name for sample in wanted]]
    if unknown:
        raise RnnTuiError(f"no sample is named {clean(unknown[0])!r}; `rnn-tui samples` lists them")
    sources = [path for sample in wanted for path in (sample.path, sample.vocab) if path is not None]
    target = Path(folder).expanduser()
    try:
        target.mkdir(parents=True, exist_ok=True)
        taken = next((target / source.name for source in sources if (target / source.name).exists()), None)
        if taken is not None and not force:
            raise ExportError(f"{clean(taken)}: this file exists already; --force replaces it")
        return [Path(shutil.copyfile(source, target / source.name)) for source in sources]
    except OSError as error:
        raise ExportError(f"{clean(target)}: can't be written: {clean(error.strerror or error)}") from error
