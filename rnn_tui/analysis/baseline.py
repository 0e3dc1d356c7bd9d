"""The baseline of an analysis: what each timestep of an input is compared
with.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from rnn_tui.analysis.input_gradient import input_read, lookups_by_input
from rnn_tui.engine.core import lazy_numpy as np
from rnn_tui.engine.core.arrays import Array, Mask
from rnn_tui.engine.gradients.calls import (
    Call,
    calls_by_path,
    sequence_refs,
)
from rnn_tui.engine.graph.input_info import InputInfo
from rnn_tui.engine.model import Model
from rnn_tui.errors import RnnTuiError
from rnn_tui.text import clean

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from rnn_tui.engine.trace.trace import ModelTrace

ZEROS, MEAN = "zeros", "mean"
TOKEN = "token:"
"""Before the token of a baseline."""
OWN = "a sequence of your own"
OWN_TIMESTEP = "one timestep of your own"


def is_named(asked: str) -> bool:
    """Whether a baseline is one of the kinds that have a name; another text is
    a sequence.
    """
    return asked in (ZEROS, MEAN) or asked.startswith(TOKEN)


@dataclass(frozen=True, eq=False)
class Baseline:
    """The baseline of one input.

    `array` is in the shape of the input, `(1, timesteps, …)`, or None where
    `vectors` replace those that ids look up: by the path of the
    call, each `(1, timesteps, width)`. `kept` is True at timesteps that a mask
    skips: they are left as they are.
    """

    input: str
    words: str
    kept: Mask
    array: NDArray[Any] | None = None
    vectors: Mapping[str, Array] = field(default_factory=dict)
    has_time: bool = True
    skips: bool = False
    """Whether a mask skips the timestep that the baseline is."""

    @property
    def timesteps(self) -> int:
        """The length of the input; 1 for a plain vector."""
        return len(self.kept)


def baselines(
    model: Model,
    trace: ModelTrace,
    asked: str | NDArray[Any] | Mapping[str, NDArray[Any]] = ZEROS,
    vocabulary: Mapping[str, int] | None = None,
) -> dict[str, Baseline]:
    """Return the baseline of each input of a run.

    Raises RnnTuiError for a baseline that an input can't have.
    """
    lookups = lookups_by_input(model)
    found = {}
    for info in model.inputs:
        own = asked
        if isinstance(asked, Mapping):
            own = asked.get(info.name, ZEROS)

        made = _Of(
            model,
            trace,
            info,
            lookups.get(info.name, ()),
            vocabulary or {},
        )
        found[info.name] = made.baseline(own)

    return found


class _Of:
    """One input of a run, and the vectors of its ids."""

    def __init__(
        self,
        model: Model,
        trace: ModelTrace,
        info: InputInfo,
        lookups: tuple[str, ...],
        vocabulary: Mapping[str, int],
    ) -> None:
        self.model = model
        self.trace = trace
        self.info = info
        self.vocabulary = vocabulary
        self.value = trace.inputs[info.name]
        self.vectors = {path: trace.layers[path].outputs[0] for path in lookups}
        self.has_time = info.has_time and self.value.ndim > 1
        self.name = clean(info.name, 60)

    def baseline(self, asked: Any) -> Baseline:
        """Return the baseline that was asked for."""
        if not isinstance(asked, str):
            return self._own(np.asarray(asked))
        if asked.startswith(TOKEN):
            return self._token(asked.removeprefix(TOKEN))
        if asked not in (ZEROS, MEAN):
            raise RnnTuiError(
                f"no baseline {clean(asked, 60)!r}: it is zeros, mean, token:X "
                "or a file with a sequence"
            )
        if self.info.tokens is None:
            return self._of_numbers(asked)

        return self._of_vectors(asked)

    def _of_numbers(self, asked: str) -> Baseline:
        if asked == ZEROS:
            return self._with("zeros", np.zeros_like(self.value))

        if not self.has_time:
            raise RnnTuiError(
                f"the input {self.name!r} has no timesteps to take a mean of"
            )

        return self._with("the mean over the sequence", self._mean(self.value))

    def _of_vectors(self, asked: str) -> Baseline:
        """Return the baseline of ids: a vector in the place of theirs."""
        if not self.vectors:
            raise RnnTuiError(
                f"the ids of {self.name!r} aren't looked up in an Embedding "
                "whose vectors could be changed: compare with token:X"
            )

        if asked == ZEROS:
            words = "the vector of zeros"
            vectors = {
                path: np.zeros_like(value)
                for path, value in self.vectors.items()
            }
        else:
            words = "the mean of the sequence's vectors"
            vectors = {
                path: self._mean(value) for path, value in self.vectors.items()
            }

        return self._with(words, None, vectors)

    def _with(
        self,
        words: str,
        array: NDArray[Any] | None,
        vectors: Mapping[str, Array] | None = None,
    ) -> Baseline:
        kept = self._kept()

        return Baseline(
            self.info.name,
            words,
            kept,
            array,
            vectors or {},
            self.has_time,
            bool(array is not None and self._skipped(array, ~kept)),
        )

    def _mean(self, value: Array) -> Array:
        """Return the mean over the timesteps that aren't padding, as often as
        there are timesteps.
        """
        rows = value[:, ~self._kept()]
        if not rows.shape[1]:
            rows = value

        mean = rows.mean(axis=1, keepdims=True, dtype=np.float64)

        return np.broadcast_to(mean.astype(value.dtype), value.shape)

    def _kept(self) -> Mask:
        """Return the timesteps that every layer which reads the input skips."""
        if not self.has_time:
            return np.zeros(1, np.bool_)

        every_one_counts = np.zeros(self.value.shape[1], np.bool_)
        masks = []
        for path, call in calls_by_path(self.model.graph).items():
            if not self._is_read_by(call):
                continue

            left = self.trace.layers.get(path)
            begins = call.layer.schema.mask.begins
            if left is None or left.mask is None or not begins:
                return every_one_counts

            masks.append(left.mask[0])

        if not masks:
            return every_one_counts

        read: Mask = np.logical_or.reduce(masks)

        return np.logical_not(read)

    def _is_read_by(self, call: Call) -> bool:
        """Return whether a call reads the input."""
        refs = sequence_refs(call.node)
        return input_read(call.scope, *refs) == self.info.name

    def _skipped(self, array: NDArray[Any], read: Mask) -> bool:
        """Return whether a Masking that reads the input skips a timestep of
        the baseline.
        """
        if array.ndim < 3 or not self.has_time:
            return False

        rows = array[0, read]
        if not len(rows):
            return False

        for call in calls_by_path(self.model.graph).values():
            begins = call.layer.schema.mask.begins
            if begins and self._is_read_by(call):
                value = call.layer.config.get("mask_value", 0.0)
                skipped = np.asarray(value, rows.dtype)
                same = (rows == skipped).all(axis=-1)
                return bool(same.any())

        return False

    def _token(self, token: str) -> Baseline:
        """Return the baseline whose every timestep is one token."""
        index = self.vocabulary.get(token)
        if index is None and token.isascii() and token.isdigit():
            index = int(token[:12])

        if index is None:
            raise RnnTuiError(
                f"the vocabulary has no token {clean(token, 40)!r}; token:4 is "
                "the id 4"
            )

        words = f"token {clean(token, 40)!r}"
        if self.info.tokens is not None:
            self._check_id(index, self.info.tokens)
            return self._with(words, np.full_like(self.value, index))

        if not self._one_hot():
            raise RnnTuiError(
                f"the input {self.name!r} reads numbers, not tokens: compare "
                "with zeros or mean"
            )

        self._check_id(index, self.value.shape[-1])
        array = np.zeros_like(self.value)
        array[..., index] = 1

        return self._with(words, array)

    def _one_hot(self) -> bool:
        """Return whether every timestep is a one among zeros, or padding."""
        if self.value.ndim != 3 or self.value.shape[-1] < 2:
            return False

        ones = (self.value == 1).sum(axis=-1)
        zeros = (self.value == 0).sum(axis=-1)

        return bool(
            ((ones <= 1) & (ones + zeros == self.value.shape[-1])).all()
        )

    def _check_id(self, index: int, tokens: int) -> None:
        if index >= tokens and not self.info.any_id:
            raise RnnTuiError(
                f"the input {self.name!r} knows the ids 0 to {tokens - 1}; "
                f"{index} is none of them"
            )

    def _own(self, array: NDArray[Any]) -> Baseline:
        """Return a baseline of the user's: a sequence, one timestep of it, or
        one number for all.
        """
        shape = self.value.shape
        timestep = shape[2:] if self.has_time else shape[1:]
        if array.ndim == 0 and self.info.tokens is None:
            words = f"the number {float(array):g}"
            whole = np.broadcast_to(array, shape)
        elif array.shape in (shape, shape[1:]):
            words = OWN
            whole = array.reshape(shape)
        elif array.shape in (timestep, (1, *timestep), (1, 1, *timestep)):
            words = OWN_TIMESTEP
            whole = np.broadcast_to(array, shape)
        else:
            raise RnnTuiError(
                f"the baseline of {self.name!r} has the shape {array.shape}; "
                f"the input's is {shape[1:]}, of one timestep {shape[2:]}"
            )

        return self._with(words, whole.astype(self.value.dtype))
