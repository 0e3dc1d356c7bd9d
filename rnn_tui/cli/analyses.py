"""The parts of `analyze`: each computes one answer of a run, as JSON, as a page
for people and as rows of the long table.
"""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from rnn_tui.analysis.plain import number, plain
from rnn_tui.analysis.table import Table
from rnn_tui.errors import NotThroughError, RnnTuiError, SequenceError
from rnn_tui.text import clean

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from rnn_tui.analysis.effects import Effects
    from rnn_tui.analysis.felt import InputNorms
    from rnn_tui.analysis.target import Target
    from rnn_tui.cli.changes import ChangedRun
    from rnn_tui.cli.tables import Part
    from rnn_tui.engine.model import Model
    from rnn_tui.engine.trace.trace import CellTrace, ModelTrace

SHOWN = 8
"""Units, tokens or timesteps that a page shows."""

TITLES = ("part", "layer", "measure", "index", "value")
"""The columns of the long table; `index` is the unit, or the rank, lag or
timestep that the measure is counted by.
"""

Row = tuple[str, str, str, int, float]


@dataclass(frozen=True, eq=False)
class Analysis:
    """A run and the questions about it."""

    arguments: Namespace
    changed: ChangedRun
    trace: ModelTrace
    cells: tuple[CellTrace, ...]
    vocabulary: Mapping[str, int] | None = None
    warnings: list[str] = field(default_factory=list)

    @property
    def model(self) -> Model:
        """The model that ran, with the changes."""
        return self.changed.opened.model

    @cached_property
    def target(self) -> Target:
        """The target that was asked for, or the model's own.

        Raises RnnTuiError for one that doesn't exist.
        """
        from rnn_tui.analysis.target import default_target, parse_target

        if self.arguments.target is None:
            return default_target(self.model, self.trace)

        target = parse_target(self.arguments.target, self.model)
        target.value(self.trace)  # raises where the run has none

        return target

    @cached_property
    def explained(self) -> Target | None:
        """The target; None, with a warning, where none was asked for and the
        model's own is no number of the run.
        """
        try:
            target = self.target
            target.value(self.trace)
        except RnnTuiError as error:
            if self.arguments.target is not None:
                raise

            self.warnings.append(str(error))
            return None

        return target

    @cached_property
    def norms(self) -> InputNorms | None:
        """The effect of each timestep on the target; None, with a warning,
        where a layer isn't differentiated.
        """
        from rnn_tui.analysis.felt import input_norms

        if self.explained is None:
            return None

        try:
            return input_norms(self.model, self.trace, self.explained)
        except NotThroughError as error:
            self.warnings.append(str(error))
            return None

    def token(self, index: int) -> str:
        """Return the name of a token, its id without a vocabulary."""
        for name, place in (self.vocabulary or {}).items():
            if place == index:
                return clean(name) or str(index)

        return str(index)


@dataclass(frozen=True, eq=False)
class Answer:
    """One part of the result."""

    name: str
    tree: Mapping[str, Any]
    page: Sequence[Part]
    rows: Sequence[Row]
    note: str = ""
    """The entries beside the tree, where each of its keys is a name."""


def memory(one: Analysis) -> Answer:
    """Does it remember."""
    from rnn_tui.analysis.memory import memory as of_cell

    tree, page = {}, _Page("memory")
    rows: list[Row] = []
    for cell in one.cells:
        felt = None
        if one.norms is not None:
            felt = one.norms.by_lag(cell)

        found = of_cell(cell, felt=felt)
        tree[cell.key] = found.tree()
        rows += _long("memory", found.table())
        page.add(f"{cell.key}: {found.note}")
        if found.gate is None:
            continue

        columns = {"half-life": found.gate.half_life, "kept": found.gate.kept}
        page.add_units(columns, found.gate.half_life, "half-life")

    return Answer("memory", tree, page.parts, rows)


def saturation(one: Analysis) -> Answer:
    """Is it saturated."""
    from rnn_tui.analysis.saturation import saturation as of_cell

    tree, page = {}, _Page("saturation")
    rows: list[Row] = []
    for cell in one.cells:
        found = of_cell(cell)
        tree[cell.key] = found.tree()
        page.add(f"{cell.key}: {found.note}")
        columns = {}
        for name, shares in found.gates.items():
            columns[f"{name} low"] = shares.low
            columns[f"{name} high"] = shares.high

        rows += _rows("saturation", cell.key, columns)
        if found.anywhere:
            most = np.max(np.stack(list(columns.values())), axis=0)
            page.add_units(columns, most, "any share")

    return Answer("saturation", tree, page.parts, rows)


def units(one: Analysis) -> Answer:
    """The statistics of each unit."""
    from rnn_tui.analysis.direct_share import direct_share
    from rnn_tui.analysis.purpose import purposes
    from rnn_tui.analysis.series import beside
    from rnn_tui.analysis.units import unit_statistics

    own = [asked.partition("=")[0] for asked in one.arguments.column]
    outputs = one.model.output_names
    tree, page = {}, _Page("units")
    rows: list[Row] = []
    for cell in one.cells:
        found = beside(
            one.model,
            one.trace,
            cell,
            columns=own_columns(one.arguments.column, cell.timesteps),
            token=one.token,
        )
        statistics = unit_statistics(cell, found.series, found.tokens)
        direct = None
        if one.explained is not None:
            direct = direct_share(one.trace, cell, one.explained)

        tree[cell.key] = {
            **statistics.tree(),
            "direct": None if direct is None else direct.tree(),
        }
        for answer in purposes(statistics, own, outputs):
            page.add(f"{cell.key}: {answer.words(answer.series)}")

        page.add(f"{cell.key}: {statistics.dimension_note}; {statistics.note}")
        for unit, words in statistics.off.items():
            page.add(f"{cell.key}: h of unit {unit} is {words}, not computed")

        main = statistics.states[statistics.main]
        columns = {"std": main.std, "peak t": main.peak}
        columns |= {f"r({k})": r for k, r in main.correlation.items()}
        columns |= {f"Δ({k})": change for k, change in main.change.items()}
        if direct is not None:
            columns[f"share of {direct.target}"] = direct.values

        rows += _rows("units", cell.key, columns)
        page.add_units(columns, _off_last(main.std, statistics.off), "std")

    return Answer("units", tree, page.parts, rows)


def _off_last(by: NDArray[Any], off: Iterable[int]) -> NDArray[Any]:
    """Return what units are ordered by, `(units,)`, with those last that are
    off.
    """
    found = by.copy()
    found[list(off)] = -np.inf

    return found


def written(one: Analysis) -> Answer:
    """Which timesteps wrote the state that is there at the end."""
    from rnn_tui.analysis.written import written as of_unit

    tree = {}
    page = _Page("written and still there")
    rows: list[Row] = []
    for cell in one.cells:
        try:
            found = of_unit(cell, *_unit_and_time(one, cell))
        except RnnTuiError as error:
            one.warnings.append(str(error))
            page.add(str(error))
            continue

        tree[cell.key] = found.tree()
        page.add(f"{cell.key}: {found.note}")
        measure = f"{found.quantity}[{found.unit}]"
        values = found.values
        rows += _rows("written", cell.key, {measure: values})
        by_size = np.argsort(-np.abs(values), kind="stable")
        largest = sorted(by_size[:SHOWN].tolist())
        writers = [t for t in largest if values[t]]
        table = [[str(t), f"{values[t]:.4g}"] for t in writers]
        titles = ("t", "written")
        numbers = frozenset(titles)
        page.add(Table("written", titles, table, numbers=numbers))
        wrote = int(np.count_nonzero(values))
        page.add_left_out(len(table), wrote, "timesteps that wrote of it")
        page.add(f"sum {found.sum:.6g}, {measure} {found.state:.6g}")

    return Answer("written", tree, page.parts, rows)


def _unit_and_time(one: Analysis, cell: CellTrace) -> tuple[int, int | None]:
    """Return the unit and the timestep of the target where it is the state that
    a gate carries, else the unit that varies most and the end.
    """
    from rnn_tui.analysis.written import gate_of

    state = gate_of(cell).state
    if one.arguments.target is not None:
        target = one.target
        if (target.path, target.quantity) == (cell.key, state):
            return target.unit, target.at(one.trace)

    return _liveliest_unit(cell), None


def _liveliest_unit(cell: CellTrace) -> int:
    """Return the unit whose state varies most."""
    from rnn_tui.analysis.moments import Moments
    from rnn_tui.analysis.stretches import stretches
    from rnn_tui.analysis.written import gate_of

    state = gate_of(cell).state
    moments = Moments(cell.units)
    for stretch in stretches(cell, (state,)):
        moments.add(stretch.values[state])

    return int(np.argmax(np.nan_to_num(moments.std())))


def prediction(one: Analysis) -> Answer:
    """The outputs had the sequence ended at each timestep."""
    from rnn_tui.analysis.so_far import Options, so_far

    page = _Page("prediction so far")
    options = Options(one.arguments.dtype, states=one.changed.states)
    try:
        found = so_far(one.model, one.trace, options)
    except RnnTuiError as error:
        one.warnings.append(str(error))
        page.add(str(error))
        return Answer("prediction", {}, page.parts, [])

    tree = {}
    rows: list[Row] = []
    page.add(found.note)
    for name, values in found.outputs.items():
        by_timestep = values[0].reshape(len(values[0]), -1)
        tree[name] = plain(by_timestep)
        columns = {
            f"[{unit}]": column for unit, column in enumerate(by_timestep.T)
        }
        rows += _rows("prediction", name, columns)
        page.add(f"{name}, the last timesteps:")
        page.add(_last_timesteps(columns))
        page.add_left_out(SHOWN, len(by_timestep), "timesteps")
        page.add_left_out(SHOWN, len(columns), "units")

    return Answer("prediction", tree, page.parts, rows, found.note)


def _last_timesteps(columns: Mapping[str, NDArray[Any]]) -> Table:
    """Return the last values of the first columns."""
    shown = dict(list(columns.items())[:SHOWN])
    timesteps = len(next(iter(shown.values())))
    rows = [
        [str(t), *(in_words(float(one[t])) for one in shown.values())]
        for t in range(max(0, timesteps - SHOWN), timesteps)
    ]
    titles = ("t", *shown)

    return Table(
        "prediction",
        titles,
        rows,
        numbers=frozenset(titles),
        optional=titles[:1:-1],
    )


def effects(one: Analysis) -> Answer:
    """The effect of each unit on the target: its change with the unit off, by
    zero and by the mean.
    """
    from rnn_tui.analysis.changes import MEAN, ZERO
    from rnn_tui.analysis.effects import effects as of_layer

    tree, page = {}, _Page("effects of switching a unit off")
    rows: list[Row] = []
    for cell in one.cells:
        zero, mean = (
            of_layer(
                one.model,
                one.changed.arrays,
                cell.key,
                one.target,
                kind=kind,
                dtype=one.arguments.dtype,
                states=one.changed.states,
                trace=one.trace,
            )
            for kind in (ZERO, MEAN)
        )
        tree[cell.key] = {**_effects(zero), "by_mean": _effects(mean)}
        page.add(
            f"{cell.key}: {zero.target} is {zero.value:.6g}; its change with "
            f"each unit off, largest first. zero: {zero.note}; mean: "
            f"{mean.note}"
        )
        columns = {"zero": zero.change, "mean": mean.change}
        rows += _rows("effects", cell.key, columns)
        page.add_units(columns, np.abs(zero.change), "change")

    return Answer("effects", tree, page.parts, rows)


def _effects(found: Effects) -> dict[str, Any]:
    return {
        "kind": found.kind,
        "target": found.target,
        "value": number(found.value),
        "change": plain(found.change),
        "note": found.note,
    }


def influence(one: Analysis) -> Answer:
    """Which timesteps the target depends on."""
    from rnn_tui.cli.influence import influence as of_run

    return of_run(one)


ANSWERS: dict[str, Callable[[Analysis], Answer]] = {
    "memory": memory,
    "saturation": saturation,
    "units": units,
    "prediction": prediction,
    "written": written,
    "influence": influence,
    "effects": effects,
}
"""The parts by the names of `--show`, in the order of the result."""


def own_columns(
    texts: Sequence[str],
    timesteps: int,
) -> dict[str, NDArray[Any]]:
    """Return the series of `--column NAME=FILE`, each `(timesteps,)`.

    Raises SequenceError for one of another length.
    """
    from rnn_tui.sequences.columns import read_column

    columns = {}
    for text in texts:
        name, equals, written = text.partition("=")
        if not equals or not name.strip() or not written.strip():
            raise SequenceError(
                f"--column {clean(text, 60)}: write NAME=FILE, a number for "
                "each timestep"
            )

        found = read_column(name.strip(), written, timesteps, "--column ")
        columns[found.name] = found.values

    return columns


class _Page:
    """The parts of a page under a title."""

    def __init__(self, title: str) -> None:
        self.parts: list[Part] = ["", title.upper()]

    def add(self, part: Part) -> None:
        """Add a part."""
        self.parts.append(part)

    def add_units(
        self,
        columns: Mapping[str, NDArray[Any]],
        by: NDArray[Any],
        named: str,
    ) -> None:
        """Add a table of the units in which `by`, named so, is largest."""
        self.add(_by_unit(columns, by))
        self.add_left_out(SHOWN, len(by), f"units, the largest by {named}")

    def add_left_out(self, shown: int, total: int, noun: str) -> None:
        """Say below a table that it shows some of them."""
        from rnn_tui.cli.tables import left_out

        self.parts += left_out(shown, total, noun)


def _by_unit(columns: Mapping[str, NDArray[Any]], by: NDArray[Any]) -> Table:
    """Return columns for the units in which `by` is largest."""
    order = np.argsort(-np.nan_to_num(by), kind="stable")[:SHOWN]
    rows = [
        [str(unit), *(in_words(float(one[unit])) for one in columns.values())]
        for unit in order.tolist()
    ]
    titles = ("unit", *columns)

    return Table(
        "units",
        titles,
        rows,
        numbers=frozenset(titles),
        optional=titles[:2:-1],
    )


def in_words(value: float) -> str:
    """Return a number for people: ∞, and nothing where there is none."""
    if np.isnan(value):
        return ""
    if np.isinf(value):
        return "∞"

    return f"{value:.4g}"


def _long(part: str, table: Table) -> Iterator[Row]:
    """Yield the rows of a table that is long already."""
    for layer, measure, index, value in table.rows:
        yield part, str(layer), str(measure), index, value  # type: ignore[misc]  # a table's cells are plain values


def _rows(
    part: str,
    layer: str,
    columns: Mapping[str, NDArray[Any]],
) -> Iterator[Row]:
    """Yield a row for each value of columns."""
    for measure, values in columns.items():
        for index, value in enumerate(values.tolist()):
            yield part, layer, measure, index, value
