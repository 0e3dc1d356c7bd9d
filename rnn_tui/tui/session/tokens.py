"""The input of the cell in question, as the lane above the maps shows it:
tokens as text, or features as numbers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rnn_tui.engine.core import lazy_numpy as np
from rnn_tui.text import clean

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from rnn_tui.engine.trace.trace import CellTrace, ModelTrace

BLANKS = {" ": "␣", "\n": "⏎", "\t": "⇥", "": "·"}


def token_ids(
    trace: ModelTrace,
    cell: CellTrace,
    start: int,
    stop: int,
    sequence: int = 0,
) -> NDArray[Any] | None:
    """Return the token ids the model was fed at these timesteps, None when it
    wasn't fed tokens at this pace.
    """
    if len(trace.inputs) != 1:
        return None

    fed = next(iter(trace.inputs.values()))
    if (
        fed.ndim < 2
        or fed.shape[1] != cell.fed_timesteps
        or sequence >= fed.shape[0]
    ):
        return None

    window = np.asarray(fed[sequence, start:stop])
    if window.ndim == 1:
        if _whole(window):
            return window.astype(np.int64)

        return None

    if window.ndim == 2 and window.shape[1] > 1 and _one_hot(window):
        found: NDArray[Any] = window.argmax(axis=1)
        return found

    return None


def _whole(values: NDArray[Any]) -> bool:
    return bool(
        np.all(np.isfinite(values))
        and np.all(values == np.rint(values))
        and np.all(values >= 0)
    )


def _one_hot(rows: NDArray[Any]) -> bool:
    zeros_and_ones = ((rows == 0) | (rows == 1)).all()
    return bool(zeros_and_ones and (rows.sum(axis=1) == 1).all())


def tokens(
    ids: NDArray[Any],
    vocabulary: Mapping[str, int] | Sequence[str] | None,
) -> list[str] | None:
    """Return the tokens of the ids, None without a vocabulary; a blank is
    shown as one.
    """
    if not vocabulary:
        return None

    if isinstance(vocabulary, Mapping):
        names = shown_names(vocabulary)
        return [names.get(token, "?") for token in ids.tolist()]

    return [
        visible(str(vocabulary[token])) if 0 <= token < len(vocabulary) else "?"
        for token in ids.tolist()
    ]


_last: tuple[Mapping[str, int], dict[int, str]] | None = None
"""The vocabulary that was asked for last, and its tokens as shown: a frame asks
for few of perhaps 100,000.
"""


def shown_names(vocabulary: Mapping[str, int]) -> Mapping[int, str]:
    """Return the tokens of a vocabulary by their ids, each fit to show."""
    global _last
    last = _last
    if last is None or last[0] is not vocabulary:
        last = _last = (
            vocabulary,
            {index: visible(str(name)) for name, index in vocabulary.items()},
        )

    return last[1]


def fitting_names(names: Mapping[int, str], classes: int) -> Mapping[int, str]:
    """Return the names of the classes, nothing where the vocabulary isn't as
    long as the output is wide.
    """
    if names and max(names) < classes <= max(names) + 2:
        return names

    return {}


def visible(token: str) -> str:
    """Return a token as it is shown: a blank as a mark, nothing that a terminal
    would obey.
    """
    return BLANKS.get(token) or clean(token)
