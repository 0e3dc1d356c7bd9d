"""The findings of `lint`: one finding is a check, how bad it is, where, and a
sentence.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from rnn_tui.analysis.table import Table

Severity = Literal["error", "warning", "note"]
SEVERITIES: tuple[Severity, ...] = ("error", "warning", "note")

TITLES = ("severity", "check", "layer", "array", "gate", "index", "text")


@dataclass(frozen=True)
class Finding:
    """One finding; `layer`, `array`, `gate` and `index` are None where they
    don't apply.
    """

    check: str
    severity: Severity
    text: str
    layer: str | None = None
    array: str | None = None
    gate: str | None = None
    index: tuple[int, ...] | None = None

    def tree(self) -> dict[str, Any]:
        """Return it as JSON."""
        return {
            "check": self.check,
            "severity": self.severity,
            "layer": self.layer,
            "array": self.array,
            "gate": self.gate,
            "index": None if self.index is None else list(self.index),
            "text": self.text,
        }


@dataclass(frozen=True, eq=False)
class Findings:
    """All that was found, the worst first, and which checks were made."""

    found: tuple[Finding, ...]
    checks: tuple[str, ...]

    @property
    def errors(self) -> int:
        """How many errors there are."""
        return sum(one.severity == "error" for one in self.found)

    @property
    def note(self) -> str:
        """How many of each there are, in a sentence."""
        if not self.found:
            return f"nothing found by {len(self.checks)} checks"

        counts = []
        for severity in SEVERITIES:
            count = sum(one.severity == severity for one in self.found)
            plural = "" if count == 1 else "s"
            counts.append(f"{count} {severity}{plural}")

        return ", ".join(counts)

    def table(self) -> Table:
        """Return a row for each finding."""
        rows = [
            [
                one.severity,
                one.check,
                one.layer or "",
                one.array or "",
                one.gate or "",
                "" if one.index is None else str(list(one.index)),
                one.text,
            ]
            for one in self.found
        ]
        return Table("findings", TITLES, rows)


def ordered(found: Sequence[Finding]) -> tuple[Finding, ...]:
    """Return findings, the worst first, otherwise in their order."""
    return tuple(sorted(found, key=lambda one: SEVERITIES.index(one.severity)))
