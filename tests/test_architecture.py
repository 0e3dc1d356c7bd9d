"""The rooms and the arrows between them: who may import whom, and what a light import must not load."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parent.parent / "rnn_tui"

BASE = {"errors", "text"}
CORE = BASE | {"engine"}
MAY_IMPORT: dict[str, set[str]] = {
    "errors": set(),
    "text": set(),
    "engine": BASE,
    "formats": CORE,
    "analysis": CORE,
    "sequences": CORE | {"formats"},
    "export": CORE | {"analysis"},
    "samples": BASE | {"export"},
    "verify": CORE | {"formats", "sequences"},
    "tui": CORE | {"formats", "analysis", "sequences", "export", "samples", "verify"},
    "cli": CORE | {"formats", "analysis", "sequences", "export", "samples", "verify", "tui"},
    "__main__": {"cli"},
    "__init__": CORE | {"formats"},
}
"""Which rooms of the package each room may import, besides itself."""

TUI_ORDER = ["app", "screens", "views", "widgets", "renderables"]
"""Inside the explorer, each may import those behind it."""

ONLY_IN = {
    "h5py": {"formats/hdf5.py", "formats/hdf5_array.py"},
    "tensorflow": {"verify/child.py"},
    "keras": {"verify/child.py"},
    "tf_keras": {"verify/child.py"},
}
"""Libraries that one file alone may import."""


def modules() -> Iterator[tuple[Path, str]]:
    for path in sorted(PACKAGE.rglob("*.py")):
        inside = path.relative_to(PACKAGE)
        yield path, inside.parts[0].removesuffix(".py")


def imports(path: Path) -> Iterator[str]:
    """Every imported module of a file, relative ones made absolute; a name imported from a package counts too."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are absolute here"
            yield str(node.module)
            if node.module == "rnn_tui":
                yield from (f"rnn_tui.{alias.name}" for alias in node.names)


@pytest.mark.parametrize(("path", "room"), list(modules()), ids=lambda value: str(value).rpartition("rnn_tui/")[2])
def test_a_room_imports_only_what_lies_behind_it(path: Path, room: str) -> None:
    for name in imports(path):
        parts = name.split(".")
        if parts[0] != "rnn_tui" or len(parts) < 2 or parts[1] == "__version__":
            continue
        assert parts[1] == room or parts[1] in MAY_IMPORT[room], f"{room} must not import {name}"


@pytest.mark.parametrize("path", sorted((PACKAGE / "tui").rglob("*.py")), ids=lambda path: path.stem)
def test_inside_the_explorer_nothing_points_back(path: Path) -> None:
    own = path.relative_to(PACKAGE / "tui").parts[0].removesuffix(".py")
    if own not in TUI_ORDER:
        return
    for name in imports(path):
        parts = name.split(".")
        if parts[:2] == ["rnn_tui", "tui"] and len(parts) > 2 and parts[2] in TUI_ORDER:
            assert TUI_ORDER.index(parts[2]) >= TUI_ORDER.index(own), f"{own} must not import {name}"


@pytest.mark.parametrize(("path", "room"), list(modules()), ids=lambda value: str(value).rpartition("rnn_tui/")[2])
def test_heavy_libraries_stay_in_their_one_file(path: Path, room: str) -> None:
    inside = path.relative_to(PACKAGE).as_posix()
    for name in imports(path):
        home = ONLY_IN.get(name.split(".")[0])
        assert home is None or inside in home, f"{inside} imports {name}; only {home} may"
        if room != "tui":
            assert name.split(".")[0] != "textual", f"{inside} imports Textual; only the explorer may"


def loaded_after(statement: str) -> set[str]:
    """The modules a fresh interpreter holds after `statement`."""
    code = f"{statement}\nimport sys\nprint('LOADED', *sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    return set(done.stdout.rpartition("LOADED")[2].split())


@pytest.mark.parametrize(
    ("statement", "absent"),
    [
        ("import rnn_tui", {"numpy", "h5py", "textual", "rich", "tensorflow"}),
        ("import rnn_tui.cli", {"numpy", "h5py", "textual", "rich", "tensorflow"}),
        ("import rnn_tui.engine.model", {"numpy", "h5py", "textual", "tensorflow"}),
        ("import rnn_tui.formats.opened", {"numpy", "h5py", "textual", "tensorflow"}),
        ("from rnn_tui.cli import main; main(['layers', 'lstm-25'])", {"numpy", "h5py", "textual", "tensorflow"}),
        ("from rnn_tui.cli import main; main(['--versions'])", {"numpy", "h5py", "textual", "tensorflow"}),
        ("import rnn_tui.tui.app, rnn_tui.tui.views.layers", {"numpy", "h5py", "tensorflow"}),
        ("import rnn_tui.analysis.gates, rnn_tui.sequences, rnn_tui.export", {"h5py", "textual", "tensorflow"}),
        ("import rnn_tui.formats.process", {"numpy", "h5py", "textual", "tensorflow"}),
        ("import rnn_tui.verify", {"h5py", "textual", "tensorflow", "keras"}),
        ("import rnn_tui.tui.options, rnn_tui.tui.terminal", {"numpy", "textual", "h5py"}),
    ],
)
def test_the_core_loads_light(statement: str, absent: set[str]) -> None:
    assert not loaded_after(statement) & absent


FIRST_PICTURE = """
import sys
from rnn_tui.formats.process import start_reading
from rnn_tui.samples import find_sample
from rnn_tui.tui.app import RnnTuiApp
from rnn_tui.tui.screens import explorer
from rnn_tui.tui.widgets.table import Table
explorer.PATIENCE = 600  # a slow machine must not draw before the file is read
path = str(find_sample("lstm-25").path)
app = RnnTuiApp(path, start_reading(path))
def drawn():
    print(len(app.screen.query_one(Table).rows), "numpy" in sys.modules)
    app.exit()
app.drawn = drawn
app.run(headless=True)
"""


def test_the_first_picture_shows_the_layer_table_before_numpy_is_loaded(tmp_path: Path) -> None:
    environment = {**os.environ, "RNN_TUI_STATE": str(tmp_path / "state.json")}
    done = subprocess.run(
        [sys.executable, "-c", FIRST_PICTURE], capture_output=True, text=True, check=True, timeout=120, env=environment
    )
    assert done.stdout.split()[-2:] == ["2", "False"]


def test_the_lazy_numpy_is_numpy() -> None:
    import numpy

    from rnn_tui.engine import lazy_numpy

    assert lazy_numpy.tanh is numpy.tanh
    assert lazy_numpy.ndarray is numpy.ndarray
    with pytest.raises(AttributeError):
        _ = lazy_numpy.no_such_function


@pytest.mark.parametrize("path", sorted((PACKAGE / "engine").rglob("*.py")), ids=lambda path: path.stem)
def test_the_engine_asks_the_lazy_numpy_for_no_name_that_is_the_modules_own(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "np":
            assert not node.attr.startswith("__"), f"{path.name} reads np.{node.attr}, which isn't NumPy's here"
