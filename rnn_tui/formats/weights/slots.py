"""Which arrays each layer class keeps, in Keras's order: trainable ones first, then
what training doesn't touch.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from rnn_tui.engine.cells.kinds import (
    CELL_ARRAYS,
    KINDS,
    RNN,
    CellKind,
    find_kind,
    is_recurrent,
)
from rnn_tui.engine.core.activations import has_slopes
from rnn_tui.engine.recurrent.factory import mapping
from rnn_tui.formats.architecture.quantization import arrays_of
from rnn_tui.formats.data.spec import Era, LayerSpec, cells_of


@dataclass(frozen=True)
class Slot:
    """One array a layer expects."""

    name: str
    trainable: bool = True


FIXED: Mapping[str, tuple[str, ...]] = {
    "Embedding": ("embeddings",),
    "PReLU": ("alpha",),
    "RMSNormalization": ("gamma",),
}
BIASED: Mapping[str, tuple[str, ...]] = {
    "Dense": ("kernel", "bias"),
    "EinsumDense": ("kernel", "bias"),
    "TimeDistributedDense": ("kernel", "bias"),
    "MaxoutDense": ("kernel", "bias"),
    "Highway": ("kernel", "kernel_carry", "bias", "bias_carry"),
    **{f"Conv{rank}D": ("kernel", "bias") for rank in (1, 2, 3)},
    **{f"Conv{rank}DTranspose": ("kernel", "bias") for rank in (1, 2, 3)},
    **{f"DepthwiseConv{rank}D": ("depthwise_kernel", "bias") for rank in (1, 2)},
    **{
        f"SeparableConv{rank}D": ("depthwise_kernel", "pointwise_kernel", "bias")
        for rank in (1, 2)
    },
    **{f"LocallyConnected{rank}D": ("kernel", "bias") for rank in (1, 2)},
    "MultiHeadAttention": tuple(
        f"{part}_{kind}"
        for part in ("query", "key", "value", "output")
        for kind in ("kernel", "bias")
    ),
}
"""With `use_bias` off, the arrays called bias are missing."""
SLOPED = ("Dense", "Conv1D", "Conv2D", "Conv3D")
"""Layers whose activation may be a PReLU, which has an array of its own."""


def slots(spec: LayerSpec, era: Era) -> list[Slot] | None:
    """Return the arrays a layer keeps, none of those it wraps; None when nobody knows
    (a class of someone's own).
    """
    if spec.wraps and spec.class_name == "SpectralNormalization":
        return _with_vector(slots(spec.wraps[0], era))
    if spec.graph is not None or spec.wraps or spec.operator:
        return []

    known = spec.class_name in (*FIXED, *BIASED, "BatchNormalization")
    if spec.why_not is not None and not known and not is_recurrent(spec.class_name):
        if spec.class_name in ("TFOpLambda", "SlicingOpLambda"):
            return []

        return None

    frozen = spec.config.get("trainable") is False
    found = list(_slots(spec.class_name, spec.config, era))
    if frozen:
        return [Slot(slot.name, False) for slot in found]

    return found


def _with_vector(inner: list[Slot] | None) -> list[Slot] | None:
    """Return the arrays of a SpectralNormalization: it holds the kernel of what it
    wraps, then its own vector.
    """
    if inner:
        return [*inner[:1], Slot("vector_u", False), *inner[1:]]

    return None


def _slots(class_name: str, config: Mapping[str, Any], era: Era) -> Iterator[Slot]:
    quantized = arrays_of(class_name, config)
    if quantized is not None:
        yield from (Slot(name, trainable) for name, trainable in quantized)
    elif class_name in KINDS:
        yield from _cell(KINDS[class_name], config, era)
    elif class_name == RNN:
        for cell in cells_of(config.get("cell")):
            kind = find_kind(str(cell.get("class_name")))
            yield from _cell(kind, mapping(cell.get("config")), era)
    elif class_name in FIXED:
        yield from (Slot(name) for name in FIXED[class_name])
    elif class_name in ("GroupedQueryAttention", "GroupQueryAttention"):
        heads = [
            part
            for part in ("query", "key", "gate", "value", "output")
            if part != "gate" or config.get("use_gate")
        ]
        kinds: tuple[str, ...]
        if config.get("use_bias", True):
            kinds = ("kernel", "bias")
        else:
            kinds = ("kernel",)

        yield from (Slot(f"{part}_{kind}") for part in heads for kind in kinds)
    elif class_name in BIASED:
        if class_name == "EinsumDense":
            biased = config.get("bias_axes") is not None
        else:
            biased = config.get("use_bias", True)

        yield from (
            Slot(name) for name in BIASED[class_name] if biased or "bias" not in name
        )
        if class_name in SLOPED and has_slopes(config.get("activation")):
            yield Slot("alpha")
    else:
        yield from _normalisation(class_name, config)


def _cell(kind: CellKind | None, config: Mapping[str, Any], era: Era) -> Iterator[Slot]:
    """Yield the arrays of one cell; of an unknown one those of Keras's own cells, by
    which it is shown.
    """
    arrays = CELL_ARRAYS
    apart = ""
    if kind is not None:
        arrays = kind.arrays
        apart = kind.keras_1_order

    if era.generation == 1 and apart and config.get("consume_less") != "gpu":
        yield from (
            Slot(f"{part}_{gate}") for gate in apart for part in ("W", "U", "b")
        )
        return

    yield from (
        Slot(name)
        for name in arrays
        if "bias" not in name or config.get("use_bias", True)
    )


def _normalisation(class_name: str, config: Mapping[str, Any]) -> Iterator[Slot]:
    if class_name in ("BatchNormalization", "LayerNormalization", "GroupNormalization"):
        if config.get("scale", True):
            yield Slot("gamma")

        if config.get("center", True) and not config.get("rms_scaling"):
            yield Slot("beta")

    if class_name == "BatchNormalization":
        yield from (Slot("moving_mean", False), Slot("moving_variance", False))
        if config.get("renorm"):
            yield from (
                Slot(name, False)
                for name in ("moving_stddev", "renorm_mean", "renorm_stddev")
            )
    elif class_name == "Normalization" and config.get("mean") is None:
        yield from (Slot("mean", False), Slot("variance", False), Slot("count", False))
    elif class_name in ("Attention", "AdditiveAttention"):
        if config.get("use_scale", class_name == "AdditiveAttention"):
            yield Slot("scale")

        if config.get("score_mode") == "concat":
            yield Slot("concat_score_weight")
