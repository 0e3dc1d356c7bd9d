"""TensorFlow beside the engine: the same run in Keras, in a process of its own, and how
far the two are apart.

Importing this imports no TensorFlow. Which Keras runs depends on which one wrote the
file: no released Keras opens both worlds. It runs on the CPU, whose masks are the
reference. What no Keras opens is rebuilt in the one whose arithmetic it has.
"""

from rnn_tui.verify.ask import verify
from rnn_tui.verify.result import Difference, Verification
from rnn_tui.verify.ways import choose

__all__ = ["Difference", "Verification", "choose", "verify"]
