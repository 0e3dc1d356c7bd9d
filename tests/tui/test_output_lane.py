"""The model's output over time as a lane below the input of States."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from exploring import Sample, Settle, explore

from rnn_tui.tui.screens.explorer import ExplorerScreen
from rnn_tui.tui.states_page.output_lane import output_lanes, value_lane
from rnn_tui.tui.views.states import StatesView


def page_of(explorer: ExplorerScreen) -> str:
    view = explorer.query_one(StatesView)
    extra = view.query_one("#extra")
    return "\n".join(extra.text())  # type: ignore[attr-defined]


def test_one_value_is_a_bar_for_each_timestep(
    sample: Sample, settle: Settle
) -> None:
    async def look(pilot: Any, explorer: ExplorerScreen) -> None:
        await pilot.press("3")
        await settle(pilot)
        [lane] = output_lanes(explorer.session)
        assert explorer.trace is not None
        output = explorer.trace.outputs[0][0, :, 0]
        np.testing.assert_array_equal(lane.row.read(0, 22, 0), output)
        lowest, highest = int(output.argmin()), int(output.argmax())
        words = page_of(explorer)
        assert words.splitlines()[0].split()[0] == "out"
        assert f"(t {lowest}) to " in words
        assert f"{output.max():.3g} (t {highest})" in words

        # of a run with a change it is that run's
        await pilot.press("x")
        await settle(pilot)
        [changed] = output_lanes(explorer.session)
        after = explorer.trace.outputs[0][0, :, 0]
        assert not np.array_equal(after, output)
        np.testing.assert_array_equal(changed.row.read(0, 22, 0), after)
        assert changed.row.key != lane.row.key

    explore(look, sample("brackets.h5"), settle, (120, 40))


def test_of_many_values_the_largest_is_named(
    sample: Sample, settle: Settle
) -> None:
    async def look(pilot: Any, explorer: ExplorerScreen) -> None:
        await pilot.press("3")
        await settle(pilot)
        [lane] = output_lanes(explorer.session)
        assert lane.tokens is not None
        assert explorer.trace is not None
        largest = explorer.trace.outputs[0][0].argmax(axis=1).tolist()
        vocabulary = explorer.session.subject.vocabulary
        assert vocabulary is not None
        named = {index: token for token, index in vocabulary.items()}
        wanted = [named[k].replace(" ", "␣") for k in largest]
        assert list(lane.tokens(range(len(largest)))) == wanted
        assert (
            "the model's output next: the largest of its 36 values"
            in page_of(explorer)
        )

    explore(
        look,
        sample("char-lstm.h5"),
        settle,
        (120, 40),
        inputs=("text: she was",),
        vocab=sample("char-lstm.vocab.json"),
    )


@pytest.mark.parametrize(
    ("name", "size"),
    [
        ("brackets.h5", (120, 32)),  # the maps need the lines
        ("lstm-4-last.h5", (120, 40)),  # it is no output over time
    ],
)
def test_without_room_or_time_there_is_none(
    sample: Sample, settle: Settle, name: str, size: tuple[int, int]
) -> None:
    async def look(pilot: Any, explorer: ExplorerScreen) -> None:
        await pilot.press("3")
        await settle(pilot)
        assert " out " not in f" {page_of(explorer)}"

    explore(look, sample(name), settle, size)


def test_without_a_rail_it_takes_the_line_of_the_units_values(
    sample: Sample, settle: Settle
) -> None:
    async def look(pilot: Any, explorer: ExplorerScreen) -> None:
        await pilot.press("3")
        await settle(pilot)
        assert page_of(explorer).startswith("  out ")
        assert len(page_of(explorer).splitlines()) == 1
        now = explorer.query_one(StatesView).query_one("#now")
        assert not now.text()  # type: ignore[attr-defined]

    explore(look, sample("brackets.h5"), settle, (80, 24))


def test_no_number_is_drawn_as_it_is_and_not_in_the_range() -> None:
    values = np.array([np.nan, 2.0, np.inf, -1.0])
    lane = value_lane(values, "key", "out", ("y", "words"))
    assert lane.caption == "y from −1.00 (t 3) to 2.00 (t 1) · words"
    assert (lane.row.scale.low, lane.row.scale.high) == (-2.0, 2.0)
    np.testing.assert_array_equal(lane.row.read(0, 4, 0), values)
    nothing = value_lane(np.full(3, np.nan), "key", "out", ("y", "words"))
    assert nothing.row.scale.high == 0.0
