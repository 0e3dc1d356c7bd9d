"""The Python interface: an opened model and its traces, with the analyses bound
to them as methods.

The engine's classes know no analysis; those here are the same classes with
methods more. Each analysis is imported when it is first called.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from rnn_tui.engine.trace.trace import LayerTrace, ModelTrace
from rnn_tui.errors import NotThroughError, RnnTuiError
from rnn_tui.formats.opened import OpenedModel
from rnn_tui.formats.opened import open_model as open_bare

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from numpy.typing import NDArray
    from xarray import Dataset

    from rnn_tui.analysis.changes import Clamp, Off
    from rnn_tui.analysis.effects import Effects
    from rnn_tui.analysis.felt import FeltByLag
    from rnn_tui.analysis.findings import Findings
    from rnn_tui.analysis.influence import Influence
    from rnn_tui.analysis.memory import CellMemory
    from rnn_tui.analysis.saturation import Saturation
    from rnn_tui.analysis.so_far import SoFar
    from rnn_tui.analysis.target import Target
    from rnn_tui.analysis.units import UnitStatistics
    from rnn_tui.analysis.written import Written
    from rnn_tui.engine.model import InputInfo
    from rnn_tui.engine.trace.trace import CellTrace
    from rnn_tui.formats.client.process import PendingRead
    from rnn_tui.sequences import ParsedInput
    from rnn_tui.sequences.parse import Vocabulary

CALLER = 3
"""How many frames a warning of a run is below the caller's line."""


@dataclass(frozen=True, eq=False, repr=False)
class AnalyzedModel(OpenedModel):
    """An opened model: `run` takes a sequence as the explorer's prompt does."""

    def run(
        self,
        x: Any,
        *,
        unasked: bool = False,
        warn: Callable[[str], object] | None = None,
        vocab: Vocabulary | None = None,
        **options: Any,
    ) -> AnalyzedTrace:
        """Run the model on `x`: see Model.run.

        `x` may also be what the prompt takes (`"random:50"`,
        `"0.1 0.2; 0.3 0.1"`, `"text: hello"` with a `vocab`), as one text or
        as one by input name. For an input that is text in Keras, a text is
        the sequence itself.
        """
        infos = self.model.inputs_of(options.get("start_at"))
        read = _read(x, infos, vocab)
        trace = super().run(
            read.arrays,
            unasked=unasked or read.unasked,
            warn=warn or partial(warnings.warn, stacklevel=CALLER),
            **options,
        )

        return bound_trace(trace, self)

    def edited(
        self,
        *,
        off: str | Sequence[str] = (),
        clamp: str | Sequence[str] = (),
        over: ModelTrace | None = None,
    ) -> AnalyzedModel:
        """Return the model with units off (`"lstm:2"`, `"lstm:2=mean"`) and
        quantities clamped (`"lstm:f:2=1"`), as `trace --off --clamp` has them.

        `over` is the run whose mean a unit with `=mean` has. Each trace's
        `warnings` name the changes. Raises EditError.
        """
        from rnn_tui.analysis.changes import parse_clamp, parse_off
        from rnn_tui.analysis.what_if import edited_model

        changes: list[Off | Clamp] = [
            *[parse_off(text) for text in _texts(off)],
            *[parse_clamp(text) for text in _texts(clamp)],
        ]
        model, words = edited_model(self.model, changes, over)
        said = [f"what if: {line}" for line in words]

        return bound_model(self.changed(model, said))

    def influence(
        self,
        x: Any,
        target: str | None = None,
        *,
        method: str = "swap",
        baseline: str | NDArray[Any] | Mapping[str, NDArray[Any]] = "zeros",
        of: str | None = None,
        vocab: Vocabulary | None = None,
        dtype: str = "float32",
        initial_state: Mapping[str, NDArray[Any]] | None = None,
    ) -> Influence:
        """Return which timesteps of `x` a target depends on, by the method
        "swap", "gradient" or "ig": see rnn_tui.analysis.influence.

        `x` is one sequence, as `run` takes it, `target` a text such as
        `"open[0]@-1"`, without it the model's first output; `of` names an input
        where there are several.
        """
        from rnn_tui.analysis.influence import influence
        from rnn_tui.sequences.tokens import load_vocabulary

        vocabulary = None
        if vocab is not None:
            vocabulary = load_vocabulary(vocab)

        trace = self.run(
            x,
            vocab=vocab,
            dtype=dtype,
            initial_state=initial_state,
        )

        return influence(
            self.model,
            trace.inputs,
            target,
            method,
            baseline,
            of=of,
            trace=trace,
            dtype=dtype,
            initial_state=initial_state,
            vocabulary=vocabulary,
        )

    def gradient(
        self,
        x: Any,
        target: str | None = None,
        **options: Any,
    ) -> Influence:
        """Return the total derivative of a target by `x`, through time: its
        `values` are `(timesteps, features)`. The options are those of
        `influence`.
        """
        return self.influence(x, target, method="gradient", **options)

    def lint(
        self,
        x: Any = None,
        *,
        vocab: Vocabulary | None = None,
    ) -> Findings:
        """Return the findings of `rnn-tui lint`: of the weights, of a run on
        `x` where one is given, of the outputs for eight seeded inputs.
        """
        return _linted(self, x, vocab)

    def weights(self, layer: str | None = None) -> dict[str, NDArray[Any]]:
        """Return every gate's block (`lstm/kernel/i`) and every other layer's
        array (`dense/kernel`), of one layer or of all.
        """
        from rnn_tui.analysis.arrays import without_gates
        from rnn_tui.analysis.gates import gate_blocks
        from rnn_tui.analysis.weight_records import named_values

        gates = gate_blocks(self.model, layer)
        others = without_gates(self.model, layer)

        return {key: read() for key, read in named_values(gates, others)}

    def _repr_html_(self) -> str:
        from rnn_tui.notebook.pages import model_page

        return model_page(self)

    def assuming(self, **assume: str) -> AnalyzedModel:
        """Return the same file as another model: see OpenedModel.assuming."""
        return bound_model(super().assuming(**assume))


@dataclass(frozen=True, eq=False, repr=False)
class AnalyzedTrace(ModelTrace):
    """One run, and the model that ran."""

    model: OpenedModel | None = None

    def __getitem__(self, path: str) -> AnalyzedLayer:
        layer = super().__getitem__(path)
        return AnalyzedLayer(**vars(layer), trace=self)

    def prediction(
        self,
        initial_state: Mapping[str, NDArray[Any]] | None = None,
    ) -> SoFar:
        """Return the outputs had the sequence ended at each timestep.

        `initial_state` is that of the run. Raises RnnTuiError where there are
        none.
        """
        from rnn_tui.analysis.so_far import Options, so_far

        model = self._model()
        options = Options(self._dtype(), states=initial_state or {})

        return so_far(model.model, self, options)

    def _model(self) -> OpenedModel:
        if self.model is None:
            raise RnnTuiError("this trace doesn't know its model")

        return self.model

    def _dtype(self) -> str:
        from rnn_tui.engine.gradients.calls import dtype_of

        return dtype_of(self)

    def _target(self, text: str | None) -> Target:
        """Return the target of a text, or the model's own."""
        from rnn_tui.analysis.target import default_target, parse_target

        if text is None:
            return default_target(self._model(), self)

        return parse_target(text, self._model())

    def to_xarray(self) -> Dataset:
        """Return every quantity of every cell as an xarray Dataset, by the keys
        of a trace's file.

        Raises RnnTuiError where xarray isn't installed.
        """
        from rnn_tui.notebook.labelled import trace_dataset

        return trace_dataset(self)

    def _repr_html_(self) -> str:
        from rnn_tui.notebook.pages import trace_page

        return trace_page(self)


@dataclass(frozen=True, eq=False, repr=False)
class AnalyzedLayer(LayerTrace):
    """One call of one layer, and the run that it is a part of.

    Of a batch, `sequence` says which sequence an analysis is of.
    """

    trace: AnalyzedTrace | None = None

    def memory(
        self,
        target: str | None = None,
        sequence: int = 0,
    ) -> CellMemory:
        """Return how long the layer remembers: by its gate, by the whole cell,
        and by the effect of earlier inputs on the target.

        `target` is a text such as `"open[0]@-1"`; without it the model's first
        output. `felt` is None where a layer in the way isn't differentiated.
        """
        from rnn_tui.analysis.memory import memory

        cell = self._cell()
        felt = None
        if self.trace is not None and self.trace.model is not None:
            felt = _felt(self.trace, cell, target, sequence)

        return memory(cell, sequence, felt)

    def saturation(self, sequence: int = 0) -> Saturation:
        """Return how often each gate is nearly shut and nearly open."""
        from rnn_tui.analysis.saturation import saturation

        return saturation(self._cell(), sequence)

    def units(
        self,
        *,
        columns: Mapping[str, NDArray[Any]] | None = None,
        token: Callable[[int], str] = str,
        sequence: int = 0,
    ) -> UnitStatistics:
        """Return the statistics of each unit.

        `columns` are series of your own, each `(timesteps,)`; `token` names a
        token id.
        """
        from rnn_tui.analysis.series import Beside, Series, beside
        from rnn_tui.analysis.units import unit_statistics

        cell = self._cell()
        if self.trace is None or self.trace.model is None:
            found = Beside(Series(columns or {}))
        else:
            found = beside(
                self.trace.model.model,
                self.trace,
                cell,
                columns=columns,
                token=token,
                sequence=sequence,
            )

        return unit_statistics(cell, found.series, found.tokens, sequence)

    def written(
        self,
        unit: int,
        at: int | None = None,
        sequence: int = 0,
    ) -> Written:
        """Return when the state of a unit at timestep `at` was written."""
        from rnn_tui.analysis.written import written

        return written(self._cell(), unit, at, sequence)

    def effects(
        self,
        target: str | None = None,
        kind: str = "zero",
        initial_state: Mapping[str, NDArray[Any]] | None = None,
    ) -> Effects:
        """Return the change of a target for each unit that is off, by `kind`:
        its h is "zero", or its "mean" over this run.

        `initial_state` is that of the run.
        """
        from rnn_tui.analysis.effects import effects

        if self.trace is None:
            raise RnnTuiError("this trace doesn't know its model")

        return effects(
            self.trace._model().model,
            self.trace.inputs,
            self._cell().key,
            self.trace._target(target),
            kind=kind,
            dtype=self.trace._dtype(),
            states=initial_state,
            trace=self.trace,
        )

    def plot(
        self,
        quantities: Sequence[str] | None = None,
        sequence: int = 0,
    ) -> Figure:
        """Return a matplotlib figure: a heat map of each quantity, the states
        and gates where none is named.

        Raises RnnTuiError where matplotlib isn't installed.
        """
        from rnn_tui.notebook.plots import plot

        return plot(self._cell(), quantities, sequence)

    def to_xarray(self) -> Dataset:
        """Return every quantity as an xarray Dataset.

        Raises RnnTuiError where xarray isn't installed.
        """
        from rnn_tui.notebook.labelled import cell_dataset

        return cell_dataset(self._cell())

    def _repr_html_(self) -> str:
        from rnn_tui.notebook.pages import layer_page

        return layer_page(self)

    def _cell(self) -> CellTrace:
        """Return the one cell of the layer.

        Raises RnnTuiError where it has none or several.
        """
        if len(self.cells) == 1:
            return self.cells[0]

        if not self.cells:
            raise RnnTuiError(f"{self.path!r} is not recurrent")

        if self.cells[0].direction is not None:
            ways = ".forward, .backward"
        else:
            numbers = range(len(self.cells))
            ways = ", ".join(f".cell({k})" for k in numbers)

        raise RnnTuiError(f"{self.path!r} has several cells: ask {ways}")

    def cell(self, index: int) -> AnalyzedLayer:
        """Return the layer with one of its cells only."""
        return replace(self, cells=(self.cells[index],))


def open_model(
    path: str | os.PathLike[str],
    *,
    config: str | os.PathLike[str] | None = None,
    assume: Mapping[str, str] | None = None,
    as_: Mapping[str, str] | None = None,
    pending: PendingRead | None = None,
) -> AnalyzedModel:
    """Open a model file: see rnn_tui.formats.opened.open_model."""
    opened = open_bare(
        path,
        config=config,
        assume=assume,
        as_=as_,
        pending=pending,
    )

    return bound_model(opened)


def _texts(given: str | Sequence[str]) -> list[str]:
    """Return one text, or several, as a list."""
    if isinstance(given, str):
        return [given]

    return list(given)


def _linted(
    model: AnalyzedModel,
    x: Any,
    vocab: Vocabulary | None,
) -> Findings:
    """Return the findings of a model, of a run where `x` is given, and of runs
    on seeded random inputs.
    """
    from rnn_tui.analysis.lint import SEEDS, lint

    def silent(line: str) -> None:
        pass

    trace = None
    if x is not None:
        trace = model.run(x, vocab=vocab)

    seeded = [
        model.run(_random(model.model.inputs, seed), warn=silent).outputs
        for seed in range(SEEDS)
    ]

    return lint(model.model, trace, seeded)


def _random(infos: tuple[InputInfo, ...], seed: int) -> Mapping[str, Any]:
    """Return seeded random sequences of the model's own length."""
    return _parsed(f"random::{seed}", infos, None).arrays


def bound_model(opened: OpenedModel) -> AnalyzedModel:
    """Return an opened model with the analyses as its methods."""
    return AnalyzedModel(**vars(opened))


def bound_trace(trace: ModelTrace, model: OpenedModel) -> AnalyzedTrace:
    """Return a trace with the analyses as methods of its layers."""
    return AnalyzedTrace(**vars(trace), model=model)


def _felt(
    trace: AnalyzedTrace,
    cell: CellTrace,
    text: str | None,
    sequence: int,
) -> FeltByLag | None:
    """Return the influence of earlier inputs on a target; None where a layer in
    the way isn't differentiated.
    """
    from rnn_tui.analysis.felt import input_norms

    try:
        target = trace._target(text)
        norms = input_norms(trace._model(), trace, target, sequence)
    except NotThroughError:
        return None
    except RnnTuiError:
        # the model's own target may be no number; one that was asked for is
        if text is None:
            return None

        raise

    return norms.by_lag(cell)


@dataclass(frozen=True, eq=False)
class _Read:
    """A run's input, and whether only the file says how long it is."""

    arrays: Any
    unasked: bool = False


def _read(
    x: Any,
    infos: tuple[InputInfo, ...],
    vocab: Vocabulary | None,
) -> _Read:
    """Return the arrays that `x` means; others are returned as they are."""
    if isinstance(x, Mapping):
        return _read_by_input(x, infos, vocab)

    is_sequence_itself = len(infos) == 1 and infos[0].text is not None
    if not isinstance(x, str) or is_sequence_itself:
        return _Read(x)

    parsed = _parsed(x, infos, vocab)

    return _Read(parsed.arrays, parsed.unasked)


def _read_by_input(
    x: Mapping[str, Any],
    infos: tuple[InputInfo, ...],
    vocab: Vocabulary | None,
) -> _Read:
    by_name = {info.name: info for info in infos}
    found = _Read({})
    for name, value in x.items():
        info = by_name.get(name)
        if not isinstance(value, str) or info is None or info.text is not None:
            arrays = {name: value}
            unasked = False
        else:
            parsed = _parsed(value, (info,), vocab)
            arrays = dict(parsed.arrays)
            unasked = parsed.unasked

        found = replace(
            found,
            arrays={**found.arrays, **arrays},
            unasked=found.unasked or unasked,
        )

    return found


def _parsed(
    text: str,
    infos: tuple[InputInfo, ...],
    vocab: Vocabulary | None,
) -> ParsedInput:
    from rnn_tui.sequences import parse_sequence

    return parse_sequence(text, infos, vocab=vocab)
