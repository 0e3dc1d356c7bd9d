"""Layers that treat every timestep alone, over sequences too long to hold: a stretch of time after the other.

What they return is then a file (see room.py); short sequences are called as a whole.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from rnn_tui.engine.arrays import Mask, Tensor
from rnn_tui.engine.layer import Layer, Run
from rnn_tui.engine.room import blocks, release, roomy

if TYPE_CHECKING:
    from numpy.typing import NDArray

ALONE = frozenset(
    {
        "Activation",
        "Add",
        "Average",
        "Dense",
        "ELU",
        "Embedding",
        "Highway",
        "LeakyReLU",
        "Masking",
        "MaxoutDense",
        "Maximum",
        "Minimum",
        "Multiply",
        "ReLU",
        "Rescaling",
        "Subtract",
        "ThresholdedReLU",
        "TimeDistributedDense",
    }
)
"""Layers whose output at a timestep depends on nothing but their input at that timestep."""
ALONG_LAST = frozenset({"BatchNormalization", "Concatenate", "LayerNormalization", "Softmax"})
"""Those of which that holds where their `axis` is the last."""
SHORT = 4096
"""Timesteps of all sequences together that are never worth a second look."""


def call_in_stretches(layer: Layer, inputs: Sequence[Tensor], run: Run) -> list[Tensor]:
    """Return what `layer.call` returns, computed in stretches of time where it would be too large to hold."""
    timesteps = _common_length(inputs)
    if timesteps is None or not _in_stretches(layer, inputs):
        return layer.call(inputs, run)
    first = layer.call([_cut(tensor, slice(0, 1)) for tensor in inputs], run)
    width = sum(tensor.value.nbytes for tensor in first)
    limit = run.claims.limit()
    if timesteps * width <= limit or any(tensor.value.ndim < 2 for tensor in first):
        return layer.call(inputs, run)
    outputs = [_whole(tensor, timesteps, limit // len(first)) for tensor in first]
    width += sum(tensor.value[:, :1].nbytes for tensor in inputs)
    for window in blocks(timesteps, width):
        run.check()
        parts = layer.call([_cut(tensor, window) for tensor in inputs], run)
        for whole, part in zip(outputs, parts, strict=True):
            whole.value[:, window] = part.value
            if whole.mask is not None:
                whole.mask[:, window] = part.mask
        release(*(tensor.value for tensor in [*outputs, *inputs]))
    return outputs


def becomes_a_file(layer: Layer, inputs: Sequence[Tensor]) -> bool:
    """Return whether what the layer returns is a file where it is too large to hold."""
    return layer.recurrent or _in_stretches(layer, inputs)


def _in_stretches(layer: Layer, inputs: Sequence[Tensor]) -> bool:
    """Return whether the inputs are long, and the layer treats every timestep of them alone."""
    timesteps = _common_length(inputs)
    return timesteps is not None and timesteps * len(inputs[0].value) >= SHORT and _alone(layer, inputs)


def _common_length(inputs: Sequence[Tensor]) -> int | None:
    """Return how many timesteps all inputs have, None where they have no time axis in common."""
    if any(tensor.value.ndim < 2 for tensor in inputs) or not inputs:
        return None
    lengths = {tensor.value.shape[:2] for tensor in inputs}
    ranks = {tensor.value.ndim for tensor in inputs}
    return lengths.pop()[1] if len(lengths) == 1 and len(ranks) == 1 else None


def _alone(layer: Layer, inputs: Sequence[Tensor]) -> bool:
    """Return whether the layer treats every timestep alone: axis 1 is time, and nothing is summed over it."""
    rank = inputs[0].value.ndim
    if layer.class_name == "TimeDistributed":
        inner = layer.sublayers()[0]
        return not inner.recurrent and not inner.sublayers()
    if layer.class_name == "Embedding":
        return rank == 2
    if rank < 3:
        return False
    if layer.class_name in ALONE:
        return True
    axis: Any = layer.config.get("axis", -1)
    axes = axis if isinstance(axis, (list, tuple)) else [axis]
    return layer.class_name in ALONG_LAST and all(one in (-1, rank - 1) for one in axes)


def _cut(tensor: Tensor, window: slice) -> Tensor:
    return Tensor(tensor.value[:, window], None if tensor.mask is None else tensor.mask[:, window])


def _whole(part: Tensor, timesteps: int, limit: int) -> Tensor:
    """Return room for `timesteps` of what `part` is one of, above `limit` bytes a file."""

    def room(value: NDArray[Any]) -> NDArray[Any]:
        return roomy((len(value), timesteps, *value.shape[2:]), value.dtype, limit)

    mask: Mask | None = None if part.mask is None else room(part.mask)
    return Tensor(room(part.value), mask)
