"""One line of the tables of operations: the function, and how its arguments are
spelled in the file.

A signature names the operands (the tensors), then after a semicolon the
parameters, in the order of the function's own call: "x:common indices:whole;
axis! keepdims". The marks:

    xs*            a list of tensors
    xs**           all positional arguments of the call
    x?             may be left out
    axis!          has no default: a file without it doesn't say enough
    axis=dim       called `axis` here and `dim` in the file
    axis=dim|axes  called `dim` or `axes` in the file
    ~seed          read and of no effect on the result
    sides**        among the parameters: all keywords that no other term has
    x:common       how the values are converted before the function reads them
                   (see dtypes.py)
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple


class Row(NamedTuple):
    """A function and the signature of its call; `own` functions are this
    package's, the others NumPy's.
    """

    function: str
    signature: str
    own: bool = False
    result: str = ""
    """The dtype of the result: a name, "like" for that of the first
    operand, "" for the function's own.
    """
    widens: bool = True
    """Whether operands of different dtypes are brought to one, as in keras.ops;
    TensorFlow never does that.
    """


class Term(NamedTuple):
    """One argument of a call."""

    ours: str
    theirs: tuple[str, ...]
    role: str = ""
    many: bool = False
    every: bool = False
    needed: bool = False
    unread: bool = False


class Signature(NamedTuple):
    """The operands of a call and its parameters."""

    operands: tuple[Term, ...]
    params: tuple[Term, ...]


def numpy(function: str, signature: str, result: str = "") -> Row:
    """Return the line of a function that NumPy has."""
    return Row(function, signature, result=result)


def own(function: str, signature: str, result: str = "") -> Row:
    """Return the line of a function of this package."""
    return Row(function, signature, own=True, result=result)


@cache
def signature_of(row: Row) -> Signature:
    """Return a row's signature, taken apart."""
    operands, _, params = row.signature.partition(";")
    return Signature(
        tuple(_term(word, operand=True) for word in operands.split()),
        tuple(_term(word, operand=False) for word in params.split()),
    )


def _term(word: str, *, operand: bool) -> Term:
    name, _, role = word.partition(":")
    optional = "?" in name
    needed = "!" in name or (operand and not optional)
    every = "**" in name
    many = "*" in name
    unread = name.startswith("~")

    bare = name.strip("~")
    for mark in "?!*":
        bare = bare.replace(mark, "")

    ours, _, theirs = bare.partition("=")
    spelled = theirs or ours
    spellings = tuple(spelled.split("|"))

    return Term(ours, spellings, role, many, every, needed, unread)


def spelled(row: Row, names: str) -> Row:
    """Return a row for a call with other names: one for each operand and each
    parameter, "-" for one it lacks.
    """
    operands, semicolon, params = row.signature.partition(";")
    ours = [*operands.split(), *([";"] if semicolon else []), *params.split()]
    theirs = iter(names.split())
    words = []
    for word in ours:
        if word == ";":
            words.append(word)
            continue

        name = next(theirs, "-")
        if name != "-":
            words.append(_renamed(word, name))

    return row._replace(signature=" ".join(words))


def _renamed(word: str, name: str) -> str:
    """Return a term of a signature that the file calls `name`."""
    left, colon, role = word.partition(":")
    marks = "".join(mark for mark in ("**", "*", "?", "!") if mark in left)
    if "**" in marks:
        marks = "**"

    bare = (
        left.replace("?", "")
        .replace("!", "")
        .replace("*", "")
        .partition("=")[0]
    )

    return f"{bare}{marks}={name}{colon}{role}"
