"""EinsumDense: a Dense whose product is written in Einstein's summation."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from rnn_tui.engine import lazy_numpy as np
from rnn_tui.engine.arrays import Shape
from rnn_tui.engine.layer import Run
from rnn_tui.engine.layers.base import Plain
from rnn_tui.engine.layers.quantized import in_bfloat16, in_float8
from rnn_tui.engine.layers.registry import computes
from rnn_tui.errors import ConfigError

if TYPE_CHECKING:
    from numpy.typing import NDArray

EQUATION = re.compile(r"(\.\.\.)?([a-zA-Z]+)(\.\.\.)?,([a-zA-Z]+)->(\.\.\.)?([a-zA-Z]+)(\.\.\.)?")


@computes("EinsumDense")
class EinsumDense(Plain):
    """φ(einsum(equation, x, W) + b); the bias has axes of length 1 where it is shared."""

    def compute(self, x: NDArray[Any], run: Run) -> Any:
        """Return φ of the product and the bias."""
        kernel = self.value("kernel", run)
        rounded = self.config.get("quantized") == "float8"
        if rounded:
            x = in_float8(x, self.value("inputs_scale", run))
            kernel = in_float8(kernel, self.value("kernel_scale", run))

        y = np.einsum(self._equation(), x, kernel, optimize=True)
        if self.has("bias"):
            bias = self._bias(y, run)
            y = y + (in_bfloat16(bias) if rounded else bias)
        return self.activation()(y)

    def _bias(self, y: NDArray[Any], run: Run) -> NDArray[Any]:
        """Return the bias; ValueError where it isn't as long as `y` along the axes it has of its own."""
        bias, letters = self.value("bias", run), self._equation().split("->")[1]
        for place, letter in enumerate(reversed(letters), 1):
            own = letter in str(self.config.get("bias_axes")) and not letters.endswith("...")
            if own and (place > bias.ndim or bias.shape[-place] != y.shape[-place]):
                raise ValueError(f"its bias {bias.shape} is not one for each of {y.shape}")
        return bias

    def output_shapes(self, inputs: Sequence[Shape]) -> list[Shape]:
        """Return each letter's side, taken from the input or from the kernel."""
        (shape,), kernel = inputs, self.weights[0].shape
        read, product = self._equation().split("->")[0].split(",")
        given = self._equation().split("->")[1]
        elided = len(shape) - len(read.replace("...", ""))
        marks = "".join(chr(0x2460 + k) for k in range(elided))
        sides = dict(zip(product, kernel, strict=True)) | dict(zip(read.replace("...", marks), shape, strict=True))
        out = [sides[letter] for letter in given.replace("...", marks)]
        # Keras 3 leaves open what the configuration leaves open, whatever comes in; tf.keras takes what comes in.
        stated = self.config.get("output_shape") if self.generation >= 3 else None
        for k, side in enumerate(reversed(stated) if isinstance(stated, (list, tuple)) else ()):
            if side is None and k < len(out) - 1 and not given.endswith("..."):
                out[-1 - k] = None
        return [tuple(out)]

    def formula(self) -> str:
        """Return the product of each array's sides, added up."""
        return " + ".join(" × ".join(str(side) for side in weight.shape) or "1" for weight in self.weights)

    def _equation(self) -> str:
        equation = str(self.config.get("equation")).replace(" ", "")
        if not EQUATION.fullmatch(equation):
            raise ConfigError(f"{equation!r} is no equation of an EinsumDense")
        return equation
