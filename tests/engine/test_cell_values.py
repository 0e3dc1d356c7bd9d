"""The values of a cell are one protocol, wherever they are kept, and its path
is read in one place.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnn_tui import open_model
from rnn_tui.engine.trace.checkpointed import RecomputedRecord
from rnn_tui.engine.trace.downsampled import Downsampled, whole
from rnn_tui.engine.trace.paths import CellPath, without_calls
from rnn_tui.engine.trace.record import KeptRecord
from rnn_tui.engine.trace.trace import CellTrace, ModelTrace
from rnn_tui.engine.trace.values import GivenValues, Values

SAMPLES = Path(__file__).resolve().parents[2] / "sample_models"


def run(name: str, timesteps: int) -> ModelTrace:
    model = open_model(str(SAMPLES / name)).model
    features = model.inputs[0].shape[-1] or 1
    x = (
        np.random.default_rng(2)
        .standard_normal((timesteps, features))
        .astype("f4")
    )
    return model.run(x, partial=True)


def recomputed(cell: CellTrace) -> RecomputedRecord:
    """The same run, its values computed again when they are read."""
    kept = cell.values
    assert isinstance(kept, KeptRecord)
    states = [state.copy() for state in kept.initial]
    record = RecomputedRecord(kept.scan, kept.reading, states, 1 << 20, 1 << 20)
    while record.filled < record.timesteps:
        record.advance()
    return record


@pytest.fixture(scope="module")
def cells() -> list[CellTrace]:
    """A plain cell, and one that reads from the end."""
    return list(run("bilstm-4.keras", 700).cells)


def implementations(cell: CellTrace) -> list[Values]:
    arrays = {name: cell.read(name) for name in cell.names}
    return [cell.values, recomputed(cell), GivenValues(arrays)]


@pytest.mark.parametrize("timesteps", [None, 1, 97, 256, 700, 5000])
def test_windows_follow_each_other_and_hold_every_quantity(
    cells: list[CellTrace], timesteps: int | None
) -> None:
    for cell in cells:
        for values in implementations(cell):
            found = list(values.windows(timesteps))
            assert [start for start, _ in found] == list(
                np.cumsum([0, *(part["h"].shape[1] for _, part in found)])[:-1]
            )
            for name in cell.names:
                joined = np.concatenate(
                    [part[name] for _, part in found], axis=1
                )
                np.testing.assert_array_equal(joined, cell.read(name))


def test_a_window_is_computed_once_for_all_quantities(
    cells: list[CellTrace], monkeypatch: pytest.MonkeyPatch
) -> None:
    for cell in cells:
        record = recomputed(cell)
        computed: list[int] = []
        windows = record.again
        compute = windows.compute

        def counted(
            k, compute=compute, length=record.length, computed=computed
        ):  # type: ignore[no-untyped-def]
            computed.append(k * length)
            return compute(k)

        monkeypatch.setattr(windows, "compute", counted)
        list(record.windows())
        starts = list(range(0, record.timesteps, record.length))
        assert sorted(set(computed)) == starts
        turned = (
            2 if cell.reverse else 1
        )  # its windows begin within those of the run
        assert len(computed) <= turned * len(starts)


def test_every_kind_of_values_answers_alike(cells: list[CellTrace]) -> None:
    cell = cells[0]
    for values in implementations(cell):
        assert values.names == cell.names
        assert (values.timesteps, values.filled, values.exact) == (
            700,
            700,
            True,
        )
        assert list(values) == list(cell.names)
        np.testing.assert_array_equal(values["c"], cell.read("c"))
        np.testing.assert_array_equal(
            values.read_rows("c", (0,), 3, 9), cell.read("c", 3, 9)[[0]]
        )
        np.testing.assert_array_equal(
            values.means("c", 3, 9), cell.read("c", 3, 9)
        )
        np.testing.assert_array_equal(
            values.overview("c", 7).high, cell.overview("c", 7).high
        )
        with pytest.raises(KeyError):
            values["nothing"]


def test_a_run_seen_as_a_whole_keeps_its_inputs_and_outputs() -> None:
    trace = run("lstm-4-sequences.h5", 300)
    seen = whole(trace, 20)
    assert isinstance(seen.cells[0].values, Downsampled)
    assert not seen.cells[0].values.exact
    assert seen.cells[0].timesteps == 20
    assert seen.inputs is trace.inputs
    assert seen.outputs is trace.outputs
    assert list(seen.layers) == list(trace.layers)


def test_a_cell_that_is_left_out_leaves_its_layer() -> None:
    trace = run("bilstm-4.keras", 5)
    forward = trace.with_cells(lambda cell: None if cell.reverse else cell)
    assert [cell.direction for cell in forward.cells] == ["forward"]
    assert len(trace.cells) == 2


NAMES = st.from_regex(r"[a-z_]{1,5}(/[a-z_]{1,5})?", fullmatch=True).filter(
    lambda name: name.rpartition("/")[2] not in ("forward", "backward")
)


@given(
    NAMES,
    st.integers(0, 12),
    st.sampled_from([None, "forward", "backward"]),
    st.none() | st.integers(0, 12),
)
def test_a_path_is_read_as_it_is_written(
    layer: str, call: int, direction: None, cell: int | None
) -> None:
    path = CellPath(layer, call, direction, cell)
    assert CellPath.parse(str(path)) == path
    assert CellPath.parse(without_calls(str(path))) == path._replace(call=0)


def test_paths_of_every_kind() -> None:
    assert CellPath.parse("encoder@1/lstm@2/forward/cells/3") == CellPath(
        "encoder@1/lstm", 2, "forward", 3
    )
    assert without_calls("encoder@1/bi@2/forward") == "encoder/bi/forward"
    assert str(CellPath("rnn", cell=0)) == "rnn/cells/0"


def test_the_key_of_a_cell_is_its_path(cells: list[CellTrace]) -> None:
    for cell in cells:
        assert str(cell.path) == cell.key
        assert CellPath.parse(cell.key) == cell.path
