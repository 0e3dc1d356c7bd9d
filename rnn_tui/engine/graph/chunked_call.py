"""Layers that look no further than a few timesteps, over sequences too long to
hold: a stretch of time after the other.

Their output is then a file (see memory/large_arrays.py); short sequences
are called as a whole.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from rnn_tui.engine.core.arrays import Mask, Tensor
from rnn_tui.engine.layers.layer import Layer, Run
from rnn_tui.engine.layers.schema import ALONE, ALONG_LAST, AROUND
from rnn_tui.engine.memory.large_arrays import blocks, release, roomy

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Reach(NamedTuple):
    """The reach of an output's timestep: `span` timesteps of the input, those
    of the next are `stride` later.
    """

    timesteps: int
    """Of the output."""
    span: int = 1
    stride: int = 1

    def source(self, window: slice, length: int) -> slice:
        """Return the timesteps, of `length` in the input, that make a window of
        the output.

        The stretch begins at a multiple of the stride and ends as far from the
        next one as the whole does: so `same` puts as many zeros before the one
        as before the other.
        """
        near = self.span + self.stride - 2
        start = (
            max(0, window.start * self.stride - near)
            // self.stride
            * self.stride
        )
        stop = min(length, window.stop * self.stride + near)

        return slice(start, stop + (length - stop) % self.stride)


def call_in_stretches(
    layer: Layer,
    inputs: Sequence[Tensor],
    run: Run,
) -> list[Tensor]:
    """Return the outputs of `layer.call`, computed in stretches of time where
    it would be too large to hold.
    """
    reach = _reach(layer, inputs)
    if reach is None:
        return layer.call(inputs, run)

    limit = run.claims.limit()
    shapes = [tensor.value.shape for tensor in inputs]
    made = layer.values_made(shapes) * run.dtype.itemsize
    if made <= limit:
        return layer.call(inputs, run)

    first = _part(layer, inputs, reach, slice(0, 1), run)
    if any(tensor.value.ndim < 2 for tensor in first):
        return layer.call(inputs, run)

    timesteps = reach.timesteps
    of_each = limit // len(first)
    outputs = [_whole(tensor, timesteps, of_each) for tensor in first]

    # bytes of one timestep: the outputs', or more on the way, and the inputs'
    returned = sum(tensor.value.nbytes for tensor in first)
    first_read = [tensor.value[:, :1] for tensor in inputs]
    read = sum(values.nbytes for values in first_read)
    computed = max(made // timesteps, returned)
    width = computed + reach.stride * read
    for window in blocks(timesteps, width, limit):
        run.check()
        parts = _part(layer, inputs, reach, window, run)
        for whole, part in zip(outputs, parts, strict=True):
            whole.value[:, window] = part.value
            if whole.mask is not None:
                whole.mask[:, window] = part.mask

        touched = [tensor.value for tensor in [*outputs, *inputs]]
        release(*touched)

    return outputs


def stretches_of(layer: Layer, inputs: Sequence[Tensor]) -> int:
    """Return in how many stretches the layer can work, its output being a
    file where it is too large to hold.
    """
    if layer.recurrent:
        shape = inputs[0].value.shape
        if len(shape) < 2:
            return 1

        return max(1, int(shape[1]))

    reach = _reach(layer, inputs)
    if reach is None:
        return 1

    return reach.timesteps


def each_timestep_alone(layer: Layer, inputs: Sequence[Tensor]) -> bool:
    """Return whether each timestep of the layer's output depends on that
    timestep of its inputs alone.
    """
    return _common_length(inputs) is not None and treats_timesteps_alone(
        layer,
        inputs,
    )


def _part(
    layer: Layer,
    inputs: Sequence[Tensor],
    reach: Reach,
    window: slice,
    run: Run,
) -> list[Tensor]:
    """Return a window of the layer's outputs."""
    timesteps = inputs[0].value.shape[1]
    source = reach.source(window, timesteps)
    read = [_cut(tensor, source) for tensor in inputs]
    outputs = layer.call(read, run)

    before = source.start // reach.stride
    inner = slice(window.start - before, window.stop - before)
    parts = []
    for tensor in outputs:
        if tensor.value.ndim >= 2:
            tensor = _cut(tensor, inner)

        parts.append(tensor)

    return parts


def _reach(layer: Layer, inputs: Sequence[Tensor]) -> Reach | None:
    """Return how far the layer looks; None where it may look at everything."""
    timesteps = _common_length(inputs)
    if timesteps is None:
        return None
    if treats_timesteps_alone(layer, inputs):
        return Reach(timesteps)
    if layer.schema.reach != AROUND:
        return None

    from rnn_tui.engine.layers.convolution import Convolution
    from rnn_tui.engine.layers.convolve import lengths
    from rnn_tui.engine.layers.pooling import Pooling

    if not isinstance(layer, (Convolution, Pooling)) or layer.channels_first():
        return None

    (x, mask), *others = inputs
    if x.ndim != 3 or others or mask is not None:
        return None

    (size,), (stride,), (dilation,), padding = layer.geometry(1)
    (length,) = lengths([timesteps], [size], [stride], [dilation], padding)
    span = (size - 1) * dilation + 1
    if length and span <= timesteps:
        return Reach(length, span, stride)

    return None


def _common_length(inputs: Sequence[Tensor]) -> int | None:
    """Return how many timesteps all inputs have, None where they have no time
    axis in common.
    """
    shapes = [tensor.value.shape for tensor in inputs]
    ranks = {len(shape) for shape in shapes}
    if len(ranks) != 1 or min(ranks) < 2:
        return None

    first, *others = (shape[:2] for shape in shapes)
    if any(other != first for other in others):
        return None

    timesteps: int = first[1]

    return timesteps


def treats_timesteps_alone(layer: Layer, inputs: Sequence[Tensor]) -> bool:
    """Return whether the layer treats every timestep alone: axis 1 is time, and
    nothing is summed over it.
    """
    rank = inputs[0].value.ndim
    declared = layer.schema
    if layer.at_each_timestep:
        inner = layer.sublayers()[0]
        return not inner.recurrent and not inner.sublayers()

    if declared.reads_ids:
        return rank == 2
    if rank < 3:
        return False
    if declared.reach == ALONE:
        return True

    axis: Any = layer.config.get("axis", -1)
    if isinstance(axis, (list, tuple)):
        axes = axis
    else:
        axes = [axis]

    last_axis = (-1, rank - 1)
    last = all(one in last_axis for one in axes)

    return declared.reach == ALONG_LAST and last


def _cut(tensor: Tensor, window: slice) -> Tensor:
    return Tensor(
        tensor.value[:, window],
        None if tensor.mask is None else tensor.mask[:, window],
    )


def _whole(part: Tensor, timesteps: int, limit: int) -> Tensor:
    """Return room for `timesteps` of a value whose first one is `part`, above
    `limit` bytes a file.
    """

    def room(value: NDArray[Any]) -> NDArray[Any]:
        return roomy(
            (len(value), timesteps, *value.shape[2:]),
            value.dtype,
            limit,
        )

    mask: Mask | None
    if part.mask is None:
        mask = None
    else:
        mask = room(part.mask)

    return Tensor(room(part.value), mask)
