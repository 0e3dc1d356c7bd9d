"""A trace as arrays with named axes, by xarray."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from rnn_tui.errors import RnnTuiError

if TYPE_CHECKING:
    from xarray import Dataset

    from rnn_tui.engine.trace.trace import CellTrace, ModelTrace

NO_XARRAY = (
    "to_xarray() needs xarray, which isn't installed: pip install "
    "'rnn-tui[notebook]'"
)
PICTURE = ("row", "column", "depth")


def trace_dataset(trace: ModelTrace) -> Dataset:
    """Return every quantity of every cell under the key that a trace's file has
    for it (`lstm/h`), with the inputs and outputs.

    Raises RnnTuiError where xarray is missing.
    """
    variables: dict[str, Any] = {}
    for cell in trace.cells:
        units = f"{cell.key}_unit"
        for name, found in _variables(cell, units):
            variables[f"{cell.key}/{name}"] = found

    for name, value in trace.inputs.items():
        key = f"input/{name}"
        variables[key] = _plain(value, key)

    for number, value in enumerate(trace.outputs):
        key = f"output/{number}"
        variables[key] = _plain(value, key)

    dataset: Dataset = _xarray().Dataset(variables)
    if trace.warnings:
        dataset.attrs["warnings"] = list(trace.warnings)

    return dataset


def cell_dataset(cell: CellTrace) -> Dataset:
    """Return every quantity of a cell: `(batch, timestep, unit)`.

    Raises RnnTuiError where xarray is missing.
    """
    variables = dict(_variables(cell, "unit"))
    dataset: Dataset = _xarray().Dataset(variables, attrs={"key": cell.key})

    return dataset


def _variables(cell: CellTrace, unit: str) -> Iterable[tuple[str, Any]]:
    for name in cell.names:
        values = cell.read(name)
        inside = PICTURE[: values.ndim - 3]
        yield name, (("batch", "timestep", *inside, unit), values)


def _plain(value: Any, name: str) -> tuple[tuple[str, ...], Any]:
    """Return an array with its axes named: those after the batch by their
    array.
    """
    inner = [f"{name}_axis{k}" for k in range(1, value.ndim)]
    if value.ndim == 0:
        return (), value

    return ("batch", *inner), value


def _xarray() -> Any:
    try:
        import xarray
    except ImportError:
        raise RnnTuiError(NO_XARRAY) from None

    return xarray
