"""The same run in TensorFlow's Keras, in another process, compared with the
engine's.

Importing this imports no TensorFlow. The file's own Keras decides which Keras
runs (Keras 3 or tf_keras): no released one opens the files of both. It runs on
the CPU, whose masks are the reference. Where it can't open the file, the model
is rebuilt.
"""

from rnn_tui.verify.compare import verify
from rnn_tui.verify.requests import choose
from rnn_tui.verify.result import Difference, Verification

__all__ = ["Difference", "Verification", "choose", "verify"]
