"""The settings that a file of weights doesn't hold: those assumed of each
layer, those the user gave, those that are missing.

A setting that Keras gives a default is assumed to have it. One without which a
layer's numbers can't be known (how often a RepeatVector repeats) is missing:
the layer is refused until it is given.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from rnn_tui.engine.cells.kinds import RESET_AFTER, RNN, kind_for
from rnn_tui.engine.layers.names import REFUSED
from rnn_tui.engine.layers.registry import schema
from rnn_tui.engine.layers.schema import UNDECLARED
from rnn_tui.errors import ConfigError
from rnn_tui.formats.architecture.key_checks import needed, wrong_value
from rnn_tui.formats.data.spec import Era, LayerSpec, shown
from rnn_tui.formats.weights.classify import Piece
from rnn_tui.formats.weights_only.assumable import RECURRENT_KEYS
from rnn_tui.text import clean

GIVE = "give the configuration (--config)"


def settle(
    piece: Piece,
    spec: LayerSpec,
    era: Era,
    chosen: Mapping[str, Any],
    assume: Mapping[str, str],
) -> None:
    """Write the settings of one layer into its configuration and its notes, or
    why it can't be computed without them.

    `chosen` are settings that the layers around it speak for. Raises
    ConfigError where `assume` doesn't fit.
    """
    if spec.why_not is not None:
        return

    if piece.convolves or any(inner.convolves for inner in piece.inner):
        spec.why_not = (
            "its padding, strides, data_format and activations aren't in the "
            f"weights: {GIVE}"
        )
        return

    settings: dict[str, Any] | None
    if piece.recurrent:
        settings = _recurrent(piece, era)
    else:
        settings = _feed_forward(piece)

    if settings is None:
        spec.why_not = _why_not(piece)
        return

    if piece.recurrent:
        settings |= {
            key: value
            for key, value in chosen.items()
            if key in settings or key == "zero_output_for_mask"
        }

    settings = {
        key: value
        for key, value in {**settings, **piece.likely}.items()
        if key not in piece.settled
    }
    missing = _missing(piece)
    given = _given(piece, (*settings, *missing), assume)
    problem = wrong_value(piece.class_name, given)
    if problem is not None:
        raise ConfigError(f"--assume: layer {piece.name!r}: {problem}")

    settings |= given
    lacking = [key for key in missing if key not in settings]
    if lacking:
        settings_lacking = " and ".join(lacking)
        spec.why_not = (
            f"its {settings_lacking} isn't in the weights: {GIVE}, or --assume "
            f"{piece.name}.{lacking[0]}=…"
        )

    _write(piece, spec, settings, era)
    if piece.guessed:
        settings = {"class": piece.written, **settings}

    if settings:
        spec.notes.append(f"assumed: {in_words(settings)}")


def in_words(settings: Mapping[str, Any]) -> str:
    """Return settings as a line shows them, in the words `--assume` takes."""
    return ", ".join(f"{key} {_text(value)}" for key, value in settings.items())


def _text(value: Any) -> str:
    if value is None or isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return clean(value, 40)

    return shown(value)


def value_of(text: str) -> Any:
    """Return the value of a text after `=`: true, none, a number, a list;
    anything else is a word.
    """
    known = {"true": True, "false": False, "none": None, "null": None}
    if text.lower() in known:
        return known[text.lower()]

    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return text

    if isinstance(value, (int, float, list)):
        return value

    return text


def by_layer(
    assume: Mapping[str, str],
    found: Sequence[Piece],
) -> dict[str, str]:
    """Return the given settings with every layer by its name here; one that
    only its model calls so is found, too.

    Raises ConfigError where no layer is called so.
    """
    names = {piece.name: piece.name for piece in found}
    for piece in found:
        if piece.called is not None:
            names.setdefault(piece.called, piece.name)

    settled: dict[str, str] = {}
    for key, text in assume.items():
        layer, dot, setting = key.rpartition(".")
        if layer and layer not in names:
            there = ", ".join(clean(piece.name, 40) for piece in found[:20])
            raise ConfigError(
                f"--assume {clean(key, 60)}: no layer is called "
                f"{clean(layer, 40)!r}; there are {there}"
            )

        settled[names.get(layer, "") + dot + setting] = text

    return settled


def _given(
    piece: Piece,
    keys: Sequence[str],
    assume: Mapping[str, str],
) -> dict[str, Any]:
    """Return the settings that the user gave this layer, by its name or as one
    of all that are recurrent.
    """
    found: dict[str, Any] = {}
    if piece.recurrent:
        found |= {
            key: value_of(assume[key])
            for key in RECURRENT_KEYS
            if key in assume and key in keys
        }

    for key, text in assume.items():
        layer, _, setting = key.rpartition(".")
        if layer != piece.name:
            continue

        if setting not in keys:
            there = ", ".join(keys) or "nothing"
            raise ConfigError(
                f"--assume {clean(key, 60)}: what can be set of "
                f"{clean(layer, 40)!r} is {there}"
            )

        found[setting] = value_of(text)

    return found


def _recurrent(piece: Piece, era: Era) -> dict[str, Any]:
    """Return the settings of a recurrent layer; a cuDNN one's activations are
    fixed.
    """
    settings: dict[str, Any] = {
        "return_sequences": False,
        "go_backwards": False,
    }
    cells = piece.inner or [piece]
    names = [cell.class_name for cell in cells]
    if piece.class_name == RNN:
        names = [str(cell["class_name"]) for cell in _cells(piece)]

    kinds = [kind_for(name) for name in names]
    if not piece.cudnn:
        settings["activation"] = "tanh"
        if any(kind.gated for kind in kinds):
            settings["recurrent_activation"] = era.gate

    # with a bias, its shape says so
    for kind, own in zip(kinds, _cells_configs(piece), strict=True):
        if kind.has_key(RESET_AFTER) and not own.get("use_bias"):
            settings[RESET_AFTER] = era.resets_after

    if piece.class_name == "Bidirectional":
        settings["merge_mode"] = "concat"

    return settings


def _cells(piece: Piece) -> list[dict[str, Any]]:
    cells: list[dict[str, Any]] = piece.config["cell"]["config"]["cells"]
    return cells


def _cells_configs(piece: Piece) -> list[dict[str, Any]]:
    if piece.class_name == RNN:
        return [cell["config"] for cell in _cells(piece)]

    return [inner.config for inner in piece.inner or [piece]]


def _feed_forward(piece: Piece) -> dict[str, Any] | None:
    """Return the settings of a layer that isn't recurrent, None where its
    numbers don't follow from any.
    """
    if piece.class_name == "TimeDistributed":
        (inner,) = piece.inner
        return _feed_forward(inner)

    declared = schema(piece.class_name)
    if declared is None or declared.defaults is None:
        return None

    open_ = {key: piece.config[key] for key in piece.open}

    return {**declared.defaults, **open_}


def computed(class_name: str) -> bool:
    """Whether a layer that isn't recurrent has numbers that follow from its
    weights and settings.
    """
    declared = schema(class_name)
    return declared is not None and declared.defaults is not None


def _missing(piece: Piece) -> list[str]:
    """Return the keys a layer is nothing without that its arrays don't tell."""
    if piece.recurrent:
        return []

    declared = schema(piece.class_name) or UNDECLARED
    wanted = (*needed(piece.class_name), *declared.untold)

    return [key for key in wanted if key not in piece.config]


def _why_not(piece: Piece) -> str:
    if piece.class_name in REFUSED:
        return REFUSED[piece.class_name]

    declared = schema(piece.class_name)
    if declared is not None and declared.listed:
        return f"which layers it joins isn't in the weights: {GIVE}"

    return f"what it does isn't in a file of weights: {GIVE}"


def _write(
    piece: Piece,
    spec: LayerSpec,
    settings: Mapping[str, Any],
    era: Era,
) -> None:
    """Write settings into the configurations of a layer and of those inside."""
    own = {**piece.settled, **settings}
    if "center" in piece.open:
        own["scale"] = not own["center"]

    spec.config.update(own)
    spec.config["assumed"] = list(settings)
    if piece.class_name == "RNN":
        own.pop("return_sequences"), own.pop("go_backwards")
        for cell in _cells(piece):
            cell["config"] = _with(cell["config"], own)

        spec.config["reverse_state_order"] = era.reverses_states
        return

    if piece.class_name == "TimeDistributed":
        spec.wraps[0].config.update(own)

    if piece.class_name == "Bidirectional":
        own.pop("merge_mode")
        own_direction = own["go_backwards"]
        spec.config["force_zero_output"] = era.zeroes_masked_directions
        for number, side in enumerate(spec.wraps):
            side.config = _with(side.config, own)
            side.config["go_backwards"] = bool(number) is not bool(
                own_direction
            )


def _with(
    config: Mapping[str, Any],
    settings: Mapping[str, Any],
) -> dict[str, Any]:
    """Return a cell's configuration with the settings; where it has a bias,
    that tells reset_after.
    """
    found = {**config, **settings}
    if config.get("use_bias") and RESET_AFTER in config:
        found[RESET_AFTER] = config[RESET_AFTER]

    return found
