"""Do a layer's arrays fit its configuration?

Shapes are checked at load so that the engine may trust its weights.
"""

from __future__ import annotations

from collections.abc import Sequence

from rnn_tui.engine.cells.kinds import (
    KINDS,
    RESET_AFTER,
    CellKind,
    is_recurrent,
    with_article,
)
from rnn_tui.engine.core.arrays import Weight
from rnn_tui.formats.architecture.quantization import misfit as quantized_misfit
from rnn_tui.formats.data.spec import Era, LayerSpec, shown
from rnn_tui.formats.weights.slot_shapes import misfit
from rnn_tui.formats.weights.slots import slots

WIDTH = {
    "Dense": "units",
    "TimeDistributedDense": "units",
    "Conv1D": "filters",
    "Conv2D": "filters",
    "Conv3D": "filters",
}
"""The configuration's key that the last axis of the kernel must equal."""


def agree(
    spec: LayerSpec, weights: Sequence[Weight], era: Era, path: str, warnings: list[str]
) -> str | None:
    """Return what doesn't fit, None when all does.

    Where only a size differs the weights win, with a warning.
    """
    kept = slots(spec, era)
    if kept is None:
        return None

    if (
        not is_recurrent(spec.class_name)
        and spec.class_name != "Normalization"
        and len(weights) != len(kept)
    ):
        names = ", ".join(slot.name for slot in kept) or "none"
        return (
            f"the file has {len(weights)} arrays for it where its configuration asks "
            f"for {len(kept)} ({names})"
        )

    kind = KINDS.get(spec.class_name)
    if kind is not None and not kind.rank:
        return _cell(kind, spec, weights, path, warnings)
    if spec.config.get("quantized") in ("int4", "float8"):
        return quantized_misfit(spec, weights)
    if problem := misfit(spec, weights):
        return problem

    for key, size in _sizes(spec, weights):
        if spec.config.get(key) != size:
            warnings.append(
                f"layer {path!r}: {key} is {shown(spec.config.get(key))} in the "
                f"configuration, {size} in the weights"
            )
            spec.config[key] = size

    return None


def _sizes(spec: LayerSpec, weights: Sequence[Weight]) -> list[tuple[str, int]]:
    if not weights or not weights[0].shape:
        return []
    if spec.class_name == "Embedding" and len(weights[0].shape) == 2:
        return [("input_dim", weights[0].shape[0]), ("output_dim", weights[0].shape[1])]
    if spec.class_name in WIDTH:
        return [(WIDTH[spec.class_name], weights[0].shape[-1])]

    return []


def _cell(
    kind: CellKind,
    spec: LayerSpec,
    weights: Sequence[Weight],
    path: str,
    warnings: list[str],
) -> str | None:
    """Check a plain cell's arrays against each other; `units` and `use_bias` follow
    them.
    """
    gates = len(kind.gates)
    if len(weights) not in (2, 3):
        return (
            f"the file has {len(weights)} arrays for it; {spec.class_name} has "
            "kernel, recurrent_kernel and bias"
        )

    kernel, recurrent, *biases = (weight.shape for weight in weights)
    if recurrent:
        units = recurrent[0]
    else:
        units = 0

    if (
        len(kernel) != 2
        or recurrent != (units, gates * units)
        or kernel[1] != gates * units
    ):
        return (
            f"kernel {kernel} and recurrent_kernel {recurrent} don't make "
            f"{with_article(spec.class_name)} of {units} units"
        )

    for bias in biases:
        if kind.cudnn and bias == (2 * gates * units,):
            return _cudnn_bias(kind, spec, bias)
        if bias not in kind.bias_shapes(units):
            return f"bias {bias} doesn't fit {units} units"

        after = len(bias) == 2
        said = bool(spec.config.get(RESET_AFTER))
        if kind.has_key(RESET_AFTER) and said is not after:
            spec.notes.append(f"the bias {bias} says reset_after={after}")
            spec.config[RESET_AFTER] = after

    if spec.config.get("units") != units:
        stated = shown(spec.config.get("units"))
        warnings.append(
            f"layer {path!r}: units is {stated} in the configuration, {units} in the "
            "weights; the weights win"
        )
        spec.config["units"] = units

    if bool(biases) is not bool(spec.config.get("use_bias", True)):
        warnings.append(
            f"layer {path!r}: use_bias doesn't fit the {len(weights)} arrays it has; "
            "they win"
        )
        spec.config["use_bias"] = bool(biases)

    return None


def _cudnn_bias(kind: CellKind, spec: LayerSpec, bias: tuple[int, ...]) -> str:
    """Return why a bias as cuDNN has it can't be taken in this layer; where it can, it
    has been converted before.
    """
    if kind.has_key(RESET_AFTER) and not spec.config.get(RESET_AFTER):
        return (
            f"the bias {bias} is a {kind.cudnn}'s, whose arithmetic is "
            f"{with_article(kind.class_name)}'s with reset_after=True, not with False"
        )

    return (
        f"the bias {bias} is a {kind.cudnn}'s, which the Keras of this file doesn't "
        "convert"
    )
