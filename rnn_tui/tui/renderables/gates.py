"""The drawing of how a cell's stored arrays fall into gates, column by column."""

from __future__ import annotations

from typing import NamedTuple

RAIL = "┃"


class StoredPart(NamedTuple):
    """A weight of a cell: its name, its shape, and for each gate a constant all its
    values equal (None: they vary).
    """

    name: str
    shape: tuple[int, ...]
    constants: tuple[float | None, ...] = ()


def dimensions(shape: tuple[int, ...]) -> str:
    """Return a shape as a product: `25 × 100`."""
    return " × ".join(str(side) for side in shape)


def gate_fields(
    part: StoredPart, gates: tuple[str, ...], with_columns: bool
) -> list[str]:
    """Return the text of each gate's field: its letter, its columns or the constant it
    holds.
    """
    width = part.shape[-1] // len(gates)
    fields = []
    for index, gate in enumerate(gates):
        constant = None
        if index < len(part.constants):
            constant = part.constants[index]

        if with_columns:
            start = index * width
            stop = (index + 1) * width - 1
            fields.append(
                f"{gate} {start}–{stop}" if stop > start else f"{gate} {start}"
            )
        elif constant is not None:
            fields.append(f"{gate} = {constant:g}".replace("-", "−"))
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
    """Return the drawing as (line, tone) pairs fit for `width` columns: one line a part
    where that is enough.
    """
    rows = [
        (part, gate_fields(part, gates, index == 0)) for index, part in enumerate(parts)
    ]
    field = max((len(text) for _, fields in rows for text in fields), default=0)
    names = max((len(part.name) for part in parts), default=0)
    sizes = max((len(dimensions(part.shape)) for part in parts), default=0)
    heads = []
    cells = []
    products = []
    meanings = []
    for part, fields in rows:
        product, meaning = uses.get(part.name, ("", ""))
        heads.append(
            f"{part.name.replace('_', ' ').ljust(names)}  "
            f"{dimensions(part.shape).rjust(sizes)}"
        )
        cells.append(
            f"{rail} "
            + f" {rail} ".join(text.ljust(field) for text in fields)
            + f" {rail}"
        )
        products.append(product)
        meanings.append(meaning)

    whole = [
        f"{a}  {b}  {c:<7} {d}".rstrip()
        for a, b, c, d in zip(heads, cells, products, meanings, strict=True)
    ]
    short = [
        f"{a}  {b}  {c}".rstrip()
        for a, b, c in zip(heads, cells, products, strict=True)
    ]
    for lines in (whole, short):
        if all(len(line) <= width for line in lines):
            return [(line, "") for line in lines]

    apart: list[tuple[str, str]] = []
    for head, row, product, meaning in zip(
        heads, cells, products, meanings, strict=True
    ):
        apart += [
            (f"{head}  {product}   {meaning}"[:width].rstrip(), "muted"),
            (row[:width], ""),
        ]

    return apart
