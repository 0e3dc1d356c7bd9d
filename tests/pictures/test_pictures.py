"""Screens as SVG, PNG, GIF and asciicast: every cell is there, blocks and dots
fill the parts of it that they fill in a terminal.
"""

from __future__ import annotations

import io
import json
import xml.etree.ElementTree as ET
from pathlib import Path

import pyte
import pytest
from rich.segment import Segment
from rich.style import Style

from rnn_tui.errors import ExportError
from rnn_tui.pictures.cast import cast
from rnn_tui.pictures.glyphs import Box, Dot, shapes
from rnn_tui.pictures.grid import cells, grid_of, size_of
from rnn_tui.pictures.svg import HEIGHT, WIDTH, svg
from rnn_tui.pictures.write import write_picture

RED, BLUE = (255, 0, 0), (0, 0, 255)
STYLE = Style.parse("#ff0000 on #0000ff")


def grid(*lines: str, style: Style = STYLE):
    return grid_of(
        [[Segment(line, style)] for line in lines], (1, 1, 1), (2, 2, 2)
    )


def test_a_row_is_its_cells_with_combining_marks_and_wide_characters() -> None:
    (row,) = grid("c̃ 日x")
    assert [text for text, _ in cells(row)] == ["c̃", " ", "日", "", "x"]
    assert size_of((row,)) == (5, 1)


def test_a_style_without_colours_has_those_of_the_theme() -> None:
    ((run,),) = grid("x", style=Style(bold=True))
    assert (run.ink.colour, run.ink.ground, run.ink.bold) == (
        (1, 1, 1),
        (2, 2, 2),
        True,
    )
    ((run,),) = grid("x", style=Style.parse("reverse #ff0000 on #0000ff"))
    assert (run.ink.colour, run.ink.ground) == (BLUE, RED)


@pytest.mark.parametrize(
    ("character", "expected"),
    [
        ("▀", {Box(0, 0, 1, 0.5)}),
        ("▄", {Box(0, 0.5, 1, 1)}),
        ("█", {Box(0, 0, 1, 1)}),
        ("▂", {Box(0, 0.75, 1, 1)}),
        ("▌", {Box(0, 0, 0.5, 1)}),
        ("▏", {Box(0, 0, 1 / 8, 1)}),
        ("▐", {Box(0.5, 0, 1, 1)}),
        ("▒", {Box(0, 0, 1, 1, 0.5)}),
        ("▞", {Box(0.5, 0, 1, 0.5), Box(0, 0.5, 0.5, 1)}),
        ("⠁", {Dot(0.25, 0.125)}),
        ("⢀", {Dot(0.75, 0.875)}),
        (" ", set()),
    ],
)
def test_blocks_and_dots_fill_their_part_of_a_cell(character, expected) -> None:
    assert set(shapes(character) or ()) == expected


def test_lines_of_boxes_reach_the_sides_they_join() -> None:
    corner = shapes("┌") or ()
    assert {(box.right, box.bottom) for box in corner} >= {(1, 0.56)} or any(
        box.right == 1 for box in corner
    )
    assert any(box.bottom == 1 for box in corner)
    assert all(box.left > 0 and box.top > 0 for box in corner)
    assert shapes("╭") is None
    assert shapes("a") is None


def test_svg_has_grounds_shapes_and_text_in_their_places() -> None:
    root = ET.fromstring(svg(grid("▀▀ <b", "x"), "a & b"))
    space = "{http://www.w3.org/2000/svg}"
    assert root.get("width") == str(5 * WIDTH)
    assert root.get("height") == str(2 * HEIGHT)
    paths = {
        path.get("fill"): path.get("d") for path in root.iter(f"{space}path")
    }
    # two blocks beside each other are one rectangle
    assert paths["#ff0000"] == f"M0 0h{2 * WIDTH}v{HEIGHT // 2}h{-2 * WIDTH}z"
    texts = [(text.get("x"), text.text) for text in root.iter(f"{space}text")]
    assert texts == [(str(3 * WIDTH), "<b"), ("0", "x")]
    assert "http" not in svg(grid("x")).replace(
        "http://www.w3.org/2000/svg", ""
    )


def test_a_cast_draws_each_screen_on_a_terminal() -> None:
    frames = [(0.0, grid("one x", "two  ")), (0.5, grid("one y", "日o  "))]
    header, *events = map(json.loads, cast(frames, "title"))
    assert (header["version"], header["width"], header["height"]) == (2, 5, 2)
    assert [event[0] for event in events] == [0.0, 0.5, 2.5]
    screen = pyte.Screen(5, 2)
    stream = pyte.Stream(screen)
    stream.feed(events[0][2])
    assert screen.display == ["one x", "two  "]
    stream.feed(events[1][2])
    assert [line.rstrip() for line in screen.display] == ["one y", "日o"]
    assert screen.buffer[0][4].fg == "ff0000"
    # only what differs is written again
    assert "one" not in events[1][2]


def test_png_and_gif_have_the_colours_where_the_cells_are() -> None:
    image = pytest.importorskip("PIL.Image")
    from rnn_tui.pictures import raster

    file = io.BytesIO()
    raster.png(grid("▀ "), file)
    picture = image.open(file).convert("RGB")
    width, height = 2 * raster.WIDTH, 2 * raster.HEIGHT
    assert picture.size == (2 * width, height)
    assert picture.getpixel((1, height // 4)) == RED
    assert picture.getpixel((1, height - 2)) == BLUE
    assert picture.getpixel((width + 1, 1)) == BLUE

    file = io.BytesIO()
    raster.gif([(0.0, grid("█ ")), (0.25, grid(" █")), (0.5, grid("██"))], file)
    moving = image.open(file)
    assert moving.n_frames == 3
    seen = []
    for number in range(3):
        moving.seek(number)
        frame = moving.convert("RGB")
        places = ((2, 2), (raster.WIDTH + 2, 2))
        seen.append([frame.getpixel(place) for place in places])
    assert seen == [[RED, BLUE], [BLUE, RED], [RED, RED]]
    assert moving.info["duration"] == raster.REST


def test_a_letter_is_drawn_inside_its_cell() -> None:
    image = pytest.importorskip("PIL.Image")
    from rnn_tui.pictures import raster

    file = io.BytesIO()
    raster.png(grid(" M "), file)
    picture = image.open(file).convert("RGB")
    width, height = 2 * raster.WIDTH, 2 * raster.HEIGHT
    inside = picture.crop((width, 0, 2 * width, height))
    reds = [colour for _, colour in inside.getcolors(10000) if colour[0] > 200]
    assert reds
    for left in (0, 2 * width):
        beside = picture.crop((left, 0, left + width, height))
        assert beside.getcolors(10) == [(width * height, BLUE)]


def test_without_a_font_or_pillow_one_line_says_how_to_get_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    pytest.importorskip("PIL")
    from rnn_tui.pictures import raster

    monkeypatch.setattr(raster, "_folders", list)
    monkeypatch.delenv("RNN_TUI_FONT", raising=False)
    with pytest.raises(ExportError, match="RNN_TUI_FONT"):
        write_picture([grid("x")], str(tmp_path / "x.png"))
    monkeypatch.setitem(__import__("sys").modules, "PIL", None)
    with pytest.raises(ExportError, match=r"rnn-tui\[images\]"):
        write_picture([grid("x")], str(tmp_path / "x.gif"))
    assert list(tmp_path.iterdir()) == []


def test_a_picture_is_not_written_over_a_file_unasked(tmp_path: Path) -> None:
    path = tmp_path / "x.svg"
    path.write_text("mine")
    with pytest.raises(ExportError, match="exists"):
        write_picture([grid("x")], str(path))
    assert path.read_text() == "mine"
    write_picture([grid("x")], str(path), force=True)
    assert path.read_text().startswith("<svg")
