"""Dense and Embedding: a matrix product over the last axis, and a table that is looked up."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from rnn_tui.engine import lazy_numpy as np
from rnn_tui.engine.arrays import Shape, Tensor
from rnn_tui.engine.fits import check_side
from rnn_tui.engine.layer import Run
from rnn_tui.engine.layers.base import Plain
from rnn_tui.engine.layers.quantized import product
from rnn_tui.engine.layers.registry import computes
from rnn_tui.errors import SequenceError

if TYPE_CHECKING:
    from numpy.typing import NDArray


@computes("Dense", "TimeDistributedDense")
class Dense(Plain):
    """φ(x·W + b) on the last axis, whatever the rank."""

    keeps_mask = True
    least_axes = 2

    def check(self, inputs: Sequence[Shape]) -> None:
        """Check that the last axis has the kernel's features."""
        super().check(inputs)
        check_side(inputs[0][-1], self.weights[0].shape[0], "features")

    def compute(self, x: NDArray[Any], run: Run) -> Any:
        """Return φ(x·W + b)."""
        kernel = self.value("kernel", run)
        if self.has("kernel_scale"):
            y = product(x, kernel, self.value("kernel_scale", run), self.config.get("inputs_epsilon"))
        else:
            y = x @ kernel
        if self.has("bias"):
            y = y + self.value("bias", run)
        return self.activation()(y)

    def output_shapes(self, inputs: Sequence[Shape]) -> list[Shape]:
        """Return the shape with `units` as its last axis."""
        return [(*inputs[0][:-1], int(self.config["units"]))]

    def formula(self) -> str:
        """Return `inputs × units + units`, with a scale for each unit once more."""
        features, units = self.weights[0].shape[-2:]
        return f"{features} × {units}" + f" + {units}" * (len(self.weights) - 1)


@computes("Embedding")
class Embedding(Plain):
    """A row of the table for each token id; with `mask_zero`, id 0 is no timestep."""

    def call(self, inputs: Sequence[Tensor], run: Run) -> list[Tensor]:
        """Return the rows, and the mask that `mask_zero` makes."""
        ids = inputs[0].value.astype(np.int64)
        table = self.value("embeddings", run)
        if ids.size and not 0 <= int(ids.min()) <= int(ids.max()) < len(table):
            wrong = int(ids.max() if ids.max() >= len(table) else ids.min())
            raise SequenceError(f"token id {wrong} is outside the vocabulary of {self.name!r}: 0 to {len(table) - 1}")
        rows = table[ids]
        if self.has("embeddings_scale"):
            rows = rows / self.value("embeddings_scale", run)[ids][..., None]
        return [Tensor(rows, ids != 0 if self.config.get("mask_zero") else None)]

    def output_shapes(self, inputs: Sequence[Shape]) -> list[Shape]:
        """Return the ids' shape with `output_dim` behind it."""
        return [(*inputs[0], int(self.config["output_dim"]))]

    def formula(self) -> str:
        """Return `vocabulary × width`."""
        rows, width = self.weights[0].shape
        return f"{rows} × {width}" + (f" + {rows}" if self.has("embeddings_scale") else "")
