"""How far two runs of one model lie apart."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from rnn_tui.text import clean

if TYPE_CHECKING:
    from numpy.typing import NDArray

SMALL = 0.1
"""Values below this are compared absolutely: a tolerance of 1e-5 is 1e-5 relative and
1e-6 absolute.
"""


@dataclass(frozen=True)
class Difference:
    """One array, ours beside Keras's: `name` is `lstm`, `lstm[1]` (a layer's second
    output) or `output 0`.

    `absolute` is the largest |ours − Keras|, `relative` the largest |ours − Keras| /
    (|Keras| + 0.1); infinite where the shapes differ or only one of the two is a
    number.
    """

    name: str
    kind: Literal["layer", "output"]
    shape: tuple[int, ...]
    absolute: float
    relative: float


@dataclass(frozen=True)
class Verification:
    """What came out: which Keras ran and how far each layer's and the model's outputs
    lie apart.
    """

    keras: str
    tensorflow: str
    differences: tuple[Difference, ...]
    unseen: tuple[str, ...] = ()
    """Layers of the trace that Keras showed no output of (inside wrappers, for
    example).
    """
    seconds: float = 0.0
    rebuilt: str | None = None
    """Why the model was rebuilt in Keras from the configuration and the arrays; None
    where Keras opened the file.
    """
    stopped: tuple[str, str] | None = None
    """The layer at which the run stopped and the reason, where only what comes before
    it was compared.
    """
    notes: tuple[str, ...] = ()
    """What else is worth knowing of how Keras was asked."""

    @property
    def largest(self) -> Difference:
        """The difference that decides."""
        return max(self.differences, key=lambda difference: difference.relative)

    def remarks(self) -> list[str]:
        """Return how Keras came by the model where it didn't open the file itself, one
        line each.
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
        """Return whether every array lies within `tolerance` (relative; a tenth of it
        absolute).
        """
        return self.largest.relative <= tolerance


def difference(
    name: str,
    kind: Literal["layer", "output"],
    ours: NDArray[Any],
    theirs: NDArray[Any] | None,
) -> Difference:
    """Return how far `ours` lies from `theirs` (None where Keras returned no such
    array).
    """
    import numpy as np

    if theirs is None or ours.shape != theirs.shape:
        return Difference(name, kind, ours.shape, float("inf"), float("inf"))

    a = ours.astype(np.float64)
    b = theirs.astype(np.float64)
    with np.errstate(invalid="ignore"):
        apart = np.where((a == b) | (np.isnan(a) & np.isnan(b)), 0.0, np.abs(a - b))
        apart = np.where(np.isnan(apart), np.inf, apart)
        relative = np.where(apart > 0, apart / (np.abs(b) + SMALL), 0.0)

    relative = np.where(np.isnan(relative), np.inf, relative)

    return Difference(
        name,
        kind,
        ours.shape,
        float(apart.max(initial=0)),
        float(relative.max(initial=0)),
    )
