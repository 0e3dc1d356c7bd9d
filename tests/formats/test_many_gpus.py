"""One nested model called several times: on slices of the batch (saved from
several GPUs), or on two inputs.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from test_build import FULL, LSTM, layer, write

from rnn_tui import open_model
from rnn_tui.errors import SequenceError, UnsupportedLayerError

INNER = {
    "name": "net",
    "layers": [layer("LSTM", **LSTM, batch_input_shape=[None, 5, 2])],
}


def entry(
    class_name: str, name: str, *calls: list[Any], **config: Any
) -> dict[str, Any]:
    """A layer of a functional model as Keras 2 writes it."""
    nodes = [[[*ref, {}] for ref in refs] for refs in calls]
    return {
        "class_name": class_name,
        "name": name,
        "config": {"name": name, **config},
        "inbound_nodes": nodes,
    }


def given(name: str) -> dict[str, Any]:
    return entry("InputLayer", name, batch_input_shape=[None, 5, 2])


def functional(
    path: Path, layers: list[dict[str, Any]], inputs: list[str], output: str
) -> Path:
    """Write a functional model around `net`, whose arrays are the LSTM's."""
    write(
        path,
        [],
        {
            entry["name"]: FULL if entry["name"] == "net" else []
            for entry in layers
        },
    )
    ends = {
        "input_layers": [[name, 0, 0] for name in inputs],
        "output_layers": [[output, 0, 0]],
    }
    with h5py.File(path, "r+") as file:
        file.attrs["model_config"] = json.dumps(
            {"class_name": "Model", "config": {"layers": layers, **ends}}
        )
    return path


def sliced(path: Path) -> Path:
    parts = [
        entry(
            "Lambda",
            f"lambda_{k}",
            [["x", 0, 0]],
            function=["4wEA", None, None],
        )
        for k in (1, 2)
    ]
    net = {
        **entry(
            "Sequential", "net", [["lambda_1", 0, 0]], [["lambda_2", 0, 0]]
        ),
        "config": INNER,
    }
    joined = entry(
        "Concatenate", "joined", [["net", 1, 0], ["net", 2, 0]], axis=0
    )
    return functional(path, [given("x"), *parts, net, joined], ["x"], "joined")


def siamese(path: Path) -> Path:
    net = {
        **entry("Sequential", "net", [["a", 0, 0]], [["b", 0, 0]]),
        "config": INNER,
    }
    joined = entry(
        "Concatenate", "joined", [["net", 1, 0], ["net", 2, 0]], axis=-1
    )
    return functional(
        path, [given("a"), given("b"), net, joined], ["a", "b"], "joined"
    )


def test_a_multi_gpu_model_is_listed_whole_and_stops_at_its_lambdas(
    tmp_path: Path,
) -> None:
    opened = open_model(sliced(tmp_path / "m.h5"))
    assert opened.model.parameters == 24 + 36 + 12
    shapes = {info.path: info.output_shape for info in opened.layers}
    assert shapes["net"] == shapes["net/lstm"] == shapes["joined"] == (None, 3)
    assert [cell.key for cell in opened.cells] == ["net/lstm"]
    with pytest.raises(UnsupportedLayerError, match="Lambda"):
        opened.run(np.ones((5, 2)))
    assert opened.run(np.ones((5, 2)), partial=True).stopped == (
        "lambda_1",
        "a Lambda's code is in the file and is never run",
    )


@pytest.mark.parametrize("start", ["net", "net/lstm", "lambda_1"])
def test_a_multi_gpu_model_runs_from_behind_its_lambdas(
    tmp_path: Path, start: str
) -> None:
    opened = open_model(sliced(tmp_path / "m.h5"))
    assert opened.model.inputs_of(start)[0].shape == (5, 2)
    assert opened.run(np.ones((5, 2)), start_at=start)["net/lstm"].h.shape == (
        5,
        3,
    )


def test_a_layer_that_reads_two_calls_of_one_asks_for_both(
    tmp_path: Path,
) -> None:
    opened = open_model(sliced(tmp_path / "m.h5"))
    assert [info.name for info in opened.model.inputs_of("joined")] == [
        "net",
        "net@1",
    ]
    fed = {"net": np.ones((1, 3)), "net@1": np.zeros((1, 3))}
    assert opened.run(fed, start_at="joined").output.shape == (2, 3)
    with pytest.raises(SequenceError, match="2 inputs"):
        opened.run(np.ones((1, 3)), start_at="joined")


def test_a_siamese_model_has_each_call_under_its_own_key(
    tmp_path: Path,
) -> None:
    opened = open_model(siamese(tmp_path / "m.h5"))
    trace = opened.run({"a": np.ones((5, 2)), "b": np.zeros((5, 2))})
    assert [cell.key for cell in trace.cells] == ["net/lstm", "net@1/lstm"]
    assert np.array_equal(
        trace.output,
        np.concatenate([trace["net/lstm"].h[-1], trace["net@1/lstm"].h[-1]]),
    )
