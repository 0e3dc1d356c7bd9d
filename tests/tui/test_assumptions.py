"""What is assumed of a file: shown, switched, changed, and how far the numbers
move.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from rnn_tui.formats.opened import open_model
from rnn_tui.tui.screens.assumption_dialog import AssumptionsDialog
from rnn_tui.tui.screens.explorer import ExplorerScreen
from rnn_tui.tui.session.assumptions import (
    assumptions,
    moved,
    moved_text,
    other_numerics,
    run_again,
)
from rnn_tui.tui.widgets.lines import StateLine
from rnn_tui.tui.widgets.table import RowTable
from tests.tui.test_explorer import explore, state_text

Settle = Callable[[Any], Awaitable[None]]


@pytest.fixture
def weights_only(tmp_path: Path) -> str:
    """A weights-only file of Keras 2.1: an LSTM(3) on 2 features, then a
    Dense(2).
    """
    rng = np.random.default_rng(5)
    arrays = {
        "lstm_1": [
            rng.normal(size=shape).astype(np.float32)
            for shape in [(2, 12), (3, 12), (12,)]
        ],
        "dense_1": [
            rng.normal(size=shape).astype(np.float32)
            for shape in [(3, 2), (2,)]
        ],
    }
    path = tmp_path / "weights.h5"
    with h5py.File(path, "w") as file:
        file.attrs["layer_names"] = [name.encode() for name in arrays]
        file.attrs["keras_version"], file.attrs["backend"] = (
            b"2.1.6",
            b"tensorflow",
        )
        for name, values in arrays.items():
            group = file.create_group(name)
            names = [
                f"{name}/{part}:0"
                for part in ("kernel", "recurrent_kernel", "bias")
            ][: len(values)]
            group.attrs["weight_names"] = [part.encode() for part in names]
            for part, value in zip(names, values, strict=True):
                group.create_dataset(part, data=value)
    return str(path)


@pytest.fixture
def own_class(tmp_path: Path) -> str:
    """A model of one layer, a QLSTM(3) on 2 features: Keras's keys and a
    quantizer of its own.
    """
    rng = np.random.default_rng(5)
    keys = {
        "name": "q",
        "units": 3,
        "activation": "tanh",
        "recurrent_activation": "sigmoid",
        "unit_forget_bias": True,
    }
    config = {
        **keys,
        "return_sequences": True,
        "kernel_quantizer": "bits",
        "batch_input_shape": [None, 6, 2],
    }
    model = {"name": "m", "layers": [{"class_name": "QLSTM", "config": config}]}
    path = tmp_path / "own.h5"
    with h5py.File(path, "w") as file:
        file.attrs["model_config"] = json.dumps(
            {"class_name": "Sequential", "config": model}
        )
        file.attrs["keras_version"], file.attrs["backend"] = (
            "2.4.0",
            "tensorflow",
        )
        weights = file.create_group("model_weights")
        weights.attrs["layer_names"] = [b"q"]
        group = weights.create_group("q")
        group.attrs["weight_names"] = [b"w0", b"w1", b"w2"]
        for k, shape in enumerate([(2, 12), (3, 12), (12,)]):
            group[f"w{k}"] = rng.normal(size=shape).astype(np.float32)
    return str(path)


def right_text(explorer: ExplorerScreen) -> str:
    return "".join(text for text, _ in explorer.query_one(StateLine).right)


def test_a_weights_only_file_lists_what_is_assumed_of_each_layer(
    weights_only: str,
) -> None:
    found = {
        one.name: one.value for one in assumptions(open_model(weights_only))
    }
    assert found == {
        "lstm_1.activation": "tanh",
        "lstm_1.recurrent_activation": "hard_sigmoid",
        "lstm_1.return_sequences": "false",
        "lstm_1.go_backwards": "false",
        "dense_1.activation": "linear",
        "hard_sigmoid": "2",
    }


def test_a_gru_without_biases_leaves_reset_after_to_be_chosen(
    tmp_path: Path,
) -> None:
    path = tmp_path / "weights.h5"
    rng = np.random.default_rng(5)
    with h5py.File(path, "w") as file:
        file.attrs["layer_names"], file.attrs["keras_version"] = (
            [b"gru", b"biased"],
            b"2.4.0",
        )
        for name, shapes in {
            "gru": [(2, 9), (3, 9)],
            "biased": [(3, 12), (4, 12), (2, 12)],
        }.items():
            group = file.create_group(name)
            group.attrs["weight_names"] = [
                f"w{k}".encode() for k in range(len(shapes))
            ]
            for k, shape in enumerate(shapes):
                group[f"w{k}"] = rng.normal(size=shape).astype(np.float32)
    opened = open_model(str(path))
    assert [
        one.name for one in assumptions(opened) if one.key == "reset_after"
    ] == ["gru.reset_after"]
    before, after = (
        opened.run(np.ones((4, 2))),
        opened.assuming(**{"gru.reset_after": "false"}).run(np.ones((4, 2))),
    )
    assert moved(before, after).h


def test_a_file_with_its_configuration_leaves_nothing_to_assume(
    sample: Callable[[str], str],
) -> None:
    assert assumptions(open_model(sample("lstm-25.h5"))) == []


def test_the_other_hard_sigmoid_moves_the_outputs_and_back_again_moves_them_back(
    weights_only: str,
) -> None:
    opened = open_model(weights_only)
    x = np.linspace(-2, 2, 24, dtype=np.float32).reshape(1, 12, 2)
    before = opened.run(x)
    other = other_numerics(opened)
    assert (opened.hard_sigmoid, other.hard_sigmoid) == (2, 3)
    after = run_again(other, before, lambda done, total: None, lambda: False)
    assert after is not None
    how_far = moved(before, after)
    assert how_far.outputs == pytest.approx(
        np.abs(
            np.asarray(before.outputs[0], np.float64) - after.outputs[0]
        ).max()
    )
    assert how_far.h is not None
    assert how_far.h > 0
    back = other_numerics(other)
    assert (back.hard_sigmoid, dict(back.assumed)) == (2, {})
    again = run_again(back, before, lambda done, total: None, lambda: False)
    assert again is not None
    assert moved(before, again).outputs == 0


def test_outputs_of_another_shape_are_told_by_their_shapes(
    weights_only: str,
) -> None:
    opened = open_model(weights_only)
    before = opened.run(np.ones((1, 4, 2), np.float32))
    after = opened.assuming(return_sequences="true").run(
        np.ones((1, 4, 2), np.float32)
    )
    text = moved_text(before, after, moved(before, after))
    assert (
        text == "the output is (·, 4, 2) instead of (·, 2), h moves by up to 0"
    )


def test_a_key_switches_hard_sigmoid_and_says_how_far_the_outputs_move(
    weights_only: str, settle: Settle
) -> None:
    async def scenario(pilot: Any, explorer: ExplorerScreen) -> None:
        assert "hσ 2" in right_text(explorer)
        await pilot.press("n")
        await settle(pilot)
        assert "hσ 3" in right_text(explorer)
        assert "the outputs move by up to" in state_text(explorer)
        await pilot.press("n")
        await settle(pilot)
        assert "hσ 2" in right_text(explorer)

    explore(scenario, weights_only, settle)


def test_the_dialog_changes_an_assumption_and_the_model_runs_again(
    weights_only: str, settle: Settle
) -> None:
    async def scenario(pilot: Any, explorer: ExplorerScreen) -> None:
        await pilot.press("a")
        await settle(pilot)
        assert isinstance(pilot.app.screen, AssumptionsDialog)
        await pilot.press("right", "enter")
        await settle(pilot)
        assert explorer.opened is not None
        assert dict(explorer.opened.assumed) == {"lstm_1.activation": "relu"}
        assert "move" in state_text(explorer)
        await pilot.press("a")
        await settle(pilot)
        table = pilot.app.screen.query_one(RowTable)
        assert "relu" in table.rows[0][2][0]
        await pilot.press("escape")
        assert explorer.opened.assumed == {"lstm_1.activation": "relu"}

    explore(scenario, weights_only, settle)


def test_where_nothing_is_assumed_the_keys_say_so(
    sample: Callable[[str], str], settle: Settle
) -> None:
    async def scenario(pilot: Any, explorer: ExplorerScreen) -> None:
        await pilot.press("a")
        assert "nothing is assumed" in state_text(explorer)
        await pilot.press("n")
        assert "nothing to switch" in state_text(explorer)

    explore(scenario, sample("lstm-1.h5"), settle)


def test_a_class_of_somebodys_own_can_be_chosen_and_the_choice_stays_in_sight(
    own_class: str, settle: Settle
) -> None:
    async def scenario(pilot: Any, explorer: ExplorerScreen) -> None:
        assert explorer.trace is not None
        assert explorer.trace.cells == ()
        assert "QLSTM is not one of Keras's own" in state_text(explorer)
        assert " as LSTM" not in right_text(explorer)

        await pilot.press("a")
        await settle(pilot)
        assert isinstance(pilot.app.screen, AssumptionsDialog)
        rows = pilot.app.screen.query_one(RowTable).rows
        assert "not run" in str(rows[0])
        await pilot.press("right", "enter")
        await settle(pilot)
        assert [cell.key for cell in explorer.trace.cells] == ["q"]
        assert "QLSTM as LSTM" in right_text(explorer)
        assert explorer.trace.warnings == explorer.opened.assumptions != ()

        await pilot.press("r")  # what was chosen holds for the file read again
        await settle(pilot)
        assert [cell.key for cell in explorer.trace.cells] == ["q"]

    explore(scenario, own_class, settle)


@pytest.mark.parametrize("size", [(60, 20), (80, 24), (160, 48)])
def test_that_a_class_is_assumed_is_in_the_state_line_at_every_width(
    own_class: str, settle: Settle, size: tuple[int, int]
) -> None:
    async def scenario(pilot: Any, explorer: ExplorerScreen) -> None:
        assert "as LSTM" in right_text(explorer)

    explore(scenario, own_class, settle, size=size, assume={"q.class": "LSTM"})
