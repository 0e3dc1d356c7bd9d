"""`rnn-tui --versions`: every component with its version, for a bug report."""

from __future__ import annotations

import platform
import sys
from importlib.metadata import PackageNotFoundError, version

from rnn_tui import __version__

PACKAGES = (
    "textual",
    "rich",
    "numpy",
    "h5py",
    "tensorflow",
    "tf_keras",
    "keras",
)


def show_versions() -> int:
    """Write the versions and return the exit status."""
    lines = [
        f"rnn-tui {__version__}",
        f"Python {platform.python_version()} on {platform.platform()}",
    ]
    lines += [
        f"{name} {found}"
        for name in PACKAGES
        if (found := _version(name)) is not None
    ]
    library = _hdf5()
    if library is not None:
        lines.append(f"HDF5 {library}")

    sys.stdout.writelines(f"{line}\n" for line in lines)

    return 0


def _hdf5() -> str | None:
    """Return the version of HDF5's library as the reading process tells it: it
    is loaded nowhere else.
    """
    from rnn_tui.errors import FileError
    from rnn_tui.formats.client.process import start_reading
    from rnn_tui.samples import samples

    path = next(
        (sample.path for sample in samples() if sample.path.suffix == ".h5"),
        None,
    )
    if path is None:
        return None

    try:
        return start_reading(path).result().facts.get("hdf5")
    except FileError:
        return None


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
