"""Parameters of PyTorch's modules under any names and of any shapes open, or are
refused in one line; what opens runs, or says why not.
"""

from __future__ import annotations

import random
import sys
from pathlib import Path

import numpy as np
import pytest
from forked import forking
from torch_files import write_safetensors

from rnn_tui import open_model
from rnn_tui.errors import RnnTuiError

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="forks")

OWNERS = ("", "rnn", "encoder.rnn", "fc", "embedding", "norm", "rnn_l0", "a")
PARTS = (
    "weight",
    "bias",
    "running_mean",
    "running_var",
    "num_batches_tracked",
    "in_proj_weight",
    *(
        f"{kind}_{side}{layer}"
        for kind in ("weight", "bias")
        for side in ("ih", "hh", "hr")
        for layer in ("", "_l0", "_l0_reverse", "_l1", "_l1_reverse", "_l007")
    ),
)
ENDS = ("_l0", "_l0_reverse", "_l1", "_l1_reverse")


def likely(rng: random.Random, part: str, units: int) -> tuple[int, ...]:
    """A shape that makes sense of a parameter more often than not."""
    if rng.random() < 0.15:
        rank = rng.randrange(6)
        return tuple(rng.choice((0, 1, 2, 3, 8, 12)) for _ in range(rank))
    gates = rng.choice((1, 3, 4, 4, 4))
    if part.startswith("bias_"):
        return (gates * units,)
    if part.startswith("weight_hr"):
        return (2, units)
    if part.startswith("weight_"):
        return (gates * units, rng.choice((units, units, 2, 2 * units)))
    if part == "weight":
        return tuple(
            rng.choice((units, 2, 5)) for _ in range(rng.randrange(1, 5))
        )
    return (units,)


def state(rng: random.Random) -> dict[str, np.ndarray]:
    """The parameters of some modules; of a recurrent one mostly all of a
    layer.
    """
    arrays = {}
    for owner in rng.sample(OWNERS, rng.randrange(1, 4)):
        units = rng.randrange(1, 4)
        parts = set(rng.sample(PARTS, rng.choice((0, 0, 1, 3))))
        if rng.random() < 0.8:
            gates = rng.choice((1, 3, 4))
            for end in rng.choice((("_l0",), ("_l0", "_l1"), ENDS)):
                whole = {
                    f"weight_ih{end}": (gates * units, 2),
                    f"weight_hh{end}": (gates * units, units),
                    f"bias_ih{end}": (gates * units,),
                    f"bias_hh{end}": (gates * units,),
                }
                for part, shape in whole.items():
                    if rng.random() < 0.95:
                        arrays[f"{owner}.{part}" if owner else part] = shape
        for part in parts:
            name = f"{owner}.{part}" if owner else part
            arrays.setdefault(name, likely(rng, part, units))
    return {name: np.ones(shape, "f4") for name, shape in arrays.items()}


def said(error: RnnTuiError, word: str) -> str:
    """The word, after the error was found to be one clean line."""
    assert str(error).isprintable()
    return word


def outcome(path: Path) -> str:
    """Open and run a model; anything but one of our errors is a bug."""
    try:
        opened = open_model(path)
    except RnnTuiError as error:
        return said(error, "refused")
    assert not any(layer.fault for layer in opened.layers)
    try:
        fed = {
            info.name: np.zeros((1, 3, *info.shape[1:]), "f4")
            for info in opened.model.inputs
            if None not in info.shape[1:]
        }
        opened.run(fed, warn=lambda line: None)
    except RnnTuiError as error:
        return said(error, "listed")
    return "ran"


def test_modules_of_any_shape_open_or_say_why_not(tmp_path: Path) -> None:
    ends: dict[str, int] = {}
    with forking():
        for seed in range(250):
            arrays = state(random.Random(seed))
            path = write_safetensors(tmp_path / "m", arrays)
            try:
                word = outcome(path)
            except Exception as error:
                shapes = {name: a.shape for name, a in arrays.items()}
                error.add_note(f"seed {seed}: {shapes}")
                raise
            ends[word] = ends.get(word, 0) + 1
    assert set(ends) == {"refused", "listed", "ran"}
    assert ends["ran"] > 20
