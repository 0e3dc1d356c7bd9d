"""PyTorch's files and safetensors open as the layers that their parameters
make, and give PyTorch's numbers; nothing in a pickle is ever called.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from torch_files import (
    Called,
    Stored,
    lstm_state,
    state_dict,
    tensor,
    write_old,
    write_safetensors,
    write_zip,
)

from rnn_tui import open_model
from rnn_tui.errors import ConfigError, FileError
from rnn_tui.formats.opened import OpenedModel

DATA = Path(__file__).parents[1] / "data" / "pytorch"
TAGGERS = (
    "tagger.pt",
    "tagger_old.pt",
    "tagger_parallel.pt",
    "tagger_module.pt",
    "tagger.safetensors",
)


def equal(opened: OpenedModel, golden: str) -> None:
    """Hold a model's output against PyTorch's."""
    expected = np.load(DATA / f"{golden}.npz")
    trace = opened.run(expected["x"], warn=lambda line: None)
    np.testing.assert_allclose(
        trace.outputs[0], expected["y"], rtol=1e-5, atol=1e-6
    )


@pytest.mark.parametrize("name", TAGGERS)
def test_every_way_to_save_a_model_gives_pytorchs_numbers(name: str) -> None:
    opened = open_model(DATA / name)
    assert [layer.path for layer in opened.layers if layer.depth == 0] == [
        "embedding",
        "rnn_l0",
        "rnn_l1",
        "norm",
        "fc",
    ]
    assert opened.model.parameters == 534
    equal(opened, "tagger")


@pytest.mark.parametrize(
    ("name", "golden", "asked"),
    [
        ("chain_module.pt", "chain", {}),
        ("chain_script.pt", "chain", {}),
        ("chain_views.pt", "chain", {"first.activation": "relu"}),
        ("chain_half.safetensors", "chain_half", {"activation": "relu"}),
        (
            "chain_bfloat16.safetensors",
            "chain_bfloat16",
            {"first.activation": "relu"},
        ),
        ("cells.pt", "cells", {}),
    ],
)
def test_modules_scripts_views_halves_and_cells_give_pytorchs_numbers(
    name: str, golden: str, asked: dict[str, str]
) -> None:
    equal(open_model(DATA / name, assume=asked), golden)


def test_what_is_assumed_goes_with_every_run() -> None:
    opened = open_model(DATA / "chain_views.pt")
    lines = opened.assumptions
    assert any("not the program that calls them" in line for line in lines)
    assert any("'first': assumed: return_seq" in line for line in lines)
    assert any("activation tanh" in line for line in lines)
    x = np.zeros((1, 3, 2), "f4")
    assert opened.run(x, warn=lambda line: None).warnings[0] == lines[0]


def test_of_an_lstm_and_a_gru_nothing_but_the_sequence_is_assumed() -> None:
    opened = open_model(DATA / "tagger.pt")
    notes = {layer.path: layer.notes for layer in opened.layers}
    assert notes["rnn_l0"] == ()
    assert notes["rnn_l1"] == ("assumed: return_sequences true",)
    assert any("two biases added" in note for note in notes["rnn_l1/forward"])
    with pytest.raises(ConfigError, match="what can be set of 'rnn_l1'"):
        opened.assuming(**{"rnn_l1.activation": "relu"})


def test_the_class_of_a_module_that_was_saved_whole_is_no_assumption() -> None:
    opened = open_model(DATA / "chain_module.pt")
    first = opened.layers[0]
    assert first.notes[0] == "assumed: return_sequences true"
    assert opened.model.graph.layers["first"].config["activation"] == "relu"
    (line,) = [
        line
        for line in open_model(DATA / "tagger_module.pt").warnings
        if "left out" in line
    ]
    assert line == "modules without weights are left out: Dropout"


def test_an_optimizers_tensors_are_none_of_the_models() -> None:
    names = [group.name for group in open_model(DATA / "tagger.pt").file.groups]
    assert names == ["embedding", "rnn", "norm", "fc"]


def test_a_projection_is_listed_and_refused_with_the_reason() -> None:
    opened = open_model(DATA / "projected.pt")
    (layer,) = opened.layers
    assert layer.class_name == "LSTM"
    assert layer.parameters == 124
    assert layer.why_not is not None
    assert "projects its 4 units to 3" in layer.why_not


def test_a_configuration_of_keras_is_refused(tmp_path: Path) -> None:
    config = tmp_path / "c.json"
    config.write_text('{"class_name": "Sequential", "config": []}')
    with pytest.raises(ConfigError, match="no layers of Keras's"):
        open_model(DATA / "tagger.pt", config=config)


def test_a_json_beside_a_file_is_not_taken_for_its_configuration(
    tmp_path: Path,
) -> None:
    (tmp_path / "m.json").write_text('{"learning_rate": 1}')
    write_zip(tmp_path / "m.pt", *state_dict(lstm_state()))
    assert open_model(tmp_path / "m.pt").layers[0].class_name == "LSTM"


@pytest.mark.parametrize("where", ["zip", "packed", "old", "safetensors"])
def test_files_that_no_pytorch_was_needed_for_open(
    tmp_path: Path, where: str
) -> None:
    arrays = lstm_state()
    path = tmp_path / "m"
    if where == "safetensors":
        write_safetensors(path, arrays)
    elif where == "old":
        write_old(path, *state_dict(arrays))
    else:
        method = {"zip": 0, "packed": 8}[where]
        write_zip(path, *state_dict(arrays), method=method)
    opened = open_model(path)
    assert opened.file.container == (
        "safetensors" if where == "safetensors" else "pytorch"
    )
    layer = opened.model.graph.layers["rnn"]
    kernel, recurrent, bias = (weight.value for weight in layer.weights)
    np.testing.assert_array_equal(kernel, arrays["rnn.weight_ih_l0"].T)
    np.testing.assert_array_equal(recurrent, arrays["rnn.weight_hh_l0"].T)
    both = arrays["rnn.bias_ih_l0"].astype("f8") + arrays["rnn.bias_hh_l0"]
    np.testing.assert_array_equal(bias, both)


def test_several_models_in_one_file_are_told_apart(tmp_path: Path) -> None:
    arrays = lstm_state(prefix="encoder.rnn.")
    arrays |= lstm_state(prefix="decoder.rnn.")
    tensors, storages = state_dict(arrays)
    whole = {
        part: {
            name.removeprefix(f"{part}."): value
            for name, value in tensors.items()
            if name.startswith(part)
        }
        for part in ("encoder", "decoder")
    }
    opened = open_model(write_zip(tmp_path / "m", whole, storages))
    assert [layer.path for layer in opened.layers] == [
        "encoder.rnn",
        "decoder.rnn",
    ]


def test_models_in_a_list_are_told_apart_by_their_numbers(
    tmp_path: Path,
) -> None:
    tensors, storages = state_dict(lstm_state())
    again: list[object] = [tensors, {"other": 5}]
    again.append(again)
    opened = open_model(write_zip(tmp_path / "m", {"nets": again}, storages))
    assert [layer.path for layer in opened.layers] == ["nets.0.rnn"]


def test_a_call_in_a_pickle_is_never_made(tmp_path: Path) -> None:
    tensors, storages = state_dict(lstm_state())
    evil = Called("os", "system", (f"touch {tmp_path}/PWNED",))
    whole = {"hyper": evil, "state_dict": tensors}
    opened = open_model(write_zip(tmp_path / "m", whole, storages))
    assert [layer.class_name for layer in opened.layers] == ["LSTM"]
    with pytest.raises(FileError, match="holds no tensors"):
        open_model(write_zip(tmp_path / "n", evil, {}))
    assert not (tmp_path / "PWNED").exists()


def test_a_matrix_that_the_next_layer_reads_by_rows_is_a_table(
    tmp_path: Path,
) -> None:
    arrays = {"first.weight": np.ones((9, 2), "f4"), **lstm_state()}
    arrays["last.weight"] = np.ones((5, 3), "f4")
    opened = open_model(write_zip(tmp_path / "m", *state_dict(arrays)))
    assert [layer.class_name for layer in opened.layers] == [
        "Embedding",
        "LSTM",
        "Dense",
    ]


def test_parameters_of_no_known_module_are_listed(tmp_path: Path) -> None:
    arrays = {**lstm_state(), "attention.v": np.ones(3, "f4")}
    opened = open_model(write_zip(tmp_path / "m", *state_dict(arrays)))
    (unknown,) = [layer for layer in opened.layers if layer.path == "attention"]
    assert unknown.parameters == 3
    assert "no module that is computed" in (unknown.why_not or "")


@pytest.mark.parametrize(
    "change",
    [
        {"rnn.weight_hh_l0": np.ones((12, 5), "f4")},
        {"rnn.bias_hh_l0": np.ones(11, "f4")},
        {"rnn.weight_ih_l0": np.ones((11, 2), "f4")},
        {"rnn.weight_ih_l0": np.ones(24, "f4")},
        {"rnn.weight_hh_l0": np.ones((12, 0), "f4")},
        {"rnn.weight_hr_l0": np.ones((2, 2), "f4")},
    ],
)
def test_parameters_that_make_no_layer_are_listed_with_their_shapes(
    tmp_path: Path, change: dict[str, np.ndarray]
) -> None:
    arrays = {**lstm_state(), **lstm_state(prefix="good."), **change}
    opened = open_model(write_zip(tmp_path / "m", *state_dict(arrays)))
    bad, good = opened.layers
    assert bad.why_not is not None
    assert "makes no LSTM, GRU or RNN" in bad.why_not
    assert good.why_not is None


def test_a_parameter_that_is_missing_is_told(tmp_path: Path) -> None:
    arrays = {**lstm_state(), **lstm_state(prefix="good.")}
    del arrays["rnn.weight_hh_l0"]
    opened = open_model(write_zip(tmp_path / "m", *state_dict(arrays)))
    assert "makes no LSTM" in (opened.layers[0].why_not or "")


def test_two_directions_of_different_kinds_are_refused(tmp_path: Path) -> None:
    arrays = lstm_state()
    arrays |= {
        f"{name}_reverse": values
        for name, values in lstm_state(units=2).items()
    }
    opened = open_model(write_zip(tmp_path / "m", *state_dict(arrays)))
    assert "two directions" in (opened.layers[0].why_not or "")


OPTIMIZER = {"state": {0: {"exp_avg": 1}}, "param_groups": [{"lr": 0.1}]}


@pytest.mark.parametrize(
    "beside",
    [
        {"callbacks": {"Checkpoint": {"best_model_score": "tensor"}}},
        {"loss": "tensor", "best_acc1": "tensor"},
        {"losses": ["tensor", "tensor"]},
        {"hyper_parameters": {"start": "tensor"}},
        {"ema_state_dict": {"rnn.weight_ih_l0": "tensor"}},
    ],
)
@pytest.mark.parametrize("key", ["state_dict", "model", "model_state"])
def test_tensors_beside_a_state_dictionary_are_none_of_the_models(
    tmp_path: Path, key: str, beside: dict[str, Any]
) -> None:
    tensors, storages = state_dict(lstm_state())
    stray = next(iter(tensors.values()))

    def filled(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: filled(inner) for name, inner in value.items()}
        if isinstance(value, list):
            return [filled(inner) for inner in value]
        return stray

    whole = {**filled(beside), key: tensors}
    opened = open_model(write_zip(tmp_path / "m", whole, storages))
    assert [layer.path for layer in opened.layers] == ["rnn"]
    (line,) = [line for line in opened.warnings if "left out" in line]
    assert next(iter(beside)) in line


@pytest.mark.parametrize("key", ["opt", "en_opt", "optG", "adam", "solver"])
@pytest.mark.parametrize("where", ["dictionary", "list", "tuple"])
def test_an_optimizer_is_known_by_its_keys(
    tmp_path: Path, key: str, where: str
) -> None:
    tensors, storages = state_dict(lstm_state())
    values = list(tensors.values())
    state = {0: {"exp_avg": values[0], "weight": values[1]}}
    optimizer = {**OPTIMIZER, "state": state}
    whole: Any = {"model": tensors, key: optimizer}
    if where == "list":
        whole = [tensors, optimizer]
    elif where == "tuple":
        whole = (tensors, optimizer)
    opened = open_model(write_zip(tmp_path / "m", whole, storages))
    assert [layer.path for layer in opened.layers] == ["rnn"]
    assert not any("left out" in line for line in opened.warnings)


def test_a_module_called_as_a_training_program_calls_its_own_is_the_models(
    tmp_path: Path,
) -> None:
    arrays = lstm_state(prefix="grad_rnn.")
    arrays["amplify.weight"] = np.ones((2, 3), "f4")
    opened = open_model(write_zip(tmp_path / "m", *state_dict(arrays)))
    assert [layer.path for layer in opened.layers] == ["grad_rnn", "amplify"]


def test_an_average_of_the_model_is_it_where_nothing_else_is_there(
    tmp_path: Path,
) -> None:
    tensors, storages = state_dict(lstm_state())
    whole = {"ema_state_dict": tensors}
    opened = open_model(write_zip(tmp_path / "m", whole, storages))
    assert len(opened.layers) == 1
    assert opened.layers[0].class_name == "LSTM"


def test_tensors_without_the_names_of_parameters_are_all_listed(
    tmp_path: Path,
) -> None:
    tensors, storages = state_dict({"u": np.ones((2, 3), "f4")})
    whole = {"cell": tensors, "scale": tensors["u"]}
    with pytest.raises(FileError, match="no recurrent layer"):
        open_model(write_zip(tmp_path / "m", whole, storages))


def test_an_array_with_two_names_is_counted_once_in_the_total(
    tmp_path: Path,
) -> None:
    arrays = {"encoder.weight": np.ones((5, 2), "f4"), **lstm_state()}
    tensors, storages = state_dict(arrays)
    tensors["decoder.weight"] = tensors["encoder.weight"]
    tensors["again.bias_ih_l0"] = tensors["rnn.bias_ih_l0"]
    tensors["again.bias_hh_l0"] = tensors["rnn.bias_hh_l0"]
    for name in ("weight_ih_l0", "weight_hh_l0"):
        tensors[f"again.{name}"] = tensors[f"rnn.{name}"]
    opened = open_model(write_zip(tmp_path / "m", tensors, storages))
    counted = {layer.path: layer.parameters for layer in opened.layers}
    assert counted == {"encoder": 10, "rnn": 84, "decoder": 10, "again": 84}
    assert opened.model.parameters == 94


def test_parts_of_one_storage_are_arrays_of_their_own(tmp_path: Path) -> None:
    tensors, storages = state_dict(lstm_state())
    whole = Stored("w", 12)
    tensors["first.weight"] = tensor(whole, (2, 3))
    tensors["second.weight"] = tensor(whole, (2, 3), offset=6)
    tensors["third.weight"] = tensor(whole, (2, 3), (1, 2))
    storages["w"] = np.ones(12, "f4").tobytes()
    opened = open_model(write_zip(tmp_path / "m", tensors, storages))
    assert opened.model.parameters == 84 + 18
