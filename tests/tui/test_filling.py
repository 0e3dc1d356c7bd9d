"""A long run is shown while it goes on: a line that says how far it is, and the part
that is computed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import numpy as np

from rnn_tui import open_model
from rnn_tui.engine.trace.trace import CellTrace, ModelTrace
from rnn_tui.tui.app import RnnTuiApp
from rnn_tui.tui.screens.explorer import ExplorerScreen
from rnn_tui.tui.session import messages as outcomes
from rnn_tui.tui.session.jobs import parse_texts, run_typed
from rnn_tui.tui.session.partial_run import Filling, so_far
from rnn_tui.tui.session.session import asked
from rnn_tui.tui.session.tokens import token_ids
from rnn_tui.tui.startup.options import ExplorerOptions


class Clock:
    """Seconds that pass when told to."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def beginning(path: str, timesteps: int = 600) -> ModelTrace:
    """A model's trace as it stood after the first window of its first cell."""
    model = open_model(path).model
    seen: list[CellTrace] = []
    parts: list[ModelTrace] = []

    def progress(done: int, total: int) -> None:
        part = so_far(seen, {})
        if part is not None:
            parts.append(part)

    x = (
        np.random.default_rng(1)
        .standard_normal((timesteps, model.inputs[0].shape[-1] or 1))
        .astype("float32")
    )
    model.run(x, watch=seen.append, progress=progress, partial=True)
    return parts[0]


def test_the_line_says_how_far_how_fast_and_how_long() -> None:
    clock, told = Clock(), []
    filling = Filling(told.append, lambda trace: None, clock)
    clock.now = 0.1
    filling.progress(100, 10_000)
    assert told == []
    clock.now = 1.0
    filling.progress(1000, 10_000)
    filling.progress(1001, 10_000)
    assert told == [
        "timestep 1,000 of 10,000 · 10 % · 1,000 a second · 9 s left     esc cancels"
    ]


def test_a_part_has_the_values_of_the_whole_run(sample: Callable[[str], str]) -> None:
    model = open_model(sample("sine-gru.keras")).model
    x = np.random.default_rng(1).standard_normal((1500, 1)).astype("float32")
    seen: list[CellTrace] = []
    parts: list[Any] = []
    whole = model.run(
        x,
        watch=seen.append,
        progress=lambda done, total: parts.append(so_far(seen, {})),
        partial=True,
    )
    part = parts[0].cells[0]
    assert 0 < part.timesteps < 1500
    for name in part.names:
        np.testing.assert_array_equal(
            part.read(name), whole.cells[0].read(name, 0, part.timesteps)
        )
    assert part.overview("h", 10).mean.shape[1] == 10


def test_the_explorer_shows_the_part_and_keeps_the_place_inside_it(
    sample: Callable[[str], str], settle: Callable[[Any], Awaitable[None]]
) -> None:
    path = sample("sine-gru.keras")
    part = beginning(path)
    app = RnnTuiApp(path, None, ExplorerOptions(inputs=("random:1000",), view="states"))

    async def run() -> None:
        async with app.run_test(size=(120, 36)) as pilot:
            await settle(pilot)
            screen = next(
                screen
                for screen in app.screen_stack
                if isinstance(screen, ExplorerScreen)
            )
            screen.post_message(outcomes.Filled(part))
            await pilot.pause()
            assert screen.trace is part
            await pilot.press("end")
            assert screen.place.t == part.cells[0].timesteps - 1
            await pilot.press("v")
            assert screen.frame.message == "only a run that is done can be compared"
            screen.session = asked(screen.session, ("random:700",), None, own=True)
            screen.start_run()
            await settle(pilot)
            assert not screen.session.subject.partial
            assert screen.trace is not None
            assert screen.trace.cells[0].timesteps == 700

    asyncio.run(run())


def test_the_beginning_of_a_run_has_the_tokens_it_read(
    sample: Callable[[str], str],
) -> None:
    opened = open_model(sample("char-lstm.h5"))
    typed = parse_texts(opened, ["random:3000"], None)
    seen: list[CellTrace] = []
    parts: list[ModelTrace | None] = []
    run_typed(
        opened,
        typed,
        lambda done, total: parts.append(so_far(seen, typed.fed)),
        lambda: False,
        seen.append,
    )
    part = next(part for part in parts if part is not None)
    (cell,) = part.cells
    ids = token_ids(part, cell, 0, 10)
    assert ids is not None
    assert cell.timesteps < 3000
    assert ids.tolist() == next(iter(typed.fed.values()))[0, :10].tolist()
