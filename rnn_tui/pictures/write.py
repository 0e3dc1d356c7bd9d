"""A picture or an animation written to a file, by the extension of its name."""

from __future__ import annotations

import os
from collections.abc import Sequence

from rnn_tui.errors import ExportError
from rnn_tui.export import as_text, replacing
from rnn_tui.pictures.cast import cast
from rnn_tui.pictures.grid import Grid
from rnn_tui.pictures.svg import svg
from rnn_tui.text import clean

STILL = (".svg", ".png")
MOVING = (".gif", ".cast")
KINDS = (*STILL, *MOVING)
"""What a picture is written as, and what an animation."""


def kind_of(path: str) -> str | None:
    """Return the extension of a picture's name, None where it has none."""
    kind = os.path.splitext(path)[1].lower()
    if kind in KINDS:
        return kind

    return None


def check_can_write(kind: str) -> None:
    """Raise ExportError where a library or a font is missing for this kind."""
    if kind in (".png", ".gif"):
        from rnn_tui.pictures.raster import Raster

        Raster(1, 1)


def write_picture(
    frames: Sequence[Grid],
    path: str,
    *,
    fps: float = 8.0,
    title: str = "",
    force: bool = False,
) -> None:
    """Write the first of the screens as a picture, or all of them as an
    animation.

    Raises ExportError.
    """
    kind = kind_of(path)
    if kind is None:
        raise ExportError(
            f"{clean(path)}: a picture is written to {', '.join(KINDS)}; the "
            "name says which"
        )

    check_can_write(kind)
    timed = [(index / fps, frame) for index, frame in enumerate(frames)]
    with replacing(path, force=force) as file:
        if kind == ".png":
            from rnn_tui.pictures.raster import png

            png(frames[0], file)
        elif kind == ".gif":
            from rnn_tui.pictures.raster import gif

            gif(timed, file)
        else:
            with as_text(file) as text:
                if kind == ".svg":
                    text.write(svg(frames[0], title))
                else:
                    text.writelines(cast(timed, title))
