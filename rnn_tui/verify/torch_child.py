"""The PyTorch process: runs modules on their inputs and writes down their
outputs.

Only this process imports torch.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from rnn_tui.formats.client.child_processes import end_with_parent


def answer(folder: str) -> None:
    """Answer the question in `folder`: run each module, write its output to
    answer.npz.
    """
    end_with_parent()
    import numpy as np
    import torch

    asked = Path(folder, "question.json").read_text(encoding="utf-8")
    question = json.loads(asked)
    version, _, _ = torch.__version__.partition("+")
    result: dict[str, Any] = {"torch": version}
    values: dict[str, Any] = {}
    try:
        arrays = {}
        with np.load(Path(folder, "arrays.npz"), allow_pickle=False) as stored:
            for key in stored.files:
                arrays[key] = torch.from_numpy(stored[key])

        with torch.no_grad():
            for module in question["modules"]:
                own = {}
                for name, key in module["arrays"].items():
                    own[name] = arrays[key]

                x = arrays[module["reads"]]
                run = _RUNS.get(module["class"], _recurrent)
                returned = run(torch, module, own, x)
                values[module["name"]] = returned.numpy()
    except Exception as problem:
        # any complaint of PyTorch is the answer: the user reads it as one line
        line = next(iter(str(problem).splitlines()), "no reason given")
        result["problem"] = f"{type(problem).__name__}: {line}"

    np.savez(Path(folder, "answer.npz"), allow_pickle=False, **values)
    told = json.dumps(result)
    Path(folder, "answer.json").write_text(told, encoding="utf-8")


Run = Callable[[Any, Mapping[str, Any], Mapping[str, Any], Any], Any]


def _recurrent(
    torch: Any,
    module: Mapping[str, Any],
    arrays: Mapping[str, Any],
    x: Any,
) -> Any:
    """Return the output of a recurrent module at every timestep."""
    first = arrays["weight_ih_l0"]
    settings = dict(module["settings"])
    made = getattr(torch.nn, module["class"])(
        first.shape[1],
        arrays["weight_hh_l0"].shape[1],
        batch_first=True,
        dtype=first.dtype,
        **settings,
    )
    made.load_state_dict(dict(arrays))
    returned, _ = made.eval()(x)

    return returned


def _linear(
    torch: Any,
    module: Mapping[str, Any],
    arrays: Mapping[str, Any],
    x: Any,
) -> Any:
    return torch.nn.functional.linear(x, arrays["weight"], arrays.get("bias"))


def _embedding(
    torch: Any,
    module: Mapping[str, Any],
    arrays: Mapping[str, Any],
    x: Any,
) -> Any:
    return torch.nn.functional.embedding(x.long(), arrays["weight"])


def _layer_norm(
    torch: Any,
    module: Mapping[str, Any],
    arrays: Mapping[str, Any],
    x: Any,
) -> Any:
    return torch.nn.functional.layer_norm(
        x,
        x.shape[-1:],
        arrays["weight"],
        arrays["bias"],
        module["settings"]["eps"],
    )


def _batch_norm(
    torch: Any,
    module: Mapping[str, Any],
    arrays: Mapping[str, Any],
    x: Any,
) -> Any:
    rows = x.reshape(-1, x.shape[-1])
    normalised = torch.nn.functional.batch_norm(
        rows,
        arrays["running_mean"],
        arrays["running_var"],
        arrays["weight"],
        arrays["bias"],
        eps=module["settings"]["eps"],
    )

    return normalised.reshape(x.shape)


_RUNS: dict[str, Run] = {
    "Linear": _linear,
    "Embedding": _embedding,
    "LayerNorm": _layer_norm,
    "BatchNorm1d": _batch_norm,
}
"""How a module that isn't recurrent is run, by its class."""
