"""The description of a model before any run: its inputs, the lines of its
layer table, its recurrent cells.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from rnn_tui.engine.core.arrays import Shape

if TYPE_CHECKING:
    from rnn_tui.engine.cells.cell import Cell
    from rnn_tui.engine.trace.trace import Direction


class LayerInfo(NamedTuple):
    """One line of the layer table; numbers agree with Keras's
    `model.summary()`.

    `path` is the layer's name, under its wrapper's or outer model's
    (`bidirectional/forward`); `depth` counts those. `output_shape` has its
    batch axis. `words` explain the configuration, one short sentence each.
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
    config: Mapping[str, Any] = {}
    """The configuration in Keras 3's words; a Bidirectional has its merge_mode
    and the settings that both sides share.
    """
    fault: Exception | None = None
    """The exception of our own code when it was asked about the layer: to be
    reported, whoever lists it.
    """


@dataclass(frozen=True, eq=False)
class CellEntry:
    """One recurrent cell of the model, before any run: `key` is the same as its
    CellTrace's.

    `layer` is the path of the layer that holds it. `cell` reads the weights
    when first asked for. `runs` is False for one whose gates can be shown, but
    whose layer can't be reproduced. `call` is the layer's path with that of the
    call (`lstm@1`), under which a trace has its mask; `reverse` says that the
    cell reads the sequence from its end.
    """

    key: str
    layer: str
    class_name: str
    direction: Direction | None
    index: int | None
    load: Callable[[], Cell]
    runs: bool = True
    call: str = ""
    reverse: bool = False

    @property
    def cell(self) -> Cell:
        """The cell with its weights."""
        return self.load()
