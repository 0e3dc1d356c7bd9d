"""The page of the Output view, in sections: what Keras returns here, the layers
after it, the model's outputs, the verdict.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from rnn_tui.tui.session.tokens import shown_names
from rnn_tui.tui.text.changes import changed_outputs
from rnn_tui.tui.text.downstream import behind
from rnn_tui.tui.text.layer_outputs import arrays, choice_table
from rnn_tui.tui.text.model_outputs import fitting_names, predictions
from rnn_tui.tui.text.so_far import so_far

if TYPE_CHECKING:
    from rnn_tui.engine.model import LayerInfo
    from rnn_tui.engine.trace.trace import LayerTrace, ModelTrace
    from rnn_tui.formats.opened import OpenedModel
    from rnn_tui.tui.session.session import Session
    from rnn_tui.verify import Verification

Part = tuple[str, str]
"""Text and its style."""

SECTIONS = (
    "about",
    "arrays",
    "behind",
    "outputs",
    "so-far",
    "changes",
    "verdict",
)
"""The page's parts, apart so that a timestep rewrites only those that change
with time.
"""

AROUND = 20
"""Lines of the view that the model's outputs leave to the rest."""


def page(
    session: Session,
    size: tuple[int, int],
    ascii: bool,
) -> dict[str, tuple[Part, ...]]:
    """Return the sections in a view of `size`; those of which there is nothing
    to say are empty.
    """
    opened = session.subject.opened
    trace = session.subject.trace
    sections: dict[str, tuple[Part, ...]] = dict.fromkeys(SECTIONS, ())
    if opened is None or trace is None:
        return sections

    width, height = size
    layer, run = _layer(session, opened, trace)
    if layer is not None and run is not None:
        sections["about"] = tuple(_about(layer, run, width))
        sections["arrays"] = tuple(arrays(layer, run, session.cursor, width))
        sections["behind"] = tuple(behind(opened.model, layer.path, width))

    room = (width, height - AROUND)
    sections["outputs"] = tuple(_outputs(session, trace, room, ascii))
    sections["so-far"] = tuple(_so_far(session, room, ascii))
    if session.reference is not None:
        sections["changes"] = tuple(changed_outputs(session.reference))

    sections["verdict"] = tuple(_verdict(session.subject.verdict))

    return sections


def _layer(
    session: Session,
    opened: OpenedModel,
    trace: ModelTrace,
) -> tuple[LayerInfo | None, LayerTrace | None]:
    """Return the layer that holds the cell in question, and what it
    returned.
    """
    cell = session.cell
    if cell is None:
        return None, None

    runs = [run for run in trace.layers.values() if cell in run.cells]
    if not runs or not runs[0].outputs:
        return None, None

    named = [layer for layer in opened.model.layers if layer.path == cell.layer]

    return next(iter(named), None), runs[0]


def _about(layer: LayerInfo, run: LayerTrace, width: int) -> Iterator[Part]:
    yield (layer.path, "$accent bold")
    yield (f"  {layer.class_name}   what Keras returns here\n\n", "$muted")
    yield from choice_table(layer, run.cells[0].cell.states, width)


def _outputs(
    session: Session,
    trace: ModelTrace,
    room: tuple[int, int],
    ascii: bool,
) -> Iterator[Part]:
    if trace.stopped is not None:
        layer, reason = trace.stopped
        yield (f"The run stopped at {layer}: {reason}\n", "$warning")

    if trace.outputs:
        yield ("the model's output   ", "$muted")
        names = _names(session.subject.vocabulary)
        yield from predictions(trace, session.cursor, *room, ascii, names)


def _so_far(
    session: Session,
    room: tuple[int, int],
    ascii: bool,
) -> Iterator[Part]:
    trace = session.subject.trace
    if trace is None or not trace.outputs:
        return

    names = _names(session.subject.vocabulary)
    classes = trace.outputs[0].shape[-1]
    yield from so_far(session, room, ascii, fitting_names(names, classes))


def _names(vocabulary: Mapping[str, int] | None) -> Mapping[int, str]:
    """Return what the classes of the output are called, where the vocabulary
    says it.
    """
    if vocabulary:
        return shown_names(vocabulary)

    return {}


def _verdict(verdict: Verification | None) -> Iterator[Part]:
    if verdict is None:
        yield (
            "not compared with Keras yet: v runs the same sequence in "
            "TensorFlow\n",
            "$muted",
        )
        return

    yield (f"{verdict.ran_in}\n", "$muted")
    for line in verdict.remarks():
        yield (f"{line}\n", "$muted")

    if verdict.agrees():
        yield (f"● equals {verdict.asked}", "$accent bold")
    else:
        yield (f"● differs from {verdict.asked}", "$error bold")

    largest = verdict.largest
    yield (
        f": the largest difference is {largest.absolute:.1e}, at "
        f"{largest.name}\n",
        "",
    )
    for difference in verdict.differences:
        yield (f"  {difference.name:<32} {difference.absolute:.1e}\n", "$muted")
