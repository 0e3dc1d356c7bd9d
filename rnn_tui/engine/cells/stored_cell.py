"""One cell as its file describes it: configuration and weights, read and made
ready when first run.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NoReturn

from rnn_tui.engine.cells.cell_arrays import (
    check_arrays,
    is_divided,
    stated_units,
    stored_features,
    stored_units,
)
from rnn_tui.engine.cells.kinds import (
    RESET_AFTER,
    CellKind,
    kind_for,
    named_class,
)
from rnn_tui.engine.cells.words import cell_words, kernel_formula
from rnn_tui.engine.core import lazy_numpy as np
from rnn_tui.engine.core.activations import Activation, activation
from rnn_tui.engine.core.arrays import Array, Weight
from rnn_tui.errors import ConfigError, MisfitError, UnsupportedLayerError

if TYPE_CHECKING:
    from rnn_tui.engine.cells.cell import Cell
    from rnn_tui.engine.cells.scan_base import Scan
    from rnn_tui.engine.core.edits import Edit
    from rnn_tui.engine.trace.trace import Direction


def _unknown(x: Array) -> NoReturn:
    raise UnsupportedLayerError(
        "cell",
        "its activation is not one of Keras's own",
    )


UNKNOWN = Activation("?", _unknown)
"""The activation of a cell that is only shown, where its own can't be
computed.
"""


def check_activations(*activations: Activation | None) -> None:
    """Raise ConfigError where an activation doesn't return a value for each
    unit.
    """
    for chosen in activations:
        if chosen is None:
            continue

        if chosen.axis != -1 or chosen.name == "glu":
            raise ConfigError(
                f"its activation {chosen.name} doesn't return a value for "
                "each unit"
            )


@dataclass(frozen=True, eq=False)
class CellSlot:
    """A cell of a layer before any run; `load` reads it."""

    class_name: str
    direction: Direction | None
    index: int | None
    load: Callable[[], Cell]
    divided: bool = True
    """Whether its arrays have the shapes of its class, so that its gates can be
    told apart.
    """
    reverse: bool = False
    """Whether it reads the sequence from its end."""


@dataclass(eq=False)
class CellSource:
    """A cell's class ("LSTM"), its configuration in Keras 3's words, its
    weights in Keras's order.

    `problem` says why it can't be run: an activation that isn't Keras's,
    weights that don't fit the configuration.
    """

    class_name: str
    config: Mapping[str, Any]
    weights: tuple[Weight, ...]
    generation: int = 3
    problem: str | None = None
    residual: int = 0
    """How often the cell's input is added to its output; its states are
    without.
    """
    φ: Activation | None = None
    σ: Activation | None = None
    _cell: Cell | None = None
    _scans: dict[np.dtype[Any], Scan] = field(default_factory=dict)

    def __post_init__(self) -> None:
        try:
            self.φ = activation(
                self.config.get("activation", "tanh"),
                self.generation,
            )
            if self.kind.gated:
                σ = self.config.get("recurrent_activation", "sigmoid")
                self.σ = activation(σ, self.generation)

            check_activations(self.φ, self.σ)
            self._check()
        except (ConfigError, MisfitError) as error:
            self.problem = str(error)

    @property
    def kind(self) -> CellKind:
        """The row of its class in the table of kinds."""
        return kind_for(self.class_name)

    @property
    def shapes(self) -> list[tuple[int, ...]]:
        """The shapes of its arrays."""
        return [weight.shape for weight in self.weights]

    @property
    def units(self) -> int:
        """How many units or filters the cell has: by the recurrent kernel, or
        the configuration where there is none.
        """
        stored = stored_units(self.kind, self.shapes)
        if stored is not None:
            return stored

        return stated_units(self.kind, self.config)

    @property
    def features(self) -> int | None:
        """How many features or channels the cell reads, as its kernel says;
        None without a kernel.
        """
        return stored_features(self.kind, self.shapes)

    @property
    def reset_after(self) -> bool:
        """Whether a GRU's reset gate works after the product: the bias's shape
        decides, then the configuration.
        """
        if len(self.weights) > 2:
            return len(self.weights[2].shape) == 2

        return bool(self.config.get("reset_after", self.generation >= 3))

    @property
    def states(self) -> tuple[str, ...]:
        """The names of the states, in Keras's order."""
        return self.kind.state_names

    def load(self) -> Cell:
        """Return the cell with its weights.

        Raises ConfigError when they don't make one.
        """
        if self._cell is None:
            if self.problem is not None or self.φ is None:
                raise ConfigError(self.problem or "the cell has no activation")

            self._cell = self._make(self.φ, self.σ or self.φ)

        return self._cell

    @property
    def divided(self) -> bool:
        """Whether the arrays' shapes are those of this class, whatever else
        keeps the cell from being run.
        """
        return is_divided(self.kind, self.shapes)

    def shown(self) -> Cell:
        """Return the cell to look at: one that can't be run has its weights,
        and activations that refuse.
        """
        if self.problem is None:
            return self.load()

        return self._make(self.φ or UNKNOWN, self.σ or UNKNOWN)

    def scan(self, dtype: np.dtype[Any], place: tuple[int, ...]) -> Scan:
        """Return the cell's fast path for `dtype`; it is the same for every
        batch, which is all that `place` has.
        """
        from rnn_tui.engine.cells.scans import fast_scan

        if dtype not in self._scans:
            self._scans[dtype] = fast_scan(self.load(), dtype)

        return self._scans[dtype]

    def edited_scan(
        self,
        dtype: np.dtype[Any],
        place: tuple[int, ...],
        edits: Sequence[Edit],
        kept: Collection[str] | None = None,
    ) -> Scan:
        """Return the loop of the cell's page, with edits: they are applied at
        every timestep, before the quantity they set is used. It records h and
        the quantities `kept`, all of them for None.
        """
        from rnn_tui.engine.cells.scan_page import PageScan

        return PageScan(
            self.load(),
            dtype,
            place,
            edits=edits,
            kept=kept,
        )

    def state_shape(self, read: Sequence[int]) -> tuple[int, ...]:
        """Return the shape of a state where the cell reads a sequence of the
        shape `read`.
        """
        return (read[0], self.units)

    def values_copied(self, x: Array) -> int:
        """Return how many values of the input a window copies; x is read in
        place.
        """
        return 0

    def formula(self) -> str:
        """Return how the parameters are counted, with the cell's numbers."""
        biases = 0
        if len(self.weights) > 2 and self.units:
            # a conversion may have added up the biases of both sides
            one_side = len(self.kind.gates) * self.units
            biases = self.weights[2].parameters // one_side

        return kernel_formula(
            len(self.kind.gates),
            self.features or "?",
            self.units,
            biases,
        )

    def words(self) -> list[str]:
        """Return how the cell differs from the textbook's, in sentences."""
        reset_after = None
        if self.kind.has_key(RESET_AFTER):
            reset_after = self.reset_after

        return cell_words(reset_after, bool(self.residual), self.φ, self.σ)

    def _make(self, φ: Activation, σ: Activation) -> Cell:
        arrays: dict[str, Array | None] = dict.fromkeys(self.kind.arrays)
        for name, weight in zip(self.kind.arrays, self.weights, strict=False):
            arrays[name] = weight.value

        activations = {"activation": φ}
        if self.kind.gated:
            activations["recurrent_activation"] = σ

        absent = {key.name: key.absent for key in self.kind.keys}
        config = {**absent, **self.config}
        if self.kind.has_key(RESET_AFTER):
            config[RESET_AFTER] = self.reset_after

        made: Cell = named_class(self.kind.cell).made(
            arrays,
            activations,
            config,
        )

        return made

    def _check(self) -> None:
        """Raise ConfigError when the weights' shapes don't make this cell."""
        check_arrays(self.class_name, self.kind, self.shapes)

        kernel, recurrent = self.shapes[:2]
        units = recurrent[0]
        if self.residual and kernel[0] != units:
            raise ConfigError(
                f"its {kernel[0]} features can't be added to its {units} units"
            )
        if self.config.get("units", units) != units:
            raise ConfigError(
                f"its arrays have {units} units, its configuration "
                f"{self.config['units']}"
            )
