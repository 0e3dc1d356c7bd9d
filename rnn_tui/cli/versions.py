"""`rnn-tui --versions`: what takes part and in which version, for a bug report."""

from __future__ import annotations

import platform
import sys
from importlib.metadata import PackageNotFoundError, version

from rnn_tui import __version__

PACKAGES = ("textual", "rich", "numpy", "h5py", "tensorflow", "tf_keras", "keras")


def show_versions() -> int:
    """Write the versions and return the exit status."""
    lines = [f"rnn-tui {__version__}", f"Python {platform.python_version()} on {platform.platform()}"]
    lines += [f"{name} {found}" for name in PACKAGES if (found := _version(name)) is not None]
    library = _hdf5()
    if library is not None:
        lines.append(f"HDF5 {library}")
    sys.stdout.writelines(f"{line}\n" for line in lines)
    return 0


def _hdf5() -> str | None:
    """Return the version of the library that reads HDF5, told by the reading process: this one never loads it.

    The process is asked about a bundled sample; None where none is installed.
    """
    from rnn_tui.formats.process import start_reading
    from rnn_tui.samples import samples

    sample = next((sample for sample in samples() if sample.path.suffix == ".h5"), None)
    if sample is None:
        return None
    return start_reading(sample.path).result().facts.get("hdf5")


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
