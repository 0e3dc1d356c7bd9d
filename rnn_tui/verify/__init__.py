"""TensorFlow beside the engine: the same run in Keras, in a process of its own, and how far the two lie apart.

Importing this imports no TensorFlow. Which Keras runs depends on which one wrote the file: no released Keras opens
both worlds. It runs on the CPU, whose masks are the reference.
"""

from rnn_tui.verify.ask import choose, verify
from rnn_tui.verify.result import Difference, Verification

__all__ = ["Difference", "Verification", "choose", "verify"]
