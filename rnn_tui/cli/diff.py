"""`rnn-tui diff`: two models of one architecture, or two sequences on one
model, side by side.
"""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rnn_tui.cli.output import finite
from rnn_tui.cli.source import Source
from rnn_tui.cli.stderr import print_warning, print_warnings
from rnn_tui.cli.tables import left_out
from rnn_tui.errors import RnnTuiError

if TYPE_CHECKING:
    from rnn_tui.analysis.changes import Change, Hold
    from rnn_tui.analysis.compare import Comparison, OutputChange
    from rnn_tui.analysis.compare_weights import WeightDifference
    from rnn_tui.cli.tables import Part
    from rnn_tui.engine.trace.trace import ModelTrace
    from rnn_tui.formats.opened import OpenedModel

TITLES = (
    *("kind", "layer", "direction", "cell", "part", "gate", "shape"),
    *("largest", "mean", "l2", "first", "timestep", "unit"),
)
SHOWN_UNITS = 8
"""Units of an output that the table shows."""


@dataclass(frozen=True, eq=False)
class Diff:
    """The two sides in words, and the differences between them: weights of two
    models, values of two runs.
    """

    sides: tuple[str, str]
    weights: tuple[WeightDifference, ...] = ()
    runs: Comparison | None = None
    warnings: tuple[str, ...] = ()

    @property
    def largest(self) -> float:
        """The largest |Δ| of all."""
        found = [one.largest for one in self.weights]
        if self.runs is not None:
            found.append(self.runs.largest)

        return max(found, default=0.0)


def run(arguments: Namespace) -> int:
    """Compare, and return the exit status: 1 where a difference is above the
    tolerance.
    """
    from rnn_tui.cli.changes import asked_changes
    from rnn_tui.cli.output import Result, emit

    changes = asked_changes(arguments)
    ways = (arguments.other is not None, bool(arguments.against), bool(changes))
    if sum(ways) > 1:
        raise RnnTuiError(
            "two models, two sequences (--against) or a run with changes: one "
            "of them at once"
        )
    if not any(ways):
        raise RnnTuiError(
            "there is nothing to compare with: name a second model, another "
            "sequence with --against SEQ, or a change as --off LAYER:UNIT"
        )

    if arguments.other is not None:
        found = _of_models(arguments)
    elif arguments.against:
        found = _of_sequences(arguments)
    else:
        found = _of_changes(changes, arguments)

    differs = found.largest > arguments.tolerance
    emit(
        Result(
            page=lambda: page(found, arguments.tolerance),
            tree=lambda: tree(found, arguments.tolerance),
            titles=TITLES,
            rows=lambda: rows(found),
        ),
        arguments,
    )
    if differs:
        return 1

    return 0


def _of_models(arguments: Namespace) -> Diff:
    """Return the difference of two models, with a sequence that of their runs
    too.
    """
    paths = (arguments.model, arguments.other)
    sources = [
        Source(Namespace(**{**vars(arguments), "model": path}))
        for path in paths
    ]
    from rnn_tui.analysis.compare_weights import compare_weights, other_settings
    from rnn_tui.cli.names import check_layers

    first, second = (source.open(tells=False) for source in sources)
    warnings = _of_both(first.warnings, second.warnings)
    print_warnings(warnings)
    check_layers(arguments.layer, first.model)
    weights: list[WeightDifference] = []
    for layer in arguments.layer or [None]:
        weights += compare_weights(first.model, second.model, layer)

    settings = other_settings(first.model, second.model)
    print_warnings(settings)

    runs = None
    if arguments.input:
        runs = _runs_of_models(sources[0], first, second, arguments)

    return Diff(
        (sources[0].path, sources[1].path),
        tuple(weights),
        runs,
        (*warnings, *settings),
    )


def _of_both(first: Sequence[str], second: Sequence[str]) -> tuple[str, ...]:
    """Return the warnings about two files, each with the one it is about."""
    found = []
    for line in dict.fromkeys((*first, *second)):
        if line in first and line in second:
            of = "a and b"
        elif line in first:
            of = "a"
        else:
            of = "b"

        found.append(f"{of}: {line}")

    return tuple(found)


def _runs_of_models(
    source: Source,
    first: OpenedModel,
    second: OpenedModel,
    arguments: Namespace,
) -> Comparison:
    """Return the difference of the runs of two models on one sequence."""
    from rnn_tui.cli.trace import parse_input

    parsed = parse_input(source, first.model.inputs, use_own=False)
    # the second one's inputs may be named otherwise
    names = [info.name for info in second.model.inputs]
    if len(names) != len(parsed.arrays):
        raise RnnTuiError(
            f"the models have {len(parsed.arrays)} and {len(names)} inputs"
        )

    fed = dict(zip(names, parsed.arrays.values(), strict=True))

    return _compared(
        _ran(first, parsed.arrays, arguments),
        _ran(second, fed, arguments),
        first,
        arguments,
    )


def _of_sequences(arguments: Namespace) -> Diff:
    """Return the difference of one model's runs on two sequences."""
    source = Source(arguments)
    from rnn_tui.cli.names import check_layers
    from rnn_tui.cli.trace import parse_input

    opened = source.open()
    check_layers(arguments.layer, opened.model)
    infos = opened.model.inputs
    one = parse_input(source, infos)
    against = {**vars(arguments), "input": arguments.against}
    other = parse_input(_other_input(source, Namespace(**against)), infos)
    runs = _compared(
        _ran(opened, one.arrays, arguments),
        _ran(opened, other.arrays, arguments),
        opened,
        arguments,
    )

    return Diff(
        (one.understood, other.understood),
        runs=runs,
        warnings=opened.warnings,
    )


def _of_changes(changes: Sequence[Change], arguments: Namespace) -> Diff:
    """Return the effect of changes on a run: b is the run with them."""
    source = Source(arguments)
    from rnn_tui.cli.changes import changed_run
    from rnn_tui.cli.names import check_layers
    from rnn_tui.cli.trace import parse_input

    opened = source.open()
    check_layers(arguments.layer, opened.model)
    infos = opened.model.inputs
    parsed = parse_input(source, infos)
    options = {"dtype": arguments.dtype}
    changed = changed_run(changes, opened, parsed, infos, source, **options)
    assert changed.found is not None
    runs = _compared(
        changed.found.reference.run(parsed.arrays, **options),
        changed.run(warn=print_warning, **options),
        opened,
        arguments,
        changed.found.holds,
    )
    words = "; ".join(changed.found.words)

    return Diff(
        (parsed.understood, words),
        runs=runs,
        warnings=opened.warnings,
    )


def _other_input(source: Source, arguments: Namespace) -> Source:
    """Return the same source with the other sequence as its input."""
    from copy import copy

    other = copy(source)
    other.arguments = arguments

    return other


def _ran(
    opened: OpenedModel,
    arrays: Mapping[str, Any],
    arguments: Namespace,
) -> ModelTrace:
    return opened.run(arrays, warn=print_warning, dtype=arguments.dtype)


def _compared(
    before: ModelTrace,
    after: ModelTrace,
    opened: OpenedModel,
    arguments: Namespace,
    holds: Sequence[Hold] = (),
) -> Comparison:
    """Return the difference of two runs, of the layers that are asked for;
    `holds` are the timesteps that the second one holds.
    """
    from dataclasses import replace

    from rnn_tui.analysis.compare import compare_traces
    from rnn_tui.export import Selection

    batches = [len(next(iter(run.inputs.values()))) for run in (before, after)]
    if batches[0] != batches[1]:
        raise RnnTuiError(
            f"a batch of {batches[0]} can't be compared with one of "
            f"{batches[1]}"
        )

    names = opened.model.output_names
    found = compare_traces(before, after, names, holds)
    selection = Selection(tuple(arguments.layer))
    wanted = [one for one in found.quantities if selection.wants(one.layer)]

    return replace(found, quantities=tuple(wanted))


def page(found: Diff, tolerance: float) -> list[Part]:
    """Return the differences for people."""
    parts: list[Part] = [f"a: {found.sides[0]}", f"b: {found.sides[1]}"]
    if found.weights:
        parts += ["", *_weights_page(found.weights)]
    if found.runs is not None:
        parts += ["", *_runs_page(found.runs)]

    return [*parts, "", _verdict(found, tolerance)]


def _weights_page(weights: Sequence[WeightDifference]) -> list[Part]:
    from rnn_tui.analysis.table import Table

    titles = ("Layer", "Part", "Gate", "Shape", "Largest", "Mean", "Norm")
    lines = [
        [
            _path(one),
            one.part,
            one.gate,
            "×".join(map(str, one.shape)),
            f"{one.largest:.4g}",
            f"{one.mean:.4g}",
            f"{one.l2:.4g}",
        ]
        for one in weights
    ]

    return [Table("weights", titles, lines, numbers=frozenset(titles[4:]))]


def _path(one: WeightDifference) -> str:
    """Return the layer of a block, with its direction where that isn't part of
    the path.
    """
    if one.direction is None or one.layer.endswith(f"/{one.direction}"):
        return one.layer

    return f"{one.layer}/{one.direction}"


def _runs_page(runs: Comparison) -> list[Part]:
    from rnn_tui.analysis.table import Table

    before, after = runs.timesteps
    parts: list[Part] = []
    if before != after:
        parts.append(f"{before} and {after} timesteps: {runs.how}")
    if runs.first is not None:
        parts.append(f"the first timestep that differs is {runs.first}")

    titles = ("Layer", "Quantity", "Largest", "t", "Unit", "First t")
    lines = [
        [
            one.layer,
            one.quantity,
            f"{one.largest:.4g}",
            *map(_shown, (one.timestep, one.unit, one.first)),
        ]
        for one in runs.quantities
    ]
    numbers = frozenset(titles[2:])
    parts.append(Table("values", titles, lines, numbers=numbers))

    outputs = runs.outputs_table()
    shown = [
        [name, str(unit), *[f"{value:.7g}" for value in values]]
        for name, unit, *values in outputs.rows
        if isinstance(unit, int) and unit < SHOWN_UNITS
    ]
    columns = ("Output", "Unit", "a", "b", "b − a")
    last = Table("outputs", columns, shown, numbers=frozenset(columns[1:]))

    below = left_out(len(shown), len(outputs.rows), "units of the outputs")

    return [*parts, "", last, *below]


def _shown(number: int | None) -> str:
    if number is None:
        return ""

    return str(number)


def _verdict(found: Diff, tolerance: float) -> str:
    """Return the last line: whether they differ, and by how much at most."""
    if found.largest == 0:
        return "equal, to the last bit"
    if found.largest > tolerance:
        return f"they differ: by {found.largest:.4g} at most"

    return f"equal within {tolerance:g}: by {found.largest:.4g} at most"


def tree(found: Diff, tolerance: float) -> dict[str, Any]:
    """Return the differences as JSON; one that is infinite (a NaN on one side)
    is null.
    """
    quantities: list[dict[str, Any]] = []
    outputs: list[dict[str, Any]] = []
    first = None
    timesteps = None
    shifts: list[dict[str, int]] = []
    if found.runs is not None:
        shifts = _shifts_tree(found.runs)
        first = found.runs.first
        timesteps = list(found.runs.timesteps)
        quantities = [_quantity_tree(one) for one in found.runs.quantities]
        outputs = [_output_tree(one) for one in found.runs.outputs]

    return {
        "schema": 1,
        "a": found.sides[0],
        "b": found.sides[1],
        "tolerance": tolerance,
        "differs": found.largest > tolerance,
        "largest": finite(found.largest),
        "weights": [_weight_tree(one) for one in found.weights],
        "first": first,
        "timesteps": timesteps,
        "shifts": shifts,
        "quantities": quantities,
        "outputs": outputs,
        "warnings": list(found.warnings),
    }


def _shifts_tree(runs: Comparison) -> list[dict[str, int]]:
    """Return from which timestep of a on the same one comes later in b, and by
    how much.
    """
    if runs.timeline is None:
        return []

    return [
        {"from": start, "later": later} for start, later in runs.timeline.shifts
    ]


def _weight_tree(one: WeightDifference) -> dict[str, Any]:
    return {
        **one._asdict(),
        "gate": one.gate or None,
        "shape": list(one.shape),
        "largest": finite(one.largest),
        "mean": finite(one.mean),
        "l2": finite(one.l2),
    }


def _quantity_tree(one: Any) -> dict[str, Any]:
    values = one._asdict()
    del values["timed"]

    return {**values, "largest": finite(one.largest)}


def _output_tree(change: OutputChange) -> dict[str, Any]:
    """Return the last timestep of an output in both runs."""
    before, after = change.last()

    return {
        "name": change.name,
        "a": [finite(value) for value in before],
        "b": [finite(value) for value in after],
    }


def rows(found: Diff) -> list[list[Any]]:
    """Return a row for each block of weights and for each quantity."""
    lines: list[list[Any]] = []
    for block in found.weights:
        shape = "x".join(map(str, block.shape))
        lines.append(
            [
                *("weights", block.layer, block.direction, block.cell),
                *(block.part, block.gate, shape),
                *(block.largest, block.mean, block.l2),
                *(None, None, None),
            ]
        )

    if found.runs is not None:
        lines += [
            [
                *("values", one.layer, None, None, one.quantity, None, None),
                *(one.largest, None, None),
                *(one.first, one.timestep, one.unit),
            ]
            for one in found.runs.quantities
        ]

    return [
        ["" if value is None else value for value in line] for line in lines
    ]
