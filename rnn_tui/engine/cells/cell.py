"""The base of the pages of all cells: the names from the table of
kinds, the number of units, the way from a layer's arrays to a cell.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any, ClassVar

from rnn_tui.engine.cells.kinds import kind_of
from rnn_tui.engine.core.activations import Activation
from rnn_tui.engine.core.arrays import Array


class Cell:
    """One timestep of a recurrent layer, with its weights.

    A subclass is a dataclass whose fields are its arrays and activations;
    `kind` names its row in the table of kinds, `quantities` are the fields of
    its Step.
    """

    kernel: Array
    recurrent_kernel: Array
    activation: Activation

    kind: ClassVar[str]
    quantities: ClassVar[tuple[str, ...]]

    @classmethod
    def made(
        cls,
        arrays: Mapping[str, Array | None],
        activations: Mapping[str, Activation],
        config: Mapping[str, Any],
    ) -> Cell:
        """Return the cell of a layer: its arrays by their names in the table,
        its activations by the keys of the configuration.
        """
        fields: dict[str, Any] = {**arrays, **activations}
        return cls(**fields)

    @property
    def gates(self) -> tuple[str, ...]:
        """The stored letters of its gates, in the order of the columns."""
        return kind_of(self).letters

    @cached_property
    def states(self) -> tuple[str, ...]:
        """The names of its states, in Keras's order."""
        return kind_of(self).state_names

    @cached_property
    def units(self) -> int:
        """How many units the cell has."""
        return int(self.recurrent_kernel.shape[0])

    def step(self, *args: Any, **kwargs: Any) -> Any:
        """Read one timestep: `x` `(batch, features)` and the states before it,
        each `(batch, units)`; return the cell's Step.
        """
        raise NotImplementedError
