"""All parts of `analyze`: those of analyses.py, the prediction so far and the
effect of switching off each unit.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from rnn_tui.analysis.table import Table
from rnn_tui.cli import analyses
from rnn_tui.cli.analyses import SHOWN, Analysis, Answer, Row, in_words
from rnn_tui.cli.output import finite
from rnn_tui.errors import RnnTuiError

if TYPE_CHECKING:
    from rnn_tui.analysis.effects import Effects
    from rnn_tui.cli.tables import Part


def prediction(one: Analysis) -> Answer:
    """The outputs had the sequence ended at each timestep."""
    from rnn_tui.analysis.so_far import Options, so_far

    page: list[Part] = ["", "PREDICTION SO FAR"]
    options = Options(one.arguments.dtype, states=one.changed.states)
    try:
        found = so_far(one.model, one.trace, options)
    except RnnTuiError as error:
        one.warnings.append(str(error))
        return Answer("prediction", {}, [*page, str(error)], [])

    if found.prefixes:
        one.warnings.append(f"the prediction so far is that of {found.note}")

    tree: dict[str, Any] = {}
    rows: list[Row] = []
    for name, output in found.outputs.items():
        # (timesteps, units)
        values = output[0].reshape(output.shape[1], -1).tolist()
        tree[name] = [[finite(value) for value in row] for row in values]
        for t, row in enumerate(values):
            rows += [
                ("prediction", name, f"unit {unit}", t, value)
                for unit, value in enumerate(row)
            ]

        page += [f"{name}: {found.note}", _last_timesteps(values)]

    return Answer("prediction", tree, page, rows)


def _last_timesteps(values: list[list[float]]) -> Table:
    """Return the predictions of the last timesteps."""
    first = max(0, len(values) - SHOWN)
    titles = ["t", *[f"unit {unit}" for unit in range(len(values[0][:SHOWN]))]]
    lines = [
        [str(first + k), *[in_words(value) for value in row[:SHOWN]]]
        for k, row in enumerate(values[first:])
    ]

    return Table(
        "prediction",
        titles,
        lines,
        numbers=frozenset(titles),
        optional=titles[:1:-1],
    )


def effects(one: Analysis) -> Answer:
    """The change of the target for each unit that is off, by zero and by its
    mean.
    """
    from rnn_tui.analysis.changes import MEAN, ZERO
    from rnn_tui.analysis.effects import effects as of_layer
    from rnn_tui.engine.trace.paths import without_calls

    tree: dict[str, Any] = {}
    rows: list[Row] = []
    page: list[Part] = ["", "EFFECT OF SWITCHING OFF"]
    # a unit of a layer that is called several times is off in all calls
    for layer in dict.fromkeys(without_calls(cell.key) for cell in one.cells):
        zero, mean = (
            of_layer(
                one.model,
                one.changed.arrays,
                layer,
                one.target,
                kind=kind,
                dtype=one.arguments.dtype,
                states=one.changed.states,
                trace=one.trace,
            )
            for kind in (ZERO, MEAN)
        )
        tree[layer] = {
            "kind": zero.kind,
            "target": zero.target,
            "value": finite(zero.value),
            "change": [finite(change) for change in zero.change.tolist()],
            "mean": [finite(change) for change in mean.change.tolist()],
            "note": zero.note,
        }
        for found in (zero, mean):
            measure = f"{found.kind}: {found.target}"
            rows += [
                ("effects", layer, measure, unit, change)
                for unit, change in enumerate(found.change.tolist())
            ]

        page.append(
            f"{layer}: {zero.target} is {in_words(zero.value)}; its change "
            "where a unit's h is zero, and its mean over the run:"
        )
        page.append(_largest(zero, mean))

    return Answer("effects", tree, page, rows)


def _largest(zero: Effects, mean: Effects) -> Table:
    """Return the changes by the units that have the largest."""
    both = np.maximum(np.abs(zero.change), np.abs(mean.change))
    order = np.argsort(-both, kind="stable")[:SHOWN]
    titles = ("unit", "h = 0", "h = its mean")
    lines = [
        [
            str(unit),
            in_words(float(zero.change[unit])),
            in_words(float(mean.change[unit])),
        ]
        for unit in order.tolist()
    ]

    return Table("effects", titles, lines, numbers=frozenset(titles))


ANSWERS: dict[str, Callable[[Analysis], Answer]] = {
    **analyses.ANSWERS,
    "prediction": prediction,
    "effects": effects,
}
"""The parts by the names of `--show`, in the order of the result."""
