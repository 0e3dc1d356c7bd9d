"""Do a layer's arrays fit its configuration?

Shapes are checked at load so that the engine may trust its weights.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rnn_tui.engine.cells.kinds import (
    KINDS,
    RESET_AFTER,
    CellKind,
    is_recurrent,
    with_article,
)
from rnn_tui.engine.core.arrays import Weight
from rnn_tui.engine.layers.registry import schema
from rnn_tui.engine.layers.schema import UNDECLARED
from rnn_tui.formats.architecture.quantization import misfit as quantized_misfit
from rnn_tui.formats.data.spec import Era, LayerSpec, shown
from rnn_tui.formats.weights.slot_shapes import misfit, pattern_of, sides_of
from rnn_tui.formats.weights.slots import slots


def agree(
    spec: LayerSpec,
    weights: Sequence[Weight],
    era: Era,
    path: str,
    warnings: list[str],
) -> str | None:
    """Return the misfit in words, None when all fits.

    Where only a size differs the weights win, with a warning.
    """
    kept = slots(spec, era)
    if kept is None:
        return None

    counted = not is_recurrent(spec.class_name) and not _leaves_out(spec)
    if counted and len(weights) != len(kept):
        names = ", ".join(slot.name for slot in kept) or "none"
        return (
            f"the file has {len(weights)} arrays for it where its "
            f"configuration asks for {len(kept)} ({names})"
        )

    kind = KINDS.get(spec.class_name)
    if kind is not None and not kind.rank:
        return _cell(kind, spec, weights, path, warnings)
    if spec.config.get("quantized") in ("int4", "float8"):
        return quantized_misfit(spec, weights)

    problem = misfit(spec, weights)
    if problem is not None:
        return problem

    for key, size in _followed(spec, weights):
        if spec.config.get(key) != size:
            warnings.append(
                f"layer {path!r}: {key} is {shown(spec.config.get(key))} in "
                f"the configuration, {size} in the weights"
            )
            spec.config[key] = size

    return None


def _leaves_out(spec: LayerSpec) -> bool:
    """Return whether files may leave out arrays of this class."""
    declared = schema(spec.class_name) or UNDECLARED
    return any(array.optional for array in declared.arrays)


def _followed(
    spec: LayerSpec,
    weights: Sequence[Weight],
) -> Iterator[tuple[str, int]]:
    """Yield the keys whose value follows the arrays, each with its side
    there.
    """
    declared = schema(spec.class_name) or UNDECLARED
    if not declared.follows:
        return

    sides: dict[str, tuple[int, ...]] = {}
    for weight in weights:
        pattern = pattern_of(declared, weight.name) or ""
        sides |= sides_of(pattern, weight.shape, declared.spatial) or {}

    for key in declared.follows:
        if key in sides:
            (size,) = sides[key]
            yield key, size


def _cell(
    kind: CellKind,
    spec: LayerSpec,
    weights: Sequence[Weight],
    path: str,
    warnings: list[str],
) -> str | None:
    """Check a plain cell's arrays against each other; `units` and `use_bias`
    follow them.
    """
    if len(weights) not in (2, 3):
        return (
            f"the file has {len(weights)} arrays for it; {spec.class_name} has "
            "kernel, recurrent_kernel and bias"
        )

    kernel, recurrent, *biases = (weight.shape for weight in weights)
    units = 0
    if recurrent:
        units = recurrent[0]

    wide = len(kind.gates) * units
    kernel_fits = len(kernel) == 2 and kernel[1] == wide
    if not kernel_fits or recurrent != (units, wide):
        return (
            f"kernel {kernel} and recurrent_kernel {recurrent} don't make "
            f"{with_article(spec.class_name)} of {units} units"
        )

    for bias in biases:
        problem = _bias(kind, spec, bias, units)
        if problem is not None:
            return problem

    if spec.config.get("units") != units:
        stated = shown(spec.config.get("units"))
        warnings.append(
            f"layer {path!r}: units is {stated} in the configuration, {units} "
            "in the weights; the weights win"
        )
        spec.config["units"] = units

    is_biased = bool(biases)
    if is_biased is not bool(spec.config.get("use_bias", True)):
        warnings.append(
            f"layer {path!r}: use_bias doesn't fit the {len(weights)} arrays "
            "it has; they win"
        )
        spec.config["use_bias"] = is_biased

    return None


def _bias(
    kind: CellKind,
    spec: LayerSpec,
    bias: tuple[int, ...],
    units: int,
) -> str | None:
    """Check a cell's bias against its units; `reset_after` follows it."""
    wide = len(kind.gates) * units
    if kind.cudnn and bias == (2 * wide,):
        return _cudnn_bias(kind, spec, bias)
    if bias not in kind.bias_shapes(units):
        return f"bias {bias} doesn't fit {units} units"

    after = len(bias) == 2
    said = bool(spec.config.get(RESET_AFTER))
    if kind.has_key(RESET_AFTER) and said is not after:
        spec.notes.append(f"the bias {bias} says reset_after={after}")
        spec.config[RESET_AFTER] = after

    return None


def _cudnn_bias(kind: CellKind, spec: LayerSpec, bias: tuple[int, ...]) -> str:
    """Return why a bias as cuDNN has it can't be taken in this layer; where it
    can, it has been converted before.
    """
    if kind.has_key(RESET_AFTER) and not spec.config.get(RESET_AFTER):
        return (
            f"the bias {bias} is a {kind.cudnn}'s, whose arithmetic is "
            f"{with_article(kind.class_name)}'s with reset_after=True, not "
            "with False"
        )

    return (
        f"the bias {bias} is a {kind.cudnn}'s, which the Keras of this file "
        "doesn't convert"
    )
