"""Verification: start the Keras process, compare its answer with the engine's
trace.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial as bound
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from rnn_tui.engine.cells.kinds import added_class
from rnn_tui.errors import RunCancelledError, VerifyError
from rnn_tui.formats.architecture.keras_classes import added_layer
from rnn_tui.formats.client.child_processes import end, note
from rnn_tui.text import clean
from rnn_tui.verify.modules import is_torch_there, verify_modules
from rnn_tui.verify.requests import (
    Flavour,
    Request,
    choose,
    load_request,
    rebuild_request,
    why_rebuilt,
)
from rnn_tui.verify.result import Difference, Verification, difference

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from rnn_tui.engine.trace.trace import ModelTrace
    from rnn_tui.formats.opened import OpenedModel

ENVIRONMENT = {
    "KERAS_BACKEND": "tensorflow",
    "CUDA_VISIBLE_DEVICES": "-1",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "TF_ENABLE_ONEDNN_OPTS": "0",
}
CODE = (
    "import sys; sys.path[0] = sys.argv[1]; from rnn_tui.verify.child import "
    "answer; answer(sys.argv[2])"
)
TORCH = CODE.replace("verify.child", "verify.torch_child")


class TooLateError(VerifyError):
    """Keras gave no answer in time; no other request is tried."""


def verify(
    path: str | os.PathLike[str],
    inputs: Mapping[str, NDArray[Any]],
    trace: ModelTrace | None = None,
    *,
    opened: OpenedModel | None = None,
    texts: Mapping[str, Sequence[str]] | None = None,
    unasked: bool = False,
    partial: bool = False,
    timeout: float = 600.0,
    cancelled: Callable[[], bool] = lambda: False,
) -> Verification:
    """Run the file's model on `inputs` in Keras and compare with `trace`.

    Keras loads the file, or the weights into the configuration that belongs to
    them. Where it can't, or where the file names objects that Keras isn't
    given, the model is rebuilt in Keras from the configuration and the arrays.

    Without `trace` the engine runs the model first. `opened` saves reading the
    file again. `texts` are the texts behind the ids, by input, where a model
    reads text: Keras is fed them; without them, the layer that reads text
    returns the given ids. `unasked`: see OpenedModel.run. With `partial`, the
    layers before one that can't be reproduced are compared.

    Raises VerifyError (TensorFlow is missing, Keras failed or took too long),
    UnsupportedLayerError (without `partial`) and RunCancelledError.
    """
    from rnn_tui.formats.opened import open_model

    opened = opened or open_model(path)
    _refuse_own_classes(opened)
    if trace is None or trace.stopped is None:
        _refuse_added_classes(opened)

    by_torch = opened.file.layout == "modules" and is_torch_there()
    if not by_torch:
        flavour = choose(opened)

    trace = trace or opened.run(
        inputs,
        unasked=unasked,
        partial=partial,
        warn=lambda line: None,
    )
    if trace.stopped is not None and not trace.layers:
        layer, why_not = trace.stopped
        raise VerifyError(
            f"layer {layer!r} can't be reproduced: {why_not}; no layer comes "
            "before it to be compared"
        )

    if by_torch:
        return verify_modules(
            opened,
            trace,
            bound(run_child, timeout=timeout, cancelled=cancelled, code=TORCH),
        )

    comparison = _Comparison(
        opened,
        trace,
        flavour,
        texts or {},
        timeout,
        cancelled,
    )
    reason = why_rebuilt(opened, trace)
    if reason is None:
        try:
            return comparison.run(load_request(opened, Path(path).resolve()))
        except TooLateError:
            raise
        except VerifyError as error:
            reason = str(error)

    try:
        return comparison.run(rebuild_request(opened, trace, reason))
    except TooLateError:
        raise
    except VerifyError as error:
        raise VerifyError(f"{error} (it was to be rebuilt: {reason})") from None


def _refuse_own_classes(opened: OpenedModel) -> None:
    """Raise VerifyError when a layer of a custom class is computed as Keras's:
    Keras has no such class.
    """
    taken = next((own for own in opened.own if own.taken is not None), None)
    if taken is not None:
        raise VerifyError(
            f"layer {taken.path!r} is of the class {taken.written}, computed "
            f"as {taken.framework}'s {taken.taken} as was asked (--as): "
            f"{taken.framework} itself can't be asked about a custom class"
        )


def _refuse_added_classes(opened: OpenedModel) -> None:
    """Raise VerifyError when the engine computes a class that no Keras has:
    before a Keras is missed that would be of no help.
    """
    named = [(layer.path, layer.class_name) for layer in opened.layers]
    named += [(cell.layer, cell.class_name) for cell in opened.cells]
    for path, name in named:
        if added_class(name) is None and added_layer(name) is None:
            continue

        raise VerifyError(
            f"layer {path!r} is a {clean(name, 40)}, its author's own class: "
            "Keras can't be asked"
        )


class _Comparison:
    """One trace to compare, with the settings that every request shares."""

    def __init__(
        self,
        opened: OpenedModel,
        trace: ModelTrace,
        flavour: Flavour,
        texts: Mapping[str, Sequence[str]],
        timeout: float,
        cancelled: Callable[[], bool],
    ) -> None:
        self.trace = trace
        self._flavour = flavour
        self._texts = texts
        self._text_inputs = {
            info.name for info in opened.model.inputs if info.text is not None
        }
        self._timeout = timeout
        self._cancelled = cancelled

    def run(self, request: Request) -> Verification:
        """Return the comparison; raise VerifyError where Keras has no
        numbers.
        """
        with tempfile.TemporaryDirectory(prefix="rnn-tui-verify-") as name:
            folder = Path(name)
            started = time.monotonic()
            self._write(folder, request)
            run_child(folder, self._timeout, self._cancelled)
            seconds = time.monotonic() - started

            return self._compared(folder, request, seconds)

    def _write(self, folder: Path, request: Request) -> None:
        """Write the request's files: links, inputs, arrays, question."""
        import numpy as np

        for name, target in request.links.items():
            (folder / name).symlink_to(target)

        inputs = _numbered(list(self.trace.inputs.values()))
        np.savez(folder / "inputs.npz", allow_pickle=False, **inputs)
        np.savez(
            folder / "arrays.npz",
            allow_pickle=False,
            **request.plan.arrays,
        )

        names = list(self.trace.inputs)
        if request.rebuilt is not None:
            # a rebuilt model reads ids, under names of its own
            keras_names = [f"i{place}" for place in range(len(names))]
            texts: list[list[str] | None] = [None] * len(names)
        else:
            keras_names = names
            texts = [self._texts_of(name) for name in names]

        question = {
            **request.question,
            "flavour": self._flavour,
            "model": str(folder / next(iter(request.links), "")),
            "inputs": keras_names,
            "texts": texts,
        }
        (folder / "question.json").write_text(
            json.dumps(question),
            encoding="utf-8",
        )

    def _texts_of(self, name: str) -> list[str] | None:
        """Return the texts to feed to an input, [] where only their ids are
        known, None for an input of numbers.
        """
        if name not in self._text_inputs:
            return None

        return list(self._texts.get(name, ()))

    def _compared(
        self,
        folder: Path,
        request: Request,
        seconds: float,
    ) -> Verification:
        """Return how far each array is from Keras's."""
        import numpy as np

        answer = json.loads(
            (folder / "answer.json").read_text(encoding="utf-8")
        )
        if "problem" in answer:
            raise VerifyError(_problem(answer, request))

        with np.load(folder / "answer.npz", allow_pickle=False) as stored:
            arrays = {key: stored[key] for key in stored.files}

        keras_arrays = _KerasArrays(arrays, answer["parts"])
        keras_paths = {
            request.plan.ours(path): path for path in answer["layers"]
        }
        trace = self.trace

        differences = self._of_layers(keras_arrays, keras_paths, request)
        differences += self._of_outputs(keras_arrays)
        if not differences:
            raise VerifyError("Keras showed no output that could be compared")

        missing = keras_arrays.outputs - len(trace.outputs)
        if missing > 0 and trace.stopped is None:
            raise VerifyError(
                f"Keras returns {missing} more outputs than the run has"
            )

        unseen = tuple(path for path in trace.layers if path not in keras_paths)

        return Verification(
            answer["keras"],
            answer["tensorflow"],
            tuple(differences),
            unseen,
            seconds,
            rebuilt=request.rebuilt,
            stopped=trace.stopped,
            notes=request.notes,
        )

    def _of_layers(
        self,
        keras_arrays: _KerasArrays,
        keras_paths: Mapping[str, str],
        request: Request,
    ) -> list[Difference]:
        """Return the differences of the layers that Keras showed, in our
        order.
        """
        differences = []
        for path, layer in self.trace.layers.items():
            if path not in keras_paths:
                continue

            keras_path = keras_paths[path]
            order = request.plan.order(keras_path, len(layer.outputs))
            for k, value in enumerate(layer.outputs):
                if k:
                    name = f"{path}[{k}]"
                else:
                    name = path

                key = f"{keras_path}:{order[k]}"
                differences.append(
                    keras_arrays.compare(name, "layer", value, key)
                )

        return differences

    def _of_outputs(self, keras_arrays: _KerasArrays) -> list[Difference]:
        return [
            keras_arrays.compare(f"output {k}", "output", value, f"output:{k}")
            for k, value in enumerate(self.trace.outputs)
        ]


def _problem(answer: Mapping[str, Any], request: Request) -> str:
    """Return Keras's own complaint, and at which step it failed."""
    failed_step = answer["step"]
    if failed_step == "open" and request.rebuilt is not None:
        failed_step = "build"

    reason = clean(answer["problem"])

    return f"{answer['keras']} can't {failed_step} this model: {reason}"


class _KerasArrays:
    """Keras's arrays, by `PATH:NUMBER:PART`: the batch may have been fed in
    parts.
    """

    def __init__(self, arrays: Mapping[str, NDArray[Any]], parts: int) -> None:
        self._arrays = arrays
        self._parts = parts

    @property
    def outputs(self) -> int:
        """The number of outputs of Keras's model."""
        return sum(
            key.startswith("output:") and key.endswith(":0")
            for key in self._arrays
        )

    def compare(
        self,
        name: str,
        kind: Literal["layer", "output"],
        ours: NDArray[Any],
        key: str,
    ) -> Difference:
        """Return how far one of our arrays is from Keras's."""
        parts = []
        for number in range(self._parts):
            part = self._arrays.get(f"{key}:{number}")
            if part is not None:
                parts.append(part)

        theirs = _joined(parts, ours.shape)

        return difference(name, kind, ours, theirs)


def _joined(
    parts: Sequence[NDArray[Any]],
    shape: tuple[int, ...],
) -> NDArray[Any] | None:
    """Return parts of a batch in one array of `shape`: joined along the axis in
    which they differ from it, and cut.

    A Keras model with a fixed batch size is fed that many sequences at a time;
    the last sequence is repeated to fill the last part.
    """
    import numpy as np

    if not parts:
        return None

    first = parts[0]
    if first.shape == shape or first.ndim != len(shape):
        return first

    sizes = list(zip(first.shape, shape, strict=True))
    differing = [
        axis for axis, (found, wanted) in enumerate(sizes) if found != wanted
    ]
    if len(differing) != 1:
        return first

    axis = differing[0]
    joined = np.concatenate(parts, axis=axis)
    length = min(shape[axis], joined.shape[axis])

    return np.take(joined, range(length), axis=axis)


def _numbered(arrays: Sequence[NDArray[Any]]) -> dict[str, NDArray[Any]]:
    return {str(number): array for number, array in enumerate(arrays)}


def run_child(
    folder: Path,
    timeout: float,
    cancelled: Callable[[], bool],
    code: str = CODE,
) -> None:
    """Run the Keras process on `folder`, or the one of `code`; it is stopped in
    any case before this returns.

    Raises VerifyError, TooLateError and RunCancelledError.
    """
    package = str(Path(__file__).resolve().parents[2])
    command = [sys.executable, "-c", code, package, str(folder)]
    log = folder / "log"
    with log.open("wb") as output:
        child = subprocess.Popen(
            command,
            cwd=folder,
            env=os.environ | ENVIRONMENT,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
        note(child)
        try:
            _wait(child, timeout, cancelled)
        finally:
            end(child)

    if child.returncode:
        raise VerifyError(
            f"Keras stopped (exit status {child.returncode}): {_last_line(log)}"
        )


def _wait(
    child: subprocess.Popen[bytes],
    timeout: float,
    cancelled: Callable[[], bool],
) -> None:
    """Wait for the end of the Keras process."""
    deadline = time.monotonic() + timeout
    while child.poll() is None:
        if cancelled():
            raise RunCancelledError
        if time.monotonic() > deadline:
            raise TooLateError(f"Keras gave no answer within {timeout:.0f} s")

        time.sleep(0.05)


def _last_line(log: Path) -> str:
    """Return the last line that the Keras process wrote."""
    lines = (
        log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    )
    if lines:
        return clean(lines[-1])

    return "no word"
