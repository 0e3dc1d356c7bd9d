"""An entry of a list to choose from, apart from the dialog that offers it: a
view has entries before any dialog is loaded.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

Answer = TypeVar("Answer")


@dataclass(frozen=True)
class Choice(Generic[Answer]):
    """An entry: its name, a word on it, the answer of the dialog, and other
    words that people look for it by.
    """

    name: str
    about: str
    answer: Answer
    words: str = ""
