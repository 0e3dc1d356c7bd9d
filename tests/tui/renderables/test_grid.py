"""Where things stand on a page of units × timesteps."""

import pytest

from rnn_tui.tui.renderables.grid import Grid


def test_sixty_four_units_share_lines_and_two_hundred_timesteps_page():
    grid = Grid(width=150, height=32, timesteps=200, units=64)
    assert (grid.cells, grid.halves, grid.rows, grid.columns) == (
        1,
        1,
        64,
        150,
    )
    assert (grid.first_timestep(149), grid.first_timestep(150)) == (0, 150)


def test_few_units_and_timesteps_take_more_room():
    grid = Grid(width=90, height=12, timesteps=3, units=4)
    assert (grid.cells, grid.halves, grid.rows, grid.used_lines) == (
        12,
        6,
        4,
        12,
    )


def test_without_half_blocks_the_units_page():
    grid = Grid(width=90, height=12, timesteps=50, units=25, half=False)
    assert (grid.halves, grid.rows, grid.first_unit(13), grid.y_of(13)) == (
        2,
        12,
        12,
        1,
    )


@pytest.mark.parametrize(
    "grid",
    [
        Grid(31, 7, 100, 33),
        Grid(31, 7, 9, 3),
        Grid(106, 24, 22, 16),
        Grid(106, 13, 22, 5),
        Grid(1, 1, 1, 1),
        Grid(200, 40, 10, 1024),
    ],
)
def test_what_is_drawn_at_a_cell_stands_at_that_cell(grid):
    for t in range(0, grid.timesteps, 7):
        assert grid.timestep_at(grid.x_of(t), t) == t
    for unit in range(0, grid.units, 3):
        found = grid.unit_at(grid.y_of(unit), unit)
        assert found is not None
        assert unit - found in ((0, 1) if grid.halves == 1 else (0,))


def test_beside_the_map_there_is_nothing():
    grid = Grid(width=30, height=6, timesteps=3, units=2)
    assert grid.timestep_at(30, 0) is None
    assert grid.unit_at(6, 0) is None


def test_units_take_half_lines_so_that_the_height_is_used():
    grid = Grid(width=106, height=26, timesteps=22, units=16)
    assert (grid.halves, grid.used_lines) == (3, 24)
    assert [grid.line_of(row) for row in range(4)] == [0, 2, 3, 5]
    assert [list(grid.lines_of(row)) for row in range(3)] == [[0], [2], [3]]


def test_every_row_with_a_line_of_its_own_has_its_number_there():
    for height in range(4, 40):
        grid = Grid(width=30, height=height, timesteps=5, units=4)
        lines = [grid.line_of(row) for row in range(grid.rows)]
        assert len(set(lines)) == len(lines)
        for row, line in enumerate(lines):
            assert line in grid.lines_of(row)


def test_where_a_timestep_takes_several_cells_the_width_is_used():
    grid = Grid(width=106, height=5, timesteps=22, units=4)
    assert grid.used_width == 106
    assert set(grid.widths) == {4, 5}
    assert sum(grid.widths) == 106


def test_where_it_takes_few_all_timesteps_are_as_wide():
    grid = Grid(width=66, height=5, timesteps=50, units=4)
    assert (grid.used_width, set(grid.widths)) == (50, {1})
