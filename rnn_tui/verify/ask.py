"""The question to Keras: which one, what is fed, how long, and what its answer means."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from rnn_tui.errors import RunCancelledError, VerifyError
from rnn_tui.formats.children import end, note
from rnn_tui.text import clean
from rnn_tui.verify.result import Verification, difference

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from rnn_tui.engine.trace import ModelTrace
    from rnn_tui.formats.description import FileDescription
    from rnn_tui.formats.opened import OpenedModel

INSTALL = "pip install 'rnn-tui[tensorflow]'"
Flavour = Literal["keras", "tf_keras"]
OWN = ("keras", "tf_keras", "builtins")
"""Where a configuration's classes may come from ("builtins" is Keras's word for its own functions)."""

ENVIRONMENT = {
    "KERAS_BACKEND": "tensorflow",
    "CUDA_VISIBLE_DEVICES": "-1",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "TF_ENABLE_ONEDNN_OPTS": "0",
}
CODE = "import sys; sys.path[0] = sys.argv[1]; from rnn_tui.verify.child import answer; answer(sys.argv[2])"


def verify(
    path: str | os.PathLike[str],
    inputs: Mapping[str, NDArray[Any]],
    trace: ModelTrace | None = None,
    *,
    opened: OpenedModel | None = None,
    texts: Mapping[str, Sequence[str]] | None = None,
    unasked: bool = False,
    timeout: float = 600.0,
    cancelled: Callable[[], bool] = lambda: False,
) -> Verification:
    """Run the file's model on `inputs` in Keras and compare with `trace` (with a run of our own when it is None).

    `opened` spares reading the file again. `texts` are the texts behind the ids, by input, where a model reads text:
    Keras is fed them; without, the layer that reads text is given its ids to return. `unasked` inputs are those that
    nobody but the file asked for: see OpenedModel.run.

    Raises VerifyError (TensorFlow is missing, no Keras opens the file, it holds code, Keras failed or took too long)
    and RunCancelledError.
    """
    from rnn_tui.formats.opened import open_model

    opened = opened or open_model(path)
    flavour = choose(opened.file)
    trace = trace or opened.run(inputs, unasked=unasked, warn=lambda line: None)
    with tempfile.TemporaryDirectory(prefix="rnn-tui-verify-") as folder:
        started = time.monotonic()
        reading = {info.name for info in opened.model.inputs if info.text is not None}
        _ask(Path(folder), Path(path), opened.file, flavour, trace.inputs, reading, texts or {})
        _wait(Path(folder), timeout, cancelled)
        return _compare(Path(folder), trace, time.monotonic() - started)


def choose(file: FileDescription) -> Flavour:
    """Return which Keras can open `file`; raise VerifyError when none can, or none may."""
    if file.config is None or file.container == "weights-h5":
        raise VerifyError(
            "this file holds weights without a model: no Keras can run it, so there is nothing to compare"
        )
    major = (file.keras_version or "1").partition(".")[0]
    if major in ("0", "1"):
        raise VerifyError(f"Keras {file.keras_version} wrote this file and no released Keras opens it any more")
    code = next(_code(file.config), None)
    if code is not None:
        raise VerifyError(f"the model holds {code}: Keras would run code from the file, so it isn't asked")
    flavour: Flavour = "tf_keras" if major == "2" else "keras"
    missing = [name for name in ("tensorflow", flavour) if find_spec(name) is None]
    if missing:
        raise VerifyError(f"{' and '.join(missing)} not installed; to compare with Keras: {INSTALL}")
    return flavour


def _code(config: Any) -> Iterator[str]:
    """Yield whatever in a configuration would make Keras run or import code that is not its own."""
    if isinstance(config, list | tuple):
        for item in config:
            yield from _code(item)
    if not isinstance(config, Mapping):
        return
    if config.get("class_name") in ("Lambda", "__lambda__"):
        yield "a Lambda"
    module = config.get("module")
    if "class_name" in config and isinstance(module, str) and module.split(".")[0] not in OWN:
        yield f"a class of {clean(module)}"
    for item in config.values():
        yield from _code(item)


def _ask(
    folder: Path,
    path: Path,
    file: FileDescription,
    flavour: Flavour,
    inputs: Mapping[str, Any],
    reading: Collection[str],
    texts: Mapping[str, Sequence[str]],
) -> None:
    """Write the question: the model under the extension its content has (Keras goes by it) and what to feed."""
    import numpy as np

    model = folder / ("model.keras" if file.container == "keras-zip" else "model.h5")
    model.symlink_to(path.resolve())
    fed = {str(k): value for k, value in enumerate(inputs.values())}
    np.savez(folder / "inputs.npz", allow_pickle=False, **fed)
    question: dict[str, Any] = {"flavour": flavour, "model": str(model), "inputs": list(inputs)}
    question["texts"] = [None if name not in reading else list(texts.get(name, ())) for name in inputs]
    (folder / "question.json").write_text(json.dumps(question), encoding="utf-8")


def _wait(folder: Path, timeout: float, cancelled: Callable[[], bool]) -> None:
    """Let the child answer; its chatter goes to a file. Stops it on the way out, whatever happens."""
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
                    raise VerifyError(f"Keras gave no answer within {timeout:.0f} s")
                time.sleep(0.05)
        finally:
            end(child)
    if child.returncode:
        lines = (folder / "log").read_text(encoding="utf-8", errors="replace").strip().splitlines()
        raise VerifyError(f"Keras stopped (exit status {child.returncode}): {clean(lines[-1] if lines else 'no word')}")


def _compare(folder: Path, trace: ModelTrace, seconds: float) -> Verification:
    import numpy as np

    told = json.loads((folder / "answer.json").read_text(encoding="utf-8"))
    if "problem" in told:
        raise VerifyError(f"{told['keras']} can't {told['step']} this model: {clean(told['problem'])}")
    shown = [path for path in trace.layers if path in told["layers"]]
    with np.load(folder / "answer.npz", allow_pickle=False) as theirs:
        differences = [
            difference(f"{path}[{k}]" if k else path, "layer", value, theirs.get(f"{path}:{k}"))
            for path in shown
            for k, value in enumerate(trace.layers[path].outputs)
        ]
        differences += [
            difference(f"output {k}", "output", value, theirs.get(f"output:{k}"))
            for k, value in enumerate(trace.outputs)
        ]
        missing = sum(key.startswith("output:") for key in theirs.files) - len(trace.outputs)
        if missing > 0:
            raise VerifyError(f"Keras returns {missing} more outputs than the run has: a partial run can't be compared")
    unseen = tuple(path for path in trace.layers if path not in told["layers"])
    return Verification(told["keras"], told["tensorflow"], tuple(differences), unseen, seconds)
