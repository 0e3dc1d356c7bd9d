"""The way back through a layer: the function that its schema names, or the
error that none does.

A function takes the layer, its inputs, its outputs, their cotangents and the
run, and returns the cotangent of each input; `one_tensor` makes it of a
function of one tensor. Its cotangents have the shape of the tensors.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from importlib import import_module
from typing import TYPE_CHECKING, Any

from rnn_tui.engine.core.arrays import Tensor
from rnn_tui.engine.layers.base import as_numbers
from rnn_tui.engine.layers.layer import Layer, Run
from rnn_tui.errors import NotThroughError

if TYPE_CHECKING:
    from numpy.typing import NDArray

OneTensor = Callable[..., Any]
"""Returns the cotangent of x for that of y: of the layer, x, y, ȳ and the
run.
"""
LayerBack = Callable[..., "list[NDArray[Any] | None]"]


def one_tensor(function: OneTensor) -> LayerBack:
    """Return the way back through layers that read and return one tensor."""

    @wraps(function)
    def back(
        layer: Layer,
        inputs: Sequence[Tensor],
        outputs: Sequence[NDArray[Any]],
        bars: Sequence[NDArray[Any] | None],
        run: Run,
    ) -> list[NDArray[Any] | None]:
        (y_bar,) = bars
        if y_bar is None:
            return [None]

        x = as_numbers(inputs[0].value, run)

        return [function(layer, x, outputs[0], y_bar, run)]

    return back


def way_back(layer: Layer, run: Run) -> Any:
    """Return the function that goes back through a layer.

    Raises NotThroughError where its schema names none.
    """
    module, _, name = layer.schema.back.partition(":")
    if not name:
        raise not_through(layer, run)

    return getattr(import_module(f"rnn_tui.engine.gradients.{module}"), name)


def straight_through(path: str) -> str:
    """Return the note on a quantized layer."""
    return (
        f"{path!r} is quantized: its gradient is that of the dequantized "
        "weights, straight through the rounding"
    )


def not_through(layer: Layer, run: Run) -> NotThroughError:
    """Return the error of a layer that no gradient passes through."""
    return NotThroughError(
        run.path or layer.name,
        f"{layer.class_name} isn't differentiated",
    )
