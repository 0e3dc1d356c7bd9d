"""The name of an activation in a configuration → the function, per Keras
generation (there are two hard_sigmoids).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache, partial
from typing import Any, NamedTuple

from rnn_tui.engine.core import activation_functions as f
from rnn_tui.engine.core import lazy_numpy as np
from rnn_tui.engine.core.arrays import Array
from rnn_tui.engine.core.fits import within
from rnn_tui.errors import ConfigError, MisfitError


class Activation(NamedTuple):
    """An activation: call it on an array.

    `note` says which definition it is where Keras has two. `elementwise` is
    False when it looks along an axis, `axis`.
    """

    name: str
    function: Callable[[Array], Array]
    note: str | None = None
    elementwise: bool = True
    axis: int = -1

    def __call__(self, x: Array) -> Array:
        """Return the activation of `x`.

        Raises MisfitError where `x` has no such axis, or one that can't be
        halved.
        """
        if not self.elementwise:
            side = x.shape[within(self.axis, x.ndim)]
            if self.name == "glu" and side % 2:
                raise MisfitError(
                    f"glu halves its input, which has {side} values"
                )

        return self.function(x)

    @property
    def into(self) -> Callable[[Array, Array], object]:
        """The function in the form `into(x, out)`, `out` may be `x`; the usual
        ones allocate nothing.
        """
        return _in_place().get(self.name, self._into)

    def _into(self, x: Array, out: Array) -> None:
        out[...] = self(x)


LARGEST = 1e300
"""No parameter of an activation is larger."""
MOST_AXES = 32
"""No array has more axes."""

LINEAR = Activation("linear", f.linear)

_HARD_SIGMOID_2 = Activation(
    "hard_sigmoid",
    f.hard_sigmoid_2,
    "hard_sigmoid as Keras 2 defines it: clip(0.2 x + 0.5, 0, 1)",
)
_HARD_SIGMOID_3 = Activation(
    "hard_sigmoid",
    f.hard_sigmoid_3,
    "hard_sigmoid as Keras 3 defines it: clip(x / 6 + 0.5, 0, 1)",
)

_ELEMENTWISE: Mapping[str, Callable[..., Array]] = {
    "linear": f.linear,
    "tanh": f.tanh,
    "sigmoid": f.sigmoid,
    "relu": f.relu,
    "relu6": f.relu6,
    "leaky_relu": f.leaky_relu,
    "elu": f.elu,
    "selu": f.selu,
    "celu": f.celu,
    "softplus": f.softplus,
    "softsign": f.softsign,
    "log_sigmoid": f.log_sigmoid,
    "exponential": f.exponential,
    "exp": f.exponential,
    "silu": f.silu,
    "swish": f.silu,
    "hard_silu": f.hard_silu,
    "hard_swish": f.hard_silu,
    "mish": f.mish,
    "gelu": f.gelu,
    "squareplus": f.squareplus,
    "hard_tanh": f.hard_tanh,
    "tanh_shrink": f.tanh_shrink,
    "soft_shrink": f.soft_shrink,
    "hard_shrink": f.hard_shrink,
    "threshold": f.threshold,
    "sparse_plus": f.sparse_plus,
    "sparse_sigmoid": f.sparse_sigmoid,
}
_ALONG_AXIS: Mapping[str, Callable[..., Array]] = {
    "softmax": f.softmax,
    "log_softmax": f.log_softmax,
    "sparsemax": f.sparsemax,
    "glu": f.glu,
}
_LAYERS: Mapping[str, tuple[str, Mapping[str, str], Mapping[str, float]]] = {
    "LeakyReLU": (
        "leaky_relu",
        {"alpha": "negative_slope", "negative_slope": "negative_slope"},
        {"negative_slope": 0.3},
    ),
    "ReLU": (
        "relu",
        {
            "negative_slope": "negative_slope",
            "max_value": "max_value",
            "threshold": "threshold",
        },
        {},
    ),
    "ELU": ("elu", {"alpha": "alpha"}, {"alpha": 1.0}),
    "ThresholdedReLU": ("relu", {"theta": "threshold"}, {"threshold": 1.0}),
    "Softmax": ("softmax", {"axis": "axis"}, {}),
}
"""Activation layers: the function behind, its parameters for the
configuration's keys called there, and their defaults.
"""

SLOPES = "PReLU"
"""The activation layer that has an array of its own, which is kept with those
of the layer whose activation it is.
"""


def has_slopes(spec: Any) -> bool:
    """Whether an activation, as a configuration names it, is a PReLU."""
    return isinstance(spec, Mapping) and spec.get("class_name") == SLOPES


def activation(spec: Any, generation: int = 3) -> Activation:
    """Return the activation a configuration names: a name, None (linear), or
    `{class_name, config}`.

    `generation` is the major version of the Keras that wrote the file. Raises
    ConfigError for an activation that isn't Keras's own.
    """
    if spec is None:
        return LINEAR
    if isinstance(spec, str):
        return _named(spec, {}, generation)
    if not isinstance(spec, Mapping):
        raise ConfigError(
            "an activation is a name or a configuration, not "
            f"{type(spec).__name__}"
        )

    return _configured(spec, generation)


def _named(
    name: str,
    parameters: Mapping[str, Any],
    generation: int,
) -> Activation:
    if name == "hard_sigmoid":
        if generation >= 3:
            return _HARD_SIGMOID_3

        return _HARD_SIGMOID_2

    along_axis = name in _ALONG_AXIS
    if along_axis:
        function = _ALONG_AXIS.get(name)
    else:
        function = _ELEMENTWISE.get(name)

    if function is None:
        raise ConfigError(f"the activation {name!r} is not one of Keras's own")
    if name == "threshold" and not parameters:
        raise ConfigError(
            "the activation 'threshold' needs its threshold and default value"
        )
    if not parameters:
        return Activation(name, function, elementwise=not along_axis)

    shown = ", ".join(f"{key} {value:g}" for key, value in parameters.items())
    axis = parameters.get("axis", -1)

    return Activation(
        f"{name} ({shown})",
        partial(function, **parameters),
        elementwise=not along_axis,
        axis=axis,
    )


def _configured(spec: Mapping[str, Any], generation: int) -> Activation:
    class_name = str(spec.get("class_name"))
    config = spec.get("config")
    if class_name in ("function", "str") and isinstance(config, str):
        return _named(config, {}, generation)
    if class_name == "Activation" and isinstance(config, Mapping):
        return activation(config.get("activation"), generation)
    if class_name == "__lambda__" or "value" in spec:
        raise ConfigError("the activation is a Lambda: its code is never run")
    if class_name == SLOPES:
        raise ConfigError(
            "the activation is a PReLU with slopes of its own: only Dense and "
            "Conv are computed with one"
        )
    if class_name not in _LAYERS or not isinstance(config, Mapping):
        raise ConfigError(
            f"the activation {class_name!r} is not one of Keras's own"
        )

    name, keys, defaults = _LAYERS[class_name]
    found = {
        keys[key]: _number(value, class_name, key)
        for key, value in config.items()
        if key in keys
    }
    parameters = {
        **defaults,
        **{key: value for key, value in found.items() if value is not None},
    }
    if name == "softmax":
        axis = parameters.get("axis", -1)
        if axis != int(axis) or abs(axis) > MOST_AXES:
            raise ConfigError(
                f"{class_name}'s axis is {axis:g}, which no array has"
            )

        parameters = {"axis": int(axis)}

    return _named(name, parameters, generation)


def _number(value: Any, class_name: str, key: str) -> float | None:
    if isinstance(value, list) and len(value) == 1:
        value = value[0]

    if value is None:
        return None
    if (
        isinstance(value, (int, float))
        and not isinstance(value, bool)
        and abs(value) < LARGEST
    ):
        return value

    raise ConfigError(f"{class_name}'s {key} is not a number")


def _sigmoid_in_place(x: Array, out: Array) -> None:
    with np.errstate(over="ignore"):
        np.negative(x, out)
        np.exp(out, out)
        np.add(out, 1, out)
        np.reciprocal(out, out)


@cache
def _in_place() -> Mapping[str, Callable[[Array, Array], object]]:
    return {
        "tanh": np.tanh,
        "sigmoid": _sigmoid_in_place,
        "relu": lambda x, out: np.maximum(x, 0, out=out),
        "linear": lambda x, out: None if out is x else np.copyto(out, x),
    }
