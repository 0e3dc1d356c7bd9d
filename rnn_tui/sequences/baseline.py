"""A baseline of the user's as it is typed: a number for every timestep and
feature, or a sequence.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from rnn_tui.sequences.parse import parse_sequence

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from rnn_tui.engine.graph.input_info import InputInfo
    from rnn_tui.sequences.parse import Vocabulary


def read_baseline(
    text: str,
    inputs: Sequence[InputInfo],
    vocab: Vocabulary | None = None,
) -> Mapping[str, NDArray[Any]]:
    """Return the arrays of a baseline by the inputs' names: a sequence is as
    long as the input or as one timestep of it, a single number is an array
    without axes.

    Raises SequenceError.
    """
    number = _number(text)
    reads_ids = any(info.tokens is not None for info in inputs)
    if number is not None and not reads_ids:
        return {info.name: np.asarray(number) for info in inputs}

    return parse_sequence(text, inputs, vocab=vocab).arrays


def _number(text: str) -> float | None:
    """Return the number that a text is; None for any other text."""
    try:
        number = float(text)
    except ValueError:
        return None

    if math.isfinite(number):
        return number

    return None
