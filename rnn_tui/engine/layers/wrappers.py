"""Layers around layers: TimeDistributed, a model used as a layer, and the place
of one that can't be reproduced.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from rnn_tui.engine.core import lazy_numpy as np
from rnn_tui.engine.core.arrays import Mask, Shape, Tensor
from rnn_tui.engine.core.fits import check_axes, check_count
from rnn_tui.engine.layers.layer import Layer, Run
from rnn_tui.engine.layers.registry import wraps
from rnn_tui.engine.layers.schema import KEEPS, Schema, Stored
from rnn_tui.errors import MisfitError, UnsupportedLayerError

if TYPE_CHECKING:
    from rnn_tui.engine.graph.graph import Graph


@dataclass(eq=False)
class Unsupported(Layer):
    """A layer that is listed with its weights and never run."""

    inner: tuple[Layer, ...] = ()
    """The layers it wraps, shown below it."""

    def call(self, inputs: Sequence[Tensor], run: Run) -> list[Tensor]:
        """Refuse."""
        raise UnsupportedLayerError(
            run.path or self.name,
            self.why_not or "nothing is known about it",
        )

    def output_shapes(self, inputs: Sequence[Shape]) -> list[Shape]:
        """Refuse: the shape isn't known."""
        raise UnsupportedLayerError(
            self.name,
            self.why_not or "nothing is known about it",
        )

    def sublayers(self) -> Sequence[Layer]:
        """Return the layers it wraps."""
        return self.inner


@wraps(
    TimeDistributed=Schema(
        "Applies the layer it holds to every timestep by itself.",
        mask=KEEPS,
        defaults={},
        reads_time=True,
    )
)
@dataclass(eq=False)
class TimeDistributed(Layer):
    """One layer (or model) applied to every timestep: the timesteps run as one
    large batch.
    """

    inner: Layer | None = None

    at_each_timestep = True

    def check(self, inputs: Sequence[Shape]) -> None:
        """Check that there are timesteps, and that the inner layer can read one
        of them.
        """
        check_count(inputs, 1, 1)
        check_axes(inputs[0], 3)
        _, _, *rest = inputs[0]
        self._inner().check([(None, *rest)])

    def call(self, inputs: Sequence[Tensor], run: Run) -> list[Tensor]:
        """Return the inner layer's outputs at every timestep.

        `time_masks` of the configuration is the treatment of a mask in the
        Keras that wrote the file. "outer": it passes and the inner layer
        doesn't see it. "kept": the inner layer reads its part, and it passes as
        it is (Keras 3). "joined": the inner layer reads its part, and its own
        mask passes, or whether any of its timesteps was read (tf_keras,
        time_distributed.py).
        """
        inner = self._inner()
        if self.config.get("carries_state") and is_stateful(inner):
            reason = (
                "Keras carries the state of the stateful layer inside from "
                "one outer timestep to the next"
            )
            raise UnsupportedLayerError(run.path, reason)

        x, mask = inputs[0]
        sides = x.shape[:2]  # (batch, timesteps)
        if mask is not None and mask.shape[:2] != sides:
            raise MisfitError(f"a mask of {mask.shape} doesn't fit {x.shape}")

        how = self.config.get("time_masks", "outer")
        steps = sides[0] * sides[1]
        inside = x.shape[2:]
        flat = Tensor(x.reshape(steps, *inside))
        if mask is not None and how != "outer":
            inner_sides = mask.shape[2:]
            flat_mask = mask.reshape(steps, *inner_sides)
            flat = Tensor(flat.value, flat_mask)

        path = f"{run.path}/{inner.name}"
        outputs = inner.call([flat], replace(run, path=path))
        for tensor in outputs:
            if tensor.value.shape[:1] != (steps,):
                raise MisfitError(
                    f"{inner.name!r} doesn't return one value for each "
                    "timestep it reads"
                )

        made = []
        for y, inner_mask in outputs:
            out_mask = mask
            if how == "joined":
                out_mask = _joined(inner_mask, mask, sides)

            out = y.shape[1:]
            made.append(Tensor(y.reshape(*sides, *out), out_mask))

        return made

    def output_shapes(self, inputs: Sequence[Shape]) -> list[Shape]:
        """Return the inner layer's shapes with the time axis in them."""
        batch, steps, *rest = inputs[0]
        return [
            (batch, steps, *shape[1:])
            for shape in self._inner().output_shapes([(batch, *rest)])
        ]

    def values_made(self, inputs: Sequence[Shape]) -> int:
        """Return the values that the inner layer makes for all timesteps."""
        batch, steps, *rest = inputs[0]
        rows = (batch or 0) * (steps or 0)
        read = (rows, *rest)

        return self._inner().values_made([read])

    def sublayers(self) -> Sequence[Layer]:
        """Return the inner layer."""
        return (self._inner(),)

    def shapes_inside(self, inputs: Sequence[Shape]) -> Sequence[Shape]:
        """Return the shapes of one timestep."""
        return [(*shape[:1], *shape[2:]) for shape in inputs]

    def formula(self) -> str:
        """Return the inner layer's formula: it has all the parameters."""
        return self._inner().formula()

    def _inner(self) -> Layer:
        assert self.inner is not None
        return self.inner


def _joined(
    inner: Mask | None,
    outer: Mask | None,
    sides: tuple[int, int],
) -> Mask | None:
    """Return the mask of an output: the inner layer's own, else whether any
    timestep within was read.
    """
    if inner is not None:
        return inner.reshape(*sides, *inner.shape[1:])
    if outer is None:
        return None

    within = tuple(range(2, outer.ndim))

    return np.any(outer, axis=within) if within else outer


def is_stateful(layer: Layer) -> bool:
    """Whether a layer, or one within it, keeps its state from one call to the
    next.
    """
    return bool(layer.config.get("stateful")) or any(
        map(is_stateful, layer.sublayers())
    )


@wraps(
    SpectralNormalization=Schema(
        "Runs the layer it holds, whose kernel training kept at the largest "
        "singular value 1.",
        arrays=(Stored("vector_u", trainable=False),),
        mask=KEEPS,
        in_training=True,
    )
)
@dataclass(eq=False)
class SpectralNormalization(Layer):
    """Calls the layer it wraps: the kernel was scaled in training and is stored
    so.
    """

    inner: Layer | None = None

    def check(self, inputs: Sequence[Shape]) -> None:
        """Check that the inner layer can read the input."""
        self._inner().check(inputs)

    def call(self, inputs: Sequence[Tensor], run: Run) -> list[Tensor]:
        """Return the inner layer's outputs, with its mask."""
        inner = self._inner()
        path = f"{run.path}/{inner.name}"

        return inner.call(inputs, replace(run, path=path))

    def output_shapes(self, inputs: Sequence[Shape]) -> list[Shape]:
        """Return the inner layer's shapes."""
        return self._inner().output_shapes(inputs)

    def values_made(self, inputs: Sequence[Shape]) -> int:
        """Return the values that the inner layer makes."""
        return self._inner().values_made(inputs)

    def sublayers(self) -> Sequence[Layer]:
        """Return the inner layer."""
        return (self._inner(),)

    def formula(self) -> str:
        """Return the inner layer's formula and the size of the vector that goes
        with its kernel.
        """
        return f"{self._inner().formula()} + {self.weights[0].size}"

    def _inner(self) -> Layer:
        assert self.inner is not None
        return self.inner


@dataclass(eq=False)
class NestedModel(Layer):
    """A model that is a layer of another."""

    graph: Graph | None = None
    _shapes: dict[tuple[Shape, ...], list[Shape] | UnsupportedLayerError] = (
        field(default_factory=dict, init=False, repr=False)
    )
    """The results and errors of `output_shapes`: models in models would ask for
    them again at each level.
    """

    @property
    def nested(self) -> Graph | None:
        """Its graph."""
        return self.graph

    def check(self, inputs: Sequence[Shape]) -> None:
        """Check that each of its inputs is given."""
        wanted = len(self._graph().inputs)
        check_count(inputs, wanted, wanted)

    def call(self, inputs: Sequence[Tensor], run: Run) -> list[Tensor]:
        """Run the inner graph; its layers leave their values under this layer's
        path.
        """
        graph = self._graph()
        values = graph.run(
            dict(zip(graph.inputs, inputs, strict=False)),
            run,
            prefix=f"{run.path}/",
        )
        missing = next(
            (ref for ref in graph.outputs if ref not in values),
            None,
        )
        if missing is not None:
            raise UnsupportedLayerError(
                f"{run.path}/{missing.layer}",
                f"the model returns {missing.not_returned()}",
            )

        return [values[ref] for ref in graph.outputs]

    def output_shapes(self, inputs: Sequence[Shape]) -> list[Shape]:
        """Return the shapes of the inner graph's outputs."""
        asked = tuple(map(tuple, inputs))
        found = self._shapes.get(asked)
        if found is None:
            found = self._shapes[asked] = self._shapes_of_outputs(inputs)

        if isinstance(found, UnsupportedLayerError):
            raise found

        return list(found)

    def _shapes_of_outputs(
        self,
        inputs: Sequence[Shape],
    ) -> list[Shape] | UnsupportedLayerError:
        graph = self._graph()
        shapes = graph.shapes(dict(zip(graph.inputs, inputs, strict=False)))
        missing = next(
            (ref for ref in graph.outputs if ref not in shapes),
            None,
        )
        if missing is not None:
            return UnsupportedLayerError(
                f"{self.name}/{missing.layer}",
                "its output shape is not known",
            )

        return [shapes[ref] for ref in graph.outputs]

    def values_made(self, inputs: Sequence[Shape]) -> int:
        """Return none: its layers claim their own."""
        return 0

    def sublayers(self) -> Sequence[Layer]:
        """Return the inner model's layers, in its order."""
        return tuple(self._graph().layers.values())

    def _graph(self) -> Graph:
        assert self.graph is not None
        return self.graph
