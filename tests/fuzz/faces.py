"""Everything the program makes of one model, in this process: built, listed,
run from every layer, stepped through.

`ended` is a hundred times as fast as a command line for each, and finds the
same errors but the reader's own: any error that isn't an RnnTuiError, a line
that isn't one, a number that JSON doesn't have, time and memory without bound.
"""

from __future__ import annotations

import io
import json
import signal
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import headless
import numpy as np
from forked import forget_peak, hides_nothing, own_peak
from sound_notation import Weights

from rnn_tui.analysis import layer_records
from rnn_tui.analysis.gates import gate_blocks
from rnn_tui.analysis.step import has_arithmetic, unit_step
from rnn_tui.analysis.weight_records import (
    TITLES,
    gate_record,
    weights_table,
)
from rnn_tui.cli import layers, trace, weights
from rnn_tui.cli.output import Result, write
from rnn_tui.engine.trace.trace import ModelTrace
from rnn_tui.errors import RnnTuiError
from rnn_tui.export import Selection, write_csv, write_json
from rnn_tui.export.npz import write_npz
from rnn_tui.formats.architecture.assumed_classes import as_assumptions
from rnn_tui.formats.build.build import build
from rnn_tui.formats.client.validate_answer import parsed_config
from rnn_tui.formats.data.description import (
    FileDescription,
    StoredArray,
    StoredGroup,
)
from rnn_tui.formats.opened import OpenedModel
from rnn_tui.formats.weights_only.own_layers import OwnLayer
from rnn_tui.formats.wire.limits import Limits
from rnn_tui.sequences import parse_sequence

LONGEST = 700
"""Characters of a line that says what is wrong."""
NUMBERS = {
    "f2",
    "f4",
    "f8",
    "i1",
    "i2",
    "i4",
    "i8",
    "u1",
    "u2",
    "u4",
    "u8",
    "b1",
}
MOST_WRITTEN = 3_000
"""Values of a run that are written out, too; more take their honest time."""
MOST_STARTS = 2
"""Layers, spread over the model, a run begins at."""
EVERYTHING = Selection((), all_layers=True)


def described(text: str, arrays: Weights, version: str) -> FileDescription:
    """Return a file's description with these arrays, as the reading process
    would give it. Raises FileError.
    """
    values: dict[str, np.ndarray] = {}
    groups = []
    for layer, parts in arrays.items():
        stored = []
        for name, array in parts.items():
            key, sound = str(len(values)), array.dtype.str[1:] in NUMBERS
            values[key] = (
                array.astype(array.dtype.newbyteorder("<")) if sound else array
            )
            problem = None if sound else "holds text, not numbers"
            shape, dtype = (
                (array.shape, array.dtype.name) if sound else ((), "")
            )
            stored.append(StoredArray(key, name, shape, dtype, problem))
        groups.append(StoredGroup(layer, tuple(stored)))
    config = parsed_config("fuzz", text, Limits())
    read: Callable[[list[str]], dict[str, Any]] = lambda keys: {key: values[key] for key in keys}  # noqa: E731  # fmt: skip
    return FileDescription(
        "fuzz",
        "keras-h5",
        "layer_names",
        version,
        "tensorflow",
        0,
        config,
        tuple(groups),
        read,
    )


def ended(text: str, arrays: Weights, version: str) -> str:
    """Return `refused`, `listed` or `ran`: how a model of this configuration
    ends.

    A broken promise raises.
    """
    with _bounded():
        try:
            file = described(text, arrays, version)
            built = build(file)
        except RnnTuiError as error:
            _refused(error)
            return "refused"
        opened = OpenedModel(file, built.model, built.warnings)
        for line in opened.warnings:
            _one_line(line)
        _listed(opened)
        _as_keras(file, built.own)
        return "ran" if _ran(opened) else "listed"


def _as_keras(file: FileDescription, found: Sequence[OwnLayer]) -> None:
    """Run the model with the classes of somebody's own as Keras's; one of them
    as what it can't be.
    """
    for changed in (False, True) if found else ():
        wanted = {own.path: own.fits[0] if own.fits else "GRU" for own in found}
        if changed:
            wanted[found[0].path] = "GRUCell"
        try:
            built = build(file, assume=as_assumptions(wanted))
        except RnnTuiError as error:
            _one_line(str(error))
            continue
        opened = OpenedModel(
            file,
            built.model,
            built.warnings,
            assumptions=built.assumptions,
            own=built.own,
        )
        for line in opened.warnings:
            _one_line(line)
        _listed(opened)
        _ran(opened)


def _listed(opened: OpenedModel) -> None:
    """Write the layer table and the weights in every form."""
    found = opened.layers
    for layer in found:
        if layer.fault is not None:
            raise layer.fault
        for line in (
            *layer.notes,
            *layer.words,
            layer.why_not or "said",
            layer.path,
        ):
            _one_line(line)
        assert layer.parameters >= 0
        assert isinstance(layer.formula, str)
    _write(
        Result(
            lambda: layers.page(opened, found),
            lambda: layers.tree(opened, found),
            layer_records.TITLES,
            lambda: [layer_records.layer_row(layer) for layer in found],
        )
    )
    try:
        records = [
            gate_record(block) for block in gate_blocks(opened.model, None)
        ]
    except RnnTuiError as error:
        _one_line(str(error))
        return
    _write(
        Result(
            lambda: weights.page(records),
            lambda: {"gates": records},
            TITLES,
            lambda: weights_table(records).rows,
        )
    )


def _ran(opened: OpenedModel) -> bool:
    """Run the model from some of its layers and from its input; return whether
    it came to its end from the input.
    """
    paths = [layer.path for layer in opened.layers]
    for start in paths[:: max(1, len(paths) // MOST_STARTS)]:
        _ran_from(opened, start)
    return _ran_from(opened, None)


def _ran_from(opened: OpenedModel, start: str | None) -> bool:
    try:
        infos = opened.model.inputs_of(start)
        if any(
            side is not None and side > 1000
            for info in infos
            for side in info.shape
        ):
            return False  # an honest run of that length takes its time
        parsed = parse_sequence(None, infos)
        found = opened.run(
            parsed.arrays,
            unasked=parsed.unasked,
            warn=_one_line,
            start_at=start,
            partial=True,
        )
    except RnnTuiError as error:
        _refused(error)
        return False
    if start is None and _values_in(found) < MOST_WRITTEN:
        _traced(found, parsed, io.StringIO())
    return found.stopped is None


def _values_in(found: ModelTrace) -> int:
    layers = [
        value.size for layer in found.layers.values() for value in layer.outputs
    ]
    return sum(layers) + sum(
        len(cell.names) * cell.timesteps * cell.units for cell in found.cells
    )


def _traced(found: ModelTrace, parsed: Any, text: io.StringIO) -> None:
    from rnn_tui.cli.tables import show

    show(trace.page(found, parsed, EVERYTHING), text)
    write_csv(found, text, EVERYTHING)
    tree = io.StringIO()
    write_json(found, tree, EVERYTHING)
    json.loads(tree.getvalue())
    with tempfile.TemporaryFile() as archive:
        write_npz(found, archive, EVERYTHING, None, lambda: None)
        archive.seek(0)
        with np.load(archive) as arrays:
            assert all(
                np.array_equal(
                    arrays[f"output/{k}"].ravel(), out.ravel(), equal_nan=True
                )
                for k, out in enumerate(found.outputs)
            )
    for layer in found.layers.values():
        for cell in layer.cells:
            if has_arithmetic(cell):
                unit_step(cell, cell.units - 1, cell.timesteps - 1)
    if found.stopped is not None:
        _one_line(found.stopped[1])
    _fit_to_show(text.getvalue())


def _write(result: Result) -> None:
    for kind in ("table", "json", "csv"):
        text = io.StringIO()
        write(result, kind, text)
        _fit_to_show(text.getvalue())
        if kind == "json":
            json.loads(text.getvalue())


def _fit_to_show(text: str) -> None:
    foreign = headless.FOREIGN.findall(text)
    assert not foreign, f"foreign characters: {foreign[:5]}"


def _refused(error: RnnTuiError) -> None:
    """A refusal is one line, and none that hides an error of our own behind
    it.
    """
    _one_line(str(error))
    hides_nothing(error)


def _one_line(text: str) -> None:
    _fit_to_show(text)
    assert text.strip(), "an empty line"
    assert "\n" not in text, f"not one line: {text!r}"
    assert len(text) <= LONGEST, (
        f"a line of {len(text)} characters: {text[:200]!r}"
    )


class TooSlowError(BaseException):
    """The model took more of the processor than any may."""


class Most:
    """The most that any model took: seconds of the processor, bytes beyond
    those that were held before.
    """

    seconds = 0.0
    memory = 0


@contextmanager
def _bounded() -> Iterator[None]:
    """Raise what takes longer or more memory than is promised, and every
    warning of NumPy's.
    """

    def stop(number: int, frame: Any) -> None:
        raise TooSlowError

    before = signal.signal(signal.SIGPROF, stop)
    forget_peak()
    held, begun = own_peak(), time.process_time()
    signal.setitimer(signal.ITIMER_PROF, headless.SECONDS)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)
    took = own_peak() - held
    Most.seconds, Most.memory = (
        max(Most.seconds, time.process_time() - begun),
        max(Most.memory, took),
    )
    assert took <= headless.MEMORY, f"{took >> 20} MB"
