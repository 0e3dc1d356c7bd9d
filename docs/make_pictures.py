"""Draw the README's pictures with the project's own `render`: each view of the
explorer on a bundled model at its brightest moment, and States as it plays.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np

from rnn_tui import open_model
from rnn_tui.samples import find_sample
from rnn_tui.tui.startup.view_table import VIEWS

HERE = Path(__file__).resolve().parent / "pictures"
SAMPLE = "brackets"
SIZE, MOVING_SIZE = "120x38", "110x36"


def brightest() -> int:
    """Return the timestep at which the cell state is farthest from zero."""
    sample = find_sample(SAMPLE)
    if sample is None:
        raise SystemExit("the sample models are missing")

    trace = open_model(sample.path).run(sample.input, vocab=sample.vocab)

    return int(np.abs(trace["lstm"].c).sum(axis=1).argmax())


def render(view: str, name: str, *more: str) -> None:
    """Write one picture."""
    command = [sys.executable, "-m", "rnn_tui", "render", SAMPLE]
    path = str(HERE / name)
    subprocess.run(
        [*command, "--view", view, "-o", path, "--force", *more], check=True
    )


def main() -> None:
    """Write a picture of each view, and the animation."""
    HERE.mkdir(exist_ok=True)
    t = str(brightest())
    for view in VIEWS:
        render(view.name, f"{view.name}.svg", "--at", t, "--size", SIZE)

    render("states", "states.gif", "--size", MOVING_SIZE, "--fps", "5")


if __name__ == "__main__":
    main()
