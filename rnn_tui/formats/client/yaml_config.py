"""Configurations in YAML, as Keras 1 and 2 wrote, converted to JSON within
limits.
"""

from __future__ import annotations

import json
from typing import Any

from rnn_tui.errors import FileError
from rnn_tui.formats.wire.limits import Limits
from rnn_tui.text import clean

FAST_BYTES, SLOW_BYTES = 1 << 19, 1 << 16
"""Characters that are read with libyaml, and without it: PyYAML's own parser
takes a second for some 30,000.
"""
LISTS = ("tag:yaml.org,2002:python/tuple", "tag:yaml.org,2002:seq")
TEXTS = (
    "tag:yaml.org,2002:python/unicode",
    "tag:yaml.org,2002:timestamp",
    "tag:yaml.org,2002:binary",
)
"""Tags whose values are kept as the lists and texts they are written as."""


def json_of_yaml(text: str, path: str) -> str:
    """Return the JSON of a YAML text.

    Raises FileError, also for a text that would take too long or unfold without
    end.
    """
    try:
        import yaml
    except ImportError:
        raise FileError(
            f"{clean(path)}: reading YAML needs PyYAML: pip install pyyaml, "
            "or save it as JSON"
        ) from None

    base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    most = SLOW_BYTES if base is yaml.SafeLoader else FAST_BYTES
    if len(text) > most:
        raise FileError(
            f"{clean(path)}: YAML is read up to {most:,} characters; save the "
            "configuration as JSON"
        )

    loader: Any = type("KerasLoader", (base,), {})
    for tags, made in (
        (LISTS, base.construct_sequence),
        (TEXTS, base.construct_scalar),
    ):
        for tag in tags:
            loader.add_constructor(tag, _deep(made) if tags is LISTS else made)

    try:
        _check(yaml, text, loader, path)
        return json.dumps(yaml.load(text, Loader=loader))
    except yaml.MarkedYAMLError as error:
        if error.problem_mark:
            line = f"line {error.problem_mark.line + 1}: "
        else:
            line = ""

        raise FileError(
            f"{clean(path)}: the configuration isn't valid YAML: "
            f"{line}{clean(error.problem)}"
        ) from None
    except (yaml.YAMLError, TypeError, ValueError, RecursionError) as error:
        first = str(error).partition("\n")[0]
        raise FileError(
            f"{clean(path)}: the configuration isn't valid YAML: {clean(first)}"
        ) from None


def _deep(construct: Any) -> Any:
    return lambda loader, node: construct(loader, node, deep=True)


def _check(yaml: Any, text: str, loader: Any, path: str) -> None:
    """Walk through the events, which takes no recursion: no aliases, no more
    depth and values than JSON may have.
    """
    limits = Limits()
    depth = 0
    for count, event in enumerate(yaml.parse(text, Loader=loader)):
        if isinstance(event, yaml.AliasEvent):
            raise FileError(
                f"{clean(path)}: the YAML has aliases; save the configuration "
                "as JSON"
            )

        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(
            event,
            yaml.CollectionEndEvent,
        )
        if depth > limits.config_depth or count > limits.config_values:
            if depth > limits.config_depth:
                what = f"is nested deeper than {limits.config_depth}"
            else:
                what = "is too long"

            raise FileError(f"{clean(path)}: the configuration {what}")
