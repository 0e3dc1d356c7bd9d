"""The MODEL argument: a path or a sample's name, read by a process that starts before anything heavy is imported."""

from __future__ import annotations

import os
from argparse import Namespace
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rnn_tui.cli.run import warn
from rnn_tui.errors import FileError, RnnTuiError
from rnn_tui.formats.limits import Limits
from rnn_tui.formats.process import PendingRead, start_reading
from rnn_tui.samples import Sample, find_sample
from rnn_tui.text import clean

if TYPE_CHECKING:
    from rnn_tui.formats.opened import OpenedModel


class Source:
    """The model a command works on: its path, the sample it is (if it is one), and its reading under way."""

    def __init__(self, arguments: Namespace) -> None:
        self.arguments = arguments
        name: str = arguments.model
        self.sample: Sample | None = None if os.path.isfile(name) else find_sample(name)
        self.path = str(self.sample.path) if self.sample else name
        if self.sample is None and not os.path.lexists(os.path.expanduser(name)):
            raise FileError(f"{clean(name)}: no such file, and no sample of that name (`rnn-tui samples` lists them)")
        self.pending: PendingRead = start_reading(self.path, limits=limits(arguments))

    def open(self) -> OpenedModel:
        """Return the model, and say what was odd about the file."""
        from rnn_tui.formats.opened import open_model

        try:
            opened = open_model(self.path, pending=self.pending, **self._options())
        finally:
            self.pending.cancel()
        for warning in opened.warnings:
            warn(warning)
        return opened

    def _options(self) -> dict[str, Any]:
        """Return what was said about a file that holds weights only."""
        said = {"config": self.arguments.config, "assume": assumptions(self.arguments)}
        return {name: value for name, value in said.items() if value}

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


def limits(arguments: Namespace) -> Limits | None:
    """Return the reader's limits with `--max-memory`, None for the usual ones."""
    return replace(Limits(), memory=arguments.max_memory) if arguments.max_memory else None


def assumptions(arguments: Namespace) -> Mapping[str, str]:
    """Return what `--assume` said, by its key."""
    found: dict[str, str] = {}
    for text in arguments.assume:
        key, equals, value = text.partition("=")
        if not equals or not key.strip() or not value.strip():
            raise RnnTuiError(f"--assume {clean(text, 60)}: write KEY=VALUE, for example activation=relu")
        found[key.strip()] = value.strip()
    return found


def suffix(path: str) -> str:
    """Return a path's extension in lower case."""
    return Path(path).suffix.lower()
