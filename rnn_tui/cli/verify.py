"""`rnn-tui verify`: the same run in TensorFlow/Keras beside the NumPy
engine.
"""

from __future__ import annotations

import contextlib
from argparse import Namespace
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from rnn_tui.cli.output import finite
from rnn_tui.cli.source import Source
from rnn_tui.cli.stderr import print_warnings
from rnn_tui.errors import RnnTuiError, UnsupportedLayerError

if TYPE_CHECKING:
    from rnn_tui.cli.tables import Part
    from rnn_tui.verify import Difference, Verification

TITLES = ("name", "kind", "shape", "absolute", "relative")


def run(arguments: Namespace) -> int:
    """Verify and return the exit status: 1 when a difference is above the
    tolerance.
    """
    source = Source(arguments)
    from rnn_tui.analysis.finite import not_finite
    from rnn_tui.cli.names import check_layers
    from rnn_tui.cli.output import Result, emit
    from rnn_tui.cli.trace import parse_input
    from rnn_tui.verify import verify

    opened = source.open()
    check_layers(arguments.layer, opened.model)
    parsed = parse_input(source, opened.model.inputs)
    with _ways_out():
        found = verify(
            source.path,
            parsed.arrays,
            opened=opened,
            texts=parsed.texts,
            unasked=parsed.unasked,
            partial=arguments.partial,
        )

    print_warnings(not_finite(opened.model))
    shown = [
        one for one in found.differences if _is_wanted(one, arguments.layer)
    ]
    agrees = found.agrees(arguments.tolerance)
    emit(
        Result(
            page=lambda: page(
                found,
                shown,
                arguments.tolerance,
                parsed.understood,
            ),
            tree=lambda: {
                **tree(found, shown, arguments.tolerance),
                "warnings": list(opened.warnings),
            },
            titles=TITLES,
            rows=lambda: [
                [one.name, one.kind, one.shape, one.absolute, one.relative]
                for one in shown
            ],
        ),
        arguments,
    )
    if agrees:
        return 0

    return 1


@contextlib.contextmanager
def _ways_out() -> Iterator[None]:
    """Add the user's options to the message about the layer that stops a
    run.
    """
    try:
        yield
    except UnsupportedLayerError as error:
        raise RnnTuiError(
            f"{error}; --partial compares what comes before it"
        ) from error


def _is_wanted(found: Difference, layers: Sequence[str]) -> bool:
    if not layers or found.kind == "output":
        return True

    return any(
        found.name == layer
        or found.name.startswith((f"{layer}/", f"{layer}@", f"{layer}["))
        for layer in layers
    )


def tree(
    found: Verification,
    shown: Sequence[Difference],
    tolerance: float,
) -> dict[str, Any]:
    """Return the comparison as JSON; a difference that isn't a number (other
    shapes, NaN) is null.
    """
    return {
        "schema": 1,
        "keras": found.keras,
        "tensorflow": found.tensorflow,
        "tolerance": tolerance,
        "agrees": found.agrees(tolerance),
        "differences": [
            {
                "name": one.name,
                "kind": one.kind,
                "shape": list(one.shape),
                "absolute": finite(one.absolute),
                "relative": finite(one.relative),
            }
            for one in shown
        ],
        "unseen": list(found.unseen),
        "rebuilt": found.rebuilt,
        "stopped": None
        if found.stopped is None
        else {"layer": found.stopped[0], "reason": found.stopped[1]},
        "notes": list(found.notes),
    }


def page(
    found: Verification,
    shown: Sequence[Difference],
    tolerance: float,
    understood: str,
) -> list[Part]:
    """Return the comparison for people."""
    from rnn_tui.analysis.table import Table

    rows = [
        [
            one.name,
            str(one.shape),
            f"{one.absolute:.2e}",
            f"{one.relative:.2e}",
            "" if one.relative <= tolerance else "✗",
        ]
        for one in shown
    ]
    titles = ("Array", "Shape", "Absolute", "Relative", "")
    parts: list[Part] = [
        f"input: {understood}",
        found.ran_in,
    ]
    parts += [*found.remarks(), ""]
    parts += [Table("verify", titles, rows, numbers=frozenset(titles[2:4])), ""]
    if found.unseen:
        parts.append(
            f"not compared, {found.asked} showed no output of it: "
            f"{', '.join(found.unseen)}"
        )

    return [*parts, _verdict(found, tolerance)]


def _verdict(found: Verification, tolerance: float) -> str:
    """Return the last line: whether the compared arrays are equal, and which
    array decides.
    """
    worst = found.largest
    if not found.agrees(tolerance):
        return (
            f"differs: {worst.name} by {worst.relative:.2e}, above "
            f"{tolerance:g}"
        )

    if found.unseen or found.stopped:
        equal = "what was compared is equal within"
    else:
        equal = "equal within"

    return (
        f"{equal} {tolerance:g}: the largest difference is {worst.relative:.2e}"
    )
