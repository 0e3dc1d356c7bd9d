"""How measured blocks are laid out as rows, and a matrix as a table that
formats only what is seen.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from typing import TYPE_CHECKING

from rnn_tui.analysis.gates import statistics
from rnn_tui.tui.renderables.gates import dimensions
from rnn_tui.tui.renderables.histogram import bars
from rnn_tui.tui.renderables.numbers import aligned, short
from rnn_tui.tui.renderables.rows import GAP
from rnn_tui.tui.renderables.symbols import PARTS
from rnn_tui.tui.widgets.table import Cell, Column

if TYPE_CHECKING:
    from rnn_tui.engine.model import CellEntry
    from rnn_tui.tui.weights_page.statistics_job import Measured

EXPORTED = (
    "layer",
    "direction",
    "cell",
    "part",
    "gate",
    "shape",
    "count",
    "mean",
    "std",
    "min",
    "max",
    "l2",
    "zeros",
)

NARROW, MIDDLE = 92, 122
"""Below the first width the norm is left out, below the second what the gate is
for.
"""


def exported(row: Measured) -> tuple[object, ...]:
    """Return a row's plain values, for the columns EXPORTED."""
    block = row.block
    s = row.statistics
    if s is None:
        s = statistics(block)

    where = (
        block.layer,
        block.direction or "",
        block.cell,
        block.part,
        block.gate,
        dimensions(block.shape),
    )

    return (*where, s.count, s.mean, s.std, s.min, s.max, s.l2, s.zeros)


def heading(
    entry: CellEntry,
    rows: Sequence[Measured],
    chosen: Measured | None,
    remark: str,
) -> list[tuple[str, str]]:
    """Return the line above the table: the cell, and what is open (`chosen`), a
    remark or the histograms' range.
    """
    parts = [(entry.layer, "$accent bold"), (f"  {entry.class_name}", "$muted")]
    where = [
        entry.direction or "",
        f"cell {entry.index}" if entry.index is not None else "",
    ]
    parts += [(f" ▸ {word}", "$muted") for word in where if word]
    if remark:
        parts.append((f"    {remark}", "$muted"))
    elif chosen is not None:
        block = chosen.block
        text = (
            f"    {block.part.replace('_', ' ')} · {block.gate}    "
            f"{dimensions(block.shape)}    "
        )
        parts.append((text + PARTS[block.part][0], "$foreground"))
    elif rows and rows[-1].counts:
        parts.append(
            (
                (
                    f"    histograms from {short(rows[-1].low)} to "
                    f"{short(rows[-1].high)}"
                ),
                "$muted",
            )
        )
    elif rows:
        parts.append(("    measuring …", "$muted"))

    return parts


def gate_rows(
    rows: Sequence[Measured],
    meanings: Mapping[str, str],
    parts: Mapping[str, tuple[str, str]],
    width: int,
    ascii_only: bool,
) -> tuple[list[Column], list[tuple[Cell, ...]], list[int]]:
    """Return columns, rows with a heading above each part, and for each row the
    index of its block (-1: a heading).
    """
    columns, sizes = _columns(
        [dimensions(row.block.shape) for row in rows],
        meanings,
        width,
    )
    titles = {column.title for column in columns}
    cells: list[tuple[Cell, ...]] = []
    index: list[int] = []
    part = ""
    for at, (row, size) in enumerate(zip(rows, sizes, strict=True)):
        if row.block.part != part:
            if part:
                cells.append(())
                index.append(-1)

            part = row.block.part
            product, words = parts[part]
            cells.append(
                ((f"{part.replace('_', ' ')}   {product}   {words}", "muted"),)
            )
            index.append(-1)

        meaning = None
        if width >= MIDDLE:
            meaning = meanings.get(row.block.gate, "")

        cells.append(_line(row, size, meaning, titles, ascii_only))
        index.append(at)

    return columns, cells, index


def _columns(
    sizes: list[str],
    meanings: Mapping[str, str],
    width: int,
) -> tuple[list[Column], list[str]]:
    """Return the columns for which there is room, and the shapes, written
    closer where that makes room.
    """
    numbers = [
        "mean",
        "std",
        "min",
        "max",
        *(("norm",) if width >= NARROW else ()),
    ]
    titled = [Column(name, 8, right=True) for name in numbers] + [
        Column("zeros", 6, right=True)
    ]
    if width >= MIDDLE:
        meant = [
            Column("", max([len(text) for text in meanings.values()] + [8]))
        ]
    else:
        meant = []

    close = [size.replace(" ", "") for size in sizes]

    def laid_out(sizes: list[str], titled: list[Column]) -> list[Column]:
        return [
            Column("", 4),
            *meant,
            Column("shape", max(5, *map(len, sizes)), right=True),
            *titled,
            Column("", 12),
        ]

    for written, kept in (
        (sizes, titled),
        (close, titled),
        (close, titled[:-1]),
    ):
        columns = laid_out(written, kept)
        if sum(column.width + GAP for column in columns) - GAP <= width:
            return columns, written

    return laid_out(sizes, titled), sizes  # to be scrolled


def _line(
    row: Measured,
    size: str,
    meaning: str | None,
    titles: Set[str],
    ascii_only: bool,
) -> tuple[Cell, ...]:
    block = row.block
    s = row.statistics
    cells: list[Cell] = [(f"  {block.gate}", "accent")]
    if meaning is not None:
        cells.append((meaning, "muted"))

    cells.append((size, "muted"))
    if s is None:
        return (*cells, ("computing …", "faint"))

    numbers = {
        "mean": s.mean,
        "std": s.std,
        "min": s.min,
        "max": s.max,
        "norm": s.l2,
    }
    for name, value in numbers.items():
        if name in titles:
            cells.append(
                "–" if value is None else aligned(value, 4, whole=3, room=4)
            )

    if "zeros" in titles:
        if s.count:
            share = 100 * s.zeros / s.count
        else:
            share = 0.0

        cells.append(
            ("–", "faint")
            if not s.zeros
            else f"{share:.0f} %"
            if share >= 1
            else "<1 %"
        )

    odd = " ".join(
        f"{count} {name}"
        for count, name in ((s.nan, "NaN"), (s.inf, "inf"))
        if count
    )
    if not row.counts:
        cells.append(("…", "faint"))
    else:
        cells.append(
            (odd, "warning")
            if odd
            else bars(list(row.counts), ascii_only=ascii_only)
        )

    return tuple(cells)
