"""Walk a list of operations: one model of many calls, saved and opened, each
call's value held against Keras's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from rnn_tui import open_model

rng = np.random.default_rng(0)
X = rng.normal(size=(2, 6, 4)).astype("float32")
N = rng.integers(0, 7, size=(2, 6)).astype("int32")


class Made(NamedTuple):
    """One call in the model: what it is called here, and the layer and output
    it is there.
    """

    label: str
    layer: str
    tensor: int
    theirs: np.ndarray
    shape: tuple[int | None, ...] | None
    """The shape Keras states; None where it doesn't know the rank."""


def differences(path: Path, made: Sequence[Made]) -> list[str]:
    """Return what differs between Keras's values and those of the opened file:
    value, shape, dtype, stated shape.
    """
    opened = open_model(path)
    listed = {info.path: info for info in opened.layers}
    unreadable = [
        f"{one.label}: {listed[one.layer].why_not}"
        for one in made
        if listed[one.layer].why_not
    ]
    if unreadable:
        return unreadable
    trace = opened.run({"x": X, "n": N}, partial=True)
    if trace.stopped is not None:
        unreadable.append(f"stopped at {trace.stopped}")
    found = []
    for one in made:
        if one.layer not in trace:
            found.append(f"{one.label}: not computed")
            continue
        ours = trace[one.layer].outputs[one.tensor]
        found += [
            f"{one.label}: {what}" for what in _compared(ours, one.theirs)
        ]
        stated = listed[one.layer].output_shape
        if stated and isinstance(stated[0], tuple):
            stated = stated[one.tensor]
        if not _agree(stated, one):
            found.append(
                f"{one.label}: listed as {stated}, in Keras {one.shape}"
            )
    return unreadable + found


def _compared(ours: np.ndarray, theirs: np.ndarray) -> list[str]:
    if ours.shape != theirs.shape:
        return [f"{ours.shape} where Keras has {theirs.shape}"]
    found = []
    # ours are all in the run's dtype
    fractions = ours.dtype.kind == theirs.dtype.kind == "f"
    if ours.dtype != theirs.dtype and not fractions:
        found.append(f"{ours.dtype} where Keras has {theirs.dtype}")
    if not np.allclose(ours, theirs, rtol=1e-5, atol=1e-6, equal_nan=True):
        found.append(
            f"off by {np.nanmax(np.abs(ours.astype('f8') - theirs.astype('f8')))}"
        )
    return found


def _agree(stated: Any, one: Made) -> bool:
    """Whether the listed shape can be that of Keras and of the value; one that
    can't be known is listed as none.
    """
    if stated is None or one.shape is None:
        return True
    if len(stated) != len(one.theirs.shape) or len(stated) != len(one.shape):
        return False
    fits = all(
        side in (None, real)
        for side, real in zip(stated, one.theirs.shape, strict=True)
    )
    known = all(
        theirs is None or side == theirs
        for side, theirs in zip(stated, one.shape, strict=True)
    )
    return fits and known


def share(
    calls: Mapping[str, Sequence[Any]], part: int, parts: int
) -> list[tuple[str, Any]]:
    """Return every call whose turn it is, with its label."""
    every = [
        (f"{name} {k}", way)
        for name, ways in calls.items()
        for k, way in enumerate(ways)
    ]
    return every[part::parts]
