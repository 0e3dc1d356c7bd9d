"""The operations that are this package's own functions, by the name the tables
have for them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from rnn_tui.engine.core import activation_functions as f
from rnn_tui.engine.operations import (
    choosing,
    dividing,
    making,
    moving,
    normalising,
    products,
    reducing,
)

FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    name: function
    for module in (
        choosing,
        dividing,
        making,
        moving,
        normalising,
        products,
        reducing,
    )
    for name, function in vars(module).items()
    if getattr(function, "__module__", None) == module.__name__
    and not name.startswith("_")
} | {
    name: getattr(f, name)
    for name in (
        "tanh",
        "sigmoid",
        "relu",
        "relu6",
        "selu",
        "silu",
        "softplus",
        "softsign",
        "leaky_relu",
        "elu",
        "celu",
        "gelu",
        "erf",
        "hard_sigmoid_2",
        "hard_sigmoid_3",
        "hard_silu",
        "hard_tanh",
        "hard_shrink",
        "soft_shrink",
        "log_sigmoid",
        "mish",
        "sparse_plus",
        "sparse_sigmoid",
        "squareplus",
        "tanh_shrink",
        "threshold",
    )
}
