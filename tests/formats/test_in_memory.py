"""A small file is read from memory: as another, as itself, and as a larger one
is read where it lies.
"""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from model_files import Arrays, write_h5, write_keras

from rnn_tui.formats.client.process import start_reading
from rnn_tui.formats.reader.hdf5 import Group, open_root
from rnn_tui.formats.wire.limits import Limits

WEIGHTS: Arrays = {
    "lstm": {"kernel": np.ones((2, 8), "<f4"), "bias": np.zeros(8, "<f4")}
}


def in_memory(file: io.BytesIO) -> Group:
    data = file.getvalue()
    return open_root(io.BytesIO(data), len(data), Limits())


def test_two_files_in_memory_stay_two() -> None:
    one, other = io.BytesIO(), io.BytesIO()
    write_h5(one, WEIGHTS, config=None)
    write_h5(other, {"gru": WEIGHTS["lstm"]}, config=None)
    roots = in_memory(one), in_memory(other)
    assert [root.texts("layer_names") for root in roots] == [["lstm"], ["gru"]]


@pytest.mark.parametrize("name", ["model.h5", "model.keras"])
def test_a_file_holds_the_same_wherever_it_is_read_from(
    name: str, tmp_path: Path
) -> None:
    path = tmp_path / name
    if path.suffix == ".h5":
        write_h5(path)
    else:
        write_keras(path)
    memory, place = (
        start_reading(path, limits=limits).result()
        for limits in (Limits(), Limits(in_memory=10))
    )
    assert memory.groups == place.groups
    assert memory.facts["sha256"] == place.facts["sha256"]
    keys = [array.key for group in memory.groups for array in group.arrays]
    assert len(keys) > 1
    for key, values in memory.read(keys).items():
        assert np.array_equal(values, place.read([key])[key])
