"""What a notebook shows of a model, a run and a layer: tables, and heat maps as
SVG inside the page.
"""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from typing import TYPE_CHECKING, Any

from rnn_tui.analysis.gates import PARTS
from rnn_tui.engine.cells.kinds import kind_of, symbol
from rnn_tui.notebook.heat import heat_map, style

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from rnn_tui.engine.trace.trace import CellTrace, LayerTrace, ModelTrace
    from rnn_tui.formats.opened import OpenedModel

MOST_READ = 4_000_000
"""Parameters up to which a model's weights are drawn with its table."""
MOST_MAPS = 12
"""Heat maps of a page; more are named."""
LONGEST = 20_000
"""Timesteps of a run up to which all of them are read for its picture."""


def model_page(opened: OpenedModel) -> str:
    """Return a model's layers as a table, and the kernels of its cells."""
    model = opened.model
    rows = "".join(
        f"<tr><td>{'&nbsp;&nbsp;' * layer.depth}{escape(layer.path)}</td>"
        f"<td>{escape(layer.class_name)}</td>"
        f"<td>{escape(str(layer.output_shape))}</td>"
        f"<td>{layer.parameters:,}</td></tr>"
        for layer in model.layers
    )
    head = "<tr><th>layer</th><th>class</th><th>output</th><th>parameters</th>"
    title = (
        f"<b>{escape(model.name)}</b> {escape(model.class_name)}, "
        f"{model.parameters:,} parameters"
    )
    maps: list[str] = []
    if model.parameters <= MOST_READ:
        maps = list(_kernels(opened))

    return _page([title, f"<table>{head}</tr>{rows}</table>", *_few(maps)])


def trace_page(trace: ModelTrace) -> str:
    """Return the states of every cell of a run, and what the model returned."""
    parts = []
    for cell in trace.cells:
        parts += [_quantity(cell, name) for name in cell.cell.states]

    for number, output in enumerate(trace.outputs):
        words = f"output {number}: values × timesteps"
        width = 1
        if output.ndim:
            width = output.shape[-1]

        values = output[:1].reshape(-1, width)
        parts.append(heat_map(values.T, words))

    heading = f"<b>run</b> of {len(trace.layers)} layers"

    return _page([heading, *_few(parts)])


def layer_page(layer: LayerTrace) -> str:
    """Return every state and gate of a layer's cells, or its output."""
    parts = []
    for cell in layer.cells:
        names = list(cell.cell.states)
        for name in cell.names:
            if name not in names and not name.startswith("pre_"):
                names.append(name)

        parts += [_quantity(cell, name) for name in names]

    if not layer.cells and layer.outputs:
        value = layer.outputs[0][:1]
        width = value.shape[-1]
        flat = value.reshape(-1, width)
        parts.append(heat_map(flat.T, "output"))

    heading = f"<b>{escape(layer.path)}</b>"

    return _page([heading, *_few(parts)])


def _kernels(opened: OpenedModel) -> Iterator[str]:
    for entry in opened.model.cells:
        gates = " ".join(entry.cell.gates)
        for part in PARTS[:2]:
            weight = getattr(entry.cell, part, None)
            if weight is None:
                continue

            words = f"{entry.key} {part}: rows × gates {gates}"
            width = weight.shape[-1]
            yield heat_map(weight.reshape(-1, width), words)


def _quantity(cell: CellTrace, name: str) -> str:
    """Return a quantity of the first sequence: units × timesteps."""
    kind = kind_of(cell.cell)
    stop = min(cell.timesteps, LONGEST)
    values: NDArray[Any] = cell.read(name, 0, stop)[0]
    flat = values.reshape(len(values), -1)  # (timesteps, units)

    meaning = kind.meanings.get(name, "")
    words = f"{cell.key} {symbol(name)} {meaning}: units × timesteps"
    shares = {gate.value for gate in kind.gates if gate.share}

    return heat_map(flat.T, words, share=name in shares)


def _few(maps: list[str]) -> list[str]:
    if len(maps) <= MOST_MAPS:
        return maps

    more = f"<div>and {len(maps) - MOST_MAPS} more</div>"

    return [*maps[:MOST_MAPS], more]


def _page(parts: list[str]) -> str:
    return f'<div class="rnn-tui">{style()}{"".join(parts)}</div>'
