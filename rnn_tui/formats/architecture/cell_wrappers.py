"""TensorFlow's wrappers around a recurrent cell: which cell is inside, and how
they change its output.

`tf.nn.RNNCellResidualWrapper` adds the cell's input to its output,
`RNNCellDeviceWrapper` says where it runs, `RNNCellDropoutWrapper` drops values
in every call, inference included (tf_keras, layers/rnn/cell_wrappers.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rnn_tui.formats.data.spec import Era, shown

WRAPPERS = ("ResidualWrapper", "DeviceWrapper", "DropoutWrapper")
KEPT = ("input_keep_prob", "output_keep_prob", "state_keep_prob")
"""The shares of values that a DropoutWrapper keeps."""


def unwrapped(
    cell: Mapping[str, Any],
    era: Era,
) -> tuple[Mapping[str, Any], dict[str, Any]]:
    """Return the cell inside its wrappers, and their effect in words of ours.

    `residual` is how often the cell's input is added to its output,
    `wrapped_as` the class the file's paths have, `cell_problem` why it can't be
    computed.
    """
    ours: dict[str, Any] = {}
    if not (era.generation == 2 and era.tensorflow):
        return cell, ours

    while cell.get("class_name") in WRAPPERS and cell.get(
        "registered_name"
    ) in (
        None,
        cell["class_name"],
    ):
        config = cell.get("config")
        inner = None
        if isinstance(config, Mapping):
            inner = config.get("cell")

        if not isinstance(config, Mapping) or not isinstance(inner, Mapping):
            break

        ours.setdefault("wrapped_as", cell["class_name"])
        problem = _problem(cell["class_name"], config)
        if problem is not None:
            ours.setdefault("cell_problem", problem)

        if cell["class_name"] == "ResidualWrapper":
            ours["residual"] = ours.get("residual", 0) + 1

        cell = inner

    return cell, ours


def _problem(class_name: str, config: Mapping[str, Any]) -> str | None:
    """Return why a wrapper can't be computed, None when it can."""
    if (
        class_name == "ResidualWrapper"
        and config.get("residual_fn") is not None
    ):
        if config.get("residual_fn_type") == "function":
            named = config["residual_fn"]
        else:
            named = "a lambda"

        return (
            "its ResidualWrapper puts input and output together by "
            f"{shown(named)}, its author's own"
        )

    if class_name == "DropoutWrapper":
        dropping = [key for key in KEPT if config.get(key, 1.0) != 1.0]
        drops = next(iter(dropping), None)
        if drops is not None:
            return (
                f"its DropoutWrapper drops values in every run, {drops} is "
                f"{shown(config[drops])}"
            )

    return None
