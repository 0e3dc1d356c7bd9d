"""The graph: which layer reads what, run from the inputs (or from any layer) to a trace."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from rnn_tui.engine.arrays import Shape
from rnn_tui.engine.cells import Cell
from rnn_tui.engine.trace import Direction, ModelTrace


@dataclass(frozen=True)
class InputInfo:
    """One input of the model, or of a layer a run may start at.

    `shape` has no batch axis: `(timesteps, features)`, `(timesteps,)` for token ids; None is an open axis.
    `tokens` is the vocabulary's size when the sequence is read as token ids (an Embedding follows), else None.
    `batch` is the batch size the model insists on, or None.
    """

    name: str
    shape: Shape
    tokens: int | None = None
    batch: int | None = None


@dataclass(frozen=True)
class LayerInfo:
    """One line of the layer table; numbers agree with Keras's `model.summary()`.

    `path` is the layer's name, under its wrapper's or outer model's (`bidirectional/forward`); `depth` counts those.
    `output_shape` has its batch axis. `words` explain the configuration, one short sentence each.
    """

    path: str
    class_name: str
    depth: int
    output_shape: Shape | tuple[Shape, ...] | None
    parameters: int
    trainable: bool
    recurrent: bool
    formula: str
    inputs: tuple[str, ...]
    weights: tuple[tuple[str, tuple[int, ...], str], ...]
    reproducible: bool
    why_not: str | None
    notes: tuple[str, ...]
    words: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class CellEntry:
    """One recurrent cell of the model, before any run: `key` is the same as its CellTrace's.

    `layer` is the path of the layer that holds it. `cell` reads the weights when first asked for.
    """

    key: str
    layer: str
    class_name: str
    direction: Direction | None
    index: int | None
    load: Callable[[], Cell]

    @property
    def cell(self) -> Cell:
        """The cell with its weights."""
        return self.load()


class Model:
    """A model as the engine runs it."""

    name: str
    class_name: str
    layers: tuple[LayerInfo, ...]
    cells: tuple[CellEntry, ...]
    inputs: tuple[InputInfo, ...]
    parameters: int
    trainable: int
    non_trainable: int

    def inputs_of(self, layer: str | None = None) -> tuple[InputInfo, ...]:
        """Return what a run that starts at `layer` must be fed; the model's own inputs for None."""
        raise NotImplementedError

    def run(
        self,
        x: NDArray[Any] | Mapping[str, NDArray[Any]],
        *,
        dtype: str = "float32",
        start_at: str | None = None,
        initial_state: Mapping[str, NDArray[Any]] | None = None,
        partial: bool = False,
        progress: Callable[[int, int], None] | None = None,
        cancelled: Callable[[], bool] | None = None,
    ) -> ModelTrace:
        """Run the model on `x` and return every value on the way.

        `x` is one array or one for each input by name: `(timesteps, features)`, `(batch, timesteps, features)`, token
        ids `(timesteps,)` or `(batch, timesteps)`. `start_at` feeds `x` to that layer instead of to the model's inputs.
        `initial_state` holds arrays `(units,)` or `(batch, units)` by `KEY/h` and `KEY/c`, KEY being a CellEntry's.
        With `partial`, a layer that can't be reproduced ends the run there and is named in the trace's `stopped`.

        Raises SequenceError (x doesn't fit), UnsupportedLayerError (without `partial`), RunCancelledError.
        """
        raise NotImplementedError
