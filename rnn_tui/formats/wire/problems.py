"""What the reading process can't or won't read: one exception, its message one line
that can be shown.
"""

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
"""What h5py raises on damaged files; OSError alone isn't half of it."""


VERBS = ("is ", "has ", "lies ", "holds ", "needs ", "passes ", "declares ", "was ")
"""How a problem begins that is said of an array or a group itself; another is why it
can't be read.
"""

AGAIN = "copy or download the file again"
SAVE_AGAIN = "save the model again"
IN_ONE_FILE = "save the model into one file (model.save)"
"""What a user can do about an array that is damaged, that is no array of numbers, and
that is somewhere else.
"""


class ProblemError(Exception):
    """Something of the file can't be read (missing, damaged, refused); the message says
    what, in plain words.

    `shape` is that of the array, where it was known before.
    """

    shape: tuple[int, ...] | None = None


def said_of(subject: str, problem: str) -> str:
    """Return the sentence that says a problem of something: `its array 'kernel'`,
    `is missing from the file`.
    """
    if problem.startswith(VERBS):
        return f"{subject} {problem}"

    return f"{subject} can't be read: {problem}"


class damage:  # noqa: N801 - reads as a statement, like contextlib's
    """Turn whatever h5py raises within into a ProblemError that says what was being
    read, nothing for the array itself.

    A class, because a large model passes here ten times a layer and a generator would
    take five times as long.
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
        """Say what is wrong in our words."""
        if error is None:
            return
        if isinstance(error, MemoryError):
            raise ProblemError(
                f"{self._what}needs more memory than allowed (--max-memory raises it)"
            ) from None
        if isinstance(error, DAMAGE):
            raise ProblemError(
                f"{self._what}is damaged: HDF5 can't read it; {AGAIN}"
            ) from None
