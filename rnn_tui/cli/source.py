"""The MODEL argument: a path or a sample's name, read by a process that starts
before anything heavy is imported.
"""

from __future__ import annotations

import os
from argparse import Namespace
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from rnn_tui.cli.stderr import print_warnings
from rnn_tui.errors import FileError, RnnTuiError
from rnn_tui.formats.client.process import PendingRead, start_reading
from rnn_tui.formats.client.source_file import is_there
from rnn_tui.formats.weights_only.assumable import ASSUMABLE
from rnn_tui.formats.wire.limits import Limits, limits_of
from rnn_tui.text import clean

if TYPE_CHECKING:
    from rnn_tui.formats.opened import OpenedModel
    from rnn_tui.samples import Sample


class Source:
    """The model a command works on: its path, the sample it is (if it is one),
    and its reading under way.
    """

    def __init__(self, arguments: Namespace) -> None:
        self.arguments = arguments
        self.path, self.sample = located(arguments.model)
        self.pending: PendingRead = start_reading(
            self.path,
            limits=limits(arguments),
        )

    def open(self, *, tells: bool = True) -> OpenedModel:
        """Return the model; write the warnings about the file where it `tells`
        them and not its caller.
        """
        from rnn_tui.formats.opened import open_model

        try:
            config, assume = self.arguments.config, assumptions(self.arguments)
            opened = open_model(
                self.path,
                pending=self.pending,
                config=config,
                assume=assume,
            )
        finally:
            self.pending.cancel()

        if tells:
            print_warnings(opened.warnings)

        return opened.noting(self._noted)

    def _noted(self, faults: Sequence[BaseException]) -> str:
        """Write a report of the failure while the layers were listed and return
        the words to list them with.
        """
        from rnn_tui.cli.crash import noted

        return noted(faults, [self.arguments.command, self.path])

    @property
    def input(self) -> list[str] | None:
        """The sequences as typed; a sample's own where none were."""
        typed: list[str] | None = self.arguments.input
        own = self.sample.input if self.sample else None

        return typed or ([own] if own else None)

    @property
    def vocab(self) -> str | None:
        """The vocabulary's path; a sample's own where none was given."""
        own = self.sample.vocab if self.sample else None
        return self.arguments.vocab or (str(own) if own else None)


def located(name: str) -> tuple[str, Sample | None]:
    """Return the path of a model and the sample it is, if it is one.

    Raises FileError where there is neither a file nor a sample of that name.
    """
    if os.path.isfile(name) or os.path.isfile(f"{name}.index"):
        return name, None

    sample = _sample(name)
    if sample is not None:
        return str(sample.path), sample

    if not is_there(name):
        raise FileError(
            f"{clean(name)}: no such file, and no sample of that name "
            f"({_nearest_sample(name)})"
        )

    return name, None


def _nearest_sample(name: str) -> str:
    """Return the samples with a name like this one, or how they are listed."""
    from difflib import get_close_matches

    from rnn_tui.samples import samples

    known = [sample.name for sample in samples()]
    close = get_close_matches(name, known, 2)
    if close:
        return f"did you mean {' or '.join(close)}?"

    return "`rnn-tui samples` lists them"


def _sample(name: str) -> Sample | None:
    from rnn_tui.samples import find_sample

    return find_sample(name)


def limits(arguments: Namespace) -> Limits | None:
    """Return the reader's limits with `--max-memory`, None for the usual
    ones.
    """
    return limits_of(arguments.max_memory)


def assumptions(arguments: Namespace) -> Mapping[str, str]:
    """Return the assumptions of `--assume` and `--as`, by key."""
    found = _as_classes(arguments)
    for text in arguments.assume:
        key, equals, value = text.partition("=")
        if not equals or not key.strip() or not value.strip():
            raise RnnTuiError(
                f"--assume {clean(text, 60)}: write KEY=VALUE, for example "
                "activation=relu"
            )
        if key.strip().rpartition(".")[2] not in ASSUMABLE:
            raise RnnTuiError(
                f"--assume {clean(text, 60)}: what can be assumed is "
                f"{', '.join(ASSUMABLE)}"
            )

        found[key.strip()] = value.strip()

    return found


def _as_classes(arguments: Namespace) -> dict[str, str]:
    """Return `--as` as the assumptions it means."""
    if not arguments.as_classes:
        return {}

    from rnn_tui.formats.architecture.assumed_classes import as_assumptions

    found: dict[str, str] = {}
    for text in arguments.as_classes:
        layer, equals, class_name = (
            part.strip() for part in text.rpartition("=")
        )
        if not equals or not layer or not class_name:
            raise RnnTuiError(
                f"--as {clean(text, 60)}: write LAYER=CLASS, for example "
                "lstm_1=LSTM"
            )
        if found.setdefault(layer, class_name) != class_name:
            raise RnnTuiError(
                f"--as {clean(text, 60)}: the layer {clean(layer, 60)!r} is "
                f"also to be {found[layer]}"
            )

    return as_assumptions(found)


def suffix(path: str) -> str:
    """Return a path's extension in lower case."""
    return os.path.splitext(path)[1].lower()
