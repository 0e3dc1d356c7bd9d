"""Keras 1's own layers: Highway and MaxoutDense."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from rnn_tui.engine.core.activation_functions import sigmoid
from rnn_tui.engine.core.arrays import Shape
from rnn_tui.engine.core.fits import check_side
from rnn_tui.engine.layers.base import Elementwise, Plain
from rnn_tui.engine.layers.layer import Run
from rnn_tui.engine.layers.registry import computes
from rnn_tui.engine.layers.schema import (
    ALONE,
    Schema,
    Stored,
    exactly,
    has_bias,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray


@computes(
    Highway=Schema(
        "Mixes its input with a Dense layer of it, as a gate decides.",
        arrays=(
            Stored("kernel", "features features"),
            Stored("kernel_carry", "features features"),
            Stored("bias", "features", kept=has_bias),
            Stored("bias_carry", "features", kept=has_bias),
        ),
        rank=exactly(2),
        reach=ALONE,
        back="legacy_back:highway",
    )
)
class Highway(Elementwise):
    """t·φ(x·W + b) + (1 − t)·x with t = σ(x·W_carry + b_carry).

    Srivastava et al. 2015; keras 1 core.py.
    """

    def check(self, inputs: Sequence[Shape]) -> None:
        """Check that the input has the kernel's features."""
        super().check(inputs)
        features = self.weights[0].shape[0]
        check_side(inputs[0][-1], features, "features")

    def compute(self, x: NDArray[Any], run: Run) -> Any:
        """Return the mix of the transformed and the carried input."""
        plain, t = self.plain_and_gate(x, run)
        φ = self.activation()
        transformed = φ(plain) * t
        carried = (1 - t) * x

        return transformed + carried

    def plain_and_gate(
        self,
        x: NDArray[Any],
        run: Run,
    ) -> tuple[NDArray[Any], NDArray[Any]]:
        """Return x·W + b and t."""
        carry = x @ self.value("kernel_carry", run)
        plain = x @ self.value("kernel", run)
        if self.has("bias"):
            carry = carry + self.value("bias_carry", run)
            plain = plain + self.value("bias", run)

        return plain, sigmoid(carry)

    def formula(self) -> str:
        """Return 2 × the parameters of a Dense."""
        features = self.weights[0].shape[0]
        return f"2 × ({features} × {features}" + (
            f" + {features})" if self.has("bias") else ")"
        )


@computes(
    MaxoutDense=Schema(
        "Keeps the largest of several Dense layers, value by value.",
        arrays=(
            Stored("kernel", "nb_feature features units"),
            Stored("bias", "nb_feature units", kept=has_bias),
        ),
        needs=("units",),
        rank=exactly(2),
        reach=ALONE,
        back="legacy_back:maxout",
    )
)
class MaxoutDense(Plain):
    """The largest of `nb_feature` linear maps.

    Goodfellow et al. 2013; keras 1 core.py.
    """

    def check(self, inputs: Sequence[Shape]) -> None:
        """Check that the input has the kernels' features."""
        super().check(inputs)
        features = self.weights[0].shape[1]
        check_side(inputs[0][-1], features, "features")

    def compute(self, x: NDArray[Any], run: Run) -> Any:
        """Return max over k of x·W_k + b_k."""
        return self.maps(x, run).max(axis=1)

    def maps(self, x: NDArray[Any], run: Run) -> NDArray[Any]:
        """Return x·W_k + b_k of every k, `(batch, nb_feature, units)`; the
        kernel is `(nb_feature, inputs, units)`.
        """
        kernel = self.value("kernel", run)
        rows = x[:, None, None, :]  # (batch, 1, 1, inputs)
        products = rows @ kernel[None]  # (batch, nb_feature, 1, units)
        y: NDArray[Any] = products[:, :, 0]
        if self.has("bias"):
            y = y + self.value("bias", run)

        return y

    def output_shapes(self, inputs: Sequence[Shape]) -> list[Shape]:
        """Return `(batch, units)`."""
        batch = inputs[0][0]
        units = int(self.config["units"])

        return [(batch, units)]

    def formula(self) -> str:
        """Return maps × (inputs × units + units)."""
        maps, features, units = self.weights[0].shape
        return f"{maps} × ({features} × {units}" + (
            f" + {units})" if self.has("bias") else ")"
        )
