"""The table of the Units view, as a file of it has it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from numpy.typing import NDArray

from rnn_tui.analysis.plain import plain
from rnn_tui.analysis.table import Table
from rnn_tui.tui.units_page.rankings import Ranking


def units_table(
    key: str,
    rankings: Sequence[Ranking],
    order: NDArray[Any],
    notes: Sequence[str],
) -> Table:
    """Return a row for each unit, in this order; as JSON each ranking with its
    meaning, and the notes, which have the methods and their warnings.
    """
    rows = [
        (unit, *(float(ranking.values[unit]) for ranking in rankings))
        for unit in order.tolist()
    ]
    tree = {
        "schema": 1,
        "units": {
            key: {
                "rankings": {
                    ranking.name: {
                        "meaning": ranking.meaning,
                        "values": plain(ranking.values),
                    }
                    for ranking in rankings
                },
                "notes": list(notes),
            }
        },
    }
    columns = ("unit", *(ranking.name for ranking in rankings))

    return Table(f"{key}-units", columns, rows, tree=tree)
