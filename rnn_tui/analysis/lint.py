"""Is the model healthy: every check that is certain or says how far it goes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from rnn_tui.analysis.findings import Finding, Findings, ordered
from rnn_tui.analysis.run_checks import (
    constant_units,
    growth,
    masks,
    not_numbers_in_run,
    same_outputs,
)
from rnn_tui.analysis.weight_checks import never_trained, not_numbers, settings

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from rnn_tui.engine.model import Model
    from rnn_tui.engine.trace.trace import ModelTrace

SEEDS = 8
"""Seeded inputs over which the outputs are compared."""

OF_MODEL: dict[str, Callable[[Model], Iterator[Finding]]] = {
    "finite-weights": not_numbers,
    "trained": never_trained,
    "settings": settings,
}
OF_RUN: dict[str, Callable[[ModelTrace], Iterator[Finding]]] = {
    "finite-run": not_numbers_in_run,
    "growth": growth,
    "constant-unit": constant_units,
    "mask": masks,
}


def lint(
    model: Model,
    trace: ModelTrace | None = None,
    seeded: Sequence[Sequence[NDArray[Any]]] = (),
) -> Findings:
    """Return the findings of the checks.

    `trace` is the run of one sequence; without it the checks of a run are left
    out. `seeded` holds the outputs of runs on seeded random inputs.
    """
    found: list[Finding] = []
    checks = list(OF_MODEL)
    for check in OF_MODEL.values():
        found += check(model)

    if trace is not None:
        checks += OF_RUN
        for of_run in OF_RUN.values():
            found += of_run(trace)

    if seeded:
        checks.append("same-output")
        found += same_outputs(
            seeded,
            [ref.layer for ref in model.graph.outputs],
        )

    return Findings(ordered(found), tuple(checks))
