"""Heat-map lines as text and runs."""

import numpy as np

from rnn_tui.tui.renderables.heatmap import CellPainter, legend
from rnn_tui.tui.renderables.palette import Look
from rnn_tui.tui.renderables.scales import STATE_SCALE, ramp


def text(segments):
    return "".join(segment.text for segment in segments)


def painter(*look, **options):
    return CellPainter(ramp(Look(*look, **options), True))


def test_a_row_without_colour_shows_values_by_glyph():
    values = np.array([-1, -0.5, 0, 0.5, 1, np.nan])
    assert text(painter("none").row(STATE_SCALE.levels(values))) == "⣿⠖·▓█?"


def test_ascii_rows_are_letters_and_digits():
    levels = STATE_SCALE.levels(np.array([-1, -0.5, 0, 0.5, 1]), count=19)
    assert text(painter("none", ascii=True).row(levels)) == "if.69"


def test_equal_neighbours_are_one_segment():
    segments = painter().row(
        STATE_SCALE.levels(np.array([0.5] * 40 + [-0.5] * 20))
    )
    assert [len(segment.text) for segment in segments] == [40, 20]


def test_without_colour_a_whole_row_is_one_segment():
    assert (
        len(painter("none").row(STATE_SCALE.levels(np.linspace(-1, 1, 50))))
        == 1
    )


def test_half_blocks_hold_the_upper_value_in_front_and_the_lower_behind():
    upper, lower = (
        STATE_SCALE.levels(np.array([1.0, 1.0])),
        STATE_SCALE.levels(np.array([-1.0, 1.0])),
    )
    first, second = painter().half_row(upper, lower)
    assert (first.text, second.text) == ("▀", " ")
    assert first.style.color.triplet == ramp(Look(), True).rgb[16]
    assert first.style.bgcolor.triplet == ramp(Look(), True).rgb[0]


def test_what_time_has_not_reached_is_drawn_dim():
    levels = STATE_SCALE.levels(np.ones(4))
    segments = painter().row(levels, dim=np.array([False, False, True, True]))
    assert [segment.text for segment in segments] == ["  ", "  "]
    assert segments[0].style.bgcolor.triplet == ramp(Look(), True).rgb[16]
    assert segments[1].style.bgcolor.triplet == ramp(Look(), True).dim_rgb[16]


def test_no_segment_is_without_style():
    for look in ("truecolor", "256", "16", "none"):
        assert all(
            s.style is not None
            for s in painter(look).row(
                STATE_SCALE.levels(np.linspace(-1, 1, 9))
            )
        )


def test_an_empty_row_is_empty():
    assert painter().row(np.zeros(0, np.uint8)) == []


def test_the_legend_runs_from_end_to_end_with_zero_in_the_middle():
    assert text(legend(painter("none"), STATE_SCALE, 9)) == "⣿⠶⠖⠆·▒▓██"
