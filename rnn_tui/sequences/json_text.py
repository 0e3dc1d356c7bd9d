"""JSON from a stranger: counted before it is parsed, since a byte of it may
become thirty of Python's objects.
"""

from __future__ import annotations

import json
from typing import Any

from rnn_tui.errors import SequenceError
from rnn_tui.sequences import limits
from rnn_tui.text import clean

COSTS = ((",", 1), ('"', 1), ("[", 3), ("{", 6))
"""The objects that each of these characters may create, in numbers that take as
much memory.
"""


def load_json(text: str | bytes, what: str = "this") -> Any:
    """Return the value of a JSON text; `what` names it in the messages.

    Raises SequenceError.
    """
    limits.check_text_size(len(text), what)
    try:
        if isinstance(text, bytes):
            text = text.decode(json.detect_encoding(text), "surrogatepass")

        text = text.removeprefix("\ufeff")
        parts = sum(cost * text.count(character) for character, cost in COSTS)
        if parts > limits.JSON_PARTS:
            raise SequenceError(
                f"{what} is JSON of too many values to be read at once: "
                f"{limits.ANY_SIZE}"
            )

        return json.loads(text)
    except RecursionError:
        raise SequenceError(
            f"the JSON is nested deeper than {limits.JSON_DEPTH} levels"
        ) from None
    except UnicodeDecodeError as error:
        raise SequenceError(
            f"{what} is not JSON: it isn't UTF-8 text (byte {error.start:,})"
        ) from None
    except json.JSONDecodeError as error:
        raise SequenceError(
            f"{what} is not JSON: {clean(error, 120)}"
        ) from None
    except (
        ValueError
    ):  # Python reads no whole number of more than some thousand digits
        raise SequenceError(
            "a number in the JSON is too large for a float"
        ) from None
