"""Which of Keras's classes a name in a file means: `max_pooling1d_3`, or Keras 1's `maxpooling1d_3`, → MaxPooling1D."""

from __future__ import annotations

import re
from functools import lru_cache

from rnn_tui.engine.layers.registry import class_names
from rnn_tui.formats.canonical import CLASSES
from rnn_tui.formats.config import MODELS
from rnn_tui.formats.own_classes import RECURRENT
from rnn_tui.formats.paths import snake
from rnn_tui.formats.subclassed import MERGING, NEVER, SHARING, WRAPPERS

_NUMBERED = re.compile(r"_\d+$")


def stem(name: str) -> str:
    """Return a name without the number that Keras counts with: lstm_12 → lstm."""
    return _NUMBERED.sub("", name)


def class_named(name: str) -> str | None:
    """Return the class whose usual name this is, None for a name that its author chose or a class of their own."""
    words = _words()
    if name.startswith(("tf.", "tf_op_layer")):  # what TensorFlow's functions become in a graph of layers
        return "TFOpLambda"
    return words.get(name) or words.get(stem(name))


@lru_cache(maxsize=1)
def _words() -> dict[str, str]:
    """Return Keras's classes by the names their layers get, of every generation."""
    own = (*RECURRENT, *WRAPPERS, *MODELS, *MERGING, *SHARING)
    found = {"input": "InputLayer"}
    for class_name in (*own, *class_names(), *NEVER, *CLASSES):
        found.setdefault(snake(class_name), class_name)
        found.setdefault(class_name.lower(), class_name)
    return found
