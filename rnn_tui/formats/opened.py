"""An opened file: what it holds and the model that was built from it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any

from rnn_tui.engine.model import Model
from rnn_tui.engine.trace import ModelTrace
from rnn_tui.formats.description import FileDescription


@dataclass(frozen=True, eq=False)
class OpenedModel:
    """A file and its model. `warnings` say what was odd, one clean line each."""

    file: FileDescription
    model: Model
    warnings: tuple[str, ...] = ()

    def run(self, x: Any, **options: Any) -> ModelTrace:
        """Run the model on `x`: see Model.run."""
        return self.model.run(x, **options)


def open_model(path: str | os.PathLike[str]) -> OpenedModel:
    """Open a Keras model file and build its model, weights read when first needed.

    Raises FileError (not a model, damaged, hostile) and ConfigError (its parts don't fit together).
    """
    raise NotImplementedError
