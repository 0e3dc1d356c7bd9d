"""`rnn-tui trace --terms`: the products of a timestep, as the Step view shows
them.
"""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from rnn_tui.cli.output import Result, emit, finite
from rnn_tui.cli.stderr import print_warning
from rnn_tui.errors import RnnTuiError

if TYPE_CHECKING:
    from rnn_tui.analysis.terms import TermRow
    from rnn_tui.cli.tables import Part
    from rnn_tui.engine.trace.trace import ModelTrace
    from rnn_tui.export import Selection


def write_terms(
    trace: ModelTrace,
    selection: Selection,
    arguments: Namespace,
) -> None:
    """Write the products of a timestep of the first sequence."""
    from rnn_tui.analysis.terms import step_terms, terms_table

    rows: list[TermRow] = []
    cells = [
        cell
        for cell in trace.cells
        if selection.wants(cell.layer) or selection.wants(cell.key)
    ]
    if not cells:
        raise RnnTuiError("no recurrent layer was run: there are no products")

    pixel = arguments.pixel
    if pixel is not None and not any(cell.sides for cell in cells):
        raise RnnTuiError("--pixel is for pictures: no layer here computes any")

    for cell in cells:
        units = arguments.unit or range(cell.units)
        its_pixel = None
        if cell.sides:
            its_pixel = pixel

        rows += step_terms(cell, units, arguments.at, pixel=its_pixel)
        t = rows[-1].timestep
        if cell.mask is not None and not cell.mask[0, t]:
            print_warning(f"{cell.key} skipped t={t}: its states were held")

    table = terms_table(rows)
    emit(
        Result(
            page=lambda: page(rows),
            tree=lambda: tree(rows, trace.warnings),
            titles=table.columns,
            rows=lambda: table.rows,
        ),
        arguments,
    )


def tree(rows: Sequence[TermRow], warnings: Sequence[str]) -> dict[str, Any]:
    """Return the products as JSON."""
    return {
        "schema": 1,
        "terms": [_as_json(row) for row in rows],
        "warnings": list(warnings),
    }


def _as_json(row: TermRow) -> dict[str, Any]:
    found = row._asdict()
    found["factors"] = [finite(factor) for factor in row.factors]
    found["value"] = finite(row.value)
    if row.pixel is None:
        del found["pixel"]

    return found


def page(rows: Sequence[TermRow]) -> list[Part]:
    """Return the products for people."""
    from rnn_tui.analysis.terms import COLUMNS, terms_table

    table = terms_table(rows)
    lines = []
    for row, plain in zip(rows, table.rows, strict=True):
        factors = " × ".join(f"{factor:.7g}" for factor in row.factors)
        value, *pixel = plain[5:]
        lines.append([*plain[:5], factors, f"{value:.7g}", *pixel])

    *first, value_column = COLUMNS
    pixel_column = table.columns[len(COLUMNS) :]
    columns = (*first, "factors", value_column, *pixel_column)

    return [table._replace(columns=columns, rows=lines)]
