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

    for cell in cells:
        units = arguments.unit or range(cell.units)
        rows += step_terms(cell, units, arguments.at)
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
        "terms": [
            {
                **row._asdict(),
                "factors": [finite(factor) for factor in row.factors],
                "value": finite(row.value),
            }
            for row in rows
        ],
        "warnings": list(warnings),
    }


def page(rows: Sequence[TermRow]) -> list[Part]:
    """Return the products for people."""
    from rnn_tui.analysis.terms import terms_table

    table = terms_table(rows)
    lines = []
    for row in rows:
        factors = " × ".join(f"{factor:.7g}" for factor in row.factors)
        lines.append([*row[:5], factors, f"{row.value:.7g}"])

    columns = (*table.columns[:-1], "factors", "value")

    return [table._replace(columns=columns, rows=lines)]
