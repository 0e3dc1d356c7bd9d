"""Where a file opens, and whether time runs then: a bundled sample in States,
played once, with the sentence that says what it does; a file of the user's own
in Layers, at rest.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rnn_tui.tui.startup.options import ExplorerOptions
from rnn_tui.tui.startup.view_table import VIEWS

if TYPE_CHECKING:
    from rnn_tui.samples import Sample

MOVING = "states"
"""The view in which something moves."""
STILL = ("layers", "weights")
"""The views that don't move while time runs."""


class Landing:
    """Decides for each file that is opened."""

    def __init__(self, options: ExplorerOptions) -> None:
        self._options = options
        self._plays = False
        self._tells = False

    def first_view(self) -> str:
        """Return the view in which the file opens that the program was started
        with, where none was asked for; keep whether it will play.
        """
        return self._view(self._options.lands)

    def view_of(self, path: str) -> str:
        """Return the view in which a file opens that was chosen later; keep
        whether it will play.
        """
        return self._view(is_sample(path))

    def _view(self, sample: bool) -> str:
        options = self._options
        self._plays = options.play or (sample and options.play_once)
        self._tells = sample and options.view is None
        if sample or options.play:
            return MOVING

        return VIEWS[0].name

    def plays(self) -> bool:
        """Return, once for a file, whether time is to run when its first run is
        there.
        """
        plays = self._plays
        self._plays = False

        return plays

    def purpose(self, path: str) -> str:
        """Return, once for a bundled sample, the sentence that says what it
        does; empty for any other file, and where a view was asked for.
        """
        sample = None
        if self._tells:
            sample = sample_at(path)

        self._tells = False
        if sample is None:
            return ""

        return sample.description


def is_sample(path: str) -> bool:
    """Whether a file is one of the bundled samples."""
    return sample_at(path) is not None


def sample_at(path: str) -> Sample | None:
    """Return the bundled sample that a path leads to, None for any other
    file.
    """
    from rnn_tui.samples import find_sample

    name = path.replace("\\", "/").rpartition("/")[2]
    sample = find_sample(name)
    if sample is None or str(sample.path) != path:
        return None

    return sample
