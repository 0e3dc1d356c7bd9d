"""NumPy, loaded when the first of its functions is called for.

    from rnn_tui.engine.core import lazy_numpy as np

Loading NumPy takes longer than all other work between a file and its layer
table, and the table doesn't need it: names, shapes and parameters are counted
with Python's own integers. So the engine's modules take NumPy from here; each
name is looked up once and is then a name of this module as it is of NumPy's.
Only names with underscores around them are this module's own: `__file__` isn't
NumPy's.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from numpy import *  # noqa: F403 - every name that is asked for below


def __getattr__(name: str) -> Any:
    if name.startswith("__"):  # names that the import system asks of any module
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

    import numpy

    found = globals()[name] = getattr(numpy, name)

    return found
