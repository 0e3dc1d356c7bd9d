"""The tensors in a PyTorch file: a state dictionary, dictionaries
of them, a whole module, or a TorchScript one.

The objects that the pickle would build are data here (see `inert_pickle`),
walked once, breadth and depth bounded; anything that isn't a tensor, a
dictionary or a module is passed over.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from rnn_tui.formats.reader.inert_pickle import Call, Name, Persistent
from rnn_tui.formats.reader.layouts import Found
from rnn_tui.formats.reader.torch_classes import (
    SCRIPT,
    Code,
    class_of,
    pickled_settings,
    script_settings,
    written,
)
from rnn_tui.formats.reader.torch_storage import (
    DTYPES,
    Storage,
    Tensor,
    tensor_in,
)
from rnn_tui.formats.wire.limits import Limits
from rnn_tui.formats.wire.problems import ProblemError

Stored = Callable[[Any], Storage]
"""Returns the storage that a persistent identity names."""

_PARAMETERS, _BUFFERS, _MODULES = "_parameters", "_buffers", "_modules"
_UTILS = "torch._utils"
_NOT_THE_MODEL = (
    "optim",
    "sched",
    "scaler",
    "amp",
    "grad",
    "ema_",
    "callback",
    "loops",
)
"""How the names begin that a training program keeps beside the model."""
_PACKED = f"{SCRIPT}.torch.classes."
_SCRIPT_OBJECT = ("torch", "ScriptObject")
_NOT_READ = {
    "_rebuild_meta_tensor_no_storage": "holds no values (a meta tensor)",
    "_rebuild_sparse_tensor": "is a sparse tensor, which isn't read",
    "_rebuild_qtensor": "is a quantized tensor, which isn't read",
    "_rebuild_nested_tensor": "is a nested tensor, which isn't read",
}
"""The kinds of tensors that aren't read, by the function that makes one."""
_OPTIMIZER = ("state", "param_groups")
"""The keys of every optimizer's state."""
_PARAMETER = re.compile(
    r"weight|bias|running_(?:mean|var)|num_batches_tracked|original\d"
)
"""How the names of the parameters of PyTorch's own modules begin."""
_HOLDERS = (dict, list, tuple, Call)
_PREFIXES = (
    "state_dict",
    "model_state_dict",
    "model_state",
    "net_state_dict",
    "model",
    "net",
    "weights",
    "params",
)


class _Place(NamedTuple):
    """An object to be walked; `apart` is one that a training program keeps
    beside the model.
    """

    path: str
    value: Any
    depth: int
    apart: bool


class Objects:
    """The walk over a file's objects: `arrays` by their full names, `classes`
    and `settings` of the modules where the file has them.

    `code` brings the code of a TorchScript file.
    """

    def __init__(self, stored: Stored, limits: Limits, code: Code) -> None:
        self.arrays: dict[str, Found] = {}
        self.strays: list[str] = []
        """The names of the tensors beside the model."""
        self.homes: list[str] = []
        """The paths of the state dictionaries."""
        self.classes: dict[str, str] = {}
        self.settings: dict[str, dict[str, Any]] = {}
        self.left_out: dict[str, None] = {}
        """The classes of modules without parameters, in their order."""
        self._stored = stored
        self._limits = limits
        self._code = code
        self._seen: set[int] = set()
        self._count = 0
        self._others: dict[str, Found] = {}
        """The tensors that are outside of every module and state dictionary."""
        self._apart: dict[str, Found] = {}
        """Those that a training program keeps beside the model."""

    def walk(self, root: Any) -> None:
        """Note every tensor below an object, once; where there are modules or
        state dictionaries, those outside of them aren't the model's.
        """
        left = [_Place("", root, 0, False)]
        while left:
            place = left.pop()
            here = place.value
            if place.depth > self._limits.depth or id(here) in self._seen:
                continue

            self._seen.add(id(here))
            if _is_optimizer(here):
                continue

            noted = self._noted(place)
            inner = []
            for name, value in self._parts(here, place.path):
                below = name
                if place.path:
                    below = f"{place.path}.{name}"

                if _is_tensor(value) or _is_packed(value):
                    self._note(below, value, noted)
                elif isinstance(value, _HOLDERS):
                    apart = place.apart or (
                        noted is not self.arrays
                        and name.lower().startswith(_NOT_THE_MODEL)
                    )
                    inner.append(_Place(below, value, place.depth + 1, apart))

            left += reversed(inner)

        if not self.arrays:
            self.arrays, self._others = self._others, {}
        if not self.arrays:
            self.arrays, self._apart = self._apart, {}

        self.strays = [*self._others, *self._apart]

    def _noted(self, place: _Place) -> dict[str, Found]:
        """Return where the tensors that an object holds are noted."""
        here = place.value
        if place.apart:
            return self._apart
        if _module_state(here) is not None or _script_state(here) is not None:
            return self.arrays
        if not _is_state_dictionary(here):
            return self._others

        self.homes.append(place.path)

        return self.arrays

    def _parts(self, here: Any, path: str) -> Iterator[tuple[str, Any]]:
        """Yield the parts of an object by their names: of a module its
        parameters, its buffers and the modules inside.
        """
        state = _module_state(here)
        if state is not None:
            self._note_class(here, state, path)
            for key in (_PARAMETERS, _BUFFERS, _MODULES):
                yield from _items(state.get(key))

            for name, value in _items(state):
                if _is_packed(value):
                    yield name, value

            return

        script = _script_state(here)
        if script is not None:
            self._note_class(here, script, path)
            yield from _items(script)
            return

        yield from _items(here)

    def _note_class(self, here: Call, state: dict[Any, Any], path: str) -> None:
        """Note the class of a module and the settings that decide its numbers;
        one without parameters is only named.
        """
        source = class_of(here)
        name = written(source)
        self.classes[path] = name
        if _PARAMETERS in state:
            settings = pickled_settings(name, state)
        else:
            settings = script_settings(name, source, state, self._code)

        if settings:
            self.settings[path] = settings

        parameters = _items(state.get(_PARAMETERS))
        modules = _items(state.get(_MODULES))
        own = [*parameters, *_items(state)]
        holds = any(_holds_tensors(value) for _, value in own)
        if not holds and not dict(modules):
            self.left_out[name.rpartition(".")[2]] = None

    def _note(self, name: str, value: Any, noted: dict[str, Found]) -> None:
        self._count += 1
        if self._count > self._limits.arrays:
            raise ProblemError(
                f"holds more than {self._limits.arrays:,} arrays"
            )

        try:
            noted[name] = Found(name, self._tensor(value))
        except ProblemError as problem:
            noted[name] = Found(name, None, str(problem), problem.shape)

    def _tensor(self, value: Any) -> Tensor:
        """Return the tensor that a call would build.

        Raises ProblemError for one of a kind that isn't read.
        """
        if _is_packed(value):
            raise ProblemError("holds weights packed by quantization")

        function, arguments = _unwrapped(value)
        if any(_is_changed(argument) for argument in arguments[6:]):
            raise ProblemError(
                "holds a tensor whose values are to be changed when it is "
                "read (neg or conj)"
            )

        if function == "_rebuild_tensor_v3" and len(arguments) > 6:
            storage = self._storage(arguments[0])
            dtype = DTYPES.get(getattr(arguments[6], "name", ""))
            if dtype is None:
                kind = getattr(arguments[6], "name", "?")
                raise ProblemError(
                    f"holds values of a type that isn't read ({kind:.40})"
                )
        elif function in ("_rebuild_tensor_v2", "_rebuild_tensor"):
            storage = self._storage(arguments[0])
            dtype = storage.dtype
        else:
            raise ProblemError(
                f"holds a tensor of another kind ({function:.40}), which isn't "
                "read"
            )

        _, offset, shape, strides = arguments[:4]

        return tensor_in(storage, offset, shape, strides, dtype, self._limits)

    def _storage(self, reference: Any) -> Storage:
        if not isinstance(reference, Persistent):
            raise ProblemError("has no storage")

        return self._stored(reference.identity)


def model_names(
    arrays: dict[str, Found],
    homes: Sequence[str],
) -> dict[str, Found]:
    """Return arrays without the name of the dictionary that holds them all
    (`state_dict.lstm.bias` is `lstm.bias`), or its place in a list.
    """
    steps: list[str] = []
    if len(homes) == 1:
        steps = homes[0].split(".")

    while arrays:
        first = next(iter(arrays)).partition(".")[0]
        is_place = steps[:1] == [first] and first.isdigit()
        if not is_place and first not in _PREFIXES:
            break

        prefix = f"{first}."
        shorter = {
            name.removeprefix(prefix): found for name, found in arrays.items()
        }
        inside = all(name.startswith(prefix) for name in arrays)
        whole = is_place or all("." in name for name in shorter)
        if not inside or not whole:
            break

        arrays = shorter
        steps = steps[1:]

    return arrays


def _is_optimizer(here: Any) -> bool:
    """Say whether an object is the state of an optimizer."""
    items = here
    if isinstance(here, Call):
        items = here.items

    return isinstance(items, dict) and all(key in items for key in _OPTIMIZER)


def _is_state_dictionary(here: Any) -> bool:
    """Say whether a dictionary holds parameters by their names: one of
    PyTorch's names, or a name with a module's before it.
    """
    if isinstance(here, (list, tuple)):
        return False

    for name, value in _items(here):
        if not _is_tensor(value):
            continue

        _, dot, last = name.rpartition(".")
        if _PARAMETER.match(last) or (dot and _has_axes(value)):
            return True

    return False


def _has_axes(value: Call) -> bool:
    """Say whether a tensor is more than one number."""
    try:
        _, arguments = _unwrapped(value)
    except ProblemError:
        return False

    return bool(arguments[2])


def _is_tensor(value: Any) -> bool:
    """Say whether an object is a tensor, or a parameter around one."""
    if not isinstance(value, Call) or not isinstance(value.function, Name):
        return False

    where, name = value.function

    return (where == _UTILS and name.startswith("_rebuild_")) or (
        where == "torch._tensor" and name.startswith("_rebuild_from_type")
    )


def _is_packed(value: Any) -> bool:
    """Say whether an object holds weights as PyTorch's quantized kernels read
    them.
    """
    if not isinstance(value, Call) or not isinstance(value.function, Name):
        return False

    where, name = value.function

    return where.startswith(_PACKED) or (where, name) == _SCRIPT_OBJECT


def _is_changed(metadata: Any) -> bool:
    """Say whether the last argument of a tensor's call changes its values."""
    return isinstance(metadata, dict) and any(metadata.values())


def _holds_tensors(value: Any) -> bool:
    """Say whether an attribute is a tensor, or a module that may have some."""
    return _is_tensor(value) or _script_state(value) is not None


def _unwrapped(value: Call) -> tuple[str, tuple[Any, ...]]:
    """Return the function that would build a tensor, and its arguments; a
    parameter or a class of tensors around it is taken off.
    """
    for _ in range(4):
        name = value.function.name
        arguments = value.arguments
        if name in _NOT_READ:
            raise ProblemError(_NOT_READ[name])
        if not isinstance(arguments, tuple) or not arguments:
            raise ProblemError("is no tensor that can be read")

        if name.startswith("_rebuild_from_type") and len(arguments) > 2:
            inner = Call(arguments[0], arguments[2])
        elif name.startswith("_rebuild_parameter"):
            inner = arguments[0]
        else:
            if len(arguments) < 4:
                raise ProblemError("is no tensor that can be read")

            return name, arguments

        if not _is_tensor(inner):
            raise ProblemError("is no tensor that can be read")

        value = inner

    raise ProblemError("is a tensor in tensors without end")


def _items(here: Any) -> Iterator[tuple[str, Any]]:
    """Yield the items of a dictionary or a list by names; numbers are names,
    too.
    """
    if isinstance(here, (list, tuple)):
        here = dict(enumerate(here))
    if isinstance(here, Call):
        here = here.items
    if not isinstance(here, dict):
        return

    for key, value in here.items():
        if isinstance(key, str):
            yield key, value
        elif type(key) is int and abs(key) < 1 << 31:
            yield str(key), value


def _module_state(here: Any) -> dict[Any, Any] | None:
    """Return the attributes of a pickled module, None of anything else."""
    state = here.state if isinstance(here, Call) else None
    if isinstance(state, dict) and _PARAMETERS in state and _MODULES in state:
        return state

    return None


def _script_state(here: Any) -> dict[Any, Any] | None:
    """Return the attributes of a TorchScript module, None of anything else."""
    if not isinstance(here, Call) or not isinstance(here.function, Name):
        return None
    if not here.function.module.startswith(SCRIPT):
        return None
    if isinstance(here.state, dict):
        return here.state

    return None
