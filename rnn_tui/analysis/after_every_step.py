"""The layers after a recurrent one, applied to its output after every
timestep: all timesteps at once, as rows of a batch.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rnn_tui.engine.core import lazy_numpy as np
from rnn_tui.engine.core.arrays import Tensor
from rnn_tui.engine.graph.chunked_call import treats_timesteps_alone
from rnn_tui.engine.graph.flattened import flattened
from rnn_tui.engine.graph.nodes import Ref
from rnn_tui.engine.layers.call_arguments import WithArguments
from rnn_tui.engine.layers.identity import Identity
from rnn_tui.engine.layers.layer import Layer, Run
from rnn_tui.engine.memory.budget import Claims
from rnn_tui.engine.recurrent.layer import Recurrent
from rnn_tui.engine.recurrent.returned import masked_outputs
from rnn_tui.engine.trace.paths import called
from rnn_tui.errors import RunCancelledError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from rnn_tui.engine.core.arrays import Array
    from rnn_tui.engine.graph.nodes import Node
    from rnn_tui.engine.model import Model
    from rnn_tui.engine.trace.trace import CellTrace, ModelTrace

TIMED = "timed"
"""A tensor whose row t depends on no timestep after t."""
FIXED = "fixed"
"""A tensor that depends on no timestep."""
ENDS = "ends"
"""A tensor that depends on where the sequence ends."""

ROWS = 4096
"""Rows that the layers after the recurrent one read at once."""


class LooksAcrossTimeError(Exception):
    """The layers can't be applied to each timestep by itself: the reason."""


class AfterEveryStep:
    """The tensors of a run, and the values that those at the end of a sequence
    would have after every timestep.

    Raises LooksAcrossTimeError where that doesn't follow from the run.
    """

    def __init__(
        self,
        model: Model,
        trace: ModelTrace,
        states: Mapping[str, NDArray[Any]],
    ) -> None:
        self.model = model
        self.graph = flattened(model.graph)
        self.trace = trace
        self.states = states
        self.kinds: dict[Ref, str] = {}
        self.ends: dict[Ref, Array] = {}
        if model.at_once is not None:
            raise LooksAcrossTimeError("it holds numbers for several sequences")

        for ref, info in zip(self.graph.inputs, model.inputs, strict=True):
            self.kinds[ref] = TIMED if info.has_time else FIXED

        for node in self.graph.nodes:
            self._enter(node)

        for ref in self.graph.outputs:
            if ref not in self.kinds:
                raise LooksAcrossTimeError("an output is no tensor of the run")

    @property
    def batch(self) -> int:
        """How many sequences the run has."""
        return len(next(iter(self.trace.inputs.values())))

    @property
    def timesteps(self) -> int:
        """How many timesteps the recurrent layers read."""
        lengths = {end.shape[1] for end in self.ends.values()}
        for value, info in zip(
            self.trace.inputs.values(), self.model.inputs, strict=True
        ):
            if info.has_time:
                lengths.add(value.shape[1])

        if len(lengths) != 1:
            raise LooksAcrossTimeError("its sequences have several lengths")

        return int(lengths.pop())

    def outputs(
        self,
        dtype: str,
        cancelled: Callable[[], bool] | None,
    ) -> dict[str, Array]:
        """Return each output after every timestep, `(batch, timesteps, …)`."""
        kind = np.dtype(dtype)
        asked = [ref for ref in self.graph.outputs if self._kind(ref) == ENDS]
        parts: dict[Ref, list[Array]] = {ref: [] for ref in asked}
        for window in self._windows(asked):
            if cancelled is not None and cancelled():
                raise RunCancelledError

            values = self._run(window, kind)
            for ref, found in parts.items():
                value = values[ref].value
                found.append(self._by_sequence(value))

        outputs = {}
        names = zip(self.model.output_names, self.graph.outputs, strict=True)
        for name, ref in names:
            of_output = parts.get(ref, ())
            outputs[name] = self._joined(ref, of_output)

        return outputs

    def _windows(self, asked: Sequence[Ref]) -> Iterator[slice]:
        """Yield windows of time, none where nothing is asked of them."""
        if not asked:
            return

        timesteps = self.timesteps
        step = max(1, ROWS // self.batch)
        for start in range(0, timesteps, step):
            yield slice(start, min(start + step, timesteps))

    def _by_sequence(self, rows: Array) -> Array:
        """Return `(batch · timesteps, …)` as `(batch, timesteps, …)`."""
        return rows.reshape(self.batch, -1, *rows.shape[1:])

    def _joined(self, ref: Ref, parts: Sequence[Array]) -> Array:
        """Return an output of its windows, or the one that the run itself has
        for every timestep.
        """
        if parts:
            return np.concatenate(parts, axis=1)

        number = self.graph.outputs.index(ref)
        value: Array = self.trace.outputs[number]
        if self._kind(ref) == TIMED:
            return value

        return np.repeat(value[:, None], self.timesteps, axis=1)

    def _run(
        self,
        window: slice,
        dtype: np.dtype[Any],
    ) -> Mapping[Ref, Tensor]:
        """Return the tensors after the timesteps of a window, one row each."""
        times = window.stop - window.start
        known = {}
        for ref, end in self.ends.items():
            part = np.ascontiguousarray(end[:, window])
            sides = part.shape[2:]
            known[ref] = Tensor(part.reshape(-1, *sides))

        for ref, value in zip(
            self.graph.inputs, self.trace.inputs.values(), strict=True
        ):
            if self.kinds[ref] == FIXED:
                known[ref] = Tensor(np.repeat(value, times, axis=0))

        run = Run(
            dtype,
            _unrecorded,
            initial_state=self._repeated_states(times),
            claims=Claims(tensor.value for tensor in known.values()),
            edits=self.model.edits,
        )
        with np.errstate(all="ignore"):
            return self.graph.run(known, run)

    def _repeated_states(self, times: int) -> dict[str, NDArray[Any]]:
        """Return the user's states for the rows of a window."""
        repeated = {}
        for key, state in self.states.items():
            if state.ndim > 1 and len(state) > 1:
                repeated[key] = np.repeat(state, times, axis=0)
            else:
                repeated[key] = state

        return repeated

    def _kind(self, ref: Ref) -> str:
        if self.graph.layers[ref.layer].constant:
            return FIXED

        return self.kinds[ref]

    def _enter(self, node: Node) -> None:
        """Note the tensors that a call returns."""
        layer = self.graph.layers[node.layer]
        refs = node.refs()
        is_known = Ref(node.layer, node.call) in self.kinds
        if is_known or layer.constant or not refs:
            return

        path = called(node.layer, node.call)
        left = self.trace.layers.get(path)
        if left is None:
            raise LooksAcrossTimeError(f"{path!r} is no part of the run")

        kinds = {self._kind(ref) for ref in refs}
        numbers = range(len(left.outputs))
        tensors = [Ref(node.layer, node.call, k) for k in numbers]
        if TIMED not in kinds:
            kind = FIXED
            if ENDS in kinds:
                kind = ENDS

            if kind == ENDS and isinstance(layer, WithArguments):
                raise LooksAcrossTimeError(f"{path!r} may mix sequences")

            self.kinds.update(dict.fromkeys(tensors, kind))
        elif ENDS in kinds:
            raise LooksAcrossTimeError(
                f"{path!r} reads the sequence and the state at its end"
            )
        elif isinstance(layer, Recurrent):
            self._enter_recurrent(layer, path, refs, tensors, left.cells)
        elif kinds == {TIMED} and self._alone(layer, refs):
            self.kinds.update(dict.fromkeys(tensors, TIMED))
        else:
            raise LooksAcrossTimeError(f"{path!r} looks across time")

    def _enter_recurrent(
        self,
        layer: Recurrent,
        path: str,
        refs: tuple[Ref, ...],
        tensors: list[Ref],
        cells: tuple[CellTrace, ...],
    ) -> None:
        """Note a recurrent layer's output: its sequence, or its end."""
        if layer.flag("go_backwards"):
            raise LooksAcrossTimeError(f"{path!r} reads from the end")

        residual = any(source.residual for source in layer.sources)
        others = {self._kind(ref) for ref in refs[1:]}
        plain = not residual and not layer.flag("time_major")
        if not plain or TIMED in others or self._kind(refs[0]) != TIMED:
            raise LooksAcrossTimeError(f"{path!r} reads something else too")

        first, *states = tensors
        if layer.flag("return_sequences"):
            self.kinds[first] = TIMED
        else:
            self._end(first, _returned_at_each(layer, cells[-1]))

        if not states:
            return

        ends = (
            layer.axes.returned_sequence(cell.read(name))
            for cell in layer.in_state_order(cells)
            for name in cell.cell.states
        )
        for ref, end in zip(states, ends, strict=True):
            self._end(ref, end)

    def _end(self, ref: Ref, values: Array) -> None:
        self.kinds[ref] = ENDS
        self.ends[ref] = values

    def _alone(self, layer: Layer, refs: Iterable[Ref]) -> bool:
        """Whether a layer treats each timestep of these tensors by itself."""
        if isinstance(layer, Identity):
            return True

        return treats_timesteps_alone(
            layer, [Tensor(self._value(ref)) for ref in refs]
        )

    def _value(self, ref: Ref) -> NDArray[Any]:
        """Return a tensor of the run."""
        fed = dict(
            zip(self.graph.inputs, self.trace.inputs.values(), strict=True)
        )
        if ref in fed:
            return fed[ref]

        path = called(ref.layer, ref.call)

        return self.trace.layers[path].outputs[ref.tensor]


def _returned_at_each(layer: Recurrent, cell: CellTrace) -> Array:
    """Return the output that a layer which returns the last one has after every
    timestep, `(batch, timesteps, …)`.
    """
    h = cell.read("h")
    if cell.mask is not None:
        zero = layer.flag("zero_output_for_mask")
        h = masked_outputs(h, cell.mask, zero, turned=False)

    return layer.axes.returned_sequence(h)


def _unrecorded(path: str, value: Any) -> None:
    """Keep nothing of a run whose outputs alone are asked for."""
