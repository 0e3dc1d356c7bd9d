"""Numbers in the cells of a map: as many digits as their scale needs, readable
on every ground.
"""

import numpy as np
import pytest

from rnn_tui.tui.renderables.colormaps import lightness
from rnn_tui.tui.renderables.heatmap import painter_of
from rnn_tui.tui.renderables.numbermap import decimals_of, number_row
from rnn_tui.tui.renderables.palette import Look
from rnn_tui.tui.renderables.scales import STATE_SCALE, Scale


def cells(values, scale, widths, look=None, dim=False):
    look = look or Look()
    painter = painter_of(look, scale.signed)
    values = np.asarray(values, np.float32)
    levels = scale.levels(values, painter.ramp.count)
    dims = np.full(len(values), dim)
    return number_row(painter, look, scale, levels, values, dims, widths)


@pytest.mark.parametrize(
    ("limit", "value", "text"),
    [
        (1.0, -0.1234567, "−0.123"),
        (0.012, 0.0071234, "0.00712"),
        (30.0, -29.12345, "−29.12"),
        (450.0, 312.345, "312.3"),
        (25000.0, -12345.6, "−12346"),
    ],
)
def test_numbers_have_the_digits_that_their_scale_needs(limit, value, text):
    scale = Scale(-limit, limit, signed=True)
    (cell,) = cells([value], scale, [9])
    assert cell.text.strip() == text
    assert len(cell.text) == 9


def test_a_scale_without_an_end_has_the_usual_digits():
    assert decimals_of(Scale(0.0, 0.0, signed=True), 8) == 3
    assert decimals_of(Scale(-np.inf, np.inf, signed=True), 8) == 3


def test_what_is_no_number_is_written_in_its_cell():
    texts = [cell.text for cell in cells([np.nan, np.inf], STATE_SCALE, [8, 9])]
    assert [text.strip() for text in texts] == ["nan", "∞"]
    assert [len(text) for text in texts] == [8, 9]


@pytest.mark.parametrize("dim", [False, True])
@pytest.mark.parametrize(
    "look",
    [
        Look(),
        Look(dark=False, background=(255, 255, 255), foreground=(38, 38, 38)),
    ],
)
def test_every_number_can_be_read_reached_or_not(look, dim):
    values = np.linspace(-1, 1, 17)
    for cell in cells(values, STATE_SCALE, [8] * 17, look, dim):
        front = lightness(tuple(cell.style.color.triplet))
        ground = lightness(tuple(cell.style.bgcolor.triplet))
        assert abs(front - ground) > 40
