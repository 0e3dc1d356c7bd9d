"""The question to Keras: in which way it is asked, what is fed, how long it may take,
and what its answer means.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rnn_tui.errors import RunCancelledError, VerifyError
from rnn_tui.formats.client.child_processes import end, note
from rnn_tui.text import clean
from rnn_tui.verify.result import Difference, Verification, difference
from rnn_tui.verify.ways import Flavour, Way, by_itself, by_plan, choose, why_rebuilt

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
    "import sys; sys.path[0] = sys.argv[1]; from rnn_tui.verify.child import answer; "
    "answer(sys.argv[2])"
)


class TooLateError(VerifyError):
    """Keras gave no answer in time: it isn't asked in another way."""


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
    """Run the file's model on `inputs` in Keras and compare with `trace` (with a run of
    our own when it is None).

    Keras opens the file, or the weights with the configuration that goes with them;
    where it can't, or where the file names what Keras isn't given, the model is rebuilt
    in Keras from the configuration and the arrays.

    `opened` spares reading the file again. `texts` are the texts behind the ids, by
    input, where a model reads text: Keras is fed them; without, the layer that reads
    text is given its ids to return. `unasked` inputs are those that nobody but the file
    asked for: see OpenedModel.run. With `partial`, what comes before a layer that can't
    be reproduced is compared.

    Raises VerifyError (TensorFlow is missing, Keras failed or took too long),
    UnsupportedLayerError (without `partial`) and RunCancelledError.
    """
    from rnn_tui.formats.opened import open_model

    opened = opened or open_model(path)
    _refuse_own_classes(opened)
    flavour = choose(opened)
    trace = trace or opened.run(
        inputs, unasked=unasked, partial=partial, warn=lambda line: None
    )
    if trace.stopped is not None and not trace.layers:
        layer, why_not = trace.stopped
        raise VerifyError(
            f"layer {layer!r} can't be reproduced: {why_not}; no layer comes before "
            "it to be compared"
        )

    asking = _Asking(opened, trace, flavour, texts or {}, timeout, cancelled)
    reason = why_rebuilt(opened, trace)
    if reason is None:
        try:
            return asking.ask(by_itself(opened, Path(path).resolve()))
        except TooLateError:
            raise
        except VerifyError as error:
            reason = str(error)

    try:
        return asking.ask(by_plan(opened, trace, reason))
    except TooLateError:
        raise
    except VerifyError as error:
        raise VerifyError(f"{error} (it was to be rebuilt: {reason})") from None


def _refuse_own_classes(opened: OpenedModel) -> None:
    """Raise VerifyError when a layer of somebody's own class is computed as Keras's:
    Keras has no such class.
    """
    taken = next((own for own in opened.own if own.taken is not None), None)
    if taken is not None:
        raise VerifyError(
            f"layer {taken.path!r} is of the class {taken.written}, computed as "
            f"Keras's {taken.taken} as was asked (--as): Keras itself can't be asked "
            "about somebody's own class"
        )


class _Asking:
    """What is the same in whichever way Keras is asked."""

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
        self._reading = {
            info.name for info in opened.model.inputs if info.text is not None
        }
        self._timeout = timeout
        self._cancelled = cancelled

    def ask(self, way: Way) -> Verification:
        """Return the comparison; raise VerifyError where Keras has none to offer."""
        with tempfile.TemporaryDirectory(prefix="rnn-tui-verify-") as name:
            folder = Path(name)
            started = time.monotonic()
            self._write(folder, way)
            _wait(folder, self._timeout, self._cancelled)
            return self._compared(folder, way, time.monotonic() - started)

    def _write(self, folder: Path, way: Way) -> None:
        """Write the question: how to come by the model, and what to feed it."""
        import numpy as np

        for name, target in way.links.items():
            (folder / name).symlink_to(target)

        fed = list(self.trace.inputs.values())
        np.savez(folder / "inputs.npz", allow_pickle=False, **_numbered(fed))
        np.savez(folder / "arrays.npz", allow_pickle=False, **way.plan.arrays)
        names = list(self.trace.inputs)
        by_plan = way.rebuilt is not None
        read = [
            None
            if by_plan or name not in self._reading
            else list(self._texts.get(name, ()))
            for name in names
        ]
        question = {
            **way.question,
            "flavour": self._flavour,
            "model": str(folder / next(iter(way.links), "")),
            "inputs": [f"i{place}" for place in range(len(names))]
            if by_plan
            else names,
            "texts": read,
        }
        (folder / "question.json").write_text(json.dumps(question), encoding="utf-8")

    def _compared(self, folder: Path, way: Way, seconds: float) -> Verification:
        """Return how far each array is from Keras's."""
        import numpy as np

        told = json.loads((folder / "answer.json").read_text(encoding="utf-8"))
        if "problem" in told:
            if way.rebuilt is not None:
                doing = {"open": "build", "run": "run"}
            else:
                doing = {"open": "open", "run": "run"}

            raise VerifyError(
                f"{told['keras']} can't {doing[told['step']]} this model: "
                f"{clean(told['problem'])}"
            )

        paths = {way.plan.ours(path): path for path in told["layers"]}
        trace = self.trace
        shown = [path for path in trace.layers if path in paths]
        with np.load(folder / "answer.npz", allow_pickle=False) as answer:
            theirs = _Theirs({key: answer[key] for key in answer.files}, told["parts"])

        differences = []
        for path in shown:
            outputs = trace.layers[path].outputs
            order = way.plan.order(paths[path], len(outputs))
            for k, value in enumerate(outputs):
                if k:
                    name = f"{path}[{k}]"
                else:
                    name = path

                differences.append(
                    theirs.beside(name, value, f"{paths[path]}:{order[k]}")
                )

        differences += [
            theirs.beside(f"output {k}", value, f"output:{k}")
            for k, value in enumerate(trace.outputs)
        ]
        if not differences:
            raise VerifyError("Keras showed no output that could be compared")

        missing = theirs.outputs - len(trace.outputs)
        if missing > 0 and trace.stopped is None:
            raise VerifyError(f"Keras returns {missing} more outputs than the run has")

        unseen = tuple(path for path in trace.layers if path not in paths)

        return Verification(
            told["keras"],
            told["tensorflow"],
            tuple(differences),
            unseen,
            seconds,
            rebuilt=way.rebuilt,
            stopped=trace.stopped,
            notes=way.notes,
        )


class _Theirs:
    """Keras's arrays: by `PATH:NUMBER`, in as many parts as the sequences were fed
    in.
    """

    def __init__(self, arrays: Mapping[str, NDArray[Any]], parts: int) -> None:
        self._arrays = arrays
        self._parts = parts

    @property
    def outputs(self) -> int:
        """How many outputs Keras's model has."""
        return sum(
            key.startswith("output:") and key.endswith(":0") for key in self._arrays
        )

    def beside(self, name: str, ours: NDArray[Any], key: str) -> Difference:
        """Return how far one of our arrays is from Keras's."""
        found = [
            self._arrays[place]
            for k in range(self._parts)
            if (place := f"{key}:{k}") in self._arrays
        ]
        kind: Any
        if key.startswith("output:"):
            kind = "output"
        else:
            kind = "layer"

        return difference(name, kind, ours, _joined(found, ours.shape))


def _joined(
    parts: Sequence[NDArray[Any]], shape: tuple[int, ...]
) -> NDArray[Any] | None:
    """Return parts of a batch in one array of `shape`: joined along the axis in which
    they differ from it, and cut.

    Keras models that fix their batch are fed so many sequences at a time, the last one
    again where they don't suffice.
    """
    import numpy as np

    if not parts or parts[0].shape == shape or parts[0].ndim != len(shape):
        if parts:
            return parts[0]

        return None

    odd = [
        axis
        for axis, (one, other) in enumerate(zip(parts[0].shape, shape, strict=True))
        if one != other
    ]
    if len(odd) != 1:
        return parts[0]

    whole = np.concatenate(parts, axis=odd[0])

    return np.take(whole, range(min(shape[odd[0]], whole.shape[odd[0]])), axis=odd[0])


def _numbered(arrays: Sequence[NDArray[Any]]) -> dict[str, NDArray[Any]]:
    return {str(number): array for number, array in enumerate(arrays)}


def _wait(folder: Path, timeout: float, cancelled: Callable[[], bool]) -> None:
    """Let the child answer; its chatter goes to a file.

    Stops it on the way out, whatever happens.
    """
    package = str(Path(__file__).resolve().parents[2])
    command = [sys.executable, "-c", CODE, package, str(folder)]
    deadline = time.monotonic() + timeout
    with (folder / "log").open("wb") as log:
        child = subprocess.Popen(
            command,
            cwd=folder,
            env=os.environ | ENVIRONMENT,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        note(child)
        try:
            while child.poll() is None:
                if cancelled():
                    raise RunCancelledError
                if time.monotonic() > deadline:
                    raise TooLateError(f"Keras gave no answer within {timeout:.0f} s")

                time.sleep(0.05)
        finally:
            end(child)

    if child.returncode:
        lines = (
            (folder / "log")
            .read_text(encoding="utf-8", errors="replace")
            .strip()
            .splitlines()
        )
        raise VerifyError(
            f"Keras stopped (exit status {child.returncode}): "
            f"{clean(lines[-1] if lines else 'no word')}"
        )
