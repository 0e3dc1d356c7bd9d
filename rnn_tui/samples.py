"""The bundled sample models: list, find and copy them."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from rnn_tui.errors import ExportError, RnnTuiError
from rnn_tui.text import clean

PACKAGE = Path(__file__).resolve().parent
HOMES = (PACKAGE / "sample_models", PACKAGE.parent / "sample_models")
"""The folders of the samples: in an installed wheel, in a checkout."""


class Sample(NamedTuple):
    """One bundled model: its file, the thing to look at, and a sequence (as
    typed) that shows it.
    """

    name: str
    path: Path
    description: str
    input: str | None = None
    vocab: Path | None = None


def samples() -> tuple[Sample, ...]:
    """Return the bundled samples in the order they are meant to be looked at;
    none where none are installed.
    """
    home = next(
        (home for home in HOMES if (home / "index.json").is_file()),
        None,
    )
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
    """Return the sample of that name (with or without its extension), or
    None.
    """
    if os.sep in name or (os.altsep and os.altsep in name):
        return None

    return next(
        (
            sample
            for sample in samples()
            if name in (sample.name, sample.path.name)
        ),
        None,
    )


def copy_samples(
    folder: str | os.PathLike[str],
    names: Sequence[str] = (),
    *,
    force: bool = False,
) -> list[Path]:
    """Copy the samples (all, or those named) and their vocabularies into
    `folder` and return the copies.

    All of them or none: files made on the way, and folders, are removed again
    when one can't be written. Raises ExportError then, and when a file exists
    already (without `force`).
    """
    wanted = [
        sample for sample in samples() if not names or sample.name in names
    ]
    unknown = [
        name for name in names if name not in [sample.name for sample in wanted]
    ]
    if unknown:
        raise RnnTuiError(
            f"no sample is named {clean(unknown[0])!r}; `rnn-tui samples` "
            "lists them"
        )

    sources = [
        path
        for sample in wanted
        for path in (sample.path, sample.vocab)
        if path is not None
    ]
    target = Path(os.path.expanduser(folder))
    with _folder(target):
        return _copied(sources, target, force)


@contextlib.contextmanager
def _folder(target: Path) -> Iterator[None]:
    """Make a folder and its parents; when the block fails, those that were made
    and are empty are removed.
    """
    made = [
        folder for folder in (target, *target.parents) if not folder.exists()
    ]
    try:
        try:
            target.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ExportError(
                f"{clean(target)}: can't be written: "
                f"{clean(error.strerror or error)}"
            ) from error

        yield
    except BaseException:
        for folder in made:  # the innermost comes first
            # it was never made, or somebody else put something there
            with contextlib.suppress(OSError):
                folder.rmdir()

        raise


def _copied(sources: Sequence[Path], target: Path, force: bool) -> list[Path]:
    """Copy files into a folder: each is on the disk before the first takes its
    place.
    """
    # only copying needs it, and the explorer's start asks for samples
    from rnn_tui.export.atomic import replacing

    copies = [target / source.name for source in sources]
    with contextlib.ExitStack() as stack:
        for source, copy in zip(sources, copies, strict=True):
            file = stack.enter_context(replacing(copy, force=force))
            file.write(source.read_bytes())
            file.flush()
            os.fsync(file.fileno())

    return copies
