"""`rnn-tui trace`: run the model and show or write every value on the way."""

from __future__ import annotations

import contextlib
import os
import sys
from argparse import Namespace
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from rnn_tui.cli.progress import progress_line
from rnn_tui.cli.source import Source, suffix
from rnn_tui.cli.stderr import print_warning, print_warnings
from rnn_tui.errors import (
    ExportError,
    RnnTuiError,
    UnsupportedLayerError,
)
from rnn_tui.text import clean, counted

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from rnn_tui.cli.changes import ChangedRun
    from rnn_tui.cli.tables import Part
    from rnn_tui.engine.trace.trace import CellTrace, ModelTrace
    from rnn_tui.export import Selection
    from rnn_tui.sequences import ParsedInput

SHOWN_UNITS = 8
"""Units of a quantity that the table shows."""
SHOWN_TIMESTEPS = 20
"""Predictions that the table shows of each end of a long sequence."""


def run(arguments: Namespace) -> int:
    """Run the model, write the trace and return the exit status."""
    source = Source(arguments)
    _check_options(arguments)
    from rnn_tui.analysis.finite import not_finite
    from rnn_tui.cli.changes import (
        asked_changes,
        changed_run,
        comparison_page,
    )
    from rnn_tui.cli.names import check_layers
    from rnn_tui.cli.terms import write_terms
    from rnn_tui.export import Selection
    from rnn_tui.sequences.initial_states import load_states

    changes = asked_changes(arguments)

    opened = source.open()
    model = opened.model
    check_layers(
        [
            *arguments.layer,
            *([arguments.start_at] if arguments.start_at else []),
        ],
        model,
    )
    if not arguments.partial:
        with _ways_out():
            model.check_beginning(arguments.start_at)

    infos = model.inputs_of(arguments.start_at)
    parsed = parse_input(source, infos, use_own=arguments.start_at is None)
    states = None
    if arguments.initial_state is not None:
        states = load_states(arguments.initial_state, model, print_warning)

    options = {
        "dtype": arguments.dtype,
        "start_at": arguments.start_at,
        "partial": arguments.partial,
    }
    with progress_line() as progress, _ways_out():
        changed = changed_run(
            changes,
            opened,
            parsed,
            infos,
            source,
            states,
            **options,
        )
        trace = changed.run(
            unasked=parsed.unasked,
            warn=print_warning,
            progress=progress,
            **options,
        )

    if arguments.so_far:
        trace = _with_predictions(trace, changed, arguments)

    print_warnings(not_finite(model))
    trace = _saying_where_it_stopped(trace)

    selection = Selection(tuple(arguments.layer), arguments.all_layers)
    if arguments.terms:
        write_terms(trace, selection, arguments)
        return 0

    if arguments.output is None and arguments.format in (None, "table"):
        from rnn_tui.cli.tables import show

        parts = page(trace, parsed, selection)
        compared = changed.compared(trace, **options)
        if compared is not None:
            parts += comparison_page(compared)

        show(parts, sys.stdout)
    else:
        _write(trace, selection, arguments)

    return 0


def _with_predictions(
    trace: ModelTrace,
    changed: ChangedRun,
    arguments: Namespace,
) -> ModelTrace:
    """Return the run with its outputs had the sequence ended at each timestep;
    where every prefix is a run, a warning says so.
    """
    from dataclasses import replace

    from rnn_tui.analysis.so_far import Options, so_far

    options = Options(arguments.dtype, arguments.start_at, changed.states)
    found = so_far(changed.opened.model, trace, options)
    warnings = trace.warnings
    if found.prefixes:
        line = f"the prediction so far is that of {found.note}"
        print_warning(line)
        warnings = (*warnings, line)

    return replace(trace, so_far=found.outputs, warnings=warnings)


def _saying_where_it_stopped(trace: ModelTrace) -> ModelTrace:
    """Return the run with a warning where it stopped, which is written."""
    line = trace.where_it_stopped
    if not line:
        return trace

    from dataclasses import replace

    print_warning(line)

    return replace(trace, warnings=(*trace.warnings, line))


@contextlib.contextmanager
def _ways_out() -> Iterator[None]:
    """Add the user's options to the message about the layer that stops a
    run.
    """
    try:
        yield
    except UnsupportedLayerError as error:
        raise RnnTuiError(
            f"{error}; --partial keeps what comes before it, --from NAME "
            "starts behind it"
        ) from error


def parse_input(
    source: Source,
    inputs: Any,
    use_own: bool = True,
) -> ParsedInput:
    """Return the sequences of `--input`; with `use_own`, a sample's own where
    none were given.
    """
    from rnn_tui.sequences import parse_sequence

    text = source.input if use_own else source.arguments.input
    stdin = getattr(sys.stdin, "buffer", None)

    return parse_sequence(text, inputs, vocab=source.vocab, stdin=stdin)


def _check_options(arguments: Namespace) -> None:
    """Refuse options that don't go together, and an output file early."""
    if arguments.terms:
        if arguments.so_far:
            raise RnnTuiError("--terms writes products alone, not --so-far")
        return
    if arguments.at is not None or arguments.unit:
        raise RnnTuiError("--at and --unit say of which --terms")
    if arguments.pixel is not None:
        raise RnnTuiError("--pixel says of which --terms")

    _check_output(arguments)


def _check_output(arguments: Namespace) -> None:
    """Refuse an output file early: a long run must not end in a wrong
    extension.
    """
    path = arguments.output
    if path is None:
        return
    if suffix(path) not in (".npz", ".json", ".csv"):
        raise ExportError(
            f"{clean(path)}: a trace is written to .npz, .json, .csv; the "
            "name says which"
        )

    if not arguments.force and os.path.isfile(path):
        from pathlib import Path

        from rnn_tui.export.atomic import refuse_to_overwrite

        refuse_to_overwrite(Path(path), clean(path))


def _write(
    trace: ModelTrace,
    selection: Selection,
    arguments: Namespace,
) -> None:
    """Write the trace to the file of `-o`, or to stdout."""
    from rnn_tui.export import write_csv, write_json, write_trace

    if arguments.output is not None:
        write_trace(trace, arguments.output, selection, force=arguments.force)
    elif arguments.format == "json":
        write_json(trace, sys.stdout, selection)
    else:
        write_csv(trace, sys.stdout, selection)


def page(
    trace: ModelTrace,
    parsed: ParsedInput,
    selection: Selection,
) -> list[Part]:
    """Return the trace for people: for each cell the values after the last
    timestep it read, then the outputs.
    """
    parts: list[Part] = [f"input: {parsed.understood}"]
    for layer in trace.layers.values():
        layer_wanted = selection.wants(layer.path)
        for cell in layer.cells:
            if layer_wanted or selection.wants(cell.key):
                parts += _cell_page(cell)

        if layer_wanted and (layer.cells or selection.all_layers):
            for value in layer.outputs:
                parts.append(_array_line(f"{layer.path} returns", value))

    parts.append("")
    for index, value in enumerate(trace.outputs):
        parts.append(_array_line(f"output {index}", value))

    for name, value in trace.so_far.items():
        parts += ["", f"{name}, had the sequence ended at t:"]
        parts += _predictions(value)

    return parts


def _predictions(value: NDArray[Any]) -> list[Part]:
    """Return the first sequence's predictions `(batch, timesteps, …)`, a row a
    timestep: the first and the last of very many.
    """
    from rnn_tui.analysis.table import Table
    from rnn_tui.cli.tables import left_out

    rows = value[0].reshape(value.shape[1], -1)  # (timesteps, units)
    units = min(rows.shape[1], SHOWN_UNITS)
    shown = list(range(len(rows)))
    if len(shown) > 2 * SHOWN_TIMESTEPS:
        shown = shown[:SHOWN_TIMESTEPS] + shown[-SHOWN_TIMESTEPS:]

    lines = [
        [str(t), *[f"{number:.7g}" for number in rows[t, :units].tolist()]]
        for t in shown
    ]
    titles = ["t", *[f"unit {unit}" for unit in range(units)]]

    table = Table(
        "so far",
        titles,
        lines,
        numbers=frozenset(titles),
        optional=list(reversed(titles[2:])),
    )
    below = left_out(len(shown), len(rows), "timesteps")
    below += left_out(units, rows.shape[1], "units")

    return [table, *below]


def _cell_page(cell: CellTrace) -> list[Part]:
    """Return the values of a cell after the last timestep it read, a row a
    quantity.
    """
    from rnn_tui.analysis.table import Table
    from rnn_tui.cli.tables import left_out

    if cell.reverse:
        last = 0
    else:
        last = cell.timesteps - 1

    timesteps = counted(cell.timesteps, "timestep")
    head = f"{cell.key}: {timesteps}, {counted(cell.units, 'unit')}"
    if cell.batch > 1:
        head += f", {cell.batch} sequences (the first is shown)"

    units = min(cell.units, SHOWN_UNITS)
    rows = []
    for name in cell.names:
        window = cell.read(
            name,
            last,
            last + 1,
        )  # (batch, 1, units or a picture)
        shape = (cell.batch, cell.timesteps, *window.shape[2:])
        first_sequence = window[0, 0].reshape(-1)
        values = [f"{value:.7g}" for value in first_sequence[:units].tolist()]
        rows.append([name, str(shape), *values])

    titles = [
        f"t = {last}",
        "shape",
        *(f"unit {unit}" for unit in range(units)),
    ]
    # on a narrow terminal the last units go first, the first unit never
    optional = [*reversed(titles[5:]), "shape", *reversed(titles[3:5])]

    numbers = frozenset(titles[2:])
    table = Table("trace", titles, rows, numbers=numbers, optional=optional)

    return ["", head, table, *left_out(units, cell.units, "units")]


def _array_line(name: str, value: NDArray[Any]) -> str:
    """Return the first values of an array's first sequence in a line."""
    if value.ndim > 1:
        flat = value[0].reshape(-1)
    else:
        flat = value.reshape(-1)

    shown = " ".join(f"{number:.7g}" for number in flat[:SHOWN_UNITS].tolist())
    if flat.size > SHOWN_UNITS:
        shown += " …"

    return f"{name} {value.shape}: {shown}"
