"""The slow work, as plain functions for a thread: open a file, run the model,
compare with Keras.
"""

from __future__ import annotations

import contextlib
import math
import os
import stat
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from rnn_tui.errors import (
    FileError,
    RnnTuiError,
    RunCancelledError,
    SequenceError,
)
from rnn_tui.text import clean

if TYPE_CHECKING:
    from rnn_tui.analysis.table import Table
    from rnn_tui.engine.model import InputInfo
    from rnn_tui.engine.trace.trace import CellTrace, ModelTrace
    from rnn_tui.formats.client.process import PendingRead
    from rnn_tui.formats.opened import OpenedModel
    from rnn_tui.sequences import ParsedInput
    from rnn_tui.verify import Verification

USUAL = 1 << 20
"""Values of a sequence whose length is written out for the user; a file may ask
for more than it gets.
"""


class Typed(NamedTuple):
    """A sequence as typed and as understood, with the vocabulary it was read
    with, and its path.
    """

    texts: tuple[str, ...]
    parsed: ParsedInput
    words: Mapping[str, int] | None = None
    vocab: str | None = None


class Ran(NamedTuple):
    """A run that is done: the typed text, its meaning, and the trace."""

    texts: tuple[str, ...]
    parsed: ParsedInput
    trace: ModelTrace
    vocabulary: Mapping[str, int] | None = None
    odd: tuple[str, ...] = ()
    """The arrays that hold NaN or infinity, one line each."""


def open_file(
    path: str,
    pending: PendingRead | None,
    cancelled: Callable[[], bool],
    config: str | None = None,
    assume: Mapping[str, str] | None = None,
    max_memory: int | None = None,
) -> OpenedModel:
    """Return the model in the file, read by the process `pending` when one has
    been started on it already.

    `config` and `assume` are for a file that holds weights only: see
    open_model. `max_memory` holds for a reading that has yet to start. Raises
    RnnTuiError.
    """
    from rnn_tui.formats.client.process import start_reading
    from rnn_tui.formats.opened import open_model
    from rnn_tui.formats.wire.limits import limits_of

    started = pending is not None and pending.path == os.path.abspath(path)
    if pending is not None and started:
        reading = pending
    else:
        reading = start_reading(path, limits=limits_of(max_memory))

    reading.result(cancelled)
    if cancelled():
        raise RunCancelledError

    return open_model(path, pending=reading, config=config, assume=assume)


def fingerprint(path: str) -> tuple[object, ...] | None:
    """Return a mark that changes when the file does, or a member of the folder;
    None when it is gone.
    """
    try:
        status = os.stat(path)
        if stat.S_ISDIR(status.st_mode):
            from rnn_tui.formats.client.source_file import open_sources

            with contextlib.closing(open_sources(path)) as sources:
                return sources.identities
    except (OSError, ValueError, FileError):
        return None

    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns


def parse_texts(
    opened: OpenedModel,
    texts: Sequence[str],
    vocab: str | None,
    words: Mapping[str, int] | None = None,
) -> Typed:
    """Parse the typed text; `words` is the content of the vocabulary at
    `vocab`, where that is known. Raises RnnTuiError.
    """
    from rnn_tui.sequences import parse_sequence
    from rnn_tui.sequences.tokens import load_vocabulary

    if vocab is None:
        words = None
    elif words is None:
        words = load_vocabulary(vocab)

    # one line may hold a sequence for each input
    given: str | list[str] | None
    if len(texts) == 1:
        given = texts[0]
    else:
        given = list(texts) or None

    with enough_memory():
        parsed = parse_sequence(given, opened.model.inputs, vocab=words)

    return Typed(tuple(texts), parsed, words)


def run_typed(
    opened: OpenedModel,
    typed: Typed,
    progress: Callable[[int, int], None],
    cancelled: Callable[[], bool],
    watch: Callable[[CellTrace], None] | None = None,
    begun: Callable[[ModelTrace], None] | None = None,
) -> Ran:
    """Run the model on a parsed sequence as far as it goes.

    Raises RnnTuiError.
    """
    from rnn_tui.analysis.finite import not_finite

    texts = list(typed.texts)
    unasked = typed.parsed.unasked or texts == [first_text(opened)[0]]
    with enough_memory():
        trace = opened.run(
            typed.parsed.arrays,
            unasked=unasked,
            warn=said_with_the_run,
            partial=True,
            progress=progress,
            cancelled=cancelled,
            watch=watch,
            begun=begun,
        )

    known = typed.words
    if known is None:
        known = _own_vocabulary(opened)

    odd = tuple(not_finite(opened.model))

    return Ran(typed.texts, typed.parsed, trace, known, odd)


@contextlib.contextmanager
def enough_memory() -> Iterator[None]:
    """Say in words that a sequence takes more memory than there is."""
    try:
        yield
    except MemoryError:
        raise SequenceError(
            "there is not enough memory for this; a shorter sequence needs less"
        ) from None


def said_with_the_run(line: str) -> None:
    """Leave a warning about a run to the screen that shows it: the trace has
    it, too.
    """


def _own_vocabulary(opened: OpenedModel) -> Mapping[str, int] | None:
    """Return the vocabulary of a model that reads text, None where it has none
    or it can't be read.
    """
    inputs = opened.model.inputs
    reader = None
    if len(inputs) == 1:
        reader = inputs[0].text

    try:
        if reader is None:
            return None

        return reader.load()
    except RnnTuiError:  # the layer's notes say why; the ids are shown as ids
        return None


def first_text(opened: OpenedModel) -> tuple[str, str | None]:
    """Return the sequence the explorer starts on, as one would type it, and the
    vocabulary it needs.

    A bundled sample brings its own; anything else gets random numbers, as long
    as the model wants them, for each input by its name where they differ. A
    very long one is left without its number, so that a length not typed has
    the limit of such a length.
    """
    from rnn_tui.samples import samples

    sample = next(
        (
            sample
            for sample in samples()
            if str(sample.path) == opened.file.path
        ),
        None,
    )
    if sample is not None and sample.input:
        return sample.input, str(sample.vocab) if sample.vocab else None

    inputs = opened.model.inputs
    if any(
        math.prod(side or 1 for side in info.shape) > USUAL for info in inputs
    ):
        return "random", None

    texts = [f"random:{_timesteps(info) or 20}" for info in inputs] or [
        "random:20"
    ]
    if len(set(texts)) == 1:
        return texts[0], None
    if any(sign in info.name for info in inputs for sign in "=|"):
        # these names can't be typed; each input still gets its own length
        return "random", None

    return " | ".join(
        f"{info.name}={text}" for info, text in zip(inputs, texts, strict=True)
    ), None


def _timesteps(info: InputInfo) -> int | None:
    """Return how many timesteps an input has, None where it doesn't say or has
    no time.
    """
    if len(info.shape) > 1 or (info.shape and info.tokens is not None):
        return info.shape[0]

    return None


def compare(
    opened: OpenedModel,
    trace: ModelTrace,
    cancelled: Callable[[], bool],
    texts: Mapping[str, Sequence[str]] | None = None,
) -> Verification:
    """Run the model in Keras, in a process of its own, and return how far our
    trace is from it. Raises RnnTuiError.

    `texts` are the texts behind the ids, where the model reads text.
    """
    from rnn_tui.verify import verify

    return verify(
        opened.file.path,
        trace.inputs,
        trace,
        opened=opened,
        texts=texts,
        cancelled=cancelled,
    )


def write_table(table: Table, path: str, force: bool) -> None:
    """Write the table of a view as CSV or JSON, by the name's extension; raises
    RnnTuiError.
    """
    from rnn_tui.errors import ExportError
    from rnn_tui.export import as_text, replacing
    from rnn_tui.export import write_table as write
    from rnn_tui.export.table import KINDS

    kind = os.path.splitext(path)[1].lower().removeprefix(".")
    if kind not in KINDS:
        raise ExportError(
            f"{clean(path)}: a table is written to .csv or .json; the name "
            "says which"
        )

    with replacing(path, force=force) as file, as_text(file) as text:
        write(table, text, kind)
