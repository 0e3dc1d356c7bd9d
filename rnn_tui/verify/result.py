"""The result of a verification: the differences between two runs of one
model.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from rnn_tui.text import clean

if TYPE_CHECKING:
    from numpy.typing import NDArray

SMALL = 0.1
"""Values below this are compared absolutely: a tolerance of 1e-5 is 1e-5
relative and 1e-6 absolute.
"""


@dataclass(frozen=True)
class Difference:
    """One array, ours beside Keras's: `name` is `lstm`, `lstm[1]` (a layer's
    second output) or `output 0`.

    `absolute` is the largest |ours − Keras|, `relative` the largest |ours −
    Keras| / (|Keras| + 0.1); infinite where the shapes differ or only one of
    the two is a number.
    """

    name: str
    kind: Literal["layer", "output"]
    shape: tuple[int, ...]
    absolute: float
    relative: float


@dataclass(frozen=True)
class Verification:
    """Which Keras ran, and the differences of each layer's and the model's
    outputs.
    """

    keras: str
    tensorflow: str
    differences: tuple[Difference, ...]
    unseen: tuple[str, ...] = ()
    """Layers of the trace whose outputs Keras didn't show (inside wrappers, for
    example).
    """
    seconds: float = 0.0
    rebuilt: str | None = None
    """Why the model was rebuilt in Keras from the configuration and the arrays;
    None where Keras opened the file.
    """
    stopped: tuple[str, str] | None = None
    """The layer at which the run stopped and the reason, where only the layers
    before it were compared.
    """
    notes: tuple[str, ...] = ()
    """Further remarks on the request to Keras."""
    asked: str = "Keras"
    """The program asked: Keras, or PyTorch where its own modules were run."""

    @property
    def ran_in(self) -> str:
        """The program that ran the model, in words."""
        if not self.tensorflow:
            return self.keras

        return f"{self.keras} on TensorFlow {self.tensorflow}"

    @property
    def largest(self) -> Difference:
        """The largest relative difference, which decides."""
        return max(self.differences, key=lambda difference: difference.relative)

    def remarks(self) -> list[str]:
        """Return, a line each, how Keras got the model where it didn't open the
        file.
        """
        lines = []
        if self.rebuilt is not None:
            lines.append(
                f"rebuilt from the configuration and the arrays: {self.rebuilt}"
            )

        if self.stopped is not None:
            layer, reason = self.stopped
            lines.append(
                "compared as far as the run went: it stopped at "
                f"{clean(layer, 60)!r}, {clean(reason, 200)}"
            )

        return [*lines, *self.notes]

    def agrees(self, tolerance: float = 1e-5) -> bool:
        """Whether every array is within `tolerance` (relative; a tenth of it
        absolute).
        """
        return self.largest.relative <= tolerance


def difference(
    name: str,
    kind: Literal["layer", "output"],
    ours: NDArray[Any],
    theirs: NDArray[Any] | None,
) -> Difference:
    """Return the difference of `ours` and `theirs` (None where Keras returned
    no such array).
    """
    import numpy as np

    shape = ours.shape
    if theirs is None or shape != theirs.shape:
        infinite = float("inf")
        return Difference(name, kind, shape, infinite, infinite)

    a = ours.astype(np.float64)
    b = theirs.astype(np.float64)
    both_nan = np.isnan(a) & np.isnan(b)
    same = (a == b) | both_nan

    # inf - inf is NaN, and NaN on one side only counts as infinitely far
    with np.errstate(invalid="ignore"):
        distance = np.abs(a - b)
        absolute = np.where(same, 0.0, distance)
        absolute = np.where(np.isnan(absolute), np.inf, absolute)
        size = np.abs(b) + SMALL
        share = absolute / size
        relative = np.where(absolute > 0, share, 0.0)

    relative = np.where(np.isnan(relative), np.inf, relative)
    largest_absolute = float(absolute.max(initial=0))
    largest_relative = float(relative.max(initial=0))

    return Difference(name, kind, shape, largest_absolute, largest_relative)
