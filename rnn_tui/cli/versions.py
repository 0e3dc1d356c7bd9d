"""`rnn-tui --versions`: what takes part and in which version, for a bug report."""

from __future__ import annotations

import platform
import sys
from importlib.metadata import PackageNotFoundError, version

from rnn_tui import __version__

PACKAGES = ("textual", "rich", "numpy", "h5py", "tensorflow", "tf_keras", "keras")


def show_versions() -> int:
    """Write the versions and return the exit status."""
    from rnn_tui.formats.hdf5 import LIBRARY

    lines = [f"rnn-tui {__version__}", f"Python {platform.python_version()} on {platform.platform()}"]
    lines += [f"{name} {found}" for name in PACKAGES if (found := _version(name)) is not None]
    lines.append(f"HDF5 {LIBRARY}")
    sys.stdout.writelines(f"{line}\n" for line in lines)
    return 0


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
