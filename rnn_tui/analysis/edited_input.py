"""Changes of the input: a timestep that is set, a timestep that is held."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rnn_tui.analysis.changes import LARGEST, Hold, SetValue
from rnn_tui.engine.core import lazy_numpy as np
from rnn_tui.engine.memory.large_arrays import roomy
from rnn_tui.errors import EditError
from rnn_tui.text import clean

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from rnn_tui.engine.graph.input_info import InputInfo

ID = "id:"
"""Before a token id where a token is expected."""
MOST_VALUES = 1 << 28
"""Values that an input may have once a timestep is held: as many as a
generated sequence.
"""


class EditedInput:
    """One input with its array, and the words for the values of a timestep."""

    def __init__(
        self,
        info: InputInfo,
        array: NDArray[Any],
        vocabulary: Mapping[str, int] | None,
    ) -> None:
        self.info = info
        self.array = array
        self.vocabulary = vocabulary
        self.batched = array.ndim > len(info.shape)

    @property
    def timesteps(self) -> int:
        """The length of the sequence."""
        return int(self.array.shape[int(self.batched)])

    def timestep(self, t: int) -> int:
        """Return a timestep counted from 0; raise EditError where there is no
        such one. -1 is the last.
        """
        if not self.info.has_time:
            raise EditError(f"the input {self._name!r} has no timesteps")
        if not -self.timesteps <= t < self.timesteps:
            raise EditError(
                f"t={t} is none of the timesteps of {self._name!r}: they are 0 "
                f"to {self.timesteps - 1}"
            )

        return t % self.timesteps

    def with_value(self, change: SetValue) -> EditedInput:
        """Return the input with one timestep set."""
        t = self.timestep(change.timestep)
        row = self.row(change.value)
        array = roomy(self.array.shape, self.array.dtype)
        array[...] = self.array
        if self.batched:
            array[:, t] = row
        else:
            array[t] = row

        return EditedInput(self.info, array, self.vocabulary)

    def held(self, change: Hold) -> EditedInput:
        """Return the input with one timestep repeated."""
        t = self.timestep(change.timestep)
        more = change.times - 1
        timesteps = self.timesteps + more
        self._check_held(change, timesteps)

        axis = int(self.batched)
        shape = list(self.array.shape)
        shape[axis] = timesteps
        array = roomy(tuple(shape), self.array.dtype)

        # views: (timesteps, …)
        before = np.moveaxis(self.array, axis, 0)
        after = np.moveaxis(array, axis, 0)
        behind = t + 1
        moved = behind + more
        after[:t] = before[:t]
        after[t:moved] = before[t]
        after[moved:] = before[behind:]

        return EditedInput(self.info, array, self.vocabulary)

    def _check_held(self, change: Hold, timesteps: int) -> None:
        """Raise EditError where the input can't have so many timesteps."""
        if self.info.text is not None and change.times > 1:
            raise EditError(
                f"the input {self._name!r} is a text of a fixed length: none "
                "of its timesteps can be held"
            )

        each = max(1, self.array.size // self.timesteps)
        values = timesteps * each
        if values > MOST_VALUES:
            raise EditError(
                f"t={change.timestep} held {change.times:,} times would make "
                f"{values:,} values; the most is {MOST_VALUES:,}"
            )

    def row(self, value: str) -> NDArray[Any]:
        """Return the array of a typed value at one timestep: an id `()` or
        features `(features,)`.

        Raises EditError.
        """
        if self.info.tokens is not None:
            return np.asarray(self._id(value), dtype=self.array.dtype)
        if len(self.info.shape) != 2:
            raise EditError(
                f"a timestep of {self._name!r} is no row of features: it can't "
                "be set by numbers"
            )

        features = self.array.shape[-1]
        numbers = _numbers(value)
        if numbers is not None and len(numbers) == features:
            return self._in_its_dtype(numbers)

        return self._one_hot(value, features)

    def shown(self, t: int) -> str:
        """Return in words the value of the first sequence at a timestep."""
        sequence = self.array
        if self.batched:
            sequence = sequence[0]

        row = sequence[t]
        if row.ndim == 0:
            index = int(row)
            return self._token(index) or f"{ID}{index}"

        token = None
        hot = np.flatnonzero(row).tolist()
        if len(hot) == 1 and row[hot[0]] == 1:
            token = self._token(hot[0])

        values = row.reshape(-1).tolist()
        numbers = [f"{number:.6g}" for number in values]

        return token or ",".join(numbers)

    def _in_its_dtype(self, numbers: Sequence[float]) -> NDArray[Any]:
        row = np.asarray(numbers, dtype=np.float64)
        if not (np.abs(row) <= LARGEST).all():
            raise EditError(
                f"the input {self._name!r} reads finite numbers, of float32"
            )

        dtype = self.array.dtype
        is_whole = np.array_equal(row, np.rint(row))
        if dtype.kind != "f" and not is_whole:
            raise EditError(f"the input {self._name!r} reads whole numbers")

        return row.astype(dtype)

    def _one_hot(self, value: str, features: int) -> NDArray[Any]:
        """Return the one-hot row of a token or of `id:N`."""
        known = self.vocabulary or {}
        if not value.startswith(ID) and value not in known:
            either = "a number"
            if features > 1:
                either = f"{features} numbers with commas"
            if known:
                either += ", or a token of the vocabulary"

            raise EditError(
                f"{clean(value, 40)!r} is no timestep of {self._name!r}: write "
                f"{either}"
            )

        index = self._id(value)
        row = np.zeros(features, self.array.dtype)
        if index >= features:
            raise EditError(
                f"id {index} is none of the {features} features of "
                f"{self._name!r}"
            )

        row[index] = 1

        return row

    def _id(self, value: str) -> int:
        """Return the id of a token, or of `id:N`; without a vocabulary a whole
        number is an id.
        """
        known = self._known()
        if value in known:
            return self._checked(known[value])

        number = value.removeprefix(ID).strip()
        is_id = value.startswith(ID) or not known
        if is_id and number.isascii() and number.isdigit() and len(number) < 13:
            return self._checked(int(number))

        if not known:
            raise EditError(
                f"{clean(value, 40)!r} is no token id: write id:4, or give "
                "--vocab FILE for tokens"
            )

        raise EditError(
            f"the vocabulary has no token {clean(value, 40)!r}; id:4 is an id"
        )

    def _known(self) -> Mapping[str, int]:
        """Return token → id: the user's vocabulary, else the model's own."""
        if self.vocabulary is not None:
            return self.vocabulary

        text = self.info.text
        if text is not None and text.why_not is None:
            return text.load()

        return {}

    def _checked(self, index: int) -> int:
        tokens = self.info.tokens
        if tokens is not None and index >= tokens and not self.info.any_id:
            raise EditError(
                f"the input {self._name!r} knows the token ids 0 to "
                f"{tokens - 1}; {index} is none of them"
            )

        return index

    def _token(self, index: int) -> str | None:
        """Return the token of an id where a vocabulary has one."""
        for token, known in self._known().items():
            if known == index:
                return repr(clean(token, 20))

        return None

    @property
    def _name(self) -> str:
        return clean(self.info.name, 60)


def input_named(name: str, infos: Sequence[InputInfo]) -> str:
    """Return the input that a change means: the one of that name, or the only
    one. Raises EditError.
    """
    names = [info.name for info in infos]
    if name in names:
        return name

    listed = ", ".join(map(repr, names))
    if name:
        raise EditError(f"no input is named {clean(name, 60)!r}; {listed}")
    if len(names) != 1:
        raise EditError(
            f"the model has {len(names)} inputs, {listed}: name one"
        )

    return names[0]


def _numbers(text: str) -> list[float] | None:
    """Return numbers with commas between them, None where a text is something
    else.
    """
    try:
        return [float(part) for part in text.split(",")]
    except ValueError:
        return None
