"""Keras's metadata of the objects in a SavedModel: JSON for each, and the
configuration of the whole model in it.

TensorFlow 2.5 and later have it in a file of its own, `keras_metadata.pb`;
before, it is in the graph of objects.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from rnn_tui.formats.reader.object_graphs import Node
from rnn_tui.formats.reader.protobuf import Fields, bytes_of, number_of, text_of
from rnn_tui.formats.wire.limits import Limits
from rnn_tui.formats.wire.problems import ProblemError

LAYERS = ("_tf_keras_layer", "_tf_keras_rnn_layer", "_tf_keras_input_layer")
MODELS = ("_tf_keras_model", "_tf_keras_network", "_tf_keras_sequential")


class Metadata:
    """Keras's metadata of the objects, by their numbers; parsed when it is
    asked for.
    """

    def __init__(self, kinds: dict[int, str], texts: dict[int, str]) -> None:
        self._kinds = kinds
        self._texts = texts
        self._parsed: dict[int, dict[str, Any]] = {}

    def is_model(self, place: int) -> bool:
        """Say whether an object is a model of Keras's."""
        return self._kinds.get(place) in MODELS

    def is_layer(self, place: int) -> bool:
        """Say whether an object is a layer of Keras's, or a model."""
        return self._kinds.get(place) in (*LAYERS, *MODELS)

    def has(self, place: int) -> bool:
        """Say whether Keras wrote metadata of an object."""
        return bool(self._texts.get(place))

    def of(self, place: int) -> dict[str, Any]:
        """Return Keras's metadata of an object; nothing when there is none, or
        none that can be read.
        """
        found = self._parsed.get(place)
        if found is None:
            found = _object(self._texts.get(place, ""))
            self._parsed[place] = found

        return found


def read_metadata(
    own_file: memoryview | None,
    nodes: Sequence[Node],
    fields: Fields,
    limits: Limits,
) -> Metadata:
    """Return Keras's metadata, from `keras_metadata.pb` where there is one,
    else from the graph.

    Raises ProblemError when it is damaged, or longer than a configuration may
    be.
    """
    kinds: dict[int, str] = {}
    texts: dict[int, str] = {}
    if own_file is None:
        for place, node in enumerate(nodes):
            kinds[place] = node.identifier
            texts[place] = node.metadata
    else:
        for number, value in fields.of(own_file):
            if number == 1:
                place, kind, text = _said(fields, bytes_of(value))
                kinds[place] = kind
                texts[place] = text

    if sum(map(len, texts.values())) > limits.config_bytes:
        raise ProblemError(
            f"has configurations that are longer than {limits.config_bytes:,} "
            "bytes"
        )

    values = sum(text.count(",") + text.count("[") for text in texts.values())
    if values > limits.config_values:
        raise ProblemError(
            f"has configurations of more than {limits.config_values:,} values"
        )

    return Metadata(kinds, texts)


def _said(fields: Fields, message: memoryview) -> tuple[int, str, str]:
    """Return an object's number, its kind, and its JSON."""
    place, kind, text = 0, "", ""
    for number, value in fields.of(message):
        if number == 2:
            place = number_of(value)
        elif number == 4:
            kind = text_of(value)
        elif number == 5:
            text = text_of(value)

    return place, kind, text


def _object(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return {}

    if isinstance(found, dict):
        return found

    return {}


def model_config(said: dict[str, Any]) -> dict[str, Any]:
    """Return the configuration of a model as `to_json` writes it."""
    whole = said.get("model_config")
    if isinstance(whole, dict):
        return whole

    return {"class_name": said.get("class_name"), "config": said.get("config")}


def plain(value: Any) -> Any:
    """Return a configuration with lists where TensorFlow marked tuples and
    shapes.
    """
    if isinstance(value, list):
        return [plain(part) for part in value]

    if not isinstance(value, dict):
        return value

    marked = value.get("class_name") in ("__tuple__", "TensorShape")
    if marked and isinstance(value.get("items"), list):
        return plain(value["items"])

    return {key: plain(part) for key, part in value.items()}
