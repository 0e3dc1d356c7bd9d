"""A model as its configuration describes it, in Keras 3's words whatever the
file said: layers, calls, ends.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from rnn_tui.engine.graph.nodes import Node, Ref
from rnn_tui.engine.recurrent.factory import mapping
from rnn_tui.text import clean

TENSORFLOW_JS = "tfjs-layers"
"""How the version begins that TensorFlow.js writes in the place of Keras's."""


class Era(NamedTuple):
    """Which Keras wrote the file: generation 1, 2 or 3, its version, and
    whether it was TensorFlow's own Keras.
    """

    generation: int
    version: tuple[int, ...]
    tensorflow: bool
    backend: str | None = None
    modules: bool = False
    """Whether PyTorch wrote it: its arrays are the parameters of modules."""

    @classmethod
    def of(cls, version: str | None, backend: str | None = None) -> Era:
        """Return the era of a version as files state it (`2.2.4-tf`); without
        one, today's Keras.
        """
        text = version or "3"
        if text.startswith(TENSORFLOW_JS):
            # its defaults are Keras 2.2's: an LSTM's recurrent activation is
            # hard_sigmoid
            return cls(2, (2, 2, 4), False, backend)

        number, _, _ = text.partition("-")
        parts = []
        for part in number.split("."):
            is_number = part.isascii() and part.isdigit()
            if is_number and len(part) < 9:
                parts.append(int(part))

        digits = tuple(parts[:3]) or (3,)
        major = digits[0]
        tensorflow = "tf" in text or (major == 2 and digits >= (2, 4))
        generation = min(max(major, 1), 3)

        return cls(generation, digits, tensorflow, backend)

    @property
    def keras(self) -> str:
        """Which Keras it was, in words: `Keras 2.2.4`, `tf.keras 2.2.4`."""
        return (
            f"{'tf.keras' if self.tensorflow else 'Keras'} "
            f"{'.'.join(map(str, self.version))}"
        )

    @property
    def zeroes_masked_directions(self) -> bool:
        """Whether Bidirectional with return_sequences returns zeros at masked
        timesteps; Keras up to 2.3.1 didn't.
        """
        return self.generation >= 3 or (
            self.tensorflow and self.version >= (2, 2, 4)
        )

    @property
    def loses_merged_masks(self) -> bool:
        """Whether masks end where tensors meet in one layer, and it takes no
        notice of them: Keras 3.0 to 3.3.
        """
        return self.generation >= 3 and (3, 0) <= self.version < (3, 4)

    @property
    def zeroes_masked_shares(self) -> bool:
        """Whether Softmax gives masked places 0 even where all are masked:
        Keras 3.10 on (pull request 21149).
        """
        return self.generation >= 3 and not (3, 0) <= self.version < (3, 10)

    @property
    def shares_ignore_masks(self) -> bool:
        """Whether Softmax takes no notice of masks: in Keras 1 and 2, and in
        tf.keras before 2.4 (TensorFlow 2.4).
        """
        return self.generation < 3 and not (
            self.tensorflow and self.version >= (2, 4)
        )

    @property
    def time_masks(self) -> str:
        """How TimeDistributed treats masks, in the words of its layer in
        the engine: it changed in Keras 2.2.
        """
        if self.generation >= 3:
            return "kept"
        if self.version >= (2, 2):
            return "joined"

        return "outer"

    @property
    def carries_state(self) -> bool:
        """Whether a stateful layer in a TimeDistributed goes on from one outer
        timestep to the next within a run.
        """
        return self.generation >= 3 or self.tensorflow

    @property
    def reverses_states(self) -> bool:
        """Whether stacked cells list their states from the last cell to the
        first: Keras before 2.2.3.
        """
        return not self.tensorflow and self.version < (2, 2, 3)

    @property
    def resets_after(self) -> bool:
        """Whether a GRU applies its reset gate after the recurrent product
        unless told: tf.keras 2 and Keras 3.
        """
        return self.generation >= 3 or (
            self.tensorflow and self.version >= (2, 2, 4)
        )

    @property
    def gate(self) -> str:
        """The recurrent activation where a configuration names none: it changed
        in Keras 2.3 and in TensorFlow 2.
        """
        old = self.generation == 1 or (
            self.version < (2, 3)
            and not (self.tensorflow and self.version >= (2, 2, 4))
        )
        if old:
            return "hard_sigmoid"

        return "sigmoid"


@dataclass(eq=False)
class Own:
    """A class of somebody's own, of a layer or of a cell in an RNN: its name,
    and why it isn't Keras's.

    `place` is the cell's place below the layer (`cells/1`, empty for its only
    cell), None for the layer's own class.
    """

    written: str
    reason: str
    place: str | None = None
    taken: str | None = None
    """The class of Keras's that it is computed as, at the user's wish."""
    framework: str = "Keras"
    """The framework whose class that is."""


@dataclass(eq=False)
class LayerSpec:
    """One layer: `wraps` are the layers inside (TimeDistributed's,
    Bidirectional's two), `graph` a nested model's.
    """

    name: str
    class_name: str
    config: dict[str, Any]
    written: str = ""
    """The class as the file names it."""
    notes: list[str] = field(default_factory=list)
    why_not: str | None = None
    wraps: list[LayerSpec] = field(default_factory=list)
    graph: GraphSpec | None = None
    operator: bool = False
    """Whether it is one of Keras 3's operations (keras.ops), which holds no
    weights and is no layer.
    """
    own: list[Own] = field(default_factory=list)
    """Its own class, or those of its cells, where they are somebody's own;
    `class_name` is the name that is shown.
    """

    @property
    def settled(self) -> bool:
        """Whether every class of its own is Keras's, or is computed as one at
        the user's wish.
        """
        return all(own.taken is not None for own in self.own)

    constant: ConstantSpec | None = None
    """The numbers, where it is no layer of the file but a tensor that a call
    holds.
    """


@dataclass(eq=False)
class GraphSpec:
    """A model: `hidden` are the input layers of a Sequential, which no summary
    shows.
    """

    name: str
    class_name: str
    layers: list[LayerSpec]
    nodes: list[Node]
    inputs: list[Ref]
    outputs: list[Ref]
    hidden: frozenset[str] = frozenset()
    trainable: bool = True
    own_class: str | None = None
    """The class of a model whose author derived it from Keras's: the code of
    its `call` isn't in the file.
    """
    declared: bool = True
    """Whether the model declares its inputs; else the shape of its input is
    that of the first it was called on.
    """

    def layer(self, name: str) -> LayerSpec:
        """Return the layer called `name`."""
        return next(layer for layer in self.layers if layer.name == name)


Config = Mapping[str, Any]
"""A JSON object of a file, as parsed."""


def class_of(raw: Config) -> str:
    """Return the class an object of the configuration names; a value that isn't
    a name is shown as it is.
    """
    return named(raw.get("class_name"), "None")


def own_name(class_name: str) -> str:
    """Return a class's name without where it comes from: `Mine>Tagger` is a
    Tagger.
    """
    return class_name.rpartition(">")[2] or class_name


def named(value: Any, default: str) -> str:
    """Return a name as the configuration has it, `default` where it has none;
    a value that isn't a text is shown as it is.
    """
    if not value:
        return default
    if isinstance(value, str):
        return value

    return shown(value)


def shown(value: Any) -> str:
    """Return a value of a configuration as a line can show it."""
    return clean(json.dumps(value, ensure_ascii=False, default=str), 60)


class ConstantSpec(NamedTuple):
    """A constant as the file has it: nested lists, the tensor that they make,
    or why they make none.
    """

    values: Any
    shape: tuple[int, ...] = ()
    kind: str = "float"
    dtype: str = "float32"
    problem: str | None = None


def cells_of(cell: Any) -> list[Mapping[str, Any]]:
    """Return the cells of an RNN layer's configuration."""
    if (
        isinstance(cell, Mapping)
        and cell.get("class_name") == "StackedRNNCells"
    ):
        cell = mapping(cell.get("config")).get("cells")

    return [
        one
        for one in (cell if isinstance(cell, list) else [cell])
        if isinstance(one, Mapping)
    ]
