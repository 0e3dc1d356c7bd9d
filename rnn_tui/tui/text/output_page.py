"""The page of the Output view, in sections: the arrays that Keras returns here,
the layers after it, the model's outputs, the verdict.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from rnn_tui.tui.renderables.output_map import LOWEST, WITH_TOKENS, OverTime
from rnn_tui.tui.renderables.sharing import shared_lines
from rnn_tui.tui.session.tokens import fitting_names, shown_names
from rnn_tui.tui.text.changes import changed_outputs
from rnn_tui.tui.text.downstream import behind
from rnn_tui.tui.text.layer_outputs import arrays, choice_table
from rnn_tui.tui.text.model_outputs import (
    WIDE,
    lines_wanted,
    predictions,
)
from rnn_tui.tui.text.other_run import Other, of_sequence, others_of
from rnn_tui.tui.text.outputs_over_time import OutputsOverTime
from rnn_tui.tui.text.so_far import so_far, so_far_lines

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

AROUND = 3
"""Lines of a figure beside its bars or its plot: its title, the values below
it and a blank line; of two runs there is one more.
"""


class Page(NamedTuple):
    """The sections, and the lines that they leave to the map of `over_time`, 0
    where there is none.
    """

    sections: dict[str, tuple[Part, ...]]
    over_time: OverTime | None = None
    map_lines: int = 0


def page(
    session: Session,
    size: tuple[int, int],
    ascii: bool,
    kept: OutputsOverTime,
) -> Page:
    """Return the page in a view of `size`; sections of which there is nothing
    to say are empty.
    """
    opened = session.subject.opened
    trace = session.subject.trace
    sections: dict[str, tuple[Part, ...]] = dict.fromkeys(SECTIONS, ())
    if opened is None or trace is None:
        return Page(sections)

    width, height = size
    place = session.cursor
    layer, run = _layer(session, opened, trace)
    if layer is not None and run is not None:
        about = _about(layer, run, width)
        returned = arrays(layer, run, place, width)
        after = behind(opened.model, layer.path, width)
        sections["about"] = tuple(about)
        sections["arrays"] = tuple(returned)
        sections["behind"] = tuple(after)

    if session.reference is not None:
        changed = changed_outputs(session.reference, place.sequence)
        sections["changes"] = tuple(changed)

    verdict = _verdict(session.subject.verdict)
    sections["verdict"] = tuple(verdict)

    # the figures get the lines that the rest leaves
    taken = sum(map(section_lines, sections.values()))
    left = height - 1 - taken
    others = others_of(session)
    figures = _Figures(session, trace, others, width, ascii)
    over_time = kept.of(session, _names(session.subject.vocabulary))
    of_map = map_share(figures.wanted, over_time, left)
    outputs, so_far = figures.sections(left - of_map)
    sections["outputs"] = outputs
    sections["so-far"] = so_far
    if not of_map:
        return Page(sections)

    # with the lines that the figures don't fill, or without those that they
    # fill in any case, and without the blank one
    of_map = left - section_lines(outputs) - section_lines(so_far) - 1
    if of_map < WITH_TOKENS + LOWEST:
        return Page(sections)

    return Page(sections, over_time, of_map)


def map_share(
    wanted: Sequence[int],
    over_time: OverTime | None,
    lines: int,
) -> int:
    """Return how many of `lines` the map gets, with the blank one after it: the
    lines that figures of `wanted` lines leave, or where those are too few an
    equal share; 0 where that is too little as well.
    """
    if over_time is None:
        return 0

    own = over_time.lines_wanted + 1
    fewest = WITH_TOKENS + LOWEST + 1
    left = lines - sum(wanted)
    if left >= fewest:
        return min(left, own)

    *_, share = shared_lines([*wanted, own], lines)
    if share < fewest:
        return 0

    return share


def section_lines(parts: tuple[Part, ...]) -> int:
    """Return the lines of a section, with the blank one after it."""
    if not parts:
        return 0

    text = "".join(text for text, _ in parts)

    return text.rstrip("\n").count("\n") + 2


@dataclass(frozen=True, eq=False)
class _Figures:
    """The model's outputs and the prediction so far, which share the lines
    there are.
    """

    session: Session
    trace: ModelTrace
    others: list[Other | None]
    width: int
    ascii: bool

    @property
    def wanted(self) -> list[int]:
        """The lines that each figure fills, with those around it."""
        sequence = self.session.cursor.sequence
        outputs = [
            lines_wanted(of_sequence(output, sequence), self._columns)
            for output in self.trace.outputs
        ]
        figures = outputs + so_far_lines(self.session, self._columns)

        return [lines + self._around for lines in figures]

    @property
    def _columns(self) -> int:
        """In how many columns bars may be; of two runs each has one."""
        if self.width >= WIDE and not self.others:
            return 2

        return 1

    @property
    def _around(self) -> int:
        """The lines of a figure beside its bars or its plot."""
        return AROUND + bool(self.others)

    def sections(
        self,
        lines: int,
    ) -> tuple[tuple[Part, ...], tuple[Part, ...]]:
        """Return both sections in `lines` lines, or more where those are
        few.
        """
        shares = shared_lines(self.wanted, lines)
        heights = [max(share - self._around, 0) for share in shares]
        outputs = len(self.trace.outputs)
        first = tuple(self._outputs(heights[:outputs]))
        second = tuple(self._so_far(heights[outputs:]))

        return first, second

    def _outputs(self, heights: list[int]) -> Iterator[Part]:
        trace = self.trace
        if trace.stopped is not None:
            layer, reason = trace.stopped
            yield (f"The run stopped at {layer}: {reason}\n", "$warning")

        if trace.outputs:
            yield ("the model's output   ", "$muted")
            yield from predictions(
                trace,
                self.session.cursor,
                self.width,
                heights,
                self.ascii,
                _names(self.session.subject.vocabulary),
                self.others,
            )

    def _so_far(self, heights: list[int]) -> Iterator[Part]:
        if not self.trace.outputs:
            return

        names = _names(self.session.subject.vocabulary)
        classes = self.trace.outputs[0].shape[-1]
        found = fitting_names(names, classes)
        yield from so_far(self.session, self.width, heights, self.ascii, found)


def _layer(
    session: Session,
    opened: OpenedModel,
    trace: ModelTrace,
) -> tuple[LayerInfo | None, LayerTrace | None]:
    """Return the layer that holds the cell in question, and its trace."""
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


def _names(vocabulary: Mapping[str, int] | None) -> Mapping[int, str]:
    """Return the names of the classes of the output, where the vocabulary says
    it.
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
