"""What the reading process can't or won't read: one exception, its message one line that can be shown."""

from __future__ import annotations


class ProblemError(Exception):
    """Something of the file can't be read (missing, damaged, refused); the message says what, in plain words."""
