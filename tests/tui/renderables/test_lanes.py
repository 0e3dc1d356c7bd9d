"""The lanes above the maps, as text."""

import numpy as np
import pytest

from rnn_tui.tui.renderables.caption import caption
from rnn_tui.tui.renderables.grid import Grid
from rnn_tui.tui.renderables.lanes import (
    feature_columns,
    feature_levels,
    level_line,
    marked_column,
    mask_line,
    signed_columns,
    token_line,
)
from rnn_tui.tui.renderables.palette import Look
from rnn_tui.tui.renderables.ruler import ruler, tick_step
from rnn_tui.tui.renderables.scales import (
    GATE_SCALE,
    STATE_SCALE,
    Scale,
    ramp,
)

PLAIN = Look("none")


def text(line):
    return "".join(segment.text for segment in line)


def accents(line, look=PLAIN):
    from rnn_tui.tui.renderables.palette import ink

    return [
        segment.text
        for segment in line
        if segment.style == ink(look.accent, bold=True)
    ]


def test_the_ruler_marks_the_cursor_and_leaves_its_neighbourhood_free():
    line = ruler(Grid(40, 5, 40, 4), 9, PLAIN, [(9, "▾")])
    assert text(line) == "0        ▾9         20        30        "
    assert accents(line) == ["▾9"]


def test_the_ruler_shows_both_directions():
    line = ruler(Grid(40, 5, 40, 4), 3, PLAIN, [(3, "▸"), (36, "◂")])
    assert accents(line) == ["▸3", "◂36"]


def test_the_second_page_begins_with_its_own_timestep():
    line = text(ruler(Grid(20, 5, 50, 4), 25, PLAIN, [(25, "▾")]))
    assert line == "20   ▾25  30        "


@pytest.mark.parametrize(("cells", "step"), [(1, 10), (2, 5), (4, 2), (8, 1)])
def test_labels_of_the_ruler_never_touch(cells, step):
    assert tick_step(cells) == step


def test_tokens_stand_over_their_timesteps_and_the_current_one_is_marked():
    line = token_line(["(", "a", ")"], PLAIN, (3, 3, 3), 1, [True, True, False])
    assert text(line) == " (  a  ) "
    assert accents(line) == [" a "]


def test_a_token_too_long_for_its_cells_is_cut():
    assert (
        text(token_line(["hello", "a"], PLAIN, (4, 4), 0, [True, True]))
        == "hel… a  "
    )


def test_tokens_do_not_run_together():
    ids = ["170", "127", "53", "182", "9"]
    assert (
        text(token_line(ids, PLAIN, [3] * 5, 0, [True] * 5))
        == "170 · 53 182 9 "
    )
    assert (
        text(token_line(ids, PLAIN, [3] * 5, 1, [True] * 5))
        == "17012753 182 9 "
    )
    assert accents(token_line(ids, PLAIN, [3] * 5, 1, [True] * 5)) == ["127"]
    assert (
        text(token_line(list("text"), PLAIN, [1] * 4, 0, [True] * 4)) == "text"
    )


def test_one_feature_is_drawn_as_heights():
    line = level_line(
        np.array([0, 0.5, 1.0]),
        0,
        1,
        PLAIN,
        [2] * 3,
        np.array([True, True, False]),
    )
    assert text(line) == "▁▁▅▅██"


def test_a_number_that_is_missing_is_blank():
    values = np.array([0, np.nan, 1.0])
    line = level_line(values, 0, 1, PLAIN, [2] * 3, np.ones(3, bool))
    assert text(line) == "▁▁  ██"


def test_several_features_are_a_small_heat_map():
    values = np.array([[1, 1, 0], [-1, 0, 1.0]])
    seen = np.array([True, True, False])

    def drawn(look):
        levels = feature_levels(values, STATE_SCALE, look, 2)
        return feature_columns(levels, STATE_SCALE, look, [1, 2, 1])

    rows = drawn(PLAIN).lines(seen)
    assert [text(row) for row in rows] == ["███·", "⣿··█"]
    (half,) = drawn(Look()).lines(seen)
    assert text(half) == "▀▀▀▀"
    colours = ramp(Look(), True)
    assert half[0].style.color.triplet == colours.rgb[16]
    assert half[2].style.bgcolor.triplet == colours.dim_rgb[16]
    levels = feature_levels(values, STATE_SCALE, PLAIN, 2)
    marked = marked_column(levels, STATE_SCALE, PLAIN, [1, 2, 1], 1)
    assert [text(line) for line in marked] == ["██", "··"]
    assert marked[0][0].style.reverse


def test_a_lane_of_signed_values_shows_how_large_each_is_in_its_colour():
    values = np.array([0.0, 0.5, -1.0])
    seen = np.array([True, True, False])
    scale = Scale(-1.0, 1.0, signed=True)
    line = signed_columns(values, scale, Look(), [2, 3, 2]).lines(seen)[0]
    drawn = ramp(Look(), True)
    assert text(line) == "▁▁▅▅▅██"
    assert line[1].style.color.triplet == drawn.rgb[13]
    assert line[2].style.color.triplet == drawn.dim_rgb[0]
    assert (
        text(signed_columns(values, scale, PLAIN, [2, 3, 2]).lines(seen)[0])
        == "··▓▓▓⣿⣿"
    )


def test_other_marks_on_the_ruler_give_way_to_the_cursor():
    grid = Grid(40, 5, 40, 4)
    line = ruler(grid, 9, PLAIN, [(9, "▾")], [(20, "Δ")])
    assert text(line) == "0        ▾9         Δ20       30        "
    assert accents(line) == ["▾9"]
    assert "Δ" not in text(ruler(grid, 9, PLAIN, [(9, "▾")], [(9, "Δ")]))


def test_skipped_timesteps_are_points():
    assert text(mask_line([True, True, False], PLAIN, [2] * 3)) == "━━━━··"
    assert (
        text(mask_line([True, False], Look("none", ascii=True), [1, 1])) == "=."
    )


def test_a_captions_scale_gives_way_to_what_is_said() -> None:
    scale = Scale(-0.14, 0.14, signed=True)
    line = text(
        caption("h", ["hidden state", "units 0–15 of 50"], scale, PLAIN, 60)
    )
    assert line.startswith("h  hidden state · units 0–15 of 50  ")
    assert len(line) == 60
    assert len(text(caption("h", ["hidden state"], scale, PLAIN, 60))) == 60


def test_a_caption_ends_with_the_scale():
    line = text(caption("h", ["hidden state"], STATE_SCALE, PLAIN, 60))
    assert (
        line == "h  hidden state                      −1 ⣿⠶⠶⠶⠖⠆⠆⠂·░▒▒▓▓███ +1"
    )
    assert text(caption("i", ["input gate"], GATE_SCALE, PLAIN, 40)).endswith(
        "  0 ·░░▒▒▓▓██ 1"
    )


def test_a_caption_says_only_what_fits_whole():
    parts = ["forward", "hidden state", "units 0–39 of 64"]
    assert text(caption("h", parts, STATE_SCALE, PLAIN, 36)).startswith(
        "h  forward  "
    )
    assert "hidden" not in text(caption("h", parts, STATE_SCALE, PLAIN, 36))
