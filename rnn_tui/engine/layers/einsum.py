"""EinsumDense: a Dense whose product is written in Einstein's summation."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from rnn_tui.engine.core import lazy_numpy as np
from rnn_tui.engine.core.arrays import Shape
from rnn_tui.engine.core.fits import check_stretches
from rnn_tui.engine.layers.base import Plain
from rnn_tui.engine.layers.dense import sizes
from rnn_tui.engine.layers.layer import Run
from rnn_tui.engine.layers.quantized import in_bfloat16, in_float8
from rnn_tui.engine.layers.registry import computes
from rnn_tui.engine.layers.schema import Config, Schema, Stored
from rnn_tui.errors import MisfitError

if TYPE_CHECKING:
    from numpy.typing import NDArray

FIRST_MARK = 0x2460
"""The first of the letters for elided axes, which no equation has."""
EQUATION = re.compile(
    r"(\.\.\.)?([a-zA-Z]+)(\.\.\.)?,([a-zA-Z]+)->(\.\.\.)?([a-zA-Z]+)(\.\.\.)?"
)


def _has_bias_axes(config: Config) -> bool:
    return config.get("bias_axes") is not None


@computes(
    EinsumDense=Schema(
        "A Dense whose product over any axes is written in Einstein's "
        "summation.",
        arrays=(Stored("kernel"), Stored("bias", kept=_has_bias_axes)),
        quantized=("float8",),
        back="dense_back:einsum_dense",
    )
)
class EinsumDense(Plain):
    """φ(einsum(equation, x, W) + b); the bias has axes of length 1 where it is
    shared.
    """

    def compute(self, x: NDArray[Any], run: Run) -> Any:
        """Return φ of the product and the bias."""
        return self.activation()(self.linear_part(x, run))

    def linear_part(self, x: NDArray[Any], run: Run) -> Any:
        """Return the product and the bias."""
        if self._rounds():
            x = in_float8(x, self.value("inputs_scale", run))

        kernel = self.float_kernel(run)
        y = np.einsum(self.equation(), x, kernel, optimize=True)
        if not self.has("bias"):
            return y

        bias = self.value("bias", run)
        if self._rounds():
            bias = in_bfloat16(bias)

        return y + bias

    def float_kernel(self, run: Run) -> NDArray[Any]:
        """Return the kernel, a quantized one as its float8 holds it."""
        kernel = self.value("kernel", run)
        if not self._rounds():
            return kernel

        return in_float8(kernel, self.value("kernel_scale", run))

    def _rounds(self) -> bool:
        """Return whether it computes with float8."""
        return self.config.get("quantized") == "float8"

    def check(self, inputs: Sequence[Shape]) -> None:
        """Check that the equation's letters are sides of the input and the
        kernel, and the bias one of the output.
        """
        super().check(inputs)
        out = _sides(self.equation(), inputs[0], self.weights[0].shape)
        if not self.has("bias"):
            return

        bias = next(
            weight.shape for weight in self.weights if weight.name == "bias"
        )
        letters = self.equation().split("->")[1]
        for place, letter in enumerate(reversed(letters), 1):
            own = letter in str(
                self.config.get("bias_axes")
            ) and not letters.endswith("...")
            if own and (
                place > len(bias) or out[-place] not in (None, bias[-place])
            ):
                raise MisfitError(
                    f"its bias {bias} is not one for each of {tuple(out)}"
                )

        check_stretches(bias, tuple(out), "its bias")

    def output_shapes(self, inputs: Sequence[Shape]) -> list[Shape]:
        """Return each letter's side, taken from the input or from the
        kernel.
        """
        given = self.equation().split("->")[1]
        out = _sides(self.equation(), inputs[0], self.weights[0].shape)
        # A side that the configuration leaves open stays open in Keras 3,
        # whatever the input's is; tf.keras takes the input's.
        stated: Any = ()
        if self.generation >= 3 and not given.endswith("..."):
            stated = self.config.get("output_shape")

        if not isinstance(stated, (list, tuple)):
            return [tuple(out)]

        last = len(out) - 1
        for behind, side in enumerate(reversed(stated)):
            if side is None and behind < last:
                out[last - behind] = None

        return [tuple(out)]

    def formula(self) -> str:
        """Return the product of each array's sides, added up."""
        return sizes(self)

    def equation(self) -> str:
        """Return the equation as NumPy writes it."""
        equation = str(self.config.get("equation")).replace(" ", "")
        if not EQUATION.fullmatch(equation):
            raise MisfitError(f"{equation!r} is no equation of an EinsumDense")

        return equation


def _sides(
    equation: str,
    shape: Shape,
    kernel: tuple[int, ...],
) -> list[int | None]:
    """Return the sides of an equation's output for an input and a kernel of
    these shapes.
    """
    terms, given = equation.split("->")
    read, product = terms.split(",")
    marks = _elided(equation, shape, kernel)

    letters = read.replace("...", marks) + product
    lengths = (*shape, *kernel)
    sides: dict[str, int | None] = {}
    for letter, side in zip(letters, lengths, strict=True):
        known = sides.get(letter)
        if known is None:
            sides[letter] = side
        elif side is not None and known != side:
            raise MisfitError(f"in {equation}, {letter} is {known} and {side}")

    named = given.replace("...", marks)
    for letter in named:
        twice = named.count(letter) > 1
        if twice or letter not in sides:
            raise MisfitError(
                f"{equation} returns {letter}, which it doesn't read, or "
                "returns twice"
            )

    return [sides[letter] for letter in named]


def _elided(equation: str, shape: Shape, kernel: tuple[int, ...]) -> str:
    """Return letters for the axes that `...` means, other ones than the
    equation has.

    Raises MisfitError where the equation is one of other axes.
    """
    terms, given = equation.split("->")
    read, product = terms.split(",")
    elided = len(shape) - len(read.replace("...", ""))
    fits = elided == 0 or (elided > 0 and "..." in read)
    if not fits or len(product) != len(kernel):
        raise MisfitError(
            f"{equation} is not for an input of {len(shape)} axes and a kernel "
            f"{kernel}"
        )

    times = read.count("...")
    if times > 1 or times != given.count("..."):
        raise MisfitError(
            f"{equation} has other axes left over than it returns"
        )

    codes = range(FIRST_MARK, FIRST_MARK + elided)

    return "".join(map(chr, codes))
