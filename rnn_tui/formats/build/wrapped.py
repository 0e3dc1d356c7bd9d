"""A Bidirectional or a TimeDistributed, put together of the layers it wraps."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rnn_tui.engine.layers.layer import Layer
from rnn_tui.engine.layers.wrappers import TimeDistributed, Unsupported
from rnn_tui.engine.recurrent.bidirectional import bidirectional_layer
from rnn_tui.engine.recurrent.factory import Recurrent
from rnn_tui.errors import ConfigError
from rnn_tui.formats.architecture.key_checks import problem_in
from rnn_tui.formats.data.spec import LayerSpec, shown

if TYPE_CHECKING:
    from rnn_tui.formats.build.builder import Builder


def wrapper(builder: Builder, spec: LayerSpec, path: str) -> Layer:
    """Return a Bidirectional or a TimeDistributed."""
    problem = problem_in(spec.class_name, spec.config)
    if problem is not None:
        raise ConfigError(problem)

    if spec.class_name == "TimeDistributed":
        return _time_distributed(builder, spec, path)

    return _bidirectional(builder, spec, path)


def _time_distributed(builder: Builder, spec: LayerSpec, path: str) -> Layer:
    inner = builder.inner(spec, path)
    if not inner:
        raise ConfigError(_no_inner_layer(spec))

    (wrapped,) = inner

    return TimeDistributed(
        spec.name,
        spec.class_name,
        builder.config(spec),
        (),
        tuple(spec.notes),
        wrapped.why_not,
        inner=wrapped,
    )


def _bidirectional(builder: Builder, spec: LayerSpec, path: str) -> Layer:
    written = {side.written for side in spec.wraps}
    if len(written) == 1:
        # `--as` names the wrapper and means both directions
        builder.asked_as.update({id(side): path for side in spec.wraps})

    inner = builder.inner(spec, path)
    if len(inner) != 2:
        raise ConfigError(_no_inner_layer(spec))

    forward, backward = inner
    if isinstance(forward, Recurrent) and isinstance(backward, Recurrent):
        return bidirectional_layer(
            spec.name,
            builder.config(spec),
            forward,
            backward,
            builder.era.generation,
            tuple(spec.notes),
        )

    why_not = forward.why_not or backward.why_not
    if not why_not:
        why_not = (
            f"a Bidirectional around {forward.class_name} is not reproduced"
        )

    return Unsupported(
        spec.name,
        spec.class_name,
        builder.config(spec),
        why_not=why_not,
        inner=(forward, backward),
    )


def _no_inner_layer(spec: LayerSpec) -> str:
    inner = shown(spec.config.get("layer"))
    return f"its layer is {inner}, not a layer's configuration"
