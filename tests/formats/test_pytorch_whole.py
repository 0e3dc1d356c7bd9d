"""Whole modules of PyTorch's and TorchScript files: whose class a module is, and
the settings that it keeps beside its parameters.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from torch_files import (
    Called,
    lstm_state,
    module,
    state_dict,
    write_old,
    write_safetensors,
    write_zip,
)

from rnn_tui import open_model
from rnn_tui.errors import FileError, RnnTuiError
from rnn_tui.formats.opened import OpenedModel

NN = "torch.nn.modules"
LINEAR = {"weight": np.ones((2, 3), "f4"), "bias": np.zeros(2, "f4")}
NORM = {"weight": np.ones(3, "f4"), "bias": np.zeros(3, "f4")}
KERNEL = {"weight": np.ones((4, 2, 3), "f4"), "bias": np.zeros(4, "f4")}
RNN = {
    "weight_ih_l0": np.ones((3, 2), "f4"),
    "weight_hh_l0": np.ones((3, 3), "f4"),
}


def opened(
    path: Path,
    *modules: tuple[str, Mapping[str, Any], dict[str, Any]],
    old: bool = False,
    **options: Any,
) -> OpenedModel:
    """Open a Sequential of modules, each with its class, its arrays and its
    other attributes.
    """
    arrays = {
        f"{number}.{name}": values
        for number, (_, own, _) in enumerate(modules)
        for name, values in own.items()
    }
    tensors, storages = state_dict(arrays)
    parts = {}
    for number, (class_name, own, attributes) in enumerate(modules):
        inner = {name: tensors[f"{number}.{name}"] for name in own}
        parts[str(number)] = module(class_name, inner, old, **attributes)

    whole = module(f"{NN}.container.Sequential", parts, old)
    write = write_old if old else write_zip
    return open_model(write(path / "m.pt", whole, storages), **options)


def lstm() -> dict[str, Any]:
    return lstm_state(prefix="")


@pytest.mark.parametrize("old", [False, True])
def test_a_class_of_somebodys_own_is_listed_and_never_computed_unasked(
    tmp_path: Path, old: bool
) -> None:
    modules = (("mine.LSTM", lstm(), {}), ("mine.Linear", LINEAR, {}))
    model = opened(tmp_path, *modules, old=old)
    own, linear = model.layers
    assert own.class_name == "mine.LSTM"
    assert "its class mine.LSTM is its author's own" in (own.why_not or "")
    assert "--as 0=LSTM computes it as PyTorch's" in (own.why_not or "")
    assert "its class mine.Linear is its author's" in (linear.why_not or "")
    with pytest.raises(RnnTuiError):
        model.run(np.zeros((1, 3, 2), "f4"))


def test_a_recurrent_class_of_somebodys_own_is_computed_as_the_user_says(
    tmp_path: Path,
) -> None:
    theirs = opened(tmp_path, (f"{NN}.rnn.LSTM", lstm(), {}))
    asked = opened(tmp_path, ("mine.QLSTM", lstm(), {}), as_={"0": "LSTM"})
    x = np.ones((1, 4, 2), "f4")
    trace = asked.run(x, warn=lambda line: None)
    np.testing.assert_array_equal(
        trace.outputs[0], theirs.run(x, warn=lambda line: None).outputs[0]
    )
    assert any("was asked (--as)" in line for line in trace.warnings)


@pytest.mark.parametrize(
    ("as_", "words"),
    [
        ({"0": "GRU"}, "don't make a GRU"),
        ({"1": "LSTM"}, "no recurrent one of a custom class"),
        ({"2": "LSTM"}, "there is no such layer"),
    ],
)
def test_a_class_that_the_arrays_do_not_make_is_refused(
    tmp_path: Path, as_: dict[str, str], words: str
) -> None:
    modules = (("mine.LSTM", lstm(), {}), (f"{NN}.linear.Linear", LINEAR, {}))
    with pytest.raises(RnnTuiError, match=words):
        opened(tmp_path, *modules, as_=as_)


def test_two_directions_of_a_custom_class_are_asked_for_together(
    tmp_path: Path,
) -> None:
    both = lstm()
    both |= {f"{name}_reverse": values for name, values in both.items()}
    model = opened(tmp_path, ("mine.LSTM", both, {}), as_={"0": "LSTM"})
    assert model.layers[0].why_not is None
    assert [own.path for own in model.own] == ["0"]


def test_a_container_of_somebodys_own_is_none_of_the_layers(
    tmp_path: Path,
) -> None:
    tensors, storages = state_dict(lstm())
    inner = module(f"{NN}.rnn.LSTM", tensors)
    whole = module("__main__.Net", {"rnn": inner})
    model = open_model(write_zip(tmp_path / "m", whole, storages))
    (layer,) = model.layers
    assert (layer.path, layer.why_not) == ("rnn", None)


@pytest.mark.parametrize(
    "class_name",
    [
        "torch.ao.nn.quantized.dynamic.modules.rnn.LSTM",
        f"{NN}.rnn.GRU",
        f"{NN}.linear.Linear",
    ],
)
def test_parameters_of_an_lstm_in_another_class_are_not_computed(
    tmp_path: Path, class_name: str
) -> None:
    (layer,) = opened(tmp_path, (class_name, lstm(), {})).layers
    assert "isn't computed" in (layer.why_not or "")


@pytest.mark.parametrize(
    "attributes",
    [
        {"_forward_hooks": {7: Called("mine", "hook")}},
        {"_forward_pre_hooks": {7: Called("mine", "hook")}},
        {"forward": Called("mine", "forward")},
    ],
)
def test_a_module_with_code_around_it_is_not_computed(
    tmp_path: Path, attributes: dict[str, Any]
) -> None:
    (layer,) = opened(tmp_path, (f"{NN}.rnn.LSTM", lstm(), attributes)).layers
    assert "hooks or a forward of its own" in (layer.why_not or "")


@pytest.mark.parametrize("old", [False, True])
@pytest.mark.parametrize("mode", ["RNN_RELU", "RNN_TANH"])
def test_the_activation_of_a_whole_rnn_is_no_assumption(
    tmp_path: Path, mode: str, old: bool
) -> None:
    whole = (f"{NN}.rnn.RNN", RNN, {"mode": mode})
    model = opened(tmp_path, whole, old=old)
    layer = model.model.graph.layers["0"]
    assert layer.config["activation"] == mode.lower().removeprefix("rnn_")
    assert model.layers[0].notes[0] == "assumed: return_sequences true"


def test_the_number_added_to_a_variance_is_the_modules_own(
    tmp_path: Path,
) -> None:
    norm = (f"{NN}.normalization.LayerNorm", NORM, {"eps": 0.25})
    model = opened(tmp_path, (f"{NN}.rnn.LSTM", lstm(), {}), norm)
    assert model.model.graph.layers["1"].config["epsilon"] == 0.25
    assert not any("epsilon" in line for line in model.assumptions)


@pytest.mark.parametrize(
    ("attributes", "config"),
    [
        ({"stride": (2,), "padding": (0,)}, {"strides": 2, "padding": "valid"}),
        ({"padding": (1,)}, {"strides": 1, "padding": "same"}),
        ({"padding": "same", "dilation": (2,)}, {"dilation_rate": 2}),
        ({"groups": 2, "padding": "valid"}, {"groups": 2, "padding": "valid"}),
    ],
)
def test_the_settings_of_a_whole_convolution_are_its_own(
    tmp_path: Path, attributes: dict[str, Any], config: dict[str, Any]
) -> None:
    convolution = (f"{NN}.conv.Conv1d", KERNEL, attributes)
    model = opened(tmp_path, convolution, (f"{NN}.rnn.LSTM", lstm(), {}))
    found = model.model.graph.layers["0"].config
    assert {key: found[key] for key in config} == config
    notes = model.layers[0].notes
    assert not any("padding" in note or "strides" in note for note in notes)


@pytest.mark.parametrize(
    ("attributes", "words"),
    [
        ({"padding": (2,)}, "pads 2 zeros on both sides"),
        ({"padding": (1,), "stride": (2,)}, "with a stride of 2"),
        ({"padding": (1,), "padding_mode": "circular"}, "pads by circular"),
        ({"stride": "odd"}, "are no numbers"),
    ],
)
def test_a_convolution_with_other_settings_is_refused_with_the_reason(
    tmp_path: Path, attributes: dict[str, Any], words: str
) -> None:
    convolution = (f"{NN}.conv.Conv1d", KERNEL, attributes)
    model = opened(tmp_path, convolution, (f"{NN}.rnn.LSTM", lstm(), {}))
    assert words in (model.layers[0].why_not or "")


def test_a_table_that_scales_its_rows_is_refused(tmp_path: Path) -> None:
    table = {"weight": np.ones((5, 2), "f4")}
    embedding = (f"{NN}.sparse.Embedding", table, {"max_norm": 1.0})
    model = opened(tmp_path, embedding, (f"{NN}.rnn.LSTM", lstm(), {}))
    assert "max_norm" in (model.layers[0].why_not or "")


SCRIPTED = """class LayerNorm(Module):
  __parameters__ = ["weight", "bias", ]
  eps : Final[float] = 0.25
  normalized_shape : Final[Tuple[int]] = (3,)
class RNN(Module):
  mode : Final[str] = "RNN_RELU"
"""
TRACED = """class LayerNorm(Module):
  def forward(self: __torch__.LayerNorm, x: Tensor) -> Tensor:
    input = torch.layer_norm(x, [3], weight, bias, 0.25)
    return input
class RNN(Module):
  def forward(self: __torch__.RNN, x: Tensor) -> Tensor:
    input, _1 = torch.rnn_relu(x, hx, _0, True, 1, 0., False, False, True)
    return input
"""
UNKNOWN = """class LayerNorm(Module):
  def forward(self: __torch__.LayerNorm, x: Tensor) -> Tensor:
    return torch.mul(torch.layer_norm(x, [3], weight, bias, 0.25), 2)
"""


def script(path: Path, code: str) -> OpenedModel:
    """Open a TorchScript file of an RNN and a LayerNorm."""
    arrays = {f"rnn.{name}": values for name, values in RNN.items()}
    arrays |= {f"norm.{name}": values for name, values in NORM.items()}
    tensors, storages = state_dict(arrays)
    place = f"__torch__.{NN}.all.___torch_mangle_3"
    parts = {
        part: Called(
            place,
            class_name,
            (),
            {
                name.partition(".")[2]: tensor
                for name, tensor in tensors.items()
                if name.startswith(part)
            },
        )
        for part, class_name in (("rnn", "RNN"), ("norm", "LayerNorm"))
    }
    whole = Called("__torch__", "Net", (), parts)
    more = {
        "m/constants.pkl": b"\x80\x02).",
        f"m/code/{place.replace('.', '/')}.py": code.encode(),
    }
    return open_model(write_zip(path / "m.pt", whole, storages, more))


@pytest.mark.parametrize("code", [SCRIPTED, TRACED])
def test_the_settings_in_the_code_of_a_torchscript_file_are_used(
    tmp_path: Path, code: str
) -> None:
    layers = script(tmp_path, code).model.graph.layers
    assert layers["rnn"].config["activation"] == "relu"
    assert layers["norm"].config["epsilon"] == 0.25


def test_settings_that_the_code_does_not_tell_are_not_assumed(
    tmp_path: Path,
) -> None:
    for layer in script(tmp_path, UNKNOWN).layers:
        assert "in the code of the file can't be told" in (layer.why_not or "")


def why_nothing(path: Path, whole: Any, storages: Mapping[str, bytes]) -> str:
    """What is said of a file without a recurrent layer that can be told."""
    with pytest.raises(FileError, match="no recurrent layer") as caught:
        open_model(write_zip(path / "m", whole, storages))
    return str(caught.value)


@pytest.mark.parametrize(
    "names",
    [
        ("weight_hh_l0_g", "weight_hh_l0_v"),
        ("parametrizations.weight_hh_l0.original0",) * 2,
    ],
)
def test_weights_that_are_computed_from_others_are_named(
    tmp_path: Path, names: tuple[str, str]
) -> None:
    tensors, storages = state_dict(lstm_state())
    kept = tensors.pop("rnn.weight_hh_l0")
    for name in names:
        tensors[f"rnn.{name}"] = kept
    line = why_nothing(tmp_path, tensors, storages)
    assert "rnn: it is parametrized" in line
    assert "weight_hh_l0" in line


def test_a_quantized_lstm_is_named(tmp_path: Path) -> None:
    tensors, storages = state_dict({"table.weight": np.ones((4, 2), "f4")})
    packed = Called("torch", "ScriptObject", (), ("quantized_dynamic", []))
    tensors["lstm._all_weight_values.0.param"] = packed
    assert "it is quantized" in why_nothing(tmp_path, tensors, storages)


@pytest.mark.parametrize(
    ("made", "words"),
    [
        (("_rebuild_meta_tensor_no_storage", (1, 2, 3, 4)), "a meta tensor"),
        (("_rebuild_sparse_tensor", (1, 2)), "a sparse tensor"),
        (("_rebuild_qtensor", (1, 2, 3, 4)), "a quantized tensor"),
    ],
)
def test_the_reason_why_an_array_is_not_read_is_that_of_the_file(
    tmp_path: Path, made: tuple[str, tuple[int, ...]], words: str
) -> None:
    tensors, storages = state_dict(lstm_state())
    tensors["rnn.weight_ih_l0"] = Called("torch._utils", *made)
    line = why_nothing(tmp_path, tensors, storages)
    assert "rnn: its array 'weight_ih_l0'" in line
    assert words in line


def test_a_tensor_that_changes_sign_when_it_is_read_is_refused(
    tmp_path: Path,
) -> None:
    tensors, storages = state_dict(lstm_state())
    weight = tensors["rnn.weight_ih_l0"]
    weight.arguments = (*weight.arguments, {"neg": True})
    assert "neg or conj" in why_nothing(tmp_path, tensors, storages)


def test_a_tensor_that_safetensors_keeps_under_one_of_two_names_has_both(
    tmp_path: Path,
) -> None:
    # as safetensors.torch.save_model writes tied weights
    table = np.arange(40, dtype="f4").reshape(8, 5) / 40
    arrays = {
        "decoder.bias": np.zeros(8, "f4"),
        "decoder.weight": table,
        "rnn.bias_hh_l0": np.zeros(20, "f4"),
        "rnn.bias_ih_l0": np.zeros(20, "f4"),
        "rnn.weight_hh_l0": np.full((20, 5), 0.1, "f4"),
        "rnn.weight_ih_l0": np.full((20, 5), 0.2, "f4"),
    }
    said = {"__metadata__": {"encoder.weight": "decoder.weight", "x": "y"}}
    opened = open_model(write_safetensors(tmp_path / "m", arrays, said))
    listed = [(layer.path, layer.class_name) for layer in opened.layers]
    assert listed == [
        ("encoder", "Embedding"),
        ("rnn", "LSTM"),
        ("decoder", "Dense"),
    ]
    assert opened.model.parameters == sum(a.size for a in arrays.values())
