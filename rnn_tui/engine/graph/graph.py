"""The graph: which call of which layer reads which tensors, run in order from
any set of known values.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from rnn_tui.engine.core import lazy_numpy as np
from rnn_tui.engine.core.arrays import Shape, Tensor
from rnn_tui.engine.core.fits import check_left
from rnn_tui.engine.graph.chunked_call import call_in_stretches, stretches_of
from rnn_tui.engine.graph.nodes import Node, Ref
from rnn_tui.engine.graph.topological import in_order
from rnn_tui.engine.layers.call_arguments import WithArguments, tensors_in
from rnn_tui.engine.layers.layer import Layer, Run, set_fault
from rnn_tui.engine.layers.probing import probe, quiet_run
from rnn_tui.engine.memory.work_budget import spend
from rnn_tui.errors import (
    MisfitError,
    RnnTuiError,
    TooMuchWorkError,
    UnsupportedLayerError,
)
from rnn_tui.text import clean

if TYPE_CHECKING:
    from rnn_tui.engine.layers.constant import Constant

SHAPE = 2
"""Steps that the shape of a call's outputs takes, besides one for each tensor
it reads: see `work`.
"""


class Reader(NamedTuple):
    """A call that reads a tensor, and as which of its inputs."""

    node: Node
    position: int


@dataclass(eq=False)
class Graph:
    """Layers by name in the model's order, their calls, and which tensors are
    the model's inputs and outputs.
    """

    layers: dict[str, Layer]
    nodes: list[Node]
    inputs: list[Ref]
    outputs: list[Ref]
    hidden: frozenset[str] = frozenset()
    """Layers that Keras's summary leaves out: the inputs of a Sequential."""
    known_shapes: Mapping[Ref, Shape] | None = field(
        default=None,
        init=False,
        repr=False,
    )
    """The shapes that follow from its own inputs, once they were asked for: see
    `start.known_shapes`.
    """

    @cached_property
    def readers(self) -> Mapping[Ref, Sequence[Reader]]:
        """Return the calls that read each tensor, in order; a call that reads
        it twice is there twice.
        """
        found: dict[Ref, list[Reader]] = {}
        for node in self.nodes:
            for position, ref in enumerate(node.refs()):
                found.setdefault(ref, []).append(Reader(node, position))

        return found

    def __post_init__(self) -> None:
        known = {ref.layer for ref in self.inputs}
        self.nodes = in_order(self.nodes, known)

    def run(
        self,
        known: Mapping[Ref, Tensor],
        run: Run,
        prefix: str = "",
        stops: dict[str, str] | None = None,
    ) -> dict[Ref, Tensor]:
        """Return the value of every tensor that follows from `known`.

        A layer that can't be reproduced raises, or, with `stops`, is noted
        there and the layers that need it are left out.
        """
        values = dict(known)
        called: set[tuple[str, int]] = set()
        constants = self._constants()
        for node in self.nodes:
            if node.layer in constants or Ref(node.layer, node.call) in values:
                continue

            lacking = _lacking(node, values, constants)
            if lacking is not None and lacking[:2] not in called:
                continue  # its own call was left out before

            run.check()
            path = prefix + node.key
            try:
                if lacking is not None:
                    raise UnsupportedLayerError(
                        path,
                        f"it reads {lacking.not_returned()}",
                    )

                run_of_call = replace(run, path=path)
                if constants:
                    values.update(_read_constants(constants, node, run_of_call))

                layer = self.layers[node.layer]
                outputs = _called(layer, node, values, run_of_call)
            except UnsupportedLayerError as error:
                if stops is None:
                    raise

                stops.setdefault(path, error.reason)
                continue

            run.record(path, outputs)
            called.add((node.layer, node.call))
            for number, output in enumerate(outputs):
                values[Ref(node.layer, node.call, number)] = output

        return values

    def shapes(self, known: Mapping[Ref, Shape]) -> dict[Ref, Shape]:
        """Return the shape of every tensor that follows from `known`; unknown
        ones are left out.

        A layer whose own code fails has its `fault` noted, and the others are
        listed all the same.
        """
        shapes = dict(known)
        fixed = {Ref(name): layer for name, layer in self._constants().items()}
        for node in self.nodes:
            spend(SHAPE + len(node._refs))
            if Ref(node.layer, node.call) in shapes or any(
                ref not in shapes for ref in node.refs()
            ):
                continue

            layer = self.layers[node.layer]
            if layer.why_not is not None:
                continue

            try:
                found = node_shapes(layer, node, shapes, fixed)
            except (MemoryError, TooMuchWorkError):
                raise
            except (RnnTuiError, MisfitError):
                continue
            except Exception as error:
                # a bug of ours: the layer is listed with it, and its run raises
                # it
                set_fault(layer, error)
                continue

            shapes.update(
                {
                    Ref(node.layer, node.call, k): shape
                    for k, shape in enumerate(found)
                }
            )

        return shapes

    def _constants(self) -> dict[str, Constant]:
        """Return the tensors of the model's own: they are made when a call
        reads them.
        """
        return {
            name: cast("Constant", layer)
            for name, layer in self.layers.items()
            if layer.constant
        }

    def after(self, start: str) -> set[str]:
        """Return the keys of the calls that read, directly or not, the outputs
        of layer `start`.
        """
        reached = {start}
        keys = set()
        for node in self.nodes:
            if any(ref.layer in reached for ref in node.refs()):
                reached.add(node.layer)
                keys.add(node.key)

        return keys


def _lacking(
    node: Node,
    values: Mapping[Ref, Tensor],
    constants: Mapping[str, Layer],
) -> Ref | None:
    """Return the first tensor a call reads that has no value, None where all
    have.
    """
    for ref in node.refs():
        if ref not in values and ref.layer not in constants:
            return ref

    return None


def _read_constants(
    constants: Mapping[str, Layer],
    node: Node,
    run: Run,
) -> dict[Ref, Tensor]:
    """Return the constants that a call reads.

    Raises UnsupportedLayerError for one that makes no tensor.
    """
    found: dict[Ref, Tensor] = {}
    for ref in node.refs():
        layer = constants.get(ref.layer)
        if layer is None:
            continue
        if layer.why_not is not None:
            raise UnsupportedLayerError(
                run.path,
                f"of the constant {ref.layer!r} it reads, {layer.why_not}",
            )

        run.claims(run.path, layer.values_made([]), run.dtype.itemsize)
        found[ref] = layer.call([], run)[0]

    return found


def _called(
    layer: Layer,
    node: Node,
    values: Mapping[Ref, Tensor],
    run: Run,
) -> list[Tensor]:
    """Call a layer; one whose input, configuration and arguments don't go
    together can't be reproduced.

    Nothing but a MisfitError says so: any other exception of a layer is a fault
    of our own, and stays one.
    """
    _check_callable(layer, node, run.path)
    inputs = [values[ref] for ref in node.refs()]
    read: list[Shape] = [values[ref].value.shape for ref in node.input_refs]
    try:
        layer.check(read)
        made = _values_made(layer, read)
        stretches = stretches_of(layer, inputs)
        run.claims(run.path, made, run.dtype.itemsize, stretches)

        outputs = call_node(layer, node, values, run)
        run.claims.hold(tensor.value for tensor in outputs)
        check_left([tensor.value.shape for tensor in outputs])

        return outputs
    except MisfitError as error:
        shapes = ", ".join(str(tensor.value.shape) for tensor in inputs)
        what = (
            f"what it reads, {shapes or 'nothing'}, doesn't fit its "
            "configuration or this call"
        )
        raise UnsupportedLayerError(
            run.path,
            f"{what} ({clean(error)})",
            run.at,
        ) from error


def _check_callable(layer: Layer, node: Node, path: str) -> None:
    """Raise where a layer can't be computed, or not in this call."""
    if layer.fault is not None:
        raise layer.fault
    if layer.why_not is not None:
        raise UnsupportedLayerError(path, layer.why_not)

    if node.kwargs.get("training") is not True or layer.generation >= 3:
        return

    from rnn_tui.engine.layers.training import acts_in_training

    if acts_in_training(layer):
        raise UnsupportedLayerError(
            path,
            "the model calls it as in training (training=True)",
        )


def _values_made(layer: Layer, shapes: list[Shape]) -> int:
    """Return how many values a call makes; where a layer within can't say, its
    own call will.
    """
    try:
        return layer.values_made(shapes)
    except UnsupportedLayerError:
        return 0


def call_node(
    layer: Layer,
    node: Node,
    values: Mapping[Ref, Tensor],
    run: Run,
) -> list[Tensor]:
    """Call `layer` with the tensors its node names; an explicit `mask` keyword
    replaces the tensor's own.
    """
    args = filled(node.args, values)
    kwargs = filled(node.kwargs, values)
    mask = kwargs.get("mask")
    if isinstance(layer, WithArguments):
        return layer.call_with(_with_masks(args, mask), kwargs, run)

    sequences = tensors_in(args)
    if not sequences:
        named = {key: kwargs[key] for key in kwargs if key not in NO_SEQUENCES}
        sequences = tensors_in(named)

    states = tensors_in(kwargs.get("initial_state"))
    tensors = [*_with_masks(sequences, mask), *states]
    with_states = layer.recurrent and len(tensors) > 1
    if with_states and layer.generation >= 3 and mask is None:
        return _without_own_mask(layer, tensors, run)

    return call_in_stretches(layer, tensors, run)


NO_SEQUENCES = ("mask", "initial_state")
"""Keywords that hold no sequence."""


def _without_own_mask(
    layer: Layer,
    tensors: list[Tensor],
    run: Run,
) -> list[Tensor]:
    """Call a recurrent layer with initial states as Keras 3 does: a mask that
    isn't given by keyword isn't used.

    It passes to the layers behind all the same (keras/src/layers/layer.py,
    "Populate mask arguments").
    """
    first, *states = tensors
    outputs = layer.call([Tensor(first.value), *states], run)
    if layer.config.get("return_sequences"):
        outputs[0] = Tensor(outputs[0].value, first.mask)

    return outputs


def node_shapes(
    layer: Layer,
    node: Node,
    shapes: Mapping[Ref, Shape],
    fixed: Mapping[Ref, Constant] | None = None,
) -> list[Shape]:
    """Return the shapes a call gives; layers that live by their arguments are
    tried with zeros, if those are few.

    Constants have their own values in the try: an index or a size among them
    decides the shape.
    """
    refs = node.refs()
    fixed = fixed or {}
    if isinstance(layer, WithArguments) and not layer.weights:

        def attempt(tensors: list[Tensor]) -> list[Tensor]:
            run = quiet_run()
            values = dict(zip(refs, tensors, strict=True))
            values.update(
                {
                    ref: fixed[ref].tensor(run.dtype)
                    for ref in refs
                    if ref in fixed
                }
            )
            read = [values[ref].value for ref in node.input_refs]
            layer.check([value.shape for value in read])
            made = _values_made(
                layer,
                [values[ref].value.shape for ref in refs],
            )
            run.claims(node.key, made, run.dtype.itemsize)

            return call_node(layer, node, values, run)

        try:
            return probe(attempt, _with_known_batch(refs, shapes, fixed))
        except UnsupportedLayerError:
            if layer.only_tried:
                raise

    read = [shapes[ref] for ref in node.input_refs]
    layer.check(read)
    found = layer.output_shapes(read)
    if node.kwargs.get("return_attention_scores"):
        heads = [
            int(layer.config[key])
            for key in ("num_heads", "num_query_heads")
            if key in layer.config
        ]
        batch, queries = read[0][:2]
        keys = read[1][1]
        found.append((batch, *heads, queries, keys))

    return found


def _with_known_batch(
    refs: Sequence[Ref],
    shapes: Mapping[Ref, Shape],
    fixed: Mapping[Ref, Constant],
) -> list[Shape]:
    """Return the shapes a call reads; where a constant of the same rank has a
    batch of its own, all have that.
    """
    batches = {
        len(shapes[ref]): shapes[ref][0]
        for ref in refs
        if ref in fixed and shapes[ref]
    }
    found: list[Shape] = []
    for ref in refs:
        shape = shapes[ref]
        batch = batches.get(len(shape))
        if shape and shape[0] is None and batch is not None and batch > 1:
            shape = (batch, *shape[1:])

        found.append(shape)

    return found


def filled(value: Any, values: Mapping[Ref, Tensor]) -> Any:
    """Return nested arguments with every Ref replaced by its tensor."""
    if isinstance(value, Ref):
        return values[value]
    if isinstance(value, Mapping):
        return {key: filled(item, values) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [filled(item, values) for item in value]

    return value


def _with_masks(value: Any, mask: Any) -> Any:
    """Return the arguments with the masks of an explicit `mask` keyword on
    their tensors.
    """
    if mask is None or mask is False:
        return value

    masks = iter(mask if isinstance(mask, list) else [mask])

    def masked(item: Any) -> Any:
        if isinstance(item, Tensor):
            return _masked(item, next(masks, None))
        if isinstance(item, (list, tuple)):
            return [masked(part) for part in item]

        return item

    return masked(value)


def _masked(tensor: Tensor, given: Any) -> Tensor:
    """Return a tensor with the mask that a call gives it; a mask of one
    sequence is for all.
    """
    if given is None:
        return tensor
    if not isinstance(given, Tensor):
        raise MisfitError("its mask is no tensor")

    shape = tensor.value.shape
    mask = given.value.astype(np.bool_, copy=False)
    wanted = shape[: mask.ndim]
    sequences, *sides = mask.shape or (0,)
    if sequences == 1 and tuple(sides) == wanted[1:]:
        mask = np.broadcast_to(mask, wanted)

    if mask.ndim == 0 or mask.shape != wanted:
        raise MisfitError(f"a mask of {mask.shape} doesn't fit {shape}")

    return Tensor(tensor.value, mask)
