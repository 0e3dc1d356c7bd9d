"""A layer explained: its computation, its configuration, the count of its
parameters, the gates in its arrays.
"""

from __future__ import annotations

from textwrap import wrap
from typing import TYPE_CHECKING

from rnn_tui.engine.cells.kinds import kind_for
from rnn_tui.tui.renderables.gates import StoredPart, drawing
from rnn_tui.tui.renderables.shapes import shape_text, thousands
from rnn_tui.tui.renderables.symbols import PARTS
from rnn_tui.tui.text.class_help import sentence

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from rnn_tui.analysis.findings import Finding
    from rnn_tui.engine.cells.cell import Cell
    from rnn_tui.engine.core.arrays import Array
    from rnn_tui.engine.model import CellEntry, LayerInfo
    from rnn_tui.formats.opened import OpenedModel

Part = tuple[str, str]
"""Text and its style."""


def stored_parts(cell: Cell) -> list[StoredPart]:
    """Return the weights of a cell with their shapes, and the constants its
    biases hold gate by gate.
    """
    parts = []
    for name in PARTS:
        value = getattr(cell, name, None)
        if value is None:
            continue

        if (
            name == "input_bias"
            and getattr(cell, "recurrent_bias", None) is None
        ):
            shown = "bias"
        else:
            shown = name

        constants: tuple[float | None, ...] = ()
        if value.ndim == 1:
            constants = _constants(value, len(cell.gates))

        parts.append(StoredPart(shown, tuple(value.shape), constants))

    return parts


def parts_by_shape(layer: LayerInfo) -> list[StoredPart]:
    """Return the weights of a layer too large to be read for this: their shapes
    alone.
    """
    return [
        StoredPart(name, shape)
        for name, shape, _ in layer.weights
        if name in PARTS
    ]


def _constants(bias: Array, gates: int) -> tuple[float | None, ...]:
    """Return for each gate the value its whole bias has, None where the values
    differ.
    """
    width = len(bias) // gates
    blocks = [
        bias[index * width : (index + 1) * width] for index in range(gates)
    ]

    return tuple(
        float(block[0])
        if len(block) and bool((block == block[0]).all())
        else None
        for block in blocks
    )


def explanation(
    layer: LayerInfo,
    cells: Iterable[tuple[CellEntry, list[StoredPart]]],
    width: int,
    opened: OpenedModel,
    findings: Sequence[Finding] = (),
) -> Iterator[Part | str]:
    """Yield the explanation of `layer` as styled text, wrapped to `width`;
    `findings` are those of the whole model.
    """
    style = "$accent bold" if layer.recurrent else "bold"
    yield (layer.path.rpartition("/")[2], style)
    yield (f"  {layer.class_name}\n", "$muted")
    if text := sentence(layer.class_name):
        yield from _paragraph(text, width)

    if layer.why_not:
        yield "\n"
        yield from _paragraph(
            f"Can't be reproduced: {layer.why_not}.",
            width,
            "$warning",
        )
        name = opened.file.path.rpartition("/")[2]
        hint = "The run stops here."
        if any(layer.path in other.inputs for other in opened.layers):
            hint += (
                f" rnn-tui trace {name} --from {layer.path} --input … goes on "
                "behind it."
            )

        yield from _paragraph(hint, width, "$muted")
        fits = [
            f"{own.path} as {own.framework}'s {own.fits[0]}"
            for own in opened.own
            if own.fits and _within(layer, own.path)
        ]
        if fits:
            yield from _paragraph(
                f"a computes {', '.join(fits)}, on that assumption.",
                width,
                "$muted",
            )

    yield from _health(layer, findings, width)
    yield from _list(layer.words, width)
    yield from _list(layer.notes, width, "$muted")
    yield from _facts(layer, width)
    for entry, parts in cells:
        yield from _gates(entry, parts, width)

    yield from _file(opened, width)


TONES = {"error": "$error", "warning": "$warning", "note": "$muted"}
"""The style of a finding, by how bad it is."""


def _health(
    layer: LayerInfo,
    findings: Sequence[Finding],
    width: int,
) -> Iterator[Part | str]:
    """Yield the findings of the checks about a layer, and of the model as a
    whole.
    """
    own = [
        one
        for one in findings
        if one.layer is None or _within(layer, one.layer)
    ]
    if not own:
        return

    yield "\n"
    for one in own:
        yield from _paragraph(
            f"{one.severity}: {one.text}",
            width,
            TONES[one.severity],
        )


READER = "hdf5"
"""The fact that is about the machine, not about the file: the version of the
library that read it.
"""


def _within(layer: LayerInfo, path: str) -> bool:
    """Whether a path is that of the layer, of one inside it or of one around
    it.
    """
    return (
        layer.path == path
        or layer.path.startswith(f"{path}/")
        or path.startswith(f"{layer.path}/")
    )


def _file(opened: OpenedModel, width: int) -> Iterator[Part | str]:
    """The kind of the file, its warnings, and its missing parts."""
    file = opened.file
    yield ("\nthis file\n", "$muted")
    made = file.written_by
    if file.backend:
        made = f"{made}, {file.backend}"

    rows = [
        ("container", f"{file.container}, {thousands(file.bytes)} bytes"),
        ("written by", made),
    ]
    rows += [
        (name, text)
        for name, text in file.facts.items()
        if text and name != READER
    ]
    rows += [
        ("assumed", f"{key} {value}") for key, value in opened.assumed.items()
    ]
    if opened.readable is not None and opened.lacks:
        rows.append(("readable", opened.readable.words()))

    yield from _rows(rows, width)
    yield from _list(opened.warnings, width, "$warning", first="\n")


def _paragraph(text: str, width: int, style: str = "") -> Iterator[Part]:
    yield ("\n".join(wrap(text, width)) + "\n", style)


def _list(
    lines: Iterable[str],
    width: int,
    style: str = "",
    first: str = "\n",
) -> Iterator[Part | str]:
    for index, line in enumerate(lines):
        if index == 0:
            yield first

        yield (
            "\n".join(
                wrap(line, width, initial_indent="· ", subsequent_indent="  ")
            )
            + "\n",
            style,
        )


def _facts(layer: LayerInfo, width: int) -> Iterator[Part]:
    rows = []
    if layer.inputs:
        rows.append(("reads", ", ".join(layer.inputs)))

    rows.append(("returns", shape_text(layer.output_shape)))
    if layer.parameters:
        frozen = "" if layer.trainable else ", frozen"
        if layer.formula:
            count = f"{layer.formula} = {thousands(layer.parameters)}"
        else:
            count = thousands(layer.parameters)

        rows.append(("parameters", count + frozen))

    yield ("\n", "")
    yield from _rows(rows, width)


def _rows(rows: Iterable[tuple[str, str]], width: int) -> Iterator[Part]:
    for name, value in rows:
        yield (f"{name:<12}", "$muted")
        yield (
            "\n".join(
                wrap(value, max(width - 12, 12), subsequent_indent=" " * 12)
            )
            + "\n",
            "",
        )


def _gates(
    entry: CellEntry,
    parts: list[StoredPart],
    width: int,
) -> Iterator[Part | str]:
    if not parts:
        return

    gates = kind_for(entry.class_name).letters
    title = "how the stored arrays fall into gates"
    where = entry.direction or (
        f"cell {entry.index}" if entry.index is not None else ""
    )
    yield (f"\n{title}{f', {where}' if where else ''}\n", "$muted")
    for line, tone in drawing(parts, gates, PARTS, width):
        yield (line + "\n", f"${tone}" if tone else "")
