"""Write the PyTorch and safetensors files of this folder, and beside each what
PyTorch computes: `pip install torch safetensors numpy`, then run it here.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file
from torch import nn

HERE = Path(__file__).parent


class Tagger(nn.Module):
    """Two layers in both directions between a table and a Linear."""

    def __init__(self) -> None:
        super().__init__()
        self.embedding = nn.Embedding(7, 4)
        self.rnn = nn.LSTM(4, 3, 2, batch_first=True, bidirectional=True)
        self.norm = nn.LayerNorm(6)
        self.drop = nn.Dropout(0.1)
        self.fc = nn.Linear(6, 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.fc(self.drop(self.norm(self.rnn(self.embedding(x))[0])))


class Chain(nn.Module):
    """An RNN of one activation, a GRU, and a Linear without a bias."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.RNN(2, 3, nonlinearity="relu", batch_first=True)
        self.second = nn.GRU(3, 4, batch_first=True, bias=False)
        self.out = nn.Linear(4, 2, bias=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.out(self.second(self.first(x)[0])[0])


def golden(name: str, x: torch.Tensor, y: torch.Tensor) -> None:
    """Write what was fed and what came of it."""
    np.savez(HERE / f"{name}.npz", x=x.numpy(), y=y.detach().float().numpy())


def main() -> None:
    """Write all of them."""
    torch.manual_seed(4)
    words = torch.tensor([[1, 5, 0, 3, 6]])
    tagger = Tagger().eval()
    for one in tagger.parameters():
        nn.init.uniform_(one, -0.7, 0.7)
    training = torch.optim.Adam(tagger.parameters())
    tagger(words).sum().backward()
    training.step()
    golden("tagger", words, tagger(words))
    state = tagger.state_dict()
    whole = {
        "epoch": 3,
        "state_dict": state,
        "optimizer": training.state_dict(),
    }
    torch.save(whole, HERE / "tagger.pt")
    torch.save(
        whole, HERE / "tagger_old.pt", _use_new_zipfile_serialization=False
    )
    torch.save(tagger, HERE / "tagger_module.pt")
    torch.save(
        {f"module.{k}": v for k, v in state.items()},
        HERE / "tagger_parallel.pt",
        pickle_protocol=5,
    )
    save_file(state, HERE / "tagger.safetensors", metadata={"format": "pt"})

    x = torch.randn(1, 5, 2)
    chain = Chain().eval()
    for one in chain.parameters():
        nn.init.uniform_(one, -0.7, 0.7)
    golden("chain", x, chain(x))
    torch.save(chain, HERE / "chain_module.pt")
    torch.jit.script(chain).save(HERE / "chain_script.pt")

    flat = torch.cat([one.flatten() for one in chain.parameters()])
    parts, place = {}, 0
    for name, one in chain.state_dict().items():
        part = flat[place : place + one.numel()].view(one.shape)
        parts[name] = part
        place += one.numel()
    parts["out.weight"] = parts["out.weight"].t().contiguous().t()
    torch.save(parts, HERE / "chain_views.pt")

    for kind, dtype in (("half", torch.float16), ("bfloat16", torch.bfloat16)):
        shorter = {k: v.to(dtype) for k, v in chain.state_dict().items()}
        wide = Chain().eval()
        wide.load_state_dict({k: v.float() for k, v in shorter.items()})
        golden(f"chain_{kind}", x, wide(x))
        save_file(shorter, HERE / f"chain_{kind}.safetensors")

    cells = nn.ModuleDict({"cell": nn.GRUCell(2, 3), "out": nn.Linear(3, 1)})
    h = torch.zeros(1, 3)
    steps = []
    for t in range(5):
        h = cells["cell"](x[:, t], h)
        steps.append(h)
    golden("cells", x, cells["out"](torch.stack(steps, 1)))
    torch.save(cells.state_dict(), HERE / "cells.pt")
    torch.save(nn.LSTM(2, 4, proj_size=3).state_dict(), HERE / "projected.pt")


main()
