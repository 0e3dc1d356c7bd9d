"""The Output view: what the layer returns in Keras and why, the layers behind it, the
model's outputs, the verdict.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from rnn_tui.analysis.table import Table
from rnn_tui.tui.session.tokens import shown_names
from rnn_tui.tui.text.downstream import behind
from rnn_tui.tui.text.layer_outputs import arrays, choice_table
from rnn_tui.tui.text.model_outputs import of_sequence, predictions
from rnn_tui.tui.views.base import View

if TYPE_CHECKING:
    from rnn_tui.engine.model import LayerInfo
    from rnn_tui.engine.trace.trace import LayerTrace, ModelTrace
    from rnn_tui.tui.session.cursor import Place

Part = tuple[str, str]
"""Text and its style."""


SECTIONS = ("about", "arrays", "behind", "outputs", "verdict")
"""The page's parts, apart so that a timestep rewrites only those that change with
time.
"""


class OutputView(View):
    """One page, read from the recurrent layer outward."""

    DEFAULT_CSS = """
    OutputView { padding: 1 1 0 1; }
    OutputView VerticalScroll { scrollbar-size-vertical: 1; }
    OutputView Static { display: none; }
    OutputView Static.-said { display: block; margin-bottom: 1; }
    """
    FOOTER: ClassVar = (
        ("space", "play"),
        (", .", "step"),
        ("[ ]", "layer"),
        ("v", "verify"),
        ("e", "export"),
    )
    HELP: ClassVar = (
        "From the recurrent layer outward: which arrays Keras returns here, given "
        "return_sequences and return_state; their values at the timestep in question; "
        "the layers behind; the model's outputs, as bars (the ten largest) or as "
        "lines over time. Verify (v) runs the same sequence in Keras and says how far "
        "the two lie apart."
    )
    KEYS: ClassVar = (
        ("← →", "a timestep back or on"),
        ("↑ ↓", "scroll"),
        ("v", "compare with Keras"),
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left,h", "screen.step(-1)", show=False),
        Binding("right,l", "screen.step(1)", show=False),
        Binding("up,k", "scroll(-1)", show=False),
        Binding("down,j", "scroll(1)", show=False),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._written: dict[str, tuple[Part, ...]] = {}

    def compose(self) -> ComposeResult:
        """The page."""
        with VerticalScroll():
            for name in SECTIONS:
                yield Static(id=name, markup=False)

    def first_focus(self) -> Widget:
        """The page."""
        return self.query_one(VerticalScroll)

    def on_resize(self) -> None:
        """Lay the page out anew."""
        self.call_after_refresh(self.draw)

    def shown_again(self) -> None:
        """Draw what changed."""
        self.draw()

    def watch_opened(self) -> None:
        """Say what there is of another file."""
        self.draw()

    def watch_trace(self, trace: ModelTrace | None) -> None:
        """Show another run."""
        self.draw()

    def watch_place(self, place: Place) -> None:
        """Follow the place."""
        self.draw()

    def action_scroll(self, by: int) -> None:
        """Move the page."""
        self.query_one(VerticalScroll).scroll_relative(y=2 * by, animate=False)

    def copied(self) -> tuple[str, str] | None:
        """The model's outputs at the place."""
        if self.trace is None or not self.trace.outputs:
            return None

        value = of_sequence(self.trace.outputs[0], self.place.sequence)

        return "the model's output", repr(value.tolist())

    def shown_table(self) -> Table | None:
        """The model's first output, a row for each timestep."""
        if self.trace is None or not self.trace.outputs:
            return None

        value = of_sequence(self.trace.outputs[0], self.place.sequence)
        if value.ndim:
            rows = value.reshape(-1, value.shape[-1])
        else:
            rows = value.reshape(1, 1)

        return Table(
            "output", tuple(str(k) for k in range(rows.shape[1])), rows.tolist()
        )

    def draw(self) -> None:
        """Write the page, where it is seen."""
        if not self.is_mounted or not self.display or not self.size.width:
            # without a width nothing can be laid out: what was would stay, if this came
            # last
            return

        width = max(self.size.width - 3, 24)
        unseen = self.trace is None or self.opened is None
        nothing: tuple[tuple[Part, ...], ...] = (
            ((self.nothing, "$muted"),),
            *((),) * (len(SECTIONS) - 1),
        )
        for name, parts in zip(
            SECTIONS, nothing if unseen else self._page(width), strict=True
        ):
            self._write(name, tuple(parts))

    def _write(self, name: str, parts: tuple[Part, ...]) -> None:
        before = self._written.get(name)
        if parts == before:
            return

        self._written[name] = parts
        lines, were = (
            sum(text.count("\n") for text, _ in some) for some in (parts, before or ())
        )
        section = self.query_one(f"#{name}", Static)
        section.update(
            Content.assemble(*parts).rstrip("\n"),
            layout=before is None or lines != were,
        )
        section.set_class(bool(parts), "-said")

    def _page(self, width: int) -> Iterator[Iterator[Part]]:
        """Yield the parts of each section."""
        yield self._about(width)
        layer, run = self._layer()
        if layer is None or run is None or self.opened is None:
            yield from (iter(()), iter(()))
        else:
            yield arrays(layer, run, self.place, width)
            yield behind(self.opened.model, layer.path, width)

        yield self._outputs(width)
        yield self._verdict()

    def _about(self, width: int) -> Iterator[Part]:
        layer, run = self._layer()
        if layer is not None and run is not None:
            yield (layer.path, "$accent bold")
            yield (f"  {layer.class_name}   what Keras returns here\n\n", "$muted")
            yield from choice_table(layer, run.cells[0].cell.states, width)

    def _outputs(self, width: int) -> Iterator[Part]:
        trace = self.trace
        if trace is None:
            return

        if trace.stopped is not None:
            yield (
                f"The run stopped at {trace.stopped[0]}: {trace.stopped[1]}\n",
                "$warning",
            )

        if trace.outputs:
            yield ("the model's output   ", "$muted")
            yield from predictions(
                trace,
                self.place,
                width,
                self.size.height - 20,
                self._ascii,
                self._names(),
            )

    def _layer(self) -> tuple[LayerInfo | None, LayerTrace | None]:
        """The layer that holds the cell in question, and what it returned."""
        cell = self.cell
        if cell is None or self.trace is None or self.opened is None:
            return None, None

        runs = [
            run
            for run in self.trace.layers.values()
            if any(one is cell for one in run.cells)
        ]
        layer = next(
            (x for x in self.opened.model.layers if x.path == cell.layer), None
        )
        if runs and runs[0].outputs:
            return (layer, runs[0])

        return (None, None)

    def _verdict(self) -> Iterator[Part]:
        verdict: Any = getattr(self.screen, "verdict", None)
        if verdict is None:
            yield (
                "not compared with Keras yet: v runs the same sequence in TensorFlow\n",
                "$muted",
            )
            return

        largest = verdict.largest
        yield (f"{verdict.keras} on TensorFlow {verdict.tensorflow}\n", "$muted")
        for line in verdict.remarks():
            yield (f"{line}\n", "$muted")

        agrees = verdict.agrees()
        words = "equals Keras" if agrees else "differs from Keras"
        yield (f"● {words}", "$accent bold" if agrees else "$error bold")
        yield (
            f": the largest difference is {largest.absolute:.1e}, at {largest.name}\n",
            "",
        )
        for difference in verdict.differences:
            yield (f"  {difference.name:<32} {difference.absolute:.1e}\n", "$muted")

    def _names(self) -> Mapping[int, str]:
        """What the classes of the output are called, where the vocabulary says it."""
        vocabulary = getattr(self.screen, "vocabulary", None)
        if vocabulary:
            return shown_names(vocabulary)

        return {}

    @property
    def _ascii(self) -> bool:
        return bool(getattr(self.app, "ascii", False))
