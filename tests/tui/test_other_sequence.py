"""Two sequences on one model: one typed, the one before, one of the batch; the
difference in every view, as far as both go, and one key back.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from exploring import Sample, Settle, explore
from made_traces import lstm_trace
from textual.widgets import Input, Static

from rnn_tui import open_model
from rnn_tui.analysis.compare import Comparison
from rnn_tui.engine.trace.downsampled import zoomed_out
from rnn_tui.errors import SequenceError
from rnn_tui.tui.screens.compare_dialog import CompareDialog
from rnn_tui.tui.screens.explorer import ExplorerScreen
from rnn_tui.tui.session import session
from rnn_tui.tui.session.other_sequence import as_often
from rnn_tui.tui.session.session import Fed, Reference, Session, Subject
from rnn_tui.tui.states_page.difference import Difference
from rnn_tui.tui.states_page.other_input import other_input_lanes
from rnn_tui.tui.views.states_body import offer_of
from rnn_tui.tui.widgets.lines import StateLine

EQUAL_BITS = 2e-7


async def compare(pilot: Any, settle: Settle, text: str) -> None:
    """Type a sequence to compare with."""
    await pilot.press("D")
    await settle(pilot)
    assert isinstance(pilot.app.screen, CompareDialog)
    pilot.app.screen.query_one(Input).value = "another sequence"
    await settle(pilot)
    await pilot.press("enter")
    await settle(pilot)
    pilot.app.screen.query_one(Input).value = text
    await settle(pilot)
    await pilot.press("enter")
    await settle(pilot)


def difference(explorer: ExplorerScreen, sequence: int = 0) -> Any:
    """What the upper map shows of the whole run, `(timesteps, units)`."""
    assert explorer.cell is not None
    [channel, *_] = offer_of(explorer.session)(explorer.cell, None)
    assert isinstance(channel, Difference)

    return channel.read(0, explorer.cell.timesteps, sequence)


def one_hot(text: str) -> Any:
    """The sequence of brackets, by the sample's vocabulary: ( ) x."""
    return np.eye(3, dtype="f4")[["()x".index(one) for one in text]][None]


def section(explorer: ExplorerScreen, name: str) -> str:
    return str(explorer.query_one(f"#{name}", Static).render())


def test_the_maps_show_the_difference_to_a_typed_sequence_as_far_as_it_goes(
    sample: Sample, settle: Settle
) -> None:
    path = sample("counter.keras")

    async def look(pilot: Any, explorer: ExplorerScreen) -> None:
        assert explorer.cell is not None
        own = explorer.cell.read("h")[0]
        await pilot.press("3")
        await compare(pilot, settle, "text: ((x))x(")
        other = open_model(path).run(one_hot("((x))x(")).cells[0].read("h")[0]
        shown = difference(explorer)
        wanted = own[:7] - other
        np.testing.assert_allclose(shown[:7], wanted, atol=EQUAL_BITS)
        assert np.isnan(shown[7:]).all()
        assert "7 timesteps beside 22, compared up to t 6" in (
            explorer.frame.message
        )
        await pilot.press("right")
        await settle(pilot)
        right = explorer.query_one(StateLine).right
        assert "Δ to " in "".join(text for text, _ in right)

    explore(look, path, settle, (160, 40))


def test_output_shows_both_sequences_and_w_ends_it(
    sample: Sample, settle: Settle
) -> None:
    path = sample("counter.keras")

    async def look(pilot: Any, explorer: ExplorerScreen) -> None:
        await pilot.press("5", "0")
        await compare(pilot, settle, "text: ((x))x(")
        text = section(explorer, "outputs")
        assert "this sequence" in text
        assert "text: ((x))x(" in text
        other = open_model(path).run(one_hot("((x))x(")).outputs[0][0]
        assert f"{other[0, 0]:.5f}".replace("-", "−") in text
        assert "the outputs at the end of each" in section(explorer, "changes")
        await pilot.press("dollar_sign")
        await settle(pilot)
        assert "has ended" in section(explorer, "outputs")
        await pilot.press("b")
        await settle(pilot)
        assert "this sequence" not in section(explorer, "outputs")
        await pilot.press("W")
        await settle(pilot)
        assert explorer.session.reference is None
        assert section(explorer, "changes") == ""

    explore(look, path, settle, (120, 40))


def test_b_offers_the_sequence_before_where_there_is_no_difference_yet(
    sample: Sample, settle: Settle
) -> None:
    path = sample("counter.keras")

    async def look(pilot: Any, explorer: ExplorerScreen) -> None:
        assert explorer.trace is not None
        [before] = explorer.trace.inputs.values()
        await pilot.press("3", "s", *"text: ((x))", "enter")
        await settle(pilot)
        await pilot.press("b")
        await settle(pilot)
        said = section_of_dialog(pilot)
        assert "the sequence before: text: x(x(xx" in said
        assert "22 timesteps" in said
        await pilot.press("enter")
        await settle(pilot)
        model = open_model(path)
        own = model.run(one_hot("((x))")).cells[0].read("h")[0]
        other = model.run(before).cells[0].read("h")[0]
        wanted = own - other[:5]
        shown = difference(explorer)
        np.testing.assert_allclose(shown, wanted, atol=EQUAL_BITS)
        # a third one is compared with nothing, and has the second before it
        await pilot.press("s", *"text: xxx", "enter")
        await settle(pilot)
        assert explorer.session.reference is None
        assert explorer.session.before is not None
        assert explorer.session.before.name == "text: ((x))"

    explore(look, path, settle, (140, 40))


def section_of_dialog(pilot: Any) -> str:
    return str(pilot.app.screen.query_one("#meaning", Static).render())


def test_a_sequence_of_the_batch_is_compared_with_each_of_the_others(
    sample: Sample, settle: Settle
) -> None:
    path = sample("counter.keras")
    texts = ("((x)", "x)x(", "xxxx")
    batch = [one_hot(text)[0].tolist() for text in texts]

    async def look(pilot: Any, explorer: ExplorerScreen) -> None:
        model = open_model(path)
        runs = [
            model.run(one_hot(text)).cells[0].read("h")[0] for text in texts
        ]
        await pilot.press("3", "right_curly_bracket", "D")
        await settle(pilot)
        said = section_of_dialog(pilot)
        assert "sequence 0" in said
        assert "sequence 1" not in said
        await pilot.press("enter")
        await settle(pilot)
        assert "compared with sequence 0" in explorer.frame.message
        shown = difference(explorer, 1)
        np.testing.assert_allclose(shown, runs[1] - runs[0], atol=EQUAL_BITS)
        await pilot.press("right_curly_bracket")
        await settle(pilot)
        assert explorer.session.cursor.sequence == 2
        shown = difference(explorer, 2)
        np.testing.assert_allclose(shown, runs[2] - runs[0], atol=EQUAL_BITS)
        # with itself to the last bit
        assert not np.any(difference(explorer, 0))

    explore(look, path, settle, (140, 40), inputs=(str(batch),))


def test_a_longer_sequence_is_compared_as_far_as_the_shown_one_goes(
    sample: Sample, settle: Settle
) -> None:
    async def look(pilot: Any, explorer: ExplorerScreen) -> None:
        await pilot.press("3", "s", *"text: ((x)", "enter")
        await settle(pilot)
        await compare(pilot, settle, "text: ((x)))))xx")
        assert "compared up to t 3" in explorer.frame.message
        # the beginning is the same, to the last bit
        assert not np.any(difference(explorer))
        assert "no value differs, to the last bit" in explorer.frame.message

    explore(look, sample("counter.keras"), settle, (200, 40))


def test_the_other_sequence_is_below_the_input(
    sample: Sample, settle: Settle
) -> None:
    async def tokens(pilot: Any, explorer: ExplorerScreen) -> None:
        await compare(pilot, settle, "text: ((x))x(")
        [lane] = other_input_lanes(explorer.session)
        assert lane.tokens is not None
        assert list(lane.tokens(range(9))) == [*"((x))x(", "", ""]
        await pilot.press("b")
        await settle(pilot)
        # it belongs to the comparison, whether values or Δ are shown
        assert len(other_input_lanes(explorer.session)) == 1

    async def numbers(pilot: Any, explorer: ExplorerScreen) -> None:
        await compare(pilot, settle, "0.5 0.25 -1")
        [lane] = other_input_lanes(explorer.session)
        shown = lane.row.read(0, 5, 0)
        np.testing.assert_array_equal(shown[:3], [0.5, 0.25, -1])
        assert np.isnan(shown[3:]).all()

    explore(tokens, sample("counter.keras"), settle, (120, 40), view="states")
    explore(numbers, sample("sine-gru.keras"), settle, (120, 40), view="states")


def test_a_changed_run_is_compared_with_no_other_sequence(
    sample: Sample, settle: Settle
) -> None:
    async def look(pilot: Any, explorer: ExplorerScreen) -> None:
        await compare(pilot, settle, "text: ((x))x(")
        await pilot.press("3", "x")
        await settle(pilot)
        reference = explorer.session.reference
        assert reference is not None
        assert reference.of_changes
        await pilot.press("D")
        await settle(pilot)
        assert pilot.app.screen is explorer
        assert "W takes them back" in explorer.frame.message

    explore(look, sample("counter.keras"), settle, (160, 40))


def test_another_model_is_compared_with_again_when_it_ends(
    sample: Sample, settle: Settle
) -> None:
    async def look(pilot: Any, explorer: ExplorerScreen) -> None:
        assert explorer.session.reference is not None
        assert explorer.session.reference.other_model
        await compare(pilot, settle, "text: ((x))x(")
        assert explorer.session.reference.other_sequence == "text: ((x))x("
        await pilot.press("W")
        await settle(pilot)
        assert explorer.session.reference.other_model

    path = sample("counter.keras")
    explore(look, path, settle, (160, 40), compared=path)


@pytest.mark.parametrize(
    "words", ["compare sequence", "two sequences", "previous sequence"]
)
def test_the_palette_finds_it(
    sample: Sample, settle: Settle, words: str
) -> None:
    async def look(pilot: Any, explorer: ExplorerScreen) -> None:
        await pilot.press("ctrl+p")
        await settle(pilot)
        pilot.app.screen.query_one(Input).value = words
        await settle(pilot)
        said = section_of_dialog(pilot)
        assert "Compare with another sequence  (D)" in said
        assert "Compare with the sequence before" in said
        await pilot.press("escape")
        await settle(pilot)
        explorer.commands.compare_before()
        assert "no other sequence was run before" in explorer.frame.message

    explore(look, sample("counter.keras"), settle, (120, 40))


def test_batches_of_other_sizes_are_refused() -> None:
    trace = replace(lstm_trace(3, 5), inputs={"x": np.zeros((4, 5, 2))})
    once = as_often({"x": np.ones((1, 7, 2))}, trace)
    assert once["x"].shape == (4, 7, 2)
    with pytest.raises(SequenceError, match="batch of 3 sequences"):
        as_often({"x": np.ones((3, 7, 2))}, trace)


@pytest.mark.parametrize("length", [50, 200, 400])
def test_zoomed_out_both_are_on_one_timeline(length: int) -> None:
    shown, other = lstm_trace(3, 200), lstm_trace(3, length)
    reference = Reference(
        Subject(trace=other),
        other,
        Comparison((), (), (length, 200)),
        other_sequence="other",
    )
    here = Session(Subject(trace=shown), reference=reference, differing=True)
    far = zoomed_out(shown.cells[0], 20)
    [channel, *_] = offer_of(here)(far, None)
    found = channel.read(0, 20)
    both = min(length, 200) // 10
    # by hand: the same stretches of ten timesteps of either run
    theirs = zoomed_out(other.cells[0], length // 10).read("h")[0]
    wanted = far.read("h")[0, :both] - theirs[:both]
    np.testing.assert_allclose(found[:both], wanted, atol=1e-6)
    assert np.isnan(found[both:]).all()


def test_a_comparison_that_arrives_late_takes_no_changes_away() -> None:
    trace = lstm_trace(3, 5)
    subject = Subject(trace=trace)
    empty = Comparison((), (), (5, 5))
    changed = Session(subject, reference=Reference(subject, trace, empty))
    other = Reference(subject, trace, empty, other_sequence="other")
    assert session.compared(changed, trace, other) is changed
    assert session.uncompared(changed) is changed


def test_the_same_sequence_again_is_none_before_it() -> None:
    trace = replace(lstm_trace(3, 5), inputs={"x": np.zeros((1, 5, 2))})
    here = Session(Subject(trace=trace, texts=("a",)))
    again = session.asked(here, ("a",), None, own=True)
    assert again.before is None
    other = session.asked(here, ("b",), None, own=True)
    assert isinstance(other.before, Fed)
    assert other.before.name == "a"
