"""Operations that stand in a functional graph as layers: keras.ops in Keras 3, TFOpLambda and slices in tf.keras."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from rnn_tui.engine import lazy_numpy as np
from rnn_tui.engine.arrays import Shape, Tensor
from rnn_tui.engine.layer import Run
from rnn_tui.engine.layers.attention import WithArguments
from rnn_tui.engine.layers.base import probe, quiet_run
from rnn_tui.engine.layers.operations import NUMPYS, OTHERS, OURS, REDUCTIONS, operation, values_of
from rnn_tui.engine.layers.registry import computes
from rnn_tui.errors import MisfitError

TENSORFLOW: Mapping[str, str] = {
    "__operators__.add": "Add",
    "__operators__.sub": "Subtract",
    "__operators__.getitem": "GetItem",
    "math.add": "Add",
    "math.subtract": "Subtract",
    "math.multiply": "Multiply",
    "math.truediv": "TrueDivide",
    "math.divide": "TrueDivide",
    "math.floordiv": "FloorDivide",
    "math.pow": "Power",
    "math.maximum": "Maximum",
    "math.minimum": "Minimum",
    "math.equal": "Equal",
    "math.not_equal": "NotEqual",
    "math.greater": "Greater",
    "math.greater_equal": "GreaterEqual",
    "math.less": "Less",
    "math.less_equal": "LessEqual",
    "math.logical_and": "LogicalAnd",
    "math.logical_or": "LogicalOr",
    "math.logical_not": "LogicalNot",
    "math.abs": "Absolute",
    "math.negative": "Negative",
    "math.exp": "Exp",
    "math.log": "Log",
    "math.sqrt": "Sqrt",
    "math.rsqrt": "Rsqrt",
    "math.square": "Square",
    "math.sign": "Sign",
    "math.tanh": "Tanh",
    "math.sigmoid": "Sigmoid",
    "math.softplus": "Softplus",
    "math.cumsum": "Cumsum",
    "math.argmax": "Argmax",
    "math.argmin": "Argmin",
    "math.sin": "Sin",
    "math.cos": "Cos",
    "math.floor": "Floor",
    "math.ceil": "Ceil",
    "math.round": "Round",
    "math.floormod": "Mod",
    "math.reciprocal": "Reciprocal",
    "math.reduce_std": "Std",
    "math.reduce_variance": "Var",
    "math.reduce_logsumexp": "Logsumexp",
    "math.l2_normalize": "L2Normalize",
    "math.log_softmax": "LogSoftmax",
    **{f"math.reduce_{name.lower()}": name for name in ("Mean", "Sum", "Max", "Min", "Prod", "Any", "All")},
    "nn.relu": "Relu",
    "nn.elu": "Elu",
    "nn.selu": "Selu",
    "nn.softmax": "Softmax",
    "nn.log_softmax": "LogSoftmax",
    "nn.leaky_relu": "LeakyRelu",
    "nn.silu": "Silu",
    "nn.swish": "Silu",
    "nn.gelu": "Gelu",
    "nn.softplus": "Softplus",
    "nn.softsign": "Softsign",
    "nn.l2_normalize": "L2Normalize",
    "nn.tanh": "Tanh",
    "nn.sigmoid": "Sigmoid",
    "linalg.matmul": "Matmul",
    "linalg.norm": "Norm",
    "norm": "Norm",
    "split": "SplitSizes",
    "gather": "Take",
    "one_hot": "OneHot",
    "pad": "Pad",
    "roll": "Roll",
    "convert_to_tensor": "ConvertToTensor",
    "expand_dims": "ExpandDims",
    "squeeze": "Squeeze",
    "reshape": "Reshape",
    "transpose": "Transpose",
    "concat": "Concatenate",
    "stack": "Stack",
    "unstack": "Unstack",
    "tile": "Tile",
    "repeat": "Repeat",
    "reverse": "Flip",
    "cast": "Cast",
    "identity": "Identity",
    "stop_gradient": "StopGradient",
    "where": "Where",
    "clip_by_value": "Clip",
    "zeros_like": "ZerosLike",
    "ones_like": "OnesLike",
}
"""tf.keras's functions and the operation of Keras 3 that computes the same."""

RENAMED = {
    "shape": "newshape",
    "perm": "axes",
    "multiples": "repeats",
    "clip_value_min": "x_min",
    "clip_value_max": "x_max",
    "slice_spec": "key",
    "dim": "axis",
    "depth": "num_classes",
    "paddings": "pad_width",
    "alpha": "negative_slope",
    "keep_dims": "keepdims",
}
TYPED = ("ConvertToTensor", "Cumsum", "Prod", "OneHot")
"""Operations that may be asked for another type than that of what they read."""
POSITIONAL = ("x", "y", "b", "indices")
"""Keywords of tf.keras under which a further operand may stand."""


ARGUMENTS = (ValueError, TypeError, IndexError, KeyError, AttributeError, OverflowError, ZeroDivisionError)
"""What NumPy and Python raise for arguments of an operation that make no sense."""


def tensorflow_operation(function: str) -> str | None:
    """Return the operation behind a TFOpLambda's `function`, None when it is not reproduced."""
    return TENSORFLOW.get(function.removeprefix("compat.v1."))


class OnArrays(WithArguments):
    """An operation on plain arrays: masks end here, as they do in Keras."""

    only_tried: ClassVar[bool] = True

    def operate(self, args: Sequence[Any], kwargs: Mapping[str, Any], run: Run) -> list[Tensor]:
        """Return the result of the operation; NumPy says whether its arguments make sense."""
        raise NotImplementedError

    def call_with(self, args: Sequence[Any], kwargs: Mapping[str, Any], run: Run) -> list[Tensor]:
        """Return the result of the operation. Raises MisfitError where NumPy can't make it of these arguments."""
        try:
            return self.operate(args, kwargs, run)
        except ARGUMENTS as error:
            raise MisfitError(str(error)) from error

    def output_shapes(self, inputs: Sequence[Shape]) -> list[Shape]:
        """Return the shape that comes out."""
        return probe(lambda tensors: self.call(tensors, quiet_run()), inputs)

    def values_made(self, inputs: Sequence[Shape]) -> int:
        """Return none: its arguments say how many, and `computed` claims them."""
        return 0

    def computed(self, name: str, args: Sequence[Any], params: Mapping[str, Any], run: Run) -> list[Tensor]:
        """Return the result of an operation, in the run's dtype where it is a fraction."""
        if name == "Cast":
            result: Any = _cast(args[0], str(params["dtype"]), run)
        else:
            found = operation(name)
            assert found is not None
            run.claims(run.path, values_of(name, args, params), run.dtype.itemsize)
            result = found(args, params)
            if name in TYPED and isinstance(params.get("dtype"), str):
                result = _cast(result, params["dtype"], run)
        parts = result if isinstance(result, list) else [result]
        return [Tensor(_settled(np.asarray(part), run)) for part in parts]


def _cast(value: Any, dtype: str, run: Run) -> Any:
    if dtype.startswith(("float", "bfloat")):
        return np.asarray(value).astype(run.dtype)
    return np.asarray(value).astype(np.bool_ if dtype == "bool" else np.int64)


def _settled(value: Any, run: Run) -> Any:
    if value.dtype.kind not in "fiub":  # an argument that was no number, or larger than any
        raise ValueError("it makes something else than numbers")
    return value.astype(run.dtype, copy=False) if value.dtype.kind == "f" else value


def _arrays(value: Any) -> Any:
    """Return nested arguments with the arrays of their tensors."""
    if isinstance(value, Tensor):
        return value.value
    return [_arrays(part) for part in value] if isinstance(value, (list, tuple)) else value


@computes(*(f"ops.{name}" for name in (*NUMPYS, *OURS, *REDUCTIONS, *OTHERS, "Cast")))
class Operator(OnArrays):
    """One of keras.ops; its parameters are its configuration and the call's keywords."""

    def operate(self, args: Sequence[Any], kwargs: Mapping[str, Any], run: Run) -> list[Tensor]:
        """Return the result of the operation."""
        params = {**self.config, **{key: value for key, value in kwargs.items() if not isinstance(value, Tensor)}}
        operands = [_arrays(value) for value in args]
        operands += [value.value for value in kwargs.values() if isinstance(value, Tensor)]
        return self.computed(self.class_name, operands, params, run)


@computes("TFOpLambda", "SlicingOpLambda")
class TensorFlowOperator(OnArrays):
    """A TensorFlow function that tf.keras turned into a layer; keywords hold its further operands and parameters."""

    def operate(self, args: Sequence[Any], kwargs: Mapping[str, Any], run: Run) -> list[Tensor]:
        """Return the result of the operation."""
        name = tensorflow_operation(str(self.config["function"])) or ""
        operands = [_arrays(value) for value in args]
        operands += [_arrays(kwargs[key]) for key in POSITIONAL if kwargs.get(key) is not None]
        params = {RENAMED.get(key, key): _arrays(value) for key, value in kwargs.items() if value is not None}
        params.setdefault("approximate", False)  # Keras 3's gelu approximates unless told, TensorFlow's doesn't
        if name == "Matmul":
            operands = [
                np.swapaxes(value, -1, -2) if params.get(f"transpose_{side}") else value
                for side, value in zip("ab", operands, strict=True)
            ]
        return self.computed(name, operands, params, run)
