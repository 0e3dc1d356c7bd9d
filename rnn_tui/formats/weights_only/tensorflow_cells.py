"""The cells of TensorFlow 1 (`tf.nn.rnn_cell`): listed by their names, with
the differences from Keras's.

Their kernels hold the rows of the inputs and then those of the units, so that
shapes alone would take one for a Dense layer's.
"""

from __future__ import annotations

from rnn_tui.formats.weights.classify import Piece
from rnn_tui.formats.weights_only.places import Place

_LSTM = (
    "it is TensorFlow 1's own cell: its kernel holds the inputs' rows and "
    "then the units', its columns are i, j (the candidate), f and o, and a "
    "forget bias, 1 unless the program said otherwise, is added when it runs"
)
_GRU = (
    "it is TensorFlow 1's own cell: gates/kernel holds r and u, "
    "candidate/kernel the candidate, r is applied before the product, and u "
    "keeps the old state"
)
_CELLS = {
    "basic_lstm_cell": ("BasicLSTMCell", _LSTM, 4),
    "lstm_cell": ("LSTMCell", _LSTM, 4),
    "layer_norm_basic_lstm_cell": ("LayerNormBasicLSTMCell", _LSTM, 4),
    "gru_cell": ("GRUCell", _GRU, 2),
}


def tensorflow_cell(place: Place) -> Piece | None:
    """Return the cell at a place, None where it isn't one."""
    parts = place.name.split("/")
    named = [part for part in parts if part in _CELLS]
    if not named or place.parts:
        return None

    class_name, why_not, gates = _CELLS[named[-1]]
    kernels = []
    for array in place.arrays:
        if "recurrent_kernel" in array.name:
            return None

        path, _, _ = array.name.partition(":")
        if path.endswith(("/kernel", "/weights")):
            kernels.append(array)

    if not kernels:
        return None

    # of a GRUCell the gates' kernel is the one with both gates in it
    widest = max(kernels, key=lambda array: array.shape[-1:])
    shape = widest.shape
    if len(shape) != 2 or shape[1] % gates:
        return None

    config = {"units": shape[1] // gates}

    return Piece(class_name, config, list(place.arrays), why_not=why_not)
