"""Random recurrent modules of a live PyTorch, saved in every way: rnn_tui
computes what they compute.

RNN_TUI_LIVE sets how many (12 by default), RNN_TUI_LIVE_FROM the first seed.
Needs PyTorch (`pip install 'rnn-tui[torch]'`).
"""

from __future__ import annotations

import os
import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from torch_files import write_safetensors

from rnn_tui import open_model

COUNT = int(os.environ.get("RNN_TUI_LIVE", "12"))
FIRST = int(os.environ.get("RNN_TUI_LIVE_FROM", "0"))
WAYS = ("zip", "old", "nested", "module", "script", "safetensors")


def random_modules(torch: Any, rng: random.Random) -> Any:
    """A chain of recurrent modules, an Embedding before it or not, and a Linear
    behind it or not.
    """
    nn = torch.nn
    width = rng.randrange(1, 5)
    parts: list[tuple[str, Any]] = []
    if rng.random() < 0.4:
        parts.append(("embedding", nn.Embedding(rng.randrange(3, 9), width)))

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
        parts.append(("norm", nn.LayerNorm(width)))
    if rng.random() < 0.7:
        out = nn.Linear(width, rng.randrange(1, 4), bias=rng.random() < 0.8)
        parts.append(("head", out))

    model = nn.ModuleDict(dict(parts)).eval()
    for parameter in model.parameters():
        nn.init.uniform_(parameter, -0.8, 0.8)

    return model


def computed(torch: Any, model: Any, x: Any) -> np.ndarray:
    """What the modules make of a sequence, one behind the other."""
    with torch.no_grad():
        for part in model.values():
            x = part(x)
            if isinstance(x, tuple):
                x = x[0]

    return x.numpy()


def saved(torch: Any, model: Any, way: str, path: Path) -> None:
    """Write the modules in one of the ways."""
    state = model.state_dict()
    if way == "old":
        torch.save(state, path, _use_new_zipfile_serialization=False)
    elif way == "nested":
        torch.save({"epoch": 1, "model_state_dict": state}, path)
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


@pytest.mark.parametrize("seed", range(FIRST, FIRST + COUNT))
@pytest.mark.filterwarnings("ignore")
def test_random_modules_compute_what_pytorch_computes(
    seed: int, tmp_path: Path
) -> None:
    torch = pytest.importorskip("torch")
    rng = random.Random(seed)
    torch.manual_seed(seed)
    model = random_modules(torch, rng)
    way = WAYS[seed % len(WAYS)]
    path = tmp_path / "model"
    saved(torch, model, way, path)

    # of an RNN whose module wasn't saved the activation isn't in the file
    asked = {}
    for name, part in model.items():
        for number in range(getattr(part, "num_layers", 0)):
            layer = f"{name}_l{number}" if part.num_layers > 1 else name
            if way not in ("module", "script") and part.mode.startswith("RNN"):
                asked[f"{layer}.activation"] = part.nonlinearity
    opened = open_model(path, assume=asked)
    order = [layer.path for layer in opened.layers if layer.depth == 0]
    whole = sum(parameter.numel() for parameter in model.parameters())
    assert opened.model.parameters == whole

    first = next(iter(model.values()))
    timesteps = rng.randrange(1, 7)
    if isinstance(first, torch.nn.Embedding):
        x = torch.randint(0, first.num_embeddings, (2, timesteps))
    else:
        x = torch.randn(2, timesteps, first.input_size)

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
