"""How measured blocks are laid out as rows, and a matrix as a table that
formats only its visible rows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from typing import TYPE_CHECKING

from rnn_tui.analysis.arrays import ArrayBlock
from rnn_tui.tui.renderables.gates import dimensions
from rnn_tui.tui.renderables.histogram import bars
from rnn_tui.tui.renderables.numbers import aligned, short
from rnn_tui.tui.renderables.rows import GAP
from rnn_tui.tui.renderables.symbols import PARTS
from rnn_tui.tui.widgets.table import Cell, Column

if TYPE_CHECKING:
    from rnn_tui.engine.model import CellEntry
    from rnn_tui.tui.weights_page.shown_layer import ShownLayer
    from rnn_tui.tui.weights_page.statistics_job import Block, Measured

NARROW, MIDDLE = 92, 122
"""Below the first width the norm is left out, below the second the purpose of
the gate.
"""


def heading(
    layer: ShownLayer,
    rows: Sequence[Measured],
    chosen: Measured | None,
    remark: str,
) -> list[tuple[str, str]]:
    """Return the line above the table: the layer, and the open block
    (`chosen`), a remark or the histograms' range.
    """
    parts = [(layer.path, "$accent bold"), (f"  {layer.class_name}", "$muted")]
    where = []
    if layer.entry is not None:
        where = _place(layer.entry)

    parts += [(f" ▸ {word}", "$muted") for word in where if word]
    if remark:
        parts.append((f"    {remark}", "$muted"))
    elif chosen is not None:
        parts.append((f"    {_in_words(chosen.block)}", "$foreground"))
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


def _place(entry: CellEntry) -> list[str]:
    """Return a cell's direction, and its number among stacked cells."""
    words: list[str] = [entry.direction or ""]
    if entry.index is not None:
        words.append(f"cell {entry.index}")

    return words


def _in_words(block: Block) -> str:
    """Return an open block's part and gate, its shape, and how it enters the
    equations.
    """
    name = block.part
    if isinstance(block, ArrayBlock):
        return f"{name}    {dimensions(block.shape)}    {block.weight.dtype}"

    product = PARTS[name][0]

    return (
        f"{name.replace('_', ' ')} · {block.gate}    "
        f"{dimensions(block.shape)}    {product}"
    )


def array_rows(
    rows: Sequence[Measured],
    path: str,
    width: int,
    ascii_only: bool,
) -> tuple[list[Column], list[tuple[Cell, ...]], list[int]]:
    """Return columns and rows of the arrays of the layer at `path`, and for
    each row the index of its block.
    """
    names = [_name_within(row.block, path) for row in rows]
    columns, sizes = _columns(
        [dimensions(row.block.shape) for row in rows],
        {},
        width,
        max(map(len, names), default=4),
    )
    titles = {column.title for column in columns}
    cells = []
    for name, row, size in zip(names, rows, sizes, strict=True):
        dtype = None
        if width >= MIDDLE and isinstance(row.block, ArrayBlock):
            dtype = row.block.weight.dtype

        cells.append(_line(row, name, size, dtype, titles, ascii_only))

    return columns, cells, list(range(len(rows)))


def _name_within(block: Block, path: str) -> str:
    """Return an array's name, with the layer inside that has it."""
    inner = block.key.removeprefix(path).removeprefix("/")
    if inner:
        return f"{inner}/{block.part}"

    return block.part


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

        label = f"  {row.block.gate}"
        cells.append(_line(row, label, size, meaning, titles, ascii_only))
        index.append(at)

    return columns, cells, index


def _columns(
    sizes: list[str],
    meanings: Mapping[str, str],
    width: int,
    named: int = 4,
) -> tuple[list[Column], list[str]]:
    """Return the columns for which there is room, and the shapes, written
    closer where that makes room; the first column is `named` cells wide.
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
            Column("", named),
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
    label: str,
    size: str,
    meaning: str | None,
    titles: Set[str],
    ascii_only: bool,
) -> tuple[Cell, ...]:
    s = row.statistics
    cells: list[Cell] = [(label, "accent")]
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
