"""`--max-memory` holds for every command that reads a file, for a reload in the
explorer, and for what a run holds.
"""

from __future__ import annotations

import asyncio
import json
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "formats"))

import numpy as np
from model_files import write_h5

from rnn_tui import open_model
from rnn_tui.cli import main
from rnn_tui.errors import UnsupportedLayerError
from rnn_tui.formats.client import process
from rnn_tui.formats.client.process import start_reading
from rnn_tui.formats.wire.limits import Limits, limits_of

UNITS = 1024
REFUSED = "is more data than a file of this size may hold (--max-memory)"


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An LSTM of 16 MB that is packed into few bytes: nothing for a reader of
    16 MB.
    """
    path = tmp_path_factory.mktemp("packed") / "model.h5"
    config = {"name": "lstm", "units": UNITS, "batch_input_shape": [None, 3, 3]}
    layers = [{"class_name": "LSTM", "config": config}]
    shapes = {
        "kernel": (3, 4 * UNITS),
        "recurrent": (UNITS, 4 * UNITS),
        "bias": (4 * UNITS,),
    }
    arrays = {
        "lstm": {name: np.zeros(shape, "f4") for name, shape in shapes.items()}
    }
    text = json.dumps(
        {"class_name": "Sequential", "config": {"name": "s", "layers": layers}}
    )
    write_h5(path, arrays, config=text, compression="gzip")
    return path


@pytest.fixture
def memories(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """What each reading was allowed."""
    asked: list[int] = []
    start = process.start

    def noted(sources: Any, limits: Limits, *rest: Any) -> Any:
        asked.append(limits.memory)
        return start(sources, limits, *rest)

    monkeypatch.setattr(process, "start", noted)
    return asked


KERAS = pytest.mark.skipif(
    find_spec("tensorflow") is None, reason="TensorFlow is not installed"
)


@pytest.mark.parametrize(
    "command",
    ["layers", "weights", "trace", pytest.param("verify", marks=KERAS)],
)
def test_every_command_keeps_to_it(
    command: str, model: Path, memories: list[int], capfd: Any
) -> None:
    status = main([command, str(model), "--max-memory", "16M"])
    out, err = capfd.readouterr()
    assert REFUSED in out + err
    assert status == (2 if command in ("trace", "verify") else 0)
    assert set(memories) == {16 << 20}


def test_without_it_the_same_file_is_read(
    model: Path, memories: list[int], capfd: Any
) -> None:
    assert main(["layers", str(model)]) == 0
    assert REFUSED not in capfd.readouterr().out
    assert set(memories) == {Limits().memory}


def test_the_configuration_of_another_file_is_read_within_it(
    model: Path, memories: list[int], tmp_path: Path, capfd: Any
) -> None:
    write_h5(tmp_path / "alone.h5", config=None)
    assert (
        main(
            [
                "layers",
                str(tmp_path / "alone.h5"),
                "--config",
                str(model),
                "--max-memory",
                "16M",
            ]
        )
        == 0
    )
    assert memories == [16 << 20, 16 << 20]


def test_a_reload_in_the_explorer_keeps_to_it(
    model: Path, memories: list[int], monkeypatch: Any, tmp_path: Path
) -> None:
    monkeypatch.setenv("RNN_TUI_STATE", str(tmp_path / "state.json"))
    from rnn_tui.tui.app import RnnTuiApp
    from rnn_tui.tui.screens.explorer import ExplorerScreen
    from rnn_tui.tui.startup.options import ExplorerOptions

    async def run() -> None:
        app = RnnTuiApp(str(model), None, ExplorerOptions(max_memory=16 << 20))
        async with app.run_test(size=(100, 30)) as pilot:
            explorer = next(
                screen
                for screen in app.screen_stack
                if isinstance(screen, ExplorerScreen)
            )
            before = None
            for key in ("", "r"):
                await pilot.press(*[key] if key else [])
                while explorer.opened is None or explorer.opened is before:
                    await asyncio.sleep(0.01)
                before = explorer.opened
                assert any(
                    REFUSED in str(layer.why_not) for layer in before.layers
                )

    asyncio.run(asyncio.wait_for(run(), 200))
    assert memories == [16 << 20, 16 << 20]


@pytest.fixture
def lengthening(tmp_path: Path) -> Path:
    """A model of few bytes that makes 32 MB of 160 kB."""
    layers = [
        {
            "class_name": "InputLayer",
            "config": {"name": "x", "batch_input_shape": [None, 4000, 10]},
        },
        {"class_name": "UpSampling1D", "config": {"name": "up", "size": 200}},
    ]
    path = tmp_path / "lengthening.h5"
    text = json.dumps(
        {"class_name": "Sequential", "config": {"name": "s", "layers": layers}}
    )
    write_h5(path, {"up": {}}, config=text)
    return path


def test_a_run_keeps_to_it(lengthening: Path, capfd: Any) -> None:
    assert main(["trace", str(lengthening)]) == 0
    assert main(["trace", str(lengthening), "--max-memory", "64M"]) == 2
    line = capfd.readouterr().err.splitlines()[-1]
    assert (
        "layer 'up' can't be reproduced: the run needs 91 MB, --max-memory allows 64"
        in line
    )


def test_a_run_on_other_assumptions_keeps_to_it(lengthening: Path) -> None:
    opened = open_model(
        lengthening,
        pending=start_reading(lengthening, limits=limits_of(64 << 20)),
    )
    for model in (opened, opened.assuming(hard_sigmoid="2")):
        with pytest.raises(
            UnsupportedLayerError, match="--max-memory allows 64"
        ):
            model.run(np.zeros((4000, 10)))
    assert opened.run(
        np.zeros((4000, 10)), max_memory=128 << 20
    ).output.shape == (
        800_000,
        10,
    )
