"""The settings that a file lacks, as they are assumed: the ones that can be
chosen instead, and how far the numbers move then.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from rnn_tui.formats.architecture.assumed_classes import NOT_RUN
from rnn_tui.tui.renderables.shapes import shape_text

if TYPE_CHECKING:
    from rnn_tui.engine.model import LayerInfo
    from rnn_tui.engine.trace.trace import CellTrace, ModelTrace
    from rnn_tui.formats.opened import OpenedModel

ACTIVATIONS = (
    "tanh",
    "relu",
    "sigmoid",
    "hard_sigmoid",
    "linear",
    "softsign",
    "elu",
    "selu",
    "softplus",
)
CHOICES: Mapping[str, tuple[str, ...]] = {
    "activation": ACTIVATIONS,
    "recurrent_activation": (
        "sigmoid",
        "hard_sigmoid",
        "tanh",
        "relu",
        "linear",
    ),
    "return_sequences": ("true", "false"),
    "go_backwards": ("true", "false"),
    "merge_mode": ("concat", "sum", "ave", "mul", "none"),
    "reset_after": ("true", "false"),
    "mask_zero": ("true", "false"),
    "padding": ("valid", "same", "causal"),
    "center": ("true", "false"),
}
"""The settings that can be assumed of a layer whose configuration isn't in the
file, and the values to choose from.
"""

CLASS = "class"
"""The class of Keras's that a custom layer is computed as."""

NUMERICS = "hard_sigmoid"
"""The one assumption that is the model's: which Keras's definition holds, 2 or
3.
"""

WINDOW = 4096
"""Timesteps that are compared together."""


@dataclass(frozen=True)
class Assumption:
    """One setting: of a layer, or of the whole model where `layer` is empty."""

    layer: str
    key: str
    value: str
    choices: tuple[str, ...]

    @property
    def name(self) -> str:
        """Its name for `assuming`."""
        if self.layer:
            return f"{self.layer}.{self.key}"

        return self.key


@dataclass(frozen=True)
class Moved:
    """The distance of two runs: the largest difference of the model's outputs
    and of h; None: not comparable.
    """

    outputs: float | None
    h: float | None


def assumptions(opened: OpenedModel) -> list[Assumption]:
    """Return every setting that can be chosen.

    They are those of layers told by their arrays, the class that a layer of
    somebody's own is computed as, and hard_sigmoid's definition.
    """
    computable = [own for own in opened.own if own.fits]
    found = [
        Assumption(own.path, CLASS, own.taken or NOT_RUN, (NOT_RUN, *own.fits))
        for own in computable
    ]
    if opened.deduced:
        for layer in opened.layers:
            if layer.depth == 0:
                found += _of(layer)

    if opened.hard_sigmoid is not None:
        found.append(
            Assumption("", NUMERICS, str(opened.hard_sigmoid), ("2", "3"))
        )

    return found


def _of(layer: LayerInfo) -> list[Assumption]:
    found = []
    assumed = layer.config.get("assumed", ())
    for key, choices in CHOICES.items():
        if key in assumed and key in layer.config:
            value = _text(layer.config[key])
            if value in choices:
                offered = choices
            else:
                offered = (value, *choices)

            found.append(Assumption(layer.path, key, value, offered))

    return found


def _text(value: Any) -> str:
    if isinstance(value, bool) or value is None:
        return str(value).lower()

    return str(value)


def assuming(opened: OpenedModel, changes: Mapping[str, str]) -> OpenedModel:
    """Return the model with these settings beside those chosen before.

    Raises RnnTuiError where they don't fit.
    """
    return opened.assuming(**changes)


def other_numerics(opened: OpenedModel) -> OpenedModel:
    """Return the same model with the other Keras's hard_sigmoid; the file's own
    setting is no assumption.
    """
    if NUMERICS in opened.assumed:
        rest = {
            key: value
            for key, value in opened.assumed.items()
            if key != NUMERICS
        }
        back = replace(opened, assumed={}).assuming(**rest)
        if back.hard_sigmoid != opened.hard_sigmoid:
            return back

    return opened.assuming(
        **{NUMERICS: "2" if opened.hard_sigmoid == 3 else "3"}
    )


HARD_SIGMOIDS: Mapping[int, str] = {
    2: "Keras 2: clip(x / 5 + 1/2, 0, 1)",
    3: "Keras 3: clip(x / 6 + 1/2, 0, 1)",
}
"""The definitions of hard_sigmoid, by the Keras that has them."""


def numerics_text(before: OpenedModel, after: OpenedModel) -> str:
    """Return in words which hard_sigmoid is in force, empty where that is the
    same as before.
    """
    now = after.hard_sigmoid
    if now is None or now == before.hard_sigmoid:
        return ""

    return f"hard_sigmoid of {HARD_SIGMOIDS[now]}: "


def run_again(
    opened: OpenedModel,
    before: ModelTrace,
    progress: Callable[[int, int], None],
    cancelled: Callable[[], bool],
) -> ModelTrace | None:
    """Run the model on the input of an earlier run; None when its inputs are
    called otherwise. Raises RnnTuiError.
    """
    if set(before.inputs) != {info.name for info in opened.model.inputs}:
        return None

    if before.batched:
        fed = before.inputs
    else:
        fed = {name: value[0] for name, value in before.inputs.items()}

    from rnn_tui.tui.session.jobs import said_with_the_run

    return opened.run(
        fed,
        warn=said_with_the_run,
        partial=True,
        progress=progress,
        cancelled=cancelled,
    )


def moved(before: ModelTrace, after: ModelTrace) -> Moved:
    """Return how far the second run differs from the first."""
    import numpy as np

    def apart(a: Any, b: Any) -> float | None:
        if a.shape != b.shape:
            return None

        return float(np.max(np.abs(np.asarray(a, np.float64) - b), initial=0.0))

    outputs = None
    if len(before.outputs) == len(after.outputs) > 0:
        outputs = _largest(
            [
                apart(a, b)
                for a, b in zip(before.outputs, after.outputs, strict=True)
            ]
        )

    others = {cell.key: cell for cell in after.cells}
    pairs = [
        (cell, others[cell.key]) for cell in before.cells if cell.key in others
    ]

    return Moved(outputs, _largest([_h_apart(a, b, apart) for a, b in pairs]))


def _h_apart(
    a: CellTrace,
    b: CellTrace,
    apart: Callable[[Any, Any], float | None],
) -> float | None:
    if a.timesteps != b.timesteps:
        return None

    starts = range(0, a.timesteps, WINDOW)
    return _largest(
        [
            apart(a.read("h", t, t + WINDOW), b.read("h", t, t + WINDOW))
            for t in starts
        ]
    )


def _largest(found: list[float | None]) -> float | None:
    known = [value for value in found if value is not None]
    if known and len(known) == len(found):
        return max(known)

    return None


def moved_text(before: ModelTrace, after: ModelTrace, how_far: Moved) -> str:
    """Return in words how far the outputs and h moved."""
    parts = []
    if how_far.outputs is not None:
        parts.append(f"the outputs move by up to {how_far.outputs:.2g}")
    elif before.outputs and after.outputs:
        parts.append(
            f"the output is {_shapes(after)} instead of {_shapes(before)}"
        )

    if how_far.h is not None:
        parts.append(
            f"h by up to {how_far.h:.2g}"
            if how_far.outputs is not None
            else f"h moves by up to {how_far.h:.2g}"
        )

    return ", ".join(parts) or "the model was run again"


def _shapes(trace: ModelTrace) -> str:
    return "  ".join(
        shape_text((None, *value.shape[1:])) for value in trace.outputs
    )
