"""Models and traces in a notebook: HTML with heat maps, plots, labelled arrays,
and the example notebook, cell by cell.
"""

from __future__ import annotations

import json
import re
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np
import pytest

from rnn_tui import RnnTuiError, open_model
from rnn_tui.notebook.heat import heat_map, style
from rnn_tui.samples import find_sample

EXAMPLE = Path(__file__).parents[2] / "docs" / "notebook.ipynb"


def sample(name: str) -> Path:
    found = find_sample(name)
    assert found is not None
    return found.path


def cells_of(svg: str) -> dict[str, str]:
    """The paths of a heat map by their classes."""
    root = ET.fromstring(re.search(r"<svg.*</svg>", svg)[0])  # type: ignore[index]
    return {path.get("class", ""): path.get("d", "") for path in root}


def test_a_heat_map_has_a_class_for_each_level_and_zero_in_the_middle() -> None:
    svg = heat_map(np.array([[-2.0, 0.0, 0.0], [2.0, np.nan, 1.0]]), "words")
    assert cells_of(svg) == {
        "s0": "M0 0h1v1h-1z",
        "s8": "M1 0h2v1h-2z",
        "s16": "M0 1h1v1h-1z",
        "s12": "M2 1h1v1h-1z",
        "n": "M1 1h1v1h-1z",
    }
    assert "words · -2 … 2" in svg
    shares = heat_map(np.array([[0.0, 1.0]]), "gate", share=True)
    assert set(cells_of(shares)) == {"g0", "g16"}


def test_a_large_matrix_keeps_its_extreme_values() -> None:
    values = np.zeros((1000, 1000))
    values[777, 3] = -5.0
    svg = heat_map(values, "large")
    assert "shown in 63 × 143" in svg
    assert len(cells_of(svg)) == 2
    assert "s0" in cells_of(svg)
    assert len(svg) < 20_000


def test_the_style_has_light_and_dark_colours() -> None:
    text = style()
    assert "prefers-color-scheme: dark" in text
    assert '[data-jp-theme-light="false"]' in text
    light, dark = re.findall(r"(?<!\S)?\.rnn-tui \.s8\{fill:(#\w+)\}", text)[:2]
    assert int(light[1:3], 16) > 200
    assert int(dark[1:3], 16) < 60


def test_names_from_a_file_are_text() -> None:
    assert "<b>" not in heat_map(np.ones((1, 1)), "<b>x</b>")


@pytest.mark.parametrize(
    ("name", "maps"),
    [("brackets", 2), ("bilstm-4", 4), ("dense-1", 0), ("char-lstm", 2)],
)
def test_a_model_shows_its_layers_and_kernels(name: str, maps: int) -> None:
    model = open_model(sample(name))
    page = model._repr_html_()
    assert all(
        f">{layer.path}<" in page.replace("&nbsp;", "")
        for layer in model.layers
    )
    assert page.count("<svg") == maps


def test_a_run_and_a_layer_show_their_values() -> None:
    trace = open_model(sample("brackets")).run("random:9")
    assert trace._repr_html_().count("<svg") == 3  # h, c and the output
    page = trace["lstm"]._repr_html_()
    assert page.count("<svg") == 6  # h c i f c̃ o
    assert "lstm f forget gate" in page
    assert trace["open"]._repr_html_().count("<svg") == 1


def test_the_weights_are_had_by_gate_and_by_array() -> None:
    model = open_model(sample("brackets"))
    found = model.weights()
    assert found["lstm/kernel/i"].shape == (3, 16)
    assert found["open/kernel"].shape == (16, 1)
    assert set(model.weights("open")) == {"open/kernel", "open/bias"}
    whole = np.concatenate(
        [found[f"lstm/recurrent_kernel/{gate}"] for gate in "ifco"], axis=-1
    )
    stored = next(
        weight
        for weight in model.model.graph.layers["lstm"].weights
        if weight.name == "recurrent_kernel"
    )
    np.testing.assert_array_equal(whole, stored.value)


def test_a_plot_has_an_image_for_each_quantity() -> None:
    pytest.importorskip("matplotlib")
    layer = open_model(sample("brackets")).run("random:9")["lstm"]
    figure = layer.plot(["c", "f"])
    images = [axis.images[0] for axis in figure.axes if axis.images]
    assert len(images) == 2
    np.testing.assert_array_equal(images[0].get_array(), layer.c.T)
    assert images[1].get_clim() == (0.0, 1.0)
    assert len([axis for axis in layer.plot().axes if axis.images]) == 6
    with pytest.raises(RnnTuiError, match="no quantity 'q'"):
        layer.plot("q")


def test_a_dataset_has_named_axes_and_the_keys_of_a_file() -> None:
    pytest.importorskip("xarray")
    trace = open_model(sample("bilstm-4")).run("random:5")
    dataset = trace.to_xarray()
    found = dataset["bidirectional/backward/h"]
    assert found.dims[:2] == ("batch", "timestep")
    np.testing.assert_array_equal(found[0], trace["bidirectional"].backward.h)
    one = trace["bidirectional"].forward.to_xarray()
    assert one["c"].dims == ("batch", "timestep", "unit")


@pytest.mark.parametrize(
    ("library", "call"), [("matplotlib", "plot"), ("xarray", "to_xarray")]
)
def test_what_is_missing_is_said_in_one_line(
    monkeypatch: pytest.MonkeyPatch, library: str, call: str
) -> None:
    monkeypatch.setitem(sys.modules, library, None)
    layer = open_model(sample("lstm-1")).run("ramp:3")["lstm"]
    with pytest.raises(RnnTuiError, match=r"rnn-tui\[notebook\]") as raised:
        getattr(layer, call)()
    assert "\n" not in str(raised.value)


def test_the_example_notebook_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("matplotlib")
    pytest.importorskip("xarray")
    monkeypatch.chdir(EXAMPLE.parents[1])
    notebook = json.loads(EXAMPLE.read_text(encoding="utf-8"))
    assert notebook["nbformat"] == 4
    names: dict[str, object] = {}
    codes = [
        "".join(cell["source"])
        for cell in notebook["cells"]
        if cell["cell_type"] == "code"
    ]
    assert len(codes) >= 6
    for code in codes:
        exec(compile(code, str(EXAMPLE), "exec"), names)
