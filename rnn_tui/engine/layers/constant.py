"""A tensor that the model holds as numbers: in the graph, a layer without
inputs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rnn_tui.engine.core import lazy_numpy as np
from rnn_tui.engine.core.arrays import Shape, Tensor
from rnn_tui.engine.layers.layer import Layer, Run
from rnn_tui.errors import UnsupportedLayerError

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(eq=False)
class Constant(Layer):
    """Numbers of the file: floats take the run's dtype, whole numbers are
    int64, the rest bool.

    No file can name this class: the reader of calls makes it, and has checked
    the values; where they make no tensor, `why_not` says so. A run leaves it
    out of the trace, for its first axis needn't be the batch.
    """

    values: Any = None
    """Nested lists, as the file has them."""
    shape: tuple[int, ...] = ()
    kind: str = "float"
    """float, int or bool."""

    constant = True

    def call(self, inputs: Sequence[Tensor], run: Run) -> list[Tensor]:
        """Return the numbers as an array."""
        return [self.tensor(run.dtype)]

    def tensor(self, dtype: np.dtype[Any]) -> Tensor:
        """Return the numbers as an array, read-only; fractions as `dtype`."""
        kinds: dict[str, Any] = {
            "float": dtype,
            "int": np.int64,
            "bool": np.bool_,
        }
        array: NDArray[Any] = np.asarray(self.values, dtype=kinds[self.kind])
        array.flags.writeable = False

        return Tensor(array)

    def output_shapes(self, inputs: Sequence[Shape]) -> list[Shape]:
        """Return its shape; no axis is open."""
        if self.why_not is not None:
            raise UnsupportedLayerError(self.name, self.why_not)

        return [self.shape]
