"""The description of each input of a model before any run."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from rnn_tui.engine.core.arrays import Shape

if TYPE_CHECKING:
    from rnn_tui.engine.core.text_reader import TextReader


class InputInfo(NamedTuple):
    """One input of the model, or of a layer a run may start at.

    `shape` has no batch axis: `(timesteps, features)`, `(timesteps,)` for token
    ids; None is an open axis. `tokens` is the vocabulary's size when the
    sequence is read as token ids (an Embedding follows, or one-hot vectors are
    made of it), else None; with `any_id` those beyond it are read, too. `batch`
    is the batch size that the file fixes, or None. `fixed` says that a sequence
    of another length than the shape's is refused: a text has as many ids as the
    layer that reads it makes. `text` reads text for that layer: the input is
    text in Keras, and is fed here as the token ids which the layer makes of it.
    """

    name: str
    shape: Shape
    tokens: int | None = None
    batch: int | None = None
    fixed: bool = True
    text: TextReader | None = None
    any_id: bool = False
    whole: str | None = None
    """The dtype of whole numbers or booleans that operations of the graph read
    the input in, None for fractions.
    """

    @property
    def has_time(self) -> bool:
        """Whether the first axis is time; a plain vector of features has
        none.
        """
        if len(self.shape) != 1:
            return len(self.shape) > 1

        return self.tokens is not None or self.shape[0] is None
