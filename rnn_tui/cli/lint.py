"""`rnn-tui lint`: is the model healthy."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from rnn_tui.cli.source import Source
from rnn_tui.cli.stderr import print_warning

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from rnn_tui.analysis.findings import Finding, Findings
    from rnn_tui.cli.tables import Part
    from rnn_tui.engine.trace.trace import ModelTrace
    from rnn_tui.formats.opened import OpenedModel
    from rnn_tui.sequences import ParsedInput


def run(arguments: Namespace) -> int:
    """Check the model and return the exit status: 1 where a value is no
    number.
    """
    source = Source(arguments)
    from rnn_tui.analysis.findings import Findings, ordered
    from rnn_tui.analysis.lint import lint
    from rnn_tui.cli.names import check_layers
    from rnn_tui.cli.output import Result, emit

    opened = source.open()
    check_layers(arguments.layer, opened.model)
    ran = _Runs(source, opened)
    found = lint(opened.model, ran.trace, ran.seeded)
    found = Findings(ordered([*found.found, *ran.findings]), found.checks)
    shown = [one for one in found.found if _is_wanted(one, arguments.layer)]
    found = Findings(tuple(shown), found.checks)
    table = found.table()
    emit(
        Result(
            page=lambda: _page(found, ran.parsed),
            tree=lambda: {
                "schema": 1,
                "findings": [one.tree() for one in found.found],
                "checks": list(found.checks),
                "input": ran.understood,
                "warnings": list(opened.warnings),
            },
            titles=table.columns,
            rows=lambda: table.rows,
        ),
        arguments,
    )
    if found.errors:
        return 1

    return 0


class _Runs:
    """The runs whose values are checked: one of the sequence, some of seeded
    random inputs. A model that can't be run lacks them.
    """

    def __init__(self, source: Source, opened: OpenedModel) -> None:
        from rnn_tui.analysis.findings import Finding
        from rnn_tui.errors import UnsupportedLayerError

        self.opened = opened
        self.parsed: ParsedInput | None = None
        self.trace: ModelTrace | None = None
        self.seeded: list[tuple[NDArray[Any], ...]] = []
        self.findings: list[Finding] = []
        try:
            opened.model.check_beginning()
            self.trace = self._run_of(source)
            self.seeded = self._run_seeded()
        except UnsupportedLayerError as error:
            self.findings.append(
                Finding(
                    "run",
                    "note",
                    f"no run was checked: {error}",
                    error.layer,
                )
            )

    @property
    def understood(self) -> str | None:
        """How the sequence was understood."""
        if self.parsed is None:
            return None

        return self.parsed.understood

    def _run_of(self, source: Source) -> ModelTrace:
        """Run the sequence that was given, or the sample's own."""
        from rnn_tui.sequences import parse_sequence

        stdin = getattr(sys.stdin, "buffer", None)
        self.parsed = parse_sequence(
            source.input,
            self.opened.model.inputs,
            vocab=source.vocab,
            stdin=stdin,
        )

        return self.opened.run(
            self.parsed.arrays,
            unasked=self.parsed.unasked,
            warn=print_warning,
        )

    def _run_seeded(self) -> list[tuple[NDArray[Any], ...]]:
        """Return the outputs for random inputs of the model's own length."""
        from rnn_tui.analysis.lint import SEEDS
        from rnn_tui.sequences import parse_sequence

        outputs = []
        for seed in range(SEEDS):
            parsed = parse_sequence(f"random::{seed}", self.opened.model.inputs)
            trace = self.opened.run(
                parsed.arrays,
                unasked=True,
                warn=lambda line: None,
            )
            outputs.append(trace.outputs)

        return outputs


def _is_wanted(found: Finding, layers: Sequence[str]) -> bool:
    if not layers or found.layer is None:
        return True

    return any(
        found.layer == layer
        or found.layer.startswith((f"{layer}/", f"{layer}@"))
        for layer in layers
    )


def _page(found: Findings, parsed: ParsedInput | None) -> list[Part]:
    """Return the findings for people, a line each."""
    parts: list[Part] = []
    if parsed is not None:
        parts.append(f"input: {parsed.understood}")

    for one in found.found:
        place = f"{one.layer}: " if one.layer else ""
        where = ""
        if one.severity == "error":
            where = f" ({one.array}{list(one.index or ())})"

        parts.append(f"{one.severity}: {place}{one.text}{where}")

    return [*parts, found.note]
