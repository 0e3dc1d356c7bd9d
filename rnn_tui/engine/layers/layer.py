"""The base of every layer: a name, its weights, its outputs, and whether it is
reproduced exactly.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from rnn_tui.engine.core import lazy_numpy as np
from rnn_tui.engine.core.arrays import Shape, Tensor, Weight
from rnn_tui.engine.layers import registry
from rnn_tui.engine.layers.schema import UNDECLARED, Schema
from rnn_tui.engine.memory.budget import Claims

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from rnn_tui.engine.core.edits import Edits
    from rnn_tui.engine.graph.graph import Graph


@dataclass(eq=False)
class Run:
    """The state of one run through the graph: its dtype, recorder, progress and
    cancellation.

    `record` receives the values that a layer leaves in the trace;
    `progress(done, total)` counts timesteps; `check()` raises RunCancelledError
    once the user has cancelled.
    """

    dtype: np.dtype[Any]
    record: Callable[[str, Any], None]
    check: Callable[[], None] = lambda: None
    progress: Callable[[int, int], None] = lambda done, total: None
    path: str = ""
    """Path of the layer (with its `@call`) that is running: the key of its
    records.
    """
    initial_state: Mapping[str, NDArray[Any]] = field(default_factory=dict)
    """States the user asked for, by `KEY/h` and `KEY/c`, each `(batch, units)`
    or `(units,)`; KEY is a cell's key.
    """
    edits: Edits = field(default_factory=dict)
    """The quantities that the cells compute otherwise than their weights say,
    by a cell's key.
    """
    kept: Collection[str] | None = None
    """The quantities that are recorded, beside h, of the cells in `edits`; None
    for all.
    """
    record_limit: int = 128 << 20
    """Bytes one cell's record may take; a longer one keeps checkpoints and
    computes a window again when it is read.
    """
    window_cache: int = 64 << 20
    """Bytes of recomputed windows one cell keeps for the next reading."""
    claims: Claims = field(default_factory=Claims)
    """Called with a layer's path and how many values it is about to make;
    raises when they are too many.
    """
    at: str = ""
    """The length of the input where the model declares another
    (`at 300 timesteps`), for the message of a layer that can't run then.
    """
    watch: Callable[[Any], None] = lambda trace: None
    """Receives each CellTrace before it is computed; its `filled` timesteps can
    be read while the run goes on.
    """


def set_fault(layer: Layer, error: Exception) -> None:
    """Note that our own code failed when it was asked about a layer: it is
    listed so, and its run raises `error`.
    """
    layer.fault = error
    layer.why_not = f"internal error ({type(error).__name__}: {error})"


@dataclass(eq=False)
class Layer:
    """A named entry of the model.

    `config` is in Keras 3's words, whatever the file said.
    """

    name: str
    class_name: str
    config: Mapping[str, Any] = field(default_factory=dict)
    weights: tuple[Weight, ...] = ()
    notes: tuple[str, ...] = ()
    why_not: str | None = None
    """Why this layer can't be reproduced exactly; None when it can."""
    generation: int = 3
    """Keras's major version that wrote the file (1, 2, 3): activations of one
    name differ between them.
    """

    recurrent = False
    constant = False
    """Whether it is a tensor of the model's own, which reads nothing."""

    fault: Exception | None = field(default=None, init=False)
    """The exception of our own code when it was asked about this layer: a bug,
    and never told as a fault of the file.
    """

    at_each_timestep = False
    """Whether it applies the layer it holds to every timestep by itself."""

    @property
    def nested(self) -> Graph | None:
        """The graph of a model that is a layer of another; else None."""
        return None

    @property
    def schema(self) -> Schema:
        """The schema that its class declares; an empty one where no class
        does.
        """
        return registry.schema(self.class_name) or UNDECLARED

    def check(self, inputs: Sequence[Shape]) -> None:
        """Raise MisfitError where inputs of these shapes, a side None where it
        is open, can't be read.

        Asked before every call and before any shape is worked out: `call` and
        the rest may trust their inputs.
        """

    def call(self, inputs: Sequence[Tensor], run: Run) -> list[Tensor]:
        """Return the layer's outputs for `inputs`, exactly as Keras's inference
        does.
        """
        raise NotImplementedError

    def output_shapes(self, inputs: Sequence[Shape]) -> list[Shape]:
        """Return the shape of each output, batch axis included, as
        `model.summary()` prints it.
        """
        raise NotImplementedError

    def values_made(self, inputs: Sequence[Shape]) -> int:
        """Return how many values a call on inputs of these shapes holds at
        once: its outputs, unless it says more.
        """
        return sum(
            math.prod(side or 0 for side in shape)
            for shape in self.output_shapes(inputs)
        )

    def sublayers(self) -> Sequence[Layer]:
        """Return the layers it wraps; of a Bidirectional forward is first."""
        return ()

    def shapes_inside(self, inputs: Sequence[Shape]) -> Sequence[Shape]:
        """Return the shapes that the layers it wraps read."""
        return inputs

    def output_count(self) -> int:
        """Return how many tensors a call returns."""
        return 1

    def words(self) -> list[str] | None:
        """Return its settings in sentences; None: as its configuration has."""
        return None

    def shown_config(self) -> Mapping[str, Any]:
        """Return its configuration as it is shown."""
        return self.config

    def formula(self) -> str:
        """Return how the parameters are counted, with this layer's numbers
        (`4 × ((1 + 25) × 25 + 25)`).
        """
        return ""
