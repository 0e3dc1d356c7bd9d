"""The reading process's one exception, and the words for its messages."""

from __future__ import annotations

DAMAGE = (
    OSError,
    RuntimeError,
    KeyError,
    ValueError,
    TypeError,
    AttributeError,
    NotImplementedError,
    OverflowError,
)
"""The exceptions that h5py raises on damaged files."""


VERBS = (
    "is ",
    "has ",
    "holds ",
    "needs ",
    "passes ",
    "declares ",
    "was ",
)
"""How a problem begins that is said of an array or a group itself; another is
why it can't be read.
"""

AGAIN = "copy or download the file again"
SAVE_AGAIN = "save the model again"
IN_ONE_FILE = "save the model into one file (model.save)"
"""Ways out for an array that is damaged, that isn't numbers, and that is in
another file.
"""


class ProblemError(Exception):
    """A part of the file can't be read (missing, damaged, refused); the message
    says why in plain words.

    `shape` is that of the array, where it was known before.
    """

    shape: tuple[int, ...] | None = None


def said_of(subject: str, problem: str) -> str:
    """Return the sentence that says a problem of something:
    `its array 'kernel'`, `is missing from the file`.
    """
    if problem.startswith(VERBS):
        return f"{subject} {problem}"

    return f"{subject} can't be read: {problem}"


class damage:  # noqa: N801 - reads as a statement, like contextlib's
    """Turn h5py's exceptions into a ProblemError that names the part being
    read, no name for the array itself.

    A class, because a large model passes here ten times a layer and a generator
    would take five times as long.
    """

    __slots__ = ("_what",)

    def __init__(self, what: str = "") -> None:
        if what:
            self._what = f"{what} "
        else:
            self._what = ""

    def __enter__(self) -> None:
        """Nothing to do before."""

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: object,
    ) -> None:
        """Raise the ProblemError."""
        if error is None:
            return
        if isinstance(error, MemoryError):
            raise ProblemError(
                f"{self._what}needs more memory than allowed (--max-memory "
                "raises it)"
            ) from None
        if isinstance(error, DAMAGE):
            raise ProblemError(
                f"{self._what}is damaged: HDF5 can't read it; {AGAIN}"
            ) from None
