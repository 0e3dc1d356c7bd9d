"""A long run is shown while it goes on: a line that says how far it is, and the
part that is computed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import numpy as np

from rnn_tui import open_model
from rnn_tui.engine.trace.downsampled import whole
from rnn_tui.engine.trace.trace import CellTrace, ModelTrace
from rnn_tui.tui.app import RnnTuiApp
from rnn_tui.tui.renderables.palette import Look
from rnn_tui.tui.screens.explorer import ExplorerScreen
from rnn_tui.tui.session import messages as outcomes
from rnn_tui.tui.session.cursor import Place
from rnn_tui.tui.session.partial_run import Filling, so_far
from rnn_tui.tui.session.session import asked
from rnn_tui.tui.session.tokens import token_ids
from rnn_tui.tui.startup.options import ExplorerOptions
from rnn_tui.tui.states_page.layout import build


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
    begun: list[ModelTrace] = []

    def progress(done: int, total: int) -> None:
        part = so_far(begun[0], seen)
        if part is not None:
            parts.append(part)

    x = (
        np.random.default_rng(1)
        .standard_normal((timesteps, model.inputs[0].shape[-1] or 1))
        .astype("float32")
    )
    model.run(
        x,
        begun=begun.append,
        watch=seen.append,
        progress=progress,
        partial=True,
    )
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


def test_a_part_has_the_values_of_the_whole_run(
    sample: Callable[[str], str],
) -> None:
    model = open_model(sample("sine-gru.keras")).model
    x = np.random.default_rng(1).standard_normal((1500, 1)).astype("float32")
    seen: list[CellTrace] = []
    parts: list[Any] = []
    begun: list[ModelTrace] = []
    whole = model.run(
        x,
        begun=begun.append,
        watch=seen.append,
        progress=lambda done, total: parts.append(so_far(begun[0], seen)),
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
    app = RnnTuiApp(
        path, None, ExplorerOptions(inputs=("random:1000",), view="states")
    )

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
            assert (
                screen.frame.message
                == "only a run that is done can be compared"
            )
            screen.session = asked(
                screen.session, ("random:700",), None, own=True
            )
            screen.workers_of.start_run()
            await settle(pilot)
            assert not screen.session.subject.partial
            assert screen.trace is not None
            assert screen.trace.cells[0].timesteps == 700

    asyncio.run(run())


def test_the_tokens_are_shown_while_the_run_fills(
    sample: Callable[[str], str],
) -> None:
    model = open_model(sample("brackets.h5")).model
    ids = np.random.default_rng(3).integers(0, 3, 2000)
    one_hot = np.eye(3, dtype=np.float32)[ids]
    seen: list[CellTrace] = []
    begun: list[ModelTrace] = []
    parts: list[ModelTrace] = []

    def progress(done: int, total: int) -> None:
        part = so_far(begun[0], seen)
        if part is not None:
            parts.append(part)

    model.run(
        one_hot,
        begun=begun.append,
        watch=seen.append,
        progress=progress,
        partial=True,
    )
    part = parts[0]
    cell = part.cells[0]
    assert cell.timesteps < 2000
    shown = token_ids(part, cell, 5, 40)
    assert shown is not None
    np.testing.assert_array_equal(shown, ids[5:40])
    page = build(part, cell, ("", ""), (80, 30), Look(), rail_beside=True)
    page.vocabulary = ["a", "b", "c"]
    (line,) = page.lanes(Place(t=10))["input"]
    words = "".join(segment.text for segment in line)
    assert "".join("abc"[token] for token in ids[:40]) in words
    zoomed = whole(part, 50)
    assert token_ids(zoomed, zoomed.cells[0], 5, 40) is None
