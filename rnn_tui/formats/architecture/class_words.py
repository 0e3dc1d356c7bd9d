"""Which of Keras's classes a name in a file means: `max_pooling1d_3`, or Keras
1's `maxpooling1d_3`, → MaxPooling1D.
"""

from __future__ import annotations

import re
from functools import lru_cache

from rnn_tui.engine.cells.kinds import KINDS, RNN
from rnn_tui.engine.layers.names import REFUSED, class_names
from rnn_tui.formats.architecture.custom_classes import WRAPPERS
from rnn_tui.formats.architecture.keras3_names import CLASSES
from rnn_tui.formats.architecture.parse import MODELS

_NUMBERED = re.compile(r"_\d+$")


def stem(name: str) -> str:
    """Return a name without the number that Keras counts with: lstm_12 →
    lstm.
    """
    return _NUMBERED.sub("", name)


def class_named(name: str) -> str | None:
    """Return the class whose usual name this is, None for a name that its
    author chose or a class of their own.
    """
    words = _words(tuple(KINDS))
    # the names of TensorFlow's functions in a graph of layers
    if name.startswith(("tf.", "tf_op_layer")):
        return "TFOpLambda"

    return words.get(name) or words.get(stem(name))


@lru_cache(maxsize=1)
def _words(recurrent: tuple[str, ...]) -> dict[str, str]:
    """Return Keras's classes by the names their layers get, of every
    generation.
    """
    own = (*recurrent, RNN, *WRAPPERS, *MODELS)
    found = {"input": "InputLayer"}
    for class_name in (*own, *class_names(), *REFUSED, *CLASSES):
        found.setdefault(snake(class_name), class_name)
        found.setdefault(class_name.lower(), class_name)

    return found


def snake(class_name: str) -> str:
    """Return a class name as Keras writes it in paths: CuDNNLSTM → cu_dnnlstm
    (keras/src/utils/naming.py).

    Of somebody's own class, `Mine>LSTM`, the path has the last part.
    """
    name = re.sub(r"\W+", "", class_name.rpartition(">")[2])
    name = re.sub("(.)([A-Z][a-z]+)", r"\1_\2", name)

    return re.sub("([a-z])([A-Z])", r"\1_\2", name).lower()
