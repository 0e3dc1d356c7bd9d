"""CategoryEncoding and Discretization: whole numbers as vectors of 0 and 1, and
numbers as the bin they fall into.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from rnn_tui.engine.core import lazy_numpy as np
from rnn_tui.engine.core.arrays import Shape, Tensor
from rnn_tui.engine.layers.base import Plain
from rnn_tui.engine.layers.keys import ANYTHING, COUNT, Key, among, is_number
from rnn_tui.engine.layers.layer import Run
from rnn_tui.engine.layers.registry import computes
from rnn_tui.engine.layers.schema import Schema
from rnn_tui.errors import MisfitError, SequenceError

if TYPE_CHECKING:
    from numpy.typing import NDArray

MODES = {"binary": "multi_hot"}
"""Old names of the modes."""


def _are_boundaries(value: Any) -> bool:
    return isinstance(value, list) and all(map(is_number, value))


def _count(rows: NDArray[Any], ids: NDArray[Any], known: NDArray[Any]) -> None:
    """Add 1 to a row for each id of its that is known: an id that a row has
    twice is counted twice.
    """
    count = len(rows)
    ids = ids.reshape(count, -1)
    known = known.reshape(count, -1)
    for column, counted in zip(ids.T, known.T, strict=True):
        (shown,) = np.nonzero(counted)
        places = column[shown]
        rows[shown, places] += 1


@computes(
    CategoryEncoding=Schema(
        "Turns ids into rows of zeros and ones, or of counts.",
        keys={
            "num_tokens": COUNT,
            "output_mode": among("one_hot", "multi_hot", "count", "binary"),
        },
        id_counts=("num_tokens", "max_tokens"),
    )
)
class CategoryEncoding(Plain):
    """Each id as a vector with a 1 (`one_hot`), or a row of ids as one vector
    (`multi_hot`, `count`).
    """

    def depth(self) -> int:
        """Return how many ids there are."""
        stated = self.config.get("num_tokens")
        if stated is None:
            stated = self.config.get("max_tokens")

        if stated is None:
            raise MisfitError(
                "its configuration doesn't say how many ids there are"
            )

        return int(stated)

    def mode(self) -> str:
        """Return the kind of output: one_hot, multi_hot or count."""
        stated = str(self.config.get("output_mode") or "multi_hot")
        return MODES.get(stated, stated)

    def check(self, inputs: Sequence[Shape]) -> None:
        """Check that it is given ids alone, in as many axes as this Keras
        takes.
        """
        if len(inputs) > 1:
            raise MisfitError("counts with weights are not reproduced")

        super().check(inputs)
        self.depth()
        if self.mode() == "int":
            return

        axes = len(inputs[0])
        each = self.mode() == "one_hot" and inputs[0][-1] != 1
        if axes != 2 and self.mode() != "one_hot":
            raise MisfitError(
                f"Keras counts the ids of rows, not of {axes} axes"
            )
        if self.generation < 3 and (axes != 2 or each):
            raise MisfitError("this Keras returns two axes and no more")

    def ids(self, x: NDArray[Any], run: Run) -> NDArray[Any]:
        """Return the ids in `x`, as Keras cuts them to whole numbers."""
        ids: NDArray[Any] = np.trunc(x).astype(np.int64)
        return ids

    def call(self, inputs: Sequence[Tensor], run: Run) -> list[Tensor]:
        """Return the vectors; the mask ends here."""
        x = inputs[0].value
        (shape,) = self.output_shapes([x.shape])
        ids = self.ids(x, run)
        depth = self.depth()
        known = (ids >= 0) & (ids < depth)
        if not known.all() and self._refuses(ids):
            unknown = ids[~known]
            wrong = int(unknown[0])
            raise SequenceError(
                f"the id {wrong} is outside those {self.name!r} knows: 0 to "
                f"{depth - 1}"
            )

        sides = [side or 0 for side in shape]
        y = np.zeros(sides, dtype=run.dtype)
        rows = y.reshape(-1, depth)  # a view: y is filled through it
        _count(rows, ids, known)
        if self.mode() != "count":
            most = run.dtype.type(1)
            np.minimum(y, most, out=y)

        return [Tensor(y)]

    def _refuses(self, ids: NDArray[Any]) -> bool:
        """Return whether this Keras refuses ids that it doesn't know; others
        become a row of zeros.
        """
        if self.generation < 3:
            return True

        return self.mode() != "one_hot" and bool(ids.min() < 0)

    def output_shapes(self, inputs: Sequence[Shape]) -> list[Shape]:
        """Return the ids' shape with a vector for each, or for each row."""
        shape = inputs[0]
        each = self.mode() == "one_hot" and shape[-1] != 1

        return [(*(shape if each else shape[:-1]), self.depth())]


@computes(
    Discretization=Schema(
        "Gives each value the number of the range it is in.",
        keys={
            "axis": ANYTHING,
            "bin_boundaries": Key(_are_boundaries, "numbers"),
            "output_mode": among("int", "one_hot", "multi_hot", "count"),
        },
        needs=("bin_boundaries",),
    )
)
class Discretization(CategoryEncoding):
    """The number of the bin each value falls into, or that as a vector; a
    boundary belongs to the bin above it.
    """

    def check(self, inputs: Sequence[Shape]) -> None:
        """Check that the boundaries rise."""
        super().check(inputs)
        boundaries = self.config["bin_boundaries"]
        if any(after < before for before, after in pairwise(boundaries)):
            raise MisfitError("its bin_boundaries don't rise")

    def depth(self) -> int:
        """Return how many bins there are."""
        return len(self.config["bin_boundaries"]) + 1

    def mode(self) -> str:
        """Return the kind of output: int, one_hot, multi_hot or count."""
        return str(self.config.get("output_mode") or "int")

    def ids(self, x: NDArray[Any], run: Run) -> NDArray[Any]:
        """Return each value's bin."""
        boundaries = np.asarray(self.config["bin_boundaries"], dtype=np.float32)
        return np.searchsorted(boundaries, x, side="right")

    def call(self, inputs: Sequence[Tensor], run: Run) -> list[Tensor]:
        """Return the bins or the vectors."""
        if self.mode() == "int":
            return [Tensor(self.ids(inputs[0].value, run).astype(run.dtype))]

        return super().call(inputs, run)

    def output_shapes(self, inputs: Sequence[Shape]) -> list[Shape]:
        """Return the values' shape, or with a vector for each or each row."""
        if self.mode() == "int":
            return [inputs[0]]

        return super().output_shapes(inputs)
