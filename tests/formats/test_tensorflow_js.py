"""TensorFlow.js layers models open and give the numbers of TensorFlow.js, or of
the Keras they were converted from; hostile ones are refused in one line.
"""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tfjs_files
from tfjs_files import weights_of, write

from rnn_tui import open_model
from rnn_tui.errors import FileError
from rnn_tui.samples import find_sample

pytestmark = pytest.mark.skipif(
    os.name != "posix",
    reason="a model that is several files",
)
DATA = Path(__file__).parents[1] / "data"
MODELS = DATA / "tfjs"
KERNEL = np.arange(8, dtype="f4").reshape(2, 4)
DENSE = {
    "class_name": "Sequential",
    "config": {
        "name": "s",
        "layers": [
            {
                "class_name": "Dense",
                "config": {
                    "name": "d",
                    "units": 4,
                    "use_bias": False,
                    "batch_input_shape": [None, 2],
                },
            }
        ],
    },
}


def refused(path: Path) -> str:
    """The line in which a model is refused."""
    with pytest.raises(FileError) as error:
        open_model(path)
    line = str(error.value)
    assert "\n" not in line
    return line


@pytest.mark.parametrize("part", ["", "model.json"])
@pytest.mark.parametrize("name", ["words", "wired"])
def test_what_tensorflow_js_wrote_gives_its_numbers(
    name: str, part: str
) -> None:
    expected = json.loads((MODELS / name / "expected.json").read_text())
    opened = open_model(MODELS / name / part if part else MODELS / name)
    assert opened.file.container == "tfjs"
    assert opened.warnings == ()
    trace = opened.run(np.array(expected["input"], "f4"))
    np.testing.assert_allclose(
        trace.outputs[0], expected["output"], rtol=1e-5, atol=1e-6
    )


def test_a_gate_of_javascript_is_the_hard_sigmoid_of_keras_2() -> None:
    opened = open_model(MODELS / "words")
    assert opened.hard_sigmoid == 2
    assert opened.file.keras_version == "tfjs-layers 4.22.0"
    config = json.loads((MODELS / "words" / "model.json").read_text())
    lstm = config["modelTopology"]["config"]["layers"][1]["config"]
    assert lstm["recurrent_activation"] == "hard_sigmoid"


def test_a_gate_that_javascript_leaves_out_is_the_same(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(MODELS / "words", tmp_path / "m"))
    text = (folder / "model.json").read_text()
    shorter = text.replace('"recurrent_activation":"hard_sigmoid",', "")
    assert shorter != text
    (folder / "model.json").write_text(shorter)
    expected = json.loads((MODELS / "words" / "expected.json").read_text())
    trace = open_model(folder).run(np.array(expected["input"], "f4"))
    np.testing.assert_allclose(
        trace.outputs[0], expected["output"], rtol=1e-5, atol=1e-6
    )


@pytest.mark.parametrize("shard_bytes", [1 << 22, 1001])
def test_a_converted_model_is_the_one_it_was_made_from(
    tmp_path: Path, shard_bytes: int
) -> None:
    for name in ("2.15.0__wired.h5", "2.13.1__kinds.h5", "2.6.0__halves.h5"):
        source = open_model(DATA / name)
        folder = write(
            tmp_path / name,
            source.file.config,
            weights_of(source),
            keras_version=source.file.keras_version or "",
            shard_bytes=shard_bytes,
        )
        opened = open_model(folder)
        assert opened.warnings == source.warnings
        golden = np.load(DATA / f"{name}.npz")
        names = [info.name for info in source.model.inputs]
        fed = [golden[f"input/{k}"] for k in range(len(names))]
        fed_by_name = dict(zip(names, fed, strict=True))
        for got, want in zip(
            opened.run(fed_by_name).outputs,
            source.run(fed_by_name).outputs,
            strict=True,
        ):
            np.testing.assert_array_equal(got, want)


@pytest.mark.parametrize(
    ("dtype", "off"), [("uint8", 2**-7), ("uint16", 2**-14), ("float16", 2**-9)]
)
def test_quantized_weights_are_brought_back(
    tmp_path: Path, dtype: str, off: float
) -> None:
    sample = find_sample("lstm-notebook")
    assert sample is not None
    source = open_model(sample.path)
    folder = write(
        tmp_path / "m",
        source.file.config,
        weights_of(source),
        keras_version=source.file.keras_version or "",
        quantization=dtype,
        shard_bytes=999,
    )
    opened = open_model(folder)
    for layer, same in zip(
        opened.model.graph.layers.values(),
        source.model.graph.layers.values(),
        strict=True,
    ):
        for weight, own in zip(layer.weights, same.weights, strict=True):
            assert weight.dtype == "float32"
            span = float(np.ptp(own.value))
            np.testing.assert_allclose(
                weight.value, own.value, rtol=0, atol=off * span + 1e-7
            )


def test_whole_numbers_are_scaled_as_javascript_does_it(tmp_path: Path) -> None:
    folder = write(
        tmp_path / "m", DENSE, [("d/kernel", KERNEL)], quantization="uint8"
    )
    (weight,) = open_model(folder).model.graph.layers["d"].weights
    scale = 7 / 255
    whole = np.round(KERNEL.astype("f8") / scale)
    np.testing.assert_array_equal(weight.value, (whole * scale).astype("f4"))


def test_the_weights_of_a_model_in_the_model_are_found(tmp_path: Path) -> None:
    inner = {
        "class_name": "Sequential",
        "name": "inner",
        "config": {**DENSE["config"], "name": "inner"},
    }
    outer = {"class_name": "Sequential", "config": {"name": "o", "layers": []}}
    outer["config"]["layers"] = [inner]
    for name in ("d/kernel", "o/inner/d/kernel"):
        folder = write(tmp_path / "m", outer, [(name, KERNEL)])
        opened = open_model(folder)
        assert opened.model.parameters == 8
        assert opened.warnings == ()


def test_the_weights_of_a_wrapped_model_are_found(tmp_path: Path) -> None:
    inner = {"class_name": "Sequential", "config": DENSE["config"]}
    wrapper = {
        "class_name": "TimeDistributed",
        "config": {
            "name": "each",
            "layer": inner,
            "batch_input_shape": [None, 3, 2],
        },
    }
    outer = {
        "class_name": "Sequential",
        "config": {"name": "o", "layers": [wrapper]},
    }
    opened = open_model(write(tmp_path / "m", outer, [("d/kernel", KERNEL)]))
    assert opened.model.parameters == 8
    assert opened.warnings == ()


def test_weights_without_a_topology_are_told_by_their_names(
    tmp_path: Path,
) -> None:
    weights = [
        (f"lstm/lstm_cell/{name}", np.ones(shape, "f4"))
        for name, shape in (
            ("kernel", (2, 12)),
            ("recurrent_kernel", (3, 12)),
            ("bias", (12,)),
        )
    ]
    opened = open_model(write(tmp_path / "m", None, weights))
    assert [layer.class_name for layer in opened.layers] == ["LSTM"]


def test_a_weight_of_no_layer_is_named(tmp_path: Path) -> None:
    weights = [("d/kernel", KERNEL), ("mean", KERNEL)]
    (line,) = open_model(write(tmp_path / "m", DENSE, weights)).warnings
    assert "'mean'" in line


# Refused ----------------------------------------------------------------------


def test_a_model_without_its_weights_is_told_so(tmp_path: Path) -> None:
    folder = write(
        tmp_path / "m", DENSE, [("d/kernel", KERNEL)], shard_bytes=16
    )
    (folder / "group1-shard2of2.bin").unlink()
    assert "without its 'group1-shard2of2.bin'" in refused(folder)
    (folder / "group1-shard1of2.bin").unlink()
    line = refused(folder / "model.json")
    assert "weight files aren't beside it" in line


@pytest.mark.parametrize(
    "path", ["../out.bin", "/etc/passwd", "http://a/b.bin", "c:x.bin", ""]
)
def test_weights_elsewhere_are_refused(tmp_path: Path, path: str) -> None:
    manifest = [
        {
            "paths": [path],
            "weights": [{"name": "d/kernel", "shape": [], "dtype": "uint8"}],
        }
    ]
    folder = write(
        tmp_path / "m",
        DENSE,
        [("d/kernel", KERNEL)],
        change={"weightsManifest": manifest},
    )
    (tmp_path / "out.bin").write_bytes(b"x")
    assert "isn't beside it" in refused(folder)


def test_paths_that_a_browser_wrote_are_names_beside_it(tmp_path: Path) -> None:
    folder = write(tmp_path / "m", DENSE, [("d/kernel", KERNEL)])
    model = json.loads((folder / "model.json").read_text())
    (group,) = model["weightsManifest"]
    group["paths"] = ["./" + path for path in group["paths"]]
    (folder / "model.json").write_text(json.dumps(model))
    opened = open_model(folder)
    np.testing.assert_array_equal(weights_of(opened)[0][1], KERNEL)


def test_a_link_that_leads_out_of_the_folder_is_refused(tmp_path: Path) -> None:
    folder = write(tmp_path / "m", DENSE, [("d/kernel", KERNEL)])
    shard = folder / "group1-shard1of1.bin"
    shutil.move(shard, tmp_path / "elsewhere")
    shard.symlink_to("../elsewhere")
    assert "leads out of the folder" in refused(folder)


def test_a_fifo_beside_a_model_is_not_waited_for(tmp_path: Path) -> None:
    folder = write(tmp_path / "m", DENSE, [("d/kernel", KERNEL)])
    os.mkfifo(folder / "more.bin")
    assert "named pipe" in refused(folder)


def test_a_graph_model_is_named(tmp_path: Path) -> None:
    for change in (
        {"format": "graph-model"},
        {"modelTopology": {"node": [], "versions": {}}},
    ):
        folder = write(
            tmp_path / "m", DENSE, [("d/kernel", KERNEL)], change=change
        )
        assert "graph model" in refused(folder)


@pytest.mark.parametrize(
    ("weight", "words"),
    [
        ({"shape": [2, 5], "dtype": "float32"}, "declares 40 bytes"),
        ({"shape": [1 << 40], "dtype": "float32"}, "declares"),
        ({"shape": [-1], "dtype": "float32"}, "no known shape"),
        ({"shape": [1] * 9, "dtype": "float32"}, "no known shape"),
        ({"shape": [True], "dtype": "float32"}, "no known shape"),
        ({"shape": None, "dtype": "float32"}, "no known shape"),
        ({"shape": [4], "dtype": "string"}, "isn't numbers"),
        ({"shape": [4], "dtype": "complex64"}, "isn't numbers"),
        (
            {"shape": [32], "dtype": "float32", "quantization": 5},
            "isn't known",
        ),
        (
            {
                "shape": [32],
                "dtype": "float32",
                "quantization": {"dtype": "uint8", "scale": "a", "min": 0},
            },
            "scale is no number",
        ),
        (
            {
                "shape": [32],
                "dtype": "float32",
                "quantization": {"dtype": "uint8", "scale": 1e300, "min": 0},
            },
            "scale is no number",
        ),
    ],
)
def test_what_a_weight_declares_is_held_against_its_files(
    tmp_path: Path, weight: dict[str, Any], words: str
) -> None:
    folder = write(tmp_path / "m", DENSE, [("d/kernel", KERNEL)])
    path = folder / "model.json"
    model = json.loads(path.read_text())
    model["weightsManifest"][0]["weights"] = [{"name": "d/kernel", **weight}]
    path.write_text(json.dumps(model))
    assert words in refused(folder)


@pytest.mark.parametrize(
    ("manifest", "words"),
    [
        (5, "no list"),
        ([5], "damaged"),
        ([{}], "without files"),
        ([{"paths": []}], "without weights"),
        ([{"paths": [5]}], "isn't beside it"),
        ([{"paths": ["model.json"], "weights": []}], "without its"),
        (
            [{"paths": ["group1-shard1of1.bin"] * 2, "weights": []}],
            "twice",
        ),
        ([{"paths": [], "weights": [5]}], "damaged"),
        (
            [
                {
                    "paths": [],
                    "weights": [
                        {"name": "a", "shape": [0], "dtype": "bool"},
                        {"name": "a", "shape": [0], "dtype": "bool"},
                    ],
                }
            ],
            "twice",
        ),
    ],
)
def test_a_damaged_list_of_weights_is_refused(
    tmp_path: Path, manifest: Any, words: str
) -> None:
    folder = write(
        tmp_path / "m",
        DENSE,
        [("d/kernel", KERNEL)],
        change={"weightsManifest": manifest},
    )
    assert words in refused(folder)


def test_more_weights_than_a_file_may_list_are_refused(tmp_path: Path) -> None:
    listed = [
        {"name": f"a{k}", "shape": [0], "dtype": "bool"} for k in range(50_001)
    ]
    folder = write(
        tmp_path / "m",
        DENSE,
        [("d/kernel", KERNEL)],
        change={"weightsManifest": [{"paths": [], "weights": listed}]},
    )
    assert "more than 50,000 arrays" in refused(folder)


def test_more_files_of_weights_than_their_sizes_speak_for_are_refused(
    tmp_path: Path,
) -> None:
    folder = write(tmp_path / "m", DENSE, [("d/kernel", KERNEL)])
    for number in range(32):
        (folder / f"{number}.bin").write_bytes(b"x")
    assert "33 files of weights" in refused(folder)


def test_json_nested_without_end_is_refused(tmp_path: Path) -> None:
    folder = write(tmp_path / "m", DENSE, [("d/kernel", KERNEL)])
    text = '{"weightsManifest":' + "[" * 50_000 + "]" * 50_000 + "}"
    (folder / "model.json").write_text(text)
    assert "nested too deep" in refused(folder)


def test_a_git_lfs_pointer_in_the_place_of_weights_is_named(
    tmp_path: Path,
) -> None:
    folder = write(tmp_path / "m", DENSE, [("d/kernel", KERNEL)])
    (folder / "group1-shard1of1.bin").write_bytes(
        b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n"
    )
    assert "git lfs pull" in refused(folder)


def test_a_json_that_is_no_layers_model_is_told_as_before(
    tmp_path: Path,
) -> None:
    (tmp_path / "config.json").write_text(json.dumps(DENSE))
    (tmp_path / "other.bin").write_bytes(b"x")
    assert "JSON without weights" in refused(tmp_path / "config.json")


def test_a_json_in_a_folder_that_is_too_large_to_list_is_a_file(
    tmp_path: Path,
) -> None:
    for number in range(10_001):
        (tmp_path / f"{number}.bin").touch()
    (tmp_path / "config.json").write_text(json.dumps(DENSE))
    assert "JSON without weights" in refused(tmp_path / "config.json")


def test_what_a_test_writes_is_what_the_module_says() -> None:
    stored, how = tfjs_files.quantized(KERNEL, "uint8")
    assert stored[0] == 0
    assert stored[-1] == 255
    assert how["min"] == 0.0
