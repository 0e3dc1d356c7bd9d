"""A configuration from outside the weights file: a .json or .yaml, or another
model file of the same architecture.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rnn_tui.errors import FileError
from rnn_tui.formats.client.process import start_reading
from rnn_tui.formats.client.source_file import open_source
from rnn_tui.formats.client.validate_answer import (
    parsed_config as checked_config,
)
from rnn_tui.formats.client.yaml_config import json_of_yaml
from rnn_tui.formats.data.spec import Config
from rnn_tui.formats.wire.file_slice import Window
from rnn_tui.formats.wire.limits import Limits
from rnn_tui.text import clean


def load_config(path: str, limits: Limits | None = None) -> Config:
    """Return a model's configuration (with `keras_version` where it is known)
    from any file that holds one.

    `limits` hold for a file that a reading process has to open.

    Raises FileError when there is none in it.
    """
    suffix = Path(path).suffix.lower()
    if suffix in (".yaml", ".yml"):
        return _model_in(
            checked_config(path, json_of_yaml(_text(path), path), Limits()),
            path,
        )
    if suffix == ".json" or _opens_with_brace(path):
        return _model_in(
            checked_config(path, _once(_text(path)), Limits()),
            path,
        )

    file = start_reading(path, limits=limits).result()
    if file.config is None:
        raise FileError(
            f"{clean(path)}: a weights file without a configuration can't be "
            "the configuration of another"
        )

    return {"keras_version": file.keras_version, **file.config}


def beside(path: str) -> str | None:
    """Return the .json or .yaml next to a weights file that is named after it,
    None when there is none.
    """
    stem = Path(path)
    names = {stem.with_suffix(""), stem.with_suffix("").with_suffix("")}
    candidates = [
        name.with_name(name.name + end)
        for name in sorted(names)
        for end in (".json", ".yaml", ".yml")
    ]
    found = [
        candidate
        for candidate in candidates
        if candidate.is_file() and not str(candidate).endswith(".weights.json")
    ]
    if found:
        return str(found[0])

    return None


def _text(path: str) -> str:
    """Return the text of a regular file, opened without waiting and read no
    further than a configuration may be.
    """
    limit = Limits().config_bytes
    source, identity = open_source(path)
    with source:
        if identity.size > limit:
            raise FileError(
                f"{clean(path)}: the configuration is longer than {limit:,} "
                "bytes"
            )

        try:
            data = Window(source, 0, identity.size).read(identity.size)
        except OSError as error:
            raise FileError(
                f"{clean(path)}: the configuration can't be read: "
                f"{clean(error.strerror or error)}"
            ) from None

    try:
        # some editors begin a text with a mark of its encoding
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise FileError(
            f"{clean(path)}: the configuration can't be read: {clean(error)}"
        ) from None


def _once(text: str) -> str:
    """Return the JSON in a JSON string, as `json.dump(model.to_json(), file)`
    writes it.
    """
    if not text.lstrip().startswith('"'):
        return text

    try:
        inner = json.loads(text)
    except (ValueError, RecursionError):
        return text

    if isinstance(inner, str):
        return inner

    return text


def _opens_with_brace(path: str) -> bool:
    if os.path.isdir(path):  # an unpacked archive
        return False

    source, _ = open_source(path)
    with source:
        try:
            head = source.read(64)
        except OSError as error:
            raise FileError(
                f"{clean(path)}: the configuration can't be read: "
                f"{clean(error.strerror or error)}"
            ) from None

    return head.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"{")


def _model_in(config: Mapping[str, Any] | None, path: str) -> Config:
    if config is None or "config" not in config or "class_name" not in config:
        raise FileError(
            f"{clean(path)}: no model's configuration (`class_name` and "
            "`config`, as model.to_json() writes)"
        )

    return config
