"""Tiles of a matrix: their largest value or mean, the norms beside them, in
blocks that can be stopped.
"""

from __future__ import annotations

import numpy as np
import pytest

from rnn_tui.tui.renderables.blockpage import BlockPage
from rnn_tui.tui.renderables.mosaic import fitting, joined, survey, tiles
from rnn_tui.tui.renderables.palette import Look


def test_a_tile_is_its_largest_value_with_its_sign_or_its_mean() -> None:
    values = np.array([[1, -5, 2], [3, 4, -1], [0, 0, 7]], np.float32)
    assert tiles(values, (2, 2), "largest").tolist() == [[-5, 2], [0, 7]]
    assert tiles(values, (2, 2), "mean").tolist() == [[0.75, 0.5], [0, 7]]
    assert np.isnan(
        tiles(np.array([[1, np.nan]], np.float32), (1, 2), "largest")[0, 0]
    )


def test_the_factor_lets_the_whole_block_in() -> None:
    assert fitting((4096, 4096), (20, 60)) == (205, 69)
    assert fitting((3, 4), (20, 60)) == (1, 1)


@pytest.mark.parametrize("kind", ["largest", "mean"])
@pytest.mark.parametrize("factor", [(7, 5), (1, 1), (1, 4), (3, 1)])
def test_a_survey_in_parts_equals_the_whole(
    factor: tuple[int, int], kind: str
) -> None:
    values = np.random.default_rng(1).normal(size=(1000, 37)).astype(np.float32)
    found = survey(values, factor, kind)
    assert np.array_equal(found.tiles, tiles(values, factor, kind))
    assert np.allclose(found.row_norms, np.linalg.norm(values, axis=1))
    assert np.allclose(found.column_norms, np.linalg.norm(values, axis=0))
    assert np.allclose(joined(found.row_norms, 1000), np.linalg.norm(values))


def test_a_map_with_room_for_every_value_shows_the_values_themselves() -> None:
    values = np.array([[-0.5, 0.5, np.nan], [0.25, -1.0, np.inf]], np.float32)
    found = survey(values, (1, 1), "largest")
    assert np.array_equal(found.tiles, values, equal_nan=True)
    assert found.row_norms == pytest.approx([np.sqrt(0.5), np.sqrt(1.0625)])
    page = BlockPage.at(
        values[:, :2],
        survey(values[:, :2], (1, 1), "largest"),
        (1, 1),
        (0, 0),
        (60, 25),
        Look(),
    )
    assert (page.scale.low, page.scale.high) == (-1, 1)
    grounds = [
        cell.style.bgcolor.triplet
        for cell in page.line(0, None)[1:3]
        if cell.style and cell.style.bgcolor
    ]
    assert grounds[0].blue > grounds[0].red, "below zero is blue"
    assert grounds[1].red > grounds[1].blue, "above zero is red"


def test_a_survey_can_be_stopped() -> None:
    def stop() -> None:
        raise InterruptedError

    with pytest.raises(InterruptedError):
        survey(np.zeros((10, 10), np.float32), (1, 1), "mean", stop)


def test_the_legend_says_what_a_cell_stands_for() -> None:
    values = np.ones((400, 300), np.float32)
    found = survey(values, (20, 10), "largest")
    page = BlockPage.at(
        values, found, (20, 10), (399, 299), (60, 25), Look(colours="none")
    )
    lines = [
        "".join(segment.text for segment in page.line(y, (399, 299)))
        for y in range(page.rows + 3)
    ]
    assert lines[-1].endswith("largest |w| of 20 × 10")
    assert lines[-2].strip() == "column 0 … 299"
    assert "+" in lines[page.rows - 1]
