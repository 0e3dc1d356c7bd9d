"""A model that TensorFlow wrote as several files, in the reading process: a
SavedModel folder, a checkpoint, or a layers model of TensorFlow.js.
"""

from __future__ import annotations

from typing import Any, BinaryIO

from rnn_tui.formats.reader.contents import Contents, within
from rnn_tui.formats.reader.open_files import OpenFiles
from rnn_tui.formats.wire.limits import Limits


def read_tensorflow(
    source: BinaryIO,
    request: dict[str, Any],
    limits: Limits,
) -> Contents:
    """Return the contents of a request's files, without values."""
    files = OpenFiles.of(source, request)
    if request["kind"] == "savedmodel":
        from rnn_tui.formats.reader.saved_model import read_saved_model

        contents = read_saved_model(files, limits)
    elif request["kind"] == "tfjs":
        from rnn_tui.formats.reader.tensorflow_js import read_layers_model

        contents = read_layers_model(files, limits)
    else:
        from rnn_tui.formats.reader.checkpoint import read_checkpoint

        contents = read_checkpoint(files, limits)

    contents.on_demand = True

    return within(contents, request["size"], limits)
