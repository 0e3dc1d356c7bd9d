"""Models that run and whose every string was chosen by a stranger: layers,
weights, classes, the model, options.
"""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import h5py
import numpy as np

NASTY = (
    "a\x1b]0;PWNED\x07b",
    "\x1b[2J\x1b[31mred",
    "\x1bP$q q\x1b\\dcs",
    "\x1b]52;c;aGk=\x07clip",
    "\x1b[6n\x1b[c\x1b[>c",
    "c1\x9b31m\x9d0;x\x9c\x90\x98",
    "del\x7fback\x08\x08\rover",
    "bidi\u202eevil\u2066x\u2069\u061c",
    "zero\u200bwidth\ufeff\u2060\u00ad\U000e0041",
    "marks" + "e\u0301\u0302\u0303\u0304" * 50,
    "[@click=app.quit]quit[/]",
    "[@click=app.screenshot('PWNED.svg','.')]shot[/]",
    "[@click=screen.dismiss()]",
    "[link=file:///etc/passwd]link[/link]",
    "[/] [ ] x[/]y[[",
    "[red on blue]$accent $primary {not} %s %d {0}",
    "[b][i][u][blink]\\[",
    "=cmd|'/c calc'!A1",
    "new\nline\r\nrnn-tui: error: fake",
    "tab\tvt\x0bff\x0cbel\x07nul",
    "\u5b57幅全角" * 20,
    "👩\u200d👩\u200d👧\U0001f3f4\ufe0f",
    "é\u0301\u20dd" * 30,
    "long" * 16_000,
    " ",
    "../../../etc/passwd",
    "a b/c:0",
    "\u2028\u2029\x85nel",
    "\ud7ff\ufffe\uffff",
    "'\"`$(touch PWNED);|&",
)
"""What a stranger may call things. HDF5 allows no NUL in a name."""


def write_named(
    path: Path,
    chance: random.Random,
    names: Sequence[str] = NASTY,
    runs: bool | None = None,
) -> None:
    """Write an LSTM and a Dense whose strings are drawn from `names`; half the
    models have a layer that can't run.
    """

    def name() -> str:
        return chance.choice(names)

    runs = chance.random() < 0.5 if runs is None else runs
    first, odd, last = (f"{name()[:20_000]}{index}" for index in range(3))
    layers: list[dict[str, Any]] = [
        {
            "class_name": "LSTM",
            "config": {
                "name": first,
                "units": 4,
                "batch_input_shape": [None, None, 3],
                "return_sequences": True,
            },
        },
        {
            "class_name": "Dense",
            "config": {"name": last, "units": 2, "activation": "softmax"},
        },
    ]
    if not runs:
        config = {
            "name": odd,
            name()[:99]: name(),
            "activation": name()[:99],
            "function": [name(), None, name()],
        }
        layers.insert(
            1,
            {
                "class_name": name(),
                "module": name(),
                "registered_name": name(),
                "config": config,
            },
        )
        layers[2]["config"]["activation"] = name()
    config = {
        "class_name": "Sequential",
        "config": {"name": name(), "layers": layers},
    }
    rng = np.random.default_rng(chance.randrange(99))
    with h5py.File(path, "w") as root:
        root.attrs["model_config"] = json.dumps(config)[: 1 << 20]
        root.attrs["keras_version"], root.attrs["backend"] = (
            f"2.{name()[:300]}",
            name()[:300],
        )
        home = root.create_group("model_weights")
        shapes = {first: [(3, 16), (4, 16), (16,)], last: [(4, 2), (2,)]}
        stored = [_stored(layer) for layer in shapes]
        home.attrs["layer_names"] = [
            text.encode("utf-8", "surrogatepass") for text in stored
        ]
        for text, parts in zip(stored, shapes.values(), strict=True):
            group = home.require_group(text)
            own = [
                f"{_stored(name()[:200])}{index}:0"
                for index in range(len(parts))
            ]
            group.attrs["weight_names"] = [
                text.encode("utf-8", "surrogatepass") for text in own
            ]
            for weight, shape in zip(own, parts, strict=True):
                group[weight] = rng.normal(0, 0.5, shape).astype("f4")


def _stored(name: str) -> str:
    """Return a name as HDF5 can hold it: no NUL, no part `.`, not empty, not
    too long for an attribute.
    """
    return (
        "/".join(
            part.strip(".") or "dots"
            for part in name.replace("\0", "0").split("/")
            if part
        )[:20_000]
        or "no"
    )
