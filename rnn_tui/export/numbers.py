"""Numbers as text: the shortest digits that read back as the same value."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def digits(values: NDArray[Any]) -> list[str]:
    """Return each value, flat: `0.1` for the float32 nearest to it, not `0.10000000149011612`."""
    flat = np.asarray(values).reshape(-1)
    if flat.dtype == np.float32 or flat.dtype == np.float16:
        return flat.astype("U32").tolist()
    return [repr(value) for value in flat.tolist()]
