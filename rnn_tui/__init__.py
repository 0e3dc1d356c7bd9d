"""See inside a recurrent layer: open a trained Keras model, run it in NumPy,
read every gate and state.

    from rnn_tui import open_model
    trace = open_model("model.h5").run(x)
    trace["lstm_1"].c          # (timesteps, units)

Names load when they are first used: importing the package loads neither NumPy
nor h5py, Textual nor TensorFlow.
"""

from __future__ import annotations

TYPE_CHECKING = False
# the typing module itself would take a tenth of the time of `--version`
if TYPE_CHECKING:
    from typing import Any

    from rnn_tui.api import open_model
    from rnn_tui.engine.trace.trace import LayerTrace, ModelTrace
    from rnn_tui.errors import RnnTuiError
    from rnn_tui.formats.opened import OpenedModel

__version__ = "0.1.0"
__all__ = [
    "LayerTrace",
    "ModelTrace",
    "OpenedModel",
    "RnnTuiError",
    "__version__",
    "open_model",
]

_HOMES = {
    "LayerTrace": "rnn_tui.engine.trace.trace",
    "ModelTrace": "rnn_tui.engine.trace.trace",
    "OpenedModel": "rnn_tui.formats.opened",
    "RnnTuiError": "rnn_tui.errors",
    "open_model": "rnn_tui.api",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

    from importlib import import_module

    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
