"""A SpectralNormalization put together: the layer it wraps, and the vector by
which training scaled its kernel.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from rnn_tui.engine.core.arrays import Weight
from rnn_tui.engine.layers.layer import Layer
from rnn_tui.engine.layers.wrappers import SpectralNormalization, Unsupported
from rnn_tui.formats.data.spec import LayerSpec

if TYPE_CHECKING:
    from rnn_tui.formats.build.builder import Builder

KERNELS = ("kernel", "depthwise_kernel", "embeddings")
"""The arrays it may scale: the first one of the layer it wraps."""


def spectral(
    builder: Builder,
    spec: LayerSpec,
    config: dict[str, Any],
    path: str,
) -> Layer:
    """Return the layer. Its vector is the last of its own arrays: a `.keras`
    file lists the kernel there once more.
    """
    (wrapped,) = spec.wraps
    wrapped.why_not = wrapped.why_not or _problem(builder, spec, wrapped)
    own = tuple(
        Weight(
            "vector_u",
            w.shape,
            w.dtype,
            partial(_value, w),
            trainable=False,
        )
        for w in builder.arrays(spec)[-1:]
    )

    inner = builder.layer(wrapped, f"{path}/{wrapped.name}")
    problem = inner.why_not or _misfit(inner, own)
    notes = tuple(spec.notes)
    generation = builder.era.generation
    if problem is not None:
        return Unsupported(
            spec.name,
            spec.class_name,
            config,
            own,
            notes,
            problem,
            generation,
            (inner,),
        )

    return SpectralNormalization(
        spec.name,
        spec.class_name,
        config,
        own,
        notes,
        None,
        generation,
        inner,
    )


def _problem(
    builder: Builder,
    spec: LayerSpec,
    wrapped: LayerSpec,
) -> str | None:
    """Return why the layer can't be run, None when it can."""
    found = builder.attached.get(id(spec))
    if found is None:
        return "its vector_u can't be read"
    if found.problem:
        return found.problem
    if any(array.problem for array in found.arrays):
        return "its vector_u can't be read"

    if wrapped.class_name == "Embedding" and builder.era.generation >= 3:
        return (
            "Keras 3 returns an Embedding's vectors in the dtype of its ids "
            "there"
        )

    return None


def _value(weight: Weight) -> Any:
    return weight.value


def _misfit(inner: Layer, own: tuple[Weight, ...]) -> str | None:
    """Return why the vector doesn't belong to the inner layer's kernel, None
    when it does.
    """
    if (
        inner.recurrent
        or not inner.weights
        or inner.weights[0].name not in KERNELS
    ):
        return f"{inner.class_name} has no kernel that could be scaled"

    wanted = (1, *inner.weights[0].shape[-1:])
    found: tuple[int, ...] | str
    if own:
        found = own[0].shape
    else:
        found = "nothing"

    if found == wanted:
        return None

    return f"its vector_u is {found}, not {wanted} as its layer's kernel asks"
