"""Dense and Embedding: a matrix product over the last axis, and a table that is
looked up.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from rnn_tui.engine.core import lazy_numpy as np
from rnn_tui.engine.core.arrays import Shape, Tensor
from rnn_tui.engine.core.fits import check_side
from rnn_tui.engine.layers.base import Plain
from rnn_tui.engine.layers.layer import Layer, Run
from rnn_tui.engine.layers.quantized import (
    by_group,
    in_bfloat16,
    in_float8,
    product,
    unpacked,
    unpacked_kernel,
)
from rnn_tui.engine.layers.registry import computes
from rnn_tui.engine.layers.schema import (
    ALONE,
    BEGINS,
    KEEPS,
    Schema,
    Stored,
    at_least,
    has_bias,
    has_slope_array,
)
from rnn_tui.errors import SequenceError

if TYPE_CHECKING:
    from numpy.typing import NDArray


def sizes(layer: Layer) -> str:
    """Return the product of each array's sides, added up."""
    products = []
    for weight in layer.weights:
        sides = " × ".join(map(str, weight.shape))
        products.append(sides or "1")

    return " + ".join(products)


DENSE = Schema(
    "Multiplies by a kernel, adds a bias, applies an activation.",
    arrays=(
        Stored("kernel", "features units"),
        Stored("bias", "units", kept=has_bias),
        Stored("alpha", kept=has_slope_array),
    ),
    follows=("units",),
    scales={"kernel_scale": "units"},
    quantized=("int8", "int4", "float8"),
    needs=("units",),
    rank=at_least(2),
    reach=ALONE,
    mask=KEEPS,
    reads_width=True,
    defaults={"activation": "linear"},
    back="dense_back:dense",
)


@computes(
    Dense=DENSE,
    TimeDistributedDense=DENSE._replace(
        sentence="A Dense layer of Keras 1 that is applied to every timestep.",
        arrays=DENSE.arrays[:2],
        scales={},
        quantized=None,
        reads_width=False,
        reads_time=True,
    ),
)
class Dense(Plain):
    """φ(x·W + b) on the last axis, whatever the rank."""

    def check(self, inputs: Sequence[Shape]) -> None:
        """Check that the last axis has the kernel's features."""
        super().check(inputs)
        # whose bytes may hold pairs of features
        if self.config.get("quantized") != "int4":
            features = self.weights[0].shape[0]
            check_side(inputs[0][-1], features, "features")

    def compute(self, x: NDArray[Any], run: Run) -> Any:
        """Return φ(x·W + b)."""
        return self.activated(self.linear_part(x, run), run)

    def linear_part(self, x: NDArray[Any], run: Run) -> Any:
        """Return x·W + b."""
        kernel = self.value("kernel", run)
        how = self.config.get("quantized")
        bias = None
        if self.has("bias"):
            bias = self.value("bias", run)

        if how is None:
            y = x @ kernel
        elif how == "float8":
            scale = self.value("inputs_scale", run)
            features = x.shape[-1]
            rounded = in_float8(x, scale)
            y = rounded @ self.float_kernel(features, run)
            if bias is not None:
                bias = in_bfloat16(bias)
        else:
            y = self._whole_numbers(x, kernel, run)

        if bias is not None:
            y = y + bias

        return y

    def _whole_numbers(
        self,
        x: NDArray[Any],
        kernel: NDArray[Any],
        run: Run,
    ) -> NDArray[Any]:
        """Return x·W of an int8 or int4 kernel."""
        if self.has("g_idx"):
            return np.asarray(x @ self.float_kernel(x.shape[-1], run))

        kernel = self._unpacked(kernel, x.shape[-1])
        scale = self.value("kernel_scale", run)

        return product(x, kernel, scale, self.config.get("inputs_epsilon"))

    def _unpacked(self, kernel: NDArray[Any], features: int) -> NDArray[Any]:
        """Return the whole numbers of a kernel, of int4 two from each byte."""
        if self.config["quantized"] != "int4":
            return kernel

        return unpacked_kernel(kernel, features, int(self.config["units"]))

    def float_kernel(self, features: int, run: Run) -> NDArray[Any]:
        """Return the kernel `(features, units)`, a quantized one as the numbers
        for which its whole numbers or its float8 are.
        """
        kernel = self.value("kernel", run)
        how = self.config.get("quantized")
        if how is None:
            return kernel

        scale = self.value("kernel_scale", run)
        if how == "float8":
            return in_float8(kernel, scale)

        whole = self._unpacked(kernel, features)
        if self.has("g_idx"):
            zero = self.value("kernel_zero", run)
            groups = self.value("g_idx", run)
            return by_group(whole, scale, zero, groups, 0)

        return np.asarray(whole / scale)

    def output_shapes(self, inputs: Sequence[Shape]) -> list[Shape]:
        """Return the shape with `units` as its last axis."""
        *rows, _ = inputs[0]
        units = int(self.config["units"])

        return [(*rows, units)]

    def formula(self) -> str:
        """Return `inputs × units + units`, with a scale for each unit once
        more, and the slopes of a PReLU.
        """
        if self.config.get("quantized") in ("int4", "float8") or self.has(
            "alpha"
        ):
            return sizes(self)

        features, units = self.weights[0].shape[-2:]
        terms = [f"{features} × {units}"]
        others = len(self.weights) - 1

        return " + ".join(terms + [str(units)] * others)


@computes(
    Embedding=Schema(
        "Looks up a row of numbers for each token id.",
        arrays=(Stored("embeddings", "input_dim output_dim"),),
        follows=("input_dim", "output_dim"),
        scales={"embeddings_scale": "input_dim"},
        quantized=("int8", "int4"),
        needs=("output_dim",),
        reach=ALONE,
        mask=BEGINS,
        reads_ids=True,
        defaults={"mask_zero": False},
    )
)
class Embedding(Plain):
    """A row of the table for each token id; with `mask_zero`, id 0 is no
    timestep.
    """

    def call(self, inputs: Sequence[Tensor], run: Run) -> list[Tensor]:
        """Return the rows, and the mask that `mask_zero` makes."""
        ids = inputs[0].value.astype(np.int64)
        table = self.value("embeddings", run)  # (ids, output_dim)
        if self.config.get("quantized") == "int4":
            width = int(self.config["output_dim"])
            table = unpacked(table, width, 1)

        self._check_ids(ids, len(table))
        chosen = table[ids]
        rows = self._scaled(chosen, ids, run)  # (…, output_dim)
        mask = None
        if self.config.get("mask_zero"):
            mask = ids != 0

        return [Tensor(rows, mask)]

    def _check_ids(self, ids: NDArray[Any], known: int) -> None:
        """Raise SequenceError for an id that has no row."""
        if not ids.size:
            return

        least = int(ids.min())
        most = int(ids.max())
        if least >= 0 and most < known:
            return

        wrong = least
        if most >= known:
            wrong = most

        raise SequenceError(
            f"token id {wrong} is outside the vocabulary of {self.name!r}: 0 "
            f"to {known - 1}"
        )

    def _scaled(
        self,
        rows: NDArray[Any],
        ids: NDArray[Any],
        run: Run,
    ) -> NDArray[Any]:
        """Return the rows of a quantized table at their own size."""
        if not self.has("embeddings_scale"):
            return rows

        scale = self.value("embeddings_scale", run)[ids]
        if not self.has("g_idx"):
            divided: NDArray[Any] = rows / scale[..., None]
            return divided

        zero = self.value("embeddings_zero", run)[ids]
        groups = self.value("g_idx", run)

        return by_group(rows, scale, zero, groups, -1)

    def output_shapes(self, inputs: Sequence[Shape]) -> list[Shape]:
        """Return the ids' shape with `output_dim` as one more axis."""
        return [(*inputs[0], int(self.config["output_dim"]))]

    def formula(self) -> str:
        """Return `vocabulary × width`."""
        if self.config.get("quantized") == "int4":
            return sizes(self)

        rows, width = self.weights[0].shape
        if self.has("embeddings_scale"):
            return f"{rows} × {width} + {rows}"

        return f"{rows} × {width}"
