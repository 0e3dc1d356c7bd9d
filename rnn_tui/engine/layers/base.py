"""The base of the feed-forward layers: one tensor in and out, masks that pass
or end.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from rnn_tui.engine.core.activation_functions import prelu
from rnn_tui.engine.core.activations import Activation, activation
from rnn_tui.engine.core.arrays import Array, Shape, Tensor, Weight
from rnn_tui.engine.core.fits import check_count, check_slopes, shown, within
from rnn_tui.engine.layers.layer import Layer, Run
from rnn_tui.engine.layers.probing import probe, quiet_run
from rnn_tui.errors import MisfitError

if TYPE_CHECKING:
    from numpy.typing import NDArray

AN_OBJECT = 64
"""Values that take as much room as one window or one place does, as an object
of its own.
"""


@dataclass(eq=False)
class Plain(Layer):
    """A layer that turns one tensor into one tensor, whatever its mask says."""

    views: ClassVar[bool] = False
    """Whether it returns a view of its input instead of new values."""

    def check(self, inputs: Sequence[Shape]) -> None:
        """Check that it is given one tensor, of a rank that Keras lets it
        read.
        """
        check_count(inputs, 1, 1)
        self.schema.rank.check(self.class_name, inputs[0])

    def compute(self, x: NDArray[Any], run: Run) -> Any:
        """Return the layer's output for `x`."""
        raise NotImplementedError

    def call(self, inputs: Sequence[Tensor], run: Run) -> list[Tensor]:
        """Return the output, with the mask where it passes."""
        x, mask = inputs[0]
        if not self.views:
            x = as_numbers(x, run)

        if not self.hands_on_mask():
            mask = None

        y = self.compute(x, run)

        return [Tensor(y, mask)]

    def hands_on_mask(self) -> bool:
        """Whether the mask passes in the Keras that wrote the file."""
        mask = self.schema.mask
        return mask.keeps and self.generation not in mask.ends_in

    def output_shapes(self, inputs: Sequence[Shape]) -> list[Shape]:
        """Return the shape that comes out, found by trying two sizes for every
        open axis.
        """

        def attempt(tensors: list[Tensor]) -> list[Tensor]:
            self.check([tensor.value.shape for tensor in tensors])
            return self.call(tensors, quiet_run())

        return probe(attempt, inputs)

    def values_made(self, inputs: Sequence[Shape]) -> int:
        """Return the values of the outputs; where only trying tells their
        shape, no layer makes more than it reads.
        """
        if self.views:
            return 0
        if type(self).output_shapes is Plain.output_shapes:
            return sum(
                math.prod(side or 0 for side in shape) for shape in inputs
            )

        return super().values_made(inputs)

    def value(self, name: str, run: Run) -> Array:
        """Return the weight called `name` in the run's dtype."""
        weight = next(weight for weight in self.weights if weight.name == name)
        return weight.value.astype(run.dtype, copy=False)

    def has(self, name: str) -> bool:
        """Whether the layer has a weight called `name`."""
        return any(weight.name == name for weight in self.weights)

    def activation(self) -> Activation:
        """Return the layer's activation; linear where the
        configuration names none."""
        return activation(self.config.get("activation"), self.generation)

    def activated(self, y: Array, run: Run) -> Array:
        """Return φ(y); where φ is a PReLU, its slopes are the layer's own array
        `alpha`. Raises MisfitError.
        """
        if not self.has("alpha"):
            return self.activation()(y)

        slopes = self.value("alpha", run)
        check_slopes(slopes.shape, y.shape)

        return prelu(y, slopes)

    def channels_first(self) -> bool:
        """Whether the channels are axis 1 instead of the last."""
        return self.config.get("data_format") == "channels_first"


class Elementwise(Plain):
    """A layer that leaves the shape as it is."""

    def call(self, inputs: Sequence[Tensor], run: Run) -> list[Tensor]:
        """Return the output; refuse arrays that stretch it to more values than
        the layer reads.
        """
        (output,) = super().call(inputs, run)
        read = inputs[0].value.shape
        made = output.value.shape
        if made != read:
            raise MisfitError(
                f"it makes {shown(made)} of {shown(read)}: its arrays don't "
                "fit its input"
            )

        return [output]

    def output_shapes(self, inputs: Sequence[Shape]) -> list[Shape]:
        """Return the shape that came in."""
        return [inputs[0]]


def axes_named(axis: Any, rank: int) -> list[int]:
    """Return the axes that a configuration names, one or several, counted from
    0; the last where it names none.
    """
    if axis is None:
        axis = -1

    if not isinstance(axis, (list, tuple)):
        axis = [axis]

    return [within(int(one), rank) for one in axis]


def sides_multiplied(weights: Sequence[Weight]) -> str:
    """Return the product of each array's sides, added up: a formula of their
    size.
    """
    products = (" × ".join(map(str, weight.shape)) for weight in weights)

    return " + ".join(products)


def as_numbers(x: NDArray[Any], run: Run) -> NDArray[Any]:
    """Return `x` in the run's dtype where it holds whole numbers or truth
    values.
    """
    if x.dtype.kind == "f":
        return x

    return x.astype(run.dtype)
