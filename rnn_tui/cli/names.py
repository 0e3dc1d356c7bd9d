"""Names of layers as the user types them: found, or refused with the nearest
that exist.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rnn_tui.engine.core.layer_names import nearest
from rnn_tui.engine.trace.paths import without_calls
from rnn_tui.errors import RnnTuiError
from rnn_tui.text import clean

if TYPE_CHECKING:
    from rnn_tui.engine.model import Model


def check_layers(names: Sequence[str], model: Model) -> None:
    """Raise RnnTuiError for the first name that is no layer (its path, a call
    of it, a cell's key) of the model.
    """
    known = known_names(model)
    for name in names:
        if name not in known:
            raise RnnTuiError(
                f"no layer {clean(name)!r}; {nearest(name, known)}"
            )


def known_names(model: Model) -> list[str]:
    """Return every name a layer answers to, the layers' own first."""
    keys = [entry.key for entry in model.cells]
    return list(
        dict.fromkeys(
            [
                *(layer.path for layer in model.layers),
                *keys,
                *map(without_calls, keys),
            ]
        )
    )
