"""Verification of a file of PyTorch's: each module is run by PyTorch itself, on
the parameters as the file has them and on the inputs of the engine's layer.

The operations between the modules aren't in the file, so they aren't compared.
"""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from rnn_tui.engine.graph.nodes import Ref
from rnn_tui.engine.layers.layer import Layer
from rnn_tui.errors import VerifyError
from rnn_tui.formats.data.description import StoredGroup
from rnn_tui.formats.weights_only.pytorch_modules import (
    PARAMETER,
    layer_names,
)
from rnn_tui.text import clean
from rnn_tui.verify.result import Difference, Verification, difference

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from rnn_tui.engine.trace.trace import ModelTrace
    from rnn_tui.formats.opened import OpenedModel

INSTALL = "pip install 'rnn-tui[torch]'"
_CLASSES = {"LSTM": "LSTM", "GRU": "GRU", "SimpleRNN": "RNN"}
_OTHERS = {
    "Dense": "Linear",
    "Embedding": "Embedding",
    "LayerNormalization": "LayerNorm",
    "BatchNormalization": "BatchNorm1d",
}


class _Module(NamedTuple):
    """One module to be run: the engine's layers that it makes, the first reads
    and the last returns.
    """

    group: StoredGroup
    first: Layer
    last: Layer

    @property
    def recurrent(self) -> bool:
        """Whether it is an LSTM, a GRU or an RNN."""
        return self.class_name in _CLASSES.values()

    @property
    def cell(self) -> Layer:
        """The first layer, of two directions the forward one."""
        inner = self.first.sublayers()
        if self.first.class_name == "Bidirectional":
            return inner[0]

        return self.first

    @property
    def class_name(self) -> str:
        """PyTorch's class for it, empty for one that isn't compared."""
        name = self.cell.class_name
        return _CLASSES.get(name, _OTHERS.get(name, ""))

    @property
    def settings(self) -> dict[str, Any]:
        """The settings that PyTorch's class takes."""
        if not self.recurrent:
            return {"eps": self.first.config.get("epsilon")}

        names = {array.name for array in self.group.arrays}
        numbers = {
            int(told[3] or 0)
            for name in names
            if (told := PARAMETER.fullmatch(name)) is not None
        }
        found: dict[str, Any] = {
            "num_layers": len(numbers),
            "bias": any(name.startswith("bias") for name in names),
            "bidirectional": self.first.class_name == "Bidirectional",
        }
        if self.class_name == "RNN":
            found["nonlinearity"] = self.cell.config["activation"]

        return found


def is_torch_there() -> bool:
    """Say whether PyTorch is installed; it isn't imported."""
    return find_spec("torch") is not None


def verify_modules(
    opened: OpenedModel,
    trace: ModelTrace,
    run_child: Callable[[Path], None],
) -> Verification:
    """Return how far each layer is from the module it was made of.

    Raises VerifyError where PyTorch has no numbers.
    """
    places = {path: place for place, path in enumerate(trace.layers)}
    modules = sorted(
        _modules(opened, trace),
        key=lambda module: places[module.last.name],
    )
    if not modules:
        raise VerifyError(
            "the file has no module that PyTorch could be asked about"
        )

    with tempfile.TemporaryDirectory(prefix="rnn-tui-verify-") as name:
        folder = Path(name)
        started = time.monotonic()
        _write(folder, opened, trace, modules)
        run_child(folder)
        seconds = time.monotonic() - started

        return _compared(folder, trace, modules, seconds)


def _modules(opened: OpenedModel, trace: ModelTrace) -> Iterator[_Module]:
    """Yield the modules whose layers ran."""
    layers = opened.model.graph.layers
    for group in opened.file.groups:
        names = layer_names(group, layers)
        if not names or not all(name in trace.layers for name in names):
            continue

        module = _Module(group, layers[names[0]], layers[names[-1]])
        if module.class_name:
            yield module


def _read(
    opened: OpenedModel,
    trace: ModelTrace,
    module: _Module,
) -> NDArray[Any]:
    """Return the input of a module's first layer."""
    for node in opened.model.graph.nodes:
        if node.layer == module.first.name:
            (ref, *_) = node.refs()
            return _value(trace, ref)

    raise VerifyError(f"layer {module.first.name!r} is called by nothing")


def _value(trace: ModelTrace, ref: Ref) -> NDArray[Any]:
    if ref.layer in trace.inputs:
        return trace.inputs[ref.layer]

    return trace.layers[ref.layer].outputs[ref.tensor]


def _write(
    folder: Path,
    opened: OpenedModel,
    trace: ModelTrace,
    modules: list[_Module],
) -> None:
    """Write the parameters as the file has them, the inputs of each module, and
    the question.
    """
    import numpy as np

    arrays: dict[str, Any] = {}
    asked = []
    for number, module in enumerate(modules):
        x = np.asarray(_read(opened, trace, module))
        whole = module.class_name == "Embedding"
        reads = f"x{number}"
        arrays[reads] = np.ascontiguousarray(
            x,
            np.int64 if whole else np.float32,
        )
        keys = {}
        stored_keys = [one.key for one in module.group.arrays]
        values = opened.file.read(stored_keys)
        for array in module.group.arrays:
            if array.name == "num_batches_tracked":
                continue

            key = f"w{number}.{array.name}"
            stored = values[array.key]
            arrays[key] = np.array(stored, np.float32)
            keys[_as_a_layer(array.name, module)] = key

        asked.append(
            {
                "name": module.last.name,
                "class": module.class_name,
                "settings": module.settings,
                "arrays": keys,
                "reads": reads,
            }
        )

    np.savez(folder / "arrays.npz", allow_pickle=False, **arrays)
    (folder / "question.json").write_text(
        json.dumps({"modules": asked}),
        encoding="utf-8",
    )


def _as_a_layer(name: str, module: _Module) -> str:
    """Return a parameter's name in a module; a cell has no number of a
    layer.
    """
    if module.recurrent and "_l" not in name:
        return f"{name}_l0"

    return name


def _compared(
    folder: Path,
    trace: ModelTrace,
    modules: list[_Module],
    seconds: float,
) -> Verification:
    import numpy as np

    answer = json.loads((folder / "answer.json").read_text(encoding="utf-8"))
    by = f"PyTorch {answer['torch']}"
    if "problem" in answer:
        raise VerifyError(
            f"{by} can't run these modules: {clean(answer['problem'])}"
        )

    with np.load(folder / "answer.npz", allow_pickle=False) as stored:
        theirs: Mapping[str, Any] = {key: stored[key] for key in stored.files}

    differences = []
    for module in modules:
        name = module.last.name
        ours = trace.layers[name].outputs[0]
        differences.append(_of_layer(name, module, ours, theirs[name]))

    seen = {one.name for one in differences}
    inside = {
        name
        for module in modules
        for name in layer_names(module.group, trace.layers)
    }
    unseen = tuple(
        path for path in trace.layers if path not in seen and path not in inside
    )

    return Verification(
        by,
        "",
        tuple(differences),
        unseen,
        seconds,
        stopped=trace.stopped,
        notes=(
            "each module is run by PyTorch itself on what our layer read; what "
            "happens between the modules isn't in the file",
        ),
        asked="PyTorch",
    )


def _of_layer(
    name: str,
    module: _Module,
    ours: NDArray[Any],
    theirs: NDArray[Any],
) -> Difference:
    """Return how far a layer is from PyTorch's output; one that was asked for
    its last output alone is compared there.
    """
    if module.recurrent and ours.ndim == 2:
        units = ours.shape[-1]
        if module.first.class_name == "Bidirectional":
            half = units // 2
            theirs = _ends(theirs, half)
        else:
            theirs = theirs[:, -1]

    return difference(name, "layer", ours, theirs)


def _ends(theirs: NDArray[Any], half: int) -> NDArray[Any]:
    """Return the output of each direction when it had read the whole
    sequence.
    """
    import numpy as np

    forward = theirs[:, -1, :half]
    backward = theirs[:, 0, half:]

    return np.concatenate([forward, backward], axis=-1)
