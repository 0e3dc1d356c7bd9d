"""The checks of a run: values that aren't numbers, a cell state that grows,
units that never change, masks that do nothing, outputs that never change.

A share of saturated gates is no finding: forget gates near 1 remember.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from rnn_tui.analysis.findings import Finding
from rnn_tui.analysis.moments import Moments
from rnn_tui.analysis.stretches import by_pixel, count_read, stretches
from rnn_tui.text import counted

if TYPE_CHECKING:
    from rnn_tui.engine.trace.trace import CellTrace, ModelTrace

CONSTANT = 1e-4
"""A unit whose h has a smaller standard deviation is constant."""
GROWTH = 2.0
"""How many times the first half's largest |c| the last quarter's is, at
least.
"""
LONG_ENOUGH = 16
"""Timesteps from which growth can be told."""
SAME = 1e-6
"""Outputs that differ by a smaller share of their size are the same."""
SHOWN = 8
"""Units that a sentence names."""


def not_numbers_in_run(trace: ModelTrace) -> Iterator[Finding]:
    """Yield the first value of each cell's quantities that is NaN or
    infinite.
    """
    for cell in trace.cells:
        found = _first_not_finite(cell)
        if found is not None:
            yield found


def _first_not_finite(cell: CellTrace) -> Finding | None:
    for stretch in stretches(cell, cell.names):
        first: tuple[int, str, tuple[int, ...]] | None = None
        for name, values in stretch.values.items():
            finite = np.isfinite(values)
            if finite.all():
                continue

            flat_place = int(np.argmin(finite))
            place = np.unravel_index(flat_place, values.shape)
            row, *rest = (int(one) for one in place)
            if first is None or row < first[0]:
                first = (row, name, tuple(rest))

        if first is not None:
            row, name, rest_of = first
            t = int(stretch.times[row])
            return Finding(
                "finite-run",
                "error",
                f"{name} is NaN or infinite from timestep {t} on",
                cell.key,
                name,
                _letter(cell, name),
                (t, *rest_of),
            )

    return None


def _letter(cell: CellTrace, quantity: str) -> str | None:
    """Return the gate that a quantity belongs to."""
    name = quantity.removeprefix("pre_").removesuffix("_tilde")
    is_state = quantity in cell.cell.states
    if name in cell.cell.gates and not is_state:
        return name

    return None


def growth(trace: ModelTrace) -> Iterator[Finding]:
    """Yield the cells whose |c| is still growing at the end of the sequence."""
    for cell in trace.cells:
        timesteps = count_read(cell)
        if "c" not in cell.cell.states or timesteps < LONG_ENOUGH:
            continue

        early, late = _largest_early_and_late(cell, timesteps)
        if not late > GROWTH * early or not np.isfinite(late):
            continue

        yield Finding(
            "growth",
            "warning",
            f"|c| grows: at most {early:.3g} in the first half of "
            f"{counted(timesteps, 'timestep')}, {late:.3g} in the last "
            "quarter; on longer sequences it may leave the range that "
            "training saw",
            cell.key,
            "c",
        )


def _largest_early_and_late(
    cell: CellTrace,
    timesteps: int,
) -> tuple[float, float]:
    """Return the largest |c| in the first half and in the last quarter of the
    timesteps read.
    """
    half = timesteps // 2
    quarter = timesteps - timesteps // 4
    early = 0.0
    late = 0.0
    done = 0
    for stretch in stretches(cell, ("c",)):
        rows = len(stretch.times)
        sizes = np.abs(stretch.values["c"]).reshape(rows, -1)
        largest = sizes.max(axis=1)

        order = np.arange(done, done + rows)
        in_first_half = largest[order < half]
        in_last_quarter = largest[order >= quarter]
        early = max(early, float(in_first_half.max(initial=0.0)))
        late = max(late, float(in_last_quarter.max(initial=0.0)))
        done += rows

    return early, late


def constant_units(trace: ModelTrace) -> Iterator[Finding]:
    """Yield the cells that have units whose h never changes on this
    sequence.
    """
    for cell in trace.cells:
        moments = Moments(cell.units)
        for stretch in stretches(cell, ("h",)):
            moments.add(by_pixel(stretch.values["h"]))

        if moments.count < 2:
            continue

        constant = np.flatnonzero(moments.std() < CONSTANT)
        if not len(constant):
            continue

        units = ", ".join(map(str, constant[:SHOWN].tolist()))
        more = ", …" if len(constant) > SHOWN else ""
        yield Finding(
            "constant-unit",
            "note",
            f"{len(constant)} of {cell.units} units are constant on this "
            f"sequence of {count_read(cell):,} timesteps: {units}{more}",
            cell.key,
            "h",
            index=tuple(constant[:SHOWN].tolist()),
        )


def masks(trace: ModelTrace) -> Iterator[Finding]:
    """Yield the layers whose mask skips nothing, or everything."""
    for path, layer in trace.layers.items():
        if not layer.cells or layer.cells[0].mask is None:
            continue

        mask = layer.cells[0].mask
        if mask.all():
            text = "its mask skips no timestep of this sequence"
        elif not mask.any():
            text = "its mask skips every timestep of this sequence"
        else:
            continue

        yield Finding("mask", "note", text, path, "mask")


def same_outputs(
    runs: Sequence[Sequence[NDArray[Any]]],
    names: Sequence[str],
) -> Iterator[Finding]:
    """Yield the outputs that are the same in every run, each run one of a
    seeded random input.
    """
    for number, name in enumerate(names):
        outputs = [run[number] for run in runs if len(run) > number]
        if len(outputs) < 2 or not _all_same(outputs):
            continue

        yield Finding(
            "same-output",
            "warning",
            f"its output is the same for {len(outputs)} seeded random inputs",
            name,
        )


def _all_same(outputs: Sequence[NDArray[Any]]) -> bool:
    """Return whether arrays are equal but for rounding; NaN equals nothing."""
    first = outputs[0]
    scale = float(np.abs(first).max(initial=0.0))
    if not np.isfinite(scale):
        return False

    return all(
        other.shape == first.shape
        and float(np.abs(other - first).max(initial=0.0)) <= SAME * scale
        for other in outputs[1:]
    )
