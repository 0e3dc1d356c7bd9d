"""The checks of a model before any run: arrays that aren't numbers, kernels
that were never trained, settings that surprise.

A spectral radius above 1 is no finding: 35 of 55 cells of good models have one.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from rnn_tui.analysis.arrays import ArrayBlock, without_gates
from rnn_tui.analysis.findings import Finding
from rnn_tui.analysis.gates import GateBlock, gate_blocks
from rnn_tui.engine.cells.kinds import with_article

if TYPE_CHECKING:
    from rnn_tui.engine.describe.entries import CellEntry, LayerInfo
    from rnn_tui.engine.model import Model

ORTHOGONAL = 1e-5
"""How far U·Uᵀ is from the identity, at most, in a kernel as Keras draws it; in
27 real files the next smallest distance was 0.032.
"""


def not_numbers(model: Model) -> Iterator[Finding]:
    """Yield the first value of each array, gate by gate, that is NaN or
    infinite.
    """
    blocks: list[GateBlock | ArrayBlock] = [
        *gate_blocks(model),
        *without_gates(model),
    ]
    for block in blocks:
        values = block.values
        finite = np.isfinite(values)
        if finite.all():
            continue

        flat_place = int(np.argmin(finite))
        place = np.unravel_index(flat_place, values.shape)
        index = [int(one) for one in place]
        first = values[tuple(index)]
        index[-1] += block.columns[0]
        count = int(values.size - np.count_nonzero(finite))
        where = ""
        if block.gate:
            where = f" of gate {block.gate}"

        what = "infinite"
        if np.isnan(first):
            what = "NaN"
        yield Finding(
            "finite-weights",
            "error",
            f"{block.part}{where} holds {count:,} of {values.size:,} values "
            f"that are no numbers, the first is {what}: nothing computed with "
            "it is right",
            block.key,
            block.part,
            block.gate or None,
            tuple(index),
        )


def never_trained(model: Model) -> Iterator[Finding]:
    """Yield the cells whose recurrent kernel is still as Keras's orthogonal
    initializer draws it.
    """
    for entry in model.cells:
        cell = entry.cell
        recurrent = np.asarray(cell.recurrent_kernel)
        # a single number of size 1 proves nothing
        if recurrent.ndim != 2 or recurrent.size == 1:
            continue

        kernel = recurrent.astype(np.float64)
        identity = np.eye(len(kernel))
        distance = np.abs(kernel @ kernel.T - identity).max()
        if not distance < ORTHOGONAL:
            continue

        yield Finding(
            "trained",
            "warning",
            "the recurrent kernel was never trained: its rows are orthogonal "
            f"to {distance:.0e}, as Keras draws them{_bias_as_drawn(entry)}",
            entry.key,
            "recurrent_kernel",
        )


def _bias_as_drawn(entry: CellEntry) -> str:
    """Return words where the bias is as Keras makes it, too."""
    bias = getattr(entry.cell, "bias", None)
    if bias is None:
        bias = getattr(entry.cell, "input_bias", None)

    if bias is None:
        return ""

    count = len(entry.cell.gates)
    gates = np.asarray(bias).reshape(count, -1)
    of_forget = np.array([letter == "f" for letter in entry.cell.gates])
    drawn = np.where(of_forget[:, None], 1.0, 0.0)
    as_drawn = bool((gates == drawn).all())
    if of_forget.any() and as_drawn:
        return "; its bias is 1 for f and 0 for the rest, as Keras makes it"
    if not gates.any():
        return "; its bias is 0, as Keras makes it"

    return ""


def settings(model: Model) -> Iterator[Finding]:
    """Yield the settings of recurrent layers that surprise those who use
    them.
    """
    for info in model.layers:
        if info.recurrent:
            yield from _settings_of(info)


def _settings_of(info: LayerInfo) -> Iterator[Finding]:
    config = info.config
    turned = config.get("go_backwards") and config.get("return_sequences")
    # a Bidirectional turns the output of its backward side itself
    if turned and not info.path.endswith(("/backward", "/forward")):
        yield Finding(
            "order",
            "note",
            "go_backwards with return_sequences: its output is in the order "
            "of reading, the last timestep first",
            info.path,
        )

    if info.class_name == "LSTM" and config.get("activation") == "relu":
        yield Finding(
            "relu",
            "note",
            f"relu in {with_article(info.class_name)}: h and c have no "
            "ceiling, and cuDNN doesn't run it",
            info.path,
        )
