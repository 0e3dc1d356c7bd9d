"""The options of a what-if (`--set`, `--hold`, `--off`, `--clamp`): read, and
applied to the run of a command.
"""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rnn_tui.cli.stderr import print_warning
from rnn_tui.cli.tables import left_out
from rnn_tui.errors import EditError, RnnTuiError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from rnn_tui.analysis.changes import Change
    from rnn_tui.analysis.compare import Comparison
    from rnn_tui.analysis.what_if import Baseline, WhatIf
    from rnn_tui.cli.source import Source
    from rnn_tui.cli.tables import Part
    from rnn_tui.engine.model import InputInfo
    from rnn_tui.engine.trace.trace import ModelTrace
    from rnn_tui.formats.opened import OpenedModel
    from rnn_tui.sequences import ParsedInput

SHOWN_UNITS = 8
"""Units of an output that a comparison shows."""


def asked_changes(arguments: Namespace) -> list[Change]:
    """Return the changes that the options ask for.

    Raises RnnTuiError for one that is written otherwise.
    """
    from rnn_tui.analysis import changes

    readers: dict[str, Callable[[str], Change]] = {
        "set": changes.parse_set,
        "hold": changes.parse_hold,
        "off": changes.parse_off,
        "clamp": changes.parse_clamp,
    }
    found: list[Change] = []
    for name, read in readers.items():
        texts = getattr(arguments, f"{name}_changes")
        with _of_option(name):
            found += [read(text) for text in texts]

    return found


@contextmanager
def _of_option(name: str) -> Iterator[None]:
    """Name the option in the message about a change that is written
    otherwise.
    """
    try:
        yield
    except EditError as error:
        raise RnnTuiError(f"--{name}: {error}") from None


@dataclass(frozen=True, eq=False)
class ChangedRun:
    """The run of a command: the model and the arrays with the changes, and the
    run without them to compare it with.

    Without changes it is the model and the sequence as they are.
    """

    opened: OpenedModel
    arrays: Mapping[str, NDArray[Any]]
    states: Mapping[str, NDArray[Any]]
    baseline: Baseline
    found: WhatIf | None = None

    def run(self, **options: Any) -> ModelTrace:
        """Return the run with the changes."""
        return self.opened.run(
            self.arrays,
            initial_state=self.states,
            **options,
        )

    def compared(self, trace: ModelTrace, **options: Any) -> Comparison | None:
        """Return the effect of the changes on the run `trace`; None without
        changes.
        """
        if self.found is None:
            return None

        from rnn_tui.analysis.compare import compare_traces

        model = self.found.reference
        before = model.run(
            self.baseline.arrays,
            initial_state=self.baseline.states,
            **options,
        )

        return compare_traces(
            before, trace, model.output_names, self.found.holds
        )


def changed_run(
    changes: Sequence[Change],
    opened: OpenedModel,
    parsed: ParsedInput,
    infos: tuple[InputInfo, ...],
    source: Source,
    states: Mapping[str, NDArray[Any]] | None = None,
    **options: Any,
) -> ChangedRun:
    """Return the run for `changes`, each named in a warning; `options` are
    those of the run.
    """
    from rnn_tui.analysis.what_if import Baseline, what_if
    from rnn_tui.sequences.tokens import load_vocabulary

    vocabulary = None
    if changes and source.vocab is not None:
        vocabulary = load_vocabulary(source.vocab)

    baseline = Baseline(
        opened.model,
        parsed.arrays,
        infos,
        vocabulary,
        states or {},
    )
    if not changes:
        return ChangedRun(opened, parsed.arrays, baseline.states, baseline)

    def without_changes() -> ModelTrace:
        return opened.model.run(
            parsed.arrays,
            initial_state=baseline.states,
            **options,
        )

    found = what_if(changes, baseline, without_changes)
    words = [f"what if: {line}" for line in found.words]
    for line in words:
        print_warning(line)

    return ChangedRun(
        opened.changed(found.model, words),
        found.arrays,
        found.states,
        baseline,
        found,
    )


def comparison_page(found: Comparison) -> list[Part]:
    """Return the effect of changes, for people."""
    from rnn_tui.analysis.table import Table

    parts: list[Part] = ["", "against the run without the changes:"]
    before, after = found.timesteps
    if before != after:
        parts.append(f"{before} timesteps became {after}: {found.how}")

    if found.first is None:
        parts.append("no value of a cell differs at these timesteps")
    else:
        parts.append(f"the first timestep that differs is {found.first}")

    rows = [
        [one.layer, one.quantity, f"{one.largest:.6g}", _place(one.timestep)]
        for one in found.layers
    ]
    titles = ("layer", "quantity", "largest change", "t")
    numbers = frozenset(titles[2:])
    parts += ["", Table("changes", titles, rows, numbers=numbers), ""]

    outputs = found.outputs_table()
    shown = [
        [name, str(unit), *[f"{value:.7g}" for value in values]]
        for name, unit, *values in outputs.rows
        if isinstance(unit, int) and unit < SHOWN_UNITS
    ]

    below = left_out(len(shown), len(outputs.rows), "units of the outputs")

    return [*parts, outputs._replace(rows=shown), *below]


def _place(timestep: int | None) -> str:
    if timestep is None:
        return ""

    return str(timestep)
