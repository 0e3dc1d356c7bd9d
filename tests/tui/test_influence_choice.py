"""The target, the method and the baseline of the influence, chosen in one
dialog; a baseline that is typed.
"""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from exploring import Sample, Settle, explore
from textual.widgets import Input, Static

from rnn_tui.analysis.influence import influence
from rnn_tui.formats.opened import open_model
from rnn_tui.sequences.baseline import read_baseline
from rnn_tui.tui.renderables.numbers import short
from rnn_tui.tui.renderables.palette import Look
from rnn_tui.tui.screens.explorer import ExplorerScreen
from rnn_tui.tui.screens.influence_dialog import InfluenceDialog, choices
from rnn_tui.tui.screens.palette_entries import entries_of
from rnn_tui.tui.screens.reading_prompt import ReadingPrompt
from rnn_tui.tui.session.session import InfluenceChoice
from rnn_tui.tui.states_page.influence_lane import influence_lanes


async def choose(pilot: Any, settle: Settle, words: str) -> None:
    """Take what has the words in its name from the dialog."""
    await pilot.press("B")
    await settle(pilot)
    assert isinstance(pilot.app.screen, InfluenceDialog)
    pilot.app.screen.query_one(Input).value = words
    await settle(pilot)
    await pilot.press("enter")
    await settle(pilot)


async def type_baseline(pilot: Any, settle: Settle, text: str) -> None:
    await choose(pilot, settle, "another baseline")
    pilot.app.screen.query_one(Input).value = text
    await settle(pilot)
    await pilot.press("enter")
    await settle(pilot)


def lane(explorer: ExplorerScreen) -> tuple[Any, str]:
    """The numbers of the lane, and the line below it."""
    [found] = influence_lanes(explorer.session, Look())
    assert explorer.cell is not None
    return found.row.read(0, explorer.cell.timesteps, 0), found.caption


def test_a_token_of_the_sequence_is_a_baseline(
    sample: Sample, settle: Settle
) -> None:
    path = sample("brackets.h5")

    async def look(pilot: Any, explorer: ExplorerScreen) -> None:
        await pilot.press("3", "end")
        await choose(pilot, settle, "against “x”")
        shown, words = lane(explorer)
        assert "against token 'x'" in words
        assert explorer.trace is not None
        # by hand: each token made an x, and the whole model run again
        [(name, fed)] = explorer.trace.inputs.items()
        model = open_model(path)
        own = float(model.run({name: fed}).outputs[0][0, -1, 0])
        x = fed[0, 0]
        for t in (1, 6, 21):
            other = fed.copy()
            other[0, t] = x
            swapped = float(model.run({name: other}).outputs[0][0, -1, 0])
            assert shown[t] == pytest.approx(own - swapped, abs=2e-6)

        assert "● now" in about(explorer, "against “x”")
        assert "● now" not in about(explorer, "against zeros")

    explore(look, path, settle, (160, 40))


def about(explorer: ExplorerScreen, name: str) -> str:
    return next(
        one.about for one in choices(explorer.session) if one.name == name
    )


@pytest.mark.parametrize("method", ["swap", "ig"])
def test_a_number_is_a_baseline_for_both_methods(
    sample: Sample, settle: Settle, method: str
) -> None:
    path = sample("sine-gru.keras")
    named = {"swap": "method: swap", "ig": "method: integrated"}[method]

    async def look(pilot: Any, explorer: ExplorerScreen) -> None:
        await pilot.press("3", "end")
        await choose(pilot, settle, named)
        await type_baseline(pilot, settle, "0.25")
        shown, words = lane(explorer)
        assert "the number 0.25 (0.25)" in words
        assert explorer.trace is not None
        [fed] = explorer.trace.inputs.values()
        whole = np.full_like(fed, 0.25)
        wanted = influence(open_model(path), fed, None, method, whole)
        np.testing.assert_allclose(shown, wanted.by_timestep, atol=1e-6)
        if method == "ig":
            model = open_model(path)
            ends = [model.run(one).outputs[0][0, -1, 0] for one in (fed, whole)]
            assert shown.sum() == pytest.approx(ends[0] - ends[1], abs=1e-4)

    explore(look, path, settle, (160, 40))


def test_a_file_with_a_sequence_is_a_baseline(
    sample: Sample, settle: Settle, tmp_path: Path
) -> None:
    path = sample("bilstm-4.keras")
    fed = open_model(path).model.inputs[0].shape
    own = np.random.default_rng(3).normal(size=fed).astype("f4")
    np.save(tmp_path / "own.npy", own)

    async def look(pilot: Any, explorer: ExplorerScreen) -> None:
        await pilot.press("3", "home", "i")
        await type_baseline(pilot, settle, str(tmp_path / "own.npy"))
        shown, words = lane(explorer)
        assert "a sequence of your own" in words
        assert explorer.session.influence is not None
        assert explorer.trace is not None
        target = words.partition(" = ")[0]
        wanted = influence(
            open_model(path), explorer.trace.inputs, target, "swap", own
        )
        np.testing.assert_allclose(shown, wanted.by_timestep, atol=1e-6)
        # features are swapped for the same baseline
        assert "features at t 0: [" in words

    explore(look, path, settle, (160, 40))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("0.1 0.2; 0.3 0.4", "1 feature"),
        ("[[0.1],[0.2]]", "the input's is (50, 1)"),
        ("token:x", "no token 'x'"),
        ("nowhere.npy", "nowhere.npy"),
    ],
)
def test_what_is_no_baseline_of_this_input_is_refused_in_words(
    sample: Sample, settle: Settle, text: str, words: str
) -> None:
    async def look(pilot: Any, explorer: ExplorerScreen) -> None:
        await pilot.press("3")
        await type_baseline(pilot, settle, text)
        assert isinstance(pilot.app.screen, ReadingPrompt)
        said = str(pilot.app.screen.query_one("#meaning", Static).render())
        assert words in said
        assert explorer.session.influence is None
        await pilot.press("escape")

    explore(look, sample("sine-gru.keras"), settle, (120, 40))


def test_every_target_and_method_is_in_the_dialog(
    sample: Sample, settle: Settle
) -> None:
    async def look(pilot: Any, explorer: ExplorerScreen) -> None:
        await pilot.press("3", "end")
        for words, wanted in (
            ("its margin", InfluenceChoice(scale="margin")),
            ("target unit", InfluenceChoice(True, "margin")),
            ("method gradient", InfluenceChoice(True, "margin", "gradient")),
            ("probability", InfluenceChoice(False, "probability", "gradient")),
            ("integrated", InfluenceChoice(False, "probability", "ig")),
            ("the mean", InfluenceChoice(False, "probability", "ig", "mean")),
        ):
            await choose(pilot, settle, words)
            assert explorer.session.influence == wanted

        await choose(pilot, settle, "none")
        assert explorer.session.influence is None

    explore(look, sample("char-lstm.h5"), settle, (120, 40))


def test_a_batch_s_baseline_is_checked_when_it_runs(
    sample: Sample, settle: Settle
) -> None:
    batch = "[[[1,0,0],[0,1,0]],[[0,1,0],[0,0,1]]]"

    async def look(pilot: Any, explorer: ExplorerScreen) -> None:
        await pilot.press("3")
        await type_baseline(pilot, settle, "[[0,0,1],[0,0,1],[0,0,1]]")
        [found] = influence_lanes(explorer.session, Look())
        assert "the input's is (2, 3)" in found.caption
        await type_baseline(pilot, settle, "[[0,0,1]]")
        [found] = influence_lanes(explorer.session, Look())
        assert "one timestep of your own" in found.caption

    explore(look, sample("counter.keras"), settle, (120, 40), inputs=(batch,))


@pytest.mark.parametrize(
    "words", ["baseline", "against", "integrated gradients", "runner-up"]
)
def test_the_palette_finds_it(
    sample: Sample, settle: Settle, words: str
) -> None:
    async def look(pilot: Any, explorer: ExplorerScreen) -> None:
        await pilot.press("ctrl+p")
        await settle(pilot)
        pilot.app.screen.query_one(Input).value = words
        await settle(pilot)
        said = str(pilot.app.screen.query_one("#meaning", Static).render())
        assert "Target, method and baseline  (B)" in said
        await pilot.press("escape")

    explore(look, sample("counter.keras"), settle, (120, 40))


def test_a_number_stands_for_every_feature_but_of_ids_for_one(
    sample: Sample,
) -> None:
    numbers = open_model(sample("bilstm-4.keras")).model.inputs
    [found] = read_baseline("0.5", numbers).values()
    assert found.shape == ()
    ids = open_model(sample("char-lstm.h5")).model.inputs
    [found] = read_baseline("4", ids).values()
    assert found.shape == (1,)


@pytest.fixture
def sigmoid(sample: Sample, tmp_path: Path) -> str:
    """The counter with a sigmoid in its head."""
    path = tmp_path / "sigmoid.keras"
    with (
        zipfile.ZipFile(sample("counter.keras")) as own,
        zipfile.ZipFile(path, "w") as made,
    ):
        for name in own.namelist():
            content = own.read(name)
            if name == "config.json":
                config = json.loads(content)
                head = config["config"]["layers"][-1]["config"]
                assert head["activation"] == "linear"
                head["activation"] = "sigmoid"
                content = json.dumps(config).encode()

            made.writestr(name, content)

    return str(path)


def targets(explorer: ExplorerScreen) -> list[str]:
    """The targets of the output that the dialog offers."""
    return [
        one.name.removeprefix("target: the output, ")
        for one in choices(explorer.session)
        if one.name.startswith("target: the output")
    ]


def palette(pilot: Any, explorer: ExplorerScreen) -> dict[str, Any]:
    """The scales that the command palette offers, with what carries them out."""
    start = "Which timesteps mattered to the "
    return {
        one.name.removeprefix(start): one
        for one in entries_of(explorer, pilot.app.keys)
        if one.name.startswith(start)
    }


def test_a_sigmoid_is_explained_by_its_probability_and_by_its_logit(
    sigmoid: str, settle: Settle
) -> None:
    one_hot = "onehot: 0 0 2 1 0 1 2"
    model = open_model(sigmoid)

    async def look(pilot: Any, explorer: ExplorerScreen) -> None:
        await pilot.press("3", "end")
        assert targets(explorer) == ["its probability", "its logit"]
        assert "sigmoid" in about(
            explorer, "target: the output, its probability"
        )
        offered = palette(pilot, explorer)
        assert list(offered) == ["probability", "logit"]
        assert offered["logit"].about.startswith("Of the sigmoid: ")
        assert explorer.trace is not None
        [fed] = explorer.trace.inputs.values()
        p = float(explorer.trace.outputs[0][0, -1, 0])
        assert 0 < p < 1

        # unasked it is what the command line explains
        await pilot.press("i")
        await settle(pilot)
        shown, words = lane(explorer)
        wanted = influence(model, fed)
        assert wanted.target == "open[0]"
        np.testing.assert_allclose(shown, wanted.by_timestep, atol=1e-6)
        assert words.startswith(f"open[0]@6 = {short(p)} (probability)")

        offered["logit"].answer()
        await settle(pilot)
        shown, words = lane(explorer)
        logit = influence(model, fed, "open.logit[0]")
        np.testing.assert_allclose(shown, logit.by_timestep, atol=1e-6)
        assert logit.value == pytest.approx(np.log(p / (1 - p)), abs=1e-4)
        assert words.startswith(f"open.logit[0]@6 = {short(logit.value)} ·")
        assert "● now" in about(explorer, "target: the output, its logit")

        offered["probability"].answer()
        await settle(pilot)
        again, words = lane(explorer)
        np.testing.assert_allclose(again, wanted.by_timestep, atol=1e-6)
        assert "(probability)" in words

        await choose(pilot, settle, "its logit")
        assert lane(explorer)[1].startswith("open.logit[0]@6")

    explore(look, sigmoid, settle, (160, 40), inputs=(one_hot,))


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("char-lstm.h5", ["logit", "margin", "probability"]),
        ("counter.keras", []),
        ("sine-gru.keras", []),
    ],
)
def test_only_the_scales_that_the_output_has_are_offered(
    sample: Sample, settle: Settle, name: str, wanted: list[str]
) -> None:
    async def look(pilot: Any, explorer: ExplorerScreen) -> None:
        assert list(palette(pilot, explorer)) == wanted
        in_dialog = [f"its {scale}" for scale in wanted]
        assert targets(explorer) == (in_dialog or ["target: the output"])
        for scale, entry in palette(pilot, explorer).items():
            entry.answer()
            await settle(pilot)
            assert " = " in lane(explorer)[1]
            assert ("(probability)" in lane(explorer)[1]) is (
                scale == "probability"
            )

    explore(look, sample(name), settle, (160, 40))
