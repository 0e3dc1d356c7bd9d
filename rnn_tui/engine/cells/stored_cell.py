"""One cell as its file describes it: configuration and weights, read and made ready
when first run.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NoReturn

from rnn_tui.engine.cells.kinds import (
    RESET_AFTER,
    CellKind,
    kind_for,
    named_class,
)
from rnn_tui.engine.cells.words import activation_words, gru_words, kernel_formula
from rnn_tui.engine.core import lazy_numpy as np
from rnn_tui.engine.core.activations import Activation, activation
from rnn_tui.engine.core.arrays import Array, Weight
from rnn_tui.errors import ConfigError, MisfitError, UnsupportedLayerError

if TYPE_CHECKING:
    from rnn_tui.engine.cells.cell import Cell
    from rnn_tui.engine.cells.scan_base import Scan
    from rnn_tui.engine.trace.trace import Direction


def _unknown(x: Array) -> NoReturn:
    raise UnsupportedLayerError("cell", "its activation is not one of Keras's own")


UNKNOWN = Activation("?", _unknown)
"""The activation of a cell that is only shown, where its own can't be computed."""


def stated_size(value: Any) -> int:
    """Return how many units a configuration states, 0 where it states no number of
    them.
    """
    number = isinstance(value, int) or (isinstance(value, float) and value.is_integer())
    if number and not isinstance(value, bool) and value > 0:
        return int(value)

    return 0


@dataclass(frozen=True, eq=False)
class CellSlot:
    """A cell of a layer before any run; `load` reads it."""

    class_name: str
    direction: Direction | None
    index: int | None
    load: Callable[[], Cell]
    divided: bool = True
    """Whether its arrays have the shapes of its class, so that its gates can be told
    apart.
    """
    reverse: bool = False
    """Whether it reads the sequence from its end."""


@dataclass(eq=False)
class CellSource:
    """A cell's class ("LSTM"), its configuration in Keras 3's words, its weights in
    Keras's order.

    `problem` says why it can't be run: an activation that isn't Keras's, weights that
    don't fit the configuration.
    """

    class_name: str
    config: Mapping[str, Any]
    weights: tuple[Weight, ...]
    generation: int = 3
    problem: str | None = None
    residual: int = 0
    """How often what the cell reads is added to what it returns; its states are
    without.
    """
    φ: Activation | None = None
    σ: Activation | None = None
    _cell: Cell | None = None
    _scans: dict[np.dtype[Any], Scan] = field(default_factory=dict)

    def __post_init__(self) -> None:
        try:
            self.φ = activation(self.config.get("activation", "tanh"), self.generation)
            if self.kind.gated:
                self.σ = activation(
                    self.config.get("recurrent_activation", "sigmoid"), self.generation
                )

            for chosen in (self.φ, self.σ):
                if chosen is not None and (chosen.axis != -1 or chosen.name == "glu"):
                    raise ConfigError(
                        f"its activation {chosen.name} doesn't return a value for "
                        "each unit"
                    )

            self._check()
        except (ConfigError, MisfitError) as error:
            self.problem = str(error)

    @property
    def kind(self) -> CellKind:
        """The row of its class in the table of kinds."""
        return kind_for(self.class_name)

    @property
    def gates(self) -> int:
        """How many blocks of columns the kernels have."""
        return len(self.kind.gates)

    @property
    def axes(self) -> int:
        """How many axes the kernels have."""
        return 2

    @property
    def units(self) -> int:
        """How many units the cell has: what the recurrent kernel says, or the
        configuration where there is none.
        """
        if len(self.weights) > 1 and len(self.weights[1].shape) == 2:
            return self.weights[1].shape[0]

        return stated_size(self.config.get("units"))

    @property
    def features(self) -> int | None:
        """How many features the cell reads, as its kernel says; None without a
        kernel.
        """
        if self.weights and self.weights[0].shape:
            return self.weights[0].shape[0]

        return None

    @property
    def reset_after(self) -> bool:
        """Whether a GRU's reset gate works after the product: the bias's shape decides,
        then the configuration.
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
        """Whether the arrays' shapes are those of this class, whatever else keeps the
        cell from being run.
        """
        shapes = [weight.shape for weight in self.weights]
        if len(shapes) not in (2, 3):
            return False

        kernels = shapes[:2]
        if any(len(shape) != self.axes for shape in kernels):
            return False

        units = shapes[1][-2]
        wide = self.gates * units
        biases = self.kind.bias_shapes(units)
        kernels_fit = all(shape[-1] == wide for shape in kernels)
        biases_fit = all(shape in biases for shape in shapes[2:])

        return wide > 0 and kernels_fit and biases_fit

    def shown(self) -> Cell:
        """Return the cell to look at: one that can't be run has its weights, and
        activations that refuse.
        """
        if self.problem is None:
            return self.load()

        return self._make(self.φ or UNKNOWN, self.σ or UNKNOWN)

    def scan(self, dtype: np.dtype[Any]) -> Scan:
        """Return the cell's fast path for `dtype`."""
        from rnn_tui.engine.cells.scans import fast_scan

        if dtype not in self._scans:
            self._scans[dtype] = fast_scan(self.load(), dtype)

        return self._scans[dtype]

    def formula(self) -> str:
        """Return how the parameters are counted, with the cell's numbers."""
        if len(self.weights) < 3:
            biases = 0
        else:
            biases = len(self.weights[2].shape)

        return kernel_formula(self.gates, self.features or "?", self.units, biases)

    def words(self) -> list[str]:
        """Return how the cell differs from the textbook's, in sentences."""
        if self.kind.has_key(RESET_AFTER):
            reset = gru_words(self.reset_after)
        else:
            reset = []

        if self.residual:
            added = ["what it reads is added to what it returns, not to its states"]
        else:
            added = []

        return [*reset, *added, *activation_words(self.φ, self.σ)]

    def _make(self, φ: Activation, σ: Activation) -> Cell:
        arrays: dict[str, Array | None] = dict.fromkeys(self.kind.arrays)
        for name, weight in zip(self.kind.arrays, self.weights, strict=False):
            arrays[name] = weight.value

        activations = {"activation": φ}
        if self.kind.gated:
            activations["recurrent_activation"] = σ

        config = dict(self.config)
        if self.kind.has_key(RESET_AFTER):
            config[RESET_AFTER] = self.reset_after

        made: Cell = named_class(self.kind.cell).made(arrays, activations, config)

        return made

    def _check(self) -> None:
        """Raise ConfigError when the weights' shapes don't make this cell."""
        if len(self.weights) not in (2, 3):
            raise ConfigError(
                f"the file has {len(self.weights)} arrays for it; a {self.class_name} "
                "has 3, or 2 without bias"
            )

        kernel, recurrent, *biases = [weight.shape for weight in self.weights]
        units = 0
        if recurrent:
            units = recurrent[0]

        wide = self.gates * units
        kernels_fit = (
            units > 0
            and len(kernel) == 2
            and kernel[1] == wide
            and recurrent == (units, wide)
        )
        biases_fit = all(bias in self.kind.bias_shapes(units) for bias in biases)
        if not (kernels_fit and biases_fit):
            found = ", ".join(str(weight.shape) for weight in self.weights)
            raise ConfigError(f"its arrays {found} don't make a {self.class_name}")

        if self.residual and kernel[0] != units:
            raise ConfigError(
                f"its {kernel[0]} features can't be added to its {units} units"
            )
        if self.config.get("units", units) != units:
            raise ConfigError(
                f"its arrays have {units} units, its configuration "
                f"{self.config['units']}"
            )
