"""Line plots as text."""

import numpy as np

from rnn_tui.tui.renderables.braille_plot import NONE, axis, plot


def test_a_rising_line_goes_from_corner_to_corner():
    drawn = plot([np.array([0.0, 1.0])], 4, 2, 0.0, 1.0)
    assert drawn.rows == ("  ⡠⠊", "⡠⠊  ")


def test_a_constant_is_one_row_of_dots():
    assert plot([np.zeros(5)], 3, 1, -1, 1).rows == ("⠒⠒⠒",) or plot(
        [np.zeros(5)], 3, 1, -1, 1
    ).rows == ("⠤⠤⠤",)


def test_missing_values_leave_a_gap():
    drawn = plot([np.array([0, 0, np.nan, np.nan, np.nan, 0, 0.0])], 7, 1, 0, 1)
    assert drawn.rows[0][3] == " "
    assert drawn.rows[0][0] != " " != drawn.rows[0][6]


def test_cells_know_their_series():
    drawn = plot([np.ones(4), np.zeros(4)], 2, 2, 0, 1)
    assert drawn.series.tolist() == [[0, 0], [1, 1]]
    assert plot([], 2, 1, 0, 1).series.tolist() == [[NONE, NONE]]


def test_ascii_plots_have_a_mark_for_each_series():
    assert plot(
        [np.ones(4), np.zeros(4)], 3, 2, 0, 1, ascii_only=True
    ).rows == (
        "***",
        "ooo",
    )


def test_the_axis_names_ends_and_zero():
    assert axis(-1, 1, 5) == {0: 1, 2: 0.0, 4: -1}
    assert axis(0, 1, 5) == {0: 1, 2: 0.5, 4: 0}
