"""`rnn-tui analyze`: the numbers behind the views, of one sequence."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rnn_tui.cli.progress import progress_line
from rnn_tui.cli.source import Source
from rnn_tui.cli.stderr import print_warning, print_warnings
from rnn_tui.engine.core import lazy_numpy as np
from rnn_tui.errors import RnnTuiError, SequenceError
from rnn_tui.text import clean

if TYPE_CHECKING:
    from rnn_tui.cli.analyses import Analysis, Answer
    from rnn_tui.cli.tables import Part
    from rnn_tui.engine.trace.trace import CellTrace, ModelTrace
    from rnn_tui.sequences import ParsedInput


def run(arguments: Namespace) -> int:
    """Run the model on one sequence, compute the analyses asked for and write
    them.
    """
    source = Source(arguments)
    from rnn_tui.analysis.finite import not_finite
    from rnn_tui.cli.analyses import ANSWERS, TITLES, Analysis
    from rnn_tui.cli.changes import asked_changes, changed_run
    from rnn_tui.cli.names import check_layers
    from rnn_tui.cli.output import Result, emit
    from rnn_tui.cli.trace import parse_input
    from rnn_tui.sequences.initial_states import load_states

    changes = asked_changes(arguments)
    opened = source.open()
    model = opened.model
    check_layers(arguments.layer, model)
    model.check_beginning()
    parsed = parse_input(source, model.inputs)
    _check_one(parsed)
    states = None
    if arguments.initial_state is not None:
        states = load_states(arguments.initial_state, model, print_warning)

    options = {"dtype": arguments.dtype}
    with progress_line() as progress:
        changed = changed_run(
            changes,
            opened,
            parsed,
            model.inputs,
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

    print_warnings(not_finite(model))
    one = Analysis(
        arguments,
        changed,
        trace,
        _wanted(trace, arguments.layer),
        _vocabulary(source),
        [*dict.fromkeys((*opened.warnings, *trace.warnings))],
    )
    # a run with NaN or infinity is analysed as it is: the result says so
    with np.errstate(all="ignore"):
        answers = [ANSWERS[name](one) for name in arguments.show]

    emit(
        Result(
            page=lambda: _page(one, parsed, answers),
            tree=lambda: _tree(one, parsed, answers),
            titles=TITLES,
            rows=lambda: [row for answer in answers for row in answer.rows],
        ),
        arguments,
    )

    return 0


def _check_one(parsed: ParsedInput) -> None:
    """Raise SequenceError for a batch."""
    if not parsed.batched:
        return

    sequences = len(next(iter(parsed.arrays.values())))
    if sequences != 1:
        raise SequenceError(
            f"analyze is of one sequence, this is a batch of {sequences:,}: "
            "write one of them to a file of its own"
        )


def _wanted(
    trace: ModelTrace,
    layers: Sequence[str],
) -> tuple[CellTrace, ...]:
    """Return the cells of the layers that were asked for, all without any.

    Raises RnnTuiError where a model with cells has none in those layers.
    """
    from rnn_tui.engine.trace.paths import without_calls

    def is_wanted(cell: CellTrace) -> bool:
        paths = (cell.key, cell.layer)
        known = {*paths, *map(without_calls, paths)}

        return not layers or any(layer in known for layer in layers)

    cells = tuple(cell for cell in trace.cells if is_wanted(cell))
    if trace.cells and not cells:
        recurrent = ", ".join(cell.key for cell in trace.cells)
        raise RnnTuiError(
            f"{clean(layers[0])} isn't recurrent: analyze is of {recurrent}"
        )

    return cells


def _vocabulary(source: Source) -> Mapping[str, int] | None:
    """Return token → id of the vocabulary, None without one."""
    if source.vocab is None:
        return None

    from rnn_tui.sequences.tokens import load_vocabulary

    return load_vocabulary(source.vocab)


def _tree(
    one: Analysis,
    parsed: ParsedInput,
    answers: Sequence[Answer],
) -> dict[str, Any]:
    """Return the result as JSON."""
    fed = next(iter(one.trace.inputs.values()))[0]
    features = None
    if fed.ndim > 1:
        features = int(fed[0].size)

    return {
        "schema": 1,
        "input": {
            "timesteps": len(fed),
            "features": features,
            "understood": parsed.understood,
        },
        "dtype": one.arguments.dtype,
        "warnings": one.warnings,
        **{answer.name: answer.tree for answer in answers},
        **{
            f"{answer.name}_note": answer.note
            for answer in answers
            if answer.note
        },
    }


def _page(
    one: Analysis,
    parsed: ParsedInput,
    answers: Sequence[Answer],
) -> list[Part]:
    """Return the result for people."""
    parts: list[Part] = [f"input: {parsed.understood}"]
    if not one.cells:
        parts.append("no recurrent layer ran")

    for answer in answers:
        parts += answer.page

    return parts
