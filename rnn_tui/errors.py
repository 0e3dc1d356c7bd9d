"""The errors a user may see; each message is one line with the fault and a way
out.
"""

from __future__ import annotations


class RnnTuiError(Exception):
    """The request can't be met; the message can be shown to a user as it is."""


class FileError(RnnTuiError):
    """The file can't be opened as a Keras model: missing, damaged, hostile or
    something else.
    """


class TooMuchWorkError(FileError):
    """Describing the file's model would take far longer than a sound file of
    its size can.
    """


class ConfigError(RnnTuiError):
    """The file's configuration and its weights don't make a model."""


class SequenceError(RnnTuiError):
    """The typed sequence doesn't parse or doesn't fit the model."""


class UnknownTokenError(SequenceError):
    """A text has tokens that the vocabulary lacks; `offer` is the text as it
    would be read, as typed, empty where nothing of it is left.
    """

    def __init__(self, message: str, offer: str) -> None:
        super().__init__(message)
        self.offer = offer


class EditError(RnnTuiError):
    """A change that is asked for doesn't fit the model."""


class UnsupportedLayerError(RnnTuiError):
    """A layer in the way can't be reproduced exactly, so the run stops
    there.
    """

    def __init__(self, layer: str, reason: str, at: str = "") -> None:
        """Name the layer and the reason; `at` says of which lengths alone that
        is true (`at 300 timesteps`).
        """
        super().__init__(
            f"layer {layer!r} can't be reproduced{' ' if at else ''}{at}: "
            f"{reason}"
        )
        self.layer = layer
        if at:
            self.reason = f"{at}: {reason}"
        else:
            self.reason = reason


class MisfitError(ValueError):
    """The inputs of a layer, its configuration and the arguments of its call
    don't fit together; said of one call.

    The engine checks and raises this before it computes; the graph turns it
    into an UnsupportedLayerError that names the layer. Any other exception out
    of a layer is a fault of the engine's own and stays one.
    """


class VerifyError(RnnTuiError):
    """TensorFlow is missing, or no Keras can open the file."""


class ExportError(RnnTuiError):
    """A file can't be written: it exists, the folder is read-only, the disk is
    full.
    """


class RunCancelledError(RnnTuiError):
    """The run was stopped by the user."""

    def __init__(self) -> None:
        super().__init__("the run was cancelled")


class NotThroughError(RnnTuiError):
    """A gradient doesn't pass through a layer or a cell."""

    def __init__(self, layer: str, reason: str) -> None:
        """Name the layer, as a trace does, and its class."""
        super().__init__(
            f"the gradient doesn't pass through {layer!r}: {reason}; the "
            "method swap passes through every layer"
        )
        self.layer = layer
        self.reason = reason
