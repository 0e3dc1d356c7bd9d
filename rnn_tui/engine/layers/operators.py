"""Operations that are layers of a functional graph: keras.ops in Keras 3,
TFOpLambda and slices in tf.keras.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from rnn_tui.engine.core.arrays import Shape, Tensor
from rnn_tui.engine.layers import registry
from rnn_tui.engine.layers.call_arguments import WithArguments
from rnn_tui.engine.layers.layer import Run
from rnn_tui.engine.layers.names import OPERATION
from rnn_tui.engine.layers.probing import probe, quiet_run
from rnn_tui.engine.layers.registry import computes
from rnn_tui.engine.layers.schema import UNDECLARED, Schema
from rnn_tui.engine.operations.keras_table import KERAS
from rnn_tui.engine.operations.rows import Row
from rnn_tui.engine.operations.tensorflow_table import OLD_WORDS, tensorflow_row
from rnn_tui.errors import MisfitError

OURS = ("written", "name", "trainable", "build_shape")
"""Keys of an operation's configuration that aren't its parameters."""


ID_COUNTS = {"OneHot": ("num_classes",)}
"""Parameters that say how many ids there are, of an operation that makes
vectors of ids.
"""


class OnArrays(WithArguments):
    """An operation on plain arrays: masks end here, as they do in Keras."""

    only_tried: ClassVar[bool] = True

    def asked(
        self,
        kwargs: Mapping[str, Any],
    ) -> tuple[Row, Mapping[str, Any]]:
        """Return the operation of a call, and its arguments by keyword."""
        raise NotImplementedError

    def call_with(
        self,
        args: Sequence[Any],
        kwargs: Mapping[str, Any],
        run: Run,
    ) -> list[Tensor]:
        """Return the result."""
        row, given = self.asked(kwargs)
        return self.computed(row, args, given, run)

    def output_shapes(self, inputs: Sequence[Shape]) -> list[Shape]:
        """Return the shape of the result."""
        return probe(lambda tensors: self.call(tensors, quiet_run()), inputs)

    def values_made(self, inputs: Sequence[Shape]) -> int:
        """Return none: its arguments say how many, and `computed` claims
        them.
        """
        return 0

    def computed(
        self,
        row: Row,
        args: Sequence[Any],
        given: Mapping[str, Any],
        run: Run,
    ) -> list[Tensor]:
        """Return the results of an operation for its arguments, in the run's
        dtype where it is a fraction.
        """
        from rnn_tui.engine.operations.calling import computed

        def claim(values: int, size: int) -> None:
            run.claims(run.path, values, size)

        plain = {key: arrays_in(value) for key, value in given.items()}
        made = computed(
            row,
            [arrays_in(value) for value in args],
            plain,
            run.dtype,
            claim,
        )

        return [Tensor(part) for part in made]


def arrays_in(value: Any) -> Any:
    """Return nested arguments with the arrays of their tensors."""
    if isinstance(value, Tensor):
        return value.value
    if isinstance(value, Mapping):
        return {key: arrays_in(part) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [arrays_in(part) for part in value]

    return value


@computes(
    **{
        f"{OPERATION}{name}": Schema(
            f"The function {name} of keras.ops.",
            id_counts=ID_COUNTS.get(name, ()),
            back="operations_back:operation",
        )
        for name in KERAS
    }
)
class Operator(OnArrays):
    """One of keras.ops; its parameters are its configuration and the call's
    keywords.
    """

    @property
    def schema(self) -> Schema:
        """The schema of the operation, not that of a layer of the same name."""
        return registry.schema(f"{OPERATION}{self.class_name}") or UNDECLARED

    def asked(
        self,
        kwargs: Mapping[str, Any],
    ) -> tuple[Row, Mapping[str, Any]]:
        """Return the operation of a call, and its arguments by keyword."""
        stated = {
            key: value for key, value in self.config.items() if key not in OURS
        }
        return KERAS[self.class_name], {**stated, **kwargs}


@computes(
    TFOpLambda=Schema(
        "A function of TensorFlow.",
        id_counts=("depth",),
        back="operations_back:operation",
    ),
    SlicingOpLambda=Schema(
        "Takes a part of a tensor, as Python's brackets do.",
        back="operations_back:operation",
    ),
)
class TensorFlowOperator(OnArrays):
    """A TensorFlow function that tf.keras turned into a layer; keywords hold
    its further operands and parameters.
    """

    def asked(
        self,
        kwargs: Mapping[str, Any],
    ) -> tuple[Row, Mapping[str, Any]]:
        """Return the operation of a call, and its arguments by keyword."""
        function = self.config.get("function")
        row = tensorflow_row(function)
        if row is None:
            raise MisfitError(f"TensorFlow's {function} is not reproduced")

        given = {
            key: value for key, value in kwargs.items() if key not in OLD_WORDS
        }
        for old, new in OLD_WORDS.items():
            if kwargs.get(old) is not None:
                given[new] = kwargs[old]

        return row, given
