"""The drawing of how a cell's stored arrays fall into gates, column by
column.
"""

from __future__ import annotations

from typing import NamedTuple

RAIL = "┃"


class StoredPart(NamedTuple):
    """A weight of a cell: its name, its shape, and for each gate a constant all
    its values equal (None: they vary).
    """

    name: str
    shape: tuple[int, ...]
    constants: tuple[float | None, ...] = ()


def dimensions(shape: tuple[int, ...]) -> str:
    """Return a shape as a product: `25 × 100`."""
    return " × ".join(str(side) for side in shape)


def gate_fields(
    part: StoredPart,
    gates: tuple[str, ...],
    with_columns: bool,
) -> list[str]:
    """Return the text of each gate's field: its letter, its columns or the
    constant it holds.
    """
    width = part.shape[-1] // len(gates)
    fields = []
    for index, gate in enumerate(gates):
        start = index * width
        stop = start + width - 1
        if with_columns and stop > start:
            fields.append(f"{gate} {start}–{stop}")
        elif with_columns:
            fields.append(f"{gate} {start}")
        elif index < len(part.constants) and part.constants[index] is not None:
            constant = f"{part.constants[index]:g}".replace("-", "−")
            fields.append(f"{gate} = {constant}")
        else:
            fields.append(gate)

    return fields


def drawing(
    parts: list[StoredPart],
    gates: tuple[str, ...],
    uses: dict[str, tuple[str, str]],
    width: int,
    rail: str = RAIL,
) -> list[tuple[str, str]]:
    """Return the drawing as (line, tone) pairs fit for `width` columns: one
    line a part where that is enough.
    """
    fields = [
        gate_fields(part, gates, index == 0) for index, part in enumerate(parts)
    ]
    heads = _heads(parts)
    cells = _cells(fields, rail)
    used = [uses.get(part.name, ("", "")) for part in parts]
    rows = list(zip(heads, cells, used, strict=True))
    full = []
    short = []
    for head, row, (product, meaning) in rows:
        line = f"{head}  {row}  {product:<7} {meaning}"
        full.append(line.rstrip())
        line = f"{head}  {row}  {product}"
        short.append(line.rstrip())

    for lines in (full, short):
        longest = max(map(len, lines), default=0)
        if longest <= width:
            return [(line, "") for line in lines]

    apart: list[tuple[str, str]] = []
    for head, row, (product, meaning) in rows:
        line = f"{head}  {product}   {meaning}"
        above = line[:width].rstrip()
        apart.append((above, "muted"))
        apart.append((row[:width], ""))

    return apart


def _heads(parts: list[StoredPart]) -> list[str]:
    """Return each part's name and size, aligned."""
    names = [part.name.replace("_", " ") for part in parts]
    sizes = [dimensions(part.shape) for part in parts]
    widest = max(map(len, names), default=0)
    longest = max(map(len, sizes), default=0)

    return [
        f"{name.ljust(widest)}  {size.rjust(longest)}"
        for name, size in zip(names, sizes, strict=True)
    ]


def _cells(fields: list[list[str]], rail: str) -> list[str]:
    """Return each part's gates between rails, all fields of one width."""
    widest = max((len(text) for row in fields for text in row), default=0)
    rows = []
    for row in fields:
        inside = f" {rail} ".join(text.ljust(widest) for text in row)
        rows.append(f"{rail} {inside} {rail}")

    return rows
