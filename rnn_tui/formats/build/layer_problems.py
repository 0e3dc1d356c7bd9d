"""Why a layer can't be computed: its specification, its arrays, its
configuration and its activation are asked in turn.
"""

from __future__ import annotations

from collections.abc import Sequence

from rnn_tui.engine.core.activations import activation
from rnn_tui.engine.core.arrays import Weight
from rnn_tui.engine.recurrent.factory import mapping
from rnn_tui.errors import ConfigError
from rnn_tui.formats.architecture.key_checks import problem_in
from rnn_tui.formats.build.notes import Notes
from rnn_tui.formats.data.spec import Era, LayerSpec, cells_of
from rnn_tui.formats.weights.attach import Attached
from rnn_tui.formats.weights.reconcile import agree
from rnn_tui.formats.wire.problems import said_of


def problem_of(
    spec: LayerSpec,
    path: str,
    weights: Sequence[Weight],
    found: Attached | None,
    era: Era,
    notes: Notes,
) -> str | None:
    """Return the first reason why a layer can't be run: the specification's,
    its arrays', its configuration's; note the warnings for the user.
    """
    if found is not None and found.problem is not None:
        notes.misfit(path, found.problem)

    problem = spec.why_not or None
    if problem is None and found is not None:
        problem = found.problem or unreadable(found)

    if problem is None and found is not None:
        problem = _disagreement(spec, path, weights, era, notes)

    if problem is None and not spec.operator:
        in_config = problem_in(spec.class_name, spec.config)
        problem = in_config or _problem_in_cells(spec)

    return problem


def _disagreement(
    spec: LayerSpec,
    path: str,
    weights: Sequence[Weight],
    era: Era,
    notes: Notes,
) -> str | None:
    """Return why a layer's arrays don't make it; note where they only differ
    from its configuration.
    """
    differences: list[str] = []
    problem = agree(spec, weights, era, path, differences)
    notes.disagreement(path, problem, differences)

    return problem


def problem_in_activation(
    spec: LayerSpec,
    weights: Sequence[Weight],
    generation: int,
) -> str | None:
    """Return why a layer's activation can't be computed; a PReLU as an
    activation has its slopes among the arrays.
    """
    if any(weight.name == "alpha" for weight in weights):
        return None

    return _foreign(spec.config.get("activation"), generation)


def _foreign(named: object, generation: int) -> str | None:
    """Return why an activation can't be computed, None when it is one of
    Keras's own.
    """
    try:
        activation(named, generation)
    except ConfigError as error:
        return str(error)

    return None


def _problem_in_cells(spec: LayerSpec) -> str | None:
    """Return the problem in the configuration of one of an RNN's cells, None
    when there is none.
    """
    if spec.class_name == "RNN":
        cells = cells_of(spec.config.get("cell"))
    else:
        cells = []

    found = (
        problem_in(str(cell.get("class_name")), mapping(cell.get("config")))
        for cell in cells
    )

    return next((problem for problem in found if problem is not None), None)


def unreadable(found: Attached | None) -> str | None:
    """Return which of a layer's arrays can't be read, None when all can."""
    if found is None:
        return None

    bad = next(
        (array for array in found.arrays if array.problem is not None),
        None,
    )
    if bad is None:
        return None

    return said_of(f"its array {bad.name!r}", bad.problem or "")
