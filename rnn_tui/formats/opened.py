"""An opened file: what it holds and the model that was built from it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rnn_tui.engine.entries import CellEntry, LayerInfo
from rnn_tui.engine.model import Model
from rnn_tui.engine.trace import ModelTrace
from rnn_tui.formats.build import build
from rnn_tui.formats.description import FileDescription

if TYPE_CHECKING:
    from rnn_tui.formats.process import PendingRead


@dataclass(frozen=True, eq=False)
class OpenedModel:
    """A file and its model. `warnings` say what was odd, one clean line each."""

    file: FileDescription
    model: Model
    warnings: tuple[str, ...] = ()

    @property
    def layers(self) -> tuple[LayerInfo, ...]:
        """The layer table."""
        return self.model.layers

    @property
    def cells(self) -> tuple[CellEntry, ...]:
        """Every recurrent cell."""
        return self.model.cells

    def run(self, x: Any, **options: Any) -> ModelTrace:
        """Run the model on `x`: see Model.run."""
        return self.model.run(x, **options)

    def __repr__(self) -> str:
        lines = [f"<{self.model.class_name} {self.model.name!r}, {self.model.parameters:,} parameters"]
        lines += [
            f"  {'  ' * i.depth}{i.path}  {i.class_name}  {i.output_shape}  {i.parameters:,}" for i in self.layers
        ]
        return "\n".join(lines) + ">"


def open_model(path: str | os.PathLike[str], *, pending: PendingRead | None = None) -> OpenedModel:
    """Open a Keras model file and build its model, weights read when first needed.

    Raises FileError (not a model, damaged, hostile) and ConfigError (its parts don't fit together).
    """
    from rnn_tui.formats.process import start_reading

    file = (pending or start_reading(path)).result()
    model, warnings = build(file)
    return OpenedModel(file, model, (*file.warnings, *warnings))
