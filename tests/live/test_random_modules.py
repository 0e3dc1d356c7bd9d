"""Random recurrent modules of a live PyTorch, saved in every way: rnn_tui
computes what they compute.

RNN_TUI_LIVE sets how many (12 by default), RNN_TUI_LIVE_FROM the first seed.
Needs PyTorch (`pip install 'rnn-tui[torch]'`).
"""

from __future__ import annotations

import os
import random
import sys
import types
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from torch_files import write_safetensors

from rnn_tui import open_model
from rnn_tui.errors import UnsupportedLayerError

COUNT = int(os.environ.get("RNN_TUI_LIVE", "12"))
FIRST = int(os.environ.get("RNN_TUI_LIVE_FROM", "0"))
WAYS = (
    "zip",
    "old",
    "nested",
    "module",
    "script",
    "safetensors",
    "old module",
    "trace",
)
WHOLE = ("module", "script", "old module", "trace")
"""The ways in which the settings of modules are in the file."""


def random_convolution(torch: Any, rng: random.Random, width: int) -> Any:
    """A convolution over time with settings that Keras's has, too."""
    length = rng.randrange(1, 4)
    dilation = rng.randrange(1, 3)
    around = dilation * (length - 1)
    padding = rng.choice([0, "same", "valid"])
    stride = 1
    if padding == "same" and around % 2 == 0 and rng.random() < 0.7:
        padding = around // 2
    elif padding != "same":
        stride = rng.randrange(1, 3)

    groups = rng.choice([one for one in (1, 2, 3) if width % one == 0])
    return torch.nn.Conv1d(
        width,
        groups * rng.randrange(1, 3),
        length,
        stride=stride,
        padding=padding,
        dilation=dilation,
        groups=groups,
        bias=rng.random() < 0.8,
    )


def random_modules(torch: Any, rng: random.Random, way: str) -> Any:
    """A chain of recurrent modules, an Embedding before it or not, and a Linear
    behind it or not; where the file holds settings, also a convolution and
    normalisations with settings of their own.
    """
    whole = way in WHOLE
    nn = torch.nn
    width = rng.randrange(1, 5)
    parts: list[tuple[str, Any]] = []
    if rng.random() < 0.4:
        parts.append(("embedding", nn.Embedding(rng.randrange(3, 9), width)))

    if whole and rng.random() < 0.6:
        convolution = random_convolution(torch, rng, width)
        width = convolution.out_channels
        parts.append(("convolution", convolution))
        if rng.random() < 0.6:
            eps = rng.choice([1e-5, 1e-3, 0.2])
            parts.append(("scaled", nn.BatchNorm1d(width, eps=eps)))

    for number in range(rng.randrange(1, 4)):
        kind = rng.choice(("LSTM", "GRU", "RNN"))
        settings: dict[str, Any] = {
            "num_layers": rng.randrange(1, 4),
            "bias": rng.random() < 0.8,
            "bidirectional": rng.random() < 0.4,
        }
        if kind == "RNN":
            settings["nonlinearity"] = rng.choice(("tanh", "relu"))

        units = rng.randrange(1, 6)
        made = getattr(nn, kind)(width, units, batch_first=True, **settings)
        parts.append((f"part{number}", made))
        width = units * (2 if settings["bidirectional"] else 1)

    if rng.random() < 0.5:
        eps = rng.choice([1e-6, 0.1]) if whole else 1e-5
        parts.append(("norm", nn.LayerNorm(width, eps=eps)))
    if rng.random() < 0.7:
        out = nn.Linear(width, rng.randrange(1, 4), bias=rng.random() < 0.8)
        table = parts[0][1]
        is_table = isinstance(table, nn.Embedding)
        if is_table and way != "safetensors" and table.embedding_dim == width:
            # the weights of both are one array
            out = nn.Linear(width, table.num_embeddings)
            out.weight = table.weight

        parts.append(("head", out))

    model = nn.ModuleDict(dict(parts)).eval()
    for parameter in model.parameters():
        nn.init.uniform_(parameter, -0.8, 0.8)
    for name, buffer in model.named_buffers():
        if "running" in name:
            nn.init.uniform_(buffer, 0.3, 2)

    return model


def in_a_row(torch: Any, model: Any, x: Any) -> Any:
    """What the modules make of a sequence, one behind the other."""
    nn = torch.nn
    for part in model.values():
        if isinstance(part, (nn.Conv1d, nn.BatchNorm1d)):
            x = part(x.transpose(1, 2)).transpose(1, 2)
            continue

        x = part(x)
        if isinstance(x, tuple):
            x = x[0]

    return x


def computed(torch: Any, model: Any, x: Any) -> np.ndarray:
    """The numbers that the modules make of a sequence."""
    with torch.no_grad():
        return in_a_row(torch, model, x).numpy()


def traced(torch: Any, model: Any, x: Any) -> Any:
    """The modules as PyTorch traces them, in a model that calls them."""

    class Chain(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            for name, part in model.items():
                self.add_module(name, part)

        def forward(self, x: Any) -> Any:
            return in_a_row(torch, model, x)

    return torch.jit.trace(Chain().eval(), x, check_trace=False)


def adams_state(torch: Any, parameters: list[Any]) -> dict[str, Any]:
    """What Adam's `state_dict()` is after a step; written by hand, as importing
    torch.optim crashes a process that has loaded TensorFlow.
    """
    moments = {
        number: {
            "step": torch.tensor(1.0),
            "exp_avg": torch.zeros_like(parameter),
            "exp_avg_sq": torch.zeros_like(parameter),
        }
        for number, parameter in enumerate(parameters)
    }
    group = {
        "lr": 0.001,
        "betas": (0.9, 0.999),
        "eps": 1e-08,
        "weight_decay": 0,
        "amsgrad": False,
        "params": list(moments),
    }

    return {"state": moments, "param_groups": [group]}


def checkpoint(torch: Any, model: Any, state: Any) -> dict[str, Any]:
    """What a training program keeps beside the parameters."""
    score = torch.tensor(0.5)
    return {
        "solver": adams_state(torch, list(model.parameters())),
        "epoch": 1,
        "callbacks": {"Checkpoint": {"best_model_score": score}},
        "model_state_dict": state,
        "rng_state": torch.get_rng_state(),
    }


def saved(torch: Any, model: Any, way: str, path: Path, x: Any) -> None:
    """Write the modules in one of the ways; `x` is a sequence to trace them
    with.
    """
    state = model.state_dict()
    if way == "old":
        torch.save(state, path, _use_new_zipfile_serialization=False)
    elif way == "old module":
        torch.save(model, path, _use_new_zipfile_serialization=False)
    elif way == "trace":
        traced(torch, model, x).save(str(path))
    elif way == "nested":
        torch.save(checkpoint(torch, model, state), path)
    elif way == "module":
        torch.save(model, path)
    elif way == "script":
        torch.jit.script(model).save(str(path))
    elif way == "safetensors":
        write_safetensors(
            path, {name: value.numpy() for name, value in state.items()}
        )
    else:
        torch.save(state, path)


def random_input(torch: Any, rng: random.Random, model: Any) -> Any:
    """A sequence that the modules read, long enough for a convolution."""
    nn = torch.nn
    first = next(iter(model.values()))
    timesteps = rng.randrange(1, 7)
    if any(isinstance(part, nn.Conv1d) for part in model.values()):
        timesteps += 5

    if isinstance(first, nn.Embedding):
        return torch.randint(0, first.num_embeddings, (2, timesteps))
    if isinstance(first, nn.Conv1d):
        return torch.randn(2, timesteps, first.in_channels)

    return torch.randn(2, timesteps, first.input_size)


@pytest.mark.parametrize("seed", range(FIRST, FIRST + COUNT))
@pytest.mark.filterwarnings("ignore")
def test_random_modules_compute_what_pytorch_computes(
    seed: int, tmp_path: Path
) -> None:
    torch = pytest.importorskip("torch")
    rng = random.Random(seed)
    torch.manual_seed(seed)
    way = WAYS[seed % len(WAYS)]
    model = random_modules(torch, rng, way)
    path = tmp_path / "model"
    x = random_input(torch, rng, model)
    saved(torch, model, way, path, x)

    # of an RNN whose module wasn't saved the activation isn't in the file
    asked = {}
    for name, part in model.items():
        for number in range(getattr(part, "num_layers", 0)):
            layer = f"{name}_l{number}" if part.num_layers > 1 else name
            if way not in WHOLE and part.mode.startswith("RNN"):
                asked[f"{layer}.activation"] = part.nonlinearity
    opened = open_model(path, assume=asked)
    order = [layer.path for layer in opened.layers if layer.depth == 0]
    whole = sum(parameter.numel() for parameter in model.parameters())
    assert opened.model.trainable == whole

    expected = computed(torch, model, x)
    names = [name.partition("_l")[0] for name in order]
    if list(dict.fromkeys(names)) != list(model):
        assert way == "safetensors"
        pytest.skip("another order of the modules fits their widths")

    (ours,) = opened.run(x.numpy(), warn=lambda line: None).outputs
    if np.allclose(ours, expected, rtol=1e-5, atol=1e-6):
        return

    # where float32 rounds, both compute the same in float64
    if x.is_floating_point():
        x = x.double()
    exact = computed(torch, model.double(), x)
    (ours,) = opened.run(
        x.numpy(), dtype="float64", warn=lambda line: None
    ).outputs
    np.testing.assert_allclose(ours, exact, rtol=1e-7, atol=1e-7)


@pytest.mark.parametrize("kind", ["LSTM", "GRU", "RNN"])
@pytest.mark.parametrize("old", [False, True])
@pytest.mark.filterwarnings("ignore")
def test_a_derived_module_is_computed_only_as_the_user_says(
    kind: str, old: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    torch = pytest.importorskip("torch")
    base = getattr(torch.nn, kind)
    derived = type("Mine", (base,), {"__module__": "mine"})
    home = types.ModuleType("mine")
    home.Mine = derived  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "mine", home)

    settings = {"nonlinearity": "relu"} if kind == "RNN" else {}
    module = derived(3, 4, batch_first=True, bidirectional=True, **settings)
    model = torch.nn.ModuleDict({"rnn": module}).eval()
    path = tmp_path / "model"
    torch.save(model, path, _use_new_zipfile_serialization=not old)
    x = torch.randn(2, 5, 3)
    with pytest.raises(UnsupportedLayerError, match=r"mine\.Mine"):
        open_model(path).run(x.numpy())

    asked = "SimpleRNN" if kind == "RNN" else kind
    opened = open_model(path, as_={"rnn": asked})
    (ours,) = opened.run(x.numpy(), warn=lambda line: None).outputs
    expected = computed(torch, model, x)
    np.testing.assert_allclose(ours, expected, rtol=1e-5, atol=1e-6)
