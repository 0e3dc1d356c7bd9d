"""What a sample is: a model to make, the line that says what to look at, and a
sequence to start with.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import keras
import numpy as np


@dataclass(frozen=True, eq=False)
class Sample:
    """One bundled model; `x` is the sequence its golden is computed on, `input`
    what a user would type.
    """

    name: str
    file: str
    description: str
    input: str
    make: Callable[[], keras.Model]
    x: np.ndarray
    vocabulary: list[str] | None = None
    """Token of each id or one-hot feature, written beside the model so that
    `text:` works.
    """
